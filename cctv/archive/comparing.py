"""Comparing: walks the storage and the index, folder by folder, and says where the two do not agree.

Reads only, and needs no lock: what a running recorder or sweep is changing at this moment is looked at twice.  A file
without a row is hashed or probed, so that the plan says what `--fix` will do with it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cctv import holds
from cctv.archive import repairstore
from cctv.archive.differences import Difference, Folder, Kind, Remedy, compare, stray
from cctv.archive.ingesting import described
from cctv.archive.lines import lines_in
from cctv.archive.media import MediaUnreadable, read_timing
from cctv.archive.walking import list_day, start_in, walk
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.holds.files import hold_path, read_hold_files
from cctv.kernel.durable import sha256_file
from cctv.kernel.span import Span
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId, valid_id

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that does not agree, and how many segments the index knows."""

    differences: tuple[Difference, ...]
    segments: int


def disk_and_index(site: Site, *, recording: bool | None = None) -> Comparison:
    """Look at every folder once, and at those with differences once more; raises FileUnreadable for a broken hold.

    `recording` is for a caller that has the recorder's lock itself.
    """
    recording = is_locked(site.root / "recorder.lock") if recording is None else recording
    with reading(site.engine) as connection:
        in_force = holds.in_force(connection)
        count, _ = repairstore.count_segments(connection)
        uncounted = repairstore.wrong_totals(connection)
    found = list(_holds(site, in_force))
    found += [
        Difference(Kind.WRONG_TOTALS, Remedy.COUNT, "cctv.db", "counting gives something else", camera=camera)
        for camera in uncounted
    ]
    walked = walk(site.root)
    found += [stray(path, _camera_in(path)) for path in walked.strays]
    found += [] if recording else _incoming(site)
    with reading(site.engine) as connection:
        folders = sorted({*walked.folders, *repairstore.directories(connection)})
    for relative in folders:
        found += _settled(site, relative, in_force, recording=recording)
    return Comparison(tuple(found), count)


def _camera_in(path: str) -> CameraId | None:
    """The camera below whose folder a stray file stands."""
    parts = path.split("/")
    return CameraId(parts[2]) if len(parts) > 3 and valid_id(parts[1]) and valid_id(parts[2]) else None


def is_locked(path: Path) -> bool:
    """Whether some process holds a lock file.  Only reads: one that is made here could be one that it cannot open."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _settled(site: Site, relative: str, in_force: Sequence[Hold], *, recording: bool) -> Iterator[Difference]:
    """The differences of a folder that a second look finds too: a sweep or an ingest passes in between."""
    now = site.clock.now()
    first = compare(_folder(site, relative), in_force, now, recording=recording)
    if not first:
        return
    again = compare(_folder(site, relative), in_force, now, recording=recording)
    seen = {one.key for one in first}
    for one in again:
        if one.key in seen:
            yield _explained(site, one) if one.kind is Kind.FILE_WITHOUT_ROW else one


def _folder(site: Site, relative: str) -> Folder:
    """The files are listed before the index is asked: what is entered meanwhile is no file without a row."""
    _, zone, camera, day = relative.split("/")
    listed = list_day(site.root, relative)
    lines = lines_in(site.root / relative, relative)
    with reading(site.engine) as connection:
        rows = repairstore.rows_in(connection, relative)
        begins = datetime.fromisoformat(day).replace(tzinfo=UTC)
        stones = repairstore.tombstones_in(connection, CameraId(camera), Span(begins, begins + _ONE_DAY))
    stones = {path: one for path, one in stones.items() if one.zone == zone}
    return Folder(relative, CameraId(camera), listed.files, lines, rows, stones, listed.strays)


def _explained(site: Site, one: Difference) -> Difference:
    """Whether a file without a row can be adopted: its line's hash, or a run of its camera, must explain it."""
    path = site.root / one.path
    try:
        if one.segment is not None:
            if sha256_file(path) == one.segment.sha256:
                return one
            why = "its bytes are not those that index.jsonl names"
            return replace(one, remedy=Remedy.QUARANTINE, why=why)
        return _without_line(site, one, path)
    except MediaUnreadable as error:
        return replace(one, remedy=Remedy.QUARANTINE, why=error.problem)


def _without_line(site: Site, one: Difference, path: Path) -> Difference:
    zone, camera, day = path.parts[-4:-1]
    start = start_in(path.name, camera, day)
    assert start is not None  # `list_day` took it for a segment
    with reading(site.engine) as connection:
        run = repairstore.run_at(connection, CameraId(camera), ZoneId(zone), start)
    if run is None:
        return replace(one, remedy=Remedy.QUARANTINE, why="no run of this camera explains it")
    span = Span(start, start + read_timing(path).duration)
    why = f"{one.why}, and index.jsonl does not; run {run.id} explains it"
    return replace(one, segment=described(site, run, path, span, target=path), why=why)


def _incoming(site: Site) -> Iterator[Difference]:
    for path in sorted((site.root / "incoming").glob("*/*")):
        why = "a recorder that died left it; the next one takes it in too"
        camera = CameraId(path.parent.name)
        yield Difference(Kind.LEFT_IN_INCOMING, Remedy.ADOPT, site.relative(path), why, camera=camera)


def _holds(site: Site, in_force: Sequence[Hold]) -> Iterator[Difference]:
    """Holds that only the disk knows, and holds in force without a file: an index made again would lose those."""
    on_disk = {hold.id for hold in read_hold_files(site)}
    with reading(site.engine) as connection:
        known = {hold.id for hold in holds.all_holds(connection)}
    for hold in sorted(on_disk - known):
        path = site.relative(hold_path(site, hold))
        yield Difference(Kind.HOLD_WITHOUT_ROW, Remedy.ADOPT, path, "the index does not know it", holds=(hold,))
    for one in in_force:
        if one.id not in on_disk:
            path = site.relative(hold_path(site, one.id))
            why = "an index made again would not know it"
            yield Difference(Kind.HOLD_WITHOUT_FILE, Remedy.WRITE_FILE, path, why, holds=(one.id,))
