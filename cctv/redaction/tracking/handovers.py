"""Handovers and splits: where a trail goes over into others, and does not hold one person to its end.

A new box often begins beside the last detections of an old one, which drift off to somebody else or to nothing: the old
trail ends where the new one begins.  Where one box becomes two, and nobody else was there before, it was a box around
two people: its last moments, in which it passes from one to the other, are nobody's, and before them it is in doubt.
What is cut off stays a place where the trail's person may stand.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.tracking.linking import HiddenPlace
from cctv.redaction.tracking.trails import Trail, overlaps, within

_SECONDS = 0.5  # of both at once: two people are apart for longer, or the new trail does not begin on the old one
_BEGINS_ON = 0.2  # overlap of the first box of the new trail with the old one's there
_FEWEST = 4  # detections that are left of a trail, and that a person has who comes out of it
_SPLIT_SECONDS = 0.5  # between the end of a box around two people and the beginning of each
_BEFORE_SECONDS = 1.0  # somebody whose trail ended so shortly before is one of the two
_COMES_OUT = 0.5  # of the smaller box: the new trail begins in the old box
_WIDER, _AROUND = 1.1, 0.6  # its width by theirs, and its overlap with the box around both
_AT = 0.3  # of the smaller box: at one place
_DOUBT_SECONDS = 3.0  # before a split: two people walk as one box for seconds


@dataclass(frozen=True, slots=True)
class TrailDoubt:
    """Steps `first` to `last` of a trail in which its boxes may be around two people."""

    trail: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Handovers:
    """Trails that end where others go on, the places that are left of their ends, and what is in doubt."""

    trails: list[Trail]
    places: list[HiddenPlace]
    doubts: list[TrailDoubt]


def handed_over(trails: Sequence[Trail], rate: float) -> Handovers:
    """The trails, each ended where another took it over or before it split; `rate` is steps a second."""
    done = Handovers([], [], [])
    near = _Near(trails, rate)
    held = _held(trails, near, rate)
    for number, trail in enumerate(trails):
        others = [trails[other] for other in near.at(trail.last) if other != number]
        ends = [*_taken_over(trail, others, rate)]
        split = _splits(trail, others, rate)
        if split:
            ends.append(trail.last - round(_SPLIT_SECONDS * rate))
        count = int(np.searchsorted(trail.steps, min(ends))) if ends else len(trail)
        if count < _FEWEST:
            count = len(trail)
        left = trail.part(0, count)
        done.trails.append(left)
        done.places.extend(
            HiddenPlace((number,), int(step), box)
            for step, box in zip(trail.steps[count:], trail.boxes[count:], strict=True)
        )
        lasts = [left.last] if split else []
        lasts += [min(step - 1, left.last) for holder, step in held if holder == number]
        for last in lasts:
            first = max(left.first, last - round(_DOUBT_SECONDS * rate))
            if first < last:
                done.doubts.append(TrailDoubt(number, first, last))
    return done


class _Near:
    """Which trails there are shortly before or after a step, by number, and maybe some more."""

    def __init__(self, trails: Sequence[Trail], rate: float) -> None:
        self._step = max(1.0, rate)
        self._at: dict[int, list[int]] = {}
        for number, trail in enumerate(trails):
            first, last = trail.first - _SPLIT_SECONDS * rate, trail.last + _BEFORE_SECONDS * rate
            for bucket in range(int(first // self._step), int(last // self._step) + 1):
                self._at.setdefault(bucket, []).append(number)

    def at(self, step: int) -> list[int]:
        """The numbers of the trails near a step."""
        return self._at.get(int(step // self._step), [])


def _held(trails: Sequence[Trail], near: _Near, rate: float) -> list[tuple[int, int]]:
    """Trails whose box was around somebody who came out of it, by number, and the step of that.

    The box goes on as that of one of the two, and is narrower from then on.
    """
    held = []
    for number, other in enumerate(trails):
        others = [index for index in near.at(other.first) if index != number and trails[index].first < other.first]
        there = [
            index
            for index in others
            if trails[index].last >= other.first - _BEFORE_SECONDS * rate
            and _shared(_box_near(trails[index], other.first - 1), other.boxes[0]) > _AT
        ]
        if len(there) != 1 or len(other) < _FEWEST:  # nobody, or somebody else whom the other may be
            continue
        trail, reach = trails[there[0]], _SPLIT_SECONDS * rate
        before = trail.boxes[(trail.steps < other.first) & (trail.steps >= other.first - reach)]
        after = trail.boxes[(trail.steps >= other.first) & (trail.steps <= other.first + reach)]
        if not len(before) or not len(after) or _shared(other.boxes[0], before[-1]) <= _COMES_OUT:
            continue
        narrower = np.median(before[:, 2]) > _WIDER * np.median(after[:, 2])
        if narrower and _is_around(before[-1], after[0], other.boxes[0]):
            held.append((there[0], other.first))
    return held


def _taken_over(trail: Trail, others: Sequence[Trail], rate: float) -> Iterator[int]:
    """The steps at which another trail begins on the end of this one."""
    for other in others:
        if trail.first < other.first <= trail.last < other.last and trail.last - other.first < _SECONDS * rate:
            shared = overlaps(other.boxes[:1], _box_near(trail, other.first)[None])
            if shared.max() >= _BEGINS_ON:
                yield other.first


def _splits(trail: Trail, others: Sequence[Trail], rate: float) -> bool:
    """Whether two people come out of the end of a trail whose box was around both; nobody else was there before."""
    reach = _SPLIT_SECONDS * rate
    out: list[NDArray[np.float64]] = []
    for other in others:
        gone = other.last < trail.last - _BEFORE_SECONDS * rate or other.first > trail.last + reach
        if gone or _shared(_box_near(other, trail.last), trail.boxes[-1]) <= _AT:
            continue
        begins = abs(other.first - trail.last) <= reach and other.first > trail.first
        if begins and other.last > trail.last and len(other) >= _FEWEST:
            if _shared(other.boxes[0], _box_near(trail, other.first)) > _COMES_OUT:
                out.append(other.boxes[0])
        elif other.first <= trail.last:
            return False
    return any(_is_around(trail.boxes[-1], one, another) for one, another in combinations(out, 2))


def _is_around(box: NDArray[np.float64], one: NDArray[np.float64], another: NDArray[np.float64]) -> bool:
    """Whether a box is one around two others, and wider than each."""
    start = np.minimum(one[:2], another[:2])
    both = np.concatenate([start, np.maximum(one[:2] + one[2:], another[:2] + another[2:]) - start])
    wide = box[2] > _WIDER * max(one[2], another[2])
    return bool(wide and overlaps(box[None], both[None])[0, 0] >= _AROUND)


def _shared(box: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(within(box[None], other[None])[0, 0])


def _box_near(trail: Trail, step: int) -> NDArray[np.float64]:
    """The detection of a trail that is nearest to a step."""
    return np.asarray(trail.boxes[int(np.abs(trail.steps - step).argmin())])
