"""Search: the pass over a clip that finds the people of every few frames.

Owns which frames are searched and where, the threads that do it, and the refusal of a search that sees nobody where
something as large as a person moves.  The results do not depend on the number of cores, nor on whether the search was
broken off and resumed.  Nobody is recognised.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np

from cctv.core.i18n import N_
from cctv.redaction.background.illumination import Light
from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.errors import DetectorBlind
from cctv.redaction.people.appearance import looks_of
from cctv.redaction.people.detections import DetectionSpool, FrameDetections
from cctv.redaction.people.detector import Detector, Picture, detectors_of, rgb
from cctv.redaction.people.fusion import FEWEST_DIFFERS, Found, fused, shares_of, without_ghosts
from cctv.redaction.people.weights import OWN_MODEL, Model, ModelKind
from cctv.redaction.people.windows import (
    SURE_SCORE,
    Floats,
    Regions,
    Stature,
    Windows,
    learned_stature,
    tiles,
    whole_picture,
    windows_around,
)
from cctv.redaction.progress import Progress
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.reader import Clip, Reading, shorter
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import Mask, Planes

RULES = 1
"""Version of what this pass finds in one clip: raised with every change of it, so that no older search is resumed."""
_LOOK = N_(
    "watch the recording. If people are in it, report this message. If what moves there is nobody (a flag, a branch), "
    "cover it with a static mask of the camera (docs/redaction.md)."
)
_SEARCHED_RATE = 12.0  # frames a second at least: at 8, crossings of people close together leak twice as often
_WHOLE_EVERY = 4  # searched frames; in between, windows alone find as many people and a third of the false boxes
_PASSES = 3.3  # of the detector for each frame of the clip, searched or not: 14 ms each on two cores
_BEHIND = 8  # frames in search at once; a picture of 1080p is 3 MB
_FEWEST_FRAMES = 8  # with sure boxes, before heights are learned from them
_MOST_BOXES = 4000  # that heights are learned from
_RELEARN = 1.5  # boxes by those that the last heights were learned from
_BLIND_FRAMES = 1000  # frames in which something like a person differs and nobody is found
_UPRIGHT = (0.5, 1.5)  # height of such a region by that of a person
_UNKNOWN_UPRIGHT = 1 / 12  # of the picture's height, while the height of people is not known
_SLENDER = 0.8  # width of such a region by its height
_SOLID = 0.3  # of its box that it fills
_SMALL = 320  # pixels; such a picture is enlarged as a whole, about as much as a window of a larger one
_LARGE = 600  # pixels; a window of such sides is searched at half size, and nothing is lost in 300 x 300


@dataclass(frozen=True, slots=True)
class SearchReport:
    """What was searched of a clip: every `step`th of its frames; `windows` in all."""

    frames: int
    step: int
    searched: int
    windows: int
    stature: Stature | None


@dataclass(frozen=True, slots=True)
class _Job:
    """One frame to search; `stature` None: in the whole picture and in tiles."""

    differs: Mask
    regions: Regions
    standing: tuple[Rect, ...]
    stature: Stature | None
    passes: int
    is_whole_too: bool


@dataclass(frozen=True, slots=True)
class _Result:
    found: FrameDetections
    windows: int = 0


@dataclass(frozen=True, slots=True)
class _Pending:
    frame: int
    result: Future[_Result] | _Result
    is_new: bool  # False: the spool holds it already


_NOBODY = _Result(FrameDetections.none())


@dataclass(slots=True)
class _Heights:
    """How tall people are, learned as the search goes on."""

    size: Size
    stature: Stature | None = None
    _boxes: list[Floats] = field(default_factory=list)
    _scores: list[Floats] = field(default_factory=list)
    _count: int = 0
    _learned_from: int = 0

    def note(self, found: FrameDetections) -> None:
        """Learn from the next searched frame."""
        if not len(found.scores):
            return
        sure = found.scores >= SURE_SCORE
        if self._count >= _MOST_BOXES or not sure.any():
            return
        self._boxes.append(found.boxes[sure])
        self._scores.append(found.scores[sure])
        self._count += int(np.count_nonzero(sure))
        if len(self._boxes) >= _FEWEST_FRAMES and self._count >= _RELEARN * self._learned_from:
            self._learned_from = self._count
            self.stature = learned_stature(np.concatenate(self._boxes), np.concatenate(self._scores), self.size)


def search_step(rate: float) -> int:
    """Every how many frames of a clip of that rate (frames a second) one is searched: at least about 12 a second."""
    return max(int(rate / _SEARCHED_RATE + 0.1), 1)


def search(
    clip: Clip,
    background: BackgroundModel,
    differs: MaskSpool,
    lights: Sequence[Light | None],
    model: Model,
    spool: DetectionSpool,
    progress: Progress,
) -> SearchReport:
    """Find the people of every few frames of a clip, and append them to `spool`; goes on behind what it holds.

    differs, lights: the foreground and the light of each frame (`tracking.pipeline.analyse`).  Decodes the clip once,
    and no file of it in which nothing differs or all is masked.  Raises SourceUnreadable, PeopleSearchFailed,
    DetectorBlind (15).
    """
    step = search_step(background.rate)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        running = _Search(clip, background, differs, lights, model, spool, threads)
        try:
            for frames, part in parts_of(clip, background.times):
                todo = [frame for frame in range(running.begun * step, frames.stop, step) if frame in frames]
                for frame in running.begin(todo, frames, part):
                    progress("people", frame + 1, len(background.times))
            running.finish()
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    return SearchReport(len(background.times), step, len(spool), running.windows, running.heights.stature)


def parts_of(clip: Clip, times: Sequence[int]) -> list[tuple[range, Clip]]:
    """The files of a clip, each as a clip of its own, and which frames (from 0) it holds; none without a frame.

    times: microseconds of each frame, on the clip's line.  The clip itself where its files carry no times.
    """
    starts = [part.starts_at for part in clip.parts]
    begins = [start for start in starts if start is not None]
    if len(begins) < len(starts):
        return [(range(len(times)), clip)]
    edges = [0, *(bisect_left(times, begin) for begin in begins[1:]), len(times)]
    ranges = [range(first, end) for first, end in pairwise(edges)]
    return [(frames, replace(clip, parts=(part,))) for frames, part in zip(ranges, clip.parts, strict=True) if frames]


class _Search:
    """A search that runs: frames begin in order, and the results of all but the last few are in the spool."""

    def __init__(
        self,
        clip: Clip,
        background: BackgroundModel,
        differs: MaskSpool,
        lights: Sequence[Light | None],
        model: Model,
        spool: DetectionSpool,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._model, self._differs, self._lights, self._spool = model, differs, lights, spool
        self._path, self._size = clip.path, clip.size.even()
        # such a picture has no light that could be explained, so all of it differs; nothing of it is ever shown
        self._is_covered = clip.masked is not None and bool(clip.masked.half.all())
        self._standing = tuple(box for backdrop in background.backdrops for box in backdrop.people)
        self._passes = int(_PASSES * search_step(background.rate))
        self._threads, self._detectors = threads, detectors_of(model)
        self._waiting: deque[_Pending] = deque()
        self._blind = 0
        self.heights = _Heights(self._size)
        self.windows = 0
        self.begun = 0
        for number, frame in enumerate(tuple(spool.frames)):
            self._follow(_Pending(frame, _Result(spool[number]), is_new=False))

    def begin(self, todo: Sequence[int], frames: range, part: Clip) -> Iterator[int]:
        """Begin to search frames of one file of the clip, which holds `frames`; yields each."""
        last = (
            -1
            if self._is_covered
            else next((frame for frame in reversed(todo) if not self._differs.is_empty(frame)), -1)
        )
        with closing(_pictures(part, frames)) as pictures:
            for frame in todo:
                result: Future[_Result] | _Result = _NOBODY
                if frame <= last and (job := self._job(frame)) is not None:
                    planes = next((planes for number, planes in pictures if number == frame), None)
                    if planes is None:
                        raise shorter(part)
                    result = self._threads.submit(self._search, job, planes)
                self._follow(_Pending(frame, result, is_new=True))
                yield frame

    def finish(self) -> None:
        """Wait for the frames that have begun."""
        while self._waiting:
            self._finish_first()

    def _follow(self, pending: _Pending) -> None:
        self._waiting.append(pending)
        self.begun += 1
        if len(self._waiting) > _BEHIND:
            self._finish_first()

    def _finish_first(self) -> None:
        pending = self._waiting.popleft()
        result = pending.result if isinstance(pending.result, _Result) else pending.result.result()
        if pending.is_new:
            self._spool.append(pending.frame, result.found)
        self.windows += result.windows
        self.heights.note(result.found)
        self._require_sight(pending.frame, result.found)

    def _require_sight(self, frame: int, found: FrameDetections) -> None:
        """Raises DetectorBlind where nobody was found in many frames with something like a person.

        A frame that no backdrop explains differs throughout, which tells of nobody, and is hidden throughout.
        """
        if len(found.scores):
            self._blind = 0
        elif self._differs.is_empty(frame) or self._lights[frame] is None:
            return
        elif holds_upright(self._differs.with_regions(frame)[1], self.heights.stature, self._size):
            self._blind += 1
        if self._blind >= _BLIND_FRAMES:
            own = self._model.kind is not ModelKind.SSD_OIDV4
            following = OWN_MODEL if own else _LOOK
            raise DetectorBlind(path=self._path, frames=self._blind, model=self._model.path, following=following)

    def _job(self, frame: int) -> _Job | None:
        """How a frame is to be searched; None where nothing differs."""
        if self._differs.is_empty(frame):
            return None
        differs, regions = self._differs.with_regions(frame)
        stature = self.heights.stature if self._lights[frame] is not None else None
        is_whole_too = self.begun % _WHOLE_EVERY == 0
        return _Job(differs, regions, self._standing, stature, self._passes, is_whole_too)

    def _search(self, job: _Job, planes: Planes) -> _Result:
        with self._detectors.borrowed() as detector:
            return _searched(job, planes, detector)


def holds_upright(regions: Regions, stature: Stature | None, size: Size) -> bool:
    """Whether something as large and as slender as a person differs in a frame (regions: half size)."""
    if not len(regions):
        return False
    top, width, height, pixels = (regions[:, column].astype(np.float32) for column in (1, 2, 3, 4))
    slender = (width <= _SLENDER * height) & (pixels >= _SOLID * width * height)
    if stature is None:
        return bool((slender & (2 * height >= _UNKNOWN_UPRIGHT * size.height)).any())
    tall = 2 * height / stature.of(2 * (top + height))
    return bool((slender & (tall >= _UPRIGHT[0]) & (tall <= _UPRIGHT[1])).any())


def _pictures(part: Clip, frames: range) -> Generator[tuple[int, Planes], None, None]:
    """The pictures of a file, each with the number of its frame in the clip."""
    with closing(_decoded(part)) as pictures:
        yield from enumerate(pictures, frames.start)


def _decoded(part: Clip) -> Generator[Planes, None, None]:
    yield from Reading(part)


def _searched(job: _Job, planes: Planes, detector: Detector) -> _Result:
    size = planes.size
    views = _Views(planes)
    counts = job.differs | _boxed(job.standing, job.differs.shape)
    small = max(size.width, size.height) <= _SMALL
    windows = Windows((whole_picture(size), *(() if small else tiles(size))))
    if job.stature is not None and not small:
        windows = windows_around(
            counts, np.concatenate([job.regions, _rows(job.standing)]), job.stature, size, job.passes
        )
        if job.is_whole_too:
            windows = replace(windows, alone=(whole_picture(size), *windows.alone))
    found = [Found(window, *views.in_window(detector, window)) for window in windows.alone]
    in_cells = views.in_windows(detector, windows.cells)
    found += [Found(window, *pair) for window, pair in zip(windows.cells, in_cells, strict=True)]
    boxes, scores = fused(found, size)
    real = shares_of(counts, boxes) >= FEWEST_DIFFERS
    boxes, scores = boxes[real], scores[real]
    if job.stature is not None:
        real = without_ghosts(boxes, scores, job.stature)
        boxes, scores = boxes[real], scores[real]
    looks = looks_of(views.lab(), boxes, job.differs)
    return _Result(FrameDetections(boxes, scores, shares_of(job.differs, boxes), looks), len(found))


class _Views:
    """A picture in the colours and sizes that it is searched in, each made once."""

    def __init__(self, planes: Planes) -> None:
        self._planes = planes
        self._full: Picture | None = None
        self._half: Picture | None = None

    def in_window(self, detector: Detector, window: Rect) -> tuple[Floats, Floats]:
        """What a window holds, seen at the full size of a model's input."""
        if min(window.w, window.h) < _LARGE:
            return detector.in_window(self.full(), window)
        boxes, scores = detector.in_window(self.half(), window.scaled(0.5))
        return 2 * boxes, scores

    def in_windows(self, detector: Detector, windows: tuple[Rect, ...]) -> list[tuple[Floats, Floats]]:
        """What several windows hold."""
        across, along = (_LARGE, _LARGE) if len(windows) == 1 else (_LARGE / 3, _LARGE / 2)
        if any(window.w < across or window.h < along for window in windows):
            return detector.in_windows(self.full(), windows)
        halves = detector.in_windows(self.half(), [window.scaled(0.5) for window in windows])
        return [(2 * boxes, scores) for boxes, scores in halves]

    def full(self) -> Picture:
        """RGB."""
        if self._full is None:
            self._full = rgb(self._planes)
        return self._full

    def half(self) -> Picture:
        """RGB at half size."""
        if self._half is None:
            rows, columns = self._planes.u.shape
            half = Size(columns, rows).even()
            sides = (half.width, half.height), (half.width // 2, half.height // 2)
            y = cv2.resize(self._planes.y, sides[0], interpolation=cv2.INTER_AREA)
            u, v = (
                cv2.resize(plane, sides[1], interpolation=cv2.INTER_AREA) for plane in (self._planes.u, self._planes.v)
            )
            self._half = rgb(Planes(*(np.asarray(plane, np.uint8) for plane in (y, u, v))))[:rows, :columns]
        return self._half

    def lab(self) -> Picture:
        """CIE L*a*b* at half size."""
        return np.asarray(cv2.cvtColor(self.half(), cv2.COLOR_RGB2LAB), np.uint8)


def _boxed(boxes: Sequence[Rect], shape: tuple[int, ...]) -> Mask:
    """True inside of boxes (full-size pixels), at half size."""
    mask = np.zeros(shape, np.bool_)
    for box in boxes:
        mask[outer(box.scaled(0.5), Size(shape[1], shape[0])).slices()] = True
    return mask


def _rows(boxes: Sequence[Rect]) -> Regions:
    """Boxes (full-size pixels) as regions of a half-size mask."""
    halves = [box.scaled(0.5) for box in boxes]
    rows = [(box.x, box.y, box.w, box.h, box.area) for box in halves]
    return np.asarray(rows, np.float64).reshape(-1, 5).astype(np.int32)
