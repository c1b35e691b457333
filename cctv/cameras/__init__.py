"""Cameras: where the stream of a camera is, whether it answers, and the errors for when it does not.

Never records and never keeps a picture.  A password leaves this package only on the standard input of ffmpeg, to libav
in this process, or in an ONVIF digest: never in an argument, the environment, a message or a file.
"""
