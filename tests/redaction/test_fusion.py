"""One box for each person out of what was found in overlapping windows."""

from __future__ import annotations

import numpy as np
import pytest

from cctv.redaction.people.fusion import Found, fused, shares_of, without_ghosts
from cctv.redaction.people.windows import Stature
from cctv.redaction.video.geometry import Rect, Size

SIZE = Size(640, 480)
WHOLE = Rect(0, 0, 640, 480)


def found(window, *rows):
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Found(window, table[:, :4], table[:, 4])


def test_boxes_of_one_person_become_one_near_the_better():
    boxes, scores = fused(
        [found(WHOLE, (100, 100, 40, 100, 0.3)), found(Rect(60, 60, 200, 200), (104, 102, 40, 100, 0.9))], SIZE
    )

    assert scores == pytest.approx([0.9])
    assert boxes[0] == pytest.approx([103.7, 101.9, 40, 100], abs=0.3)


def test_a_box_that_a_window_cuts_off_is_no_person():
    boxes, _ = fused([found(Rect(100, 60, 200, 200), (101, 100, 20, 80, 0.9))], SIZE)

    assert not len(boxes)


def test_a_box_at_the_edge_of_the_picture_counts():
    boxes, _ = fused([found(Rect(0, 280, 200, 200), (0, 380, 20, 100, 0.9))], SIZE)

    assert len(boxes) == 1


def test_a_sliver_at_the_edge_of_the_picture_is_no_person():
    boxes, _ = fused([found(Rect(440, 280, 200, 200), (639.99, 380, 0.00001, 100, 0.9))], SIZE)

    assert not len(boxes)


def test_a_box_that_rounding_makes_unlike_itself_is_one_person_all_the_same():
    boxes, scores = fused([found(Rect(0, 0, 4e7, 480), (2e7, 100, 1.0, 100, 0.9))], Size(40_000_000, 480))

    assert len(boxes) == len(scores) == 1


def test_two_people_side_by_side_stay_two():
    boxes, _ = fused([found(WHOLE, (100, 100, 40, 100, 0.9), (130, 100, 40, 100, 0.8))], SIZE)

    assert len(boxes) == 2


def test_what_is_hardly_likely_does_not_count():
    assert not len(fused([found(WHOLE, (100, 100, 40, 100, 0.07))], SIZE)[0])


def test_nothing_found_is_nobody():
    boxes, scores = fused([found(WHOLE)], SIZE)

    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)
    assert fused([], SIZE)[0].shape == (0, 4)


def test_the_share_of_a_box_that_differs():
    mask = np.zeros((240, 320), np.bool_)
    mask[50:100, 50:70] = True
    boxes = np.array([[100, 100, 40, 100], [100, 100, 80, 100], [300, 300, 40, 100], [630, 470, 0.5, 0.5]], np.float32)

    assert shares_of(mask, boxes) == pytest.approx([1, 0.5, 0, 0])


PERSON = (100, 100, 40, 100, 0.8)


@pytest.mark.parametrize(
    ("ghost", "is_left"),
    [
        ((100, 100, 40, 55, 0.5), False),
        ((103, 148, 34, 53, 0.3), False),
        ((103, 148, 34, 53, 0.7), True),
        ((96, 98, 50, 70, 0.4), False),
        ((130, 100, 40, 100, 0.2), True),
        ((104, 70, 40, 60, 0.3), True),
        ((110, 120, 40, 100, 0.3), True),
        ((125, 95, 36, 60, 0.2), True),
    ],
    ids=[
        "upper half", "legs", "a child before them", "the same, cut short", "beside them", "the head above theirs",
        "of the right height, nearer", "the head beside theirs",
    ],
)  # fmt: skip
def test_a_ghost_of_a_person_found_better_is_left_out_and_nobody_else(ghost, is_left):
    table = np.array([PERSON, ghost], np.float32)

    real = without_ghosts(table[:, :4], table[:, 4], Stature(0.0, 100.0))

    assert real.tolist() == [True, is_left]


def test_a_box_around_two_people_is_left_out():
    table = np.array([PERSON, (150, 100, 40, 100, 0.7), (98, 96, 95, 108, 0.5)], np.float32)

    assert without_ghosts(table[:, :4], table[:, 4], Stature(0.0, 100.0)).tolist() == [True, True, False]


def test_a_person_who_stands_nearer_is_no_box_around_two():
    table = np.array([(100, 60, 24, 60, 0.8), (130, 60, 24, 60, 0.7), (90, 50, 80, 200, 0.5)], np.float32)

    assert without_ghosts(table[:, :4], table[:, 4], Stature(1.0, -60.0)).all()
