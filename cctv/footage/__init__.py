"""Footage on disk and in the index.  `cctv.footage.deletion` is the only module that deletes footage."""
