"""Redaction: showing one person and nobody else.

`file.redact_file` redacts a file from elsewhere, `plan.render_plan` one camera's unbroken run of segments, and
`sheet.render_sheet` writes the page on which a person decides.  Import those modules where they are used: cv2 and numpy
load with them.
"""
