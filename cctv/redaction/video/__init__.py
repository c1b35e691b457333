"""Decoding, encoding and planes of video."""
