"""Where the second witness looks: which windows of a finished picture are searched for people, and side by side.

Owns the windows around what is live, the search for changes in a result that is mostly live, and the board: several
windows, of several frames, in one picture of the size of the detector's input, since one search takes as long whatever
is in it.  Pure but for what it remembers of earlier frames.  Knows no detector, and not who counts as a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.model import Backdrop
from cctv.redaction.video.geometry import PixelRect, Rect, Size, outer
from cctv.redaction.video.yuv import Mask, Plane, Planes

_LEAST_HEIGHT = 48  # pixels of a window
_ACROSS = 1.2  # least width of a window over that of what is live in it
_GREY = 114
_SMALL = 4  # times smaller, each way, is the picture in which changes are found
_CHANGED_LEVELS = 20  # by which a live pixel there changes when somebody comes to show
_LEAST_CHANGE, _LEAST_CHANGE_ROWS = 10, 4  # pixels there: a person of 12 x 40 pixels has 30
_LOOKS = 5  # frames in which a change is looked at
_MOST_PLACES = 3  # changes that are looked at in a frame
_LIGHT_SHARE = 0.5  # of the live pixels that change at once when a lamp is switched
Picture = NDArray[np.uint8]
"""RGB, height x width x 3."""
Regions = NDArray[np.int32]
"""Connected regions of a mask, a row each: left, top, width, height, pixels."""
_TO_RGB = np.array(
    [
        [1.164, 0.0, 1.596, -222.9],
        [1.164, -0.392, -0.813, 135.6],
        [1.164, 2.017, 0.0, -276.8],
    ],
    np.float32,
)  # ITU-R BT.601, narrow range


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One frame of the result: its decoded picture, its live pixels (half size), and the boxes of who is kept."""

    frame: int
    planes: Planes
    live: Mask
    kept: tuple[Rect, ...]
    stretch: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """How many windows share one search, across and along, and how high they are by the height of what is live."""

    columns: int
    rows: int
    around: float

    def cell(self, input_size: Size) -> Size:
        """The size at which each window is seen."""
        return Size(input_size.width // self.columns, input_size.height // self.rows)


@dataclass(slots=True, eq=False)
class LivePlace:
    """A window of a frame as it is searched: `seen`, and which of its pixels are live."""

    frame: int
    window: PixelRect
    seen: Picture
    shown: NDArray[np.bool_]
    live: Mask
    kept: tuple[Rect, ...]
    backdrop: Planes

    def scene(self) -> Picture:
        """The same with the empty scene in place of what is live."""
        size = Size(self.seen.shape[1], self.seen.shape[0])
        return np.where(self.shown[..., np.newaxis], cut(self.backdrop, self.window, size), self.seen)


@dataclass(slots=True)
class Board:
    """Windows that are searched at once, each as a picture of the size of a cell."""

    grid: Grid
    cell: Size
    places: list[LivePlace] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether no further place fits."""
        return len(self.places) == self.grid.columns * self.grid.rows

    def add(self, shown: Shown, window: PixelRect, backdrop: Planes) -> None:
        """Add a window of a frame."""
        seen = cut(shown.planes, window, self.cell)
        part = shown.live[_half(window).slices()].view(np.uint8)
        size = (self.cell.width, self.cell.height)
        live = cv2.resize(part, size, interpolation=cv2.INTER_NEAREST).view(np.bool_)
        self.places.append(LivePlace(shown.frame, window, seen, live, shown.live, shown.kept, backdrop))

    def taken(self) -> Board:
        """What is on the board, which is empty then."""
        full = Board(self.grid, self.cell, self.places)
        self.places = []
        return full

    def picture(self, pictures: Sequence[Picture]) -> Picture:
        """Pictures of the size of a cell side by side, grey where there is none."""
        width, height = self.cell.width, self.cell.height
        large = np.full((self.grid.rows * height, self.grid.columns * width, 3), _GREY, np.uint8)
        for number, picture in enumerate(pictures):
            row, column = divmod(number, self.grid.columns)
            large[row * height : (row + 1) * height, column * width : (column + 1) * width] = picture
        return large

    def of_place(self, box: Rect) -> tuple[int, Rect] | None:
        """Whose box of the board's picture this is, by its middle, in pixels of that frame; None: nobody's."""
        width, height = self.cell.width, self.cell.height
        column, row = int((box.x + box.w / 2) // width), int((box.y + box.h / 2) // height)
        number = row * self.grid.columns + column
        if number >= len(self.places):
            return None
        window = self.places[number].window
        across, along = (window.right - window.left) / width, (window.bottom - window.top) / height
        left, top = window.left + (box.x - column * width) * across, window.top + (box.y - row * height) * along
        return number, Rect(left, top, box.w * across, box.h * along)


class LiveChanges:
    """Where the live pixels of a result that is mostly live change: only there can somebody come to show.

    Compares with what was last seen live at a pixel, at first with the empty scene.  A change is looked at in
    _LOOKS frames, then taken for what stands there.
    """

    def __init__(self, backdrops: Sequence[Backdrop]) -> None:
        self._backdrops = backdrops
        self._known: Plane | None = None
        self._looks: Plane | None = None
        self._stretch = -1

    def parts(self, shown: Shown) -> list[Rect] | None:
        """What changed in the next frame, the largest first; None where all did, as when a lamp is switched."""
        small = _small(shown.planes)
        if self._known is None or self._looks is None or self._stretch != shown.stretch:
            self._known, self._stretch = _small(self._backdrops[shown.stretch].planes), shown.stretch
            self._looks = np.zeros_like(self._known)
        side = (small.shape[1], small.shape[0])
        live = _wholly(shown.live, side)
        changed = (cv2.absdiff(small, self._known) > _CHANGED_LEVELS).view(np.uint8) & live
        count = np.count_nonzero(changed)
        if not count:
            cv2.copyTo(small, live, self._known)
            self._looks.fill(0)
            return []
        if count > _LIGHT_SHARE * max(1, int(np.count_nonzero(live))):
            cv2.copyTo(small, live, self._known)
            return None
        self._looks = np.where(changed > 0, self._looks + 1, 0).astype(np.uint8)
        settled = live & ((changed == 0) | (self._looks > _LOOKS)).view(np.uint8)
        cv2.copyTo(small, settled, self._known)
        joined = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined)
        parts = sorted((row for row in stats[1:] if _may_be_person(row)), key=lambda row: -int(row[4]))
        return [Rect(*(float(value * _SMALL) for value in row[:4])) for row in parts[:_MOST_PLACES]]


def _may_be_person(region: NDArray[np.int32]) -> bool:
    """Whether a change (left, top, width, height, pixels; at a quarter of the size) is larger than a flicker."""
    return int(region[4]) >= _LEAST_CHANGE and int(region[3]) >= _LEAST_CHANGE_ROWS


def live_parts(shown: Shown) -> Iterator[tuple[Rect, float]]:
    """What is live, one part for each kept box and one for each other piece, and how tall a person there is at least.

    A height of 0 says that nothing is known but the part.
    """
    rest = shown.live.copy()
    half = Size(rest.shape[1], rest.shape[0])
    for kept in shown.kept:
        at = outer(kept.grown(0.5 * kept.w, 0.25 * kept.h).scaled(0.5), half)
        part = _bounds(rest[at.slices()])
        if part is not None:
            rest[at.slices()] = False
            yield part.moved(2 * at.left, 2 * at.top), kept.h
    if rest.any():
        _, _, stats, _ = cv2.connectedComponentsWithStats(rest.view(np.uint8))
        for row in stats[1:]:
            yield Rect(*(2.0 * float(value) for value in row[:4])), 0.0


def _bounds(mask: Mask) -> Rect | None:
    """The box (full-size pixels) of what is True in a half-size mask."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return Rect(2.0 * left, 2.0 * top, 2.0 * width, 2.0 * height) if width and height else None


def window_around(part: Rect, size: Size, board: Board, height: float = 0.0) -> PixelRect:
    """A window of the form of a board's cells around a part of the picture, moved into the picture."""
    form = board.cell.width / board.cell.height
    tall = max(board.grid.around * max(part.h, height), _ACROSS * part.w / form, _LEAST_HEIGHT)
    width, tall = min(form * tall, size.width), min(tall, size.height)
    x = min(max(part.x + part.w / 2 - width / 2, 0), size.width - width)
    y = min(max(part.y + part.h / 2 - tall / 2, 0), size.height - tall)
    return _even(outer(Rect(x, y, width, tall), size))


def tiles(size: Size) -> list[Rect]:
    """Four parts of the picture that overlap by a fifth."""
    width, height = 0.6 * size.width, 0.6 * size.height
    return [Rect(x, y, width, height) for y in (0.0, size.height - height) for x in (0.0, size.width - width)]


def parts_of(size: Size) -> list[PixelRect]:
    """The whole picture in windows."""
    return [_even(outer(tile, size)) for tile in tiles(size)]


def cut(planes: Planes, window: PixelRect, to: Size) -> Picture:
    """A part of a picture (even corners) as RGB of that size."""
    at, half = window.slices(), _half(window).slices()
    side = (to.width, to.height)
    layers = [_resized(planes.y[at], side), _resized(planes.u[half], side), _resized(planes.v[half], side)]
    return np.asarray(cv2.transform(cv2.merge(layers), _TO_RGB), np.uint8)


def _even(at: PixelRect) -> PixelRect:
    return PixelRect(at.left // 2 * 2, at.top // 2 * 2, at.right + at.right % 2, at.bottom + at.bottom % 2)


def _half(window: PixelRect) -> PixelRect:
    return PixelRect(window.left // 2, window.top // 2, window.right // 2, window.bottom // 2)


def _resized(plane: Plane, side: tuple[int, int]) -> Plane:
    flags = cv2.INTER_AREA if plane.size > side[0] * side[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, side, interpolation=flags), np.uint8)


def _wholly(live: Mask, side: tuple[int, int]) -> Plane:
    """1 in each pixel of a smaller picture that is wholly live, 0 elsewhere."""
    small = cv2.resize(live.view(np.uint8) * np.uint8(255), side, interpolation=cv2.INTER_AREA)
    return np.asarray(small == 255).view(np.uint8)


def _small(planes: Planes) -> Plane:
    size = planes.size
    side = (max(1, size.width // _SMALL), max(1, size.height // _SMALL))
    return np.asarray(cv2.resize(planes.y, side, interpolation=cv2.INTER_AREA), np.uint8)
