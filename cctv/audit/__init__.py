"""The audit log: append-only, hash-linked, written in the transaction of the act itself (invariant 3)."""

from cctv.audit.chain import AuditBroken, Entry, Facts
from cctv.audit.store import append, entries, forget, forget_about, head, since, verify

__all__ = ["AuditBroken", "Entry", "Facts", "append", "entries", "forget", "forget_about", "head", "since", "verify"]
