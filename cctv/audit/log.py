"""The rows of the audit log, and the free texts of its entries.

Appends only inside the transaction of the act; never changes or removes an entry that was committed.  Before a
transaction commits, its last entry gets the digests of the rows that the transaction wrote (`cctv.audit.rows`).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    LargeBinary,
    Select,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from cctv.audit.chain import (
    GENESIS,
    AuditBroken,
    AuditEntry,
    AuditFacts,
    Payload,
    entry_hash,
    reason_digest,
    verified,
)
from cctv.audit.rows import seal_every_row, seal_rows
from cctv.core.errors import CctvError
from cctv.db import schema
from cctv.db.engine import before_commit, is_dry_run, raw_rows
from cctv.db.sealed_rows import take_touched
from cctv.db.storage import Storage
from cctv.model.audit import Act, Actor
from cctv.model.ids import typed_id

log = logging.getLogger(__name__)

_KEY_BYTES = 32
_APPENDED = "cctv_appended"  # in the connection's `info`: the number of the last entry of its transaction


class UnloggedChange(CctvError):
    """Nothing was changed: the act would have written {rows} without an entry in the log; this is an error of cctv.

    next: report it with the line that was typed.
    """


def append_entry(
    connection: Connection,
    site: Storage,
    act: Act,
    subject: str,
    *,
    case_id: str | None = None,
    facts: AuditFacts | None = None,
    reason: str | None = None,
    actor: Actor | None = None,
    at: datetime | None = None,
) -> AuditEntry:
    """Add an entry in the caller's write transaction.

    `subject` is the id or relative path of what was acted on.  `reason` is free text: its digest goes into the entry,
    the text and its key into `notes` under the case (or the subject), where erasure can reach them.
    """
    last, previous = chain_head(connection)
    key = secrets.token_bytes(_KEY_BYTES) if reason else b""
    entry = AuditEntry(
        seq=last + 1,
        at=at or site.clock.now(),
        actor=actor or site.actor,
        act=act,
        subject=subject,
        case_id=case_id,
        facts=facts or {},
        reason_digest=reason_digest(key, reason) if reason else None,
        previous=previous,
    )
    text = entry.to_json()
    if not is_dry_run(connection):
        log.info("act.recorded", extra={"kind": act, "case": case_id})
    connection.execute(insert(schema.audit).values(seq=entry.seq, entry=text, hash=entry_hash(text)))
    connection.execute(insert(schema.audit_names), [{"name": name, "seq": entry.seq} for name in sorted(_names(entry))])
    if reason:
        connection.execute(
            insert(schema.notes).values(case_id=case_id or subject, key=key.hex(), text=reason, audit_seq=entry.seq)
        )
    connection.info[_APPENDED] = entry.seq
    return entry


def _seal_before_commit(connection: Connection) -> None:
    """Complete the transaction's last entry with the digests of the rows that were written.

    The first entry of a log, and the first after an upgrade, seal every row.
    """
    names, seq = take_touched(connection), connection.info.pop(_APPENDED, None)
    if seq is None:
        if names and entry_at(connection, 1) is not None:
            raise UnloggedChange(rows=", ".join(names[:5]))
        return
    rows = seal_rows(connection, names) if _has_seals(connection) else seal_every_row(connection)
    if not rows:
        return
    entry = entry_at(connection, seq)
    assert entry is not None  # this transaction wrote it
    text = replace(entry, rows=rows).to_json()
    last = schema.audit.c.seq == seq
    connection.execute(update(schema.audit).where(last).values(entry=text, hash=entry_hash(text)))


before_commit(_seal_before_commit)


def _has_seals(connection: Connection) -> bool:
    """Whether the log seals rows already; reads it only where there is no key, and so mostly no row."""
    if connection.execute(select(schema.row_keys.c.name).limit(1)).first() is not None:
        return True
    sealing = value_at("$.rows").is_not(None)
    return connection.execute(select(schema.audit.c.seq).where(sealing).limit(1)).first() is not None


def audit_entries(
    connection: Connection, *, act: Act | None = None, about: str | None = None, last: int | None = None
) -> list[tuple[AuditEntry, str | None]]:
    """Entries in order with the reason's text while it still exists; `about` matches subject or case.

    `last` limits the result to the last so many.
    """
    query = (
        select(schema.audit.c.seq, stored_text(), schema.notes.c.text)
        .join(schema.notes, schema.notes.c.audit_seq == schema.audit.c.seq, isouter=True)
        .order_by(schema.audit.c.seq.desc())
    )
    if about is not None:
        names = schema.audit_names.c
        query = query.join(schema.audit_names, names.seq == schema.audit.c.seq).where(
            names.name == typed_id(about).casefold()
        )
    entries: list[tuple[AuditEntry, str | None]] = []
    for row in connection.execute(query):
        entry = AuditEntry.read(row.seq, row.entry)
        if act and entry.act is not act:
            continue
        entries.append((entry, row.text))
        if last is not None and len(entries) >= last:
            break
    return entries[::-1]


def entries_about(connection: Connection, name: str, *, last: int | None = None) -> list[AuditEntry]:
    """The entries of a subject or case, in order; `last` limits them to the last so many.  Reads no others."""
    names, table = schema.audit_names.c, schema.audit
    query = select(table.c.seq, stored_text()).join(schema.audit_names, names.seq == table.c.seq)
    query = query.where(names.name == name.casefold()).order_by(table.c.seq.desc())
    rows = connection.execute(query.limit(last) if last is not None else query)
    return [AuditEntry.read(row.seq, row.entry) for row in rows][::-1]


def entry_at(connection: Connection, seq: int) -> AuditEntry | None:
    """The entry of a number, None where there is none."""
    row = connection.execute(select(stored_text()).where(schema.audit.c.seq == seq)).one_or_none()
    return AuditEntry.read(seq, row.entry) if row is not None else None


def chain_head(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last entry; 0 and GENESIS before there is one."""
    query = select(schema.audit.c.seq, schema.audit.c.hash).order_by(schema.audit.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (row.seq, row.hash) if row else (0, GENESIS)


def stored_entry_hash(connection: Connection, seq: int) -> str | None:
    """The hash of the entry of a number, None where there is none."""
    digest: str | None = connection.execute(select(schema.audit.c.hash).where(schema.audit.c.seq == seq)).scalar()
    return digest


def entries_since(connection: Connection, at: datetime) -> Iterator[AuditEntry]:
    """The entries at or after an instant, in order.

    The first is found by binary search: entries have no column for their time, which rises with their number.
    """
    low, high = 1, chain_head(connection)[0] + 1
    while low < high:
        middle = (low + high) // 2
        entry = entry_at(connection, middle)
        if entry is not None and entry.at < at:
            low = middle + 1
        else:
            high = middle
    table = schema.audit
    for row in connection.execute(select(table.c.seq, stored_text()).where(table.c.seq >= low).order_by(table.c.seq)):
        yield AuditEntry.read(row.seq, row.entry)


def entries_of_acts(connection: Connection, acts: Collection[Act]) -> Iterator[AuditEntry]:
    """The entries of some acts, in order; the others are not parsed, but where they are of no act."""
    table = schema.audit
    for row in connection.execute(select(table.c.seq, stored_text()).where(may_be_of(acts)).order_by(table.c.seq)):
        yield AuditEntry.read(row.seq, row.entry)


def stored_text() -> Label[bytes | None]:
    """The text of an entry as SQL: its bytes, which need not be UTF-8; NULL for what is no text."""
    entry = schema.audit.c.entry
    return case((func.typeof(entry) == "text", cast(entry, LargeBinary))).label("entry")


def value_at(path: str) -> ColumnElement[Any]:
    """What an entry has at a path of JSON, as SQL; NULL for an entry that is no JSON, which else ends the query."""
    entry = schema.audit.c.entry
    return case((_is_json(), func.json_extract(entry, path)))


def may_be_of(acts: Collection[Act]) -> ColumnElement[bool]:
    """Entries of some acts, as SQL, and those of no act that is known: reading one of these raises EntryUnreadable.

    To pass over an entry since it is damaged would be to forget what it says.
    """
    others = [act.value for act in Act if act not in acts]
    return func.coalesce(value_at("$.act").not_in(others), True)


def _is_json() -> ColumnElement[bool]:
    entry = schema.audit.c.entry
    return and_(func.typeof(entry) == "text", func.json_valid(entry) == 1)


def stored_entries(connection: Connection, *, after: int = 0) -> Iterator[tuple[int, str, str]]:
    """Number, text and hash of each entry beyond a number, in order, as they are stored."""
    query = "SELECT seq, entry, hash FROM audit WHERE seq > ? ORDER BY seq"
    return raw_rows(connection, query, (after,))


def verify_log(connection: Connection) -> tuple[int, str]:
    """Verify the chain and the search by name; returns the number of entries and the last hash.  Raises AuditBroken."""
    for _ in verified_entries(connection):
        pass
    return chain_head(connection)


def verified_entries(connection: Connection) -> Iterator[Payload]:
    """Every entry in order, verified with the search by name as it is reached, each parsed once; raises AuditBroken."""
    by_seq = "SELECT seq, name FROM audit_names ORDER BY seq, name"
    names = raw_rows(connection, by_seq)
    for entry in verified(stored_entries(connection)):
        subject, case_id = entry["subject"], entry["case"]
        for name in (subject,) if case_id is None or case_id == subject else _distinct(subject, case_id):
            if name and next(names, None) != (entry["seq"], name.casefold()):
                seq, shown = entry["seq"], name.casefold()
                problem = f"the search does not find it by its name {shown} and no other (audit_names was changed)"
                raise AuditBroken(seq=seq, good=seq - 1, problem=problem)
        yield entry
    if (extra := next(names, None)) is not None:
        problem = f"the search finds entry {extra[0]} by the name {extra[1]}, which it does not have"
        raise AuditBroken(seq=extra[0], good=chain_head(connection)[0], problem=f"{problem} (audit_names was changed)")


def _distinct(subject: str, case_id: str) -> list[str]:
    """Two names, or the one that they are, in the order of the search."""
    return sorted({subject.casefold(), case_id.casefold()})


def forget_texts_about(connection: Connection, name: str, *, but: Sequence[str] = ()) -> int:
    """Destroy the free texts of entries whose subject or case is `name`, except what `but` names; returns how many."""

    def entries_named(*names: str) -> Select[Any]:
        table = schema.audit_names.c
        return select(table.seq).where(table.name.in_([name.casefold() for name in names]))

    seq = schema.notes.c.audit_seq
    doomed = delete(schema.notes).where(seq.in_(entries_named(name)), seq.not_in(entries_named(*but)))
    return connection.execute(doomed).rowcount


def forget_text(connection: Connection, case_id: str) -> int:
    """Destroy the free texts of a case and their keys; the entries stay and still verify.  Returns how many."""
    return connection.execute(delete(schema.notes).where(schema.notes.c.case_id == case_id)).rowcount


def _names(entry: AuditEntry) -> set[str]:
    return {name.casefold() for name in (entry.subject, entry.case_id) if name}
