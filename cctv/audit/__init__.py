"""The audit log: append-only, hash-linked, written in the transaction of the act (invariant 3)."""
