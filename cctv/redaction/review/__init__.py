"""A request's redaction: its parts, what was decided and by whom, what was reviewed, what is rendered.

Owns the files in `derived/REQ-.../` and their rows.  The engine beside it knows nothing of requests.  Import the
modules where they are used: some load cv2 and numpy.
"""
