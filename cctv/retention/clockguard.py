"""The clock's guard: gathers what `timekeeping` judges, remembers the last believed instant, takes a person's word.

`clock.json` in the storage holds that instant with the monotonic time and the start of the machine that belong to it.
Written by a sweep that the guard let pass, at most every ten minutes, and by `accept_clock`; one that cannot be read
counts as none, and then the last sweep's row stands in for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv import archive, audit
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel import machine
from cctv.kernel.clock import iso
from cctv.kernel.errors import GuardError, UsageError
from cctv.model.acts import Act
from cctv.retention import store, witnessstore
from cctv.retention.persons import require_person
from cctv.retention.timekeeping import SLACK, Verdict, Witnesses, judge

MARK = "clock.json"
MARK_EVERY = timedelta(minutes=10)
BACKWARDS = timedelta(minutes=1)


class ClockBackwards(GuardError):
    """Deletion stops: the clock says {now}, but the last sweep was at {last}.

    next: set the clock right (`timedatectl`), then run `cctv sweep --once`; if the clock is right now and was wrong
    then, `cctv retention accept-clock --for NAME --reason WHY`; nothing was deleted.
    """


class ClockForward(GuardError):
    """Deletion stops: the clock says {now}, {gap} after the last instant that is known ({last}), and no witness
    confirms it: {said}.

    next: compare the clock with a watch (`timedatectl`) and set it right if it is wrong; if it is right,
    `cctv retention accept-clock --for NAME --reason WHY`; nothing was deleted.
    """


class ClockBelieved(UsageError):
    """The clock is believed ({said}): there is nothing to accept.

    next: cctv sweep --once --dry-run
    """


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant that was believed, and what the machine's own counting said then."""

    at: datetime
    monotonic: float
    boot: str | None


@dataclass(frozen=True, slots=True)
class ClockState:
    """The clock now, the last instant that was believed, and the verdict."""

    now: datetime
    known: datetime | None
    verdict: Verdict

    @property
    def backwards(self) -> bool:
        return self.known is not None and self.now < self.known - BACKWARDS


def look_at_clock(connection: Connection, site: Site) -> ClockState:
    """What the witnesses say now."""
    now, mark = site.clock.now(), _read(site)
    known = mark.at if mark else store.last_sweep(connection)
    if known is None or now - known <= SLACK:
        return ClockState(now, known, judge(now, Witnesses(known)))
    expected = None
    if mark is not None and mark.boot is not None and mark.boot == machine.boot_id():
        counted = site.clock.monotonic() - mark.monotonic
        expected = mark.at + timedelta(seconds=counted) if counted >= 0 else None
    reached = witnessstore.footage_leads_to(connection, known, now, SLACK)
    offsets = witnessstore.camera_offsets(connection, reached)
    found = Witnesses(known, reached, expected, offsets, machine.is_synchronised())
    return ClockState(now, known, judge(now, found))


def require_plausible(connection: Connection, site: Site) -> None:
    """Raise ClockBackwards or ClockForward."""
    seen = look_at_clock(connection, site)
    if seen.known is None:
        return
    if seen.backwards:
        raise ClockBackwards(now=iso(seen.now), last=iso(seen.known))
    if not seen.verdict.believed:
        gap = f"{(seen.now - seen.known) / timedelta(hours=1):.0f} hours"
        raise ClockForward(now=iso(seen.now), gap=gap, last=iso(seen.known), said="; ".join(seen.verdict.said))


def remember_clock(site: Site) -> None:
    """The clock was believed: from here the next sweep counts.  Rarely written, since an hour ahead is believed."""
    mark, now = _read(site), site.clock.now()
    if mark is None or mark.boot != machine.boot_id() or abs(now - mark.at) >= MARK_EVERY:
        _write(site)


def plan_accept_clock(site: Site) -> ClockState:
    """What a person would accept; raises ClockBelieved."""
    with reading(site.engine) as connection:
        seen = look_at_clock(connection, site)
    if seen.verdict.believed and not seen.backwards:
        raise ClockBelieved(said="; ".join(seen.verdict.said))
    return seen


def accept_clock(site: Site, *, reason: str) -> ClockState:
    """A named person says that the clock is right; raises ClockBelieved, NobodyNamed, LockHeld."""
    with archive.sweeper_lock(site):
        seen = plan_accept_clock(site)
        require_person(site)
        with writing(site.engine) as connection:
            facts: audit.Facts = {"clock": iso(seen.now), "last": iso(seen.known) if seen.known else ""}
            audit.append(connection, site, Act.CLOCK_ACCEPTED, "clock", facts=facts, reason=reason)
        _write(site)
    return seen


def _read(site: Site) -> Mark | None:
    try:
        said = json.loads((site.root / MARK).read_text())
        return Mark(datetime.fromisoformat(said["at"]), float(said["monotonic"]), said["boot"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(site: Site) -> None:
    at, counted = site.clock.now().isoformat(), site.clock.monotonic()
    said = {"schema": 1, "at": at, "monotonic": counted, "boot": machine.boot_id()}
    site.disk.write(site.root / MARK, json.dumps(said, indent=2).encode() + b"\n")
