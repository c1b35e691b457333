"""Crossings: where two people came so near that a trail may have passed from one to the other, and is cut.

Looks before and after are compared in both ways.  A trail stays whole only where the other way is clearly less likely:
a trail over two people would show one of them.  A trail whose look changes is cut there too.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.appearance import likeness
from cctv.redaction.tracking.trails import Boxes, DensePath, Trail, dense, within

_NEAR = 0.3  # of the smaller box, shared: the people are at one place
_PAUSE_SECONDS = 0.5  # apart for less is one crossing
_BEYOND_SECONDS = 0.6  # a trail that ended so long ago may still be here
_WINDOW_SECONDS = 1.5  # of the looks before and after
# Of unlikeness, measured between people apart on three clips: the right way is better by more than .034 in 90 to 95 %
# of pairs, the wrong one in under 1 %.
_MARGIN_BOTH, _MARGIN_ONE = 0.035, 0.06
_CHANGE = 0.1  # unlikeness of half a second before and after; 99 % of one person's own stay below .11
_CHANGE_SECONDS = 0.6
# logarithm of height, of .4 seconds before and after: two of two tracks over two people jump by .27 and more, three of
# some 180 others by more than .25; somebody who walks towards the camera grows by .1
_JUMP, _JUMP_SECONDS, _FEWEST_SIZES = 0.24, 0.4, 3
_CLEAR = 0.2  # of the smaller box: a detection that shares more shows two people's clothes
_PASSES = 2  # a cut gives looks that were not mixed, which may settle or unsettle others
Look = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Crossing:
    """Trail `one` was near trail `other` from step `first` to `last`; the other may end or begin there."""

    one: int
    other: int
    first: int
    last: int


def separated(trails: Sequence[Trail], rate: float) -> list[Trail]:
    """Trails of one person each, as far as looks tell; `rate` is steps a second."""
    parts = list(trails)
    for _ in range(_PASSES):
        parts = _cut(parts, rate)
    return parts


def mean_look(trail: Trail, clear: NDArray[np.bool_], first: int, last: int) -> Look | None:
    """How the person is dressed between two steps, from detections that show nobody else where there are three.

    None with fewer than two detections.
    """
    inside = (trail.steps >= first) & (trail.steps <= last)
    chosen = inside & clear
    if int(np.count_nonzero(chosen)) < 3:
        chosen = inside
    if int(np.count_nonzero(chosen)) < 2:
        return None
    return np.asarray(np.round(trail.looks[chosen].mean(axis=0)), np.uint8)


def clear_detections(trails: Sequence[Trail]) -> list[NDArray[np.bool_]]:
    """For each trail, which of its detections share little with any other trail's."""
    clear = [np.ones(len(trail), np.bool_) for trail in trails]
    at: dict[int, list[tuple[int, int]]] = {}
    for number, trail in enumerate(trails):
        for index, step in enumerate(trail.steps.tolist()):
            at.setdefault(step, []).append((number, index))
    for here in at.values():
        boxes = np.array([trails[number].boxes[index] for number, index in here])
        shared = within(boxes, boxes)
        np.fill_diagonal(shared, 0)
        for (number, index), row in zip(here, shared, strict=True):
            clear[number][index] = row.max(initial=0) <= _CLEAR
    return clear


def unlike(look: Look, other: Look) -> float:
    """How unlike two looks are, 0 to 1."""
    return 1 - likeness(look, other)


def _cut(trails: Sequence[Trail], rate: float) -> list[Trail]:
    clear = clear_detections(trails)
    cuts: list[set[int]] = [set() for _ in trails]
    for crossing in _crossings([dense(trail, rate) for trail in trails], rate):
        if not _is_settled(trails, clear, crossing, round(_WINDOW_SECONDS * rate)):
            cuts[crossing.one].add((crossing.first + crossing.last) // 2)
    parts: list[Trail] = []
    for trail, seen, at in zip(trails, clear, cuts, strict=True):
        for change in (_change(trail, seen, rate), _jump(trail, rate)):
            if change is not None and not any(abs(change - step) < _CHANGE_SECONDS * rate for step in at):
                at.add(change)
        parts.extend(trail.cut(sorted(at)))
    return parts


def _is_settled(trails: Sequence[Trail], clear: Sequence[NDArray[np.bool_]], crossing: _Crossing, window: int) -> bool:
    """Whether a trail surely holds one person before and after a crossing."""
    trail, other = trails[crossing.one], trails[crossing.other]
    seen, other_seen = clear[crossing.one], clear[crossing.other]
    before = mean_look(trail, seen, crossing.first - window, crossing.first - 1)
    after = mean_look(trail, seen, crossing.last + 1, crossing.last + window)
    if before is None or after is None:
        return True  # it begins or ends here
    other_before = mean_look(other, other_seen, crossing.first - window, crossing.first - 1)
    other_after = mean_look(other, other_seen, crossing.last + 1, crossing.last + window)
    stayed = unlike(before, after)
    if other_before is not None and other_after is not None:
        swapped = unlike(before, other_after) + unlike(other_before, after)
        return swapped - stayed - unlike(other_before, other_after) > _MARGIN_BOTH
    if other_before is not None:
        return unlike(other_before, after) - stayed > _MARGIN_ONE
    if other_after is not None:
        return unlike(before, other_after) - stayed > _MARGIN_ONE
    during = mean_look(other, other_seen, crossing.first, crossing.last)
    if during is None or len(other) < window / 3:
        return True
    return min(unlike(before, during), unlike(after, during)) > stayed


def _change(trail: Trail, clear: NDArray[np.bool_], rate: float) -> int | None:
    """The step at which the look of a trail changes most, None where it stays one person's."""
    window = max(4, round(_CHANGE_SECONDS * rate))
    worst, at = _CHANGE, None
    for step in range(trail.first + window, trail.last - window, max(1, round(0.1 * rate))):
        before = mean_look(trail, clear, step - window, step - 1)
        after = mean_look(trail, clear, step + 1, step + window)
        if before is not None and after is not None and (apart := unlike(before, after)) > worst:
            worst, at = apart, step
    return at


def _jump(trail: Trail, rate: float) -> int | None:
    """The step at which the boxes of a trail become most suddenly those of somebody taller or smaller, None without."""
    window = max(_FEWEST_SIZES, round(_JUMP_SECONDS * rate))
    sizes = np.log(np.maximum(trail.boxes[:, 3], 1))
    worst, at = _JUMP, None
    for index in range(_FEWEST_SIZES, len(trail) - _FEWEST_SIZES + 1):
        apart = abs(float(np.median(sizes[index : index + window]) - np.median(sizes[max(index - window, 0) : index])))
        if apart > worst:
            worst, at = apart, int(trail.steps[index])
    return at


def _crossings(paths: Sequence[DensePath], rate: float) -> list[_Crossing]:
    """Every time that a path was near another one, or near where that may still be."""
    beyond = max(3, round(_BEYOND_SECONDS * rate))
    longer = [_extended(path, beyond) for path in paths]
    order = sorted(range(len(paths)), key=lambda number: longer[number].first)
    found = []
    active: list[int] = []
    for number in order:
        active = [other for other in active if longer[other].last >= longer[number].first]
        for other in active:
            found += _near(paths, longer, number, other, rate)
            found += _near(paths, longer, other, number, rate)
        active.append(number)
    return found


def _near(
    paths: Sequence[DensePath], longer: Sequence[DensePath], one: int, other: int, rate: float
) -> list[_Crossing]:
    path, beside = paths[one], longer[other]
    first, last = max(path.first, beside.first), min(path.last, beside.last)
    if last < first:
        return []
    mine = path.boxes[first - path.first : last - path.first + 1]
    theirs = beside.boxes[first - beside.first : last - beside.first + 1]
    near = np.flatnonzero(_pairwise_within(mine, theirs) > _NEAR)
    if not len(near):
        return []
    runs = np.split(near, np.flatnonzero(np.diff(near) > max(3, _PAUSE_SECONDS * rate)) + 1)
    return [_Crossing(one, other, first + int(run[0]), first + int(run[-1])) for run in runs]


def _pairwise_within(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Intersection over the smaller area of each box with the one in the same row."""
    ends, other_ends = boxes[:, :2] + boxes[:, 2:], others[:, :2] + others[:, 2:]
    sides = np.clip(np.minimum(ends, other_ends) - np.maximum(boxes[:, :2], others[:, :2]), 0, None)
    areas = np.minimum(boxes[:, 2] * boxes[:, 3], others[:, 2] * others[:, 3])
    return np.asarray(sides[:, 0] * sides[:, 1] / np.maximum(areas, 1e-9))


def _extended(path: DensePath, steps: int) -> DensePath:
    """A path that goes on straight at both ends."""
    pace_in, pace_out = path.pace_in.copy(), path.pace_out.copy()
    pace_in[2:] = pace_out[2:] = 0
    ahead = np.arange(1, steps + 1)[:, None]
    boxes = np.concatenate([path.boxes[0] - pace_in * ahead[::-1], path.boxes, path.boxes[-1] + pace_out * ahead])
    return DensePath(path.first - steps, boxes, path.pace_in, path.pace_out)
