"""Duplicates: which detections of a frame are a second box of one person, or no person's size, and count for less.

A detector gives parts of a person, boxes around two people and boxes between two people.  Their scores are lowered and
they stay: a person who was followed before may go on in one.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.detections import FrameDetections
from cctv.redaction.tracking.trails import Boxes, shared_areas
from cctv.redaction.video.geometry import Size

_SURE_SCORE = 0.35  # from which detections count for the height of people
_TOO_TALL, _TOO_LOW = 0.33, -0.42  # logarithm of height by the height expected there: 1.4 and 0.66 times
_WIDE_ASPECT = 0.8  # width by height: somebody upright is narrower
_EDGE_PIXELS = 3  # a box that the picture's edge cuts off has no height to judge
_FACTOR_SIZE, _FACTOR_WIDE, _FACTOR_DUPLICATE = 0.5, 0.6, 0.4
_LEAST_RIVAL = 0.2  # score of the better box
_WITHIN = 0.65  # of the smaller box: one person's parts lie in each other
_SAME_MIDDLE = 0.35  # of the narrower width
_SAME_TOP = 0.15  # of the better box's height: both share one head
_LOWER_PART = 0.25  # of the better box's height: what begins so far down is legs
_AROUND_AREA, _AROUND_WITHIN, _AROUND_SCORE = 1.3, 0.75, 0.7  # a box around a better one
_BETWEEN_SCORE, _BETWEEN_SHARE, _BETWEEN_COVERED = 1.15, 0.2, 0.8  # a box between two better ones
_GRID = (np.arange(12) + 0.5) / 12


@dataclass(frozen=True, slots=True)
class ExpectedHeight:
    """How tall people are by where they stand: `slope` * bottom + `base`, pixels; `known` False where nothing is."""

    slope: float
    base: float
    known: bool = True

    def at(self, bottoms: NDArray[np.float64]) -> NDArray[np.float64]:
        """The expected heights (pixels) of people whose feet are at these rows."""
        return np.asarray(np.maximum(self.slope * bottoms + self.base, 10.0))


def expected_height(frames: Iterable[FrameDetections]) -> ExpectedHeight:
    """A line through the heights of sure detections, those off by much left out (Theil-Sen would need all pairs)."""
    rows = [found.boxes[found.scores >= _SURE_SCORE] for found in frames]
    boxes = np.concatenate(rows).astype(np.float64) if rows else np.empty((0, 4))
    if len(boxes) < 20:
        return ExpectedHeight(0.0, 0.0, known=False)
    bottoms, heights = boxes[:, 1] + boxes[:, 3], boxes[:, 3]
    counted = np.ones(len(boxes), np.bool_)
    slope, base = 0.0, float(np.median(heights))
    for _ in range(8):
        if np.ptp(bottoms[counted]) > 1:
            slope, base = (float(value) for value in np.polyfit(bottoms[counted], heights[counted], 1))
        off = np.abs(np.log(heights / np.maximum(slope * bottoms + base, 8.0)))
        counted = off < max(0.12, min(0.35, 2 * float(np.median(off))))
        if counted.sum() < 10:
            return ExpectedHeight(0.0, 0.0, known=False)
    return ExpectedHeight(slope, base)


def weighed(found: FrameDetections, height: ExpectedHeight, size: Size) -> FrameDetections:
    """The detections of one frame with lower scores for what is no person's size, and for second boxes."""
    if not len(found.scores):
        return found
    boxes, scores = found.boxes.astype(np.float64), found.scores.astype(np.float64)
    bottoms = boxes[:, 1] + boxes[:, 3]
    cut = (bottoms > size.height - _EDGE_PIXELS) | (boxes[:, 1] < _EDGE_PIXELS)
    if height.known:
        off = np.log(np.maximum(boxes[:, 3], 1) / height.at(bottoms))
        scores[((off > _TOO_TALL) | (off < _TOO_LOW)) & ~cut] *= _FACTOR_SIZE
    scores[(boxes[:, 2] > _WIDE_ASPECT * boxes[:, 3]) & ~cut] *= _FACTOR_WIDE
    order = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[order], scores[order]
    scores[_second(boxes, scores)] *= _FACTOR_DUPLICATE
    return replace(
        found,
        boxes=found.boxes[order],
        scores=scores.astype(np.float32),
        differs=found.differs[order],
        looks=found.looks[order],
    )


def _second(boxes: Boxes, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True for each box that is another box of somebody with a better one; boxes in falling order of score."""
    areas = boxes[:, 2] * boxes[:, 3]
    shared = shared_areas(boxes, boxes)
    inside = shared / np.maximum(np.minimum(areas[:, None], areas), 1e-9)
    better = (scores[:, None] > scores) & (scores[:, None] >= _LEAST_RIVAL)  # rows are better than columns
    second = better & ((inside >= _WITHIN) & _one_person(boxes) | _around(areas, scores, inside))
    out: NDArray[np.bool_] = np.asarray(second.any(axis=0))
    beside = (scores[:, None] > _BETWEEN_SCORE * scores) & (shared > _BETWEEN_SHARE * areas)
    for number in np.flatnonzero(~out & (beside.sum(axis=0) >= 2)).tolist():
        out[number] = _is_between(boxes, number, np.flatnonzero(beside[:, number]))
    return out


def _one_person(boxes: Boxes) -> NDArray[np.bool_]:
    """(n, n): whether a box (column) shares the head of another (row), or is its lower part; both in one column."""
    middles = boxes[:, 0] + boxes[:, 2] / 2
    apart = np.abs(middles[:, None] - middles) < _SAME_MIDDLE * np.minimum(boxes[:, 2][:, None], boxes[:, 2])
    top = (boxes[:, 1] - boxes[:, 1][:, None]) / boxes[:, 3][:, None]
    return np.asarray(apart & ((np.abs(top) < _SAME_TOP) | (top > _LOWER_PART)))


def _around(areas: NDArray[np.float64], scores: NDArray[np.float64], inside: Boxes) -> NDArray[np.bool_]:
    """(n, n): whether a box (column) is one around a better one (row)."""
    larger = (areas > _AROUND_AREA * areas[:, None]) & (inside > _AROUND_WITHIN)
    return np.asarray(larger & (scores < _AROUND_SCORE * scores[:, None] + 0.1))


def _is_between(boxes: Boxes, number: int, rivals: NDArray[np.intp]) -> bool:
    """Whether better boxes cover nearly all of a box together."""
    x, y, width, height = boxes[number]
    across, along = x + _GRID * width, y + _GRID * height
    covered = np.zeros((len(_GRID), len(_GRID)), np.bool_)
    for left, top, wide, high in boxes[list(rivals)]:
        covered |= ((along >= top) & (along <= top + high))[:, None] & ((across >= left) & (across <= left + wide))[
            None
        ]
    return bool(covered.mean() > _BETWEEN_COVERED)
