"""What the index testifies about time: footage without a hole, and cameras' clocks.  Queries only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from cctv.db import tables


def footage_leads_to(connection: Connection, known: datetime, now: datetime, hole: timedelta) -> datetime:
    """How far footage leads on from an instant without a hole of that length, whichever cameras made it.

    Leaps from one segment to the last that starts within the hole's length, so that a week costs some hundred look-ups.
    """
    cameras = list(connection.execute(select(tables.camera_totals.c.camera)).scalars())
    segment = tables.segments.c
    at = known
    while at < now:
        until = min(at + hole, now)
        starts = [
            connection.execute(
                select(func.max(segment.start_us)).where(
                    segment.camera == camera, segment.start_us > at, segment.start_us <= until
                )
            ).scalar()
            for camera in cameras
        ]
        following = max((one for one in starts if one is not None), default=None)
        if following is None:
            break
        at = following
    return at


def camera_offsets(connection: Connection, since: datetime) -> list[timedelta]:
    """What the clocks of cameras said that were asked since an instant, each its latest word."""
    run = tables.runs.c
    query = select(run.camera, run.clock_offset_us).where(run.started_us > since, run.clock_offset_us.is_not(None))
    latest = {row.camera: row.clock_offset_us for row in connection.execute(query.order_by(run.id))}
    return list(latest.values())
