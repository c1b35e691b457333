"""Status: cameras, recorder, deletion, disk and holds at one instant, and the exit code that they add up to.

Reads only.  A broken promise (overdue) outranks a guard, and a guard outranks a camera that is down.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Connection

from cctv.access.policy import by_adopted_limits
from cctv.audit.checkpoint_files import reach_check
from cctv.backup.queries import released_limit
from cctv.backup.state import HeldCopy, read_backup_state
from cctv.cases.requests.queries import select_provisional
from cctv.core.disks import Volume, volume_of
from cctv.core.errors import Exit
from cctv.core.time_range import Span, total
from cctv.db.engine import read_transaction
from cctv.db.identity import IndexOlder, is_newest
from cctv.db.storage import Storage
from cctv.footage.repair.queries import lost_under_holds
from cctv.footage.runs import gaps_of
from cctv.footage.segments import segments_of
from cctv.holds.confirmation import HoldsUnconfirmed, unconfirmed
from cctv.holds.store import holds_in_force
from cctv.model.footage import GapCause, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, RequestId, ZoneId
from cctv.recording.state import CameraState, Phase, is_running, read_state
from cctv.retention.copies import KeptCopy, kept_copies
from cctv.retention.plan import make_plan, overdue
from cctv.retention.policy_change import zones_to_adopt
from cctv.retention.queries import last_refusal, last_sweep

STATE_MAX_AGE = timedelta(seconds=10)  # recorder.json is renewed every 2 s
BIT_RATE_WINDOW = timedelta(minutes=5)
MAX_FORECAST_HOURS = 24 * 3650  # hours; a rate near zero would reach past the calendar


class Health(Enum):
    """The state of a camera's recording."""

    RECORDING = "recording"
    CONNECTING = "connecting"
    DOWN = "down"
    RESTING = "outside its hours"
    NOT_RUNNING = "recorder not running"


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """One camera: since when it has this health, its last frame, why it is down, unrecorded time of the last 24 h.

    `bit_rate` is that of its footage of the last minutes, in bits a second; None where there is none.
    """

    camera: CameraId
    health: Health
    since: datetime | None
    last_frame: datetime | None
    cause: GapCause | None
    message: str | None
    gaps_today: timedelta
    bit_rate: float | None = None

    @property
    def is_well(self) -> bool:
        """Whether the camera is recorded, or outside its hours."""
        return self.health in (Health.RECORDING, Health.RESTING)


@dataclass(frozen=True, slots=True)
class OverdueItem:
    """An item of the agenda that is overdue: an answer, a breach notice, a copy that was not returned."""

    id: str
    what: str
    due: datetime
    line: str


@dataclass(frozen=True, slots=True)
class AstrayCheckpoint:
    """A place outside of the storage that a checkpoint of the log did not get to: `way` is `mail` or `timestamp`."""

    way: str
    since: datetime
    problem: str


@dataclass(frozen=True, slots=True)
class FailedUnit:
    """A unit of systemd whose last run failed, and how: `exit-code`, `timeout`, `oom-kill`."""

    name: str
    result: str


@dataclass(frozen=True, slots=True)
class UnconfirmedRequest:
    """A request over more than a day of footage that nobody confirmed: when its hold lapses, and whether it did."""

    request: RequestId
    until: datetime
    lapsed: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `cctv status` reports."""

    now: datetime
    cameras: tuple[CameraHealth, ...]
    recorder_running: bool
    last_sweep: datetime | None
    guard: str | None
    overdue: timedelta  # of what lies on the disk: footage, and what was made of it
    held_past_limit: int
    holds: tuple[Hold, ...]
    disk_free: int
    disk_total: int
    disk_reserve: int  # bytes that stay free
    disk_lasts: timedelta | None = None  # until the reserve is reached; None while it does not fill, or is not known
    held_lost: tuple[Tombstone, ...] = ()  # footage that a hold in force should keep, and whose file is gone

    unadopted: tuple[str, ...] = ()  # keys of the policy in cameras.toml that nobody adopted
    to_adopt: tuple[ZoneId, ...] = ()  # zones whose stored footage has a longer limit than the policy of today

    unconfirmed: tuple[UnconfirmedRequest, ...] = ()

    backs_up: bool = False  # whether cameras.toml says so
    last_backup: datetime | None = None
    backup_late: bool = False
    last_rehearsal: datetime | None = None
    rehearsal_due: bool = False  # advice: there is a back-up, and nobody tried one for `rehearse_after`
    overdue_copies: tuple[KeptCopy, ...] = ()  # what is past its limit and no row of a segment, the oldest first
    volume: Volume | None = None  # the volume of the footage
    log_whole: bool = True  # whether the audit log reaches the signed checkpoint
    failed_units: tuple[FailedUnit, ...] = ()  # only for alarms too: what timers start
    astray: tuple[AstrayCheckpoint, ...] = ()  # only for alarms: where checkpoints of the log did not get to
    soon: tuple[OverdueItem, ...] = ()  # copies whose lease ends within a week, or has ended
    late: tuple[
        OverdueItem, ...
    ] = ()  # only for alarms: `cctv status` is asked each minute, and does not look at cases

    @property
    def holds_to_review(self) -> tuple[Hold, ...]:
        """The holds past their review date."""
        return tuple(hold for hold in self.holds if hold.review <= self.now)

    @property
    def exit_code(self) -> Exit:
        """The lowest code that applies."""
        if self.held_lost or not self.log_whole:
            return Exit.UNREADABLE
        if self.overdue > timedelta(0):
            return Exit.OVERDUE
        if self.guard is not None:
            return Exit.GUARD
        if any(not camera.is_well for camera in self.cameras):
            return Exit.CAMERA_DOWN
        return Exit.OK


_HEALTH = {
    Phase.RECORDING: Health.RECORDING,
    Phase.CONNECTING: Health.CONNECTING,
    Phase.WAITING: Health.DOWN,
    Phase.STOPPED: Health.DOWN,
}


def status_now(site: Storage) -> Status:
    """Read everything once."""
    now = site.clock.now()
    running = is_running(site)
    state = read_state(site.root)
    fresh = state if state is not None and running and now - state.at < STATE_MAX_AGE else None
    current = fresh.cameras if fresh else {}
    disk = shutil.disk_usage(site.root)
    backup, backed_up = site.settings.backup, read_backup_state(site.root)
    log_is_whole = reach_check(site.root)
    adopted, unadopted = by_adopted_limits(site)
    with read_transaction(site.engine) as connection:
        plan = make_plan(connection, now)
        late = _overdue_copies(connection, site, backed_up.held)
        return Status(
            now=now,
            cameras=tuple(
                _camera(connection, camera, current.get(camera), running=running, now=now)
                for camera in site.settings.cameras
            ),
            recorder_running=running,
            last_sweep=last_sweep(connection),
            guard=_guard(connection, site),
            overdue=max(overdue(plan.decisions, now), now - late[0].limit if late else timedelta(0)),
            overdue_copies=late,
            held_past_limit=plan.held_past_limit,
            holds=tuple(holds_in_force(connection)),
            disk_free=disk.free,
            disk_total=disk.total,
            disk_reserve=round(disk.total * site.settings.recording.reserve_fraction),
            held_lost=tuple(lost_under_holds(connection)),
            disk_lasts=_lasts(fresh.disk.hours_left) if fresh and fresh.disk else None,
            unadopted=tuple(change.key for change in unadopted),
            to_adopt=zones_to_adopt(adopted),
            unconfirmed=_unconfirmed(connection, now),
            backs_up=bool(backup.recipients),
            volume=volume_of(site.root),
            log_whole=log_is_whole(connection),
            last_backup=backed_up.last,
            backup_late=bool(backup.recipients) and backed_up.is_late(now, backup.warn_after),
            last_rehearsal=backed_up.rehearsed,
            rehearsal_due=bool(backup.recipients) and backed_up.wants_rehearsal(now, backup.rehearse_after),
        )


def _unconfirmed(connection: Connection, now: datetime) -> tuple[UnconfirmedRequest, ...]:
    """The first to lapse first.  Few rows: only open requests over more than a day of footage."""
    requests = [
        UnconfirmedRequest(request.id, request.lapses, request.has_lapsed(now))
        for request in select_provisional(connection)
        if request.lapses is not None
    ]
    return tuple(sorted(requests, key=lambda request: (request.until, request.request)))


def _overdue_copies(connection: Connection, site: Storage, held: HeldCopy | None) -> tuple[KeptCopy, ...]:
    """What is past its limit of everything that was made of footage, the copy of held footage included."""
    copies = list(kept_copies(connection, site))
    if held is not None and (limit := released_limit(connection, held)) is not None:
        copies.append(KeptCopy(held.directory, limit))
    now = site.clock.now()
    return tuple(sorted((kept for kept in copies if kept.limit < now), key=lambda kept: kept.limit))


def _guard(connection: Connection, site: Storage) -> str | None:
    """The guard that stopped the latest sweep, or will stop the next: known without waiting for it."""
    if unconfirmed(site.root) is not None:
        return HoldsUnconfirmed.__name__
    if not is_newest(site.engine, site.root):
        return IndexOlder.__name__
    return last_refusal(connection)


def _camera(
    connection: Connection, camera: CameraId, state: CameraState | None, *, running: bool, now: datetime
) -> CameraHealth:
    day = Span(now - timedelta(days=1), now)
    gaps = (
        Span(gap.start, max(gap.end or now, gap.start + timedelta.resolution))
        for gap in gaps_of(connection, camera, day)
    )
    lost = total(shared for gap in gaps if (shared := gap.intersection(day)))
    rate = _bit_rate(segments_of(connection, camera, Span(now - BIT_RATE_WINDOW, now)))
    if state is None:
        health = Health.CONNECTING if running else Health.NOT_RUNNING
        return CameraHealth(camera, health, None, None, None, None, lost, rate)
    rests = state.phase is Phase.WAITING and state.cause is GapCause.SCHEDULE
    health = Health.RESTING if rests else _HEALTH[state.phase]
    return CameraHealth(camera, health, state.since, state.last_frame, state.cause, state.message, lost, rate)


def _lasts(hours: float | None) -> timedelta | None:
    return timedelta(hours=min(hours, MAX_FORECAST_HOURS)) if hours is not None else None


def _bit_rate(segments: Sequence[Segment]) -> float | None:
    seconds = sum(segment.span.duration.total_seconds() for segment in segments)
    return 8 * sum(segment.size_bytes for segment in segments) / seconds if seconds else None
