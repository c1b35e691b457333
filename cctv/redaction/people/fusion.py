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

from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.yuv import Mask

FEWEST_DIFFERS = 0.12  # share of a box that must be foreground
LEAST_SCORE = 0.1  # the detector finds 97 to 100 % of the people of three clips at this score
_CUT_SHARE = 0.02  # of a window's side: what reaches so near to its edge is cut off
_SAME = 0.55  # intersection over union from which two boxes are one person
_WINDOW_WEIGHT, _WINDOW_RANK = 1.5, 1.05  # of a box from a window around what differs, beside the whole picture's 1
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
        shares = rows[members, 4] ** 2 * counts[members]
        boxes.append((rows[members, :4] * shares[:, None]).sum(axis=0) / shares.sum())
        scores.append(rows[members, 4].max())
        left &= ~members
    return np.asarray(boxes, np.float32).reshape(-1, 4), np.asarray(scores, np.float32)


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
    whole = window.w >= size.width and window.h >= size.height
    counted = ~cut & (found.scores >= LEAST_SCORE)
    return np.column_stack([boxes[counted], found.scores[counted]]), 1.0 if whole else _WINDOW_WEIGHT
