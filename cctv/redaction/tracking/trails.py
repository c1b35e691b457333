"""Trails: what a tracker knows of one person, detection by detection, and boxes in every frame made of it.

Owns the arithmetic of boxes as arrays: rows of x, y, width, height in full-size pixels.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""(n, 4): x, y, width, height in full-size pixels."""
_SMOOTH_SECONDS = 0.12  # of a box's place; a step takes half a second
_WIDTH_SECONDS = 0.5  # of its width, which moves with arms and legs
_VELOCITY_SECONDS = 0.6  # over which the pace at an end is taken


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """The detections of one person in order of time.

    `steps` (n,) are numbers of searched frames, rising; `boxes` (n, 4); `scores` (n,), 0 to 1; `looks` (n, LOOK_VALUES)
    uint8.
    """

    steps: NDArray[np.intp]
    boxes: Boxes
    scores: NDArray[np.float64]
    looks: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def first(self) -> int:
        """The first step."""
        return int(self.steps[0])

    @property
    def last(self) -> int:
        """The last step."""
        return int(self.steps[-1])

    def part(self, begin: int, end: int) -> Trail:
        """Its detections number `begin` to `end` (excluded)."""
        return Trail(self.steps[begin:end], self.boxes[begin:end], self.scores[begin:end], self.looks[begin:end])

    def cut(self, steps: Sequence[int]) -> Iterator[Trail]:
        """The trail cut before each of these steps; pieces of one detection are dropped."""
        at = [0, *(int(np.searchsorted(self.steps, step)) for step in sorted(steps)), len(self)]
        for begin, end in pairwise(at):
            if end - begin >= 2:
                yield self.part(begin, end)


@dataclass(frozen=True, slots=True, eq=False)
class DensePath:
    """A box for each step from `first` on, and the pace (pixels a step; x, y, width, height) at both ends."""

    first: int
    boxes: Boxes
    pace_in: NDArray[np.float64]
    pace_out: NDArray[np.float64]

    @property
    def last(self) -> int:
        """The last step."""
        return self.first + len(self.boxes) - 1


def dense(trail: Trail, rate: float) -> DensePath:
    """A smoothed box for each step of a trail; `rate` is steps a second.

    Between detections boxes go straight.  Place and width are smoothed by a Gaussian; the trail is reflected at its
    ends, so that a steady walk stays as it is.
    """
    steps = np.arange(trail.first, trail.last + 1)
    left, top = trail.boxes[:, 0], trail.boxes[:, 1]
    middle, bottom = left + trail.boxes[:, 2] / 2, top + trail.boxes[:, 3]
    middle, top, bottom, width = (
        np.interp(steps, trail.steps, values) for values in (middle, top, bottom, trail.boxes[:, 2])
    )
    middle, top, bottom = (_smoothed(values, _SMOOTH_SECONDS * rate) for values in (middle, top, bottom))
    width = _smoothed(width, _WIDTH_SECONDS * rate)
    boxes = np.column_stack([middle - width / 2, top, width, bottom - top])
    reach = min(max(3, round(_VELOCITY_SECONDS * rate)), len(boxes) - 1)
    if reach == 0:
        return DensePath(trail.first, boxes, np.zeros(4), np.zeros(4))
    pace_in, pace_out = (boxes[reach] - boxes[0]) / reach, (boxes[-1] - boxes[-1 - reach]) / reach
    return DensePath(trail.first, boxes, pace_in, pace_out)


def overlaps(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Intersection over union of each of n boxes with each of m: (n, m)."""
    shared = shared_areas(boxes, others)
    areas, other_areas = boxes[:, 2] * boxes[:, 3], others[:, 2] * others[:, 3]
    return np.asarray(shared / (areas[:, None] + other_areas[None] - shared + 1e-9))


def within(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Intersection over the smaller of both areas, of each with each: (n, m)."""
    areas, other_areas = boxes[:, 2] * boxes[:, 3], others[:, 2] * others[:, 3]
    return np.asarray(shared_areas(boxes, others) / np.maximum(np.minimum(areas[:, None], other_areas[None]), 1e-9))


def shared_areas(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Pixels that each of n boxes shares with each of m: (n, m)."""
    right, other_right = boxes[:, 0] + boxes[:, 2], others[:, 0] + others[:, 2]
    bottom, other_bottom = boxes[:, 1] + boxes[:, 3], others[:, 1] + others[:, 3]
    across = np.minimum(right[:, None], other_right) - np.maximum(boxes[:, None, 0], others[:, 0])
    along = np.minimum(bottom[:, None], other_bottom) - np.maximum(boxes[:, None, 1], others[:, 1])
    return np.asarray(np.clip(across, 0, None) * np.clip(along, 0, None))


class Occupancy:
    """Which of some dense paths have a box in a step, and which box."""

    def __init__(self, paths: Sequence[DensePath]) -> None:
        self._paths = paths
        self._at: dict[int, list[int]] = {}
        for number, path in enumerate(paths):
            for step in range(path.first, path.last + 1):
                self._at.setdefault(step, []).append(number)

    def numbers(self, step: int) -> list[int]:
        """The numbers of the paths with a box in a step."""
        return self._at.get(step, [])

    def boxes(self, step: int, without: Sequence[int] = ()) -> Boxes:
        """Their boxes, without those of some paths."""
        chosen = [number for number in self.numbers(step) if number not in without]
        return np.array([self.box(number, step) for number in chosen]).reshape(-1, 4)

    def box(self, number: int, step: int) -> NDArray[np.float64]:
        """The box of a path in a step in which it has one."""
        path = self._paths[number]
        return np.asarray(path.boxes[step - path.first])


def _smoothed(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Values smoothed by a Gaussian of `sigma` steps; odd reflection at both ends keeps a straight line straight."""
    reach = min(int(np.ceil(3 * sigma)), len(values) - 1)
    if reach < 1:
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-9)) ** 2)
    padded = np.pad(values, reach, mode="reflect", reflect_type="odd")
    return np.convolve(padded, kernel / kernel.sum(), "valid")
