"""The times that pictures get, whatever the camera says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.recording.timeline import Timeline, Times, TimesBroken

RATE = 90_000
FRAME = 3600


def placed(stamps: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    timeline = Timeline(RATE)
    return [tuple(timeline.place(pts, dts)) for pts, dts in stamps]


def arrived(stamps: list[int], heard: list[float]) -> list[Times]:
    timeline = Timeline(RATE)
    return [timeline.place(stamp, stamp, at) for at, stamp in zip(heard, stamps, strict=True)]


def both(*values: int) -> list[tuple[int, int]]:
    return [(value, value) for value in values]


def test_times_count_from_the_first_picture():
    assert placed(both(7000, 7000 + FRAME, 7000 + 2 * FRAME)) == [(0, 0, 0), (FRAME, FRAME, 0), (2 * FRAME,) * 2 + (0,)]


def test_pictures_in_another_order_than_they_are_shown_keep_both_times():
    stamps = [(2 * FRAME, 0), (6 * FRAME, FRAME), (4 * FRAME, 2 * FRAME), (3 * FRAME, 3 * FRAME)]

    assert [(pts - dts, dts) for pts, dts, _ in placed(stamps)] == [
        (2 * FRAME, 0),
        (5 * FRAME, FRAME),
        (2 * FRAME, 2 * FRAME),
        (0, 3 * FRAME),
    ]


@pytest.mark.parametrize("delay", [-FRAME, 11 * RATE])
def test_a_picture_that_is_shown_long_after_it_is_decoded_or_before_is_shown_at_once(delay):
    assert [pts - dts for pts, dts, _ in placed([(delay, 0), (FRAME + delay, FRAME)])] == [0, 0]


def test_missing_pictures_are_a_hole_that_begins_where_the_last_one_ends():
    *_, last = placed(both(0, FRAME, 2 * FRAME, 2 * FRAME + RATE))

    assert last == (2 * FRAME + RATE, 2 * FRAME + RATE, RATE - FRAME)


def test_a_slow_camera_has_no_holes():
    assert all(hole == 0 for *_, hole in placed(both(*range(0, 20 * RATE, RATE))))


def test_a_clock_that_is_set_back_ends_the_run():
    with pytest.raises(TimesBroken):
        placed(both(0, FRAME, 100 * RATE, 50 * RATE, 50 * RATE + FRAME))


@pytest.mark.parametrize("hours", [-5, 5])
def test_one_picture_stamped_hours_off_follows_the_one_before_it(hours):
    stamps = [number * FRAME + (hours * 3600 * RATE if number == 30 else 0) for number in range(60)]

    times = arrived(stamps, [number * 0.04 for number in range(60)])

    assert [(one.dts, one.hole) for one in times] == [(number * FRAME, 0) for number in range(60)]


def test_times_that_stay_ahead_of_their_arrival_end_the_run():
    stamps = [number * FRAME + (3600 * RATE if number >= 30 else 0) for number in range(60)]
    with pytest.raises(TimesBroken):
        arrived(stamps, [number * 0.04 for number in range(60)])


def test_a_pause_is_a_hole_whose_length_the_arrivals_confirm():
    late = [5.0 if number >= 30 else 0.0 for number in range(60)]
    stamps = [number * FRAME + round(late[number] * RATE) for number in range(60)]

    times = arrived(stamps, [number * 0.04 + late[number] for number in range(60)])

    assert [one.hole for one in times if one.hole] == [5 * RATE]
    assert times[-1].dts == 59 * FRAME + 5 * RATE


HOUR = 3600


@pytest.mark.parametrize("naps", [0.0, 0.17])
@pytest.mark.parametrize("sent", [21, 29, 24.5, 25.6])
def test_a_camera_that_stamps_25_pictures_a_second_and_sends_others_is_dated_by_arrival_for_an_hour(sent, naps):
    count = HOUR * round(sent)
    sent_at = [number / sent for number in range(count)]
    heard = [at if not naps or at < 4 else -(-at // naps) * naps for at in sent_at]

    times = arrived([number * FRAME for number in range(count)], heard)

    anchor = min(at - one.dts / RATE for at, one in zip(sent_at[:75], times, strict=False))
    off = [anchor + one.dts / RATE - at for at, one in zip(sent_at, times, strict=True)]
    assert max(map(abs, off)) < 0.5
    assert all(later.dts > earlier.dts for earlier, later in pairwise(times))
    assert not any(one.hole for one in times)


def test_thousands_of_pictures_of_one_reading_are_remembered_as_one():
    timeline = Timeline(RATE)
    for number in range(5000):
        timeline.place(number, number, 1.0 + number // 1000 / 100)

    assert len(timeline._pace._recent) == 5


@pytest.mark.parametrize("drift", [0, 100e-6, -300e-6])
def test_a_clock_that_drifts_a_network_that_pauses_and_stored_pictures_leave_the_stamps_as_they_are(drift):
    heard = []
    for number in range(HOUR * 25):
        at = number / 25 * (1 + drift)
        at = 1.0 if number < 25 else at
        at = 110.0 if 100 <= at < 110 else at
        heard.append(at if at < 4 else -(-at // 0.17) * 0.17)

    times = arrived([number * FRAME for number in range(HOUR * 25)], heard)

    assert [one.dts for one in times] == [number * FRAME for number in range(HOUR * 25)]


@given(st.lists(st.integers(-RATE // 2, RATE // 2), min_size=1, max_size=30))
def test_times_always_advance_and_no_picture_is_lost(wobbles):
    stamps = [10 * RATE + number * RATE + wobble for number, wobble in enumerate(wobbles)]

    times = [Times(*one) for one in placed(both(*stamps))]

    assert all(later.dts > earlier.dts for earlier, later in pairwise(times))
    assert all(one.pts >= one.dts for one in times)
    assert (times[0].pts, times[0].dts) == (0, 0)
