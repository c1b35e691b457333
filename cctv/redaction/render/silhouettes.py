"""Silhouettes: flat rounded shapes that stand for other people.

Pure.  A shape shows that a person is there, and nothing more: no contour, no gait, no clothing, not their own size.
All shapes at one height of the picture have one size, larger than a person there, and stand on a coarse grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from cctv.redaction.tracking.tracks import Track
from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.yuv import Mask

GREY = (136, 128, 128)
_STEADY_SECONDS = 0.4  # of a second over which a box is averaged, before and after: most of a step
_MIN_SEEN_SECONDS = 0.4  # of a second for which a region must exist: a flicker is no one, unless it is ...
_LARGE_SHARE = 0.002  # ... of the half-size picture: groups that merge and split make short tracks
_MIN_REGION_SHARE = 0.0006  # of the half-size picture: a smaller region is no one
_GRID_WIDTHS = 0.5  # of a person's width, to the nearest power of two: one grid for all who stand at about one height
# of a person: the ground beside a tight shape reveals its person's size (PETS09-S2L1: 9 % right; at 1.3, 6 %)
_SHAPE_SCALE = 1.3
_PERSON_RATIO = 0.4  # a person's width by height, seen as a region (PETS09-S2L1 and generated scenes: 0.35-0.38)
_UPRIGHT_RATIOS = (0.25, 0.55)  # width by height of one person's region
_MIN_SPREAD_SHARE = 0.05  # of the picture's height between two boxes from which perspective is measured
_ABREAST_WIDTHS = 1.25  # of a person's width: what is wider by half of that holds one more
_FLAT_HEIGHTS = (
    1.2,
    0.5,
)  # of a person's height: what is wider and lower is a tape or a shadow, and no one who lies there
_SAME_SHARE = 0.35  # of a shape within another: head and legs of one person whose trunk looks like the ground
_MAX_SAMPLES = 4000
_MIN_BOXES = 10  # boxes
_MIN_HEIGHT_PIXELS = 8.0  # half-size pixels


@dataclass(frozen=True, slots=True)
class PersonHeightModel:
    """How tall people are in a picture (half-size pixels) by the row on which they stand."""

    slope: float
    offset: float

    def height(self, foot: float) -> float:
        """The height (half-size pixels) of a person whose feet are on row `foot`."""
        return max(self.slope * foot + self.offset, _MIN_HEIGHT_PIXELS)


def stature_in(tracks: Sequence[Track], picture: Size) -> PersonHeightModel:
    """The stature of a clip's people: the same for everyone, whoever is there (Theil's line through their boxes)."""
    boxes = [box for track in tracks for box in track.boxes]
    boxes = boxes[:: len(boxes) // _MAX_SAMPLES + 1]
    whole = sorted((box.bottom, box.h) for box in boxes if _is_whole(box, picture))
    if len(whole) < _MIN_BOXES:
        tall = [max(box.w, box.h) for box in boxes]
        return PersonHeightModel(0.0, float(np.median(tall)) if tall else _MIN_HEIGHT_PIXELS)
    feet, heights = np.array(whole).T
    middle = len(whole) // 2
    apart, taller = feet[-middle:] - feet[:middle], heights[-middle:] - heights[:middle]
    telling = apart >= _MIN_SPREAD_SHARE * picture.height
    slope = max(float(np.median(taller[telling] / apart[telling])), 0.0) if telling.any() else 0.0
    return PersonHeightModel(slope, float(np.median(heights - slope * feet)))


def _is_whole(box: Rect, picture: Size) -> bool:
    """One upright person whom the picture's edge does not cut off."""
    within = box.x > 2 and box.y > 2 and box.right < picture.width - 2 and box.bottom < picture.height - 2
    return within and _UPRIGHT_RATIOS[0] * box.h <= box.w <= _UPRIGHT_RATIOS[1] * box.h


def filter_person_tracks(tracks: Sequence[Track], pixels: int, rate: float) -> tuple[Track, ...]:
    """The tracks that stand for a person in a half-size picture of so many pixels."""
    frames = max(2, round(_MIN_SEEN_SECONDS * rate))

    def counts(track: Track) -> bool:
        largest = max(box.area for box in track.boxes)
        return largest >= (_MIN_REGION_SHARE if len(track.boxes) >= frames else _LARGE_SHARE) * pixels

    return tuple(track for track in tracks if counts(track))


def steady_boxes(tracks: Sequence[Track], frame: int, rate: float) -> tuple[Rect, ...]:
    """Where a person is in a frame, half-size pixels, one box a track."""
    reach = max(1, round(_STEADY_SECONDS * rate))
    boxes = (track.smooth_box_at(frame, reach) for track in tracks)
    return tuple(box for box in boxes if box is not None)


def shape_boxes(boxes: Sequence[Rect], stature: PersonHeightModel) -> tuple[Rect, ...]:
    """Silhouettes for the people in these boxes: side by side in a wide one, one for what lies together."""
    shapes: list[Rect] = []
    for box in sorted(boxes, key=lambda box: -box.bottom):  # of one person in two pieces, the feet show the place
        height = stature.height(box.bottom)
        if box.w > _FLAT_HEIGHTS[0] * height and box.h < _FLAT_HEIGHTS[1] * height:
            continue
        width = _PERSON_RATIO * height
        grid = 2.0 ** round(math.log2(_GRID_WIDTHS * width))
        foot = round(box.bottom / grid) * grid
        count = max(1, round(box.w / (_ABREAST_WIDTHS * width)))
        for number in range(count):
            middle = round((box.x + box.w * (number + 0.5) / count) / grid) * grid
            shape = _standing(middle, foot, stature)
            if all(shape.overlap(other) <= _SAME_SHARE * shape.area for other in shapes):
                shapes.append(shape)
    return tuple(shapes)


def _standing(middle: float, foot: float, stature: PersonHeightModel) -> Rect:
    height = stature.height(foot)
    width, beyond = _PERSON_RATIO * height, (_SHAPE_SCALE - 1) / 2
    return Rect(middle - width / 2, foot - height, width, height).grown(beyond * width, beyond * height)


def shape_mask(boxes: Sequence[Rect], shape: tuple[int, int]) -> Mask:
    """Half-size mask, True inside a shape: each box with round ends."""
    mask = np.zeros(shape, np.uint8)
    for box in boxes:
        radius = max(2, round(box.w / 2))
        middle, top = round(box.x + box.w / 2), round(box.y) + radius
        bottom = max(round(box.bottom) - radius, top)
        cv2.rectangle(mask, (middle - radius, top), (middle + radius, bottom), 1, -1)
        for end in (top, bottom):
            cv2.circle(mask, (middle, end), radius, 1, -1)
    return mask.view(np.bool_)
