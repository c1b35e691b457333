"""Retention: which footage must be deleted, when, and why; and the sweep that deletes it."""
