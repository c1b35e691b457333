"""Disk space: how long it lasts, when more is requested, when recording stops and when it resumes.

`DiskWatch` polls the disk every two seconds: is it still this storage, how much is free, what did the sweeper answer to
a request.  Responsible for when space is requested and for the disk's part of recorder.json.  The decisions are pure
functions.  Deletes nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.cameras.errors import CameraDown
from cctv.config.schema import Settings
from cctv.core.errors import CctvError, Exit
from cctv.core.filesystem import is_disk_full
from cctv.core.time_range import Span
from cctv.db.identity import DATABASE_FILE, DatabaseForeign, read_identity
from cctv.db.storage import Storage
from cctv.footage.segments import segments_of
from cctv.footage.space_requests import RoomWanted, ask_for_room, room_answer, withdraw_request
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.state import DiskStatus, SpaceLevel

_EXTRA_DIVISOR = 10  # a tenth of the reserve more than missing, so that space is not requested every minute
_STOP_DIVISOR = 2  # below half the reserve recording stops, whatever the sweeper does; the index needs space to delete
RATE_WINDOW = timedelta(hours=6)  # the rate of the last hours, day and night apart
_MIN_SAMPLE_SPAN = timedelta(minutes=1)  # a rate of less is that of one segment
_FORECAST_SPAN = timedelta(days=1)  # day and night
_LEAST_FOOTAGE = timedelta(hours=1)
REQUEST_PERIOD = timedelta(seconds=30)  # while space is needed: more footage may be past its min_retention by then


@dataclass(frozen=True, slots=True)
class FootageRate:
    """What a camera recorded in the last day, and for how long its footage stays."""

    camera: CameraId
    recorded: timedelta
    size_bytes: int
    limit: timedelta


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
    """Free bytes at an instant of the monotonic clock."""

    at: float  # seconds
    free: int


class DiskWatch:
    """Polls the disk; used in a thread of its own, since the disk may be slow.  `status` is the last result."""

    def __init__(self, site: Storage, free: Callable[[], tuple[int, int]] | None = None) -> None:
        self._site = site
        self._free = free or (lambda: _free_and_total(site))
        self._samples: list[SpaceSample] = []
        self._requested_at: datetime | None = None
        self.status: DiskStatus | None = None

    def require_same_storage(self) -> None:
        """Raise StorageMissing, MountMissing or DatabaseForeign unless this is still the storage that was opened."""
        identity = read_identity(self._site.root)
        if identity != self._site.identity:
            raise DatabaseForeign(path=self._site.root, problem="site.json is another one than at the start")
        if not (self._site.root / DATABASE_FILE).exists():
            raise DatabaseForeign(path=self._site.root, problem="it is not there")

    def poll(self, reserve_fraction: float) -> DiskStatus:
        """Poll once and request space if needed.  Raises what `require_same_storage` raises."""
        self.require_same_storage()
        free, total = self._free()
        reserve = int(total * reserve_fraction)
        self._samples = kept_samples(self._samples, SpaceSample(self._site.clock.monotonic(), free))
        before = self.status.standing if self.status else SpaceLevel.ENOUGH
        standing = next_space_level(before, free, reserve, exhausted=self._exhausted())
        self._request_space(standing, free_target_bytes(reserve))
        self.status = DiskStatus(free, reserve, standing, hours_left(self._samples, reserve))
        return self.status

    def _exhausted(self) -> bool:
        answer = room_answer(self._site.root) if self._requested_at else None
        return answer is not None and answer.asked == self._requested_at and answer.exhausted

    def _request_space(self, standing: SpaceLevel, target_bytes: int) -> None:
        now = self._site.clock.now()
        try:
            if standing is SpaceLevel.ENOUGH:
                if (
                    self._requested_at is not None or self.status is None
                ):  # at the start: one that a killed recorder left
                    withdraw_request(self._site)
                    self._requested_at = None
            elif self._requested_at is None or not timedelta(0) <= now - self._requested_at < REQUEST_PERIOD:
                ask_for_room(self._site, RoomWanted(now, target_bytes))
                self._requested_at = now
        except OSError as error:
            if not is_disk_full(error):
                raise


def free_target_bytes(reserve: int) -> int:
    """The bytes that shall be free once the sweeper has deleted footage."""
    return reserve + reserve // _EXTRA_DIVISOR


def next_space_level(before: SpaceLevel, free: int, reserve: int, *, exhausted: bool) -> SpaceLevel:
    """Return the next level; `exhausted` means that the sweeper found nothing that may be deleted early.

    Space is requested below the reserve.  Recording stops when nothing may be deleted, or at half the reserve; it
    resumes when the whole reserve is free again.
    """
    if free >= free_target_bytes(reserve):
        return SpaceLevel.ENOUGH
    if before is SpaceLevel.FULL:
        return SpaceLevel.WANTED if free >= reserve else SpaceLevel.FULL
    if free < reserve // _STOP_DIVISOR or (free < reserve and exhausted):
        return SpaceLevel.FULL
    return SpaceLevel.WANTED if free < reserve else before


def hours_left(samples: Sequence[SpaceSample], reserve: int) -> float | None:
    """Hours until the reserve is reached, at the rate at which the disk filled over the samples, oldest first.

    None while the disk does not fill, or the samples span less than a minute.

    What expires meanwhile is in the rate, and so is what other programs write.
    """
    if len(samples) < 2 or samples[-1].at - samples[0].at < _MIN_SAMPLE_SPAN.total_seconds():
        return None
    first, last = samples[0], samples[-1]
    shrunk = first.free - last.free
    if shrunk <= 0:
        return None
    return max(0.0, (last.free - reserve) / (shrunk / (last.at - first.at)) / 3600)


def footage_rates(connection: Connection, settings: Settings, now: datetime) -> list[FootageRate]:
    """What each camera recorded in the last day."""
    rates = []
    for camera in settings.cameras.values():
        segments = segments_of(connection, camera.id, Span(now - _FORECAST_SPAN, now))
        recorded = sum((segment.span.duration for segment in segments), timedelta(0))
        size = sum(segment.size_bytes for segment in segments)
        rates.append(FootageRate(camera.id, recorded, size, settings.limit_for(camera.zone)))
    return rates


def share_of_limits(rates: Sequence[FootageRate], space: int) -> float | None:
    """The share of what the limits need that fits into `space` bytes, at the rates of the last day.

    None where hardly anything was recorded.
    """
    if not any(rate.recorded >= _LEAST_FOOTAGE for rate in rates):
        return None
    needed = sum(rate.size_bytes * (rate.limit / _FORECAST_SPAN) for rate in rates)
    return space / needed if needed else None


def kept_samples(samples: Sequence[SpaceSample], new: SpaceSample) -> list[SpaceSample]:
    """The samples of the window, one a minute."""
    recent = [sample for sample in samples if new.at - sample.at <= RATE_WINDOW.total_seconds()]
    if len(recent) >= 2 and new.at - recent[-2].at < _MIN_SAMPLE_SPAN.total_seconds():
        recent.pop()
    return [*recent, new]


def free_bytes(site: Storage) -> int:
    """The free bytes of the storage's disk; 0 when it cannot be read."""
    try:
        return shutil.disk_usage(site.root).free
    except OSError:
        return 0


def _free_and_total(site: Storage) -> tuple[int, int]:
    usage = shutil.disk_usage(site.root)
    return usage.free, usage.total
