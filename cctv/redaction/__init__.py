"""Redaction: video in which one person is visible and no one else.

`standalone.redact_file` redacts a single file; `review` prepares, reviews and renders the footage of a request.  Import
the modules where they are used: cv2 and numpy load with them.
"""
