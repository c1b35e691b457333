"""A disk that fills: how long it lasts, when room is asked for, when recording stops and when it goes on."""

from __future__ import annotations

import asyncio
import errno
import threading
from datetime import timedelta

import pytest

from cctv.core.filesystem import is_disk_full
from cctv.db.identity import SITE_FILE, StorageMissing
from cctv.footage.space_requests import RoomAnswer, answer_room, room_wanted
from cctv.recording.disk_space import DiskWatch, SpaceSample, hours_left, kept_samples, next_space_level
from cctv.recording.state import SpaceLevel
from cctv.recording.workers import Worker

GB = 1_000_000_000


def test_the_forecast_is_the_time_until_the_reserve_is_reached():
    samples = [SpaceSample(0, 100 * GB), SpaceSample(3600, 98 * GB)]

    assert hours_left(samples, reserve=50 * GB) == pytest.approx(24)
    assert hours_left(samples, reserve=99 * GB) == 0


@pytest.mark.parametrize("free", [[100], [100, 100], [100, 120]])
def test_a_disk_that_does_not_fill_has_no_forecast(free):
    assert (
        hours_left([SpaceSample(3600 * hour, gigabytes * GB) for hour, gigabytes in enumerate(free)], reserve=0) is None
    )


def test_a_rate_is_that_of_the_last_hours_and_kept_small():
    samples: list[SpaceSample] = []
    for second in range(0, 10 * 3600, 2):
        samples = kept_samples(samples, SpaceSample(second, 1000 * GB - second))

    assert samples[-1].at - samples[0].at == pytest.approx(6 * 3600, abs=120)
    assert len(samples) < 400


@pytest.mark.parametrize(
    ("before", "free", "exhausted", "after"),
    [
        (SpaceLevel.ENOUGH, 120, False, SpaceLevel.ENOUGH),
        (SpaceLevel.ENOUGH, 105, False, SpaceLevel.ENOUGH),
        (SpaceLevel.ENOUGH, 99, False, SpaceLevel.WANTED),
        (SpaceLevel.WANTED, 105, False, SpaceLevel.WANTED),  # until what was asked for is there
        (SpaceLevel.WANTED, 110, False, SpaceLevel.ENOUGH),
        (SpaceLevel.WANTED, 99, True, SpaceLevel.FULL),  # only held or guarded footage is left
        (SpaceLevel.WANTED, 101, True, SpaceLevel.WANTED),
        (SpaceLevel.WANTED, 49, False, SpaceLevel.FULL),  # no sweeper runs
        (SpaceLevel.FULL, 99, False, SpaceLevel.FULL),
        (SpaceLevel.FULL, 100, False, SpaceLevel.WANTED),
        (SpaceLevel.FULL, 110, False, SpaceLevel.ENOUGH),
    ],
)
def test_recording_stops_when_nothing_may_go_and_goes_on_when_the_reserve_is_back(before, free, exhausted, after):
    assert next_space_level(before, free, 100, exhausted=exhausted) is after


def test_the_recorder_asks_the_sweeper_and_takes_the_request_back(site, clock):
    opened, free = site.open(), [200]
    watch = DiskWatch(opened, lambda: (free[0], 1000))
    assert watch.poll(0.1).standing is SpaceLevel.ENOUGH
    assert room_wanted(site.root) is None

    free[0] = 90
    assert watch.poll(0.1).standing is SpaceLevel.WANTED
    wanted = room_wanted(site.root)
    assert (wanted.asked, wanted.free_bytes) == (clock.now(), 110)
    answer_room(opened, RoomAnswer(wanted.asked, 0, exhausted=True))
    assert watch.poll(0.1).standing is SpaceLevel.FULL

    clock.advance(seconds=31)
    watch.poll(0.1)
    assert room_wanted(site.root).asked == clock.now()
    free[0] = 150
    assert watch.poll(0.1).standing is SpaceLevel.ENOUGH
    assert room_wanted(site.root) is None


def test_an_answer_to_an_older_request_is_none(site, clock):
    opened = site.open()
    watch = DiskWatch(opened, lambda: (90, 1000))
    answer_room(opened, RoomAnswer(clock.now() - timedelta(hours=1), 0, exhausted=True))
    watch.poll(0.1)

    assert watch.poll(0.1).standing is SpaceLevel.WANTED


def test_a_storage_that_is_gone_is_not_written_to(site):
    watch = DiskWatch(site.open(), lambda: (0, 1000))
    (site.root / SITE_FILE).unlink()
    before = sorted(site.root.rglob("*"))

    with pytest.raises(StorageMissing):
        watch.poll(0.1)
    assert sorted(site.root.rglob("*")) == before


def test_what_finds_no_room_waits_for_it_in_order():
    done: list[str] = []
    room = threading.Event()

    def first() -> None:
        if not room.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        done.append("first")

    async def work() -> None:
        worker = Worker(lambda error: done.append(str(error)), is_disk_full)
        jobs = [worker.submit(first), worker.submit(done.append, "second")]
        while not worker.waits_for_space:
            await asyncio.sleep(0.01)
        room.set()
        await asyncio.gather(*jobs)
        worker.close()

    asyncio.run(work())

    assert done == ["first", "second"]
