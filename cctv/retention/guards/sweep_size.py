"""The size guard: stops a sweep far larger than the time since the last one explains.

What comes due in an hour is an hour of each camera.  More than twice that, and an hour for each camera on top, is
accepted only where releases of holds explain it, or where a person did: a changed limit, a hold that was lost, or a
column that was edited by hand all look like this.  The rule (`size_of`) is pure.  `sweep-accepted.json` in the storage
is a person's permission for one sweep, and the sweep that used it removes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.access.proposals import Signature, not_yet, require_two
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.schema import TwoPersonAct
from cctv.core.clock import iso
from cctv.core.errors import GuardError, UsageError
from cctv.core.i18n import N_
from cctv.core.text import parse_json
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import sweeper_lock
from cctv.holds.store import all_holds
from cctv.model.audit import Act
from cctv.model.footage import Segment
from cctv.model.holds import Hold
from cctv.retention.guards.clock import require_person
from cctv.retention.plan import Plan, make_plan
from cctv.retention.queries import last_sweep

ACCEPTED = "sweep-accepted.json"
ELAPSED_FACTOR = 2  # after a zone's period was shortened, footage of the old promise and of the new comes due together
_LINE = "cctv retention accept-sweep --for NAME --reason WHY"
SPARE_PER_CAMERA = timedelta(hours=1)  # what a sweep deletes that another guard had kept waiting for a moment


class SweepTooLarge(GuardError):
    """Deletion stops: {asked} of footage ({segments} segments) would go, and the {elapsed} since the last sweep explain
    {allowed}.

    next: look at `cctv sweep --once --dry-run`, at the holds (`cctv hold list --all`) and at cameras.toml; if it may
    all go, `cctv retention accept-sweep --for NAME --reason WHY`; nothing was deleted.
    """


class SweepExplained(UsageError):
    """The next sweep is no larger than the time since the last one explains: there is nothing to accept.

    next: cctv sweep --once --dry-run
    """


@dataclass(frozen=True, slots=True)
class SweepSize:
    """How much footage a sweep deletes that nothing explains, and how much it may; `elapsed` since the last sweep."""

    segments: int
    asked: timedelta
    allowed: timedelta
    elapsed: timedelta

    @property
    def too_large(self) -> bool:
        """Whether the sweep deletes more than is explained."""
        return self.asked > self.allowed


def size_of(
    expiring: Sequence[Segment], released: Sequence[Hold], elapsed: timedelta, accepted: timedelta
) -> SweepSize:
    """Measure a sweep.  What a released hold had covered is explained, whatever its age."""
    holds = [replace(hold, released=None) for hold in released]
    counted = [segment for segment in expiring if not any(hold.covers(segment.camera, segment.span) for hold in holds)]
    cameras = len({segment.camera for segment in counted})
    footage = sum((segment.span.duration for segment in counted), timedelta(0))
    allowed = cameras * (ELAPSED_FACTOR * max(elapsed, timedelta(0)) + SPARE_PER_CAMERA) + accepted
    return SweepSize(len(counted), footage, allowed, elapsed)


def require_explained(connection: Connection, site: Storage, plan: Plan) -> None:
    """Raise SweepTooLarge unless the time since the last sweep, releases or a person explain the plan."""
    size = _measure(connection, site, plan)
    if size is not None and size.too_large:
        raise SweepTooLarge(
            asked=_hours(size.asked),
            segments=size.segments,
            elapsed=_hours(size.elapsed),
            allowed=_hours(size.allowed),
        )


def plan_accept_sweep(site: Storage) -> SweepSize:
    """What a person would accept; raises SweepExplained."""
    with read_transaction(site.engine) as connection:
        size = _measure(connection, site, make_plan(connection, site.clock.now()))
    if size is None or not size.too_large:
        raise SweepExplained
    return size


def accept_sweep_size(site: Storage, *, reason: str) -> SweepSize:
    """A named person accepts what the next sweep would delete now; raises SweepExplained, NobodyNamed, LockHeld.

    Raises ActProposed or ProposalWaits, and accepts nothing, while the policy asks for a second person.
    """
    with sweeper_lock(site):
        size = plan_accept_sweep(site)
        require_person(site)
        with write_transaction(site.engine) as connection:
            first = _sign(connection, site, reason)
            if first is None:
                facts: AuditFacts = {"segments": size.segments, "footage_seconds": int(size.asked.total_seconds())}
                append_entry(connection, site, Act.SWEEP_ACCEPTED, "sweep", facts=facts, reason=reason)
        if (refusal := not_yet(site, first, N_("to let a sweep delete more than is explained"), _LINE)) is not None:
            raise refusal
        accept_large_sweep(site, size.asked)
    return size


def _sign(connection: Connection, site: Storage, reason: str) -> Signature | None:
    """The first of two signatures, None where this account may accept.

    It binds to the sweep that was the last, and to the cameras.  The amount grows while people decide: whoever agrees
    sees and accepts that of their own moment, which is in the log.
    """
    last = last_sweep(connection)
    plan = make_plan(connection, site.clock.now())
    facts: AuditFacts = {
        "last": iso(last) if last is not None else "",
        "cameras": sorted({str(segment.camera) for segment in plan.expire}),
    }
    act = TwoPersonAct.FOOTAGE_DESTROY
    return require_two(connection, site, act, "sweep", facts=facts, reason=reason, line=_LINE)


def accept_large_sweep(site: Storage, footage: timedelta) -> None:
    """Let the next completed sweep delete this much more than it could explain."""
    payload = {"schema": 1, "at": iso(site.clock.now()), "footage_seconds": footage.total_seconds()}
    site.disk.write(site.root / ACCEPTED, json.dumps(payload, indent=2).encode() + b"\n")


def forget_allowance(site: Storage) -> None:
    """Remove a person's permission: it was for one sweep."""
    if (site.root / ACCEPTED).exists():
        site.disk.unlink(site.root / ACCEPTED)


def _measure(connection: Connection, site: Storage, plan: Plan) -> SweepSize | None:
    """None for the first sweep, which has none to be compared with."""
    last = last_sweep(connection)
    if last is None or not plan.expire:
        return None
    return size_of(plan.expire, _released_since(connection, last), plan.now - last, _allowance(site))


def _released_since(connection: Connection, last: datetime) -> list[Hold]:
    return [hold for hold in all_holds(connection) if hold.released is not None and hold.released >= last]


def _allowance(site: Storage) -> timedelta:
    try:
        payload = parse_json((site.root / ACCEPTED).read_text("utf-8"))
        return timedelta(seconds=float(payload["footage_seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return timedelta(0)


def _hours(duration: timedelta) -> str:
    return f"{duration / timedelta(hours=1):,.1f} hours"
