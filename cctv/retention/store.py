"""The sweeper's rows: when it ran and what it did.  Queries only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from cctv.db import tables
from cctv.kernel.clock import from_us, to_us


def record_sweep(connection: Connection, at: datetime, *, expired: int, held: int, refused_by: str | None) -> None:
    """Every pass leaves a row, also one that a guard stopped (`refused_by`)."""
    values = {"at_us": to_us(at), "expired": expired, "held": held, "refused_by": refused_by}
    connection.execute(insert(tables.sweeps).values(**values))


def last_sweep(connection: Connection) -> datetime | None:
    """When a sweep last completed."""
    done = tables.sweeps.c.refused_by.is_(None)
    last_us: int | None = connection.execute(select(func.max(tables.sweeps.c.at_us)).where(done)).scalar()
    return from_us(last_us) if last_us is not None else None


def last_refusal(connection: Connection) -> str | None:
    """The guard that stopped the latest sweep, None when it completed."""
    query = select(tables.sweeps.c.refused_by).order_by(tables.sweeps.c.id.desc()).limit(1)
    refused_by: str | None = connection.execute(query).scalar()
    return refused_by


def knows_footage(connection: Connection) -> bool:
    """Whether the index ever knew a run, a segment or a deletion."""
    return any(
        connection.execute(select(table.c.id).limit(1)).first() is not None
        for table in (tables.segments, tables.tombstones, tables.runs)
    )
