"""Cameras to test against: an RTSP server, a generated scene with its ground truth, and an audit of what arrived.

Owns what `scripts/camsim`, `scripts/scene` and `scripts/sei-audit` do.  Imports nothing of cctv: what it proves about
the product must not rest on the product.
"""
