"""The line in the picture, and the clock in it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from cctv.redaction.render.caption import CLOCK, CaptionTime, Line, caption
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.yuv import Planes

BRUSSELS = ZoneInfo("Europe/Brussels")


def test_the_clock_runs_through_the_hour_that_comes_twice():
    clock = CaptionTime(datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), BRUSSELS)

    assert clock.at(0) == "25/10/2026 02:59:59 CEST"
    assert clock.at(1_040_000) == "25/10/2026 02:00:00 CET"


def test_each_frame_carries_its_own_second():
    start = datetime(2026, 11, 1, 10, tzinfo=UTC)
    line = caption(
        Line(f"REQ-2026-001 {CLOCK}: x", CaptionTime(start, BRUSSELS)),
        Size(640, 480),
        NOTHING_KEPT,
        [0, 40_000, 1_000_000],
    )
    assert line is not None
    shown = []
    for frame in range(3):
        planes = Planes(np.zeros((480, 640), np.uint8), *np.full((2, 240, 320), 90, np.uint8))
        line.draw(planes, frame)
        shown.append(planes.y.copy())

    assert line.texts[0] == line.texts[1] == "REQ-2026-001 01/11/2026 11:00:00 CET: x"
    assert np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[1], shown[2])
