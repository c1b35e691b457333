"""Pictures for the reviewer: frame ranges and their moments, crops of tracks, backdrops, and results beside the source.

`frame_ranges` and `moments` are pure: every range has at least one moment; where something moves or is kept, moments
are close, and lie where something begins or ends; no frame is outside of every range.  `gallery` composes results by
the same rules as a render, without a video.  Pictures of the source show people unredacted: they stay on this computer
and are never part of a package.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.model import Backdrop
from cctv.redaction.people.persons import Doubt
from cctv.redaction.progress import Progress
from cctv.redaction.render.compositor import Composer
from cctv.redaction.render.options import Options
from cctv.redaction.render.verify import paired
from cctv.redaction.render.visibility import FrameDecision, VisibilityPass
from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.tracking.tracks import Track
from cctv.redaction.video.geometry import PixelRect, Rect, Size, outer
from cctv.redaction.video.reader import Clip
from cctv.redaction.video.spill import whole
from cctv.redaction.video.yuv import Planes, doubled

_RANGE_US = 30_000_000  # microseconds: about as much as a reviewer watches before accepting it
_MAX_RANGES = 60  # of a part; those of a long one are longer
_REGULAR_MOMENTS = 6  # moments of a range in which something happens
_MAX_MOMENTS = 12  # moments of a range, changes included
_CANDIDATES = 24  # frames of a track among which the clearest one is chosen
_MAX_COVERED_SHARE = 0.05  # of a box by others in which its person still counts as alone
Bgr = NDArray[np.uint8]
"""A colour picture, (height, width, 3) uint8, blue first as cv2 has it."""
_CROP_MARGIN_SHARE = 0.35  # of a box's sides shown around it, so that the person is seen in context
_CROP_HEIGHT_PIXELS = 180  # pixels
Jpeg = NDArray[np.uint8]
"""A coded picture, as one flat array of bytes."""
_MAX_WIDTH_PIXELS = 480  # pixels: a face that can be recognised is larger than 8 of them
_CORNER_SHARE = 0.3  # of a box's shorter side
_LIGHT, _DARK = (255, 255, 255), (0, 0, 0)
_KEPT, _HIDDEN, _MARKED = (75, 127, 26), (10, 87, 220), (190, 40, 200)  # blue first


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `first` to `last` of a part, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class TrackPicture:
    """One crop of a track: its frame and its picture, _CROP_HEIGHT_PIXELS pixels high, with the corners of its box."""

    frame: int
    picture: Bgr


@dataclass(frozen=True, slots=True, order=True)
class Clearness:
    """How well a person is seen in a frame: by a detection, with nobody before or behind them, and how large."""

    sure: bool
    alone: bool
    area: float
    frame: int


def clearest_frames(tracks: Sequence[Track]) -> dict[int, Clearness]:
    """For each track, by its id, the frame in which its person is seen best, of some that are spread over it."""
    candidates = {track.id: _spread(range(track.first, track.last + 1), _CANDIDATES) for track in tracks}
    wanted = sorted({frame for frames in candidates.values() for frame in frames})
    beside: dict[int, list[Rect]] = {frame: [] for frame in wanted}
    for track in tracks:
        for frame in wanted[bisect.bisect_left(wanted, track.first) : bisect.bisect_right(wanted, track.last)]:
            beside[frame].append(track.boxes[frame - track.first])

    def clearness(track: Track, frame: int) -> Clearness:
        index = frame - track.first
        box = track.boxes[index]
        covered = sum(box.overlap(other) for other in beside[frame]) - box.area  # its own box is among them
        sure = not track.sure or track.sure[index]
        return Clearness(sure, covered <= _MAX_COVERED_SHARE * box.area, box.area, frame)

    return {track.id: max(clearness(track, frame) for frame in candidates[track.id]) for track in tracks}


class Thumbnails:
    """For each track's id, crops from one pass over the clip: where it is seen best, near both ends of its span, and at
    the beginning, the middle and the end of each stretch in which somebody else may be in its box.
    """

    def __init__(self, tracks: Sequence[Track], doubts: Iterable[Doubt] = ()) -> None:
        self._requests: dict[int, list[Track]] = {}
        best = clearest_frames(tracks)
        frames = {track.id: {best[track.id].frame} for track in tracks}
        for doubt in doubts:
            frames[doubt.track] |= {doubt.first, (doubt.first + doubt.last) // 2, doubt.last}
        for track in tracks:
            length = len(track.boxes)
            for frame in frames[track.id] | {track.first + length // 10, track.first + length * 9 // 10}:
                if track.first <= frame <= track.last:
                    self._requests.setdefault(frame, []).append(track)
        self._crops: dict[int, list[TrackPicture]] = {track.id: [] for track in tracks}

    def see(self, frame: int, planes: Planes) -> None:
        """Crop the tracks that are due in a frame; frames come in order."""
        for track in self._requests.get(frame, ()):
            self._crops[track.id].append(TrackPicture(frame, _crop(planes, track, frame)))

    @property
    def crops(self) -> dict[int, tuple[TrackPicture, ...]]:
        """The crops so far, by track."""
        return {identity: tuple(pictures) for identity, pictures in self._crops.items()}


@dataclass(frozen=True, slots=True)
class Gallery:
    """The result and the source of chosen frames, by frame, and for every frame whether anything of it is live."""

    shown: dict[int, Jpeg]
    seen: dict[int, Jpeg]
    live: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class GalleryRequest:
    """The frames whose result, and those whose source with the drawn boxes, a reviewer looks at.

    `marks` are places in the source to look at, by frame.
    """

    shown: Collection[int]
    seen: Collection[int]
    marks: Mapping[int, Rect] = field(default_factory=dict)


def frame_ranges(times: Sequence[int]) -> tuple[FrameRange, ...]:
    """All frames in ranges of about 30 seconds, or a sixtieth of a long clip; `times` in microseconds."""
    whole = times[-1] - times[0]
    count = min(_MAX_RANGES, max(1, math.ceil(whole / _RANGE_US)), len(times))
    edges = [round(len(times) * index / count) for index in range(count + 1)]
    return tuple(FrameRange(start, end - 1) for start, end in pairwise(edges))


def moments(within: FrameRange, tracks: Iterable[Track], paths: Iterable[BoxPath]) -> tuple[int, ...]:
    """The frames of a range to look at: a middle one where nothing moves, else regular ones and every change."""
    spans = [*((track.first, track.last) for track in tracks), *((path.first, path.last) for path in paths)]
    touching = [(first, last) for first, last in spans if first <= within.last and last >= within.first]
    if not touching:
        return ((within.first + within.last) // 2,)
    changes = sorted({at for span in touching for at in span if within.first <= at <= within.last})
    regular = {*_spread(range(within.first, within.last + 1), _REGULAR_MOMENTS)}
    apart = [at for at in changes if at not in regular]
    return tuple(sorted(regular | {*_spread(apart, _MAX_MOMENTS - len(regular))}))


def keyframes(paths: Iterable[BoxPath], most: int = 24) -> tuple[int, ...]:
    """The frames in which a person drew a box, evenly thinned to so many."""
    drawn = sorted({key.frame for path in paths for key in path.keyframes})
    return tuple(_spread(drawn, most))


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


def gallery(
    clip: Clip,
    analysis: Analysis,
    keep: KeepBoxes,
    options: Options,
    request: GalleryRequest,
    progress: Progress,
    also: Callable[[FrameDecision, Planes], None],
) -> Gallery:
    """One pass over the clip; `also` is called with every frame's decision and source.  Raises SourceUnreadable."""
    composer = Composer(analysis.survey.backdrops, options, None, clip.masked)
    shown: dict[int, Jpeg] = {}
    seen: dict[int, Jpeg] = {}
    live: list[bool] = []
    total = len(analysis.survey.times)
    for planes, decision in paired(clip, VisibilityPass(analysis, keep, options, None)):
        frame = decision.frame
        also(decision, planes)
        live.append(bool(decision.live.any()))
        if frame in request.seen:
            seen[frame] = _jpeg(_outlined(bgr(planes), keep, frame, request.marks.get(frame)))
        if frame in request.shown:
            shown[frame] = _jpeg(bgr(composer.compose(whole(planes), decision)))
        progress("pictures", frame + 1, total)
    return Gallery(shown, seen, tuple(live))


def _spread(frames: Sequence[int], count: int) -> list[int]:
    """At most so many of them, evenly spread, the first and the last among them."""
    if len(frames) <= count:
        return list(frames)
    return [frames[round(index * (len(frames) - 1) / (count - 1))] for index in range(count)]


def _crop(planes: Planes, track: Track, frame: int) -> Bgr:
    box = track.box_at(frame)
    if box is None:
        raise ValueError(f"track {track.id} has no frame {frame}")
    full = box.scaled(2)
    rect = _even(
        outer(full.grown(_CROP_MARGIN_SHARE * full.w + 8, _CROP_MARGIN_SHARE * full.h + 8), planes.size), planes.size
    )
    rows, columns = rect.slices()
    half = (slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2))
    picture = bgr(Planes(planes.y[rows, columns], planes.u[half], planes.v[half]))
    factor = _CROP_HEIGHT_PIXELS / picture.shape[0]
    width = max(1, round(picture.shape[1] * factor))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    crop = np.asarray(cv2.resize(picture, (width, _CROP_HEIGHT_PIXELS), interpolation=method), np.uint8)
    return _cornered(crop, full.moved(-rect.left, -rect.top).scaled(factor))


def _cornered(picture: Bgr, box: Rect) -> Bgr:
    """The picture with the corners of a box: of people who stand together, a reviewer must know who is meant."""
    reach = round(_CORNER_SHARE * min(box.w, box.h))
    for x, inwards in ((box.x, reach), (box.right, -reach)):
        for y, downwards in ((box.y, reach), (box.bottom, -reach)):
            corner = [(x + inwards, y), (x, y), (x, y + downwards)]
            line = np.array([(round(along), round(down)) for along, down in corner], np.int32)
            cv2.polylines(picture, [line], False, _DARK, 3)
            cv2.polylines(picture, [line], False, _LIGHT, 1)
    return picture


def _even(rect: PixelRect, size: Size) -> PixelRect:
    right, bottom = min(rect.right + rect.right % 2, size.width), min(rect.bottom + rect.bottom % 2, size.height)
    return PixelRect(rect.left // 2 * 2, rect.top // 2 * 2, right, bottom)


def _outlined(picture: Bgr, keep: KeepBoxes, frame: int, mark: Rect | None) -> Bgr:
    """The picture with the boxes of a frame: green what is kept, orange and crossed what is hidden, magenta a mark."""
    thick = max(1, round(1.5 * picture.shape[1] / _MAX_WIDTH_PIXELS))
    boxes: Sequence[tuple[bool, tuple[int, int], tuple[int, int]]] = [
        (kept, (round(box.x), round(box.y)), (round(box.right), round(box.bottom)))
        for kept, held in ((True, keep.kept_at(frame)), (False, keep.hidden_at(frame)))
        for box in held
    ]
    for kept, corner, other in boxes:
        cv2.rectangle(picture, corner, other, _KEPT if kept else _HIDDEN, thick)
        if not kept:
            cv2.line(picture, corner, other, _HIDDEN, thick)
            cv2.line(picture, (corner[0], other[1]), (other[0], corner[1]), _HIDDEN, thick)
    if mark is not None:
        corner, other = (round(mark.x), round(mark.y)), (round(mark.right), round(mark.bottom))
        cv2.rectangle(picture, corner, other, _MARKED, thick)
    return picture


def _jpeg(picture: Bgr) -> Jpeg:
    height, width = picture.shape[:2]
    if width > _MAX_WIDTH_PIXELS:
        size = (_MAX_WIDTH_PIXELS, max(1, round(height * _MAX_WIDTH_PIXELS / width)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 78])
    if not done:
        raise ValueError("a picture for the reviewer could not be coded")
    return np.asarray(coded, np.uint8).ravel()
