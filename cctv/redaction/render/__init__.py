"""Rendering: visibility masks, composition of the result, and its verification."""
