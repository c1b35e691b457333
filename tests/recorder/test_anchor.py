"""Where a run's media time 0 stands in wall time."""

from datetime import UTC, datetime, timedelta

import pytest

from cctv.recorder.anchor import Anchoring, Report, span_of

SENT = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)  # when the frame of media time 0 was sent


def ms(count: float) -> timedelta:
    return timedelta(milliseconds=count)


def heard(anchoring: Anchoring, frame_time: float, *, frames: int = 50, delays: dict[int, float] | None = None) -> None:
    """Reports as ffmpeg gives them: of every frame, a frame time after it was sent, or later still."""
    for count in range(1, frames + 1):
        media = ms((count - 1) * frame_time)
        late = ms((delays or {}).get(count, 0.3))
        anchoring.hear(Report(SENT + media + ms(frame_time) + late, media, count))


@pytest.mark.parametrize("frame_time", [20, 40, 80, 200])
def test_the_anchor_is_the_send_time_at_any_frame_rate(frame_time):
    anchoring = Anchoring()

    heard(anchoring, frame_time)

    assert anchoring.frame_time == ms(frame_time)
    assert anchoring.anchor() == SENT + ms(0.3)


def test_reports_that_come_late_do_not_move_the_anchor():
    anchoring = Anchoring()

    heard(anchoring, 40, delays={count: 900.0 for count in range(1, 50) if count != 31})

    assert anchoring.anchor() == SENT + ms(0.3)


def test_a_burst_of_stored_frames_at_the_start_does_not_move_the_anchor():
    anchoring = Anchoring()
    for count in range(1, 26):  # a second of footage at once, sent as the camera's oldest key frame asks
        anchoring.hear(Report(SENT + ms(1000) + ms(40), ms((count - 1) * 40), count))
    for count in range(26, 50):
        anchoring.hear(Report(SENT + ms((count - 1) * 40 + 40), ms((count - 1) * 40), count))

    assert anchoring.anchor() == SENT


def test_a_first_frame_that_shares_its_time_with_the_second_is_given_its_own():
    anchoring = Anchoring()
    for count in range(1, 50):
        media = ms(max(0, count - 2) * 40)
        anchoring.hear(Report(SENT + media + ms(40), media, count))

    assert anchoring.lead_in == ms(40)
    assert anchoring.anchor() == SENT


def test_a_stream_that_begins_well_has_no_lead_in():
    anchoring = Anchoring()

    heard(anchoring, 40)

    assert anchoring.lead_in == ms(0)


def test_without_a_report_the_list_line_anchors_the_run():
    assert Anchoring().anchor() is None
    assert Anchoring().anchor(line_arrived=SENT + ms(2045), line_end=ms(2000)) == SENT


def test_a_span_has_a_length_even_for_a_single_frame():
    assert span_of(SENT, ms(2000), ms(2000)).duration == ms(1)
    assert span_of(SENT, ms(2000), ms(4000)).start == SENT + ms(2000)
