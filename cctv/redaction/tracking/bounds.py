"""Bounds of drawn boxes: what a kept box never leaves, what a hide box covers besides, and how alike two boxes are.

Pure.
"""

from __future__ import annotations

from cctv.redaction.tracking.annotations import BoxPath
from cctv.redaction.video.geometry import Rect, enclosing

STRAY = 0.5  # of a drawn box's width: how far a person may be from the straight line between two keyframes
_STRAY_HEIGHTS = 0.25
_HIDE_MARGIN = 0.12  # of a hide box's sides: a drawn box is not exact between its keyframes
_BORDER_PIXELS = 4.0


def surroundings(path: BoxPath, frame: int, picture: Rect) -> Rect | None:
    """The part of the picture that the box of a kept path never leaves; None where it has no box.  Full-size pixels.

    A decided track is its own word.  A drawn one is the straight line with a margin; where a keyframe touches the
    picture's edge, both keyframes, since the line of a box that the edge cuts off lies about height and pace.
    """
    line = path.box_at(frame)
    if line is None or path.track is not None:
        return line
    near = [key.box for key in path.around(frame)]
    if any(at_border(box, picture) for box in near):
        line = enclosing(near)
    return line.grown(STRAY * max(box.w for box in near), _STRAY_HEIGHTS * max(box.h for box in near))


def grow_by_hide_margin(hide: Rect) -> Rect:
    """A hide box grown by what it may be off."""
    return hide.grown(_HIDE_MARGIN * hide.w + 1, _HIDE_MARGIN * hide.h + 1)


def at_border(box: Rect, picture: Rect) -> bool:
    """True for a box that the picture's edge may cut off."""
    return (
        box.x <= picture.x + _BORDER_PIXELS
        or box.y <= picture.y + _BORDER_PIXELS
        or box.right >= picture.right - _BORDER_PIXELS
        or box.bottom >= picture.bottom - _BORDER_PIXELS
    )


def likeness(first: Rect, second: Rect) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    shared = first.overlap(second)
    union = first.area + second.area - shared
    return shared / union if union > 0 else 0.0
