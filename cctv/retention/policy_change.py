"""Policy changes: a shortened policy binds new footage at once, and stored footage when a person adopts it.

What was promised at recording is never lengthened, and is shortened only here: after showing how much would be deleted,
by a named person, with a reason in the log.  Until then the old limits stand and `cctv status` reports it.  The lines
of index.jsonl keep the first promise: an index that is rebuilt from them asks for adoption once more.  Deletes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select, update

from cctv.access.proposals import not_yet, require_two
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.schema import TwoPersonAct
from cctv.core.errors import CctvError, Exit, UsageError
from cctv.core.i18n import N_
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import sweeper_lock
from cctv.holds.cover import is_covered_by_hold
from cctv.model.audit import Act
from cctv.model.ids import ZoneId
from cctv.retention.guards.clock import require_person
from cctv.retention.guards.sweep_size import accept_large_sweep
from cctv.retention.policy import lead

_FIRST_LATE = timedelta(minutes=1)  # a run's first segment may begin before its row: the recorder dates its pictures
_BATCH = 500
_LINE = "cctv retention adopt --reason WHY --for NAME --yes"


@dataclass(frozen=True, slots=True)
class Longer:
    """Footage of a zone that was promised a longer period than today's; `due` is what would be deleted at once."""

    zone: ZoneId
    period: timedelta
    segments: int
    size_bytes: int
    due: int
    due_bytes: int
    due_footage: timedelta


class NothingToAdopt(UsageError):
    """No stored footage was promised a longer period than cameras.toml gives today: there is nothing to adopt.

    next: cctv retention plan
    """


class AdoptionUndecided(CctvError):
    """{count} segments would go at the next sweep that were promised a longer time; nothing was changed.

    next: look with --dry-run, then repeat the command with --yes.
    """

    exit_code = Exit.DECISION_MISSING


@dataclass(frozen=True, slots=True)
class PolicyAdoption:
    """What adopting the policy of today shortens, zone by zone."""

    zones: tuple[Longer, ...]

    @property
    def due(self) -> int:
        """How many segments the next sweep would delete that it would not delete otherwise."""
        return sum(zone.due for zone in self.zones)

    @property
    def due_footage(self) -> timedelta:
        """How much footage the next sweep would delete that it would not delete otherwise."""
        return sum((zone.due_footage for zone in self.zones), timedelta(0))


def has_longer(connection: Connection, zone: ZoneId, period: timedelta, now: datetime) -> bool:
    """Whether any stored footage of a zone has a longer limit.  Reads runs, and the oldest segment of each camera.

    Adopting shortens the runs too, so that one look-up a run is made only while an adoption is due.
    """
    run, segment = schema.runs.c, schema.segments.c
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
    for camera in connection.execute(select(schema.camera_totals.c.camera)).scalars().all():
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
    segment = schema.segments.c
    is_longer = (segment.zone == zone) & (segment.limit_us - segment.start_us > period)
    total = func.coalesce(func.sum(segment.size_bytes), 0)
    count, size = connection.execute(select(func.count(), total).where(is_longer)).one()
    span = func.sum(segment.end_us - segment.start_us)
    expires = is_longer & (segment.start_us + period <= due) & ~is_covered_by_hold()
    due_count, due_size, due_footage = connection.execute(select(func.count(), total, span).where(expires)).one()
    return Longer(zone, period, count, size, due_count, due_size, due_footage or timedelta())


def shorten(connection: Connection, zone: ZoneId, period: timedelta, after: int, count: int) -> int | None:
    """Shorten the next rows after an id; returns the last id, None when none was left."""
    table = schema.segments
    longer = (table.c.zone == zone) & (table.c.limit_us - table.c.start_us > period)
    query = select(table.c.id).where(table.c.id > after, longer).order_by(table.c.id).limit(count)
    ids: list[int] = list(connection.execute(query).scalars())
    if not ids:
        return None
    connection.execute(update(table).where(table.c.id.in_(ids)).values(limit_us=table.c.start_us + period))
    return ids[-1]


def shorten_runs(connection: Connection, zone: ZoneId, period: timedelta) -> int:
    """The runs' own promise, once no segment has a longer one.  A run that still records continues under its own.

    Returns how many were shortened.
    """
    table = schema.runs
    longer = (table.c.zone == zone) & (table.c.period_us > period) & table.c.ended_us.is_not(None)
    return connection.execute(update(table).where(longer).values(period_us=period)).rowcount


def zones_to_adopt(site: Storage) -> tuple[ZoneId, ...]:
    """The zones whose stored footage has a longer limit than today's policy; costs a few look-ups."""
    now = site.clock.now()
    with read_transaction(site.engine) as connection:
        return tuple(
            zone for zone in site.settings.zones if has_longer(connection, zone, site.settings.limit_for(zone), now)
        )


def plan_adoption(site: Storage) -> PolicyAdoption:
    """Count what would be shortened and what would be deleted; reads every segment.  Raises NothingToAdopt."""
    now = site.clock.now()
    with read_transaction(site.engine) as connection:
        counted = [
            count_longer(connection, zone, period, now + lead(period))
            for zone in site.settings.zones
            for period in [site.settings.limit_for(zone)]
        ]
    longer = tuple(zone_count for zone_count in counted if zone_count.segments)
    if not longer:
        raise NothingToAdopt
    return PolicyAdoption(longer)


def adopt(site: Storage, *, reason: str) -> PolicyAdoption:
    """Shorten the limits of stored footage to today's policy; raises NothingToAdopt, NobodyNamed, LockHeld.

    Raises ActProposed or ProposalWaits, and shortens nothing, while the policy asks for a second person.

    In batches, so that the recorder is not kept waiting; interrupted, it can be repeated.  Deletes nothing itself.
    """
    with sweeper_lock(site):
        plan = plan_adoption(site)
        require_person(site)
        facts: AuditFacts = {
            "zones": [f"{longer.zone}: {int(longer.period.total_seconds())} s" for longer in plan.zones],
            "segments": sum(longer.segments for longer in plan.zones),
            "due": plan.due,
        }
        following: dict[ZoneId, int | None] = {}
        with write_transaction(site.engine) as connection:
            first = require_two(
                connection, site, TwoPersonAct.POLICY_CHANGE, "policy", facts={"zones": facts["zones"]}, reason=reason,
                line=_LINE,
            )  # fmt: skip
            if first is None:
                append_entry(connection, site, Act.POLICY_ADOPTED, "policy", facts=facts, reason=reason)
                following = {longer.zone: shorten(connection, longer.zone, longer.period, 0, _BATCH)
                             for longer in plan.zones}  # fmt: skip
        if (waiting := not_yet(site, first, N_("shorter limits for stored footage"), _LINE)) is not None:
            raise waiting
        for longer in plan.zones:
            after = following[longer.zone]
            while after is not None:
                with write_transaction(site.engine) as connection:
                    after = shorten(connection, longer.zone, longer.period, after, _BATCH)
            with write_transaction(site.engine) as connection:
                if runs := shorten_runs(connection, longer.zone, longer.period):
                    append_entry(connection, site, Act.POLICY_CHANGED, longer.zone, facts={"runs": runs})
        accept_large_sweep(site, plan.due_footage)
    return plan
