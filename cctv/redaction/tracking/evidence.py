"""Evidence: which trails are of a person, which only may be, and which are another box of somebody else.

A trail is believed by the foreground that nobody longer known explains.  Measured on three clips: 32 of 37 trails of
nobody beside people have less than a sixteenth of their box for themselves; of 190 trails of people five have, all of
under two seconds, and hidden behind others.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.tracking.trails import Occupancy, Trail, dense, within
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.yuv import Mask

_FEWEST = 4  # detections
_OWN_MEAN, _OWN_MOST = 0.06, 0.15  # share of the box that only this trail explains: mean, and four steps of five
_SURE_SCORE = 0.5  # mean of a trail's scores: a person all the same
_SHORT_SECONDS = 1.2
_BESIDE_SHARE, _BESIDE_WITHIN, _BESIDE_LENGTH = 0.6, 0.45, 1.5
_ASIDE = 0.1  # of the width, not looked at on each side: mostly ground


class Belief(Enum):
    """What a trail is taken for."""

    PERSON = "person"
    DOUBTFUL = "doubtful"  # short and beside somebody longer known: only the head is hidden
    NOBODY = "nobody"  # another box of somebody else


def beliefs(trails: Sequence[Trail], masks: Callable[[int], Mask], rate: float) -> list[Belief]:
    """What each trail is taken for; `masks` gives the foreground of a step (half size), `rate` is steps a second."""
    paths = [dense(trail, rate) for trail in trails]
    present = Occupancy(paths)
    own: list[list[float]] = [[] for _ in trails]
    beside = [0] * len(trails)
    for step in sorted({int(step) for trail in trails for step in trail.steps}):
        numbers = present.numbers(step)
        mask = masks(step)
        for number in numbers:
            index = int(np.searchsorted(trails[number].steps, step))
            if index < len(trails[number]) and trails[number].steps[index] == step:
                box = trails[number].boxes[index]
                longer = [other for other in numbers if other != number and len(trails[other]) >= len(trails[number])]
                own[number].append(_own_share(box, mask, [present.box(other, step) for other in longer]))
                known = [other for other in longer if len(trails[other]) > _BESIDE_LENGTH * len(trails[number])]
                boxes = np.array([present.box(other, step) for other in known]).reshape(-1, 4)
                beside[number] += bool(within(box[None], boxes).max(initial=0) > _BESIDE_WITHIN)
    return [_belief(*known, rate) for known in zip(trails, own, beside, strict=True)]


def _belief(trail: Trail, own: Sequence[float], beside: int, rate: float) -> Belief:
    nobody = np.mean(own) < _OWN_MEAN and np.percentile(own, 80) < _OWN_MOST and trail.scores.mean() < _SURE_SCORE
    if nobody or len(trail) < _FEWEST:
        return Belief.NOBODY
    if len(trail) < _SHORT_SECONDS * rate and beside >= _BESIDE_SHARE * len(trail):
        return Belief.DOUBTFUL
    return Belief.PERSON


def _own_share(box: NDArray[np.float64], mask: Mask, others: Sequence[NDArray[np.float64]]) -> float:
    """The share of a box (full-size pixels) that is foreground and in nobody else's box; 0 outside of the picture."""
    size = Size(mask.shape[1], mask.shape[0])
    x, y, width, height = (float(side) for side in box)
    inside = outer(Rect(x + _ASIDE * width, y, (1 - 2 * _ASIDE) * width, height).scaled(0.5), size)
    if inside.empty:
        return 0.0
    part = mask[inside.slices()].copy()
    for other in others:
        over = outer(Rect(*(float(side) for side in other)).scaled(0.5).moved(-inside.left, -inside.top),
                     Size(part.shape[1], part.shape[0]))  # fmt: skip
        part[over.slices()] = False
    return int(np.count_nonzero(part)) / part.size
