"""Clocks: the night when summer time begins or ends, a clock that is set, and one that drifts against the camera's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import simrig
from recording import PATIENCE, Recorder, Take

from cctv.audit.log import audit_entries
from cctv.config.loader import load_settings
from cctv.core.clock import SystemClock, from_us
from cctv.core.durable import DurableFiles
from cctv.db.engine import read_transaction
from cctv.db.storage import open_site
from cctv.model.audit import Act, Actor
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording import segmenter, timeline
from cctv.recording.supervisor import Supervisor

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

LATE = timedelta(seconds=1.5)  # 1 ms here; a busy machine is late, and no clock below is set by as little
CAMERA = CameraId("gevel-1")


class ShiftedClock(SystemClock):
    """The machine's clock, so far off, and so much too fast."""

    def __init__(self, starts: datetime | None = None, rate: float = 1.0) -> None:
        self._begun, self._rate = time.monotonic(), rate
        self.offset = starts - super().now() if starts else timedelta(0)

    def now(self) -> datetime:
        gained = (time.monotonic() - self._begun) * (self._rate - 1)
        return super().now() + self.offset + timedelta(seconds=gained)

    def monotonic(self) -> float:
        return self._begun + (time.monotonic() - self._begun) * self._rate


class Nobody:
    def ready(self, status: str) -> None: ...

    def alive(self, status: str) -> None: ...

    def stopping(self) -> None: ...


def record(recorder: Recorder, clock: SystemClock, *steps: tuple[int, Callable[[], object]]) -> None:
    """Record in this process; each step is taken once so many more segments are there.  The last one ends it.

    A step that answers False was too early: it is taken again after as many segments.
    """
    settings = load_settings(recorder.config, environ={}).settings
    site = open_site(settings, disk=DurableFiles(), clock=clock, actor=Actor("test"))

    async def go() -> None:
        supervisor = Supervisor(site, {}, tell=lambda line: None, notifier=Nobody())
        running = asyncio.create_task(supervisor.run())
        for count, act in steps:
            taken = False
            while not taken:
                wanted = supervisor._cameras[CAMERA].state.segments + count
                deadline = time.monotonic() + PATIENCE
                while supervisor._cameras[CAMERA].state.segments < wanted:
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.05)
                taken = act() is not False
        supervisor.stop()
        await running

    asyncio.run(go())


@contextmanager
def one_camera(streams, make_recorder):
    with simrig.Rig({CAMERA: streams["h264"]}) as rig:
        yield make_recorder({CAMERA: f'rtsp = "{rig.url(CAMERA)}"'})


def nothing() -> None:
    """The end."""


def contiguous(takes: list[Take]) -> bool:
    counters = [counter for take in takes for counter in take.counters]
    return all(later == earlier + 1 for earlier, later in pairwise(counters))


def recorded_across(leap: datetime, streams, make_recorder) -> tuple[ShiftedClock, list[Take]]:
    """A recording that begins before `leap` and ends after it; a machine that is late to begin gets more time."""
    for seconds in (5, 20, 60):
        with one_camera(streams, make_recorder) as recorder:
            clock = ShiftedClock(leap - timedelta(seconds=seconds))
            record(recorder, clock, (2, lambda now=clock.now: now() > leap + LATE))
        takes = recorder.takes(CAMERA)
        if from_us(takes[0].start_us) < leap:
            return clock, takes
    raise AssertionError(f"after {seconds} s nothing was recorded yet")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_summer_time_begins_and_ends_without_a_seam(streams, make_recorder, monkeypatch, day):
    monkeypatch.setattr(segmenter, "DRIFT_CHECK_SECONDS", 3600.0)  # a late machine looks like a drift
    leap = datetime.fromisoformat(f"{day}T01:00:00+00:00")  # of local time

    clock, takes = recorded_across(leap, streams, make_recorder)

    assert len({take.run for take in takes}) == 1
    assert contiguous(takes)
    assert from_us(takes[0].start_us) < leap < from_us(takes[-1].end_us)
    assert [take.path.name for take in takes] == sorted({take.path.name for take in takes})
    assert all(abs(later.start_us - earlier.end_us) < 1000 for earlier, later in pairwise(takes))
    for take in takes:
        assert abs(from_us(take.start_us) - from_us(take.scan.frames[0].sent_us) - clock.offset) < LATE


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1), timedelta(seconds=-4)])
def test_a_clock_that_is_set_begins_a_run_that_tells_the_new_time(streams, make_recorder, step):
    clock = ShiftedClock(datetime(2026, 11, 21, 12, tzinfo=UTC))
    offsets = [clock.offset, clock.offset + step]

    def set_clock() -> None:
        clock.offset += step

    with one_camera(streams, make_recorder) as recorder:
        record(recorder, clock, (2, set_clock), (3, nothing))

    takes = sorted(recorder.takes(CAMERA), key=lambda take: take.run)
    runs = sorted({take.run for take in takes})
    assert len(runs) == 2
    for take in takes:
        off = offsets[runs.index(take.run)]
        assert abs(from_us(take.start_us) - from_us(take.scan.frames[0].sent_us) - off) < LATE
    first, *_ = recorder.gaps(CAMERA)
    if step > timedelta(0):
        assert first.cause is GapCause.CLOCK_STEP
        assert first.end - first.start > step - timedelta(seconds=1)
    with read_transaction(recorder.site().engine) as connection:
        stopped = [entry for entry, _ in audit_entries(connection, act=Act.RECORDING_STOPPED)]
    assert stopped[0].facts["cause"] == GapCause.CLOCK_STEP.value


@pytest.mark.parametrize("is_paced", [False, True], ids=["by new runs", "by its pace"])
def test_a_camera_whose_clock_drifts_is_dated_by_arrival_without_losing_a_picture(
    streams, make_recorder, monkeypatch, is_paced
):
    monkeypatch.setattr(segmenter, "DRIFT_CHECK_SECONDS", 2.0 if not is_paced else 3600.0)
    if not is_paced:
        monkeypatch.setattr(timeline, "_MOST_LATE_SECONDS", 3600.0)  # so much drift would be no clock's
    monkeypatch.setattr(segmenter, "_MAX_LEAP_SECONDS", 60.0)  # two seconds of a busy machine may all be late
    clock = ShiftedClock(rate=1.2)  # two fifths of a second in a segment of two
    with one_camera(streams, make_recorder) as recorder:
        record(recorder, clock, (9, nothing))

    takes = recorder.takes(CAMERA)
    assert contiguous(takes)
    assert (len({take.run for take in takes}) >= 3) is not is_paced
    for take in takes:  # without that, the last one would be 3 s off
        gained = (take.scan.frames[0].sent_us / 1e6 - (time.time() - time.monotonic()) - clock._begun) * (
            clock._rate - 1
        )
        assert abs(from_us(take.start_us) - from_us(take.scan.frames[0].sent_us) - timedelta(seconds=gained)) < LATE
    *between, _ = recorder.gaps(CAMERA)
    assert all(gap.cause is GapCause.CLOCK_STEP and gap.end - gap.start < LATE for gap in between)
