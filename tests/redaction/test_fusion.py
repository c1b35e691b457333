"""One box for each person out of what was found in overlapping windows."""

from __future__ import annotations

import numpy as np
import pytest

from cctv.redaction.people.fusion import Found, fused, shares_of
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
