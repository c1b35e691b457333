"""Packages: signed folders of redacted video for a request, or of recorded video for a disclosure.

`build` and `unredacted_copy` make one, `deliver` hands it over, `expiry` lists and deletes those in exports/, `verify`
checks one on any machine.  Import them one by one: verifying must not load what rendering needs.
"""
