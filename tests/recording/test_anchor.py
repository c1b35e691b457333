"""Where a run's media time 0 stands in time."""

from datetime import UTC, datetime, timedelta

import pytest

from cctv.recording.segmenter import Anchoring, segment_span

SENT = 5000.0  # when the picture of media time 0 was sent, by the clock that nobody sets


def heard(anchoring: Anchoring, frame_time: float, *, pictures: int = 50, delays: dict[int, float] | None = None):
    """Pictures whose first packets are read when they were sent, or later."""
    for number in range(pictures):
        late = (delays or {}).get(number, 0.0003)
        anchoring.hear(SENT + number * frame_time + late, number * frame_time)


@pytest.mark.parametrize("frame_time", [0.02, 0.04, 0.08, 0.2])
def test_the_anchor_is_the_send_time_at_any_frame_rate(frame_time):
    anchoring = Anchoring()

    heard(anchoring, frame_time)

    assert anchoring.earliest == pytest.approx(SENT + 0.0003)


def test_pictures_that_come_late_do_not_move_the_anchor():
    anchoring = Anchoring()

    heard(anchoring, 0.04, delays={number: 0.9 for number in range(50) if number != 31})

    assert anchoring.earliest == pytest.approx(SENT + 0.0003)


def test_a_burst_of_stored_pictures_at_the_start_does_not_move_the_anchor():
    anchoring = Anchoring()
    for number in range(25):  # a second of footage at once, sent as the camera's oldest key picture asks
        anchoring.hear(SENT + 1.0, number * 0.04)
    for number in range(25, 50):
        anchoring.hear(SENT + number * 0.04, number * 0.04)

    assert anchoring.earliest == pytest.approx(SENT)


def test_an_uneven_frame_rate_does_not_move_the_anchor():
    anchoring, at = Anchoring(), 0.0
    for number in range(40):
        step = 0.04 if number % 3 else 0.5
        anchoring.hear(SENT + at, at)
        at += step

    assert anchoring.earliest == pytest.approx(SENT)


def test_a_single_picture_is_anchored_by_its_own_arrival():
    anchoring = Anchoring()
    assert anchoring.earliest is None

    anchoring.hear(SENT, 0.0)

    assert anchoring.earliest == pytest.approx(SENT)


def test_a_span_has_a_length_even_for_a_single_frame():
    sent = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert segment_span(sent, 2 * second, 2 * second).duration == timedelta(milliseconds=1)
    assert segment_span(sent, 2 * second, 4 * second).start == sent + 2 * second
