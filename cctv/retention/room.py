"""Room: which footage goes before its limit because the disk is full.

Pure.  Oldest first; never what a hold covers, never what its zone still guards (`min_retention`).  Nothing here knows
how footage is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.model.footage import Reason, Segment
from cctv.model.holds import Hold
from cctv.model.ids import ZoneId
from cctv.retention.policy import Action, Decision

GUARDED = timedelta(hours=72)  # of a zone that cameras.toml no longer has


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """Decisions about the oldest footage, as far as it was looked at; `missing` bytes are not found among it."""

    decisions: tuple[Decision, ...]
    missing: int

    @property
    def expire(self) -> tuple[Segment, ...]:
        return tuple(one.segment for one in self.decisions if one.action is Action.EXPIRE)

    @property
    def exhausted(self) -> bool:
        """Whether everything that may go early does not make the room that is wanted."""
        return self.missing > 0


def plan_room(
    oldest: Sequence[Segment],
    holds: Sequence[Hold],
    now: datetime,
    min_retention: Mapping[ZoneId, timedelta],
    wanted: int,
) -> RoomPlan:
    """Take segments, oldest first, until `wanted` bytes are free; what must stay is named with its reason."""
    decisions: list[Decision] = []
    for segment in sorted(oldest, key=lambda one: (one.span.start, one.id)):
        if wanted <= 0:
            break
        keeping = tuple(hold.id for hold in holds if hold.covers(segment.camera, segment.span))
        if keeping:
            decisions.append(Decision(segment, Action.KEEP, Reason.HELD, segment.limit, keeping))
        elif now - segment.span.end < min_retention.get(segment.zone, GUARDED):
            decisions.append(Decision(segment, Action.KEEP, Reason.WITHIN_LIMIT, segment.limit))
        else:
            decisions.append(Decision(segment, Action.EXPIRE, Reason.SPACE_NEEDED, segment.limit))
            wanted -= segment.size_bytes
    return RoomPlan(tuple(decisions), max(wanted, 0))
