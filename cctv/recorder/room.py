"""Room on the disk: how long it lasts, when to ask for more, when recording has to stop and when it may go on.

Pure decisions.  Deletes nothing and asks for nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cctv.cameras import CameraDown
from cctv.kernel.errors import CctvError, Exit
from cctv.model.footage import GapCause
from cctv.recorder.state import Standing

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
class Sample:
    """How much was free at an instant of the clock that nobody sets."""

    at: float  # seconds
    free: int


def enough(reserve: int) -> int:
    """How much shall be free once the sweeper has made room."""
    return reserve + reserve // _MORE


def stand(before: Standing, free: int, reserve: int, *, exhausted: bool) -> Standing:
    """The next standing; `exhausted` says that the sweeper found nothing that may go early.

    Room is asked for from the reserve on.  Recording stops when nothing may go, or at half the reserve; it goes on when
    the whole reserve is there again.
    """
    if free >= enough(reserve):
        return Standing.ENOUGH
    if before is Standing.FULL:
        return Standing.WANTED if free >= reserve else Standing.FULL
    if free < reserve // _LEAST or (free < reserve and exhausted):
        return Standing.FULL
    return Standing.WANTED if free < reserve else before


def hours_left(samples: Sequence[Sample], reserve: int) -> float | None:
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


def kept_samples(samples: Sequence[Sample], new: Sample) -> list[Sample]:
    """The samples of the window, one a minute."""
    recent = [one for one in samples if new.at - one.at <= WINDOW.total_seconds()]
    if len(recent) >= 2 and new.at - recent[-2].at < _SURE_AFTER.total_seconds():
        recent.pop()
    return [*recent, new]
