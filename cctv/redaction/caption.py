"""The line in the picture that says what was done to it.

Owns the caption's text, size and place.  Pure.  Never changes the size of a frame; its rectangle counts as hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cctv.redaction.geometry import Box, PixelRect, Size, outer
from cctv.redaction.keep import KeepBoxes
from cctv.redaction.planes import Plane, Planes

DEFAULT = "Background reconstructed; other people hidden"
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_HEIGHT = 30  # of the picture's height: a line is a thirtieth
_LEAST = 8  # pixels; smaller letters cannot be read, so a picture too small for them carries no caption


@dataclass(frozen=True, slots=True)
class Caption:
    """A drawn line: its (even) rectangle in the picture and its luma, (height, width) uint8."""

    rect: PixelRect
    luma: Plane

    def draw(self, planes: Planes) -> None:
        """Put the line into a picture."""
        rows, columns = self.rect.slices()
        planes.y[rows, columns] = self.luma
        half = (slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2))
        planes.u[half] = 128
        planes.v[half] = 128


def caption(text: str, size: Size, keep: KeepBoxes, frames: int) -> Caption | None:
    """The line in the corner that the kept boxes cover least; None when the picture is too small to be read."""
    letters = max(_LEAST, size.height // _HEIGHT)
    scale = cv2.getFontScaleFromHeight(_FONT, letters)
    room = size.width * 0.6
    (width, _), below = cv2.getTextSize(text, _FONT, scale, 1)
    if width > room:
        scale *= room / width
        letters = int(letters * room / width)
        (width, _), below = cv2.getTextSize(text, _FONT, scale, 1)
    if letters < _LEAST - 2:
        return None
    pad = max(2, letters // 3)
    box_width, box_height = _even(width + 2 * pad), _even(letters + below + 2 * pad)
    luma = np.full((box_height, box_width), 24, np.uint8)
    cv2.putText(luma, text, (pad, pad + letters), _FONT, scale, 215, 1, cv2.LINE_AA)
    return Caption(_corner(keep, frames, size, box_width, box_height), luma)


def _even(length: int) -> int:
    return length + length % 2


def _corner(keep: KeepBoxes, frames: int, size: Size, width: int, height: int) -> PixelRect:
    right, bottom = (size.width - width) // 2 * 2, (size.height - height) // 2 * 2
    corners = [Box(x, y, width, height) for y in (bottom, 0) for x in (0, right)]
    step = max(1, frames // 500)

    def covered(corner: Box) -> float:
        return sum(corner.overlap(box) for frame in range(0, frames, step) for box in keep.kept_at(frame))

    return outer(min(corners, key=covered), size)
