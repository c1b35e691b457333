"""Room on the disk: how long it lasts, when to ask for more, when recording has to stop and when it may go on.

Pure decisions.  Deletes nothing and asks for nothing itself.

The disk, looked at every two seconds: is it still this storage, how much room is left, what did the sweeper answer.

Owns when room is asked for and recorder.json's part on the disk.  Decides by `room`; deletes nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.cameras.errors import CameraDown
from cctv.core.errors import CctvError, Exit
from cctv.core.filesystem import is_disk_full
from cctv.db.identity import DATABASE_FILE, DatabaseForeign, read_identity
from cctv.db.storage import Storage
from cctv.footage.space_requests import RoomWanted, ask_for_room, room_answer, withdraw_request
from cctv.model.footage import GapCause
from cctv.recording.state import DiskStatus, SpaceLevel

_MORE = 10  # a tenth of the reserve more than is missing is asked for, so that it is not asked for every minute
_LEAST = 2  # below half the reserve recording stops, whatever the sweeper does; the index needs room to delete
WINDOW = timedelta(hours=6)  # the rate of the last hours, day and night apart
_SURE_AFTER = timedelta(minutes=1)  # a rate of less is that of one segment


class StorageFull(CctvError):
    """Recording stopped: the disk of the storage is full ({free} bytes free). What was received stays in incoming/.

    next: make room (`cctv hold list` shows what may not go), then `cctv record` (or `systemctl restart cctv-record`).
    """

    exit_code = Exit.STORAGE_FULL


class DiskFull(CameraDown):
    """{camera} is not recorded: the disk is full.

    next: `cctv status` tells what is free; a release of holds that are no longer needed, or a larger disk, makes room.
    """

    exit_code = Exit.STORAGE_FULL
    cause = GapCause.STORAGE_FULL


@dataclass(frozen=True, slots=True)
class SpaceSample:
    """How much was free at an instant of the clock that nobody sets."""

    at: float  # seconds
    free: int


def free_target_bytes(reserve: int) -> int:
    """How much shall be free once the sweeper has made room."""
    return reserve + reserve // _MORE


def next_space_level(before: SpaceLevel, free: int, reserve: int, *, exhausted: bool) -> SpaceLevel:
    """The next standing; `exhausted` says that the sweeper found nothing that may go early.

    Room is asked for from the reserve on.  Recording stops when nothing may go, or at half the reserve; it goes on when
    the whole reserve is there again.
    """
    if free >= free_target_bytes(reserve):
        return SpaceLevel.ENOUGH
    if before is SpaceLevel.FULL:
        return SpaceLevel.WANTED if free >= reserve else SpaceLevel.FULL
    if free < reserve // _LEAST or (free < reserve and exhausted):
        return SpaceLevel.FULL
    return SpaceLevel.WANTED if free < reserve else before


def hours_left(samples: Sequence[SpaceSample], reserve: int) -> float | None:
    """Until the reserve is reached, at the rate at which the disk filled over the samples, oldest first.

    What expires meanwhile is in the rate, and so is what other programs write.
    """
    if len(samples) < 2 or samples[-1].at - samples[0].at < _SURE_AFTER.total_seconds():
        return None
    first, last = samples[0], samples[-1]
    shrunk = first.free - last.free
    if shrunk <= 0:
        return None
    return max(0.0, (last.free - reserve) / (shrunk / (last.at - first.at)) / 3600)


def kept_samples(samples: Sequence[SpaceSample], new: SpaceSample) -> list[SpaceSample]:
    """The samples of the window, one a minute."""
    recent = [one for one in samples if new.at - one.at <= WINDOW.total_seconds()]
    if len(recent) >= 2 and new.at - recent[-2].at < _SURE_AFTER.total_seconds():
        recent.pop()
    return [*recent, new]


ASK_AGAIN = timedelta(seconds=30)  # while room is wanted: more footage may be past its min_retention by then


class DiskWatch:
    """Called in a thread of its own; the disk may be slow."""

    def __init__(self, site: Storage, free: Callable[[], tuple[int, int]] | None = None) -> None:
        self._site = site
        self._free = free or (lambda: _free_and_total(site))
        self._samples: list[SpaceSample] = []
        self._asked: datetime | None = None
        self.said: DiskStatus | None = None

    def still_there(self) -> None:
        """Raise StorageMissing, MountMissing or DatabaseForeign unless this is still the storage that was opened."""
        found = read_identity(self._site.root)
        if found != self._site.identity:
            raise DatabaseForeign(path=self._site.root, problem="site.json is another one than at the start")
        if not (self._site.root / DATABASE_FILE).exists():
            raise DatabaseForeign(path=self._site.root, problem="it is not there")

    def look(self, reserve_fraction: float) -> DiskStatus:
        """Look once; asks for room where it is wanted.  Raises what `still_there` raises."""
        self.still_there()
        free, total = self._free()
        reserve = int(total * reserve_fraction)
        self._samples = kept_samples(self._samples, SpaceSample(self._site.clock.monotonic(), free))
        before = self.said.standing if self.said else SpaceLevel.ENOUGH
        standing = next_space_level(before, free, reserve, exhausted=self._exhausted())
        self._ask(standing, free_target_bytes(reserve))
        self.said = DiskStatus(free, reserve, standing, hours_left(self._samples, reserve))
        return self.said

    def _exhausted(self) -> bool:
        answer = room_answer(self._site.root) if self._asked else None
        return answer is not None and answer.asked == self._asked and answer.exhausted

    def _ask(self, standing: SpaceLevel, wanted: int) -> None:
        now = self._site.clock.now()
        try:
            if standing is SpaceLevel.ENOUGH:
                if self._asked is not None or self.said is None:  # at the start: one that a killed recorder left
                    withdraw_request(self._site)
                    self._asked = None
            elif self._asked is None or not timedelta(0) <= now - self._asked < ASK_AGAIN:
                ask_for_room(self._site, RoomWanted(now, wanted))
                self._asked = now
        except OSError as error:
            if not is_disk_full(error):
                raise


def free_bytes(site: Storage) -> int:
    """How much room the storage's disk has now; 0 where it cannot be asked."""
    try:
        return shutil.disk_usage(site.root).free
    except OSError:
        return 0


def _free_and_total(site: Storage) -> tuple[int, int]:
    usage = shutil.disk_usage(site.root)
    return usage.free, usage.total
