"""Start-up recovery: what a crash left behind is adopted or quarantined with a reason; never guessed away.

* lines of index.jsonl without a row become rows; files without a line are hashed and entered
* files in `incoming/` become segments, or go to `quarantine/` with a note of the reason

Deletes no footage: a deletion that a crash interrupted waits for the next deletion session, which checks guards and
holds first.  Until then its file is neither indexed nor adopted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cctv.audit.log import append_entry
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion import discard_header
from cctv.footage.ingest import described, enter, from_index_line, ingest, unclaimed
from cctv.footage.layout import INDEX, incoming_files, incoming_links, incoming_name, segment_start
from cctv.footage.media import MediaUnreadable, holes_in, read_timing
from cctv.footage.quarantine import quarantine
from cctv.footage.repair.queries import run_at
from cctv.footage.runs import (
    anchor_of,
    close_gap,
    end_run,
    find_run,
    first_segment_start,
    last_segment_end,
    lasting_gaps,
    latest_run,
    note_gap,
    open_runs,
    set_end,
)
from cctv.footage.segments import insert_segment, is_buried, is_indexed
from cctv.model.audit import Act
from cctv.model.footage import GapCause, NewSegment, Segment
from cctv.model.ids import CameraId, ZoneId

log = logging.getLogger(__name__)

RECENT_DAYS = 2


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What start-up did: segments adopted, files quarantined (relative paths)."""

    adopted: tuple[Segment, ...]
    quarantined: tuple[str, ...]


def recover_incoming(site: Storage) -> RecoveryReport:
    """Bring disk and index to agreement before recording starts.  Call it under the recorder's lock.

    A killed process leaves files and lines that may not be on the disk yet: flushed first, before rows rely on them.
    """
    site.disk.settle(site.root)
    for link in incoming_links(site.root):  # nobody here makes one: it goes, and what it leads to stays
        _audit(site, Act.FOOTAGE_QUARANTINED, site.relative(link), why="a link, which was removed")
        site.disk.unlink(link)
    outcomes: list[Segment | str | None] = list(_enter_recent(site))
    outcomes += [_adopt(site, path) for path in incoming_files(site.root)]
    _end_broken_runs(site)
    for outcome in outcomes:
        if isinstance(outcome, Segment):
            log.info("segment.adopted", extra={"camera": outcome.camera, "segment": outcome.path})
    return RecoveryReport(
        adopted=tuple(outcome for outcome in outcomes if isinstance(outcome, Segment)),
        quarantined=tuple(outcome for outcome in outcomes if isinstance(outcome, str)),
    )


def _end_broken_runs(site: Storage) -> None:
    """Runs that were never ended stopped with their last segment; the gap since then is the recorder's."""
    with read_transaction(site.engine) as connection:
        broken = [
            (run, first_segment_start(connection, run.id), last_segment_end(connection, run.id))
            for run in open_runs(connection)
        ]
        lasting = lasting_gaps(connection)
    for run, first_start, last_end in broken:
        if last_end is None and run.camera in lasting:  # a run without a frame: the older cause is the true one
            with write_transaction(site.engine) as connection:
                set_end(connection, run.id, run.started)
            continue
        if first_start is not None:  # it died before it was anchored: the gap before it ended with its first frame
            close_gap(site, run.camera, first_start)
        end_run(site, run, last_end or run.started, GapCause.RECORDER_STOPPED)


def _enter_recent(site: Storage) -> Iterator[Segment | str]:
    """Rows for segments that a crash kept out of the index: only the last days can hold any."""
    since = (site.clock.now() - timedelta(days=RECENT_DAYS)).date().isoformat()
    for directory in sorted((site.root / "segments").glob("*/*/*")):
        if directory.name < since:
            continue
        lines = _lines(directory, site)
        for path in sorted(directory.glob("*.mp4")):
            relative = site.relative(path)
            with read_transaction(site.engine) as connection:
                if is_indexed(connection, relative) or is_buried(connection, relative):
                    continue
            if relative in lines:
                with write_transaction(site.engine) as connection:
                    segment = insert_segment(connection, lines[relative])
                    append_entry(connection, site, Act.FOOTAGE_ADOPTED, relative)
                yield segment
            else:
                yield _enter_without_line(site, path)


def _enter_without_line(site: Storage, path: Path) -> Segment | str:
    """Enter a file that died before its line was written; one that nothing explains goes to quarantine."""
    camera = CameraId(path.parent.parent.name)
    start = segment_start(path.name, camera)
    with read_transaction(site.engine) as connection:
        run = latest_run(connection, camera)
        if (
            run is not None and start is not None
        ):  # what is fetched from a card belongs to a run of its own, in the past
            run = run_at(connection, camera, ZoneId(path.parent.parent.parent.name), start) or run
    if run is None or start is None:
        return quarantine(site, path, camera, "not a segment that the recorder wrote")
    try:
        timing = read_timing(path)
    except MediaUnreadable as error:
        return quarantine(site, path, camera, error.problem)
    segment = enter(site, described(site, run, path, Span(start, start + timing.duration), target=path))
    _audit(site, Act.FOOTAGE_ADOPTED, segment.path)
    return segment


def _adopt(site: Storage, path: Path) -> Segment | str | None:
    """Ingest a file of `incoming/`, or quarantine it and return where; None when it never held a picture."""
    camera = CameraId(path.parent.name)
    named = incoming_name(path.name)
    if named is None:
        return quarantine(site, path, camera, "not a name that the recorder writes")
    with read_transaction(site.engine) as connection:
        run = find_run(connection, named[0])
        begins = last_segment_end(connection, named[0]) or anchor_of(connection, named[0])
    if run is None or run.camera != camera:
        return quarantine(site, path, camera, "no run of this camera explains it")
    if discard_header(site, path):
        return None
    try:
        timing = read_timing(path)
    except MediaUnreadable as error:
        return quarantine(site, path, camera, error.problem)
    written = min(datetime.fromtimestamp(path.stat().st_mtime, UTC), site.clock.now())
    start = begins or max(run.started, written - timing.duration)
    for begin, end in holes_in(path):  # before the file moves: a crash in between repeats this
        note_gap(site, camera, Span(start + begin, start + end), GapCause.FRAMES_MISSING)
    segment = ingest(site, run, path, unclaimed(site, run, Span(start, start + timing.duration)))
    _audit(site, Act.FOOTAGE_ADOPTED, segment.path)
    return segment


def _lines(directory: Path, site: Storage) -> dict[str, NewSegment]:
    path = directory / INDEX
    if not path.exists():
        return {}
    lines: dict[str, NewSegment] = {}
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            new = from_index_line(line, site.relative(directory))
        except ValueError:
            continue  # a line torn by a crash: its file is hashed and entered as one without a line
        lines[new.path] = new
    return lines


def _audit(site: Storage, act: Act, subject: str, **facts: str) -> None:
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, act, subject, facts=dict(facts))
