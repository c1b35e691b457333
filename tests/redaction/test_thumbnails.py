"""What a reviewer is shown: every frame lies in one range, every range has a picture, every change is listed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cctv.redaction.background.scene_changes import Change, ChangeKind, scenery_changes
from cctv.redaction.review.sheet.thumbnails import FrameRange, frame_ranges, keyframes, moments
from cctv.redaction.tracking.annotations import NOTHING_KEPT, BoxPath, KeepBoxes, Keyframe
from cctv.redaction.tracking.tracks import Track, TrackBoundary
from cctv.redaction.video.geometry import Rect

CHAIR = Rect(30, 40, 12, 16)


def _track(first: int, boxes: list[Rect]) -> Track:
    return Track(1, first, tuple(boxes), TrackBoundary.APPEARED, TrackBoundary.CLIP)


@given(st.integers(1, 40_000), st.integers(20_000, 500_000))
def test_every_frame_lies_in_exactly_one_range(frames, apart):
    found = frame_ranges(range(0, frames * apart, apart))

    assert (found[0].first, found[-1].last) == (0, frames - 1)
    assert all(one.first <= one.last and one.last + 1 == two.first for one, two in pairwise(found))
    assert len(found) <= 60


@given(st.lists(st.tuples(st.integers(0, 299), st.integers(1, 60)), max_size=40))
def test_a_range_has_a_picture_of_every_change_until_there_are_too_many(lengths):
    tracks = [_track(first, [CHAIR] * length) for first, length in lengths]
    found = moments(FrameRange(0, 299), tracks, [])

    assert 1 <= len(found) <= 12
    assert found == tuple(sorted(set(found)))
    assert all(0 <= frame <= 299 for frame in found)
    changes = {at for track in tracks for at in (track.first, track.last) if at <= 299}
    if len(changes) <= 6:
        assert changes <= set(found)


def test_a_quiet_range_needs_one_picture():
    assert moments(FrameRange(100, 199), [_track(300, [CHAIR])], []) == (149,)


def test_keyframes_are_thinned_evenly():
    path = BoxPath("a", tuple(Keyframe(frame, CHAIR) for frame in range(100)))
    found = keyframes([path])
    assert (len(found), found[0], found[-1]) == (24, 0, 99)


def test_a_chair_that_was_moved_is_listed_and_somebody_who_walks_is_not():
    carried = [Rect(10 + 2 * step, 40, 12, 16) for step in range(20)]
    found = scenery_changes([_track(5, carried + [carried[-1]] * 60)], [0] * 90, [True] * 90, 10, NOTHING_KEPT)

    assert [(one.kind, one.last) for one in found] == [(ChangeKind.STAYED, 84)]
    assert 20 <= found[0].first <= 24
    assert found[0].box == carried[-1].scaled(2)


def test_a_picture_that_nothing_explains_is_no_thing_that_stayed():
    found = scenery_changes([_track(0, [CHAIR] * 90)], [0] * 90, [False] * 90, 10, NOTHING_KEPT)

    assert [change.kind for change in found] == [ChangeKind.UNEXPLAINED]


def test_a_nudge_is_told_from_another_light():
    nudged, darker = (
        scenery_changes([], [0] * 20 + [1] * 20, [True] * 40, 10, NOTHING_KEPT, shifts)
        for shifts in ([(0, 0), (6, -3)], [(0, 0), (0, 0)])
    )

    assert [(change.kind, change.first) for change in nudged] == [(ChangeKind.NUDGED, 20)]
    assert [change.kind for change in darker] == [ChangeKind.LIGHT]


def test_the_subject_who_stands_still_is_no_change_of_scenery():
    large = CHAIR.scaled(2)
    keep = KeepBoxes((BoxPath("a", (Keyframe(0, large), Keyframe(89, large))),))
    assert scenery_changes([_track(0, [CHAIR] * 90)], [0] * 90, [True] * 90, 10, keep) == ()


def test_a_lamp_and_light_that_nothing_explains_are_listed():
    lit = [True] * 30 + [False] * 5 + [True] * 15
    found = scenery_changes([], [0] * 20 + [1] * 30, lit, 10, NOTHING_KEPT)
    assert found == (Change(ChangeKind.LIGHT, 20, 20), Change(ChangeKind.UNEXPLAINED, 30, 34))
