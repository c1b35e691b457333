"""Signing with a key that stock `ssh-keygen -Y verify` accepts, and encryption that stock `age` decrypts."""
