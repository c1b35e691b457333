"""Foreground, components, tracks and occlusions."""
