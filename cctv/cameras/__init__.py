"""Cameras: where a camera's stream is, whether it answers, and the words for when it does not.

Never records and never keeps a picture.  A password leaves this room only on the standard input of ffmpeg,
to libav in this process, or in an ONVIF digest: never in an argument, the environment, a message or a file.
"""
