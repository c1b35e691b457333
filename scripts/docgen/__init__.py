"""The generated pages of docs/: every command, every exit code, every error, every setting."""
