"""Runs, gaps and policy versions: when a camera was recorded under which policy, and why it was not in between.

First the rows, in the caller's transaction; then the acts of the recorder, each with its own transaction and, where it
begins or ends a run, its audit entry.  A run fixes zone, period and policy version for all its segments: a later policy
never lengthens what was promised at recording.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.schema import Settings
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import follow, holds_in_force
from cctv.model.audit import Act
from cctv.model.footage import FootageSource, Gap, GapCause
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId

_ANCHORED_BEFORE = timedelta(days=1)  # a first segment may seem to begin before its run: a clock is set now and then

CLOCK_OFF = timedelta(seconds=2)  # the recorder's threshold of a clock step


@dataclass(frozen=True, slots=True)
class Run:
    """One unbroken recording of a camera; `period` is how long its segments may be kept.

    `ended` is None while it lasts, `clock_offset` (the camera's own clock less ours) when it is unknown.
    """

    id: int
    camera: CameraId
    zone: ZoneId
    policy: str
    period: timedelta
    started: datetime
    ended: datetime | None = None
    clock_offset: timedelta | None = None
    source: FootageSource = FootageSource.LIVE


def insert_policy(connection: Connection, digest: str, text: str, now: datetime) -> bool:
    """Keep a policy version's text; False when it was known."""
    values = {"digest": digest, "text": text, "first_seen_us": now}
    return connection.execute(upsert(schema.policies).values(**values).on_conflict_do_nothing()).rowcount > 0


def insert_run(
    connection: Connection,
    *,
    camera: CameraId,
    zone: ZoneId,
    policy: str,
    period: timedelta,
    started: datetime,
    source: FootageSource = FootageSource.LIVE,
) -> Run:
    """Begin a run's row."""
    values = {"camera": camera, "zone": zone, "policy": policy, "period_us": period, "started_us": started}
    done = connection.execute(insert(schema.runs).values(**values, source=source))
    assert done.inserted_primary_key is not None  # SQLAlchemy: always set for a single-row insert
    return Run(done.inserted_primary_key[0], camera, zone, policy, period, started, source=source)


def set_anchor(connection: Connection, run_id: int, anchor: datetime) -> None:
    """Set the wall time of a run's media time 0."""
    connection.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(anchor_us=anchor))


def set_end(connection: Connection, run_id: int, at: datetime) -> None:
    """Set when a run ended."""
    connection.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(ended_us=at))


def set_clock_offset(connection: Connection, run_id: int, offset: timedelta) -> None:
    """Set the camera's own clock less ours, as read when the run began."""
    connection.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(clock_offset_us=offset))


def find_run(connection: Connection, run_id: int) -> Run | None:
    """One run, None when the index has none of that id."""
    row = connection.execute(select(schema.runs).where(schema.runs.c.id == run_id)).one_or_none()
    return _run(row) if row else None


def latest_run(connection: Connection, camera: CameraId) -> Run | None:
    """The run of a camera that began last."""
    table = schema.runs
    query = select(table).where(table.c.camera == camera).order_by(table.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return _run(row) if row else None


def open_runs(connection: Connection) -> list[Run]:
    """Runs without an end, oldest first."""
    table = schema.runs
    return [
        _run(row) for row in connection.execute(select(table).where(table.c.ended_us.is_(None)).order_by(table.c.id))
    ]


def runs_of(connection: Connection, camera: CameraId, span: Span) -> list[Run]:
    """The runs of a camera that overlap a span, in order."""
    table = schema.runs
    query = (
        select(table)
        .where(
            table.c.camera == camera,
            table.c.started_us < span.end,
            table.c.ended_us.is_(None) | (table.c.ended_us > span.start),
        )
        .order_by(table.c.started_us, table.c.id)
    )
    return [_run(row) for row in connection.execute(query)]


def anchor_of(connection: Connection, run_id: int) -> datetime | None:
    """Wall time of a run's media time 0, None for a run that ended before it was known."""
    query = select(schema.runs.c.anchor_us).where(schema.runs.c.id == run_id)
    anchor: datetime | None = connection.execute(query).scalar()
    return anchor


def first_segment_start(connection: Connection, run_id: int) -> datetime | None:
    """Where the first indexed segment of a run begins."""
    table = schema.segments
    query = select(table.c.start_us).where(_of_run(run_id)).order_by(table.c.start_us).limit(1)
    start: datetime | None = connection.execute(query).scalar()
    return start


def last_segment_end(connection: Connection, run_id: int) -> datetime | None:
    """Where the last indexed segment of a run ends."""
    table = schema.segments
    query = select(table.c.end_us).where(_of_run(run_id)).order_by(table.c.start_us.desc()).limit(1)
    end: datetime | None = connection.execute(query).scalar()
    return end


def _of_run(run_id: int) -> ColumnElement[bool]:
    """Its segments, by the index of cameras and starts: start-up must not scan all segments for each run."""
    table, run = schema.segments, schema.runs.c.id == run_id
    camera = select(schema.runs.c.camera).where(run).scalar_subquery()
    began = select(schema.runs.c.started_us - _ANCHORED_BEFORE).where(run).scalar_subquery()
    return (table.c.camera == camera) & (table.c.start_us >= began) & (table.c.run_id == run_id)


def first_and_last(connection: Connection, camera: CameraId) -> Span | None:
    """From the first footage of a camera that the index ever knew, deleted or not, to the end of the last."""
    edges: list[Span] = []
    for table in (schema.segments, schema.tombstones, schema.folded_days):
        query = select(table.c.start_us, table.c.end_us).where(table.c.camera == camera).limit(1)
        for order in (table.c.start_us.asc(), table.c.start_us.desc()):
            rows = connection.execute(query.order_by(order))
            edges += [Span(row.start_us, row.end_us) for row in rows]
    return Span(min(edge.start for edge in edges), max(edge.end for edge in edges)) if edges else None


def archived_cameras(connection: Connection) -> list[CameraId]:
    """Every camera that was ever recorded, by name."""
    return list(connection.scalars(select(schema.runs.c.camera).distinct().order_by(schema.runs.c.camera)))


def begin_gap(connection: Connection, camera: CameraId, at: datetime, cause: GapCause) -> None:
    """Begin a gap, or give the one that lasts its newer cause."""
    table = schema.gaps
    if connection.execute(update(table).where(_lasting(camera)).values(cause=cause)).rowcount == 0:
        connection.execute(insert(table).values(camera=camera, start_us=at, cause=cause))


def finish_gap(connection: Connection, camera: CameraId, at: datetime) -> None:
    """End the gap that lasts, if one does; a gap that would end before it began is deleted."""
    table = schema.gaps
    connection.execute(delete(table).where(_lasting(camera) & (table.c.start_us >= at)))
    connection.execute(update(table).where(_lasting(camera)).values(end_us=at))


def insert_gap(connection: Connection, camera: CameraId, span: Span, cause: GapCause) -> None:
    """Insert a gap that is over."""
    values = {"camera": camera, "start_us": span.start, "end_us": span.end, "cause": cause}
    connection.execute(insert(schema.gaps).values(**values))


def lasting_gap(connection: Connection, camera: CameraId) -> Gap | None:
    """The gap of a camera that has no end yet."""
    row = connection.execute(select(schema.gaps).where(_lasting(camera))).first()
    return _gap(row) if row else None


def lasting_gaps(connection: Connection) -> set[CameraId]:
    """The cameras with a gap that has no end yet."""
    return set(connection.scalars(select(schema.gaps.c.camera).where(schema.gaps.c.end_us.is_(None))))


def gaps_of(connection: Connection, camera: CameraId, span: Span) -> list[Gap]:
    """The gaps of a camera that overlap a span, in order; one that still lasts has no end."""
    table = schema.gaps
    query = (
        select(table)
        .where(
            table.c.camera == camera,
            table.c.start_us < span.end,
            table.c.end_us.is_(None) | (table.c.end_us > span.start),
        )
        .order_by(table.c.start_us)
    )
    return [_gap(row) for row in connection.execute(query)]


def _lasting(camera: CameraId) -> ColumnElement[bool]:
    return (schema.gaps.c.camera == camera) & schema.gaps.c.end_us.is_(None)


def _run(row: Row[Any]) -> Run:
    times = (row.period_us, row.started_us, row.ended_us, row.clock_offset_us)
    return Run(row.id, row.camera, row.zone, row.policy, *times, row.source)


def _gap(row: Row[Any]) -> Gap:
    return Gap(row.camera, row.start_us, row.end_us, row.cause)


def follow_renames(site: Storage) -> list[Hold]:
    """Let holds go on under the names of today where `renamed_from` says that a camera was renamed; returns them.

    A hold follows when it lasts beyond what was recorded under the old name, so that it never keeps what another device
    recorded earlier under the new one.  Called before a run begins and before anything is deleted; safe to repeat.
    """
    if not any(camera.renamed_from for camera in site.settings.cameras.values()):
        return []
    with read_transaction(site.engine) as connection:
        if not _followers(connection, site.settings):
            return []
    with write_transaction(site.engine) as connection:  # no placing is in progress under this write lock
        return [follow(connection, site, hold, names) for hold, names in _followers(connection, site.settings)]


def cameras_over(site: Storage, cameras: Iterable[CameraId], span: Span | None) -> tuple[CameraId, ...]:
    """The cameras under every name that they have within a span; None: any time.

    What they are called today where the span goes on after they were renamed, and what they were called before where it
    begins before that.
    """
    with read_transaction(site.engine) as connection:
        return names_over(connection, site.settings, cameras, span)


def names_over(
    connection: Connection, settings: Settings, cameras: Iterable[CameraId], span: Span | None
) -> tuple[CameraId, ...]:
    """`cameras_over` in the caller's transaction."""
    names = list(cameras)
    today = [settings.successor(name) or name for name in names]
    former = _former(connection, settings, today, span)
    renamed = _renamed(connection, settings, names, span)
    return tuple(dict.fromkeys((*names, *renamed.values(), *former)))


def unfollowed_holds(connection: Connection, settings: Settings, now: datetime) -> list[str]:
    """A warning for each camera that cameras.toml lacks while a hold keeps what it will still record, as text."""
    return [
        f"{hold.id} ({hold.ground.case_id}) keeps what {camera} records until {hold.span.end:%d/%m/%Y}, and no camera "
        f'is called {camera} any more: if it was renamed, give its new section renamed_from = ["{camera}"]; if not, '
        "nothing more is recorded for that hold"
        for hold in holds_in_force(connection)
        if hold.span.end > now
        for camera in sorted(hold.cameras)
        if camera not in settings.cameras and settings.successor(camera) is None
    ]


def _followers(connection: Connection, settings: Settings) -> list[tuple[Hold, dict[CameraId, CameraId]]]:
    """Holds in force that lack a name which their cameras have had since, with the held name by each that they lack.

    That is the name of today, and those between: a camera may have been renamed twice before cameras.toml told of it.
    """
    due: list[tuple[Hold, dict[CameraId, CameraId]]] = []
    for hold in holds_in_force(connection):
        lacking: dict[CameraId, CameraId] = {}
        for old, today in _renamed(connection, settings, sorted(hold.cameras), hold.span).items():
            names = (today, *_former(connection, settings, [today], hold.span))
            lacking |= {name: old for name in names if name not in hold.cameras}
        if lacking:
            due.append((hold, lacking))
    return due


def _former(
    connection: Connection, settings: Settings, cameras: Iterable[CameraId], span: Span | None
) -> list[CameraId]:
    """Earlier names of these cameras under which something was recorded after the beginning of the span."""
    former = [
        name for camera in cameras if camera in settings.cameras for name in settings.cameras[camera].renamed_from
    ]
    last = {name: latest_run(connection, name) for name in former}
    return [
        name
        for name, run in last.items()
        if run is not None and (span is None or run.ended is None or run.ended > span.start)
    ]


def _renamed(
    connection: Connection, settings: Settings, cameras: Iterable[CameraId], span: Span | None
) -> dict[CameraId, CameraId]:
    """The new name by the old one, of those cameras whose last run under the old name began or ended before the end."""
    renamed: dict[CameraId, CameraId] = {}
    for camera in cameras:
        if (successor := settings.successor(camera)) is None:
            continue
        last = latest_run(connection, camera)
        if last is None or span is None or span.end > (last.ended or last.started):
            renamed[camera] = successor
    return renamed


def begin_run(site: Storage, camera: CameraId) -> Run:
    """Fix zone, period and policy version for the recording that starts now; holds of its former names follow first."""
    follow_renames(site)
    settings, now = site.settings, site.clock.now()
    zone, policy = settings.cameras[camera].zone, settings.policy_digest
    with write_transaction(site.engine) as connection:
        if insert_policy(connection, policy, settings.policy_text, now):
            append_entry(connection, site, Act.POLICY_CHANGED, policy)
        run = insert_run(
            connection, camera=camera, zone=zone, policy=policy, period=settings.limit_for(zone), started=now
        )
        facts: AuditFacts = {"run": run.id, "zone": zone, "policy": policy}
        append_entry(connection, site, Act.RECORDING_STARTED, camera, facts=facts)
    return run


def anchor_run(site: Storage, run: Run, anchor: datetime) -> None:
    """Record the wall time of the run's media time 0."""
    with write_transaction(site.engine) as connection:
        set_anchor(connection, run.id, anchor)


def note_clock_offset(site: Storage, run: Run, offset: timedelta) -> None:
    """Keep by how much the camera's own clock was off when the run began: the text in its picture is off by that."""
    with write_transaction(site.engine) as connection:
        set_clock_offset(connection, run.id, offset)


def end_run(site: Storage, run: Run, at: datetime, cause: GapCause) -> None:
    """Close a run whose last frame ended at `at`; what follows is a gap with that cause."""
    with write_transaction(site.engine) as connection:
        set_end(connection, run.id, at)
        begin_gap(connection, run.camera, at, cause)
        facts: AuditFacts = {"run": run.id, "cause": cause.value}
        append_entry(connection, site, Act.RECORDING_STOPPED, run.camera, facts=facts)


def open_gap(site: Storage, camera: CameraId, at: datetime, cause: GapCause) -> None:
    """Begin a gap, or give the one that lasts its newer cause."""
    with write_transaction(site.engine) as connection:
        begin_gap(connection, camera, at, cause)


def close_gap(site: Storage, camera: CameraId, at: datetime) -> None:
    """End the gap that lasts, if one does, at the first frame of what follows."""
    with write_transaction(site.engine) as connection:
        finish_gap(connection, camera, at)


def note_gap(site: Storage, camera: CameraId, span: Span, cause: GapCause) -> None:
    """Record a gap that is over: frames that are missing inside a run."""
    with write_transaction(site.engine) as connection:
        insert_gap(connection, camera, span, cause)


def rename_gap(site: Storage, camera: CameraId, at: datetime, cause: GapCause) -> None:
    """Give the lasting gap another cause from `at` on; changes nothing where none lasts, or one of that cause."""
    with write_transaction(site.engine) as connection:
        lasting = lasting_gap(connection, camera)
        if lasting is not None and lasting.cause is not cause:
            finish_gap(connection, camera, at)
            begin_gap(connection, camera, at, cause)
