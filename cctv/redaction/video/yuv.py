"""One decoded picture as yuv420p planes, its reduction to half size, and fast mean and median.

Responsible for the memory layout of a frame.  Never converts to RGB: what is shown was decoded and is encoded in 4:2:0.
`mean` and `median` skip numpy's checks, which take longer than the sum of a few thousand values.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.video.geometry import Size

Plane = NDArray[np.uint8]
"""A two-dimensional uint8 array of one plane, rows first."""
Mask = NDArray[np.bool_]
"""A two-dimensional bool array; what True means is documented where it is used."""
# OpenCV's own threads cost a sixth of all processor time at these sizes, and passes run beside each other
_SINGLE_THREAD = 1
cv2.setNumThreads(_SINGLE_THREAD)
_BAND_ROWS = 60  # of the half-size picture


@dataclass(frozen=True, slots=True)
class Planes:
    """A yuv420p picture of even size: `y` is (height, width), `u` and `v` are half of that each way, all uint8."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def size(self) -> Size:
        """The (even) size of the picture."""
        return Size(self.y.shape[1], self.y.shape[0])

    def copy(self) -> Planes:
        """The same picture in memory of its own, laid out as `from_buffer` does."""
        return from_buffer(np.concatenate([self.y.ravel(), self.u.ravel(), self.v.ravel()]), self.size)

    def to_bytes(self) -> bytes:
        """The planes one after the other, as ffmpeg's rawvideo has them."""
        return self.y.tobytes() + self.u.tobytes() + self.v.tobytes()

    def stacked(self) -> Plane:
        """The picture at half size, (3, height/2, width/2): luma averaged over 2 x 2, then u and v."""
        stacked = np.empty((3, *self.u.shape), np.uint8)
        halve(self.y, stacked[0])
        stacked[1], stacked[2] = self.u, self.v
        return stacked


def halve(luma: Plane, into: Plane) -> None:
    """Average luma over 2 x 2.

    In bands that are read once before: a picture fresh from the decoder is not in the cache of this core, and cv2.norm
    reads it in order (1080p: 144 us instead of 205).
    """
    for top in range(0, into.shape[0], _BAND_ROWS):
        band = luma[2 * top : 2 * (top + _BAND_ROWS)]
        cv2.norm(band, cv2.NORM_INF)
        part = into[top : top + _BAND_ROWS]
        cv2.resize(band, (part.shape[1], part.shape[0]), part, interpolation=cv2.INTER_AREA)


def frame_bytes(size: Size) -> int:
    """Bytes of one yuv420p picture of an even size."""
    return size.width * size.height * 3 // 2


def from_buffer(buffer: NDArray[np.uint8], size: Size) -> Planes:
    """Planes as views into one flat uint8 buffer of `frame_bytes(size)` bytes."""
    luma, chroma = size.width * size.height, size.width * size.height // 4
    half = (size.height // 2, size.width // 2)
    return Planes(
        buffer[:luma].reshape(size.height, size.width),
        buffer[luma : luma + chroma].reshape(half),
        buffer[luma + chroma :].reshape(half),
    )


def doubled(half: Mask) -> Mask:
    """A half-size mask at full size: each value covers its 2 x 2 block, so that luma and chroma agree."""
    rows, columns = half.shape
    large = cv2.resize(half.view(np.uint8), (columns * 2, rows * 2), interpolation=cv2.INTER_NEAREST)
    return np.asarray(large, np.uint8).view(np.bool_)


def mean(values: NDArray[np.float32]) -> np.float32:
    """As `np.mean`."""
    return np.float32(np.add.reduce(values) / np.float32(values.size))


def median(values: NDArray[np.float32]) -> float:
    """As `np.median`, of one dimension."""
    middle = values.size // 2
    if values.size % 2:
        return float(np.partition(values, middle)[middle])
    sorted_ = np.partition(values, (middle - 1, middle))
    return float((sorted_[middle - 1] + sorted_[middle]) / np.float32(2))
