"""Entries of the log about an account, a case or a command, by the index of names.  Queries only.

`audit_entries` reads a log from its end, which suits a person who looks for the latest; what is asked for each command
may not grow with the log.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Select, func, select

from cctv.audit.chain import AuditEntry
from cctv.db import schema
from cctv.model.audit import Act

_LATEST = 50  # entries about one subject within the time that is asked about, at the most


def entries_about(connection: Connection, name: str, acts: Collection[Act]) -> list[tuple[AuditEntry, str | None]]:
    """Entries of some acts whose subject or case is `name`, in order, with the reason's text while it exists."""
    audit, notes = schema.audit.c, schema.notes.c
    of_entry = (notes.audit_seq == audit.seq) & (notes.case_id == func.json_extract(audit.entry, "$.case"))
    query = (
        select(audit.entry, notes.text)
        .join(schema.notes, of_entry, isouter=True)
        .where(audit.seq.in_(_named(name)), _is_of(acts))
        .order_by(audit.seq)
    )
    return [(AuditEntry.from_json(row.entry), row.text) for row in connection.execute(query)]


def latest_about(connection: Connection, name: str, act: Act) -> list[AuditEntry]:
    """The latest entries of an act about a subject, the last one first."""
    audit = schema.audit.c
    query = select(audit.entry).where(audit.seq.in_(_named(name)), _is_of({act})).order_by(audit.seq.desc())
    return [AuditEntry.from_json(row.entry) for row in connection.execute(query.limit(_LATEST))]


def _named(name: str) -> Select[tuple[int]]:
    names = schema.audit_names.c
    return select(names.seq).where(names.name == name.casefold())


def _is_of(acts: Collection[Act]) -> ColumnElement[bool]:
    return func.json_extract(schema.audit.c.entry, "$.act").in_([act.value for act in acts])
