"""Tracking: foreground masks, connected components, tracks, keyframe propagation, occlusion."""
