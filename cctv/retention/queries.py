"""Rows of retention: when sweeps ran and what they did, and the oldest segments that no hold covers.  Queries only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, insert, or_, select

from cctv.db import schema
from cctv.footage.segments import SEGMENT, to_segment
from cctv.holds.cover import is_covered_by_hold
from cctv.model.footage import Segment
from cctv.model.ids import ZoneId


def record_sweep(connection: Connection, at: datetime, *, expired: int, held: int, refused_by: str | None) -> None:
    """Insert the row of a sweep, also of one that a guard stopped (`refused_by`)."""
    values = {"at_us": at, "expired": expired, "held": held, "refused_by": refused_by}
    connection.execute(insert(schema.sweeps).values(**values))


def last_sweep(connection: Connection) -> datetime | None:
    """When a sweep last completed."""
    at_us, completed = schema.sweeps.c.at_us, schema.sweeps.c.refused_by.is_(None)
    query = select(at_us).where(completed).order_by(at_us.desc()).limit(1)
    last: datetime | None = connection.execute(query).scalar()
    return last


def last_refusal(connection: Connection) -> str | None:
    """The guard that stopped the latest sweep, None when it completed."""
    query = select(schema.sweeps.c.refused_by).order_by(schema.sweeps.c.id.desc()).limit(1)
    refused_by: str | None = connection.execute(query).scalar()
    return refused_by


def knows_footage(connection: Connection) -> bool:
    """Whether the index ever knew a run, a segment or a deletion."""
    return any(
        connection.execute(select(table.c.id).limit(1)).first() is not None
        for table in (schema.segments, schema.tombstones, schema.runs)
    )


def oldest_unheld(
    connection: Connection, ends: Mapping[ZoneId, datetime], other_end: datetime, count: int
) -> list[Segment]:
    """The oldest segments that no hold covers and that ended by their zone's instant; zones unknown by `other_end`."""
    table = schema.segments
    of_zones = [and_(table.c.zone == zone, table.c.end_us <= end) for zone, end in ends.items()]
    of_others = and_(table.c.zone.not_in(list(ends)), table.c.end_us <= other_end)
    query = (
        select(*SEGMENT).where(or_(*of_zones, of_others), ~is_covered_by_hold()).order_by(table.c.start_us).limit(count)
    )
    return [to_segment(row) for row in connection.execute(query)]
