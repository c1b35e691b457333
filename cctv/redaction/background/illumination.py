"""Illumination of a frame against its backdrop: a robust fit of gain and offset.

A fit lets slow changes of daylight pass without hiding the whole picture.  Pure.  A large object is never taken for a
change of light: where no single fit explains most of the picture, the light is unknown (None).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.video.yuv import Mask, Plane, mean, median

# about as many are fitted, whatever the size of the picture; at 768 x 576 every fifth each way
_SAMPLE_PIXELS = 4000
_INLIER_LEVELS = 15.0  # levels; camera noise stays inside, a person mostly does not
_MIN_EXPLAINED_SHARE = 0.5  # share of the picture that one fit must explain
_JUMP_LEVELS = 20.0  # levels; a larger jump from the frame before, while the old light still explains ...
_OLD_LIGHT_SHARE = 0.2  # ... this share, may be a person who fills the picture
_LEVELS = np.arange(256, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Light:
    """Frame luma = gain x backdrop luma + offset; chroma = backdrop chroma + (du, dv).  In levels of 0 to 255."""

    gain: float = 1.0
    offset: float = 0.0
    du: float = 0.0
    dv: float = 0.0
    share: float = 1.0  # of the picture that this explains

    def shown(self, backdrop: Plane) -> Plane:
        """The backdrop, (3, height, width) uint8, as it would look in this light."""
        if self == SAME or (self.gain == 1.0 and not (self.offset or self.du or self.dv)):
            return backdrop
        curves = (_LEVELS * self.gain + self.offset, _LEVELS + self.du, _LEVELS + self.dv)
        shown = np.empty_like(backdrop)
        for plane, curve, into in zip(backdrop, curves, shown, strict=True):
            table = np.rint(curve)
            if np.array_equal(table, _LEVELS):
                into[:] = plane
            else:
                cv2.LUT(plane, np.clip(table, 0, 255).astype(np.uint8), into)
        return shown


SAME = Light()


class ReferencePixels:
    """Pixels of a backdrop, (3, height, width) uint8, on which a frame's light is fitted: every few, if trusted."""

    def __init__(self, backdrop: Plane, trusted: Mask) -> None:
        grid = np.zeros(trusted.shape, np.bool_)
        stride = max(1, round(math.sqrt(trusted.size / _SAMPLE_PIXELS)))
        grid[::stride, ::stride] = trusted[::stride, ::stride]
        self._places = np.flatnonzero(grid)
        self._empty = self.seen(backdrop)
        self._middle = median(self._empty[0]) if self._places.size else 0.0

    def seen(self, frame: Plane) -> NDArray[np.float32]:
        """These pixels of a frame, (3, count)."""
        return np.ascontiguousarray(frame).reshape(3, -1)[:, self._places].astype(np.float32)

    def fit(self, frame: Plane, before: Light | None = None) -> Light | None:
        """The light of a frame, (3, height, width) uint8; None when no light explains most of the picture.

        `before` is the light of the frame before, against which a jump is judged.
        """
        if self._places.size < 32:
            return None
        seen, empty = self.seen(frame), self._empty
        gain, offset = _line(empty[0], seen[0])
        residual = np.abs(seen[0] - gain * empty[0] - offset)
        inlier = residual < _INLIER_LEVELS
        share = int(np.count_nonzero(inlier)) / inlier.size
        if share < _MIN_EXPLAINED_SHARE:
            return None
        du, dv = (median((seen[i] - empty[i])[inlier]) for i in (1, 2))
        if before is not None and self._jumped(seen[0], gain, offset, before):
            return None
        return Light(gain, offset, du, dv, share)

    def _jumped(self, seen: NDArray[np.float32], gain: float, offset: float, before: Light) -> bool:
        jump = abs((gain - before.gain) * self._middle + offset - before.offset)
        if jump <= _JUMP_LEVELS:
            return False
        old = np.abs(seen - before.gain * self._empty[0] - before.offset) < _INLIER_LEVELS
        return float(old.mean()) > _OLD_LIGHT_SHARE


def fit(frame: Plane, backdrop: Plane, trusted: Mask, before: Light | None = None) -> Light | None:
    """The light of one frame against a backdrop, where `trusted`; see `ReferencePixels.fit`."""
    return ReferencePixels(backdrop, trusted).fit(frame, before)


def _line(empty: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset by least squares over the inliers, starting at the median offset."""
    gain, offset = 1.0, median(seen - empty)
    for _ in range(3):
        inlier = np.abs(seen - gain * empty - offset) < _INLIER_LEVELS
        x, y = empty[inlier], seen[inlier]
        if not x.size:
            return 1.0, offset
        across, along = mean(x), mean(y)
        apart = x - across
        spread = float(mean(apart * apart))
        if spread < 25.0:  # the gain cannot be fitted on a flat picture
            return 1.0, offset
        slope = float(mean(apart * (y - along))) / spread
        gain = min(max(slope, 0.6), 1.6)
        offset = float(along - gain * across)
    return gain, offset
