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
    inside = shared / np.maximum(np.minimum(areas[:, None], areas[None]), 1e-9)
    out = np.zeros(len(boxes), np.bool_)
    for number in range(1, len(boxes)):
        better = np.flatnonzero((scores[:number] > scores[number]) & (scores[:number] >= _LEAST_RIVAL))
        beside = np.flatnonzero(
            (scores[:number] > _BETWEEN_SCORE * scores[number])
            & (shared[:number, number] > _BETWEEN_SHARE * areas[number])
        )
        out[number] = any(
            (inside[rival, number] >= _WITHIN and _one_person(boxes[rival], boxes[number]))
            or _is_around(rival, number, areas, scores, inside)
            for rival in better
        ) or _is_between(boxes, number, beside)
    return out


def _one_person(better: NDArray[np.float64], box: NDArray[np.float64]) -> bool:
    """Whether a box in another one shares its head, or is its lower part; both are in one column."""
    apart = abs(better[0] + better[2] / 2 - box[0] - box[2] / 2)
    top = (box[1] - better[1]) / better[3]
    return bool(apart < _SAME_MIDDLE * min(better[2], box[2]) and (abs(top) < _SAME_TOP or top > _LOWER_PART))


def _is_around(
    rival: int,
    number: int,
    areas: NDArray[np.float64],
    scores: NDArray[np.float64],
    inside: NDArray[np.float64],
) -> bool:
    larger = areas[number] > _AROUND_AREA * areas[rival]
    return bool(
        larger and inside[rival, number] > _AROUND_WITHIN and scores[number] < _AROUND_SCORE * scores[rival] + 0.1
    )


def _is_between(boxes: Boxes, number: int, rivals: NDArray[np.intp]) -> bool:
    """Whether two or more better boxes cover nearly all of a box."""
    if len(rivals) < 2:
        return False
    x, y, width, height = boxes[number]
    across, along = x + _GRID * width, y + _GRID * height
    covered = np.zeros((len(_GRID), len(_GRID)), np.bool_)
    for left, top, wide, high in boxes[list(rivals)]:
        covered |= ((along >= top) & (along <= top + high))[:, None] & ((across >= left) & (across <= left + wide))[
            None
        ]
    return bool(covered.mean() > _BETWEEN_COVERED)
