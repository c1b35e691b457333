"""Where a picture is searched for people: how tall they are is learned, and what differs lies in some window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cctv.redaction.people.windows import Stature, Windows, learned_stature, tiles, windows_around
from cctv.redaction.tracking.foreground import connected_components
from cctv.redaction.video.geometry import Rect, Size

SIZE = Size(768, 576)
FLAT = Stature(0.0, 80.0)
PASSES = 3


def mask_of(*boxes: Rect, size: Size = SIZE) -> np.ndarray:
    mask = np.zeros((size.height // 2, size.width // 2), np.bool_)
    for box in boxes:
        mask[int(box.y) // 2 : int(box.bottom) // 2, int(box.x) // 2 : int(box.right) // 2] = True
    return mask


def around(mask: np.ndarray, stature: Stature = FLAT, size: Size = SIZE) -> Windows:
    return windows_around(mask, connected_components(mask.view(np.uint8))[1][1:], stature, size, PASSES)


def every(windows: Windows) -> tuple[Rect, ...]:
    return (*windows.alone, *windows.cells)


def holds(window: Rect, box: Rect) -> bool:
    return window.x <= box.x and window.y <= box.y and window.right >= box.right and window.bottom >= box.bottom


def searched(windows: Windows, size: Size = SIZE) -> np.ndarray:
    mask = np.zeros((size.height // 2, size.width // 2), np.bool_)
    for window in every(windows):
        rows = slice(int(window.y) // 2, -int(-window.bottom // 2))
        mask[rows, int(window.x) // 2 : -int(-window.right // 2)] = True
    return mask


def test_heights_are_learned_by_the_row_of_the_feet():
    random = np.random.default_rng(3)
    feet = random.uniform(150, 560, 200)
    heights = (0.3 * feet + 10) * random.normal(1, 0.06, 200)
    heights[::10] *= 0.4  # boxes of legs
    boxes = np.column_stack([random.uniform(0, 700, 200), feet - heights, heights * 0.4, heights]).astype(np.float32)

    stature = learned_stature(boxes, np.full(200, 0.5, np.float32), SIZE)

    assert stature is not None
    for row in (150, 300, 550):
        assert stature.at(row) == pytest.approx(0.3 * row + 10, rel=0.06)


@pytest.mark.parametrize(("count", "score"), [(5, 0.9), (100, 0.2)], ids=["too few", "none sure"])
def test_nothing_is_learned_from_too_little(count, score):
    boxes = np.tile(np.array([[100, 100, 40, 100]], np.float32), (count, 1))

    assert learned_stature(boxes, np.full(count, score, np.float32), SIZE) is None


def test_people_who_all_stand_at_one_place_teach_one_height():
    boxes = np.tile(np.array([[100, 100, 40, 100]], np.float32), (30, 1))

    stature = learned_stature(boxes, np.full(30, 0.8, np.float32), SIZE)

    assert stature is not None
    assert stature.at(80) == pytest.approx(100, abs=1)
    assert stature.at(500) == pytest.approx(100, abs=1)


def test_a_picture_in_which_nothing_differs_is_not_searched():
    assert around(mask_of()) == Windows()


def test_a_person_lies_whole_in_one_window_of_the_size_of_people_there():
    person = Rect(300, 200, 32, 80)

    (window,) = every(around(mask_of(person)))

    assert holds(window, person.grown(8, 8))
    assert 1.5 * person.h <= window.h <= 3.5 * person.h


def test_people_near_each_other_share_a_window_and_people_far_apart_do_not():
    first, second, third = Rect(100, 200, 32, 80), Rect(150, 210, 32, 80), Rect(600, 400, 32, 80)

    windows = every(around(mask_of(first, second, third)))

    assert len(windows) == 2
    assert all(any(holds(window, person) for window in windows) for person in (first, second, third))


def test_many_windows_are_smaller_and_share_passes():
    people = [Rect(40 + 140 * column, 60 + 240 * row, 32, 80) for column in range(5) for row in range(2)]

    windows = around(mask_of(*people))

    assert not windows.alone
    assert len(windows.cells) == len(people)
    assert all(any(holds(cell, person.grown(5, 5)) for cell in windows.cells) for person in people)


def test_everybody_in_a_large_region_lies_whole_in_some_window():
    row = Rect(100, 200, 400, 80)

    windows = every(around(mask_of(row)))

    for left in range(100, 468, 4):
        assert any(holds(window, Rect(left, 200, 32, 80)) for window in windows)


def test_a_crowd_that_fills_the_picture_leaves_nothing_unsearched():
    windows = around(mask_of(Rect(0, 0, SIZE.width, SIZE.height)), Stature(0.0, 24.0))

    assert searched(windows).all()
    assert len(windows.alone) + len(windows.cells) / 4 <= 6


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 220), st.integers(1, 84), st.integers(1, 68)), max_size=30),
    st.floats(-0.2, 1.2),
    st.floats(-100, 200),
)
def test_whatever_differs_lies_in_some_window(boxes, slope, base):
    mask = np.zeros((288, 384), np.bool_)
    for left, top, width, height in boxes:
        mask[top : top + height, left : left + width] = True

    windows = around(mask, Stature(slope, base))

    assert not (mask & ~searched(windows)).any()
    assert all(window.x >= 0 and window.y >= 0 for window in every(windows))
    assert all(window.right <= SIZE.width + 1e-6 and window.bottom <= SIZE.height + 1e-6 for window in every(windows))


def test_tiles_cover_the_picture():
    assert searched(Windows(tiles(SIZE))).all()
