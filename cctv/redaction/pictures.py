"""Pictures for the person who decides: the backdrop, and each track at its beginning, middle and end.

Owns the crops of the sheet.  These pictures show people as they are: they stay on the box, for the reviewer alone.
Never part of an export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.backdrop import Backdrop
from cctv.redaction.geometry import PixelRect, Size, outer
from cctv.redaction.planes import Planes, doubled
from cctv.redaction.tracks import Track

Bgr = NDArray[np.uint8]
"""A colour picture, (height, width, 3) uint8, blue first as cv2 has it."""
_AROUND = 0.35  # of a box's sides shown around it, so that the person is seen in his place
_TALL = 180  # pixels


@dataclass(frozen=True, slots=True)
class TrackPicture:
    """One crop of a track: its frame and its picture, about _TALL pixels high."""

    frame: int
    picture: Bgr


class Thumbnails:
    """For each track's id, crops at a tenth, the half and nine tenths of its span, from one pass over the clip."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._wanted: dict[int, list[Track]] = {}
        for track in tracks:
            length = len(track.boxes)
            for offset in sorted({length // 10, length // 2, length * 9 // 10}):
                self._wanted.setdefault(track.first + offset, []).append(track)
        self._found: dict[int, list[TrackPicture]] = {track.id: [] for track in tracks}

    def see(self, frame: int, planes: Planes) -> None:
        """Take what is wanted of a frame; frames come in order."""
        for track in self._wanted.get(frame, ()):
            self._found[track.id].append(TrackPicture(frame, _crop(planes, track, frame)))

    @property
    def found(self) -> dict[int, tuple[TrackPicture, ...]]:
        """The crops so far, by track."""
        return {identity: tuple(pictures) for identity, pictures in self._found.items()}


def bgr(planes: Planes) -> Bgr:
    """A yuv420p picture in colour."""
    flat = np.concatenate([planes.y.ravel(), planes.u.ravel(), planes.v.ravel()])
    stacked = flat.reshape(planes.size.height * 3 // 2, planes.size.width)
    return np.asarray(cv2.cvtColor(stacked, cv2.COLOR_YUV2BGR_I420), np.uint8)


def backdrop_picture(backdrop: Backdrop) -> Bgr:
    """The backdrop with its untrusted pixels hatched in magenta; what a reviewer covered is flat."""
    picture = bgr(backdrop.planes)
    unsure = ~backdrop.trusted
    untrusted = doubled(unsure if backdrop.covered is None else unsure & ~backdrop.covered)
    rows, columns = np.indices(untrusted.shape)
    picture[untrusted & ((rows + columns) % 12 < 5)] = (190, 40, 200)
    return picture


def _crop(planes: Planes, track: Track, frame: int) -> Bgr:
    box = track.box_at(frame)
    if box is None:
        raise ValueError(f"track {track.id} has no frame {frame}")
    full = box.scaled(2)
    rect = _even(outer(full.grown(_AROUND * full.w + 8, _AROUND * full.h + 8), planes.size), planes.size)
    rows, columns = rect.slices()
    half = (slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2))
    picture = bgr(Planes(planes.y[rows, columns], planes.u[half], planes.v[half]))
    factor = _TALL / picture.shape[0]
    width = max(1, round(picture.shape[1] * factor))
    return np.asarray(
        cv2.resize(picture, (width, _TALL), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC), np.uint8
    )


def _even(rect: PixelRect, size: Size) -> PixelRect:
    right, bottom = min(rect.right + rect.right % 2, size.width), min(rect.bottom + rect.bottom % 2, size.height)
    return PixelRect(rect.left // 2 * 2, rect.top // 2 * 2, right, bottom)
