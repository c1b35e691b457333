"""Privacy masks: the parts of a camera's picture that are never shown.

Rasterises polygons and covers them.  Pure.  Rounds outwards to 2 x 2 blocks, so that luma and chroma agree and an edge
hides what it touches.  `cctv.redaction.video.reader.Reading` covers them before any other module sees a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from cctv.config.fields import Polygon
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.yuv import Mask, Planes, doubled

BLACK = (16, 128, 128)
_SHIFT = 4  # fractional bits of a corner


@dataclass(frozen=True, slots=True, eq=False)
class MaskedArea:
    """The masked pixels of a picture of one size, True = masked: at half size, and at full (even) size."""

    half: Mask
    full: Mask

    def covered(self, planes: Planes) -> Planes:
        """A copy of the picture with the masked pixels painted black."""
        copy = planes.copy()
        self.cover(copy)
        return copy

    def cover(self, planes: Planes) -> None:
        """Paint the masked pixels of a picture black."""
        planes.y[self.full] = BLACK[0]
        planes.u[self.half] = BLACK[1]
        planes.v[self.half] = BLACK[2]


@lru_cache(maxsize=8)
def masked_area(polygons: tuple[Polygon, ...], size: Size) -> MaskedArea | None:
    """What polygons in percent cover of a picture of `size` as displayed; None without any."""
    if not polygons:
        return None
    even = size.even()
    drawn = np.zeros((even.height, even.width), np.uint8)
    for polygon in polygons:
        drawn |= _filled(polygon, size, even)
    touched = np.asarray(cv2.dilate(drawn, np.ones((3, 3), np.uint8)), np.uint8)
    half = touched.reshape(even.height // 2, 2, even.width // 2, 2).max(axis=(1, 3)).view(np.bool_)
    full = doubled(half)
    for mask in (half, full):
        mask.setflags(write=False)
    return MaskedArea(half, full)


def _filled(
    polygon: Sequence[tuple[float, float]], size: Size, even: Size
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """One polygon without holes: one that crosses itself hides its middle too."""
    corners = np.array(polygon) / 100 * (size.width, size.height) - 0.5
    points = np.rint(corners * (1 << _SHIFT)).astype(np.int32)
    drawn = np.zeros((even.height, even.width), np.uint8)
    cv2.fillPoly(drawn, [points], 1, shift=_SHIFT)
    outlines, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, outlines, -1, 1, cv2.FILLED)
    return drawn
