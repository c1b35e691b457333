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
    around = _around_ends(trails, rate)
    for number, (trail, others) in enumerate(zip(trails, around, strict=True)):
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
        if split:
            done.doubts.append(TrailDoubt(number, max(left.first, left.last - round(_DOUBT_SECONDS * rate)), left.last))
    return done


def _around_ends(trails: Sequence[Trail], rate: float) -> Iterator[list[Trail]]:
    """For each trail, the others that there are shortly before or after its end."""
    step = max(1.0, rate)
    at: dict[int, list[int]] = {}
    for number, trail in enumerate(trails):
        first, last = trail.first - _SPLIT_SECONDS * rate, trail.last + _BEFORE_SECONDS * rate
        for bucket in range(int(first // step), int(last // step) + 1):
            at.setdefault(bucket, []).append(number)
    for number, trail in enumerate(trails):
        yield [trails[other] for other in at[int(trail.last // step)] if other != number]


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
