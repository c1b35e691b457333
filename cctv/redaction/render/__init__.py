"""What stays visible, composed into the result and proved."""
