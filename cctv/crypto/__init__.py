"""Signing: the site's key, and signatures that stock `ssh-keygen -Y verify` accepts."""
