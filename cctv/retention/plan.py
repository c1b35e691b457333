"""The plan of a sweep: decisions with reasons, made from the index at one instant.

`--dry-run` prints what execution would do, because both read this.  Looks only at what is due: its cost grows with what
expires and not with what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv import holds
from cctv.archive import candidates
from cctv.model.footage import Segment
from cctv.retention.policy import LONGEST_LEAD, Action, Decision, decide

ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep at `now` would do with everything that is due."""

    now: datetime
    decisions: tuple[Decision, ...]

    @property
    def expire(self) -> tuple[Segment, ...]:
        return tuple(one.segment for one in self.decisions if one.action is Action.EXPIRE)

    @property
    def held(self) -> tuple[Decision, ...]:
        return tuple(one for one in self.decisions if one.holds)


def make_plan(connection: Connection, now: datetime) -> Plan:
    """Decide about every segment that is within the longest lead of its limit."""
    in_force = holds.in_force(connection)
    decisions = (decide(segment, in_force, now) for segment in candidates(connection, now + LONGEST_LEAD, ALL))
    return Plan(now, tuple(decisions))


def overdue(decisions: Iterable[Decision], now: datetime) -> timedelta:
    """How far beyond its limit the oldest footage is that no hold covers; 0 is the promise (invariant 1)."""
    ages = (now - one.limit for one in decisions if one.action is Action.EXPIRE)
    return max((age for age in ages if age > timedelta(0)), default=timedelta(0))
