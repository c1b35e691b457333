"""Flat rounded shapes that stand for other people.

Owns their form.  Pure.  A shape tells where somebody is and about how large, and never more: no contour, no gait, no
clothing; its box is averaged over time and snapped to a coarse grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cctv.redaction.geometry import Box
from cctv.redaction.planes import Mask
from cctv.redaction.tracks import Track

GREY = (136, 128, 128)
_STEADY = 0.4  # of a second over which a box is averaged, before and after: most of a step
_SEEN = 0.4  # of a second for which a region must exist: a flicker is nobody, unless it is ...
_LARGE = 0.002  # ... of the half-size picture: groups that merge and split make short tracks
_LEAST = 0.0006  # of the half-size picture: a smaller region is nobody
_GRID = 4  # half-size pixels


def worth_showing(tracks: Sequence[Track], pixels: int, rate: float) -> tuple[Track, ...]:
    """The tracks that stand for somebody in a half-size picture of so many pixels."""
    frames = max(2, round(_SEEN * rate))

    def counts(track: Track) -> bool:
        largest = max(box.area for box in track.boxes)
        return largest >= (_LEAST if len(track.boxes) >= frames else _LARGE) * pixels

    return tuple(track for track in tracks if counts(track))


def shape_boxes(tracks: Sequence[Track], frame: int, rate: float) -> tuple[Box, ...]:
    """Where shapes stand in a frame, half-size pixels."""
    reach = max(1, round(_STEADY * rate))
    found = (track.smooth_box_at(frame, reach) for track in tracks)
    return tuple(_snapped(box) for box in found if box is not None)


def shape_mask(boxes: Sequence[Box], shape: tuple[int, int]) -> Mask:
    """Half-size mask, True inside a shape: an ellipse around each box's middle."""
    mask = np.zeros(shape, np.uint8)
    for box in boxes:
        middle = (round(box.x + box.w / 2), round(box.y + box.h / 2))
        axes = (max(2, round(box.w / 2)), max(2, round(box.h / 2)))
        cv2.ellipse(mask, middle, axes, 0, 0, 360, 1, -1)
    return mask.view(np.bool_)


def _snapped(box: Box) -> Box:
    def grid(value: float) -> float:
        return round(value / _GRID) * _GRID

    return Box(grid(box.x), grid(box.y), max(grid(box.w), _GRID), max(grid(box.h), _GRID))
