"""What is kept of a run: its policy, its end, and by how much the camera's own clock was off."""

from datetime import timedelta

import pytest

from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.footage.runs import begin_run, end_run, note_clock_offset, runs_of
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId

CAMERA = CameraId("gevel-1")


@pytest.mark.parametrize("offset", [timedelta(seconds=-90, microseconds=7), timedelta(0), timedelta(days=9000)])
def test_the_clock_of_the_camera_is_kept_with_its_run(site, clock, offset):
    opened = site.open()
    run = begin_run(opened, CAMERA)
    note_clock_offset(opened, run, offset)
    clock.advance(minutes=1)
    end_run(opened, run, clock.now(), GapCause.STALLED)
    silent = begin_run(opened, CAMERA)

    with read_transaction(opened.engine) as connection:
        first, second = runs_of(connection, CAMERA, Span(run.started, clock.now() + timedelta(hours=1)))
        earlier = runs_of(connection, CAMERA, Span(run.started - timedelta(hours=1), run.started))

    assert (first.id, first.clock_offset, first.ended) == (run.id, offset, silent.started)
    assert (second.id, second.clock_offset, second.ended) == (silent.id, None, None)
    assert earlier == []
