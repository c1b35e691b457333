"""Redaction: showing one person and nobody else.

`file.redact_file` redacts a file from elsewhere, `case` a request's recordings; `sheet.render_sheet` writes the page on
which a person decides.  Import those modules where they are used: cv2 and numpy load with them.
"""
