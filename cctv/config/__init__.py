"""Configuration: cameras.toml and the credentials, checked and frozen."""
