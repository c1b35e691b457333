"""The recorder: one thread per camera, from the stream to closed files that the archive takes in.

Never deletes footage, never decodes a picture, never asks a camera for its sound.  `supervisor` is not imported here:
`cctv status` reads the recorder's state without loading what records.
"""
