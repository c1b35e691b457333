"""Visibility: for each frame, which pixels are live and where silhouettes stand.

Input: an `Analysis` and what was drawn; reads no picture.  Joins both modes.  Never shows a pixel under a
privacy mask, nor a pixel outside of a kept box in backdrop mode, nor one outside of a kept box in mask mode that is
foreground or not trusted.

`temporal_dilate` is the union of masks over a sliding window: a queue made of two stacks, each with the union of its
content, takes three unions a mask, however long the window is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import tee

import numpy as np

from cctv.redaction.render.caption import Caption
from cctv.redaction.render.options import Mode, Options, Others
from cctv.redaction.render.silhouettes import shape_boxes, shape_mask, stature_in, steady_boxes
from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.tracking.bounds import grow_by_hide_margin
from cctv.redaction.tracking.foreground import repeated, upright_covered
from cctv.redaction.tracking.overlap import EverybodyElse
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.tracking.tracks import Track
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.yuv import Mask


@dataclass(frozen=True, slots=True)
class Cover:
    """What one frame shows where nothing is live: its backdrop, and `shapes` (half-size mask or None) on it."""

    shapes: Mask | None
    stretch: int
    frame: int = 0


@dataclass(frozen=True, slots=True)
class FrameDecision:
    """One frame: `live` (half-size mask, True = the source's pixels), and what covers the rest."""

    frame: int
    live: Mask
    cover: Cover


class VisibilityPass:
    """Decides every frame of a clip in order; iterate once for each pass."""

    def __init__(self, analysis: Analysis, keep: KeepBoxes, options: Options, caption: Caption | None) -> None:
        self._analysis = analysis
        self._keep, self._drawn = analysis.kept, keep
        self._options = options
        self._caption = caption
        self._half = Size(analysis.differs.shape[1], analysis.differs.shape[0])
        drawn = options.mode is Mode.BACKDROP and options.others is Others.SHAPE
        self._shown: tuple[Track, ...] = analysis.regions if drawn else ()
        self._people = EverybodyElse(analysis)
        self._stature = stature_in(self._shown, self._half)

    def __iter__(self) -> Iterator[FrameDecision]:
        hidden = self._hidden() if self._options.mode is Mode.MASK else None
        for frame, cover in enumerate(self.covers()):
            live = self._kept(frame)
            if hidden is not None:
                live |= ~next(hidden) & ~self._outlines(frame)
            if self._analysis.masked is not None:
                live &= ~self._analysis.masked.half
            if self._caption is not None:
                rows, columns = self._caption.rect.slices()
                live[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2] = False
            yield FrameDecision(frame, live, cover)

    def covers(self) -> Iterator[Cover]:
        """What covers each frame in order."""
        active = _ActiveTracks(self._shown)
        for frame in range(len(self._analysis.survey.times)):
            yield Cover(self._shapes(active.at(frame), frame), self._analysis.stretch[frame], frame)

    def _kept(self, frame: int) -> Mask:
        """Live pixels inside the kept boxes."""
        live = np.zeros(self._analysis.differs.shape, np.bool_)
        if self._analysis.lights[frame] is None or not self._keep.kept_at(frame):
            return live
        backdrop = self._analysis.survey.backdrops[self._analysis.stretch[frame]]
        for number, path in enumerate(self._keep.keep):
            if path.box_at(frame) is not None:
                live |= self._people.visible_of(number, frame, backdrop)
        for hide in self._hides(frame):
            live[outer(grow_by_hide_margin(hide.scaled(0.5)), self._half).slices()] = False
        if backdrop.covered is not None:
            live &= ~backdrop.covered
        return live

    def _hides(self, frame: int) -> Iterator[Rect]:
        """Hide boxes of a frame, as drawn and where the track that fits stands, full-size pixels."""
        yield from self._drawn.hidden_at(frame)
        yield from self._keep.hidden_at(frame)

    def _outlines(self, frame: int) -> Mask:
        """All drawn boxes of a frame: inside of them, only `_kept` decides."""
        mask = np.zeros(self._analysis.differs.shape, np.bool_)
        for box in (*self._keep.kept_at(frame), *(grow_by_hide_margin(hide) for hide in self._hides(frame))):
            mask[outer(box.scaled(0.5), self._half).slices()] = True
        return mask

    def _hidden(self) -> Iterator[Mask]:
        """For each frame, what mask mode hides: regions filled out and held, and untrusted pixels of the backdrop."""
        hold = self._analysis.survey.hold
        unsure = [upright_covered(~backdrop.trusted) for backdrop in self._analysis.survey.backdrops]
        of_bodies, of_rest = tee(map(self._people.differing, range(len(self._analysis.differs))))
        bodies = temporal_dilate((found.bodies for found in of_bodies), hold)
        rest = repeated((found.rest for found in of_rest), hold)
        for frame, (mask, beside) in enumerate(zip(bodies, rest, strict=True)):
            yield unsure[self._analysis.stretch[frame]] | mask | beside | self._people.everybody(frame)

    def _shapes(self, tracks: list[Track], frame: int) -> Mask | None:
        if not tracks:
            return None
        kept = [grow_by_hide_margin(box.scaled(0.5)) for box in self._keep.kept_at(frame)]
        boxes = [
            box
            for box in steady_boxes(tracks, frame, self._analysis.survey.rate)
            if not any(_mostly_inside(box, kept_box) for kept_box in kept)
        ]
        return shape_mask(shape_boxes(boxes, self._stature), self._analysis.differs.shape) if boxes else None


def temporal_dilate(masks: Iterable[Mask], hold: int) -> Iterator[Mask]:
    """For each mask, what is True in it or in any of the `hold` masks before and after it."""
    queue = _Queue()
    count = oldest = 0

    def around(frame: int) -> Mask:
        nonlocal oldest
        while oldest < frame - hold:
            queue.drop()
            oldest += 1
        return queue.union()

    for mask in masks:
        queue.push(mask)
        count += 1
        if count > hold:
            yield around(count - 1 - hold)
    yield from (around(frame) for frame in range(max(0, count - hold), count))


class _Queue:
    def __init__(self) -> None:
        self._new: list[Mask] = []
        self._all_new: Mask | None = None
        self._old: list[Mask] = []  # each with all that came after it to this stack; the oldest last

    def push(self, mask: Mask) -> None:
        self._new.append(mask)
        self._all_new = mask if self._all_new is None else self._all_new | mask

    def drop(self) -> None:
        """Forget the oldest."""
        if not self._old:
            for mask in reversed(self._new):
                self._old.append(self._old[-1] | mask if self._old else mask)
            self._new, self._all_new = [], None
        self._old.pop()

    def union(self) -> Mask:
        """What is True in any; an array of its own only where there is more than one stack."""
        if self._all_new is None:
            return self._old[-1]
        return self._old[-1] | self._all_new if self._old else self._all_new


def _mostly_inside(box: Rect, kept: Rect) -> bool:
    return box.overlap(kept) >= 0.8 * box.area


class _ActiveTracks:
    """The tracks that exist in a frame, found while frames rise."""

    def __init__(self, tracks: tuple[Track, ...]) -> None:
        self._waiting = deque(sorted(tracks, key=lambda track: track.first))
        self._now: list[Track] = []

    def at(self, frame: int) -> list[Track]:
        while self._waiting and self._waiting[0].first <= frame:
            self._now.append(self._waiting.popleft())
        self._now = [track for track in self._now if track.last >= frame]
        return self._now
