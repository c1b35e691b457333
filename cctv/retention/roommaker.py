"""Making room: the sweeper's answer to a recorder that found the disk full.

Deletes inside a deletion session, as every sweep does.  A request that its recorder has stopped renewing is none.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cctv import holds
from cctv.archive.disposal import delete_segments
from cctv.archive.roomfiles import RoomAnswer, answer_room, room_wanted
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.model.footage import Reason, Tombstone
from cctv.retention import store
from cctv.retention.room import GUARDED, RoomPlan, plan_room
from cctv.retention.session import deletion_session

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=2)  # a recorder that lacks room asks again every 30 s
_BATCH = 500


@dataclass(frozen=True, slots=True)
class RoomMade:
    """What went early, and whether nothing more may."""

    gone: tuple[Tombstone, ...]
    exhausted: bool


def make_room(site: Site, free: Callable[[], int] | None = None) -> RoomMade | None:
    """Answer the recorder's request; None when there is none.  Raises LockHeld, or the guard that stops deletion."""
    wanted = room_wanted(site.root)
    if wanted is None or abs(site.clock.now() - wanted.asked) > FRESH:
        return None
    free = free or (lambda: shutil.disk_usage(site.root).free)
    deleted: list[Tombstone] = []
    exhausted = False
    with deletion_session(site) as session:
        while (missing := wanted.free_bytes - free()) > 0 and not exhausted:
            plan = _plan(site, missing)
            batch = delete_segments(session, plan.expire, Reason.SPACE_NEEDED)
            deleted += batch
            exhausted = not batch
        log.info("space.freed", extra={"deleted": len(deleted), "action": "exhausted" if exhausted else "freed"})
        answer_room(site, RoomAnswer(wanted.asked, len(deleted), exhausted))
    return RoomMade(tuple(deleted), exhausted)


def _plan(site: Site, missing: int) -> RoomPlan:
    now, settings = site.clock.now(), site.settings
    guarded = {zone: settings.zones[zone].min_retention for zone in settings.zones}
    ends = {zone: now - period for zone, period in guarded.items()}
    with reading(site.engine) as connection:
        oldest = store.oldest_unheld(connection, ends, now - GUARDED, _BATCH)
        return plan_room(oldest, holds.in_force(connection), now, guarded, missing)
