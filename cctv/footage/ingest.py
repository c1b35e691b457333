"""Ingest: from a closed file in `incoming/` to an indexed segment, and the lines of index.jsonl that go with it.

Each step is safe to die after; start-up is `cctv.footage.repair.recover`:

1. flush the file                    (crash: the file is in incoming/; start-up ingests it)
2. hash it, unless its writer did    (the same)
3. rename it into segments/, flushed (crash: a file without a line; start-up hashes and adopts it)
4. line in index.jsonl, flushed      (crash: a line without a row; start-up inserts the row)
5. row, committed
6. at most once a minute: index and disk are marked in step (`cctv.db.identity`)

Invariant: a limit is never lengthened; where a segment has more than one line, the shorter limit counts.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from cctv.core.clock import from_us, to_us
from cctv.core.durable import sha256_file
from cctv.core.text import parse_json
from cctv.core.time_range import Span
from cctv.db.engine import write_transaction
from cctv.db.identity import keep_in_step
from cctv.db.storage import Storage
from cctv.footage.layout import INDEX, segment_path
from cctv.footage.runs import Run
from cctv.footage.segments import insert_segment
from cctv.model.footage import FootageSource, NewSegment, Segment
from cctv.model.ids import CameraId, ZoneId

_NAME_STEP = timedelta(milliseconds=1)  # what a name tells of a start
_SEAM = timedelta(milliseconds=500)  # between files of one run
_SUCCESSION = timedelta(milliseconds=5)  # between two runs, of which the second only has another anchor
_DAY_PARTS = ("segments", "ZONE", "CAMERA", "DAY")  # cctv.footage.layout
MARK_EVERY = timedelta(minutes=1)  # what an index may lack and not be known as an older one; a start enters two days


def ingest(site: Storage, run: Run, file: Path, span: Span, sha256: str | None = None) -> Segment:
    """Index a closed file as a segment of its run.  Blocking; call it from one thread at a time per camera.

    Raises FileExistsError when the camera has a segment of that name (`unclaimed`): nothing is replaced.  May be called
    again after it failed, on a full disk for example: completed steps are not repeated.  `sha256` is that of the bytes
    as they were written, where the writer knows it: damage by the disk then shows when they are verified.
    """
    segment = _ingest(site, run, file, span, sha256)
    keep_in_step(site.engine, site.root, site.disk, site.clock.now(), every=MARK_EVERY)
    return segment


def unclaimed(site: Storage, run: Run, span: Span) -> Span:
    """The span, begun so many milliseconds earlier that no segment of the camera has its name.

    A clock that was set back lets a second segment begin at the millisecond of an earlier one.  Earlier, not later: the
    limit counts from the first frame, and none is lengthened.  Ask before the first `ingest`, which may be repeated.
    """
    start = span.start
    while segment_path(site.root, run.zone, run.camera, start).exists():
        start -= _NAME_STEP
    return Span(start, span.end)


def _ingest(site: Storage, run: Run, file: Path, span: Span, sha256: str | None) -> Segment:
    """Steps 1 to 5."""
    target = segment_path(site.root, run.zone, run.camera, span.start)
    if file.exists() or not target.exists():
        site.disk.sync_file(file)
        new = described(site, run, file, span, target=target, sha256=sha256)
        site.disk.make_directory(target.parent)
        site.disk.rename(file, target)
        return enter(site, new)
    new = described(site, run, target, span, target=target, sha256=sha256)
    index = target.parent / INDEX
    if index.exists() and index_line(new) in index.read_text("utf-8", errors="replace").splitlines():
        return _insert(site, new)
    return enter(site, new)


def described(
    site: Storage, run: Run, file: Path, span: Span, *, target: Path, sha256: str | None = None
) -> NewSegment:
    """The segment that a file will be, hashed unless `sha256` is given; its limit counts from its first frame."""
    return NewSegment(
        camera=run.camera,
        zone=run.zone,
        span=span,
        limit=span.start + run.period,
        path=site.relative(target),
        sha256=sha256 or sha256_file(file),
        size_bytes=file.stat().st_size,
        policy=run.policy,
        run_id=run.id,
        source=run.source,
    )


def enter(site: Storage, new: NewSegment) -> Segment:
    """Steps 4 and 5 for a file that is in its place already."""
    site.disk.append_line((site.root / new.path).parent / INDEX, index_line(new))
    return _insert(site, new)


def _insert(site: Storage, new: NewSegment) -> Segment:
    with write_transaction(site.engine) as connection:
        return insert_segment(connection, new)


def index_line(new: NewSegment) -> str:
    """A segment as a line of index.jsonl: enough to restore its row."""
    payload = {
        "name": Path(new.path).name,
        "camera": new.camera,
        "zone": new.zone,
        "start_us": to_us(new.span.start),
        "end_us": to_us(new.span.end),
        "limit_us": to_us(new.limit),
        "sha256": new.sha256,
        "bytes": new.size_bytes,
        "policy": new.policy,
        "run": new.run_id,
    }
    if new.source is not FootageSource.LIVE:
        payload["source"] = new.source.value
    return json.dumps(payload, sort_keys=True, separators=(",", ":"))


def from_index_line(line: str, directory: str) -> NewSegment:
    """The segment that a line of index.jsonl describes; raises ValueError for a torn line."""
    try:
        payload = parse_json(line)
        names = [payload["name"], payload["camera"], payload["zone"], payload["sha256"], payload["policy"]]
        numbers = [payload["start_us"], payload["end_us"], payload["limit_us"], payload["bytes"]]
        if not all(isinstance(name, str) for name in names) or not all(type(number) is int for number in numbers):
            raise ValueError("not a line of index.jsonl: a value of another type")
        return NewSegment(
            camera=CameraId(payload["camera"]),
            zone=ZoneId(payload["zone"]),
            span=Span(from_us(payload["start_us"]), from_us(payload["end_us"])),
            limit=from_us(payload["limit_us"]),
            path=f"{directory}/{payload['name']}",
            sha256=payload["sha256"],
            size_bytes=payload["bytes"],
            policy=payload["policy"],
            run_id=payload["run"],
            source=FootageSource(payload.get("source", FootageSource.LIVE.value)),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a line of index.jsonl: {error}") from error


def file_before(path: Path) -> Path | None:
    """The segment that a segment's pictures follow without a gap, by the lines of index.jsonl; None without one."""
    lines = {
        directory / Path(name).name: line
        for directory in days_before(path)
        for name, line in lines_in(directory, "/".join(directory.parts[-len(_DAY_PARTS) :])).items()
    }
    own = lines.get(path)
    if own is None:
        return None
    earlier = [(line.span.end, before) for before, line in lines.items() if line.span.start < own.span.start]
    end, before = max(earlier, default=(None, path))
    longest = _SEAM if before in lines and lines[before].run_id == own.run_id else _SUCCESSION
    if end is None or abs(own.span.start - end) > longest or before.is_symlink() or not before.is_file():
        return None
    return before


def days_before(path: Path) -> list[Path]:
    """The folders whose index.jsonl says what a segment follows: of its day and the day before; none for another file.

    Lists the folder of its camera.
    """
    day = path.parent
    if len(day.parts) < len(_DAY_PARTS) or day.parts[-len(_DAY_PARTS)] != _DAY_PARTS[0]:
        return []
    return sorted(entry for entry in day.parent.iterdir() if entry.name <= day.name and entry.is_dir())[-2:]


def lines_in(directory: Path, relative: str) -> dict[str, NewSegment]:
    """The segments in a day's index.jsonl, by relative path; a torn line, or one of another folder, is skipped."""
    try:
        text = (directory / INDEX).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    _, zone, camera, _ = relative.split("/")
    segments: dict[str, NewSegment] = {}
    for line in text.splitlines():
        try:
            new = from_index_line(line, relative)
        except (ValueError, OverflowError):
            continue
        if (new.zone, new.camera) != (zone, camera) or "/" in new.path[len(relative) + 1 :]:
            continue
        earlier = segments.get(new.path)
        if earlier is None or new.limit <= earlier.limit:
            segments[new.path] = new
    return segments
