"""Windows: which parts of a picture are searched for people, from what differs and how tall people are there.

Pure.  A detector sees every window at one size, so a person is found best where all windows are so many times as tall
as people are there.  How tall they are is learned from the clip; what differs lies inside of some window, whatever
fills the picture.  Knows no detector.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.yuv import Mask

SURE_SCORE = 0.3  # boxes that heights are learned from; of those below, half are nobody (PETS09-S2L1)
_FEWEST_BOXES = 12  # fewer teach no heights
_STEPS = 10  # of iteratively reweighted least squares; it has settled after five
_SPREAD = 0.02  # of a height; feet in rows no farther apart do not tell how heights change with the row
_SLOPES = (-0.3, 3.0)  # of the three clips: 0.27, 0.47, 1.2; beyond it is no camera above people
_LEAST_HEIGHT = 20.0  # pixels; smaller people are not found, however large their window
# Width and height of a window by height of a person (docs/decisions/0034-crops-around-the-foreground.md): of one that
# is searched alone, and of one of six to a pass of the detector, each seen at half of the height of its input.
_SCALE, _CELL_SCALE = (2.6, 2.6), (1.2, 1.6)
_MARGIN = 0.15  # of a height, around what differs: it may be part of a person only
_LONE = (1.2, 1.35)  # width and height of a region, by height of a person, up to which it is searched as a whole
_PIECE = (0.6, 1.2)  # width and height of the pieces that a larger region is cut to; neighbours share half
_LIKE = (0.6, 1.6)  # heights of people by that for which a window was made
_MOST_CELLS = 30  # a picture; more become fewer and larger
_MOST_PIECES = 96  # that windows are laid around; more become larger
_GROWTH = 1.4
_ROUNDS = 6  # of growth, after which tiles cover everything
_TILE = 0.58  # of each side of the picture: two tiles share a sixth, so that most people are whole in one
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Regions = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Stature:
    """How tall people are in a picture: `slope` x the row of their feet + `base`, in pixels.

    For a camera above flat ground that is exact, up to its lens and how tall each person is: 98 % of the true boxes of
    three clips are 0.88 to 1.18 times as tall.
    """

    slope: float
    base: float

    def at(self, feet: float) -> float:
        """The height of a person whose feet are at this row, pixels; never below 20."""
        return max(self.slope * feet + self.base, _LEAST_HEIGHT)

    def of(self, feet: Floats) -> Floats:
        """The same for many rows."""
        return np.asarray(np.maximum(self.slope * feet + self.base, _LEAST_HEIGHT), np.float32)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What differs, about as large as a person (pixels), and how tall a person is there."""

    box: Rect
    height: float


@dataclass(frozen=True, slots=True)
class Windows:
    """Where a picture is searched: `alone`, each window in a pass of its own, or in `cells`, six to a pass."""

    alone: tuple[Rect, ...] = ()
    cells: tuple[Rect, ...] = ()


def learned_stature(boxes: Floats, scores: Floats, size: Size) -> Stature | None:
    """How tall people are, from boxes (n x 4) that were found in whole pictures; None where too few are sure.

    A line by least squares, reweighted so that what lies far from it does not count (Cauchy weights), level where all
    feet are in one row.  Boxes that the picture's lower edge cuts off show no feet and do not count.
    """
    counted = (scores >= SURE_SCORE) & (boxes[:, 1] + boxes[:, 3] < size.height - 2)
    if int(np.count_nonzero(counted)) < _FEWEST_BOXES:
        return None
    heights = boxes[counted, 3].astype(np.float64)
    feet = boxes[counted, 1].astype(np.float64) + heights
    weights, slope, middle, height = np.ones(len(heights)), 0.0, float(feet.mean()), float(np.median(heights))
    held = (_SPREAD * height) ** 2
    for _ in range(_STEPS):
        total = weights.sum()
        middle, height = float(weights @ feet / total), float(weights @ heights / total)
        aside = feet - middle
        slope = float((weights * aside) @ (heights - height) / (weights @ aside**2 + total * held))
        apart = np.abs(heights - height - slope * aside)
        weights = 1 / (1 + (apart / (1.5 * float(np.median(apart)) + 1)) ** 2)
    if not _SLOPES[0] <= slope <= _SLOPES[1]:
        return Stature(0.0, float(np.median(heights)))
    return Stature(slope, height - slope * middle)


def whole_picture(size: Size) -> Rect:
    """The window that holds all of a picture."""
    return Rect(0, 0, size.width, size.height)


def tiles(size: Size) -> tuple[Rect, ...]:
    """Four windows that cover a picture, for when nothing is known of where people are or how tall."""
    width, height = _TILE * size.width, _TILE * size.height
    return tuple(Rect(x, y, width, height) for y in (0.0, size.height - height) for x in (0.0, size.width - width))


def windows_around(differs: Mask, regions: Regions, stature: Stature, size: Size, passes: int) -> Windows:
    """Windows (pixels) that hold whatever differs with people whole in them; none where nothing differs.

    differs: half size, with the regions that it consists of.  passes: of the detector, in which every window is
    searched alone; where more would be needed, windows are smaller and share passes.  A few windows at most: where
    more would be needed even so, they are larger, up to tiles that cover the picture.
    """
    growth = 1.0
    for _ in range(_ROUNDS):
        pieces = list(_pieces(differs, regions, stature, growth))
        if len(pieces) <= _MOST_PIECES:
            alone = _cover(pieces, _SCALE, size, growth)
            if len(alone) <= passes:
                return Windows(alone)
            cells = _cover(pieces, _CELL_SCALE, size, growth)
            if len(cells) <= _MOST_CELLS:
                return Windows(cells=cells)
        growth *= _GROWTH
    return Windows(tiles(size))


def _pieces(differs: Mask, regions: Regions, stature: Stature, growth: float) -> Iterator[_Piece]:
    for left, top, width, height, _ in (2 * regions).tolist():
        box = Rect(left, top, width, height)
        tall = growth * stature.at(box.bottom)
        if width <= _LONE[0] * tall and height <= _LONE[1] * tall:
            yield _Piece(box, tall)
        else:
            yield from _cut(differs, box, stature, growth)


def _cut(differs: Mask, box: Rect, stature: Stature, growth: float) -> Iterator[_Piece]:
    """Pieces of a large region from its feet upwards; where nothing differs there is none."""
    bottom = box.bottom
    while True:
        tall = growth * stature.at(bottom)
        top = max(box.y, bottom - _PIECE[1] * tall)
        width = min(_PIECE[0] * tall, box.w)
        count = max(math.ceil((box.w - width) / (width / 2)), 0) + 1
        for number in range(count):
            left = box.x + (box.w - width) * number / max(count - 1, 1)
            piece = Rect(left, top, width, bottom - top)
            if differs[_rows(piece), _columns(piece)].any():
                yield _Piece(piece, tall)
        if top <= box.y:
            return
        bottom -= _PIECE[1] * tall / 2


def _rows(box: Rect) -> slice:
    return slice(int(box.y) // 2, math.ceil(box.bottom / 2))


def _columns(box: Rect) -> slice:
    return slice(int(box.x) // 2, math.ceil(box.right / 2))


def _cover(pieces: list[_Piece], scale: tuple[float, float], size: Size, growth: float) -> tuple[Rect, ...]:
    """Windows that together hold all pieces with some margin: of those possible, always the one that holds most.

    A window may be moved until its left and its upper edge touch a piece's margin and still holds the same: only such
    windows are tried.
    """
    if not pieces:
        return ()
    lower, upper, heights = _padded(pieces, size, growth)
    sides = np.minimum(heights[:, None] * np.array(scale), min(size.width, size.height))
    sides = np.minimum(np.maximum(sides, upper - lower), (size.width, size.height))
    across, along = (grid.ravel() for grid in np.meshgrid(np.arange(len(pieces)), np.arange(len(pieces))))
    near = (np.abs(lower[across] - lower[along]) < sides[across]).all(axis=1)
    across, along = across[near], along[near]
    side = sides[across]
    corner = np.column_stack([lower[across, 0], lower[along, 1]])
    corner = np.clip(corner, 0, np.array((size.width, size.height)) - side)
    ratio = heights[None, :] / heights[across][:, None]
    holds = (
        (corner[:, None] <= lower[None] + 0.5).all(axis=2)
        & (corner[:, None] + side[:, None] >= upper[None] - 0.5).all(axis=2)
        & (ratio >= _LIKE[0] / growth)
        & (ratio <= _LIKE[1] * growth)
    )
    left = np.ones(len(pieces), np.bool_)
    windows = []
    while left.any():
        best = int(np.argmax((holds & left).sum(axis=1)))
        held = holds[best] & left
        windows.append(_centred(lower[held].min(axis=0), upper[held].max(axis=0), side[best], size))
        left &= ~held
    return tuple(windows)


def _padded(pieces: list[_Piece], size: Size, growth: float) -> tuple[Doubles, Doubles, Doubles]:
    """Upper left and lower right corners (n x 2) of pieces with their margin, and the heights (n) of people there."""
    heights = np.array([piece.height for piece in pieces])
    boxes = np.array([(piece.box.x, piece.box.y, piece.box.right, piece.box.bottom) for piece in pieces])
    margins = (_MARGIN * heights / growth)[:, None]
    lower = np.maximum(boxes[:, :2] - margins, 0)
    return lower, np.minimum(boxes[:, 2:] + margins, (size.width, size.height)), heights


def _centred(lower: Doubles, upper: Doubles, side: Doubles, size: Size) -> Rect:
    """A window of that width and height, inside the picture, around the middle of what it is to hold."""
    corner = np.clip((lower + upper - side) / 2, 0, np.array((size.width, size.height)) - side)
    return Rect(float(corner[0]), float(corner[1]), float(side[0]), float(side[1]))
