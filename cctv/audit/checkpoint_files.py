"""The files of signed checkpoints beside the database: reading them, and comparing the log with them.

`audit/checkpoint.json` is the latest, `audit/checkpoints.jsonl` has one for each day.  Verifies no signature
(`cctv.audit.checkpoints` does), so that `cctv status` compares without loading cryptography.
"""

from __future__ import annotations

import hashlib
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
from cctv.core.text import parse_json
from cctv.model.audit import Act

FOLDER, LATEST, DAILY = "audit", "checkpoint.json", "checkpoints.jsonl"
_MAX_SEQ = 1 << 63  # what SQLite counts up to
_RESTART_ACTS = (Act.INDEX_REBUILT, Act.BACKUP_RESTORED, Act.LOG_ACCEPTED)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """At `at` the log had `seq` entries, the last of them with `hash`.  `text` is what was signed."""

    site: str
    seq: int
    hash: str
    at: datetime
    text: str
    signature: str

    @property
    def line(self) -> str:
        """The line of the file: JSON of the signed text and its signature."""
        return json.dumps({"checkpoint": self.text, "signature": self.signature}, ensure_ascii=False)


def line_digest(line: str) -> str:
    """Hex SHA-256 of a checkpoint's line, by which the log names it."""
    return hashlib.sha256(line.encode()).hexdigest()


def reach_check(root: Path) -> Callable[[Connection], bool]:
    """Read the latest checkpoint now; returns a test whether a log contains it or records a restart.

    In this order, because a sweep may sign meanwhile: the log must be read after the checkpoint.  Verifies no
    signature.  False too where the checkpoint cannot be read.
    """
    try:
        last = latest(root)
    except FileUnreadable:
        return lambda _: False

    def is_intact(connection: Connection) -> bool:
        try:
            if last is not None:
                contained(connection, last)
        except AuditBroken:
            return False
        return True

    return is_intact


def signed_since(connection: Connection, checkpoints: Iterable[Checkpoint]) -> Checkpoint | None:
    """The last of the checkpoints that a log does not contain, None where it contains all of them.

    Whether the log records that it was restarted does not matter: what was signed and is not in it is missing.
    """
    missing = [one for one in checkpoints if stored_entry_hash(connection, one.seq) != one.hash]
    return max(missing, key=lambda one: one.at, default=None)


def all_checkpoints(root: Path) -> list[Checkpoint]:
    """Every checkpoint beside the database; to be read before the log.  Raises FileUnreadable."""
    return [*_read_all(root / FOLDER / DAILY), *_read_all(root / FOLDER / LATEST)]


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """The checkpoints of a file that was kept elsewhere; raises FileUnreadable."""
    return list(_read_all(path, must_exist=True))


def latest(root: Path) -> Checkpoint | None:
    """The latest checkpoint beside the database, None where there is none; its signature is not verified."""
    checkpoints = list(_read_all(root / FOLDER / LATEST))
    return checkpoints[-1] if checkpoints else None


def contained(connection: Connection, checkpoint: Checkpoint) -> AuditEntry | None:
    """None when the log contains a checkpoint; else the entry that records that the log was restarted after it.

    Raises AuditBroken when there is no such entry: the log was truncated or rewritten.
    """
    if stored_entry_hash(connection, checkpoint.seq) == checkpoint.hash:
        return None
    for act in _RESTART_ACTS:
        for entry, _ in audit_entries(connection, act=act):
            if entry.at >= checkpoint.at:
                return entry
    entries, _ = chain_head(connection)
    at = f"{checkpoint.at:%Y-%m-%d %H:%M:%S}"
    problem = f"a signed checkpoint of {at} UTC says that the log had {checkpoint.seq} entries"
    problem += f", and it has {entries}" if entries < checkpoint.seq else ", and another one stands there"
    raise AuditBroken(seq=min(checkpoint.seq, entries + 1), good=min(entries, checkpoint.seq - 1), problem=problem)


def _read_all(path: Path, *, must_exist: bool = False) -> Iterator[Checkpoint]:
    if not must_exist and not path.exists():
        return iter(())
    try:
        return iter([_read(line) for line in _intact(path.read_text("utf-8").splitlines())])
    except (OSError, ValueError, KeyError, TypeError) as error:
        following = "keep it as it is, and compare the log with a checkpoint that was kept elsewhere"
        raise FileUnreadable(path=path, problem=str(error), following=following) from error


def _intact(lines: Iterable[str]) -> Iterator[str]:
    """Lines without those torn by a power cut: their checkpoint was never reported as signed."""
    for line in lines:
        if line.startswith("{") and line.endswith("}"):
            yield line


def _read(line: str) -> Checkpoint:
    record = parse_json(line)
    payload = parse_json(record["checkpoint"])
    at, text = from_us(payload["at_us"]), record["checkpoint"]
    checkpoint = Checkpoint(payload["site"], payload["seq"], payload["hash"], at, text, record["signature"])
    texts = (checkpoint.site, checkpoint.hash, checkpoint.signature)
    if (
        type(checkpoint.seq) is not int
        or not 0 < checkpoint.seq < _MAX_SEQ
        or not all(isinstance(t, str) for t in texts)
    ):
        raise ValueError("it is no checkpoint")
    return checkpoint
