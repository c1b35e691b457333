"""The totals of each camera, kept with every change of its segments and never counted again.  Queries only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from cctv.db import tables
from cctv.db.types import Duration
from cctv.model.footage import NewSegment, Segment
from cctv.model.ids import CameraId

_TOTALS = tables.camera_totals.c
_LENGTH = bindparam("length", type_=Duration)
_ADD = (
    update(tables.camera_totals)
    .where(_TOTALS.camera == bindparam("of"))
    .values(
        segments=_TOTALS.segments + bindparam("count"),
        size_bytes=_TOTALS.size_bytes + bindparam("size"),
        longest_us=case((_TOTALS.longest_us < _LENGTH, _LENGTH), else_=_TOTALS.longest_us),
    )
)
_TAKE = (
    update(tables.camera_totals)
    .where(_TOTALS.camera == bindparam("of"))
    .values(segments=_TOTALS.segments - bindparam("count"), size_bytes=_TOTALS.size_bytes - bindparam("size"))
)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the index holds of one camera."""

    camera: CameraId
    segments: int
    size_bytes: int
    held_over: int


def add_to_totals(connection: Connection, new: Sequence[NewSegment]) -> None:
    """Count segments that are indexed in the same transaction."""
    lengths: defaultdict[CameraId, list[timedelta]] = defaultdict(list)
    sizes: defaultdict[CameraId, int] = defaultdict(int)
    for one in new:
        lengths[one.camera].append(one.span.duration)
        sizes[one.camera] += one.size_bytes
    for camera, of_camera in lengths.items():
        counted = connection.execute(
            _ADD, {"of": camera, "count": len(of_camera), "size": sizes[camera], "length": max(of_camera)}
        )
        if counted.rowcount == 0:
            count_again(connection, camera)


def count_again(connection: Connection, camera: CameraId) -> None:
    """Make the totals of a camera that has none: a new one, or one whose rows came from elsewhere than an ingest."""
    kept, gone = tables.segments.c, tables.tombstones.c
    count, size, held_over, longest = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(kept.size_bytes), 0),
            func.coalesce(func.sum(kept.held_over), 0),
            func.max(kept.end_us - kept.start_us),
        ).where(kept.camera == camera)
    ).one()
    deleted = select(func.max(gone.end_us - gone.start_us)).where(gone.camera == camera)
    longest = max(longest or timedelta(), connection.execute(deleted).scalar_one() or timedelta())
    connection.execute(
        insert(tables.camera_totals).values(
            camera=camera, segments=count, size_bytes=size, held_over=held_over, longest_us=longest
        )
    )


def count_all_again(connection: Connection) -> None:
    """Make every camera's totals from the rows: for whoever changed many rows beside these functions."""
    connection.execute(delete(tables.camera_totals))
    cameras = select(tables.segments.c.camera).union(select(tables.tombstones.c.camera))
    for camera in connection.execute(cameras).scalars().all():
        count_again(connection, CameraId(camera))


def take_from_totals(connection: Connection, gone: Sequence[Segment]) -> None:
    """Count segments off whose rows go in the same transaction; the row of a camera stays."""
    taken: defaultdict[CameraId, list[int]] = defaultdict(list)
    for one in gone:
        taken[one.camera].append(one.size_bytes)
    if taken:
        connection.execute(
            _TAKE, [{"of": camera, "count": len(sizes), "size": sum(sizes)} for camera, sizes in taken.items()]
        )


def totals(connection: Connection) -> list[Totals]:
    """Every camera that was ever recorded, by name."""
    rows = connection.execute(select(tables.camera_totals).order_by(tables.camera_totals.c.camera))
    return [Totals(row.camera, row.segments, row.size_bytes, row.held_over) for row in rows]
