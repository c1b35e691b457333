"""The caption in the picture: what was done to it, and the time.

Responsible for the text, size and place of the line.  Pure.  Never changes the size of a frame; the rectangle of the
caption counts as hidden.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.video.geometry import PixelRect, Rect, Size, outer
from cctv.redaction.video.yuv import Plane, Planes

CLOCK = "{clock}"
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LINES_PER_PICTURE = 30  # of the picture's height: a line is a thirtieth
_MIN_LETTER_PIXELS = 8  # pixels; smaller letters cannot be read, so a picture too small for them carries no caption


@dataclass(frozen=True, slots=True)
class CaptionTime:
    """The time that runs in the line: `start` is that of the clip's zero, shown in `zone`."""

    start: datetime
    zone: ZoneInfo

    def at(self, microseconds: int) -> str:
        """The local time of a frame, to the second, with the zone's name: an hour comes twice in autumn."""
        moment = self.start.astimezone(UTC) + timedelta(microseconds=microseconds)
        return f"{moment.astimezone(self.zone):%d/%m/%Y %H:%M:%S %Z}"


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in the picture; where it holds `CLOCK`, the time of the frame does."""

    text: str
    clock: CaptionTime | None = None

    def at(self, microseconds: int) -> str:
        """The line in a frame of that time on the clip's line."""
        return self.text if self.clock is None else self.text.replace(CLOCK, self.clock.at(microseconds))


DEFAULT = Line("Background reconstructed; other people hidden")


@dataclass(frozen=True, slots=True)
class _Look:
    """How the line is written: its sides, the height of its letters and the padding (pixels), the font's scale."""

    width: int
    height: int
    letters: int
    pad: int
    scale: float


@dataclass(frozen=True, slots=True)
class Caption:
    """A drawn line: its (even) rectangle in the picture, its text in each frame, and its look."""

    rect: PixelRect
    texts: tuple[str, ...]
    look: _Look

    def draw(self, planes: Planes, frame: int) -> None:
        """Put a frame's line into its picture."""
        rows, columns = self.rect.slices()
        planes.y[rows, columns] = _drawn(self.texts[frame], self.look)
        half = (slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2))
        planes.u[half] = 128
        planes.v[half] = 128


def caption(line: Line, size: Size, keep: KeepBoxes, times: Sequence[int]) -> Caption | None:
    """The line in the corner that the kept boxes cover least; None when the picture is too small to be read.

    `times` are microseconds, one for each frame.
    """
    texts = tuple(sys.intern(line.at(time)) for time in times)  # one text for all frames of a second
    look = _look(max(set(texts), key=len), size)
    if look is None:
        return None
    return Caption(_corner(keep, len(times), size, look.width, look.height), texts, look)


def _look(longest: str, size: Size) -> _Look | None:
    letters = max(_MIN_LETTER_PIXELS, size.height // _LINES_PER_PICTURE)
    scale = cv2.getFontScaleFromHeight(_FONT, letters)
    available = size.width * 0.6
    (width, _), below = cv2.getTextSize(longest, _FONT, scale, 1)
    if width > available:
        scale *= available / width
        letters = int(letters * available / width)
        (width, _), below = cv2.getTextSize(longest, _FONT, scale, 1)
    if letters < _MIN_LETTER_PIXELS - 2:
        return None
    pad = max(2, letters // 3)
    return _Look(_even(width + 2 * pad), _even(letters + below + 2 * pad), letters, pad, scale)


@lru_cache(maxsize=4)
def _drawn(text: str, look: _Look) -> Plane:
    luma = np.full((look.height, look.width), 24, np.uint8)
    cv2.putText(luma, text, (look.pad, look.pad + look.letters), _FONT, look.scale, 215, 1, cv2.LINE_AA)
    luma.setflags(write=False)
    return luma


def _even(length: int) -> int:
    return length + length % 2


def _corner(keep: KeepBoxes, frames: int, size: Size, width: int, height: int) -> PixelRect:
    right, bottom = (size.width - width) // 2 * 2, (size.height - height) // 2 * 2
    corners = [Rect(x, y, width, height) for y in (bottom, 0) for x in (0, right)]
    step = max(1, frames // 500)

    def covered(corner: Rect) -> float:
        return sum(corner.overlap(box) for frame in range(0, frames, step) for box in keep.kept_at(frame))

    return outer(min(corners, key=covered), size)
