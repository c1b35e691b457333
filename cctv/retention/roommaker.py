"""Making room: the sweeper's answer to a recorder that found the disk full.

Deletes through `archive.dispose` only, under the sweeper's lock and the same guards as every sweep.  A request that
nobody renews, because its recorder has ended, is none.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cctv import archive, holds
from cctv.archive.roomfiles import RoomAnswer, answer_room, room_wanted
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.model.footage import Reason, Tombstone
from cctv.retention import store
from cctv.retention.guards import guards_now, same_storage
from cctv.retention.room import GUARDED, RoomPlan, plan_room

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
    same_storage(site)  # before the lock: nothing is written where a mount was lost
    free = free or (lambda: shutil.disk_usage(site.root).free)
    gone: list[Tombstone] = []
    exhausted = False
    with archive.sweeper_lock(site):
        with reading(site.engine) as connection:
            guards_now(connection, site)
        holds.match_files(site)
        while (missing := wanted.free_bytes - free()) > 0 and not exhausted:
            plan = _plan(site, missing)
            went = archive.dispose(site, plan.expire, Reason.SPACE_NEEDED)
            gone += went
            exhausted = not went
        log.info("space.freed", extra={"deleted": len(gone), "action": "exhausted" if exhausted else "freed"})
        answer_room(site, RoomAnswer(wanted.asked, len(gone), exhausted))
    return RoomMade(tuple(gone), exhausted)


def _plan(site: Site, missing: int) -> RoomPlan:
    now, settings = site.clock.now(), site.settings
    guarded = {zone: settings.zones[zone].min_retention for zone in settings.zones}
    ends = {zone: now - period for zone, period in guarded.items()}
    with reading(site.engine) as connection:
        oldest = store.oldest_unheld(connection, ends, now - GUARDED, _BATCH)
        return plan_room(oldest, holds.in_force(connection), now, guarded, missing)
