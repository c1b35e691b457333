"""Export: the package that leaves, built from approved plans only.

Others use `building` (make one), `plan` (what one would hold), `shelf` (those there are, and their end) and `verify`
(check one, anywhere).  Imported one by one: verifying must not load what rendering needs.
"""
