"""A published privacy text, read for what it promises of cameras, and compared with the settings in force.

Three steps: a file to text and a text to claims (`reader`), claims against settings (`compare`); all but the reading of
the file are pure.  Reads Dutch, French and English by their fixed phrases; what it does not recognise it does not guess
at, so an empty list means that nothing was recognised, never that a lawyer has read the text.
"""
