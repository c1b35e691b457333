"""The review sheet: a page that shows tracks and decisions."""
