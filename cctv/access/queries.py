"""Entries of the log about an account, a case or a command, by the index of names.  Queries only.

`audit_entries` reads a log from its end, which suits a person who looks for the latest; what is asked for each command
may not grow with the log.  Raise EntryUnreadable, as every reader of an entry does.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from cctv.audit.chain import AuditEntry
from cctv.audit.log import chain_head, may_be_of, stored_text, value_at
from cctv.db import schema
from cctv.model.audit import Act

_LATEST = 50  # entries about one subject within the time that is asked about, at the most
_LOOKED_AT = 2_000  # entries


def entries_about(connection: Connection, name: str, acts: Collection[Act]) -> list[tuple[AuditEntry, str | None]]:
    """Entries of some acts whose subject or case is `name`, in order, with the reason's text while it exists."""
    audit, notes = schema.audit.c, schema.notes.c
    of_entry = (notes.audit_seq == audit.seq) & (notes.case_id == value_at("$.case"))
    query = (
        select(audit.seq, stored_text(), notes.text)
        .join(schema.notes, of_entry, isouter=True)
        .where(audit.seq.in_(_named(name)), may_be_of(acts))
        .order_by(audit.seq)
    )
    return [(AuditEntry.read(row.seq, row.entry), row.text) for row in connection.execute(query)]


def latest_about(connection: Connection, name: str, act: Act) -> list[AuditEntry]:
    """The latest entries of an act about a subject, the last one first."""
    audit = schema.audit.c
    query = select(audit.seq, stored_text()).where(audit.seq.in_(_named(name)), may_be_of({act}))
    rows = connection.execute(query.order_by(audit.seq.desc()).limit(_LATEST))
    return [AuditEntry.read(seq, text) for seq, text in rows]


def newest_us(connection: Connection) -> int | None:
    """The latest time of the last 2,000 entries, in microseconds since 1970 UTC; None for an empty log."""
    seq, at_us = schema.audit.c.seq, value_at("$.at_us")
    head, _ = chain_head(connection)
    recent = seq > head - _LOOKED_AT
    strange = select(seq, stored_text()).where(recent, func.coalesce(func.typeof(at_us) != "integer", True))
    for number, text in connection.execute(strange.order_by(seq)):
        AuditEntry.read(number, text)
    newest: int | None = connection.execute(select(func.max(at_us)).where(recent)).scalar()
    return newest


def factor_entries(
    connection: Connection, account: str, begins: Collection[Act], used: Act, acts: Collection[Act]
) -> list[AuditEntry]:
    """The entries that make the state of an account's second factor, in order; empty where it never began.

    The last of the acts with which a factor `begins` or ends, the last use and what came after it, and uses of
    recovery codes, of which there are ten.
    """
    audit = schema.audit.c
    since = connection.execute(select(func.max(audit.seq)).where(*_of(account, begins))).scalar()
    if since is None:
        return []
    after = audit.seq >= since
    last = connection.execute(select(func.max(audit.seq)).where(*_of(account, {used}), after)).scalar()
    recovery = value_at("$.facts.recovery").is_not(None)
    needed = or_(audit.seq >= (since if last is None else last), audit.seq == since, recovery)
    query = select(audit.seq, stored_text()).where(*_of(account, acts), after, needed).order_by(audit.seq)
    return [AuditEntry.read(seq, text) for seq, text in connection.execute(query)]


def _of(account: str, acts: Collection[Act]) -> tuple[ColumnElement[bool], ...]:
    """Entries of some acts on an account, or unreadable ones; the search by name knows no capitals."""
    subject = func.coalesce(value_at("$.subject") == account, True)
    return schema.audit.c.seq.in_(_named(account)), subject, may_be_of(acts)


def _named(name: str) -> Select[tuple[int]]:
    names = schema.audit_names.c
    return select(names.seq).where(names.name == name.casefold())
