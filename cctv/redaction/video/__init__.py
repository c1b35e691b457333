"""Video: decoding, encoding, planes, geometry, threads and temporary files."""
