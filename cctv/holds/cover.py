"""The cover predicate that every deletion uses, and the mark of segments that are held past their limit.  Queries only.

A segment that is due and held is marked `held_over` and leaves the queue of due segments, so that a sweep reads it once
and not each minute for as long as the hold lasts.  The mark decides nothing: deletion evaluates `is_covered_by_hold`
inside its own transaction.  It is set only where a hold in force covers the segment, and cleared in the transaction
that releases the last of those, so that a marked segment is always held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, update

from cctv.db import schema
from cctv.db.queries import overlaps_span
from cctv.model.footage import Segment
from cctv.model.holds import Hold
from cctv.model.ids import CameraId

_BATCH_ROWS = 1000
_held_over = schema.segments.c.held_over + 0  # no index: SQLite would walk all of one mark to find a few rows of it


def is_covered_by_hold(*, placed_by: datetime | None = None) -> ColumnElement[bool]:
    """SQL: some hold in force covers the row of `segments`.  The only cover predicate in SQL.

    With `placed_by` only holds count that were placed by then, or before the row's limit: while its file was there.
    """
    hold, camera, segment = schema.holds.c, schema.hold_cameras.c, schema.segments.c
    in_time = [or_(hold.placed_us < segment.limit_us, hold.placed_us <= placed_by)] if placed_by is not None else []
    return exists(
        select(hold.id)
        .join(schema.hold_cameras, camera.hold_id == hold.id)
        .where(
            camera.camera == segment.camera,
            hold.released_us.is_(None),
            hold.start_us < segment.end_us,
            hold.end_us > segment.start_us,
            *in_time,
        )
        .correlate(schema.segments)
    )


def mark_held_past_limit(connection: Connection, segments: Sequence[Segment]) -> None:
    """Mark those of the segments that a hold in force covers."""
    ids: defaultdict[CameraId, list[int]] = defaultdict(list)
    for segment in segments:
        ids[segment.camera].append(segment.id)
    for camera, segment_ids in ids.items():
        covered = schema.segments.c.id.in_(segment_ids) & is_covered_by_hold()
        _mark(connection, camera, covered, held_over=1)


def unmark_held_past_limit(connection: Connection, released: Hold) -> None:
    """Unmark the segments that no hold covers any more, once `released` is released in the same transaction."""
    for camera in sorted(released.cameras):
        under = overlaps_span(schema.segments.c, camera, released.span)
        _mark(connection, camera, under & ~is_covered_by_hold(), held_over=0)


def recheck_held_past_limit(connection: Connection) -> None:
    """Unmark segments that are marked and not held: none, unless rows were edited by hand."""
    segment = schema.segments.c
    free = select(segment.camera, segment.id).where(segment.held_over == 1, ~is_covered_by_hold())
    ids: defaultdict[str, list[int]] = defaultdict(list)
    for camera, number in connection.execute(free):
        ids[camera].append(number)
    for camera, segment_ids in ids.items():
        for first in range(0, len(segment_ids), _BATCH_ROWS):
            _mark(connection, CameraId(camera), segment.id.in_(segment_ids[first : first + _BATCH_ROWS]), held_over=0)


def no_longer_held_over(connection: Connection, leaving: ColumnElement[bool]) -> None:
    """Subtract from the totals the marked rows that leave `segments` in the same transaction: lost footage."""
    segment = schema.segments.c
    marked = select(segment.camera, func.count()).where(leaving, _held_over == 1).group_by(segment.camera)
    for camera, count in connection.execute(marked).all():
        _count(connection, camera, -count)


def count_held_over(connection: Connection, now: datetime) -> int:
    """How many marked segments are past their limit."""
    table = schema.segments
    marked: int = connection.execute(select(func.coalesce(func.sum(schema.camera_totals.c.held_over), 0))).scalar_one()
    early = select(func.count()).select_from(table).where(table.c.held_over == 1, table.c.limit_us > now)
    early_count: int = connection.execute(
        early
    ).scalar_one()  # those that a sweep marked within the lead before their limit
    return marked - early_count


def _mark(connection: Connection, camera: CameraId, chosen: ColumnElement[bool], *, held_over: int) -> int:
    marked = connection.execute(
        update(schema.segments).where(chosen, _held_over != held_over).values(held_over=held_over)
    ).rowcount
    if marked:
        _count(connection, camera, marked if held_over else -marked)
    return marked


def _count(connection: Connection, camera: CameraId, change: int) -> None:
    total = schema.camera_totals
    connection.execute(update(total).where(total.c.camera == camera).values(held_over=total.c.held_over + change))
