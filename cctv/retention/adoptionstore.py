"""Rows whose promise is longer than today's policy: finding, counting, shortening them.  Queries only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from cctv import holds
from cctv.db import tables
from cctv.model.ids import ZoneId

_FIRST_LATE = timedelta(minutes=1)  # a run's first segment may begin before its row: the recorder dates its pictures


@dataclass(frozen=True, slots=True)
class Longer:
    """Footage of a zone that was promised a longer period than today's; `due` is what would go at once."""

    zone: ZoneId
    period: timedelta
    segments: int
    size_bytes: int
    due: int
    due_bytes: int
    due_footage: timedelta


def has_longer(connection: Connection, zone: ZoneId, period: timedelta, now: datetime) -> bool:
    """Whether anything stored of a zone has a longer limit.  Looks at runs, and at the oldest segment of each camera.

    Adopting shortens the runs too, so that one look-up a run is made only while something waits.
    """
    run, segment = tables.runs.c, tables.segments.c
    longer = segment.limit_us - segment.start_us > period
    runs = select(run.camera, run.started_us, run.ended_us).where(
        run.zone == zone, run.period_us > period, or_(run.ended_us.is_(None), run.ended_us + run.period_us > now)
    )
    for row in connection.execute(runs).all():
        inside = segment.start_us >= row.started_us - _FIRST_LATE
        if row.ended_us is not None:
            inside &= segment.start_us <= row.ended_us
        query = select(segment.id).where(segment.camera == row.camera, inside, segment.zone == zone, longer).limit(1)
        if connection.execute(query).first() is not None:
            return True
    for camera in connection.execute(select(tables.camera_totals.c.camera)).scalars().all():
        oldest = (
            select(segment.zone, segment.start_us, segment.limit_us)
            .where(segment.camera == camera)
            .order_by(segment.start_us)
            .limit(1)
        )
        first = connection.execute(oldest).first()
        if first is not None and first.zone == zone and first.limit_us - first.start_us > period:
            return True
    return False


def count_longer(connection: Connection, zone: ZoneId, period: timedelta, due: datetime) -> Longer:
    """Count what adopting the period shortens, and what would then be due at an instant and is not held."""
    segment = tables.segments.c
    where = (segment.zone == zone) & (segment.limit_us - segment.start_us > period)
    total = func.coalesce(func.sum(segment.size_bytes), 0)
    count, size = connection.execute(select(func.count(), total).where(where)).one()
    span = func.sum(segment.end_us - segment.start_us)
    going = where & (segment.start_us + period <= due) & ~holds.covering()
    due_count, due_size, due_footage = connection.execute(select(func.count(), total, span).where(going)).one()
    return Longer(zone, period, count, size, due_count, due_size, due_footage or timedelta())


def shorten(connection: Connection, zone: ZoneId, period: timedelta, after: int, count: int) -> int | None:
    """Shorten the next rows after an id; answers the last id that was looked at, None when none was left."""
    table = tables.segments
    longer = (table.c.zone == zone) & (table.c.limit_us - table.c.start_us > period)
    query = select(table.c.id).where(table.c.id > after, longer).order_by(table.c.id).limit(count)
    ids: list[int] = list(connection.execute(query).scalars())
    if not ids:
        return None
    connection.execute(update(table).where(table.c.id.in_(ids)).values(limit_us=table.c.start_us + period))
    return ids[-1]


def shorten_runs(connection: Connection, zone: ZoneId, period: timedelta) -> None:
    """The runs' own promise, once no segment has a longer one.  A run that still records goes on under its own."""
    table = tables.runs
    longer = (table.c.zone == zone) & (table.c.period_us > period) & table.c.ended_us.is_not(None)
    connection.execute(update(table).where(longer).values(period_us=period))
