"""Proof of the log: one pass over its entries, and what rows, texts and checkpoint files say otherwise.

Reads only.  A broken chain raises `AuditBroken`, for then nothing that the log says counts; everything else is a
`LogFinding` that names what differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from cctv.audit.chain import GENESIS, Payload, key_bytes, reason_digest
from cctv.audit.checkpoint_files import Checkpoint, line_digest
from cctv.audit.log import stored_entry_hash, verified_entries
from cctv.audit.rows import RowProblem, compare_rows, note_rows
from cctv.core.i18n import N_, Message
from cctv.db import schema
from cctv.db.engine import page_problems
from cctv.db.identity import DATABASE_FILE
from cctv.db.migrate import changed_objects, header_values
from cctv.db.sealed_rows import BUCKET
from cctv.model.audit import Act


@dataclass(frozen=True, slots=True)
class LogFinding:
    """Something that is not what the log says: its name (a row, a file, a hold, a checkpoint), why, by which entry."""

    name: str
    why: Message | str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class LogRead:
    """A whole log: number of entries and last hash, what it says of rows, the digests of its free texts by entry, and
    the entries of the acts that were asked for.
    """

    entries: int
    head: str
    first_us: int | None
    rows: Mapping[str, tuple[str | None, int]]
    texts: Mapping[int, tuple[str, str]]  # digest, and the case or subject under which the text stands
    kept: Sequence[Payload]


def read_log(connection: Connection, acts: Collection[Act] = ()) -> LogRead:
    """Verify the log and gather what it says, in one pass; raises AuditBroken."""
    wanted = {act.value for act in acts}
    rows: dict[str, tuple[str | None, int]] = {}
    texts: dict[int, tuple[str, str]] = {}
    kept: list[Payload] = []
    seq, first = 0, None
    for entry in verified_entries(connection):
        seq = entry["seq"]
        if first is None:
            first = entry["at_us"]
        if (digest := entry["reason_digest"]) is not None:
            texts[seq] = (digest, entry["case"] or entry["subject"])
        if sealed := entry.get("rows"):
            note_rows(rows, sealed, seq)
        if entry["act"] in wanted:
            kept.append(entry)
    return LogRead(seq, stored_entry_hash(connection, seq) or GENESIS, first, rows, texts, kept)


def row_findings(connection: Connection, log: LogRead) -> Iterator[LogFinding]:
    """Rows that differ from what the act that wrote them last left, free texts that differ from their digest."""
    strange = list(_schema_findings(connection))
    yield from strange
    if any(finding.name.startswith("table ") for finding in strange):
        return  # no row can be read as it should be
    for difference in compare_rows(connection, log.rows):
        yield LogFinding(row_name(difference.name), _WHY[difference.problem], difference.seq)
    table = schema.notes.c
    seen = set()
    for row in connection.execute(select(table.id, table.case_id, table.key, table.text, table.audit_seq)):
        digest, about = log.texts.get(row.audit_seq, (None, None))
        if digest is None or row.audit_seq in seen:
            yield LogFinding(f"notes/{row.id}", N_("entry {seq} has no such text", seq=row.audit_seq), row.audit_seq)
        elif row.case_id != about or not _fits(row.key, row.text, digest):
            why = N_("its text, key or case is not what entry {seq} says", seq=row.audit_seq)
            yield LogFinding(f"notes/{row.id}", why, row.audit_seq)
        seen.add(row.audit_seq)


def _schema_findings(connection: Connection) -> Iterator[LogFinding]:
    """Triggers and views, of which cctv makes none, columns that are not those of its tables, and definitions that are
    not those that its migrations make: a check that was left out, another default, an index of other rows.
    """
    strange = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    for kind, name in connection.exec_driver_sql(strange):
        yield LogFinding(f"{kind} {name}", N_("cctv makes none in its database: it may change or hide rows"))
    for table in schema.metadata.tables.values():
        found = {row[1]: row[2] for row in connection.exec_driver_sql(f"PRAGMA table_info({table.name})")}
        known = {column.name: column.type.compile(connection.dialect) for column in table.columns}
        if found != known:
            wrong = sorted(str(name) for name, _ in found.items() ^ known.items())
            why = N_("the database has other columns: {columns}", columns=", ".join(wrong))
            yield LogFinding(f"table {table.name}", why)
    for name in changed_objects(connection):
        yield LogFinding(f"definition of {name}", N_("it is not the one that cctv makes"))
    for name in header_values(connection):
        yield LogFinding(f"{DATABASE_FILE}: {name}", N_("cctv writes none into the header of its database"))


def page_findings(connection: Connection) -> list[LogFinding]:
    """Damaged pages, and indexes that are not what their tables say: then queries by them count for nothing."""
    return [LogFinding(DATABASE_FILE, problem) for problem in page_problems(connection)]


def row_name(name: str) -> str:
    """A sealed row as people read it."""
    table, _, number = name.partition("/")
    if table != schema.tombstones.name or not number.isdecimal():
        return name
    first = int(number) * BUCKET
    return f"tombstones/{first}-{first + BUCKET - 1}"


def checkpoint_findings(log: LogRead, checkpoints: Sequence[Checkpoint]) -> Iterator[LogFinding]:
    """Checkpoints that the log says were signed, and that are in no file."""
    known = {line_digest(checkpoint.line) for checkpoint in checkpoints}
    for entry in log.kept:
        if entry["act"] == Act.CHECKPOINT_SIGNED.value and entry["facts"].get("line") not in known:
            why = N_("entry {seq} says that it was signed, and no file has it", seq=entry["seq"])
            yield LogFinding(f"audit/checkpoints.jsonl: {entry['facts'].get('entries')} entries", why, entry["seq"])


def _fits(stored: object, text: object, digest: str) -> bool:
    key = key_bytes(stored)
    try:
        return key is not None and isinstance(text, str) and reason_digest(key, text) == digest
    except UnicodeEncodeError:  # a text that is no UTF-8
        return False


_WHY = {
    RowProblem.CHANGED: N_("the row is not as its last act left it"),
    RowProblem.MISSING: N_("the row is gone, and no act removed it"),
    RowProblem.UNKNOWN: N_("no act wrote the row"),
}
