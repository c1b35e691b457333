"""The rows of segments and tombstones, and the totals of each camera.  Queries only; decides nothing.

Totals change in the same transaction as the segments that they count; they are counted from the rows only by
`count_again` and `count_all_again`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, delete, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from cctv.core.errors import UsageError
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.queries import overlaps_span
from cctv.db.types import Duration, Instant, span_of
from cctv.holds.cover import is_covered_by_hold, no_longer_held_over
from cctv.model.footage import NewSegment, Reason, Segment, Tombstone
from cctv.model.ids import CameraId

_TOTALS = schema.camera_totals.c
_LENGTH = bindparam("length", type_=Duration)
_ADD = (
    update(schema.camera_totals)
    .where(_TOTALS.camera == bindparam("of"))
    .values(
        segments=_TOTALS.segments + bindparam("count"),
        size_bytes=_TOTALS.size_bytes + bindparam("size"),
        longest_us=case((_TOTALS.longest_us < _LENGTH, _LENGTH), else_=_TOTALS.longest_us),
    )
)
_TAKE = (
    update(schema.camera_totals)
    .where(_TOTALS.camera == bindparam("of"))
    .values(segments=_TOTALS.segments - bindparam("count"), size_bytes=_TOTALS.size_bytes - bindparam("size"))
)
_COPIED = ("camera", "zone", "start_us", "end_us", "limit_us", "path", "sha256", "size_bytes", "policy")
SEGMENT = tuple(schema.segments.c[name] for name in ("id", *_COPIED, "source"))


@dataclass(frozen=True, slots=True)
class Totals:
    """What the index holds of one camera."""

    camera: CameraId
    segments: int
    size_bytes: int
    held_over: int


class SegmentUnknown(UsageError):
    """There is no segment {id}.

    next: cctv footage list --cameras CAMERA --from START --to END
    """


def add_to_totals(connection: Connection, new: Sequence[NewSegment]) -> None:
    """Count segments that are indexed in the same transaction."""
    lengths: defaultdict[CameraId, list[timedelta]] = defaultdict(list)
    sizes: defaultdict[CameraId, int] = defaultdict(int)
    for segment in new:
        lengths[segment.camera].append(segment.span.duration)
        sizes[segment.camera] += segment.size_bytes
    for camera, of_camera in lengths.items():
        counted = connection.execute(
            _ADD, {"of": camera, "count": len(of_camera), "size": sizes[camera], "length": max(of_camera)}
        )
        if counted.rowcount == 0:
            count_again(connection, camera)


def count_again(connection: Connection, camera: CameraId) -> None:
    """Insert the totals of a camera that has none: a new one, or one whose rows were not inserted by an ingest."""
    segment, stone = schema.segments.c, schema.tombstones.c
    count, size, held_over, longest = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(segment.size_bytes), 0),
            func.coalesce(func.sum(segment.held_over), 0),
            func.max(segment.end_us - segment.start_us),
        ).where(segment.camera == camera)
    ).one()
    deleted = select(func.max(stone.end_us - stone.start_us)).where(stone.camera == camera)
    longest = max(longest or timedelta(), connection.execute(deleted).scalar_one() or timedelta())
    connection.execute(
        insert(schema.camera_totals).values(
            camera=camera, segments=count, size_bytes=size, held_over=held_over, longest_us=longest
        )
    )


def count_all_again(connection: Connection) -> None:
    """Recount every camera's totals from the rows: for callers that changed many rows without these functions."""
    connection.execute(delete(schema.camera_totals))
    cameras = select(schema.segments.c.camera).union(select(schema.tombstones.c.camera))
    for camera in connection.execute(cameras).scalars().all():
        count_again(connection, CameraId(camera))


def take_from_totals(connection: Connection, removed: Sequence[Segment]) -> None:
    """Subtract segments whose rows are deleted in the same transaction; the row of a camera stays."""
    sizes_by_camera: defaultdict[CameraId, list[int]] = defaultdict(list)
    for segment in removed:
        sizes_by_camera[segment.camera].append(segment.size_bytes)
    if sizes_by_camera:
        connection.execute(
            _TAKE,
            [{"of": camera, "count": len(sizes), "size": sum(sizes)} for camera, sizes in sizes_by_camera.items()],
        )


def totals(connection: Connection) -> list[Totals]:
    """Every camera that was ever recorded, by name."""
    rows = connection.execute(select(schema.camera_totals).order_by(schema.camera_totals.c.camera))
    return [Totals(row.camera, row.segments, row.size_bytes, row.held_over) for row in rows]


def insert_segment(connection: Connection, new: NewSegment) -> Segment:
    """Index a segment whose file and index.jsonl line are already durable."""
    done = connection.execute(
        insert(schema.segments).values(
            camera=new.camera,
            zone=new.zone,
            start_us=new.span.start,
            end_us=new.span.end,
            limit_us=new.limit,
            path=new.path,
            sha256=new.sha256,
            size_bytes=new.size_bytes,
            policy=new.policy,
            run_id=new.run_id,
            source=new.source,
        )
    )
    assert done.inserted_primary_key is not None  # SQLAlchemy: always set for a single-row insert
    add_to_totals(connection, [new])
    return Segment(
        id=done.inserted_primary_key[0],
        camera=new.camera,
        zone=new.zone,
        span=new.span,
        limit=new.limit,
        path=new.path,
        sha256=new.sha256,
        size_bytes=new.size_bytes,
        policy=new.policy,
        source=new.source,
    )


def is_indexed(connection: Connection, path: str) -> bool:
    """Whether a segment with this relative path is indexed."""
    return connection.execute(select(schema.segments.c.id).where(schema.segments.c.path == path)).first() is not None


def find_segment(connection: Connection, segment_id: int) -> Segment:
    """One segment; raises SegmentUnknown."""
    row = connection.execute(select(*SEGMENT).where(schema.segments.c.id == segment_id)).one_or_none()
    if row is None:
        raise SegmentUnknown(id=segment_id)
    return to_segment(row)


def segments_of(connection: Connection, camera: CameraId, span: Span) -> list[Segment]:
    """The segments of a camera that overlap a span, in order."""
    table = schema.segments
    query = select(*SEGMENT).where(overlaps_span(table.c, camera, span)).order_by(table.c.start_us)
    return [to_segment(row) for row in connection.execute(query)]


def candidates(connection: Connection, due: datetime, count: int) -> list[Segment]:
    """At most `count` segments whose limit is at or before `due`, the most overdue first.

    Includes held ones until a sweep has marked them (`cctv.holds.cover.mark_held_past_limit`).
    """
    return [to_segment(row) for row in connection.execute(due_query(due, count)).all()]


def due_query(due: datetime, count: int) -> Select[Any]:
    """SQL: the rows of `candidates`, by the index on the mark and the limit."""
    table = schema.segments
    unmarked = select(*SEGMENT).where(table.c.held_over == 0, table.c.limit_us <= due)
    return unmarked.order_by(table.c.limit_us, table.c.id).limit(count)


def held_over(connection: Connection, count: int) -> list[Segment]:
    """At most `count` of the segments that sweeps have marked as held past their limit, the earliest limit first."""
    table = schema.segments
    query = select(*SEGMENT).where(table.c.held_over == 1).order_by(table.c.limit_us, table.c.id).limit(count)
    return [to_segment(row) for row in connection.execute(query)]


def tombstones_of(connection: Connection, camera: CameraId, span: Span) -> list[Tombstone]:
    """What was deleted of a camera over a span, in order."""
    table = schema.tombstones
    query = select(table).where(overlaps_span(table.c, camera, span)).order_by(table.c.start_us)
    return [to_tombstone(row) for row in connection.execute(query)]


def is_buried(connection: Connection, path: str) -> bool:
    """Whether a tombstone names the file."""
    table = schema.tombstones
    return connection.execute(select(table.c.id).where(table.c.path == path).limit(1)).first() is not None


def insert_tombstones(connection: Connection, segment: Segment, reason: Reason, began: datetime) -> Tombstone:
    """Put a tombstone in place of a segment's row, whatever holds say: for footage of which the file is lost."""
    return _insert_tombstones(connection, [segment], schema.segments.c.id == segment.id, reason, began)[0]


def insert_tombstones_unless_held(
    connection: Connection, segments: Sequence[Segment], reason: Reason, began: datetime
) -> list[Tombstone]:
    """Put tombstones in place of the rows of those segments that are still indexed and that no hold in force covers."""
    chosen = schema.segments.c.id.in_([segment.id for segment in segments]) & ~is_covered_by_hold()
    return _insert_tombstones(connection, segments, chosen, reason, began)


def _insert_tombstones(
    connection: Connection, segments: Sequence[Segment], chosen: ColumnElement[bool], reason: Reason, began: datetime
) -> list[Tombstone]:
    """Statements over the whole batch: one by one they took ten times as long, and a recorder waits meanwhile."""
    table, stones = schema.segments, schema.tombstones
    last: int = connection.execute(select(func.coalesce(func.max(stones.c.id), 0))).scalar_one()
    inserted = stones.c.id > last
    rows = select(
        table.c.id, *(table.c[name] for name in _COPIED), literal(reason, stones.c.reason.type), literal(began, Instant)
    ).where(chosen)
    connection.execute(insert(stones).from_select(["segment_id", *_COPIED, "reason", "began_us"], rows))
    chosen_rows = table.c.id.in_(select(stones.c.segment_id).where(inserted))
    no_longer_held_over(connection, chosen_rows)
    connection.execute(delete(table).where(chosen_rows))
    by_id = {segment.id: segment for segment in segments}
    query = select(stones.c.id, stones.c.segment_id, stones.c.limit_us).where(inserted).order_by(stones.c.id)
    begun = [(by_id[segment_id], number, limit) for number, segment_id, limit in connection.execute(query).all()]
    take_from_totals(connection, [segment for segment, _, _ in begun])
    return [
        Tombstone(
            number, segment.camera, segment.zone, segment.span, limit, segment.path, segment.sha256,
            segment.size_bytes, segment.policy, reason, began, None,
        )
        for segment, number, limit in begun
    ]  # fmt: skip


def open_tombstones(connection: Connection) -> list[Tombstone]:
    """Deletions that began and did not end, oldest first."""
    table = schema.tombstones
    rows = connection.execute(select(table).where(table.c.closed_us.is_(None)).order_by(table.c.id))
    return [to_tombstone(row) for row in rows]


def close_tombstones(connection: Connection, begun: Sequence[Tombstone], at: datetime) -> list[Tombstone]:
    """Record that the files are deleted; returns the closed tombstones.

    `begun` are all that were open, from the first of them to the last, when they were read or made.
    """
    table = schema.tombstones
    rows = table.c.id.between(begun[0].id, begun[-1].id) & table.c.closed_us.is_(None)
    connection.execute(update(table).where(rows).values(closed_us=at))
    return [_closed(tombstone, at) for tombstone in begun]


def to_segment(row: Sequence[Any]) -> Segment:
    """A row that begins as SEGMENT.  Unpacked at once: by attribute it takes three times as long."""
    number, camera, zone, start, end, limit, path, sha256, size_bytes, policy, source = row[: len(SEGMENT)]
    return Segment(number, camera, zone, span_of(start, end), limit, path, sha256, size_bytes, policy, source)


def to_tombstone(row: Sequence[Any]) -> Tombstone:
    """A row of `tombstones`."""
    number, _, camera, zone, start, end, limit, path, sha256, size_bytes, policy, reason, began, closed = row
    span = span_of(start, end)
    return Tombstone(number, camera, zone, span, limit, path, sha256, size_bytes, policy, reason, began, closed)


def _closed(stone: Tombstone, at: datetime) -> Tombstone:
    """What `dataclasses.replace` would return, five times as fast: a sweep may close a hundred thousand."""
    return Tombstone(
        stone.id, stone.camera, stone.zone, stone.span, stone.limit, stone.path, stone.sha256, stone.size_bytes,
        stone.policy, stone.reason, stone.began, at,
    )  # fmt: skip


def next_limit(connection: Connection) -> tuple[datetime, datetime] | None:
    """Start and limit of the footage that comes due next; None when there is none."""
    table = schema.segments
    unmarked = select(table.c.start_us, table.c.limit_us).where(table.c.held_over == 0)
    query = unmarked.order_by(table.c.limit_us, table.c.id).limit(1)
    row = connection.execute(query).one_or_none()
    return (row.start_us, row.limit_us) if row else None
