"""Runs and gaps: when a camera was recorded under which policy, and why it was not in between.

A run fixes zone, period and policy version for all its segments: a later policy never lengthens what was promised at
recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from cctv import audit
from cctv.db import tables
from cctv.db.engine import writing
from cctv.db.site import Site
from cctv.kernel.clock import from_us, to_us
from cctv.model.acts import Act
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId, ZoneId

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Run:
    """One unbroken recording of a camera; `period` is how long its segments may be kept."""

    id: int
    camera: CameraId
    zone: ZoneId
    policy: str
    period: timedelta
    started: datetime


def begin_run(site: Site, camera: CameraId) -> Run:
    """Fix zone, period and policy version for the recording that starts now."""
    zone = site.settings.cameras[camera].zone
    period = site.settings.limit_for(zone)
    now = site.clock.now()
    with writing(site.engine) as connection:
        adopt_policy(connection, site)
        done = connection.execute(
            insert(tables.runs).values(
                camera=camera,
                zone=zone,
                policy=site.settings.policy_digest,
                period_us=period // _MICROSECOND,
                started_us=to_us(now),
            )
        )
        assert done.inserted_primary_key is not None
        run = Run(done.inserted_primary_key[0], camera, zone, site.settings.policy_digest, period, now)
        facts: dict[str, str | int | list[str]] = {"run": run.id, "zone": zone, "policy": run.policy}
        audit.append(connection, site, Act.RECORDING_STARTED, camera, facts=facts)
    return run


def anchor_run(site: Site, run: Run, anchor: datetime) -> None:
    """Record the wall time of the run's media time 0."""
    with writing(site.engine) as connection:
        connection.execute(update(tables.runs).where(tables.runs.c.id == run.id).values(anchor_us=to_us(anchor)))


def end_run(site: Site, run: Run, at: datetime, cause: GapCause) -> None:
    """Close a run whose last frame ended at `at`; what follows is a gap with that cause."""
    with writing(site.engine) as connection:
        connection.execute(update(tables.runs).where(tables.runs.c.id == run.id).values(ended_us=to_us(at)))
        _open(connection, run.camera, at, cause)
        facts: dict[str, str | int | list[str]] = {"run": run.id, "cause": cause.value}
        audit.append(connection, site, Act.RECORDING_STOPPED, run.camera, facts=facts)


def find_run(connection: Connection, run_id: int) -> Run | None:
    row = connection.execute(select(tables.runs).where(tables.runs.c.id == run_id)).one_or_none()
    if row is None:
        return None
    period = timedelta(microseconds=row.period_us)
    return Run(row.id, CameraId(row.camera), ZoneId(row.zone), row.policy, period, from_us(row.started_us))


def open_gap(site: Site, camera: CameraId, at: datetime, cause: GapCause) -> None:
    """Begin a gap, or give the one that lasts its newer cause."""
    with writing(site.engine) as connection:
        _open(connection, camera, at, cause)


def close_gap(site: Site, camera: CameraId, at: datetime) -> None:
    """End the gap that lasts, if one does, at the first frame of what follows."""
    table = tables.gaps
    lasting = (table.c.camera == camera) & table.c.end_us.is_(None)
    with writing(site.engine) as connection:
        connection.execute(table.delete().where(lasting & (table.c.start_us >= to_us(at))))
        connection.execute(update(table).where(lasting).values(end_us=to_us(at)))


def adopt_policy(connection: Connection, site: Site) -> None:
    """Keep the text of the policy in force; the audit log tells when it changed."""
    values = {
        "digest": site.settings.policy_digest,
        "text": site.settings.policy_text,
        "first_seen_us": to_us(site.clock.now()),
    }
    done = connection.execute(upsert(tables.policies).values(**values).on_conflict_do_nothing())
    if done.rowcount:
        audit.append(connection, site, Act.POLICY_CHANGED, site.settings.policy_digest)


def _open(connection: Connection, camera: CameraId, at: datetime, cause: GapCause) -> None:
    table = tables.gaps
    lasting = (table.c.camera == camera) & table.c.end_us.is_(None)
    if connection.execute(update(table).where(lasting).values(cause=cause.value)).rowcount == 0:
        connection.execute(insert(table).values(camera=camera, start_us=to_us(at), cause=cause.value))
