"""Redaction of a request's footage: prepare, decide, review, approve and render its parts.

Responsible for the files in `derived/REQ-.../` and their rows.  The engine beside it knows nothing of requests.  Import
the modules where they are used: some load cv2 and numpy.
"""
