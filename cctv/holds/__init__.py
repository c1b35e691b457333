"""Holds: what keeps footage beyond its limit.  Deletion asks here, inside its own transaction, and nowhere else."""
