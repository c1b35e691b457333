"""Seals of rows: the entry of an act says what the rows that it wrote are, by a keyed digest of each.

A digest's key is random, stands in `row_keys`, and is replaced with each change of its row: from an earlier digest
nothing can be guessed, also after a row was anonymised.  Whoever changes a row by hand cannot make the digest in the
log fit, whatever key they put beside it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, delete, insert, select

from cctv.audit.chain import Payload, RowDigests, key_bytes, row_digest
from cctv.db import schema
from cctv.db.sealed_rows import all_rows, row_text

_KEY_BYTES = 16
_CHUNK = 500


class RowProblem(Enum):
    """What is wrong with a row, as a person reads it."""

    CHANGED = "it is not as the act left it"
    MISSING = "it is gone"
    UNKNOWN = "no act wrote it"


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that is not what the log says, and the entry that says so; None where none names it."""

    name: str
    problem: RowProblem
    seq: int | None


def seal_rows(connection: Connection, names: Iterable[str]) -> RowDigests:
    """Digest rows as they are now, each under a new key; None for those that are gone."""
    digests: dict[str, str | None] = {}
    keys = []
    for name in names:
        text = row_text(connection, name)
        if text is None:
            digests[name] = None
            continue
        key = secrets.token_bytes(_KEY_BYTES)
        digests[name] = row_digest(key, name, text)
        keys.append({"name": name, "key": key.hex()})
    table = schema.row_keys
    every = list(digests)
    for first in range(0, len(every), _CHUNK):
        connection.execute(delete(table).where(table.c.name.in_(every[first : first + _CHUNK])))
    if keys:
        connection.execute(insert(table), keys)
    return digests


def seal_every_row(connection: Connection) -> RowDigests:
    """Digest every row that there is: by the first entry of a log, and the first after an upgrade."""
    return seal_rows(connection, [name for name, _ in all_rows(connection)])


def last_sealed(entries: Iterable[Payload]) -> dict[str, tuple[str | None, int]]:
    """What a log says of each row last, and by which entry."""
    sealed: dict[str, tuple[str | None, int]] = {}
    for entry in entries:
        if rows := entry.get("rows"):
            note_rows(sealed, rows, entry["seq"])
    return sealed


def note_rows(sealed: dict[str, tuple[str | None, int]], rows: RowDigests, seq: int) -> None:
    """Take in the rows of the next entry."""
    for name, digest in rows.items():
        sealed[name] = (digest, seq)


def compare_rows(connection: Connection, sealed: Mapping[str, tuple[str | None, int]]) -> Iterator[RowDifference]:
    """Every row that differs from what the log says of it last.  Without any seal, an old log, nothing differs."""
    if not sealed:
        return
    keys: dict[str, str] = {row.name: row.key for row in connection.execute(select(schema.row_keys))}
    seen = set()
    for name, text in all_rows(connection):
        seen.add(name)
        digest, seq = sealed.get(name, (None, None))
        if digest is None:
            yield RowDifference(name, RowProblem.UNKNOWN, seq)
        elif (key := key_bytes(keys.get(name))) is None or row_digest(key, name, text) != digest:
            yield RowDifference(name, RowProblem.CHANGED, seq)
    for name, (digest, seq) in sealed.items():
        if digest is not None and name not in seen:
            yield RowDifference(name, RowProblem.MISSING, seq)
    for name in sorted(keys.keys() - seen):
        if sealed.get(name, (None, 0))[0] is None:
            yield RowDifference(f"row_keys/{name}", RowProblem.UNKNOWN, None)
