"""Those parts of a clip's pictures that may become live, set aside while it is analysed.

A box to keep never leaves the surroundings of what was drawn, so in backdrop mode nothing else of the source can be
shown; the render then needs no other pixel, and does not decode the clip a third time.  Owns a temporary file without a
name, which vanishes with the process.  Never holds more than its budget: a clip that needs more is decoded again.
"""

from __future__ import annotations

import shutil
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from cctv.redaction.carry import surroundings
from cctv.redaction.geometry import Box, PixelRect, Size, enclosing, outer
from cctv.redaction.keep import KeepBoxes
from cctv.redaction.planes import Planes, frame_bytes, from_buffer

_BUDGET = 1 << 30  # bytes: five minutes of somebody near a 1080p camera
_SHARE = 4  # of the free space, one part


@dataclass(frozen=True, slots=True)
class Patch:
    """Part of a picture: whole 2 x 2 blocks, `rect` in half-size pixels."""

    planes: Planes
    rect: PixelRect


def whole(planes: Planes) -> Patch:
    """All of a picture."""
    return Patch(planes, PixelRect(0, 0, planes.u.shape[1], planes.u.shape[0]))


def wanted(keep: KeepBoxes, frame: int, half: Size) -> PixelRect:
    """What of a frame may become live, half-size pixels; empty where nobody is kept."""
    picture = Box(0, 0, 2 * half.width, 2 * half.height)
    bounds = [found for path in keep.keep if (found := surroundings(path, frame, picture)) is not None]
    return outer(enclosing(bounds).scaled(0.5), half) if bounds else PixelRect(0, 0, 0, 0)


class PatchSpool:
    """The patches of a clip in order, on the disk that holds `folder`.  Use as a context manager, in one thread."""

    def __init__(self, folder: Path, keep: KeepBoxes, size: Size) -> None:
        self._keep = keep
        self._half = Size(size.width // 2, size.height // 2)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._room = min(_BUDGET, shutil.disk_usage(folder).free // _SHARE)
        self._rects = array("l")
        self.complete = True
        """Whether every patch found room."""

    def __enter__(self) -> PatchSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def setting_aside(self, pictures: Iterable[Planes]) -> Iterator[Planes]:
        """The pictures of the clip as they come, each noted."""
        for frame, planes in enumerate(pictures):
            if self.complete:
                self._add(planes, wanted(self._keep, frame, self._half))
            yield planes

    def _add(self, planes: Planes, rect: PixelRect) -> None:
        self._room -= frame_bytes(_size(rect))
        if self._room < 0:
            self.complete = False
            self._file.truncate(0)
            return
        self._rects.extend((rect.left, rect.top, rect.right, rect.bottom))
        if not rect.empty:
            rows, columns = rect.slices()
            luma = planes.y[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop]
            parts = (luma, planes.u[rows, columns], planes.v[rows, columns])
            self._file.write(np.concatenate([part.ravel() for part in parts]).data)

    def __iter__(self) -> Iterator[Patch]:
        """Every patch in order; only when all found room."""
        assert self.complete  # the caller decodes the clip again then
        self._file.seek(0)
        for index in range(0, len(self._rects), 4):
            rect = PixelRect(*self._rects[index : index + 4])
            size = _size(rect)
            buffer = np.frombuffer(self._file.read(frame_bytes(size)), np.uint8)
            yield Patch(from_buffer(buffer, size), rect)


def _size(rect: PixelRect) -> Size:
    """The full size of a half-size rectangle."""
    return Size(2 * (rect.right - rect.left), 2 * (rect.bottom - rect.top))
