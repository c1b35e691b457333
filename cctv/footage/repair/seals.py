"""Seals of index.jsonl: the log says, of each day's folder, how long its index is and what stands in it.

An entry seals what grew since the last one: at most one an hour, of a line for each folder that grew.  Lines are only
ever appended, so that a sealed beginning never changes; a folder that was emptied is known by its tombstones.  Between
two entries the new lines are compared with their rows and files only.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts, Payload
from cctv.audit.log import append_entry, entries_about
from cctv.core.logs import SHOWN
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.ingest import from_index_line
from cctv.footage.layout import INDEX
from cctv.footage.repair.compare import walk
from cctv.model.audit import Act

log = logging.getLogger(__name__)

SEAL_EVERY = timedelta(hours=1)
_FOLDERS = 500  # of one entry


@dataclass(frozen=True, slots=True)
class IndexSeal:
    """The first `size` bytes of a folder's index.jsonl, their SHA-256, and how many segments they name."""

    folder: str
    size: int
    segments: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.folder} {self.size} {self.segments} {self.sha256}"

    @staticmethod
    def parse(text: str) -> IndexSeal:
        """Raises ValueError."""
        folder, size, segments, sha256 = text.rsplit(" ", 3)
        return IndexSeal(folder, int(size), int(segments), sha256)

    def fits(self, content: bytes) -> bool:
        """Whether an index.jsonl begins with what was sealed."""
        return len(content) >= self.size and hashlib.sha256(content[: self.size]).hexdigest() == self.sha256


def seals_of(entries: Iterable[Payload]) -> dict[str, IndexSeal]:
    """Pure: the last seal of each folder by the entries of a log; those of other acts are ignored."""
    seals: dict[str, IndexSeal] = {}
    for entry in entries:
        if entry["act"] == Act.FOOTAGE_SEALED.value:
            for seal in map(IndexSeal.parse, entry["facts"]["folders"]):
                seals[seal.folder] = seal
    return seals


def seal_of(folder: str, content: bytes, before: IndexSeal | None) -> IndexSeal | None:
    """Pure: the seal of an index.jsonl as it is; None where it does not begin with what was sealed before."""
    if before is not None and not before.fits(content):
        return None
    whole = content[: content.rfind(b"\n") + 1]  # a line that is being written counts the next time
    return IndexSeal(folder, len(whole), len(names_in(whole, folder)), hashlib.sha256(whole).hexdigest())


def names_in(content: bytes, folder: str) -> set[str]:
    """The paths of the segments that the lines of an index.jsonl name."""
    return set(_paths(content, folder))


def _paths(content: bytes, folder: str) -> Iterator[str]:
    for line in content.decode("utf-8", "replace").splitlines():
        try:
            yield from_index_line(line, folder).path
        except (ValueError, OverflowError):
            continue


def seal_footage(site: Storage, *, every: timedelta = timedelta(0)) -> int:
    """Seal what grew since the last time, unless that was less than `every` ago; returns how many folders.

    A folder whose index does not begin with what was sealed stays as it was sealed, for `cctv audit verify` to find.
    """
    with read_transaction(site.engine) as connection:
        last = entries_about(connection, INDEX, last=1)
        if last and timedelta(0) <= site.clock.now() - last[-1].at < every:
            return 0
        seals = current_seals(connection)
    new = list(_grown(site, seals))
    for first in range(0, len(new), _FOLDERS):
        with write_transaction(site.engine) as connection:
            facts: AuditFacts = {"folders": [str(seal) for seal in new[first : first + _FOLDERS]]}
            append_entry(connection, site, Act.FOOTAGE_SEALED, INDEX, facts=facts)
    return len(new)


def current_seals(connection: Connection) -> dict[str, IndexSeal]:
    """The last seal of each folder."""
    seals: dict[str, IndexSeal] = {}
    for entry in entries_about(connection, INDEX):
        folders = entry.facts.get("folders")
        for text in folders if isinstance(folders, list) else ():
            seal = IndexSeal.parse(text)
            seals[seal.folder] = seal
    return seals


def _grown(site: Storage, seals: Mapping[str, IndexSeal]) -> Iterator[IndexSeal]:
    if not (site.root / "segments").is_dir():
        return
    for folder in walk(site.root).folders:
        path, before = site.root / folder / INDEX, seals.get(folder)
        size = _size(path)
        if size is None or (before is not None and before.size == size):
            continue
        seal = seal_of(folder, path.read_bytes(), before)
        if seal is None:
            log.warning("seal.refused", extra={"path": f"{folder}/{INDEX}", SHOWN: True})
        elif before is None or seal.size > before.size:
            yield seal


def _size(path: Path) -> int | None:
    try:
        return path.lstat().st_size if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None
