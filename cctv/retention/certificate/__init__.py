"""The signed certificate of what was deleted when, and its page."""
