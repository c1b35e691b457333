"""Queries of back-up and restore.  Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from cctv.db import schema
from cctv.db.types import Instant
from cctv.footage.segments import SEGMENT, count_all_again, to_segment
from cctv.holds.cover import is_covered_by_hold
from cctv.model.footage import Reason, Segment
from cctv.model.ids import IdKind

BATCH = 5000
ROUND = 100


def held_segments(connection: Connection) -> list[Segment]:
    """Every indexed segment that a hold in force covers, oldest first."""
    table = schema.segments
    rows = connection.execute(select(*SEGMENT).where(is_covered_by_hold()).order_by(table.c.start_us, table.c.id))
    return [to_segment(row) for row in rows]


def held_lost(connection: Connection) -> list[tuple[str, str]]:
    """Path and hash of lost footage under a hold in force, which was not deleted: its copy is all there is."""
    hold, camera, stone = schema.holds.c, schema.hold_cameras.c, schema.tombstones.c
    covered = exists(
        select(hold.id)
        .join(schema.hold_cameras, camera.hold_id == hold.id)
        .where(camera.camera == stone.camera, hold.released_us.is_(None), hold.start_us < stone.end_us,
               hold.end_us > stone.start_us)
        .correlate(schema.tombstones)
    )  # fmt: skip
    lost = stone.reason.in_([Reason.LOST, Reason.FORGOTTEN])
    rows = connection.execute(select(stone.path, stone.sha256).where(lost, covered))
    return [(row.path, row.sha256) for row in rows]


def log_end(connection: Connection) -> tuple[int, str]:
    """Number and hash of the audit log's last entry; the log itself is not verified."""
    table = schema.audit
    row = connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)).one_or_none()
    return (int(row.seq), str(row.hash)) if row else (0, "")


def released_since(connection: Connection, at: datetime) -> int:
    """How many holds were released after an instant."""
    late = schema.holds.c.released_us > at
    return int(connection.execute(select(func.count()).select_from(schema.holds).where(late)).scalar_one())


def paths_by_id(connection: Connection) -> Iterator[tuple[int, str]]:
    """Id and path of every indexed segment, in order of the ids; a page at a time."""
    table, after = schema.segments, -1
    while True:
        query = select(table.c.id, table.c.path).where(table.c.id > after).order_by(table.c.id).limit(BATCH)
        page = [(int(row.id), str(row.path)) for row in connection.execute(query)]
        if not page:
            return
        yield from page
        after = page[-1][0]


def count_held(connection: Connection, ids: Sequence[int]) -> int:
    """How many of the rows a hold in force covers."""
    return sum(
        int(
            connection.execute(
                select(func.count())
                .select_from(schema.segments)
                .where(schema.segments.c.id.in_(ids[first : first + BATCH]), is_covered_by_hold())
            ).scalar_one()
        )
        for first in range(0, len(ids), BATCH)
    )


def bury_gone(connection: Connection, ids: Sequence[int], at: datetime) -> tuple[int, int]:
    """Closed tombstones in place of rows whose files are missing; returns how many a hold covers, and how many none.

    Under a hold they are lost; otherwise forgotten: only the lost index knew whether they were deleted.
    """
    held, free = 0, 0
    for first in range(0, len(ids), BATCH):
        chosen = schema.segments.c.id.in_(ids[first : first + BATCH])
        held += _insert_tombstones(connection, and_(chosen, is_covered_by_hold()), Reason.LOST, at)
        free += _insert_tombstones(connection, chosen, Reason.FORGOTTEN, at)
    count_all_again(connection)
    return held, free


def _insert_tombstones(connection: Connection, chosen: ColumnElement[bool], reason: Reason, at: datetime) -> int:
    copied = ("camera", "zone", "start_us", "end_us", "limit_us", "path", "sha256", "size_bytes", "policy")
    row, stone, names = schema.segments.c, schema.tombstones, ["segment_id", *copied, "reason", "began_us", "closed_us"]
    fixed = (literal(reason, stone.c.reason.type), literal(at, Instant), literal(at, Instant))
    values: list[Any] = [row.id, *(row[name] for name in copied), *fixed]
    done = connection.execute(insert(stone).from_select(names, select(*values).where(chosen)))
    connection.execute(delete(schema.segments).where(chosen))
    return done.rowcount


def skip_short_ids(connection: Connection, year: int) -> None:
    """Continue with the next round hundred: ids assigned since the back-up must not name something else now."""
    table = schema.short_ids
    for kind in IdKind:
        connection.execute(upsert(table).values(kind=kind, year=year, last_number=0).on_conflict_do_nothing())
    connection.execute(update(table).values(last_number=(table.c.last_number // ROUND + 1) * ROUND))
