"""The recorder: one thread per camera, from the stream to closed segment files that `cctv.footage.ingest` registers.

Never deletes footage, never decodes a picture, never requests a camera's sound.  `supervisor` is not imported here:
`cctv status` reads the recorder's state without loading what records.
"""
