"""Viewing of unredacted footage on this computer, under an open case only.

docs/policies/001.txt: "alleen ... indien er een incident is vastgelegd".

Responsible for the permission, the contact sheet and the extract.  Both files lie in `derived/` of their case and are
deleted with it; they show people unredacted, so neither is ever exported.  A camera's privacy masks are black here too.
"""
