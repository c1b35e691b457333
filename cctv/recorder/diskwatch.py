"""The disk, looked at every two seconds: is it still this storage, how much room is left, what did the sweeper answer.

Owns when room is asked for and recorder.json's part on the disk.  Decides by `room`; deletes nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

from cctv.archive.roomfiles import RoomWanted, ask_for_room, room_answer, withdraw_request
from cctv.db.identity import DATABASE_FILE, DatabaseForeign, read_identity
from cctv.db.site import Site
from cctv.kernel.volumes import is_disk_full
from cctv.recorder.room import Sample, enough, hours_left, kept_samples, stand
from cctv.recorder.state import DiskSaid, Standing

ASK_AGAIN = timedelta(seconds=30)  # while room is wanted: more footage may be past its min_retention by then


class DiskWatch:
    """Called in a thread of its own; the disk may be slow."""

    def __init__(self, site: Site, free: Callable[[], tuple[int, int]] | None = None) -> None:
        self._site = site
        self._free = free or (lambda: _free_and_total(site))
        self._samples: list[Sample] = []
        self._asked: datetime | None = None
        self.said: DiskSaid | None = None

    def still_there(self) -> None:
        """Raise StorageMissing, MountMissing or DatabaseForeign unless this is still the storage that was opened."""
        found = read_identity(self._site.root)
        if found != self._site.identity:
            raise DatabaseForeign(path=self._site.root, problem="site.json is another one than at the start")
        if not (self._site.root / DATABASE_FILE).exists():
            raise DatabaseForeign(path=self._site.root, problem="it is not there")

    def look(self, reserve_fraction: float) -> DiskSaid:
        """Look once; asks for room where it is wanted.  Raises what `still_there` raises."""
        self.still_there()
        free, total = self._free()
        reserve = int(total * reserve_fraction)
        self._samples = kept_samples(self._samples, Sample(self._site.clock.monotonic(), free))
        before = self.said.standing if self.said else Standing.ENOUGH
        standing = stand(before, free, reserve, exhausted=self._exhausted())
        self._ask(standing, enough(reserve))
        self.said = DiskSaid(free, reserve, standing, hours_left(self._samples, reserve))
        return self.said

    def _exhausted(self) -> bool:
        answer = room_answer(self._site.root) if self._asked else None
        return answer is not None and answer.asked == self._asked and answer.exhausted

    def _ask(self, standing: Standing, wanted: int) -> None:
        now = self._site.clock.now()
        try:
            if standing is Standing.ENOUGH:
                if self._asked is not None or self.said is None:  # at the start: one that a killed recorder left
                    withdraw_request(self._site)
                    self._asked = None
            elif self._asked is None or not timedelta(0) <= now - self._asked < ASK_AGAIN:
                ask_for_room(self._site, RoomWanted(now, wanted))
                self._asked = now
        except OSError as error:
            if not is_disk_full(error):
                raise


def free_bytes(site: Site) -> int:
    """How much room the storage's disk has now; 0 where it cannot be asked."""
    try:
        return shutil.disk_usage(site.root).free
    except OSError:
        return 0


def _free_and_total(site: Site) -> tuple[int, int]:
    usage = shutil.disk_usage(site.root)
    return usage.free, usage.total
