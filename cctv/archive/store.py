"""The rows of segments and tombstones.  Queries and conversions only; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, and_, delete, insert, select, update
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import ColumnElement

from cctv import holds
from cctv.db import tables
from cctv.kernel.clock import from_us, to_us
from cctv.kernel.errors import UsageError
from cctv.kernel.span import Span
from cctv.model.footage import NewSegment, Reason, Segment, Tombstone
from cctv.model.ids import CameraId, ZoneId

Columns = ReadOnlyColumnCollection[str, Column[Any]]


class SegmentUnknown(UsageError):
    """There is no segment {id}.

    next: cctv footage list --cameras CAMERA --from START --to END
    """


def insert_segment(connection: Connection, new: NewSegment) -> Segment:
    """Index a segment whose file and index.jsonl line are already durable."""
    done = connection.execute(
        insert(tables.segments).values(
            camera=new.camera,
            zone=new.zone,
            start_us=to_us(new.span.start),
            end_us=to_us(new.span.end),
            limit_us=to_us(new.limit),
            path=new.path,
            sha256=new.sha256,
            size_bytes=new.size_bytes,
            policy=new.policy,
            run_id=new.run_id,
        )
    )
    assert done.inserted_primary_key is not None  # SQLAlchemy: always set for a single-row insert
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
    )


def is_indexed(connection: Connection, path: str) -> bool:
    return connection.execute(select(tables.segments.c.id).where(tables.segments.c.path == path)).first() is not None


def find_segment(connection: Connection, segment_id: int) -> Segment:
    """One segment; raises SegmentUnknown."""
    row = connection.execute(select(tables.segments).where(tables.segments.c.id == segment_id)).one_or_none()
    if row is None:
        raise SegmentUnknown(id=segment_id)
    return to_segment(row)


def segments_of(connection: Connection, camera: CameraId, span: Span) -> list[Segment]:
    """The segments of a camera that overlap a span, in order."""
    table = tables.segments
    query = select(table).where(_overlapping(table.c, camera, span)).order_by(table.c.start_us)
    return [to_segment(row) for row in connection.execute(query)]


def candidates(connection: Connection, due: datetime, count: int) -> list[Segment]:
    """At most `count` segments whose limit is at or before `due`, the most overdue first, held or not."""
    table = tables.segments
    query = select(table).where(table.c.limit_us <= to_us(due)).order_by(table.c.limit_us, table.c.id).limit(count)
    return [to_segment(row) for row in connection.execute(query)]


def tombstones_of(connection: Connection, camera: CameraId, span: Span) -> list[Tombstone]:
    """What was deleted of a camera over a span, in order."""
    table = tables.tombstones
    query = select(table).where(_overlapping(table.c, camera, span)).order_by(table.c.start_us)
    return [to_tombstone(row) for row in connection.execute(query)]


def coverage_rows(connection: Connection, camera: CameraId, span: Span) -> list[Span]:
    """The spans of a camera's segments that overlap a span, in order, without the rest of their rows."""
    table = tables.segments
    query = (
        select(table.c.start_us, table.c.end_us).where(_overlapping(table.c, camera, span)).order_by(table.c.start_us)
    )
    return [Span(from_us(row.start_us), from_us(row.end_us)) for row in connection.execute(query)]


def is_buried(connection: Connection, path: str) -> bool:
    """Whether a tombstone names the file."""
    table = tables.tombstones
    return connection.execute(select(table.c.id).where(table.c.path == path).limit(1)).first() is not None


def unheld(connection: Connection, segments: Sequence[Segment]) -> list[Segment]:
    """Those of the segments that are still indexed and that no hold in force covers."""
    table = tables.segments
    chosen = table.c.id.in_([segment.id for segment in segments])
    rows = connection.execute(select(table).where(chosen & ~holds.covering()).order_by(table.c.id))
    return [to_segment(row) for row in rows]


def bury(connection: Connection, segment: Segment, reason: Reason, began: datetime) -> Tombstone:
    """Put a tombstone in place of a segment's row."""
    values = {
        "camera": segment.camera,
        "zone": segment.zone,
        "start_us": to_us(segment.span.start),
        "end_us": to_us(segment.span.end),
        "limit_us": to_us(segment.limit),
        "path": segment.path,
        "sha256": segment.sha256,
        "size_bytes": segment.size_bytes,
        "policy": segment.policy,
        "reason": reason.value,
        "began_us": to_us(began),
    }
    done = connection.execute(insert(tables.tombstones).values(segment_id=segment.id, **values))
    connection.execute(delete(tables.segments).where(tables.segments.c.id == segment.id))
    assert done.inserted_primary_key is not None
    table = tables.tombstones
    return to_tombstone(connection.execute(select(table).where(table.c.id == done.inserted_primary_key[0])).one())


def open_tombstones(connection: Connection) -> list[Tombstone]:
    """Deletions that began and did not end, oldest first."""
    table = tables.tombstones
    rows = connection.execute(select(table).where(table.c.closed_us.is_(None)).order_by(table.c.id))
    return [to_tombstone(row) for row in rows]


def close_tombstones(connection: Connection, begun: Sequence[Tombstone], at: datetime) -> list[Tombstone]:
    """Record that the files are gone; answers the tombstones as they now stand."""
    table = tables.tombstones
    chosen = table.c.id.in_([tombstone.id for tombstone in begun])
    connection.execute(update(table).where(chosen).values(closed_us=to_us(at)))
    return [to_tombstone(row) for row in connection.execute(select(table).where(chosen).order_by(table.c.id))]


def to_segment(row: Row[Any]) -> Segment:
    return Segment(
        id=row.id,
        camera=CameraId(row.camera),
        zone=ZoneId(row.zone),
        span=Span(from_us(row.start_us), from_us(row.end_us)),
        limit=from_us(row.limit_us),
        path=row.path,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        policy=row.policy,
    )


def to_tombstone(row: Row[Any]) -> Tombstone:
    return Tombstone(
        id=row.id,
        camera=CameraId(row.camera),
        zone=ZoneId(row.zone),
        span=Span(from_us(row.start_us), from_us(row.end_us)),
        limit=from_us(row.limit_us),
        path=row.path,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        policy=row.policy,
        reason=Reason(row.reason),
        began=from_us(row.began_us),
        closed=from_us(row.closed_us) if row.closed_us is not None else None,
    )


def _overlapping(columns: Columns, camera: CameraId, span: Span) -> ColumnElement[bool]:
    return and_(columns.camera == camera, columns.start_us < to_us(span.end), columns.end_us > to_us(span.start))


def next_limit(connection: Connection) -> tuple[datetime, datetime] | None:
    """Start and limit of the footage that no hold covers and that must go first; None when there is none."""
    table = tables.segments
    query = select(table.c.start_us, table.c.limit_us).where(~holds.covering()).order_by(table.c.limit_us).limit(1)
    row = connection.execute(query).one_or_none()
    return (from_us(row.start_us), from_us(row.limit_us)) if row else None
