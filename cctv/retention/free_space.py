"""Free space: which footage is deleted before its limit because the disk is full, and the answer to the recorder.

`plan_room` is pure: oldest first; never what a hold covers, never what its zone still guards (`min_retention`).
`make_room` deletes inside a deletion session, as every sweep does.  A request that its recorder has stopped renewing
is ignored.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion import delete_segments
from cctv.footage.space_requests import RoomAnswer, answer_room, room_wanted
from cctv.holds.store import holds_in_force
from cctv.model.footage import Reason, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import ZoneId
from cctv.retention.policy import Action, RetentionDecision
from cctv.retention.queries import oldest_unheld
from cctv.retention.session import deletion_session

log = logging.getLogger(__name__)

DEFAULT_MIN_RETENTION = timedelta(hours=72)  # for a zone that cameras.toml no longer has
REQUEST_MAX_AGE = timedelta(minutes=2)  # a recorder that lacks room asks again every 30 s
_BATCH = 500


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """Decisions about the oldest footage, as far as it was read; `missing` bytes cannot be freed from it."""

    decisions: tuple[RetentionDecision, ...]
    missing: int

    @property
    def expire(self) -> tuple[Segment, ...]:
        """The segments to delete."""
        return tuple(decision.segment for decision in self.decisions if decision.action is Action.EXPIRE)

    @property
    def exhausted(self) -> bool:
        """Whether everything that may be deleted early frees less than was requested."""
        return self.missing > 0


@dataclass(frozen=True, slots=True)
class RoomMade:
    """What was deleted early, and whether nothing more may be."""

    gone: tuple[Tombstone, ...]
    exhausted: bool


def plan_room(
    oldest: Sequence[Segment],
    holds: Sequence[Hold],
    now: datetime,
    min_retention: Mapping[ZoneId, timedelta],
    missing_bytes: int,
) -> RoomPlan:
    """Expire segments, oldest first, until `missing_bytes` are freed; what must stay is listed with its reason."""
    decisions: list[RetentionDecision] = []
    for segment in sorted(oldest, key=lambda segment: (segment.span.start, segment.id)):
        if missing_bytes <= 0:
            break
        keeping = tuple(hold.id for hold in holds if hold.covers(segment.camera, segment.span))
        if keeping:
            decisions.append(RetentionDecision(segment, Action.KEEP, Reason.HELD, segment.limit, keeping))
        elif now - segment.span.end < min_retention.get(segment.zone, DEFAULT_MIN_RETENTION):
            decisions.append(RetentionDecision(segment, Action.KEEP, Reason.WITHIN_LIMIT, segment.limit))
        else:
            decisions.append(RetentionDecision(segment, Action.EXPIRE, Reason.SPACE_NEEDED, segment.limit))
            missing_bytes -= segment.size_bytes
    return RoomPlan(tuple(decisions), max(missing_bytes, 0))


def make_room(site: Storage, free: Callable[[], int] | None = None) -> RoomMade | None:
    """Free the space that the recorder requests; None when there is no current request.

    Raises LockHeld, or the guard that stops deletion.
    """
    request = room_wanted(site.root)
    if request is None or abs(site.clock.now() - request.asked) > REQUEST_MAX_AGE:
        return None
    free = free or (lambda: shutil.disk_usage(site.root).free)
    deleted: list[Tombstone] = []
    exhausted = False
    with deletion_session(site) as session:
        while (missing := request.free_bytes - free()) > 0 and not exhausted:
            plan = _plan(site, missing)
            batch = delete_segments(session, plan.expire, Reason.SPACE_NEEDED)
            deleted += batch
            exhausted = not batch
        log.info("space.freed", extra={"deleted": len(deleted), "action": "exhausted" if exhausted else "freed"})
        answer_room(site, RoomAnswer(request.asked, len(deleted), exhausted))
    return RoomMade(tuple(deleted), exhausted)


def _plan(site: Storage, missing: int) -> RoomPlan:
    now, settings = site.clock.now(), site.settings
    guarded = {zone: settings.zones[zone].min_retention for zone in settings.zones}
    ends = {zone: now - period for zone, period in guarded.items()}
    with read_transaction(site.engine) as connection:
        oldest = oldest_unheld(connection, ends, now - DEFAULT_MIN_RETENTION, _BATCH)
        return plan_room(oldest, holds_in_force(connection), now, guarded, missing)
