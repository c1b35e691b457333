"""The audit log's rows.  Appends only inside the transaction of the act; never changes or removes an entry."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from cctv.audit.chain import GENESIS, Entry, Facts, check_chain, entry_hash, reason_digest
from cctv.db import tables
from cctv.db.site import Site
from cctv.model.acts import Act, Actor

_KEY_BYTES = 32


def append(
    connection: Connection,
    site: Site,
    act: Act,
    subject: str,
    *,
    case_id: str | None = None,
    facts: Facts | None = None,
    reason: str | None = None,
    actor: Actor | None = None,
    at: datetime | None = None,
) -> Entry:
    """Add an entry in the caller's write transaction.

    `subject` is the id or relative path of what was acted on.  `reason` is free text: its digest goes into the entry,
    the text and its key into `notes` under the case (or the subject), where erasure can reach them.
    """
    last = connection.execute(
        select(tables.audit.c.seq, tables.audit.c.hash).order_by(tables.audit.c.seq.desc()).limit(1)
    ).one_or_none()
    key = secrets.token_bytes(_KEY_BYTES) if reason else b""
    entry = Entry(
        seq=last.seq + 1 if last else 1,
        at=at or site.clock.now(),
        actor=actor or site.actor,
        act=act,
        subject=subject,
        case_id=case_id,
        facts=facts or {},
        reason_digest=reason_digest(key, reason) if reason else None,
        previous=last.hash if last else GENESIS,
    )
    text = entry.to_json()
    connection.execute(insert(tables.audit).values(seq=entry.seq, entry=text, hash=entry_hash(text)))
    if reason:
        connection.execute(
            insert(tables.notes).values(case_id=case_id or subject, key=key.hex(), text=reason, audit_seq=entry.seq)
        )
    return entry


def entries(
    connection: Connection, *, act: Act | None = None, about: str | None = None, last: int | None = None
) -> list[tuple[Entry, str | None]]:
    """Entries in order with the reason's text while it still exists; `about` matches subject or case."""
    query = (
        select(tables.audit.c.entry, tables.notes.c.text)
        .join(tables.notes, tables.notes.c.audit_seq == tables.audit.c.seq, isouter=True)
        .order_by(tables.audit.c.seq.desc())
    )
    found: list[tuple[Entry, str | None]] = []
    for row in connection.execute(query):
        entry = Entry.from_json(row.entry)
        if (act and entry.act is not act) or (about and about.casefold() not in _names(entry)):
            continue
        found.append((entry, row.text))
        if last is not None and len(found) >= last:
            break
    return found[::-1]


def _names(entry: Entry) -> set[str]:
    return {name.casefold() for name in (entry.subject, entry.case_id) if name}


def verify(connection: Connection) -> tuple[int, str]:
    """Number of entries and the last hash; raises AuditBroken."""
    rows = connection.execute(
        select(tables.audit.c.seq, tables.audit.c.entry, tables.audit.c.hash).order_by(tables.audit.c.seq)
    )
    return check_chain((row.seq, row.entry, row.hash) for row in rows)


def forget(connection: Connection, case_id: str) -> int:
    """Destroy the free texts of a case and their keys; the entries stay and still verify."""
    return connection.execute(delete(tables.notes).where(tables.notes.c.case_id == case_id)).rowcount
