"""Signed checkpoints of the log as they stand beside the database: reading them, and comparing the log with them.

`audit/checkpoint.json` is the latest, `audit/checkpoints.jsonl` has one of each day.  Checks no signature
(`cctv.audit.checkpoints` does): `cctv status` compares without loading cryptography.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditBroken, AuditEntry
from cctv.audit.log import audit_entries, chain_head, stored_entry_hash
from cctv.core.clock import from_us
from cctv.core.errors import FileUnreadable
from cctv.model.audit import Act

FOLDER, LATEST, DAILY = "audit", "checkpoint.json", "checkpoints.jsonl"
BEGUN_AGAIN = (Act.INDEX_REBUILT, Act.BACKUP_RESTORED)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """At that instant the log had `seq` entries, the last of them with that hash.  `text` is what was signed."""

    site: str
    seq: int
    hash: str
    at: datetime
    text: str
    signature: str

    @property
    def line(self) -> str:
        """As it is kept: the signed text and its signature in one line of JSON."""
        return json.dumps({"checkpoint": self.text, "signature": self.signature}, ensure_ascii=False)


def reach_check(root: Path) -> Callable[[Connection], bool]:
    """Read the latest checkpoint now; what is answered says whether a log contains it, or says that it was begun again.

    In this order, because a sweep may sign while somebody looks: the log must be read after the checkpoint.  Checks no
    signature, for `cctv status`, which must be quick.
    """
    try:
        last = latest(root)
    except FileUnreadable:
        return lambda _: False

    def is_whole(connection: Connection) -> bool:
        try:
            if last is not None:
                contained(connection, last)
        except AuditBroken:
            return False
        return True

    return is_whole


def all_checkpoints(root: Path, kept: Path | None = None) -> list[Checkpoint]:
    """Every checkpoint beside the database, and those of a file that was kept elsewhere; to be read before the log."""
    found = [*_read_all(root / FOLDER / DAILY), *_read_all(root / FOLDER / LATEST)]
    return found + (list(_read_all(kept, must_exist=True)) if kept is not None else [])


def latest(root: Path) -> Checkpoint | None:
    """The latest checkpoint beside the database, its signature unchecked."""
    found = list(_read_all(root / FOLDER / LATEST))
    return found[-1] if found else None


def contained(connection: Connection, one: Checkpoint) -> AuditEntry | None:
    """None when the log contains a checkpoint; else the entry by which the log was begun again after it.

    Raises AuditBroken when there is no such entry: the log was cut, or written anew.
    """
    if stored_entry_hash(connection, one.seq) == one.hash:
        return None
    for act in BEGUN_AGAIN:
        for entry, _ in audit_entries(connection, act=act):
            if entry.at >= one.at:
                return entry
    entries, _ = chain_head(connection)
    problem = f"a signed checkpoint of {one.at:%Y-%m-%d %H:%M:%S} UTC says that the log had {one.seq} entries"
    problem += f", and it has {entries}" if entries < one.seq else ", and another one stands there"
    raise AuditBroken(seq=min(one.seq, entries + 1), good=min(entries, one.seq - 1), problem=problem)


def _read_all(path: Path, *, must_exist: bool = False) -> Iterator[Checkpoint]:
    if not must_exist and not path.exists():
        return iter(())
    try:
        return iter([_read(line) for line in _whole(path.read_text().splitlines())])
    except (OSError, ValueError, KeyError, TypeError) as error:
        following = "keep it as it is, and compare the log with a checkpoint that was kept elsewhere"
        raise FileUnreadable(path=path, problem=str(error), following=following) from error


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Lines without those that a power cut tore: what stands in them was never told to be signed."""
    for line in lines:
        if line.startswith("{") and line.endswith("}"):
            yield line


def _read(line: str) -> Checkpoint:
    kept = json.loads(line)
    said = json.loads(kept["checkpoint"])
    return Checkpoint(said["site"], said["seq"], said["hash"], from_us(said["at_us"]), kept["checkpoint"],
                      kept["signature"])  # fmt: skip
