"""Fusion: one box for each person out of what was found in overlapping windows, vetted by the backdrop.

Pure.  A box that a window's edge cuts off is no whole person and does not count; a box over ground that looks like the
empty scene is nobody.  Never leaves out a second person for standing behind a first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.windows import Stature
from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.yuv import Mask

FEWEST_DIFFERS = 0.12  # share of a box that must be foreground
LEAST_SCORE = 0.1  # the detector finds 97 to 100 % of the people of three clips at this score
_CUT_SHARE = 0.02  # of a window's side: what reaches so near to its edge is cut off
_SAME = 0.55  # intersection over union from which two boxes are one person
_WINDOW_WEIGHT, _WINDOW_RANK = 1.5, 1.05  # of a box from a window around what differs, beside the whole picture's 1
# Of ghosts; with these no person of the three clips is lost at scores from .3 on (docs/decisions/0034)
_RIGHT = (0.85, 1.18)  # height by that of people there: 98 % of true boxes
_PART, _WITHIN, _ALIGNED, _MIDDLE = 0.75, 0.8, 0.12, 0.25
_UPPER_SCORE, _LEGS_SCORE = 0.8, 0.5  # by that of the whole person; a child before somebody looks like their legs
_OVER, _AGAIN_SCORE = 0.35, 0.85
_TALL, _WIDE, _HELD, _APART = 1.2, 0.62, 0.7, 0.4
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a detector found in one window of a picture: boxes (n x 4: x, y, width, height) and scores (n)."""

    window: Rect
    boxes: Floats
    scores: Floats


def overlaps(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of each of n boxes with each of m: (n, m)."""
    shared = shared_areas(boxes, others)
    areas, other_areas = boxes[:, 2] * boxes[:, 3], others[:, 2] * others[:, 3]
    return np.asarray(shared / np.maximum(areas[:, None] + other_areas[None] - shared, 1e-6), np.float32)


def shared_areas(boxes: Floats, others: Floats) -> Floats:
    """Pixels that each of n boxes shares with each of m: (n, m)."""
    lower = np.maximum(boxes[:, None, :2], others[None, :, :2])
    upper = np.minimum((boxes[:, :2] + boxes[:, 2:])[:, None], (others[:, :2] + others[:, 2:])[None])
    return np.asarray(np.prod(np.clip(upper - lower, 0, None), axis=2), np.float32)


def fused(found: Sequence[Found], size: Size) -> tuple[Floats, Floats]:
    """One box (n x 4) and score (n) for each person, the best first.

    Boxes of one person are averaged, weighted by the square of their scores; the score is the best of them.
    """
    parts, weights = [np.empty((0, 5), np.float32)], [np.empty(0, np.float32)]
    for one in found:
        uncut, weight = _uncut(one, size)
        parts.append(uncut)
        weights.append(np.full(len(uncut), weight, np.float32))
    rows, counts = np.concatenate(parts), np.concatenate(weights)
    order = np.argsort(-rows[:, 4] * np.where(counts > 1, _WINDOW_RANK, 1), kind="stable")
    rows, counts = rows[order], counts[order]
    same = overlaps(rows[:, :4], rows[:, :4]) >= _SAME
    left = np.ones(len(rows), np.bool_)
    boxes, scores = [], []
    for number in range(len(rows)):
        if not left[number]:
            continue
        members = left & same[number]
        members[number] = True  # whatever rounding makes of the overlap of a box with itself
        shares = rows[members, 4] ** 2 * counts[members]
        boxes.append((rows[members, :4] * shares[:, None]).sum(axis=0) / shares.sum())
        scores.append(rows[members, 4].max())
        left &= ~members
    return np.asarray(boxes, np.float32).reshape(-1, 4), np.asarray(scores, np.float32)


def without_ghosts(boxes: Floats, scores: Floats, stature: Stature) -> NDArray[np.bool_]:
    """Which boxes (n x 4) may be people, by how tall people are there, and not ghosts of people found better.

    A ghost has a lower score than a box of the right height, and is one of three: its upper half or its legs; a box of
    another height over most of the same place, whose head is inside of it; a box around two such.  Somebody who stands
    behind a person shows a head beside or above that person's box, and is no ghost.
    """
    feet = boxes[:, 1] + boxes[:, 3]
    sizes = boxes[:, 3] / stature.of(feet)
    right = (sizes > _RIGHT[0]) & (sizes < _RIGHT[1])
    shared, same = shared_areas(boxes, boxes), overlaps(boxes, boxes)
    inside = shared / np.maximum(boxes[:, 2] * boxes[:, 3], 1e-6)[:, None]
    of_heads = _heads_inside(boxes)
    real = np.ones(len(boxes), np.bool_)
    for number in np.argsort(-scores, kind="stable").tolist():
        better = right & real & (scores > scores[number])
        box, ratios = boxes[number], scores[number] / np.maximum(scores, 1e-6)
        if not better.any():
            continue
        middles = np.abs(boxes[:, 0] + boxes[:, 2] / 2 - box[0] - box[2] / 2) / boxes[:, 2]
        tops, ends = np.abs(boxes[:, 1] - box[1]) / boxes[:, 3], np.abs(feet - feet[number]) / boxes[:, 3]
        part = (tops < _ALIGNED) & (ratios < _UPPER_SCORE) | (ends < _ALIGNED) & (ratios < _LEGS_SCORE)
        part &= (inside[number] >= _WITHIN) & (box[3] < _PART * boxes[:, 3]) & (middles < _MIDDLE)
        again = (same[number] >= _OVER) & (ratios < _AGAIN_SCORE) & of_heads[number] & (not right[number])
        two = better & (inside[:, number] >= _HELD)
        large = sizes[number] > _TALL or box[2] > _WIDE * box[3]
        real[number] = not (
            (sizes[number] < _PART and (better & part).any())
            or (better & again).any()
            or (large and same[np.ix_(two, two)].min(initial=1) < _APART)
        )
    return real


def _heads_inside(boxes: Floats) -> NDArray[np.bool_]:
    """Whether the head of each box (top quarter, middle 60 %) lies within each other box: (n, n)."""
    left, right = boxes[:, 0] + 0.2 * boxes[:, 2], boxes[:, 0] + 0.8 * boxes[:, 2]
    top, bottom = boxes[:, 1], boxes[:, 1] + 0.25 * boxes[:, 3]
    slack = 0.08 * boxes[:, 3]
    across = (left[:, None] >= boxes[None, :, 0]) & (right[:, None] <= boxes[None, :, 0] + boxes[None, :, 2])
    along = (top[:, None] >= boxes[None, :, 1] - slack[None]) & (bottom[:, None] <= (boxes[:, 1] + boxes[:, 3])[None])
    return np.asarray(across & along)


def shares_of(mask: Mask, boxes: Floats) -> Floats:
    """The share of each box (n x 4, full-size pixels) that is True in a half-size mask."""
    if not len(boxes):
        return np.empty(0, np.float32)
    sums = cv2.integral(mask.view(np.uint8))
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1) / 2
    left, top, right, bottom = np.clip(corners, 0, np.array(mask.shape[::-1] * 2)).astype(np.intp).T
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    areas = (right - left) * (bottom - top)
    return np.asarray(np.where(areas > 0, inside / np.maximum(areas, 1), 0), np.float32)


def _uncut(found: Found, size: Size) -> tuple[Floats, float]:
    """Rows (n x 5: box, score) of those found whole in their window, and how much each counts."""
    window = found.window
    across, along = _CUT_SHARE * window.w, _CUT_SHARE * window.h
    boxes, right, bottom = found.boxes, found.boxes[:, 0] + found.boxes[:, 2], found.boxes[:, 1] + found.boxes[:, 3]
    cut = np.zeros(len(boxes), np.bool_)
    if window.x > 0:
        cut |= boxes[:, 0] < window.x + across
    if window.y > 0:
        cut |= boxes[:, 1] < window.y + along
    if window.right < size.width:
        cut |= right > window.right - across
    if window.bottom < size.height:
        cut |= bottom > window.bottom - along
    cut |= (boxes[:, 2:] < 1).any(axis=1)  # a sliver at the edge of the picture
    whole = window.w >= size.width and window.h >= size.height
    counted = ~cut & (found.scores >= LEAST_SCORE)
    return np.column_stack([boxes[counted], found.scores[counted]]), 1.0 if whole else _WINDOW_WEIGHT
