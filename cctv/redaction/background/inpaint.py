"""Fills for hidden pixels (solid grey, backdrop, coarse pixels, blur), and inpainting of a backdrop's untrusted pixels.

Pure.  A fill never depends on fewer pixels than its cell, so that no outline survives; blur and pixels are nevertheless
weak (docs/redaction.md).
"""

from __future__ import annotations

from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.video.yuv import Mask, Plane, Planes

Weights = NDArray[np.float32]
GREY = (112, 128, 128)
_CELLS_ACROSS = 32  # coarse pixels across the shorter side: a head in the distance is smaller than one of them


class Fill(Enum):
    """What replaces hidden pixels in mask mode."""

    SOLID = "solid"
    BACKDROP = "backdrop"
    PIXELATE = "pixelate"
    BLUR = "blur"


def inpainted(picture: Planes, holes: Mask) -> Planes:
    """The picture with its holes (half-size mask, True = hole) filled smoothly from the pixels around them.

    Push and pull: averages of the known pixels at ever coarser sizes, so that nothing of a hole's content remains.
    A picture that is all hole becomes grey.
    """
    if not holes.any():
        return picture
    valid = (~holes).astype(np.float32)
    filled = [_pull(plane, valid, level) for plane, level in zip((picture.y, picture.u, picture.v), GREY, strict=True)]
    return Planes(*filled)


def _pull(plane: Plane, valid: Weights, empty_level: int) -> Plane:
    rows, columns = plane.shape
    weight = cv2.resize(valid, (columns, rows), interpolation=cv2.INTER_NEAREST)
    levels: list[tuple[Weights, Weights]] = [(np.asarray(plane * weight, np.float32), np.asarray(weight, np.float32))]
    while min(levels[-1][0].shape) > 1:
        total, count = levels[-1]
        half = ((total.shape[1] + 1) // 2, (total.shape[0] + 1) // 2)
        levels.append((_halved(total, half), _halved(count, half)))
    total, count = levels[-1]
    guess = np.where(count > 1e-6, total / np.maximum(count, 1e-6), empty_level).astype(np.float32)
    for total, count in reversed(levels[:-1]):
        coarse = cv2.resize(guess, (total.shape[1], total.shape[0]), interpolation=cv2.INTER_LINEAR)
        own = np.minimum(count * 4, 1.0)
        guess = np.where(count > 1e-6, total / np.maximum(count, 1e-6), coarse) * own + coarse * (1 - own)
        guess = guess.astype(np.float32)
    exact = np.where(weight > 0, plane, np.clip(np.rint(guess), 0, 255))
    return exact.astype(np.uint8)


def _halved(plane: Weights, size: tuple[int, int]) -> Weights:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def filled(source: Planes, backdrop: Planes, kind: Fill) -> Planes:
    """A whole picture of what hidden pixels become; the same even size as the source."""
    if kind is Fill.BACKDROP:
        return backdrop
    if kind is Fill.SOLID:
        return solid(source)
    return Planes(*(_coarse(plane, kind) for plane in (source.y, source.u, source.v)))


def solid(like: Planes) -> Planes:
    """A grey picture of the same size."""
    return Planes(*(np.full_like(plane, level) for plane, level in zip((like.y, like.u, like.v), GREY, strict=True)))


def _coarse(plane: Plane, kind: Fill) -> Plane:
    rows, columns = plane.shape
    cell = max(min(rows, columns) / _CELLS_ACROSS, 1.0)
    small = cv2.resize(plane, (max(round(columns / cell), 1), max(round(rows / cell), 1)), interpolation=cv2.INTER_AREA)
    interpolation = cv2.INTER_NEAREST if kind is Fill.PIXELATE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(small, (columns, rows), interpolation=interpolation), np.uint8)
