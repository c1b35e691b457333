"""What must be true of a storage after a crash, whatever the product says of itself.

A scenario promises; after the crash the product starts as it would (start-up, sweep, reconcile), and its word is
compared with the files.  Footage is known by its bytes.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cctv.audit.log import verify_log
from cctv.core.clock import from_us
from cctv.core.errors import CctvError
from cctv.core.time_range import Span
from cctv.db.engine import keep_connection_open, read_transaction
from cctv.db.storage import Storage
from cctv.footage.ingest import lines_in
from cctv.footage.layout import recorder_lock
from cctv.footage.repair.compare import disk_and_index
from cctv.footage.repair.differences import Remedy
from cctv.footage.repair.queries import wrong_totals
from cctv.footage.repair.reconcile import Reconciled, reconcile
from cctv.footage.repair.recover import recover_incoming
from cctv.holds.files import hold_path, is_hold_file
from cctv.model.ids import CameraId, HoldId
from cctv.retention.policy import lead
from cctv.retention.sweep import sweep_once

_NAMES = timedelta(milliseconds=1)  # names of segments have milliseconds


@dataclass(frozen=True)
class Kept:
    """Those bytes of a camera, from that instant, are on the disk: they stay until their limit, or under a hold."""

    camera: CameraId
    start: datetime
    limit: datetime
    content: bytes

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + timedelta(seconds=max(1, self.content.count(b"moof"))))

    def __repr__(self) -> str:
        return f"{self.camera} {self.start:%F %T} {len(self.content)} bytes"


@dataclass(frozen=True)
class Held:
    """A hold was placed, and the command said so."""

    id: HoldId
    cameras: frozenset[CameraId]
    span: Span


@dataclass(frozen=True)
class Releasing:
    """From now on the hold may be gone; when `done`, it is."""

    id: HoldId
    done: bool = False


@dataclass(frozen=True)
class MayGo:
    """Footage of those starts may be deleted before its limit from now on; when `done`, it is gone for good."""

    starts: frozenset[datetime]
    done: bool = False


@dataclass(frozen=True)
class Restored:
    """A back-up is being put back: holds released since may be in force again."""


@dataclass
class Promised:
    """All promises up to an instant, taken together."""

    footage: dict[tuple[CameraId, datetime], Kept] = field(default_factory=dict)
    holds: dict[HoldId, Held] = field(default_factory=dict)
    ended: set[HoldId] = field(default_factory=set)
    optional: set[datetime] = field(default_factory=set)
    gone: set[datetime] = field(default_factory=set)

    @staticmethod
    def by(promises: Sequence[Any]) -> Promised:
        promised = Promised()
        for promise in promises:
            match promise:
                case Kept():
                    promised.footage[promise.camera, promise.start] = promise
                case Held():
                    promised.holds[promise.id] = promise
                case Releasing():
                    promised.holds.pop(promise.id, None)
                    promised.ended |= {promise.id} if promise.done else set()
                case MayGo():
                    promised.optional |= promise.starts
                    promised.gone |= promise.starts if promise.done else set()
                case Restored():
                    promised.ended.clear()
        return promised


@dataclass(frozen=True)
class Violation:
    """What is not as it must be; `kind` is for the table."""

    kind: str
    what: str


def look_after(opened: Callable[[], Storage], promises: Sequence[Any]) -> list[Violation]:
    """Start as after a crash and say everything that is wrong."""
    promised = Promised.by(promises)
    violations: list[Violation] = []
    try:
        site = opened()
        with keep_connection_open(site.engine):
            violations += _after_start(site, promised)
    except (CctvError, OSError, AssertionError) as error:
        violations.append(Violation("stuck", f"{type(error).__name__}: {error}"))
    return violations


def _after_start(site: Storage, promised: Promised) -> Iterator[Violation]:
    yield from _disk_alone(site)
    with recorder_lock(site):
        recover_incoming(site)
    sweep_once(site)
    yield from _overdue(site, promised, "overdue")
    done = reconcile(site)
    yield from _reconciled(done)
    yield from _agreement(site)
    yield from _footage(site, promised)
    yield from _holds(site, promised)
    if done.done:
        sweep_once(site)
        yield from _overdue(site, promised, "overdue after reconcile")
        if disk_and_index(site).differences:
            yield Violation("disagree", "again after the next sweep")


def _reconciled(done: Reconciled) -> Iterator[Violation]:
    if done.left:
        yield Violation("disagree", "; ".join(f"{difference.kind.value} {difference.path}" for difference in done.left))
    for change in done.done:
        if change.remedy is Remedy.MARK_LOST:
            yield Violation(
                "held footage lost" if change.is_held_loss else "footage lost", f"marked lost: {change.path}"
            )


def _disk_alone(site: Storage) -> list[Violation]:
    """An index that was lost now could be made again: rows have files and lines, holds in force have files."""
    violations: list[Violation] = []
    seen = look_at_index(site.root)
    for row in seen.rows.values():
        path = site.root / row.path
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != row.sha256:
            violations.append(Violation("disk behind index", f"the bytes of {row.path}"))
        line = lines_in(path.parent, str(Path(row.path).parent)).get(row.path)
        if line is None or (line.limit, line.sha256) != (row.limit, row.sha256):
            violations.append(Violation("disk behind index", f"the line of {row.path}"))
    for hold in seen.holds:
        if not is_hold_file(site, hold_path(site, HoldId(hold))):
            violations.append(Violation("disk behind index", f"the file of {hold}"))
    return violations


@dataclass(frozen=True)
class Row:
    """A segment as the index has it."""

    camera: str
    span: Span
    limit: datetime
    path: str
    sha256: str


@dataclass(frozen=True)
class Seen:
    """The index, read beside the product."""

    rows: dict[str, Row]
    holds: dict[str, Held]
    open_tombstones: int

    def covered(self, camera: str, span: Span) -> bool:
        return any(camera in hold.cameras and hold.span.overlaps(span) for hold in self.holds.values())


def look_at_index(root: Path) -> Seen:
    """Segments, holds in force, deletions that are not finished."""
    with closing(sqlite3.connect(root / "cctv.db")) as database:
        rows = [
            Row(camera, Span(from_us(start), from_us(end)), from_us(limit), path, sha256)
            for camera, start, end, limit, path, sha256 in database.execute(
                "SELECT camera, start_us, end_us, limit_us, path, sha256 FROM segments"
            )
        ]
        cameras: dict[str, set[CameraId]] = {}
        for hold, camera in database.execute("SELECT hold_id, camera FROM hold_cameras"):
            cameras.setdefault(hold, set()).add(CameraId(camera))
        held = {
            hold: Held(HoldId(hold), frozenset(cameras.get(hold, ())), Span(from_us(start), from_us(end)))
            for hold, start, end in database.execute("SELECT id, start_us, end_us FROM holds WHERE released_us IS NULL")
        }
        unfinished = database.execute("SELECT count(*) FROM tombstones WHERE closed_us IS NULL").fetchone()[0]
    return Seen({row.path: row for row in rows}, held, unfinished)


def _files(site: Storage) -> dict[str, bytes]:
    """Everything that may be footage, wherever it stands."""
    places = ("segments/*/*/*/*", "incoming/*/*", "quarantine/*")
    paths = [path for place in places for path in site.root.glob(place)]
    return {
        site.relative(path): path.read_bytes()
        for path in paths
        if path.is_file() and path.suffix not in {".json", ".jsonl"}
    }


def _overdue(site: Storage, promised: Promised, kind: str) -> list[Violation]:
    """Footage past its limit, or deleted for good, that no hold covers and that stands anywhere."""
    now, files, seen = site.clock.now(), _files(site), look_at_index(site.root)
    violations = [
        Violation(kind, f"the index keeps {row.path}")
        for row in seen.rows.values()
        if row.limit <= now and not seen.covered(row.camera, row.span)
    ]
    for kept in promised.footage.values():
        if seen.covered(kept.camera, kept.span) or not (kept.limit <= now or kept.start in promised.gone):
            continue
        violations += [
            Violation(kind, f"{kept!r} stands in {path}")
            for path, data in files.items()
            if data.startswith(kept.content)
        ]
    return violations


def _agreement(site: Storage) -> list[Violation]:
    """Rows and files, counted here and not by the product."""
    violations: list[Violation] = []
    seen = look_at_index(site.root)
    rows = seen.rows
    if seen.open_tombstones:
        violations.append(Violation("disagree", "a deletion is not finished"))
    with read_transaction(site.engine) as connection:
        if wrong_totals(connection):
            violations.append(Violation("disagree", "totals"))
        verify_log(connection)
    files = {path: data for path, data in _files(site).items() if path.startswith("segments/")}
    violations += [Violation("file without a row", path) for path in sorted(files.keys() - rows.keys())]
    violations += [Violation("row without a file", path) for path in sorted(rows.keys() - files.keys())]
    violations += [
        Violation("bytes not of the row", path)
        for path in sorted(files.keys() & rows.keys())
        if hashlib.sha256(files[path]).hexdigest() != rows[path].sha256
    ]
    violations += [Violation("left behind", str(path)) for path in site.root.glob("incoming/*/*")]
    return violations


def _footage(site: Storage, promised: Promised) -> list[Violation]:
    """What was promised is there, once, under its time and no longer limit."""
    now, files = site.clock.now(), _files(site)
    rows = look_at_index(site.root).rows
    violations: list[Violation] = []
    for kept in promised.footage.values():
        there = [path for path, data in files.items() if data.startswith(kept.content)]
        is_held = any(kept.camera in hold.cameras and hold.span.overlaps(kept.span) for hold in promised.holds.values())
        due = kept.limit - lead(kept.limit - kept.start) <= now
        if not there and (is_held or not (due or kept.start in promised.optional)):
            violations.append(Violation("held footage lost" if is_held else "footage lost", repr(kept)))
        if len(there) > 1:
            violations.append(Violation("twice", f"{kept!r}: {', '.join(there)}"))
        for path in there:
            row = rows.get(path)
            if row is None:
                violations.append(Violation("not indexed", path))
            elif abs(row.span.start - kept.start) > _NAMES or row.limit > kept.limit:
                violations.append(Violation("another time", f"{path}: {row.span}, not from {kept.start}"))
    return violations


def _holds(site: Storage, promised: Promised) -> list[Violation]:
    in_force = look_at_index(site.root).holds
    on_disk = {path.stem for path in (site.root / "holds").glob("HOLD-*.json")}
    violations = [Violation("hold lost", hold_id) for hold_id in promised.holds if hold_id not in in_force]
    violations += [Violation("hold back", hold_id) for hold_id in promised.ended if hold_id in in_force]
    if on_disk != set(in_force):
        violations.append(Violation("disagree", f"holds/ {sorted(on_disk)}, index {sorted(in_force)}"))
    return violations
