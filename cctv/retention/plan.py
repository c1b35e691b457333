"""The plan of a sweep: decisions with reasons, made from the index at one instant.

`--dry-run` prints what execution would do, because both use this.  Reads only what is due: its cost grows with what
expires and not with what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.footage.segments import candidates, held_over
from cctv.holds.cover import count_held_over
from cctv.holds.store import holds_in_force
from cctv.model.footage import Segment
from cctv.retention.policy import LONGEST_LEAD, Action, RetentionDecision, decide

ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep at `now` would do with everything that is due.

    `held_over` counts the segments past their limit that earlier sweeps marked as held; no decision is made about them.
    """

    now: datetime
    decisions: tuple[RetentionDecision, ...]
    held_over: int = 0

    @property
    def expire(self) -> tuple[Segment, ...]:
        """The segments to delete."""
        return tuple(decision.segment for decision in self.decisions if decision.action is Action.EXPIRE)

    @property
    def held(self) -> tuple[RetentionDecision, ...]:
        """The decisions that holds keep a segment."""
        return tuple(decision for decision in self.decisions if decision.holds)

    @property
    def kept_by_holds(self) -> int:
        """How many segments holds keep that would expire otherwise."""
        return self.held_over + len(self.held)

    @property
    def held_past_limit(self) -> int:
        """How many segments holds keep past their limit."""
        return self.held_over + sum(decision.limit <= self.now for decision in self.held)


def make_plan(connection: Connection, now: datetime, *, held_over_too: bool = False) -> Plan:
    """Decide about every segment that is within the longest lead of its limit.

    What earlier sweeps marked as held is counted, or with `held_over_too` decided about and listed like the rest: for
    people to read, since that costs as much as it lists.
    """
    in_force = holds_in_force(connection)
    due = candidates(connection, now + LONGEST_LEAD, ALL)
    if held_over_too:
        due = sorted([*due, *held_over(connection, ALL)], key=lambda segment: (segment.limit, segment.id))
    decisions = tuple(decide(segment, in_force, now) for segment in due)
    return Plan(now, decisions, 0 if held_over_too else count_held_over(connection, now))


def overdue(decisions: Iterable[RetentionDecision], now: datetime) -> timedelta:
    """How far beyond its limit the oldest footage is that no hold covers; 0 is the promise (invariant 1)."""
    ages = (now - decision.limit for decision in decisions if decision.action is Action.EXPIRE)
    return max((age for age in ages if age > timedelta(0)), default=timedelta(0))
