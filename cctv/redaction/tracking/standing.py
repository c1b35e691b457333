"""Who stands in the empty scene: a person of whom nothing differs from it, followed all the same.

The backdrop's own search found them in most of the pictures that it was made of (`background/person_detector`), so
weak detections at that place are believed.  Their place stays filled and hides as before.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cctv.redaction.people.detections import FrameDetections
from cctv.redaction.tracking.trails import shared_areas
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.yuv import Mask

_LEAST_SCORE = 0.1
_BELIEVED = 0.4  # a score that begins a trail, and less than that of most people who move
_WITHIN, _FILLS = 0.8, 0.4  # share of a detection in the place, which has a margin; and of the place that it fills


def of_standing(found: FrameDetections, places: Sequence[Rect]) -> FrameDetections:
    """The detections of a frame, those at one place as one: their mean, with the score of somebody who is sure.

    Weak boxes of one small person lie beside each other and take turns; their mean stays where the person is.
    """
    if not places or not len(found.scores):
        return found
    at = np.array([(place.x, place.y, place.w, place.h) for place in places], np.float64)
    boxes = found.boxes.astype(np.float64)
    shared = shared_areas(at, boxes)
    areas = boxes[:, 2] * boxes[:, 3]
    fits = (shared >= _WITHIN * areas) & (shared >= _FILLS * (at[:, 2] * at[:, 3])[:, None])
    fits &= found.scores >= _LEAST_SCORE
    fused, scores = found.boxes.copy(), found.scores.copy()
    for row in fits:
        if row.any():
            best = int(np.argmax(np.where(row, found.scores, 0)))
            fused[best] = np.average(found.boxes[row], axis=0, weights=found.scores[row])
            scores[best] = max(float(scores[best]), _BELIEVED)
    return replace(found, boxes=fused, scores=scores)


def with_boxes(mask: Mask, places: Sequence[Rect]) -> Mask:
    """A mask of difference (half size) with the places of those who stand in the empty scene (full-size pixels)."""
    if not places:
        return mask
    out, size = mask.copy(), Size(mask.shape[1], mask.shape[0])
    for place in places:
        out[outer(place.scaled(0.5), size).slices()] = True
    return out
