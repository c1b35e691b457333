"""Rows for repairs: the index's rows of a day's folder, lost footage, the runs and policies that a line names.

Queries only; decides nothing.  Deletes no footage: what leaves `segments` here has no file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, literal, or_, select, update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.types import Instant
from cctv.footage.runs import Run, find_run, insert_policy
from cctv.footage.segments import (
    SEGMENT,
    add_to_totals,
    close_tombstones,
    count_all_again,
    insert_segment,
    insert_tombstones,
    to_segment,
    to_tombstone,
)
from cctv.holds.cover import is_covered_by_hold
from cctv.model.footage import NewSegment, Reason, Segment, Tombstone
from cctv.model.ids import CameraId, ZoneId

LONGEST_SEGMENT = timedelta(hours=2)  # cameras.toml allows one hour, and a late key frame ends it
_BATCH = 5000
_AFTER_SLASH = "0"  # the sign that follows "/"


@dataclass(frozen=True, slots=True)
class IndexedRow:
    """A segment with the run that its line names."""

    segment: Segment
    run_id: int | None


def first_paths(connection: Connection) -> list[str]:
    """The first indexed path of every folder; one look-up a folder, whatever its size."""
    column, paths, after = schema.segments.c.path, list[str](), ""
    while True:
        beyond = column > after if paths else column >= after
        path: str | None = connection.execute(select(func.min(column)).where(beyond)).scalar()
        if path is None:
            return paths
        paths.append(path)
        after = max(path, path.rpartition("/")[0] + _AFTER_SLASH)  # a damaged path may have no folder


def rows_in(connection: Connection, directory: str) -> dict[str, IndexedRow]:
    """The indexed segments of a day's folder by their path."""
    column = schema.segments.c.path
    return _rows(connection, (column > f"{directory}/") & (column < directory + _AFTER_SLASH))


def rows_at(connection: Connection, path: str) -> dict[str, IndexedRow]:
    """The indexed segment of a path, by that path."""
    return _rows(connection, schema.segments.c.path == path)


def _rows(connection: Connection, chosen: ColumnElement[bool]) -> dict[str, IndexedRow]:
    column = schema.segments.c.path
    rows = connection.execute(select(*SEGMENT, schema.segments.c.run_id).where(chosen).order_by(column))
    return {row.path: IndexedRow(to_segment(row), row.run_id) for row in rows}


def tombstones_in(connection: Connection, camera: CameraId, day: Span) -> dict[str, Tombstone]:
    """The tombstones of a camera's day by their path; the latest where there are two of one path."""
    table = schema.tombstones
    chosen = (table.c.camera == camera) & (table.c.start_us >= day.start) & (table.c.start_us < day.end)
    rows = connection.execute(select(table).where(chosen).order_by(table.c.id))
    return {row.path: to_tombstone(row) for row in rows}


def is_blank(connection: Connection) -> bool:
    """Whether the index never knew a run, a segment or a deletion."""
    tables = (schema.segments, schema.tombstones, schema.runs)
    return all(connection.execute(select(table.c.id).limit(1)).first() is None for table in tables)


def count_segments(connection: Connection) -> tuple[int, int]:
    """How many segments are indexed, and their bytes."""
    table = schema.segments
    row = connection.execute(select(func.count(), func.coalesce(func.sum(table.c.size_bytes), 0)).select_from(table))
    count, size = row.one()
    return int(count), int(size)


def segments_after(connection: Connection, after: int, count: int) -> list[Segment]:
    """The next segments in the order of their ids."""
    table = schema.segments
    rows = connection.execute(select(*SEGMENT).where(table.c.id > after).order_by(table.c.id).limit(count))
    return [to_segment(row) for row in rows]


def last_id(connection: Connection) -> int:
    """The highest id of a segment; 0 where none is stored."""
    number: int | None = connection.execute(select(func.max(schema.segments.c.id))).scalar()
    return number or 0


def count_between(connection: Connection, after: int, until: int) -> int:
    """How many segments have an id above `after` and up to `until`."""
    column = schema.segments.c.id
    query = select(func.count()).select_from(schema.segments).where(column > after, column <= until)
    return int(connection.execute(query).scalar_one())


def all_ids(connection: Connection) -> list[int]:
    """The ids of all segments, in order."""
    return list(connection.execute(select(schema.segments.c.id).order_by(schema.segments.c.id)).scalars())


def is_row(connection: Connection, segment: Segment) -> bool:
    """Whether the segment is still indexed."""
    query = select(schema.segments.c.id).where(schema.segments.c.id == segment.id)
    return connection.execute(query).first() is not None


def run_at(connection: Connection, camera: CameraId, zone: ZoneId, start: datetime) -> Run | None:
    """The run of a camera in a zone that was under way then, or ended last before."""
    table = schema.runs
    query = (
        select(table.c.id)
        .where(
            table.c.camera == camera,
            table.c.zone == zone,
            or_(table.c.started_us <= start, table.c.anchor_us <= start),
        )
        .order_by(table.c.started_us.desc(), table.c.id.desc())
        .limit(1)
    )
    run_id: int | None = connection.execute(query).scalar()
    return find_run(connection, run_id) if run_id is not None else None


def insert_run_as(connection: Connection, run: Run, *, ended: datetime | None) -> None:
    """A run under the id that its segments' lines have."""
    connection.execute(
        insert(schema.runs).values(
            id=run.id,
            camera=run.camera,
            zone=run.zone,
            policy=run.policy,
            period_us=run.period,
            started_us=run.started,
            anchor_us=run.started,
            ended_us=ended,
            source=run.source,
        )
    )


def stretch_run(connection: Connection, run_id: int, span: Span) -> None:
    """Set when a run began and ended, as far as its segments show."""
    values = {"started_us": span.start, "anchor_us": span.start, "ended_us": span.end}
    connection.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(**values))


def insert_line(connection: Connection, new: NewSegment, now: datetime) -> Segment:
    """Index the segment of a line; the policy and run that it names are entered where the index lacks them."""
    insert_policy(connection, new.policy, unknown_policy(), now)
    run = find_run(connection, new.run_id) if new.run_id is not None else None
    if new.run_id is not None and run is None:
        period = new.limit - new.span.start
        run = Run(new.run_id, new.camera, new.zone, new.policy, period, new.span.start, source=new.source)
        insert_run_as(connection, run, ended=new.span.end)
    return insert_segment(connection, new)


def insert_lines(connection: Connection, news: Sequence[NewSegment]) -> None:
    """Many at once, for an index that is rebuilt: runs and policies exist, holds do not yet."""
    if not news:
        return
    values = [
        {
            "camera": new.camera,
            "zone": new.zone,
            "start_us": new.span.start,
            "end_us": new.span.end,
            "limit_us": new.limit,
            "path": new.path,
            "sha256": new.sha256,
            "size_bytes": new.size_bytes,
            "policy": new.policy,
            "run_id": new.run_id,
            "source": new.source,
        }
        for new in news
    ]
    connection.execute(insert(schema.segments), values)
    add_to_totals(connection, news)


def unknown_policy() -> str:
    """The placeholder for the text of a policy version of which only the digest is left."""
    return '{"unknown":"only its digest is left"}'


def wrong_totals(connection: Connection) -> list[CameraId]:
    """The cameras whose stored totals differ from a count of the rows, by name."""
    segment, total = schema.segments.c, schema.camera_totals.c
    counted = {
        row.camera: (row.count, row.size, row.held_over, row.longest)
        for row in connection.execute(
            select(
                segment.camera,
                func.count().label("count"),
                func.sum(segment.size_bytes).label("size"),
                func.sum(segment.held_over).label("held_over"),
                func.max(segment.end_us - segment.start_us).label("longest"),
            ).group_by(segment.camera)
        )
    }
    stored = {
        row.camera: (row.segments, row.size_bytes, row.held_over, row.longest_us)
        for row in connection.execute(select(total.camera, *_of_totals()))
    }
    nothing = (0, 0, 0, timedelta())
    wrong = []
    for camera in sorted({*counted, *stored}):
        actual, kept = counted.get(camera, nothing), stored.get(camera, nothing)
        if actual[:3] != kept[:3] or actual[3] > kept[3]:
            wrong.append(CameraId(camera))
    return wrong


def _of_totals() -> tuple[ColumnElement[int], ...]:
    total = schema.camera_totals.c
    return total.segments, total.size_bytes, total.held_over, total.longest_us


def mark_lost(connection: Connection, segment: Segment, reason: Reason, now: datetime) -> Tombstone:
    """Put a closed tombstone in place of the row of a segment whose file is not there."""
    stone = insert_tombstones(connection, segment, reason, now)
    return close_tombstones(connection, [stone], now)[0]


def drop_tombstone(connection: Connection, tombstone_id: int) -> None:
    """A loss that was none: its file is back."""
    connection.execute(delete(schema.tombstones).where(schema.tombstones.c.id == tombstone_id))


def lost_under_holds(connection: Connection) -> list[Tombstone]:
    """Footage that a hold in force should keep and that is lost, oldest first.

    Reads the tombstones under the holds' spans only, whatever else was ever deleted.
    """
    hold, camera, stone = schema.holds.c, schema.hold_cameras.c, schema.tombstones.c
    under = (
        select(stone.id)
        .join(schema.hold_cameras, camera.camera == stone.camera)
        .join(schema.holds, hold.id == camera.hold_id)
        .where(
            hold.released_us.is_(None),
            stone.start_us > hold.start_us - LONGEST_SEGMENT,
            stone.start_us < hold.end_us,
            stone.end_us > hold.start_us,
            stone.reason == Reason.LOST,
        )
    )
    query = select(schema.tombstones).where(stone.id.in_(under)).order_by(stone.start_us, stone.id)
    return [to_tombstone(row) for row in connection.execute(query)]


def paths_by_id(connection: Connection) -> Iterator[tuple[int, str]]:
    """Id and path of every indexed segment, in order of the ids; a page at a time."""
    table, after = schema.segments, -1
    while True:
        query = select(table.c.id, table.c.path).where(table.c.id > after).order_by(table.c.id).limit(_BATCH)
        page = [(int(row.id), str(row.path)) for row in connection.execute(query)]
        if not page:
            return
        yield from page
        after = page[-1][0]


def gone_ids(connection: Connection, root: Path) -> list[int]:
    """Rows whose files are not on the disk."""
    return [row for row, path in paths_by_id(connection) if not os.path.lexists(root / path)]


def count_held(connection: Connection, ids: Sequence[int], *, known: datetime) -> int:
    """How many of the rows `bury_gone` would call lost."""
    return sum(
        int(
            connection.execute(
                select(func.count())
                .select_from(schema.segments)
                .where(schema.segments.c.id.in_(ids[first : first + _BATCH]), is_covered_by_hold(placed_by=known))
            ).scalar_one()
        )
        for first in range(0, len(ids), _BATCH)
    )


def bury_gone(connection: Connection, ids: Sequence[int], at: datetime, *, known: datetime) -> tuple[int, int]:
    """Closed tombstones in place of rows whose files are missing; returns how many a hold covers, and how many none.

    Under a hold that was placed while they were there they are lost: before their limit, or by `known`, when this index
    was the newest.  Otherwise forgotten: only the lost index knew whether they were deleted.
    """
    held, free = 0, 0
    for first in range(0, len(ids), _BATCH):
        chosen = schema.segments.c.id.in_(ids[first : first + _BATCH])
        held += _bury(connection, and_(chosen, is_covered_by_hold(placed_by=known)), Reason.LOST, at)
        free += _bury(connection, chosen, Reason.FORGOTTEN, at)
    count_all_again(connection)
    return held, free


def _bury(connection: Connection, chosen: ColumnElement[bool], reason: Reason, at: datetime) -> int:
    copied = ("camera", "zone", "start_us", "end_us", "limit_us", "path", "sha256", "size_bytes", "policy")
    row, stone, names = schema.segments.c, schema.tombstones, ["segment_id", *copied, "reason", "began_us", "closed_us"]
    fixed = (literal(reason, stone.c.reason.type), literal(at, Instant), literal(at, Instant))
    values: list[Any] = [row.id, *(row[name] for name in copied), *fixed]
    done = connection.execute(insert(stone).from_select(names, select(*values).where(chosen)))
    connection.execute(delete(schema.segments).where(chosen))
    return done.rowcount
