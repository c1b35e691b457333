"""Holds: what keeps footage beyond its limit.  Deletion checks them here, inside its own transaction."""
