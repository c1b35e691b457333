"""A published privacy text: what it promises about cameras, compared with the settings in force.

Three steps: a file to text and a text to claims (`reader`), claims against settings (`compare`); only the first does
I/O.  Recognises fixed phrases in Dutch, French and English and never guesses: an empty list means that nothing was
recognised, never that a lawyer has approved the text.
"""
