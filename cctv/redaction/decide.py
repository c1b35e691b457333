"""Frame by frame: which pixels are live, and where shapes stand.

Owns the joining of both modes into one answer.  Works from an analysis, which carries the boxes that a person
drew; reads no picture.  Never shows a pixel under a static mask, in no mode and in no kept box, nor a pixel outside of
a kept box in backdrop mode, nor one that differs or is not trusted outside of a kept box in mask mode.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cctv.redaction.analysis import Analysis
from cctv.redaction.caption import Caption
from cctv.redaction.contacts import Verdict
from cctv.redaction.geometry import Box, Size, outer
from cctv.redaction.keep import KeepBoxes
from cctv.redaction.options import Mode, Options, Others
from cctv.redaction.planes import Mask
from cctv.redaction.regions import covered, upright_covered
from cctv.redaction.shapes import shape_boxes, shape_mask, stature_in, steady_boxes
from cctv.redaction.subject import live_area, margin, slack
from cctv.redaction.tracks import Track
from cctv.redaction.window import within


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


class Decisions:
    """Decides every frame of a clip in order; iterate once for each pass."""

    def __init__(self, analysis: Analysis, keep: KeepBoxes, options: Options, caption: Caption | None) -> None:
        self._analysis = analysis
        self._keep = analysis.kept
        self._options = options
        self._caption = caption
        self._half = Size(analysis.differs.shape[1], analysis.differs.shape[0])
        drawn = options.mode is Mode.BACKDROP and options.others is Others.SHAPE
        self._shown: tuple[Track, ...] = analysis.tracks if drawn else ()
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
        standing = _Standing(self._shown)
        for frame in range(len(self._analysis.survey.times)):
            yield Cover(self._shapes(standing.at(frame), frame), self._analysis.stretch[frame], frame)

    def _kept(self, frame: int) -> Mask:
        """Live pixels inside the kept boxes."""
        never = self._never(frame)
        live = np.zeros(never.shape, np.bool_)
        hides = [box.scaled(0.5) for box in self._keep.hidden_at(frame)]
        near = max(1, self._analysis.survey.hold // 2)
        if self._analysis.lights[frame] is None:
            return live
        for number, path in enumerate(self._keep.keep):
            verdicts: Sequence[Verdict] = self._analysis.verdicts[number]
            box = path.box_at(frame)
            if box is not None:
                at = frame - path.first
                around = verdicts[max(0, at - near) : at + near + 1]
                live |= live_area(box.scaled(0.5), verdicts[at], around, hides, never)
        for hide in hides:
            live[outer(margin(hide), self._half).slices()] = False
        return live

    def _never(self, frame: int) -> Mask:
        """Pixels that disagree with each other over time: somebody may stand there unseen."""
        return self._analysis.survey.backdrops[self._analysis.stretch[frame]].doubted

    def _outlines(self, frame: int) -> Mask:
        """All drawn boxes of a frame: inside of them, only `_kept` decides."""
        mask = np.zeros(self._analysis.differs.shape, np.bool_)
        for box in (*self._keep.kept_at(frame), *(margin(each) for each in self._keep.hidden_at(frame))):
            mask[outer(box.scaled(0.5), self._half).slices()] = True
        return mask

    def _hidden(self) -> Iterator[Mask]:
        """For each frame, what mask mode hides: regions filled out and held, and what the backdrop cannot vouch for."""
        differs, hold = self._analysis.differs, self._analysis.survey.hold
        unsure = [upright_covered(~backdrop.trusted) for backdrop in self._analysis.survey.backdrops]
        held = within((covered(*differs.with_regions(index)) for index in range(len(differs))), hold)
        for frame, mask in enumerate(held):
            yield unsure[self._analysis.stretch[frame]] | mask

    def _shapes(self, tracks: list[Track], frame: int) -> Mask | None:
        if not tracks:
            return None
        kept = [slack(box.scaled(0.5)) for box in self._keep.kept_at(frame)]
        boxes = [
            box
            for box in steady_boxes(tracks, frame, self._analysis.survey.rate)
            if not any(_mostly_inside(box, each) for each in kept)
        ]
        return shape_mask(shape_boxes(boxes, self._stature), self._analysis.differs.shape) if boxes else None


def _mostly_inside(box: Box, kept: Box) -> bool:
    return box.overlap(kept) >= 0.8 * box.area


class _Standing:
    """The tracks that exist in a frame, found while frames rise."""

    def __init__(self, tracks: tuple[Track, ...]) -> None:
        self._waiting = deque(sorted(tracks, key=lambda track: track.first))
        self._now: list[Track] = []

    def at(self, frame: int) -> list[Track]:
        while self._waiting and self._waiting[0].first <= frame:
            self._now.append(self._waiting.popleft())
        self._now = [track for track in self._now if track.last >= frame]
        return self._now
