"""A shape says that somebody is there, and not who: all who stand at one height of the picture get one size."""

from __future__ import annotations

import pytest

from cctv.redaction.render.silhouettes import PersonHeightModel, shape_boxes, shape_mask, stature_in
from cctv.redaction.tracking.tracks import Track, TrackBoundary
from cctv.redaction.video.geometry import Rect, Size

PICTURE = Size(320, 240)
STATURE = PersonHeightModel(slope=0.3, offset=4.0)


def standing(foot, height, width=None, x=100.0):
    width = 0.38 * height if width is None else width
    return Rect(x - width / 2, foot - height, width, height)


def test_a_tall_and_a_short_person_in_one_place_get_one_shape():
    (tall,), (short,) = (shape_boxes([standing(150, height)], STATURE) for height in (56, 40))

    assert tall == short
    assert tall.h > STATURE.height(150)


def test_the_stature_follows_the_picture_and_no_group_and_no_half_person():
    walks = [standing(foot, 0.3 * foot + 4) for foot in range(60, 220)]
    odd = [standing(200, 60, width=90)] * 40 + [Rect(0, 100, 15, 40)] * 40

    found = stature_in([Track(1, 0, (*walks, *odd), TrackBoundary.CLIP, TrackBoundary.CLIP)], PICTURE)

    assert found.height(100) == pytest.approx(34, abs=1)
    assert found.height(200) == pytest.approx(64, abs=1)


def test_people_side_by_side_get_a_shape_each_and_a_tape_none():
    assert len(shape_boxes([standing(150, 49, width=44)], STATURE)) == 2
    assert shape_boxes([standing(150, 10, width=90)], STATURE) == ()


def test_head_and_legs_of_somebody_dressed_like_the_ground_are_one_person():
    head, legs = Rect(96, 105, 8, 14), Rect(95, 130, 12, 20)

    assert shape_boxes([head, legs], STATURE) == shape_boxes([legs], STATURE)


def test_a_shape_covers_whom_it_stands_for():
    box = standing(150, 45)

    mask = shape_mask(shape_boxes([box], STATURE), (240, 320))

    assert mask[int(box.y) + 6 : int(box.bottom) - 6, int(box.x) : int(box.right)].mean() > 0.9
