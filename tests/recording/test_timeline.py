"""The times that pictures get, whatever the camera says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.recording.timeline import Timeline, TimesBroken

RATE = 90_000
FRAME = 3600


def placed(stamps: list[tuple[int | None, int | None]]) -> list[tuple[int, int, int]]:
    timeline, out = Timeline(RATE), []
    for pts, dts in stamps:
        out += timeline.place(pts, dts)
    out += timeline.rest()
    return [(one.pts, one.dts, one.hole) for one in out]


def both(*values: int | None) -> list[tuple[int | None, int | None]]:
    return [(value, value) for value in values]


def test_times_count_from_the_first_picture():
    assert placed(both(7000, 7000 + FRAME, 7000 + 2 * FRAME)) == [(0, 0, 0), (FRAME, FRAME, 0), (2 * FRAME,) * 2 + (0,)]


@pytest.mark.parametrize("unknown", [1, 2, 3])
def test_first_pictures_without_a_time_lie_a_frame_time_apart_before_those_that_have_one(unknown):
    times = placed(both(*[None] * unknown, 9000, 9000 + FRAME, 9000 + 2 * FRAME))

    assert times == [(number * FRAME, number * FRAME, 0) for number in range(unknown + 3)]


def test_pictures_that_never_get_a_time_are_kept_all_the_same():
    assert [dts for _, dts, _ in placed(both(None, None))] == [0, FRAME]


def test_a_picture_without_a_time_in_the_middle_follows_the_one_before():
    assert [dts for _, dts, _ in placed(both(0, FRAME, None, 3 * FRAME))] == [0, FRAME, 2 * FRAME, 3 * FRAME]


def test_pictures_in_another_order_than_they_are_shown_keep_both_times():
    stamps = [(2 * FRAME, 0), (6 * FRAME, FRAME), (4 * FRAME, 2 * FRAME), (3 * FRAME, 3 * FRAME)]

    assert [(pts - dts, dts) for pts, dts, _ in placed(stamps)] == [
        (2 * FRAME, 0),
        (5 * FRAME, FRAME),
        (2 * FRAME, 2 * FRAME),
        (0, 3 * FRAME),
    ]


def test_b_frames_have_their_times_from_the_first_picture_on():
    """As libavformat tells them of a stream with two B-frames: the first without a time, the decoding not at first."""
    stamps = [(None, None), (3, None), (1, None), (2, 1), (6, 2), (4, 3), (5, 4), (9, 5), (7, 6)]

    times = placed([tuple(None if stamp is None else stamp * FRAME for stamp in pair) for pair in stamps])

    assert [dts for _, dts, _ in times] == [number * FRAME for number in range(9)]
    assert [pts // FRAME - 2 for pts, _, _ in times] == [0, 3, 1, 2, 6, 4, 5, 9, 7]
    assert not any(hole for _, _, hole in times)


def test_missing_pictures_are_a_hole_that_begins_where_the_last_one_ends():
    *_, last = placed(both(0, FRAME, 2 * FRAME, 2 * FRAME + RATE))

    assert last == (2 * FRAME + RATE, 2 * FRAME + RATE, RATE - FRAME)


def test_a_slow_camera_has_no_holes():
    assert all(hole == 0 for *_, hole in placed(both(*range(0, 20 * RATE, RATE))))


def test_a_clock_that_is_set_back_ends_the_run():
    with pytest.raises(TimesBroken):
        placed(both(0, FRAME, 100 * RATE, 50 * RATE))


@given(st.lists(st.one_of(st.none(), st.integers(-RATE // 2, RATE // 2)), min_size=1, max_size=30))
def test_times_always_advance_and_no_picture_is_lost(wobbles):
    stamps = [None if wobble is None else 10 * RATE + number * RATE + wobble for number, wobble in enumerate(wobbles)]

    timeline, times = Timeline(RATE), []
    try:
        for stamp in stamps:
            times += timeline.place(stamp, stamp)
        times += timeline.rest()
        assert len(times) == len(stamps)
    except TimesBroken:  # too many times were guessed wrong: another run begins
        assert None in stamps

    assert all(later.dts > earlier.dts for earlier, later in pairwise(times))
    assert all(one.pts >= one.dts for one in times)
    assert not times or (times[0].pts, times[0].dts) == (0, 0)
