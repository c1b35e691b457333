"""Tracking: foreground masks, tracks of people, the box of who is kept, and who else may be in it."""
