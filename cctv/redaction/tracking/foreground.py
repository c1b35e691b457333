"""Foreground masks: where each frame differs from its backdrop, as connected components.

Subtraction, clean-up and growth of masks, for all frames of a clip on every core.  Recall comes first: a pixel that may
be a person counts as foreground, and a frame whose light cannot be explained is foreground throughout.

The light of a frame is judged by that of the frame before, which counts only if the whole comparison accepts it.  So
each frame is started as if it did; where one did not, the frames after it restart.  The results equal those of a
sequential comparison.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.camera_motion import misfit, relief
from cctv.redaction.background.illumination import Light, ReferencePixels
from cctv.redaction.background.lighting_segments import best
from cctv.redaction.background.model import Backdrop
from cctv.redaction.people.windows import Stature
from cctv.redaction.video.geometry import PixelRect, Rect, Size, outer
from cctv.redaction.video.spill import Regions
from cctv.redaction.video.stillness import MARGIN, PictureRun, StillBounds
from cctv.redaction.video.yuv import Mask, Plane

PicturesAgain = Callable[[int, int], Iterable[Plane]]
"""Half-size pictures by the number of the first and how many they are, asked for in rising order."""
LUMA = 18  # levels that count; at 20 one head in 4,650 of PETS09-S2L1 shows, at 18 none
CHROMA = 9  # chroma varies less than luma, and dark clothes on dark ground often differ only there
HOLD = 2  # frames before and after for which a region counts, at 10 frames a second (+-2: 100 % of heads hidden)
_SPECK_SHARE = 0.0002  # of the half-size picture; a smaller region is noise of the camera
_CLOSE_KERNEL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 9))
_SUSPECT_SHARE = 0.15  # of the picture; where more differs, the camera may have moved
_LOST_SHARE = 0.6  # of the picture; where more differs, no part of it is believed
# misfit of the edges: 0.1-0.3 for one scene with people in it, 0.4-1.2 for a camera turned or zoomed
_UNLIKE_MISFIT = 0.45
_SMALL_PIXELS = 38  # half-size pixels of height: hair and what blurs at an edge are one pixel wide there, else two
_MET_SHARE = 0.05  # of a region that lies in boxes of people who were found: some of it is somebody
_LOW_SHARE = 0.6  # of a person's height there
_FEET_ASIDE = 0.1  # of a box's width
_FEET_PIXELS = 4  # half-size pixels below feet, in which a shadow or a reflection begins
_UPRIGHT_RATIO = 0.5  # width by height: a track's widest step (PETS09-S2L1: 99 % of the boxes); a wider region is cut
_NARROW_PIXELS = 16  # half-size pixels; a narrower region is never cut
_SPARSE_SHARE = 0.2  # of its box; a region that fills less is a line: at 0.25 one head in 4,650 shows, at 0.2 none


@dataclass(frozen=True, slots=True)
class Component:
    """One region of one frame at half size: its box and its pixels."""

    box: Rect
    area: int


@dataclass(frozen=True, slots=True)
class FrameDifference:
    """What differs in one frame (half-size mask, True = differs or cannot be known), and the light of the frame."""

    mask: Mask
    light: Light | None  # None: the backdrop does not explain the frame, and the mask is True throughout
    regions: Regions

    @property
    def parts(self) -> tuple[Component, ...]:
        """The connected regions of the mask."""
        return tuple(Component(Rect(*row[:4]), row[4]) for row in self.regions.tolist())


@dataclass(frozen=True, slots=True)
class HiddenDifference:
    """What the difference of one frame hides, half size.

    `bodies` may be people, and all that differs; `rest` is filled out too, and too low for a person where nobody was
    found.
    """

    bodies: Mask
    rest: Mask


class ReferenceScene:
    """A backdrop that many frames are compared with, and what each comparison needs of it.

    Masked pixels never change with the light, so they are not fitted; nothing differs where `masked` is True.
    """

    def __init__(self, backdrop: Backdrop, masked: Mask | None = None) -> None:
        self.backdrop, self.masked = backdrop, masked
        self._ground = ReferencePixels(
            backdrop.stacked, backdrop.trusted if masked is None else backdrop.trusted & ~masked
        )

    def light(self, stacked: Plane, before: Light | None) -> Light | None:
        """The light of a frame, (3, height/2, width/2) uint8; `before` is that of the frame before."""
        return self._ground.fit(stacked, before)

    def difference(self, stacked: Plane, light: Light | None) -> FrameDifference:
        """Compare one frame in its light; all of it differs where no light explains it."""
        if light is None:
            return _everything(self.backdrop)
        empty = light.shown(self.backdrop.stacked)
        apart = cv2.absdiff(stacked, empty)
        differs = (apart[0] > LUMA) | (apart[1] > CHROMA) | (apart[2] > CHROMA)
        if self.masked is not None:
            differs &= ~self.masked
        mask, regions = denoise_mask(differs)
        if _is_lost(mask, stacked[0], empty[0], self.masked):
            return _everything(self.backdrop)
        return FrameDifference(mask, light, regions)

    def holds(self, bounds: StillBounds, light: Light) -> bool:
        """Whether nothing differs in any picture of a run, in its middle's light: `difference` finds no region in any.

        All that differs in one of them differs at one of the bounds, also in a light that is MARGIN apart; and what is
        left of a mask without specks only grows with the mask.
        """
        apart = bounds.beyond(light.shown(self.backdrop.stacked))
        luma, chroma = LUMA - MARGIN[0], CHROMA - MARGIN[1]
        differs = (apart[0] > luma) | (apart[1] > chroma) | (apart[2] > chroma)
        if self.masked is not None:
            differs &= ~self.masked
        return not differs.any() or not len(denoise_mask(differs)[1])


@dataclass(frozen=True, slots=True)
class Compared:
    """One frame: the index of its backdrop, and what differs from that."""

    stretch: int
    difference: FrameDifference


@dataclass(frozen=True, slots=True)
class _Behind:
    """What a frame is judged by: the backdrop of the one before, and its light."""

    stretch: int = 0
    light: Light | None = None


@dataclass(frozen=True, slots=True)
class _Pending:
    """A frame in comparison: started with light `before`; `expected` follows if its light is accepted."""

    stacked: Plane
    stretch: int
    before: Light | None
    expected: _Behind
    result: Future[FrameDifference]


def denoise_mask(differs: Mask) -> tuple[Mask, Regions]:
    """Without specks, and with the gaps inside a body closed; and the regions that are left."""
    closed = np.asarray(cv2.morphologyEx(differs.view(np.uint8), cv2.MORPH_CLOSE, _CLOSE_KERNEL), np.uint8)
    labels, stats = connected_components(closed)
    large = stats[:, cv2.CC_STAT_AREA] >= max(6, _SPECK_SHARE * differs.size)
    large[0] = False
    return np.take(large, labels), stats[large]


def connected_components(mask: Plane) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The number of the connected region of each pixel that is not 0, and five numbers of each region.

    These are left, top, width, height, pixels; the first row is of all that is 0.  Grana's algorithm takes a third of
    the default's time at this size.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_GRANA)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def covered(mask: Mask, people: Sequence[Rect] = (), stature: Stature | None = None) -> HiddenDifference:
    """What the difference of a frame hides: each region filled out to boxes about as wide as one person, and grown.

    A silhouette alone misses hair, hands and whatever is as bright as the ground; its box holds them.  A wide region is
    cut where it is thinnest, so that the box of two people does not hide what lies above the shorter.  A mere line is
    only grown: aslant, its box would be many times as large.  Whoever stands at a line is one region with it, and may
    differ in outline only: what is upright is filled out all the same.

    people: boxes of those who were found there (half-size pixels).  A region is cut at their feet: what begins below
    is a shadow or a reflection.  That, and what is too low for a person of `stature` (full-size pixels) where nobody
    was found, is filled out to its convex hull.
    """
    found, cut = np.zeros(mask.shape, np.bool_), mask.copy()
    size = Size(mask.shape[1], mask.shape[0])
    for box in people:
        found[outer(box, size).slices()] = True
        cut[outer(_below(box), size).slices()] = False
    labels, stats = connected_components(cut.view(np.uint8))
    met = np.bincount(labels[found & cut], minlength=len(stats)) >= _MET_SHARE * stats[:, cv2.CC_STAT_AREA]
    layers = {(rest, small): np.zeros(mask.shape, np.uint8) for rest in (False, True) for small in (False, True)}
    for number, (left, top, width, height, _) in enumerate(stats[1:].tolist(), start=1):
        around = PixelRect(left, top, left + width, top + height)
        region, is_met = labels[around.slices()] == number, bool(met[number])
        is_low = stature is not None and 2 * height < _LOW_SHARE * stature.at(2.0 * around.bottom)
        layer = layers[not is_met and is_low, height < _SMALL_PIXELS][around.slices()]
        layer[region] = 1
        for piece in _pieces(region):
            if (not is_met and is_low) or _starts_below(piece, around, people):
                layer[piece.slices()] |= _hull(region[piece.slices()])
            else:
                layer[piece.slices()] = 1
    bodies, rest = (grown(layers[of, True], 1, 1) | grown(layers[of, False], 2, 2) for of in (False, True))
    return HiddenDifference(bodies | mask, rest)


def upright_covered(mask: Mask) -> Mask:
    """The mask with each region that is taller than wide filled out to its convex hull, so that no silhouette shows."""
    out = mask.astype(np.uint8)
    labels, stats = connected_components(mask.view(np.uint8))
    for number, (left, top, width, height, _) in enumerate(stats[1:].tolist(), start=1):
        if height > width:
            around = PixelRect(left, top, left + width, top + height).slices()
            out[around] |= _hull(labels[around] == number)
    return out.view(np.bool_)


def repeated(masks: Iterable[Mask], hold: int) -> Iterator[Mask]:
    """For each mask, what is True in it, or in a quarter of the masks up to `hold` before and after it.

    What is there for one frame only is noise of the camera or a flicker, and hides nothing beside its own frame.
    """
    fewest = -(-(2 * hold + 1) // 4)
    near: deque[Mask] = deque()
    count: NDArray[np.int16] | None = None
    ahead = 0
    for mask in masks:
        count = mask.astype(np.int16) if count is None else count + mask
        near.append(mask)
        ahead += 1
        if ahead > hold:
            yield near[len(near) - 1 - hold] | (count >= fewest)
            if len(near) > 2 * hold:
                count -= near.popleft()
    if count is None:
        return
    for left in range(min(hold, ahead), 0, -1):
        yield near[len(near) - left] | (count >= fewest)
        if len(near) - left >= hold:
            count -= near.popleft()


def grown(mask: Mask | Plane, across: int, along: int) -> Mask:
    """The mask, each True pixel spread `across` pixels sideways and `along` up and down."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * across + 1, 2 * along + 1))
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), np.uint8).view(np.bool_)


def compared(
    runs: Iterable[PictureRun], backdrops: Sequence[Backdrop], masked: Mask | None, again: PicturesAgain
) -> Iterator[Compared]:
    """Compare half-size pictures, (3, height/2, width/2) uint8, in order of time; nothing differs where `masked`.

    A run whose bounds do not differ is compared once.  `again` has the pictures of a run that is without them, by the
    number of its first frame and how many they are.
    """
    cores = os.cpu_count() or 1
    frame = 0
    with ThreadPoolExecutor(cores) as pool:
        comparison = _Comparison([ReferenceScene(backdrop, masked) for backdrop in backdrops], backdrops, pool)
        try:
            for run in runs:
                if run.bounds is not None:
                    yield from comparison.rest()
                still = comparison.still(run.bounds) if run.bounds is not None else None
                if still is not None:
                    yield from repeat(still, run.count)
                else:
                    for stacked in again(frame, run.count) if run.pictures is None else run.pictures():
                        comparison.begin(stacked)
                        if len(comparison.waiting) > cores:
                            yield comparison.finish()
                frame += run.count
        except Exception:
            yield from comparison.rest()  # the frames before are right, and show which frame failed
            raise
        yield from comparison.rest()


def _everything(backdrop: Backdrop) -> FrameDifference:
    mask = np.ones(backdrop.trusted.shape, np.bool_)
    return FrameDifference(mask, None, connected_components(mask.view(np.uint8))[1][1:])


def _nothing(backdrop: Backdrop, light: Light) -> FrameDifference:
    return FrameDifference(np.zeros(backdrop.trusted.shape, np.bool_), light, np.zeros((0, 5), np.int32))


def _is_lost(mask: Mask, luma: Plane, empty: Plane, masked: Mask | None) -> bool:
    """True where so much differs that the camera looks elsewhere: by chance, a head may look like the other scene."""
    share = int(np.count_nonzero(mask)) / mask.size
    if share <= _SUSPECT_SHARE:
        return False
    return share > _LOST_SHARE or misfit(relief(empty, masked), relief(luma, masked)) > _UNLIKE_MISFIT


def _is_wide(rect: PixelRect) -> bool:
    return not _is_upright(rect) and rect.right - rect.left > _NARROW_PIXELS


def _is_upright(rect: PixelRect) -> bool:
    return rect.right - rect.left <= _UPRIGHT_RATIO * (rect.bottom - rect.top)


def _pieces(region: Mask) -> Iterator[PixelRect]:
    """The boxes of a region's pieces, cut at thin columns until upright or narrow; of a line, the upright ones."""
    todo = [(PixelRect(0, 0, region.shape[1], region.shape[0]), False)]
    while todo:
        rect, line = todo.pop()
        columns = region[rect.slices()].sum(axis=0)
        line = line or int(columns.sum()) < _SPARSE_SHARE * rect.area
        if not _is_wide(rect):
            if _is_upright(rect) or not line:
                yield rect
            continue
        width = rect.right - rect.left
        middle = columns[width // 4 : width - width // 4]
        cut = rect.left + width // 4 + int(np.argmin(middle))
        halves = (
            PixelRect(rect.left, rect.top, cut, rect.bottom),
            PixelRect(cut, rect.top, rect.right, rect.bottom),
        )
        todo.extend((tight, line) for half in halves if not (tight := _tight(region, half)).empty)


def _hull(inside: Mask) -> Plane:
    """1 in the convex hull of what is True."""
    rows, columns = np.nonzero(inside)
    out = np.zeros(inside.shape, np.uint8)
    cv2.fillConvexPoly(out, cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32)), 1)
    return out


def _below(box: Rect) -> Rect:
    """The row of pixels below the feet of somebody's box, a little wider."""
    return Rect(box.x - _FEET_ASIDE * box.w, box.bottom + 1, (1 + 2 * _FEET_ASIDE) * box.w, 0.5)


def _starts_below(piece: PixelRect, around: PixelRect, people: Sequence[Rect]) -> bool:
    """Whether a piece of a region begins right below the feet of somebody, and half of it or more between them."""
    left, right, top = piece.left + around.left, piece.right + around.left, piece.top + around.top
    for box in people:
        if 0 < top - box.bottom <= _FEET_PIXELS:
            feet = _below(box)
            if min(right, feet.right) - max(left, feet.x) >= (right - left) / 2:
                return True
    return False


def _tight(region: Mask, rect: PixelRect) -> PixelRect:
    inside = region[rect.slices()]
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if rows.size == 0:
        return PixelRect(0, 0, 0, 0)
    return PixelRect(
        rect.left + int(columns[0]),
        rect.top + int(rows[0]),
        rect.left + int(columns[-1]) + 1,
        rect.top + int(rows[-1]) + 1,
    )


class _Comparison:
    def __init__(
        self, scenes: Sequence[ReferenceScene], backdrops: Sequence[Backdrop], pool: ThreadPoolExecutor
    ) -> None:
        self.waiting: deque[_Pending] = deque()
        self._behind = _Behind()
        self._scenes, self._backdrops, self._pool = scenes, backdrops, pool

    def begin(self, stacked: Plane) -> None:
        """Start the comparison of the next frame."""
        behind = self.waiting[-1].expected if self.waiting else self._behind
        stretch = best(stacked, self._backdrops, behind.stretch)
        before = behind.light if stretch == behind.stretch else None
        scene = self._scenes[stretch]
        light = scene.light(stacked, before)
        result = self._pool.submit(scene.difference, stacked, light)
        self.waiting.append(_Pending(stacked, stretch, before, _Behind(stretch, light or before), result))

    def still(self, bounds: StillBounds) -> Compared | None:
        """The result of each picture of a run that follows, if nothing differs in any; while no frame is pending."""
        middle = bounds.middle()
        stretch = best(middle, self._backdrops, self._behind.stretch)
        scene = self._scenes[stretch]
        light = scene.light(middle, self._behind.light if stretch == self._behind.stretch else None)
        if light is None or not bounds.is_of_one_light or not scene.holds(bounds, light):
            return None
        self._behind = _Behind(stretch, light)
        return Compared(stretch, _nothing(scene.backdrop, light))

    def rest(self) -> Iterator[Compared]:
        """The results of all pending frames."""
        while self.waiting:
            yield self.finish()

    def finish(self) -> Compared:
        """The result of the oldest pending frame; restarts the others where its light was not as expected."""
        first = self.waiting.popleft()
        difference = first.result.result()
        self._behind = _Behind(first.stretch, difference.light or first.before)
        if self._behind != first.expected:
            restarted = [pending.stacked for pending in self.waiting]
            self.waiting.clear()
            for stacked in restarted:
                self.begin(stacked)
        return Compared(first.stretch, difference)
