"""The second witness: the detector of people looks at the finished picture, and only at that.

Owns where it looks, what counts as a person who should not show, and over how many frames.  Knows nothing of how live
pixels were chosen: it is given the decoded picture, its live pixels, the kept boxes and the empty scene.  Never decides
that a person may be shown.

A person counts whose head (top quarter, middle 60 % of a box) is live, who is not the subject, who is no part of the
subject's body, and whom the detector no longer sees once the live pixels are replaced by the empty scene: what it still
sees then is scenery, or the outline of what hides somebody.  One spurious frame is nobody: it takes two of five frames
at one place, or a score that spurious boxes do not reach.  Where the figures come from:
docs/decisions/0036-second-witness.md.

Several places are searched at once, side by side in one picture of the detector's size: a person in a quarter of it is
as large as the detector needs (recall at score .2: 100 % single, 100 % four, 99.6 % nine on PETS09-S2L1), and one
search takes as long whatever is in it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.core.i18n import N_, Message
from cctv.redaction.background.model import Backdrop
from cctv.redaction.errors import PersonShown
from cctv.redaction.people.detector import Detector, suppressed
from cctv.redaction.people.weights import Model
from cctv.redaction.render.options import Mode
from cctv.redaction.video.geometry import PixelRect, Rect, Size, enclosing, outer
from cctv.redaction.video.yuv import Mask, Plane, Planes

LIKELY = 0.2  # score of a person in two of five frames
LIKELY_BESIDE = 0.4  # the same where the box reaches into a kept one: the edge of what is live makes such boxes
SURE = 0.5  # score of a person in one frame
STANDS = 0.45  # score of a person in a picture of the empty scene
_REACHES = 0.15  # share of a box that lies in a kept one
_MIN_HEAD_LIVE = 0.6  # share of a head that is live; a box that straddles the edge of what is live has less
_SCENERY_SHARE = 0.6  # of a score that the empty scene alone may reach
_SAME_BOX = 0.4  # overlap (intersection over union) of a detection with the subject
_SAME_PLACE = 0.2  # overlap of two detections of one person in frames near each other
_DOUBLE = 0.5  # overlap of two boxes of one person in one frame
_NEAR_SEARCHES = 4  # frames searched, after the first of five
_RATE = 25  # frames a second that are searched at the most
_AROUND = 2.0  # side of a window over the height of what is live in it
_LEAST_SIDE = 48  # pixels of a window
_CLOSE_GRID, _WIDE_GRID = 2, 3  # places side by side in one search, each way: of backdrop and of mask mode
_GREY = 114
_WHOLE_SECONDS = 5.0  # between two searches of a whole picture, where most of it is live
_SMALL = 4  # times smaller, each way, is the picture in which changes are found
_CHANGED_LEVELS = 20  # by which a live pixel there changes when somebody comes to show
_LEAST_CHANGE, _LEAST_CHANGE_ROWS = 10, 4  # pixels there: a person of 12 x 40 pixels has 30
_LOOKS = 5  # frames in which a change is looked at
_MOST_PLACES = 3  # changes that are looked at in a frame
_LIGHT_SHARE = 0.5  # of the live pixels that change at once when a lamp is switched

_HIDE = N_(
    "look at those frames, draw a hide box there (docs/redaction.md, The second witness), then run the command again."
)
_COVER = N_("cover that place of the backdrop: cctv redaction backdrop --cover; a single file needs other footage.")
Hit = tuple[Rect, float]
"""A box in pixels of the frame, and the detector's score."""
Picture = NDArray[np.uint8]
"""RGB, height x width x 3."""
_TO_RGB = np.array(
    [
        [1.164, 0.0, 1.596, -222.9],
        [1.164, -0.392, -0.813, 135.6],
        [1.164, 2.017, 0.0, -276.8],
    ],
    np.float32,
)  # ITU-R BT.601, narrow range


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


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One frame of the result: its decoded picture, its live pixels (half size), and the boxes of who is kept."""

    frame: int
    planes: Planes
    live: Mask
    kept: tuple[Rect, ...]
    stretch: int = 0


@dataclass(slots=True, eq=False)
class _Place:
    """A window of a frame as it is searched; `scene` is the same with the empty scene in place of what is live."""

    frame: int
    window: PixelRect
    seen: Picture
    scene: Picture
    live: Mask
    kept: tuple[Rect, ...]


@dataclass(slots=True)
class _Board:
    """Places that are searched at once, `side` x `side` of them, each as a picture of the size of a cell."""

    side: int
    cell: Size
    places: list[_Place] = field(default_factory=list)


def _board(model: Model, side: int) -> _Board:
    return _Board(side, Size(model.input_size.width // side, model.input_size.height // side))


@dataclass(slots=True)
class _Found:
    """What was found in some places."""

    sightings: list[Sighting] = field(default_factory=list)
    subjects: int = 0


class Witness:
    """Looks at the frames of one result in order, on every core.  Use as a context manager, then ask `report`."""

    def __init__(self, model: Model, backdrops: Sequence[Backdrop], mode: Mode, rate: float, output: Path) -> None:
        """Raises ModelRefused (15)."""
        self._model, self._backdrops, self._mode, self._output = model, backdrops, mode, output
        self._stride = max(1, round(rate / _RATE))
        self._whole_every = max(1, round(_WHOLE_SECONDS * rate))
        self._close, self._wide = _board(model, _CLOSE_GRID), _board(model, _WIDE_GRID)
        cores = os.cpu_count() or 1
        self._detectors = threading.local()
        self._first = Detector(model)  # refuses a model before anything is written
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix="witness")
        self._most_waiting = 2 * cores
        self._waiting: deque[Future[_Found]] = deque()
        self._changes = _Changes(backdrops)
        self._searched = 0
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
        size = shown.planes.size
        if self._mode is Mode.BACKDROP:
            for window in _around_live(shown, size):
                self._add(self._close, shown, window)
            return
        for window in self._changes.windows(shown):
            self._add(self._wide, shown, window)
        if shown.frame % self._whole_every == 0:
            for window in _parts_of(size):
                self._add(self._close, shown, window)

    def _add(self, board: _Board, shown: Shown, window: PixelRect) -> None:
        """Have a window of a frame searched once the board is full."""
        board.places.append(self._place(shown, window, board.cell))
        if len(board.places) == board.side * board.side:
            self._send(board)

    def _place(self, shown: Shown, window: PixelRect, cell: Size) -> _Place:
        seen = _cut(shown.planes, window, cell)
        empty = _cut(self._backdrops[shown.stretch].planes, window, cell)
        part = shown.live[_half(window).slices()].view(np.uint8)
        live = cv2.resize(part, (cell.width, cell.height), interpolation=cv2.INTER_NEAREST).view(np.bool_)
        scene = np.where(live[..., np.newaxis], empty, seen)
        return _Place(shown.frame, window, seen, scene, shown.live, shown.kept)

    def _send(self, board: _Board) -> None:
        if not board.places:
            return
        while len(self._waiting) >= self._most_waiting:
            self._take()
        self._waiting.append(self._pool.submit(self._search, _Board(board.side, board.cell, board.places)))
        board.places = []

    def _take(self) -> None:
        found = self._waiting.popleft().result()
        self._found.sightings += found.sightings
        self._found.subjects += found.subjects

    def report(self) -> WitnessReport:
        """What was seen in all; raises PersonShown (15) where somebody shows, PeopleSearchFailed (15)."""
        self._send(self._close)
        self._send(self._wide)
        standing = [self._pool.submit(self._standing, backdrop) for backdrop in self._backdrops]
        while self._waiting:
            self._take()
        people = [place for search in standing for place in search.result()]
        if people:
            raise PersonShown(path=self._output, problem=_told_standing(people), following=_COVER)
        seen = persistent(self._found.sightings, self._stride)
        if seen:
            raise PersonShown(path=self._output, problem=_told(seen), following=_HIDE)
        return WitnessReport(self._model.sha256, self._searched, len(self._backdrops), self._found.subjects)

    def _search(self, board: _Board) -> _Found:
        found, hits = _Found(), self._hits(board, [place.seen for place in board.places])
        doubtful: list[tuple[int, Sighting]] = []
        for number, place in enumerate(board.places):
            strangers, subjects = judged(place.frame, hits[number], place.live, place.kept)
            found.subjects += subjects
            doubtful += [(number, sighting) for sighting in strangers]
        if doubtful:
            scenes = self._hits(board, [place.scene for place in board.places])
            found.sightings = [sighting for number, sighting in doubtful if not is_scenery(sighting, scenes[number])]
        return found

    def _hits(self, board: _Board, pictures: Sequence[Picture]) -> list[list[Hit]]:
        """What the detector finds in the pictures of a board, in pixels of their frames."""
        width, height = board.cell.width, board.cell.height
        large = np.full((board.side * height, board.side * width, 3), _GREY, np.uint8)
        for number, picture in enumerate(pictures):
            row, column = divmod(number, board.side)
            large[row * height : (row + 1) * height, column * width : (column + 1) * width] = picture
        boxes, scores = self._detector().in_window(large, Rect(0, 0, large.shape[1], large.shape[0]))
        hits: list[list[Hit]] = [[] for _ in pictures]
        for index in suppressed(boxes, scores, _DOUBLE):
            x, y, w, h = (float(value) for value in boxes[index])
            column, row = int((x + w / 2) // width), int((y + h / 2) // height)
            number = row * board.side + column
            if number < len(pictures):
                window = board.places[number].window
                across, along = (window.right - window.left) / width, (window.bottom - window.top) / height
                left, top = window.left + (x - column * width) * across, window.top + (y - row * height) * along
                hits[number].append((Rect(left, top, w * across, h * along), float(scores[index])))
        return hits

    def _detector(self) -> Detector:
        """One for each thread."""
        if not hasattr(self._detectors, "own"):
            self._detectors.own = Detector(self._model)
        own: Detector = self._detectors.own
        return own

    def _standing(self, backdrop: Backdrop) -> list[Rect]:
        """People who stand in a backdrop where it is shown as the scene."""
        believed = backdrop.trusted if self._mode is Mode.MASK else ~backdrop.doubted
        if backdrop.covered is not None:
            believed = believed & ~backdrop.covered
        size = backdrop.planes.size
        picture = _cut(backdrop.planes, PixelRect(0, 0, size.width, size.height), size)
        people = []
        for window in (Rect(0, 0, size.width, size.height), *_tiles(size)):
            boxes, scores = self._detector().in_window(picture, window)
            for index in suppressed(boxes, scores, _DOUBLE):
                box = Rect(*(float(value) for value in boxes[index]))
                if scores[index] >= STANDS and share(believed, head_of(box)) >= _MIN_HEAD_LIVE:
                    people.append(box)
        return people


def judged(frame: int, hits: Sequence[Hit], live: Mask, kept: Sequence[Rect]) -> tuple[list[Sighting], int]:
    """Who of the people found in a frame should not show, and how many of those found are kept."""
    strangers, subjects = [], 0
    for box, score in hits:
        if score < LIKELY:
            continue
        if any(is_subject(box, own) for own in kept):
            subjects += 1
            continue
        beside = any(box.overlap(own) >= _REACHES * box.area for own in kept)
        if score < (LIKELY_BESIDE if beside else LIKELY) or any(is_part(box, own) for own in kept):
            continue
        if share(live, head_of(box)) >= _MIN_HEAD_LIVE:
            strangers.append(Sighting(frame, box, score))
    return strangers, subjects


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


class _Changes:
    """Where the live pixels of a result that is mostly live change: only there can somebody come to show.

    Compares with what was last seen live at a pixel, at first with the empty scene.  A change is looked at in
    _LOOKS frames, then taken for what stands there.
    """

    def __init__(self, backdrops: Sequence[Backdrop]) -> None:
        self._backdrops = backdrops
        self._known: Plane | None = None
        self._looks: Plane | None = None
        self._stretch = -1

    def windows(self, shown: Shown) -> list[PixelRect]:
        """The windows of the next frame to search, the largest change first."""
        size = shown.planes.size
        small = _small(shown.planes)
        if self._known is None or self._looks is None or self._stretch != shown.stretch:
            self._known, self._stretch = _small(self._backdrops[shown.stretch].planes), shown.stretch
            self._looks = np.zeros_like(self._known)
        side = (small.shape[1], small.shape[0])
        live: Plane = np.asarray(cv2.resize(shown.live.view(np.uint8), side, interpolation=cv2.INTER_NEAREST), np.uint8)
        changed = (cv2.absdiff(small, self._known) > _CHANGED_LEVELS).view(np.uint8) & live
        if np.count_nonzero(changed) > _LIGHT_SHARE * max(1, int(np.count_nonzero(live))):
            cv2.copyTo(small, live, self._known)
            return _parts_of(size)
        self._looks = np.where(changed > 0, self._looks + 1, 0).astype(np.uint8)
        settled = live & ((changed == 0) | (self._looks > _LOOKS)).view(np.uint8)
        cv2.copyTo(small, settled, self._known)
        joined = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(joined)
        parts = sorted((row for row in stats[1:] if _may_be_person(row)), key=lambda row: -int(row[4]))
        return [_window(Rect(*(float(value * _SMALL) for value in row[:4])), size) for row in parts[:_MOST_PLACES]]


def _may_be_person(region: NDArray[np.int32]) -> bool:
    """Whether a change (left, top, width, height, pixels; at a quarter of the size) is larger than a flicker."""
    return int(region[4]) >= _LEAST_CHANGE and int(region[3]) >= _LEAST_CHANGE_ROWS


def _around_live(shown: Shown, size: Size) -> Iterator[PixelRect]:
    """Windows around what is live: one for each kept box, one for each other part."""
    rest = shown.live.copy()
    half = Size(rest.shape[1], rest.shape[0])
    for kept in shown.kept:
        at = outer(kept.grown(0.5 * kept.w, 0.25 * kept.h).scaled(0.5), half)
        part = _bounds(rest[at.slices()])
        if part is not None:
            rest[at.slices()] = False
            yield _window(part.moved(2 * at.left, 2 * at.top), size, kept.h)
    if rest.any():
        _, _, stats, _ = cv2.connectedComponentsWithStats(rest.view(np.uint8))
        for row in stats[1:]:
            yield _window(Rect(*(2.0 * float(value) for value in row[:4])), size)


def _bounds(mask: Mask) -> Rect | None:
    """The box (full-size pixels) of what is True in a half-size mask."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return Rect(2.0 * left, 2.0 * top, 2.0 * width, 2.0 * height) if width and height else None


def _window(part: Rect, size: Size, height: float = 0.0) -> PixelRect:
    """A square around a part of the picture, of even sides, moved into the picture."""
    side = max(_AROUND * max(part.h, height), 1.2 * part.w, _LEAST_SIDE)
    width, tall = min(side, size.width), min(side, size.height)
    x = min(max(part.x + part.w / 2 - width / 2, 0), size.width - width)
    y = min(max(part.y + part.h / 2 - tall / 2, 0), size.height - tall)
    return _even(outer(Rect(x, y, width, tall), size))


def _tiles(size: Size) -> list[Rect]:
    """Four parts of the picture that overlap by a fifth."""
    width, height = 0.6 * size.width, 0.6 * size.height
    return [Rect(x, y, width, height) for y in (0.0, size.height - height) for x in (0.0, size.width - width)]


def _parts_of(size: Size) -> list[PixelRect]:
    """The whole picture in windows."""
    return [_even(outer(tile, size)) for tile in _tiles(size)]


def _even(at: PixelRect) -> PixelRect:
    return PixelRect(at.left // 2 * 2, at.top // 2 * 2, at.right + at.right % 2, at.bottom + at.bottom % 2)


def _half(window: PixelRect) -> PixelRect:
    return PixelRect(window.left // 2, window.top // 2, window.right // 2, window.bottom // 2)


def _cut(planes: Planes, window: PixelRect, to: Size) -> Picture:
    """A part of a picture (even corners) as RGB of that size."""
    at, half = window.slices(), _half(window).slices()
    side = (to.width, to.height)
    layers = [_resized(planes.y[at], side), _resized(planes.u[half], side), _resized(planes.v[half], side)]
    return np.asarray(cv2.transform(cv2.merge(layers), _TO_RGB), np.uint8)


def _resized(plane: Plane, side: tuple[int, int]) -> Plane:
    flags = cv2.INTER_AREA if plane.size > side[0] * side[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, side, interpolation=flags), np.uint8)


def _small(planes: Planes) -> Plane:
    size = planes.size
    side = (max(1, size.width // _SMALL), max(1, size.height // _SMALL))
    return np.asarray(cv2.resize(planes.y, side, interpolation=cv2.INTER_AREA), np.uint8)


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
