"""Hostile bytes at every door where some come in: a clear error or a result, in a second and 200 MiB.

`hostile` bends valid samples, `camera_doors` and `file_doors` name the product's functions and the samples of each,
`runner` has processes of its own try them under limits.
"""
