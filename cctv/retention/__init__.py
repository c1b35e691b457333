"""Retention: which footage must go, when, and why; and the sweep that makes it so."""
