"""The clock watch and recorder.json."""

from datetime import UTC, datetime, timedelta

import pytest

from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.state import CameraState, Phase, RecorderState, read_state, write_state
from cctv.recording.supervisor import ClockWatch

AT = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("set_to", "step"), [("2026-11-01 12:00:03", 3), ("2026-11-01 11:00", -3600), ("2026-11-01 12:00:01", None)]
)
def test_a_clock_that_is_set_by_two_seconds_or_more_is_seen_once(clock, set_to, step):
    watch = ClockWatch(clock)
    clock.set(set_to)

    assert watch.step() == (timedelta(seconds=step) if step is not None else None)
    assert watch.step() is None


def test_time_that_passes_is_no_step(clock):
    watch = ClockWatch(clock)
    clock.advance(hours=3)

    assert watch.step() is None


def test_the_state_is_read_as_it_was_written(tmp_path):
    cameras = {
        CameraId("gevel-1"): CameraState(Phase.RECORDING, AT, AT, None, None, 4, 1000),
        CameraId("foyer-1"): CameraState(Phase.WAITING, AT, None, GapCause.UNAUTHORISED, "it refuses"),
    }
    state = RecorderState(17, AT, cameras)

    write_state(tmp_path, state)

    assert read_state(tmp_path) == state
    assert [path.name for path in tmp_path.iterdir()] == ["recorder.json"]


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 2}', "[]", '{"schema": 1, "cameras": 3}'])
def test_a_file_that_is_no_state_is_none(tmp_path, text):
    (tmp_path / "recorder.json").write_text(text)

    assert read_state(tmp_path) is None


def test_where_no_recorder_ever_ran_there_is_no_state(tmp_path):
    assert read_state(tmp_path) is None
