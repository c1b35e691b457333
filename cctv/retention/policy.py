"""Retention policy: which segments must be deleted, and why.

Decides the rule of invariant 1.  Pure: no clock, no database, no disk.  Knows nothing of how footage is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from cctv.model.footage import Reason, Segment
from cctv.model.holds import Hold
from cctv.model.ids import HoldId

LONGEST_LEAD = timedelta(minutes=10)
LEAD_DIVISOR = 100  # 1 % of the period, so that a period of minutes is not mostly lead


class Action(Enum):
    """What becomes of a segment."""

    KEEP = "keep"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class RetentionDecision:
    """What becomes of one segment, and why; `holds` are those that keep it when it is held."""

    segment: Segment
    action: Action
    reason: Reason
    limit: datetime
    holds: tuple[HoldId, ...] = ()


def lead(period: timedelta) -> timedelta:
    """How long before its limit a segment's deletion begins: 10 minutes or 1 % of the period, the lesser."""
    return min(LONGEST_LEAD, period / LEAD_DIVISOR)


def due(segment: Segment) -> datetime:
    """The instant from which a sweep deletes the segment: its limit less the lead of the period it was promised."""
    return segment.limit.astimezone(UTC) - lead(segment.limit - segment.span.start)


def decide(segment: Segment, holds: Sequence[Hold], now: datetime) -> RetentionDecision:
    """Keep or expire one segment.

    A hold wins over every limit.  The limit counts from the first frame (docs/policies/001.txt, "maximaal 4 weken"), so
    footage is due a lead before it: deletion ends in time rather than starts in time.
    """
    keeping = tuple(hold.id for hold in holds if hold.covers(segment.camera, segment.span))
    if keeping:
        return RetentionDecision(segment, Action.KEEP, Reason.HELD, segment.limit, keeping)
    if now >= due(segment):
        return RetentionDecision(segment, Action.EXPIRE, Reason.PAST_LIMIT, segment.limit)
    return RetentionDecision(segment, Action.KEEP, Reason.WITHIN_LIMIT, segment.limit)
