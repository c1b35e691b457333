"""Handovers: where a trail begins on top of another that ends shortly after, and both may be one person's.

A new box often begins beside the last detections of an old one, which drift off to somebody else or to nothing.  The
old trail ends where the new one begins; what is cut off stays a place where its person may stand.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cctv.redaction.tracking.linking import HiddenPlace
from cctv.redaction.tracking.trails import Trail, overlaps

_SECONDS = 0.5  # of both at once: two people are apart for longer, or the new trail does not begin on the old one
_BEGINS_ON = 0.2  # overlap of the first box of the new trail with the old one's there
_FEWEST = 4  # detections that are left


def handed_over(trails: Sequence[Trail], rate: float) -> tuple[list[Trail], list[HiddenPlace]]:
    """The trails, each ended where another took it over, and where the persons of the ended ones may still stand.

    `rate` is steps a second.
    """
    left, places = [], []
    for number, trail in enumerate(trails):
        ends = [
            other.first
            for other in trails
            if trail.first < other.first <= trail.last < other.last
            and trail.last - other.first < _SECONDS * rate
            and _begins_on(other, trail)
        ]
        count = int(np.searchsorted(trail.steps, min(ends))) if ends else len(trail)
        if count < _FEWEST:
            count = len(trail)
        left.append(trail.part(0, count))
        places += [
            HiddenPlace((number,), int(step), box)
            for step, box in zip(trail.steps[count:], trail.boxes[count:], strict=True)
        ]
    return left, places


def _begins_on(other: Trail, trail: Trail) -> bool:
    at = int(np.abs(trail.steps - other.first).argmin())
    return bool(overlaps(other.boxes[:1], trail.boxes[at][None]).max() >= _BEGINS_ON)
