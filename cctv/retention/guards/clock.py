"""The clock guard: whether the clock can be trusted when it shows that much time has passed since the last sweep.

`judge` is pure.  The witnesses are footage without a hole, monotonic time, the cameras' own clocks and the network's
time.  A machine that was off for ten days has one of them; a clock that was set ten days ahead has none, or one that
denies it.  A named person may accept the clock instead (`accept_clock`).

An hour ahead is trusted without a witness, once and not each time: what was trusted so is added up, over sweeps and
over restarts of the machine, until a witness or a person confirms the clock.

`clock.json` in the storage holds the last trusted instant with the monotonic time and the boot id that belong to it,
and that sum.  Written by a sweep that the guard let pass, at most every ten minutes, and by `accept_clock`; one that
cannot be read counts as none, and then the last sweep's row stands in for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from cctv.access.proposals import not_yet, require_two
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.schema import TwoPersonAct
from cctv.core.clock import iso
from cctv.core.errors import GuardError, UsageError
from cctv.core.i18n import N_
from cctv.core.process import boot_id, is_synchronised
from cctv.core.text import parse_json
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import sweeper_lock
from cctv.model.audit import Act
from cctv.retention.queries import last_sweep

SLACK = timedelta(hours=1)  # trusted without a witness, in all: the most by which footage could be deleted too early
MAX_CAMERA_OFFSET = timedelta(hours=3)  # a camera in another time zone still distinguishes ten days from none
DRIFT_DIVISOR = 1000  # two honest clocks may differ by this part of the elapsed time: NTP slews by 0.05 % at most
MARK = "clock.json"
_LINE = "cctv retention accept-clock --for NAME --reason WHY"
MARK_EVERY = timedelta(minutes=10)
BACKWARDS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The evidence of how much time has passed.

    `known` is the last trusted instant, `recorded` how much footage one camera recorded since.  `expected` is `known`
    and the monotonic time since, None after a restart.  `offsets` are those of cameras (their clock less ours) that
    were read since.  `spent` is how far the clock had gone ahead of all of these by `known`, trusted without a witness;
    negative where it lagged.
    """

    known: datetime | None
    recorded: timedelta = timedelta(0)
    expected: datetime | None = None
    offsets: Sequence[timedelta] = ()
    synchronised: bool = False
    spent: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """Whether the clock is trusted, the statements of the witnesses as text, and what is `spent` if it is trusted."""

    believed: bool
    said: tuple[str, ...]
    spent: timedelta = timedelta(0)


class ClockBackwards(GuardError):
    """Deletion stops: the clock says {now}, but the last sweep was at {last}.

    next: set the clock right (`timedatectl`), then run `cctv sweep --once`; if the clock is right now and was wrong
    then, `cctv retention accept-clock --for NAME --reason WHY`; nothing was deleted.
    """


class ClockForward(GuardError):
    """Deletion stops: the clock says {now}, {gap} after the last instant that is known ({last}), and {ahead} of it no
    witness confirms: {said}.

    next: compare the clock with a watch (`timedatectl`) and set it right if it is wrong; if it is right,
    `cctv retention accept-clock --for NAME --reason WHY`; nothing was deleted.
    """


class ClockUnproved(GuardError):
    """Nothing is pruned: no sweep has run here yet, so nothing tells whether the clock is right.

    next: cctv sweep --once, then make the next back-up
    """


class ClockAlreadyTrusted(UsageError):
    """The clock is believed ({said}): there is nothing to accept.

    next: cctv sweep --once --dry-run
    """

    code = "ClockBelieved"


class NobodyNamed(UsageError):
    """This is decided by a person, and none is named; nothing was changed.

    next: repeat the command with --for NAME
    """


@dataclass(frozen=True, slots=True)
class Mark:
    """A trusted instant, the monotonic time (seconds) and the boot id of that moment, and what was `spent` by then."""

    at: datetime
    monotonic: float
    boot: str | None
    spent: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class ClockState:
    """The clock now, the last trusted instant (None before the first sweep), the verdict, how far ahead it may be."""

    now: datetime
    known: datetime | None
    verdict: ClockVerdict
    ahead: timedelta = timedelta(0)

    @property
    def backwards(self) -> bool:
        """Whether the clock is more than BACKWARDS behind the last trusted instant."""
        return self.known is not None and self.now < self.known - BACKWARDS


def ahead(now: datetime, witnesses: Witnesses) -> timedelta:
    """How far the clock is ahead of what monotonic time proves, or footage after a restart; negative: behind.

    What was trusted before is part of it; the drift that two honest clocks may have is not.
    """
    assert witnesses.known is not None
    expected = witnesses.expected
    proved = witnesses.recorded if expected is None else expected - witnesses.known
    sum_ahead = witnesses.spent + (now - witnesses.known) - proved
    drift = proved / DRIFT_DIVISOR
    return max(sum_ahead - drift, timedelta(0)) if sum_ahead > timedelta(0) else min(sum_ahead + drift, timedelta(0))


def judge(now: datetime, witnesses: Witnesses) -> ClockVerdict:
    """Decide whether the clock is trusted.

    Without a witness it may be an hour ahead, in all.  Beyond that monotonic time proves it, or footage after a
    restart; where these are silent, more cameras that agree than that deny, or the network's time if no camera denies
    it.  Against monotonic time only cameras count: they alone kept time independently.
    """
    if witnesses.known is None:
        return ClockVerdict(True, ("this is the first sweep",))
    doubt = ahead(now, witnesses)
    if doubt <= SLACK:
        counted = "footage was recorded" if witnesses.expected is None else "monotonic time agrees"
        said = "a sweep just ran" if now - witnesses.known <= SLACK else counted
        return ClockVerdict(True, (said,), doubt)
    statements = [f"one camera recorded {_hours(witnesses.recorded)} since"]
    if witnesses.expected is not None:
        statements = [
            f"this machine has been counting since the last sweep and makes it {witnesses.expected:%Y-%m-%d %H:%M}"
        ]
        if witnesses.spent > timedelta(0):
            statements.append(f"{_hours(witnesses.spent)} ahead were trusted before without a witness")
    near = min(MAX_CAMERA_OFFSET, doubt / 2)
    agree = sum(abs(offset) <= near for offset in witnesses.offsets)
    # A camera whose clock was never set is no witness; one that shows the time of the last sweep denies the jump.
    deny = sum(-doubt - SLACK <= offset < -near for offset in witnesses.offsets)
    statements.append(
        f"{agree} cameras agree with the clock, {deny} deny it" if agree or deny else "no camera told its time"
    )
    statements.append("the network keeps the time" if witnesses.synchronised else "the network does not keep the time")
    believed = agree > deny or (witnesses.synchronised and witnesses.expected is None and not deny)
    return ClockVerdict(believed, tuple(statements))


def recorded_since(connection: Connection, since: datetime, now: datetime) -> timedelta:
    """The most footage that one camera recorded from an instant on: each frame took its time, whatever the clock did.

    Reads every segment since; asked after a restart of the machine only.
    """
    segment = schema.segments.c
    length = func.sum(segment.end_us - segment.start_us)
    cameras = list(connection.execute(select(schema.camera_totals.c.camera)).scalars())
    per_camera = [
        connection.execute(
            select(length).where(segment.camera == camera, segment.start_us >= since, segment.end_us <= now)
        ).scalar()
        for camera in cameras
    ]
    return max((recorded for recorded in per_camera if recorded is not None), default=timedelta(0))


def footage_leads_to(connection: Connection, since: datetime, now: datetime, hole: timedelta) -> datetime:
    """How far footage leads on from an instant without a hole of that length, whichever cameras recorded it.

    Steps from one segment to the last that starts within the hole's length, so that a week costs some hundred look-ups.
    """
    cameras = list(connection.execute(select(schema.camera_totals.c.camera)).scalars())
    segment = schema.segments.c
    at = since
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
        following = max((start for start in starts if start is not None), default=None)
        if following is None:
            break
        at = following
    return at


def camera_offsets(connection: Connection, since: datetime) -> list[timedelta]:
    """The clock offsets of the cameras that were read since an instant, the latest of each."""
    run = schema.runs.c
    query = select(run.camera, run.clock_offset_us).where(run.started_us > since, run.clock_offset_us.is_not(None))
    latest = {row.camera: row.clock_offset_us for row in connection.execute(query.order_by(run.id))}
    return list(latest.values())


def judge_clock(connection: Connection, site: Storage) -> ClockState:
    """Gather the witnesses and judge the clock now."""
    now, mark = site.clock.now(), _read(site)
    last = mark.at if mark else last_sweep(connection)
    if last is None:
        return ClockState(now, last, judge(now, Witnesses(last)))
    expected = None
    if mark is not None and mark.boot is not None and mark.boot == boot_id():
        counted = site.clock.monotonic() - mark.monotonic
        expected = mark.at + timedelta(seconds=counted) if counted >= 0 else None
    witnesses = Witnesses(last, expected=expected, spent=mark.spent if mark else timedelta(0))
    if expected is None:
        witnesses = replace(witnesses, recorded=recorded_since(connection, last, now))
    verdict = judge(now, witnesses)
    if not verdict.believed:
        offsets = camera_offsets(connection, footage_leads_to(connection, last, now, SLACK))
        verdict = judge(now, replace(witnesses, offsets=offsets, synchronised=is_synchronised()))
    return ClockState(now, last, verdict, ahead(now, witnesses))


def require_plausible(connection: Connection, site: Storage) -> None:
    """Raise ClockBackwards or ClockForward."""
    state = judge_clock(connection, site)
    if state.known is None:
        return
    if state.backwards:
        raise ClockBackwards(now=iso(state.now), last=iso(state.known))
    if not state.verdict.believed:
        said, gap = "; ".join(state.verdict.said), f"{(state.now - state.known) / timedelta(hours=1):.0f} hours"
        raise ClockForward(now=iso(state.now), gap=gap, last=iso(state.known), ahead=_hours(state.ahead), said=said)


def require_proved(connection: Connection, site: Storage) -> None:
    """As `require_plausible`, and a clock that no sweep has trusted yet is refused too; raises ClockUnproved."""
    if judge_clock(connection, site).known is None:
        raise ClockUnproved
    require_plausible(connection, site)


def remember_clock(site: Storage) -> None:
    """Record the clock as trusted, for the next sweep, unless it jumped since the guard let this one pass.

    Rarely written: what is counted since the last mark is the same, whenever it is written.
    """
    mark, now = _read(site), site.clock.now()
    if mark is not None and mark.boot == boot_id() and abs(now - mark.at) < MARK_EVERY:
        return
    with read_transaction(site.engine) as connection:
        state = judge_clock(connection, site)
    if state.verdict.believed and not state.backwards:
        _write(site, state.verdict.spent)


def plan_accept_clock(site: Storage) -> ClockState:
    """What a person would accept; raises ClockAlreadyTrusted."""
    with read_transaction(site.engine) as connection:
        state = judge_clock(connection, site)
    if state.verdict.believed and not state.backwards:
        raise ClockAlreadyTrusted(said="; ".join(state.verdict.said))
    return state


def accept_clock(site: Storage, *, reason: str) -> ClockState:
    """A named person accepts that the clock is right; raises ClockAlreadyTrusted, NobodyNamed, LockHeld.

    A clock that is ahead lets footage go before its time.  Raises ActProposed or ProposalWaits, and trusts nothing,
    while the policy asks for a second person; a proposal counts for the same trusted instant and the same lead, to a
    day.
    """
    act = TwoPersonAct.FOOTAGE_DESTROY
    with sweeper_lock(site):
        state = plan_accept_clock(site)
        require_person(site)
        with write_transaction(site.engine) as connection:
            last = iso(state.known) if state.known else ""
            bound: AuditFacts = {"last": last, "days_ahead": round(state.ahead / timedelta(days=1))}
            first = require_two(connection, site, act, "clock", facts=bound, reason=reason, line=_LINE)
            if first is None:
                facts: AuditFacts = {"clock": iso(state.now), "last": last}
                append_entry(connection, site, Act.CLOCK_ACCEPTED, "clock", facts=facts, reason=reason)
        if (refusal := not_yet(site, first, N_("to trust the clock, and delete by it"), _LINE)) is not None:
            raise refusal
        _write(site)
    return state


def require_person(site: Storage) -> str:
    """The person who decides this, as the actor names them; raises NobodyNamed."""
    if site.actor.on_behalf_of is None:
        raise NobodyNamed
    return site.actor.on_behalf_of


def _read(site: Storage) -> Mark | None:
    try:
        payload = parse_json((site.root / MARK).read_text("utf-8"))
        spent = timedelta(seconds=float(payload.get("spent_seconds", 0)))
        return Mark(datetime.fromisoformat(payload["at"]), float(payload["monotonic"]), payload["boot"], spent)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def _write(site: Storage, spent: timedelta = timedelta(0)) -> None:
    at, counted = site.clock.now().isoformat(), site.clock.monotonic()
    payload = {"schema": 1, "at": at, "monotonic": counted, "boot": boot_id(), "spent_seconds": spent.total_seconds()}
    site.disk.write(site.root / MARK, json.dumps(payload, indent=2).encode() + b"\n")


def _hours(duration: timedelta) -> str:
    return f"{duration / timedelta(hours=1):.1f} hours"
