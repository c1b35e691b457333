"""Conditions that stop deletion until a person resolves them."""
