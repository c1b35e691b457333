"""Duties of the controller around the footage: breaches and their clocks, processors, grants, declarations, checks.

Owns their rules (pure: `clocks`) and their acts; each act and its audit entry share a transaction.  What happened, what
was done and why is free text of the case: it goes with `audit.forget`.
"""
