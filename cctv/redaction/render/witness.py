"""The second witness: the detector of people looks at the finished picture, and only at that.

Owns where it looks, what counts as a person who should not show, and over how many frames.  Knows nothing of how live
pixels were chosen: it is given the decoded picture, its live pixels, the kept boxes and the empty scene.  Never decides
that a person may be shown.

A person counts whose head (top quarter, middle 60 % of a box) is live, who is not the subject, who is no part of the
subject's body, and whom the detector no longer sees once the live pixels are replaced by the empty scene: what it still
sees then is scenery, or the outline of what hides somebody.  One spurious frame is nobody: it takes two of five frames
at one place, or a score that spurious boxes do not reach.  Where the figures come from:
docs/decisions/0036-second-witness.md.

Several places are searched at once, side by side in one picture of the detector's size (`places`): a person in a
twelfth of it is as large as the detector needs, and one search takes as long whatever is in it.  It recognises nobody:
who is kept by a box is the subject, whoever that is, but of two people beside each other in one such box only one is.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cctv.core.i18n import N_, Message
from cctv.redaction.background.model import Backdrop
from cctv.redaction.errors import PersonShown
from cctv.redaction.people.detector import Detector, suppressed
from cctv.redaction.people.weights import Model
from cctv.redaction.render.options import Mode
from cctv.redaction.render.places import (
    Board,
    Grid,
    LiveChanges,
    Picture,
    Shown,
    cut,
    live_parts,
    parts_of,
    tiles,
    window_around,
)
from cctv.redaction.video.geometry import PixelRect, Rect, Size, enclosing, outer
from cctv.redaction.video.yuv import Mask

LIKELY = 0.2  # score of a person in two of five frames
LIKELY_BESIDE = 0.4  # the same where the box reaches into a kept one: the edge of what is live makes such boxes
SURE = 0.5  # score of a person in one frame
STANDS = 0.45  # score of a person in a picture of the empty scene
_REACHES = 0.15  # share of a box that lies in a kept one
_MIN_HEAD_LIVE = 0.6  # share of a head that is live; a box that straddles the edge of what is live has less
_SCENERY_SHARE = 0.6  # of a score that the empty scene alone may reach
_SAME_BOX = 0.4  # overlap (intersection over union) of a detection with the subject
_INSIDE, _BESIDE, _AS_TALL = 0.7, 0.1, 0.6  # of two people in one kept box: in it; in common; of their heights
_SAME_PLACE = 0.2  # overlap of two detections of one person in frames near each other
_DOUBLE = 0.5  # overlap of two boxes of one person in one frame
_NEAR_SEARCHES = 4  # frames searched, after the first of five
_RATE = 25  # frames a second that are searched at the most
_MOST_CORES = 2  # two search 800 frames a second with one person kept, and each detector holds 60 MB
_WHOLE_SECONDS = 5.0  # between two searches of a whole picture, where most of it is live
_PARTS = Grid(4, 3, 1.2)  # of what is live, and of changes in mask mode; others: decision 36
_WHOLE = Grid(2, 2, 1.0)  # of the tiles of a whole picture

_HIDE = N_(
    "look at those frames; hide whoever is there (`cctv redaction hide`, `hide` in KEEP.json), then run the command "
    "again."
)
_COVER = N_(
    "cover that place with `cctv redaction backdrop --cover`; for a single file use --mode mask, with a hide box there."
)
Hit = tuple[Rect, float]
"""A box in pixels of the frame, and the detector's score."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A person in one frame (from 0) who should not show: the box in pixels, and the detector's score."""

    frame: int
    box: Rect
    score: float


@dataclass(frozen=True, slots=True)
class WitnessReport:
    """What the second witness did: the SHA-256 of its model, frames and backdrops searched, subjects found in them."""

    model_sha256: str
    frames_searched: int
    backdrops_searched: int
    subjects_found: int


@dataclass(slots=True)
class _Found:
    """What was found in some places."""

    sightings: list[Sighting] = field(default_factory=list)
    subjects: int = 0


class Witness:
    """Looks at the frames of one result in order, beside the encoder.  Use as a context manager, then ask `report`."""

    def __init__(self, model: Model, backdrops: Sequence[Backdrop], mode: Mode, rate: float, output: Path) -> None:
        """Raises ModelRefused (15)."""
        self._model, self._backdrops, self._mode, self._output = model, backdrops, mode, output
        self._stride = max(1, round(rate / _RATE))
        self._whole_every = max(1, round(_WHOLE_SECONDS * rate))
        self._parts = Board(_PARTS, _PARTS.cell(model.input_size))
        self._whole = Board(_WHOLE, _WHOLE.cell(model.input_size))
        cores = min(max(1, (os.cpu_count() or 1) // 2), _MOST_CORES)  # the encoder and the proof have the others
        self._detectors = threading.local()
        self._spare = [Detector(model)]  # refuses a model before anything is written
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix="witness")
        self._most_waiting = 2 * cores
        self._waiting: deque[Future[_Found]] = deque()
        self._changes = LiveChanges(backdrops)
        self._standing = [self._pool.submit(self._in_backdrop, backdrop) for backdrop in backdrops]
        self._searched = 0
        self._ever_live: Mask | None = None
        self._found = _Found()

    def __enter__(self) -> Witness:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def look(self, shown: Shown) -> None:
        """Search the next frame.  Raises PeopleSearchFailed, also of a frame before."""
        if shown.frame % self._stride or not shown.live.any():
            return
        self._searched += 1
        self._ever_live = shown.live.copy() if self._ever_live is None else self._ever_live | shown.live
        size = shown.planes.size
        if self._mode is Mode.BACKDROP:
            for part, height in live_parts(shown):
                self._add(self._parts, shown, window_around(part, size, self._parts, height))
            return
        changed = self._changes.parts(shown)
        for part in changed or ():
            self._add(self._parts, shown, window_around(part, size, self._parts))
        if changed is None or shown.frame % self._whole_every == 0:
            for window in parts_of(size):
                self._add(self._whole, shown, window)

    def _add(self, board: Board, shown: Shown, window: PixelRect) -> None:
        """Have a window of a frame searched once the board is full."""
        board.add(shown, window, self._backdrops[shown.stretch].planes)
        if board.is_full:
            self._send(board)

    def _send(self, board: Board) -> None:
        if not board.places:
            return
        while len(self._waiting) >= self._most_waiting:
            self._take()
        self._waiting.append(self._pool.submit(self._search, board.taken()))

    def _take(self) -> None:
        found = self._waiting.popleft().result()
        self._found.sightings += found.sightings
        self._found.subjects += found.subjects

    def report(self) -> WitnessReport:
        """What was seen in all; raises PersonShown (15) where somebody shows, PeopleSearchFailed (15)."""
        seen = self.sightings()
        people = [
            box
            for backdrop, hits in zip(self._backdrops, self._standing, strict=True)
            for box in self._standing_in(backdrop, hits.result())
        ]
        if people:
            raise PersonShown(path=self._output, problem=_told_standing(people), following=_COVER)
        if seen:
            raise PersonShown(path=self._output, problem=_told(seen), following=_HIDE)
        return WitnessReport(self._model.sha256, self._searched, len(self._backdrops), self._found.subjects)

    def sightings(self) -> list[Sighting]:
        """Who was seen in the frames so far and should not show; raises PeopleSearchFailed (15)."""
        self._send(self._parts)
        self._send(self._whole)
        while self._waiting:
            self._take()
        return persistent(self._found.sightings, self._stride)

    def _search(self, board: Board) -> _Found:
        found, hits = _Found(), self._hits(board, [place.seen for place in board.places])
        doubtful: list[tuple[int, Sighting]] = []
        for number, place in enumerate(board.places):
            strangers, subjects = judged(place.frame, hits[number], place.live, place.kept)
            found.subjects += subjects
            doubtful += [(number, sighting) for sighting in strangers]
        if doubtful:
            scenes = self._hits(board, [place.scene() for place in board.places])
            found.sightings = [sighting for number, sighting in doubtful if not is_scenery(sighting, scenes[number])]
        return found

    def _hits(self, board: Board, pictures: Sequence[Picture]) -> list[list[Hit]]:
        """What the detector finds in the pictures of a board, in pixels of their frames."""
        large = board.picture(pictures)
        boxes, scores = self._detector().in_window(large, Rect(0, 0, large.shape[1], large.shape[0]))
        hits: list[list[Hit]] = [[] for _ in pictures]
        for index in suppressed(boxes, scores, _DOUBLE):
            placed = board.of_place(Rect(*(float(value) for value in boxes[index])))
            if placed is not None:
                hits[placed[0]].append((placed[1], float(scores[index])))
        return hits

    def _detector(self) -> Detector:
        """One for each thread."""
        if not hasattr(self._detectors, "own"):
            try:
                self._detectors.own = self._spare.pop()
            except IndexError:
                self._detectors.own = Detector(self._model)
        own: Detector = self._detectors.own
        return own

    def _in_backdrop(self, backdrop: Backdrop) -> list[Hit]:
        """Who is found in a backdrop, as a whole and in tiles; searched while the first frames are rendered."""
        size = backdrop.planes.size
        picture = cut(backdrop.planes, PixelRect(0, 0, size.width, size.height), size)
        hits: list[Hit] = []
        for window in (Rect(0, 0, size.width, size.height), *tiles(size)):
            boxes, scores = self._detector().in_window(picture, window)
            hits += [
                (Rect(*(float(value) for value in boxes[index])), float(scores[index]))
                for index in suppressed(boxes, scores, _DOUBLE)
            ]
        return hits

    def _standing_in(self, backdrop: Backdrop, hits: Sequence[Hit]) -> list[Rect]:
        """People who stand in a backdrop where it is shown as the scene."""
        believed = ~backdrop.doubted
        if self._mode is Mode.MASK:
            believed = np.zeros_like(believed) if self._ever_live is None else backdrop.trusted & self._ever_live
        if backdrop.covered is not None:
            believed = believed & ~backdrop.covered
        return [box for box, score in hits if score >= STANDS and share(believed, head_of(box)) >= _MIN_HEAD_LIVE]


def judged(frame: int, hits: Sequence[Hit], live: Mask, kept: Sequence[Rect]) -> tuple[list[Sighting], int]:
    """Who of the people found in a frame should not show, and how many of those found are kept."""
    likely = [(box, score) for box, score in hits if score >= LIKELY]
    boxes = [box for box, _ in likely]
    strangers, subjects = [], 0
    for number, (box, score) in enumerate(likely):
        owners = [own for own in kept if is_subject(box, own)]
        around = [own for own in kept if own in owners or box.overlap(own) >= _INSIDE * box.area]
        second = bool(around) and all(is_second(number, boxes, own) for own in around)
        if owners and not second:
            subjects += 1
            continue
        beside = any(box.overlap(own) >= _REACHES * box.area for own in kept)
        if score < (LIKELY_BESIDE if beside else LIKELY):
            continue
        if not second and any(is_part(box, own) for own in kept):
            continue
        if share(live, head_of(box)) >= _MIN_HEAD_LIVE:
            strangers.append(Sighting(frame, box, score))
    return strangers, subjects


def is_second(number: int, boxes: Sequence[Rect], kept: Rect) -> bool:
    """Whether somebody else in a kept box agrees with it better than a box: beside it, and about as tall."""
    box = boxes[number]
    agrees = overlap(box, kept), -number
    return any(
        other.overlap(kept) >= _INSIDE * other.area
        and other.overlap(box) <= _BESIDE * min(other.area, box.area)
        and min(other.h, box.h) >= _AS_TALL * max(other.h, box.h)
        and (overlap(other, kept), -index) > agrees
        for index, other in enumerate(boxes)
    )


def is_scenery(sighting: Sighting, scene: Sequence[Hit]) -> bool:
    """Whether a detection stays, or nearly, when the empty scene stands in place of all live pixels."""
    still = max((score for box, score in scene if overlap(box, sighting.box) >= _SAME_BOX), default=0.0)
    return still >= _SCENERY_SHARE * sighting.score


def persistent(sightings: Sequence[Sighting], stride: int) -> list[Sighting]:
    """The sightings that count: sure ones, and those that have another at their place in a frame near them."""
    ordered = sorted(sightings, key=lambda sighting: sighting.frame)
    near = _NEAR_SEARCHES * stride
    return [
        one
        for one in ordered
        if one.score >= SURE
        or any(
            0 < abs(other.frame - one.frame) <= near and overlap(one.box, other.box) >= _SAME_PLACE for other in ordered
        )
    ]


def is_subject(box: Rect, kept: Rect) -> bool:
    """Whether a detection is the person of a kept box: the boxes agree, or the head lies where the subject's does."""
    head, own = head_of(box), head_of(kept).grown(0.15 * kept.w, 0.08 * kept.h)
    return overlap(box, kept) >= _SAME_BOX or head.overlap(own) >= 0.6 * head.area


def is_part(box: Rect, kept: Rect) -> bool:
    """Whether a detection is a part of a kept person's body: inside of the box, and lower than the head."""
    return box.overlap(kept) >= 0.7 * box.area and box.y > kept.y + 0.15 * kept.h


def head_of(box: Rect) -> Rect:
    """The head of a box: its top quarter, its middle 60 %."""
    return Rect(box.x + 0.2 * box.w, box.y, 0.6 * box.w, 0.25 * box.h)


def share(mask: Mask, box: Rect) -> float:
    """The share of a box (full-size pixels) in which a half-size mask is True; 0 outside of the picture."""
    at = outer(box.scaled(0.5), Size(mask.shape[1], mask.shape[0]))
    return 0.0 if at.empty else float(mask[at.slices()].mean())


def overlap(box: Rect, other: Rect) -> float:
    """Intersection over union."""
    both = box.overlap(other)
    return both / (box.area + other.area - both) if both else 0.0


def ranges(frames: Sequence[int], gap: int) -> list[tuple[int, int]]:
    """Frames in rising order as ranges, joined over gaps of up to `gap` frames."""
    out: list[tuple[int, int]] = []
    for frame in frames:
        if out and frame - out[-1][1] <= gap:
            out[-1] = (out[-1][0], frame)
        else:
            out.append((frame, frame))
    return out


def _told(seen: Sequence[Sighting]) -> Message:
    spans = ranges([sighting.frame for sighting in seen], 2 * _NEAR_SEARCHES)
    text = ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in spans[:10])
    if len(spans) > 10:
        text += ", ..."
    first = [sighting.box for sighting in seen if sighting.frame <= spans[0][1]]
    box = enclosing(first)
    return N_(
        "somebody who is not kept shows in the frames {frames}, first at ({x}, {y}), {w} x {h} pixels",
        frames=text, x=round(box.x), y=round(box.y), w=round(box.w), h=round(box.h),
    )  # fmt: skip


def _told_standing(people: Sequence[Rect]) -> Message:
    box = people[0]
    return N_(
        "a person stands in the picture of the empty scene at ({x}, {y}), {w} x {h} pixels, in every frame",
        x=round(box.x), y=round(box.y), w=round(box.w), h=round(box.h),
    )  # fmt: skip
