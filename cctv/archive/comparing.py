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
from cctv.archive.differences import Difference, Folder, Kind, Remedy, compare
from cctv.archive.ingesting import described
from cctv.archive.layout import INDEX, segment_path, segment_start
from cctv.archive.lines import lines_in
from cctv.archive.media import probe
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.holds.files import hold_path, read_hold_files
from cctv.kernel.durable import sha256_file
from cctv.kernel.errors import FileUnreadable
from cctv.kernel.span import Span
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId, valid_id

_DAY = timedelta(days=1)
_SEGMENTS = "segments"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that does not agree, and how many segments the index knows."""

    differences: tuple[Difference, ...]
    segments: int


def disk_and_index(site: Site, *, recording: bool | None = None) -> Comparison:
    """Look at every folder once, and at those with differences once more; raises FileUnreadable for a broken hold.

    `recording` is for a caller that has the recorder's lock itself.
    """
    recording = recorder_runs(site) if recording is None else recording
    with reading(site.engine) as connection:
        in_force = holds.in_force(connection)
        count, _ = repairstore.count_segments(connection)
        uncounted = repairstore.wrong_totals(connection)
    found = list(_holds(site, in_force))
    found += [
        Difference(Kind.WRONG_TOTALS, Remedy.COUNT, "cctv.db", "counting gives something else", camera=camera)
        for camera in uncounted
    ]
    found += _strays(site)
    found += [] if recording else _incoming(site)
    for relative in _folders(site):
        found += _settled(site, relative, in_force, recording=recording)
    return Comparison(tuple(found), count)


def recorder_runs(site: Site) -> bool:
    """Whether a recorder holds the storage's lock.  Only reads: a lock file made here could be one it cannot open."""
    try:
        descriptor = os.open(site.root / "recorder.lock", os.O_RDONLY)
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


def _folders(site: Site) -> list[str]:
    """Every day's folder that is on the disk or in the index."""
    with reading(site.engine) as connection:
        return sorted({*folders_on_disk(site), *repairstore.directories(connection)})


def folders_on_disk(site: Site) -> list[str]:
    """Every day's folder of the disk, by its relative path."""
    found = (path for path in (site.root / _SEGMENTS).glob("*/*/*") if _is_folder(site, path))
    return sorted(site.relative(path) for path in found)


def _is_folder(site: Site, path: Path) -> bool:
    _, zone, camera, day = path.relative_to(site.root).parts
    return path.is_dir() and valid_id(zone) and valid_id(camera) and _day(day) is not None


def _day(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


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
    zone, camera, name = Path(relative).parts[1:]
    directory, day = site.root / relative, _day(name)
    files = {site.relative(path): start for path, start in segment_files(site, directory)}
    lines = lines_in(directory, relative)
    with reading(site.engine) as connection:
        rows = repairstore.rows_in(connection, relative)
        span = Span(day, day + _DAY) if day else None
        stones = repairstore.tombstones_in(connection, CameraId(camera), span) if span else {}
    stones = {path: one for path, one in stones.items() if one.zone == zone}
    return Folder(relative, CameraId(camera), files, lines, rows, stones)


def segment_files(site: Site, directory: Path) -> Iterator[tuple[Path, datetime]]:
    """The files of a day's folder that have the name of a segment and stand where it belongs, with their start."""
    zone, camera = ZoneId(directory.parent.parent.name), CameraId(directory.parent.name)
    for path in sorted(directory.glob("*.mp4")):
        start = segment_start(path.name, camera)
        if start is not None and is_plain(path) and segment_path(site.root, zone, camera, start) == path:
            yield path, start


def is_plain(path: Path) -> bool:
    """Whether it is a file and no link to one."""
    return path.is_file() and not path.is_symlink()


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
    except FileUnreadable as error:
        return replace(one, remedy=Remedy.QUARANTINE, why=str(error.fields["problem"]))


def _without_line(site: Site, one: Difference, path: Path) -> Difference:
    zone, camera = ZoneId(path.parent.parent.parent.name), CameraId(path.parent.parent.name)
    start = segment_start(path.name, camera)
    assert start is not None  # `segment_files` took it for a segment
    with reading(site.engine) as connection:
        run = repairstore.run_at(connection, camera, zone, start)
    if run is None:
        return replace(one, remedy=Remedy.QUARANTINE, why="no run of this camera explains it")
    span = Span(start, start + probe(path).duration)
    why = f"{one.why}, and index.jsonl does not; run {run.id} explains it"
    return replace(one, segment=described(site, run, path, span, target=path), why=why)


def _strays(site: Site) -> Iterator[Difference]:
    """Files below segments/ that are neither a segment where it belongs nor the index.jsonl of a day."""
    for path in sorted((site.root / _SEGMENTS).rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        parts = path.relative_to(site.root).parts
        camera = CameraId(parts[2]) if len(parts) > 3 and valid_id(parts[1]) and valid_id(parts[2]) else None
        if len(parts) == 5 and _is_folder(site, path.parent) and not path.is_symlink():
            assert camera is not None
            start = segment_start(path.name, camera) if path.suffix == ".mp4" else None
            if path.name == INDEX:
                continue
            if start is not None and segment_path(site.root, ZoneId(parts[1]), camera, start) == path:
                continue
        why = "no file of that name belongs there"
        yield Difference(Kind.STRAY_FILE, Remedy.QUARANTINE, site.relative(path), why, camera=camera)


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
