"""Comparison: walks the storage and the index, folder by folder, and lists where the two do not agree.

Reads only, and needs no lock: what a running recorder or sweep is changing at this moment is compared twice.  A file
without a row is hashed or probed, so that the plan names what `--fix` will do with it.

Walking reads names only, and no file.  A storage has millions of them: strings and `os.scandir`, no paths.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cctv.core.durable import sha256_file
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.ingest import described, lines_in
from cctv.footage.layout import INDEX, incoming_files, is_relative, require_inside
from cctv.footage.media import MediaUnreadable, read_timing
from cctv.footage.repair.adopted import adopted_limits
from cctv.footage.repair.differences import Difference, DifferenceKind, Folder, Remedy, as_line, compare, stray
from cctv.footage.repair.queries import (
    IndexedRow,
    count_segments,
    first_paths,
    rows_at,
    rows_in,
    run_at,
    tombstones_in,
    wrong_totals,
)
from cctv.holds.files import hold_path, read_hold_files
from cctv.holds.logged import HoldDifference, LogUnreadable, file_differences, row_differences
from cctv.holds.store import all_holds, holds_in_force
from cctv.model.footage import NewSegment
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId, valid_id

SEGMENTS = "segments"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\.(\d{3})Z\.mp4")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Walked:
    """The days' folders in order, and the files outside of them, all as relative paths."""

    folders: tuple[str, ...]
    strays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexedLine:
    """A day's folder: its segments by their relative path with the start that the name gives, and what is none."""

    files: dict[str, datetime]
    strays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayFolder:
    """A day's folder on the disk: lines with their file, lines without it, starts of files without a line."""

    zone: ZoneId
    camera: CameraId
    present: tuple[NewSegment, ...]
    gone: tuple[NewSegment, ...]
    without_line: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that does not agree, and how many segments the index has."""

    differences: tuple[Difference, ...]
    segments: int


def walk(root: Path) -> Walked:
    """List every folder of segments/ down to those of the days."""
    folders: list[str] = []
    strays: list[str] = []
    _descend(f"{root}/", SEGMENTS, 0, folders, strays)
    return Walked(tuple(sorted(folders)), tuple(sorted(strays)))


def list_day(root: Path, relative: str) -> IndexedLine:
    """The files of a day's folder; empty for a missing folder.  A link is no segment, whatever its name."""
    _, camera, day = relative.rsplit("/", 2)
    files: dict[str, datetime] = {}
    strays: list[str] = []
    try:
        entries = list(os.scandir(f"{root}/{relative}"))
    except FileNotFoundError:
        return IndexedLine({}, ())
    for entry in entries:
        path = f"{relative}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            strays += _files_below(f"{root}/", path)
        elif (start := start_in(entry.name, camera, day)) is not None and entry.is_file(follow_symlinks=False):
            files[path] = start
        elif entry.name != INDEX:
            strays.append(path)
    return IndexedLine(files, tuple(sorted(strays)))


def day_folders(site: Storage) -> Iterator[DayFolder]:
    """Every day's folder of the disk, in order."""
    for relative in walk(site.root).folders:
        _, zone, camera, _ = relative.split("/")
        lines = lines_in(site.root / relative, relative)
        files = list_day(site.root, relative).files
        yield DayFolder(
            ZoneId(zone),
            CameraId(camera),
            present=tuple(line for path, line in lines.items() if path in files),
            gone=tuple(line for path, line in lines.items() if path not in files),
            without_line=tuple(start for path, start in files.items() if path not in lines),
        )


def start_in(name: str, camera: str, day: str) -> datetime | None:
    """The start that the name of a segment gives, None unless it belongs to that camera and into that day's folder."""
    if not name.startswith(f"{camera}_"):
        return None
    match = _STAMP.fullmatch(name, len(camera) + 1)
    if match is None or "-".join(match.groups()[:3]) != day:
        return None
    year, month, of_month, hour, minute, second, millisecond = map(int, match.groups())
    try:
        return datetime(year, month, of_month, hour, minute, second, millisecond * 1000, UTC)
    except ValueError:
        return None


def is_day(name: str) -> bool:
    """Whether a folder has the name of a day."""
    if _DAY.fullmatch(name) is None:
        return False
    try:
        datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _descend(root: str, relative: str, depth: int, folders: list[str], strays: list[str]) -> None:
    """segments/<zone>/<camera>/<day>: a folder of another name holds strays only."""
    belongs = is_day if depth == 2 else valid_id
    for entry in os.scandir(root + relative):
        path = f"{relative}/{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            strays.append(path)
        elif not belongs(entry.name):
            strays += _files_below(root, path)
        elif depth == 2:
            folders.append(path)
        else:
            _descend(root, path, depth + 1, folders, strays)


def _files_below(root: str, relative: str) -> Iterator[str]:
    for entry in os.scandir(root + relative):
        path = f"{relative}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(root, path)
        else:
            yield path


def disk_and_index(site: Storage, *, recording: bool | None = None) -> Comparison:
    """Compare every folder once, and those with differences once more.

    Raises FileUnreadable for a broken hold, PathOutside where a link leads out of the storage.

    `recording` is for a caller that has the recorder's lock itself.
    """
    recording = is_locked(site.root / "recorder.lock") if recording is None else recording
    with read_transaction(site.engine) as connection:
        in_force = holds_in_force(connection)
        count, _ = count_segments(connection)
        uncounted = wrong_totals(connection)
    differences = list(_holds(site, in_force))
    differences += [
        Difference(DifferenceKind.WRONG_TOTALS, Remedy.COUNT, "cctv.db", "counting gives something else", camera=camera)
        for camera in uncounted
    ]
    walked = walk(site.root)
    differences += [stray(path, _camera_in(path)) for path in walked.strays]
    differences += [] if recording else _incoming(site)
    with read_transaction(site.engine) as connection:
        indexed = set[str]()
        for path in first_paths(connection):
            folder = path.rpartition("/")[0]
            if _is_day_folder(folder):
                indexed.add(folder)
            else:
                rows = rows_in(connection, folder) if folder else rows_at(connection, path)
                differences += _damaged(rows, in_force)
    folders = sorted({*walked.folders, *indexed})
    require_inside(site.root, (f"{folder}/{INDEX}" for folder in folders))
    with read_transaction(site.engine) as connection:
        adopted = adopted_limits(connection)
    for relative in folders:
        differences += _settled(site, relative, in_force, adopted, recording=recording)
    return Comparison(tuple(differences), count)


def _is_day_folder(relative: str) -> bool:
    """Whether a folder of the index is segments/<zone>/<camera>/<day>."""
    parts = relative.split("/")
    return is_relative(relative) and len(parts) == 4 and parts[0] == "segments" and is_day(parts[3])


def _damaged(rows: Mapping[str, IndexedRow], in_force: Sequence[Hold]) -> Iterator[Difference]:
    """Rows whose path no segment has: no file is theirs, whatever stands there."""
    for path, row in rows.items():
        keeping = tuple(hold.id for hold in in_force if hold.covers(row.segment.camera, row.segment.span))
        why = "its path is not one of the storage: the index is damaged"
        yield Difference(
            DifferenceKind.ROW_WITHOUT_FILE, Remedy.MARK_LOST, path, why,
            camera=row.segment.camera, segment=as_line(row), row=row.segment, holds=keeping,
        )  # fmt: skip


def _camera_in(path: str) -> CameraId | None:
    """The camera whose folder holds a stray file, None outside of any."""
    parts = path.split("/")
    return CameraId(parts[2]) if len(parts) > 3 and valid_id(parts[1]) and valid_id(parts[2]) else None


def is_locked(path: Path) -> bool:
    """Whether some process holds a lock file.  Only reads: a file created here could lock that process out."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _settled(
    site: Storage,
    relative: str,
    in_force: Sequence[Hold],
    adopted: Mapping[ZoneId, frozenset[timedelta]],
    *,
    recording: bool,
) -> Iterator[Difference]:
    """The differences of a folder that a second comparison has too: a sweep or an ingest may run in between."""
    now = site.clock.now()
    first = compare(_folder(site, relative, adopted), in_force, now, recording=recording)
    if not first:
        return
    again = compare(_folder(site, relative, adopted), in_force, now, recording=recording)
    keys = {difference.key for difference in first}
    for difference in again:
        if difference.key in keys:
            yield _explained(site, difference) if difference.kind is DifferenceKind.FILE_WITHOUT_ROW else difference


def _folder(site: Storage, relative: str, adopted: Mapping[ZoneId, frozenset[timedelta]]) -> Folder:
    """The files are listed before the index is queried: what is ingested meanwhile is no file without a row."""
    _, zone, camera, day = relative.split("/")
    listed = list_day(site.root, relative)
    lines = lines_in(site.root / relative, relative)
    with read_transaction(site.engine) as connection:
        rows = rows_in(connection, relative)
        begins = datetime.fromisoformat(day).replace(tzinfo=UTC)
        stones = tombstones_in(connection, CameraId(camera), Span(begins, begins + _ONE_DAY))
    stones = {path: stone for path, stone in stones.items() if stone.zone == zone}
    return Folder(relative, CameraId(camera), listed.files, lines, rows, stones, listed.strays, adopted)


def _explained(site: Storage, difference: Difference) -> Difference:
    """Whether a file without a row can be adopted: its line's hash, or a run of its camera, must explain it."""
    path = site.root / difference.path
    try:
        if difference.segment is not None:
            if sha256_file(path) == difference.segment.sha256:
                return difference
            why = "its bytes are not those that index.jsonl names"
            return replace(difference, remedy=Remedy.QUARANTINE, why=why)
        return _without_line(site, difference, path)
    except MediaUnreadable as error:
        return replace(difference, remedy=Remedy.QUARANTINE, why=error.problem)


def _without_line(site: Storage, difference: Difference, path: Path) -> Difference:
    zone, camera, day = path.parts[-4:-1]
    start = start_in(path.name, camera, day)
    assert start is not None  # `list_day` accepted its name
    with read_transaction(site.engine) as connection:
        run = run_at(connection, CameraId(camera), ZoneId(zone), start)
    if run is None:
        return replace(difference, remedy=Remedy.QUARANTINE, why="no run of this camera explains it")
    span = Span(start, start + read_timing(path).duration)
    why = f"{difference.why}, and index.jsonl does not; run {run.id} explains it"
    return replace(difference, segment=described(site, run, path, span, target=path), why=why)


def _incoming(site: Storage) -> Iterator[Difference]:
    for path in incoming_files(site.root):
        why = "a recorder that died left it; the next one takes it in too"
        camera = CameraId(path.parent.name)
        yield Difference(DifferenceKind.LEFT_IN_INCOMING, Remedy.ADOPT, site.relative(path), why, camera=camera)


def _holds(site: Storage, in_force: Sequence[Hold]) -> Iterator[Difference]:
    """Holds that only the disk has, and holds in force without a file: a rebuilt index would lose those."""
    on_disk = {hold.id for hold in read_hold_files(site)}
    with read_transaction(site.engine) as connection:
        indexed = {hold.id for hold in all_holds(connection)}
    differing = _hold_differences(site)
    lost = {difference.hold for difference in differing if difference.row is None}
    for hold_id in sorted(on_disk - indexed - lost):
        path = site.relative(hold_path(site, hold_id))
        yield Difference(
            DifferenceKind.HOLD_WITHOUT_ROW, Remedy.ADOPT, path, "the index does not know it", holds=(hold_id,)
        )
    for difference in {difference.hold: difference for difference in reversed(differing)}.values():
        remedy = Remedy.PUT_BACK if difference.logged is not None else Remedy.LOG
        path = site.relative(hold_path(site, difference.hold))
        yield Difference(DifferenceKind.HOLD_DIFFERS, remedy, path, difference.why, holds=(difference.hold,))
    for hold in in_force:
        if hold.id not in on_disk:
            path = site.relative(hold_path(site, hold.id))
            why = "an index made again would not know it"
            yield Difference(DifferenceKind.HOLD_WITHOUT_FILE, Remedy.WRITE_FILE, path, why, holds=(hold.id,))


def _hold_differences(site: Storage) -> list[HoldDifference]:
    """Holds that are not what the log says; none where the log is broken, which `cctv audit verify` tells."""
    with read_transaction(site.engine) as connection:
        try:
            return [*row_differences(connection, site.root), *file_differences(connection, site, strict=True)]
        except LogUnreadable:
            return []
