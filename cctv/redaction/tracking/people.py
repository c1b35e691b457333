"""The people of a clip: tracks of one person each, links between them, and places where somebody may stand unseen.

Turns detections (people/detections.py) into what decisions, questions and the visible region are made of.  Pure but for
reading detections and masks from disk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.detections import DetectionSpool, FrameDetections
from cctv.redaction.people.persons import Doubt
from cctv.redaction.tracking.association import follow
from cctv.redaction.tracking.crossings import clear_detections, mean_look, separated
from cctv.redaction.tracking.duplicates import ExpectedHeight, expected_height, weighed
from cctv.redaction.tracking.evidence import Belief, beliefs
from cctv.redaction.tracking.handovers import handed_over
from cctv.redaction.tracking.linking import HiddenPlace, hidden_places, trail_links
from cctv.redaction.tracking.standing import of_standing, with_boxes
from cctv.redaction.tracking.tracks import Link, Track, TrackBoundary
from cctv.redaction.tracking.trails import Boxes, DensePath, Trail, dense, overlaps
from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import Mask

_FEWEST = 4  # detections of a trail
_HEIGHT_SAMPLES = 2000  # searched frames from which the height of people is learned
_MET = 0.3  # of the smaller box: somebody else stood where a track ends
_SPARE_SCORE, _SPARE_NEAR, _SPARE_AROUND = 0.2, 3, 2  # a detection of no trail, found in 3 of the 4 frames around too
_SPARE_SIZE, _SPARE_DIFFERS = 0.25, 0.4  # logarithm of its height by the expected one; share of foreground
_SAME_BOX, _SAME_HEAD = 0.5, (0.3, 0.12)  # overlap; of width and height between two heads of one person


@dataclass(frozen=True, slots=True)
class UnseenPlace:
    """A box (half-size pixels) in which a person of one of these tracks may stand in a frame; none: nobody known."""

    tracks: tuple[int, ...]
    box: Rect


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """Everybody in a clip, numbered from 1 by first appearance.

    `doubtful` tracks may be another box of somebody else; of them, and of `unseen` places (by frame), only heads are
    hidden.  `spacing` is how many frames apart the detector looked.  `doubts` are where one box became two.
    """

    tracks: tuple[Track, ...] = ()
    links: tuple[Link, ...] = ()
    doubtful: frozenset[int] = frozenset()
    unseen: Mapping[int, tuple[UnseenPlace, ...]] = field(default_factory=dict)
    spacing: int = 1
    doubts: tuple[Doubt, ...] = ()

    def at(self, frame: int) -> list[tuple[Track, Rect]]:
        """The tracks with a box in a frame, and that box (half-size pixels)."""
        return [(track, box) for track in self.tracks if (box := track.box_at(frame)) is not None]


NOBODY = FoundPeople()


@dataclass(frozen=True, slots=True)
class SearchedClip:
    """What is known of a clip: how many frames, `rate` a second, of what `size` (full-size pixels).

    `standing`: for each frame the boxes of people who stand in its empty scene (full-size pixels); () of no frame.
    """

    frames: int
    rate: float
    size: Size
    standing: Sequence[Sequence[Rect]] = ()

    def standing_at(self, frame: int) -> Sequence[Rect]:
        """Who stands in the empty scene of a frame, though nothing of them differs from it."""
        return self.standing[frame] if self.standing else ()


def people_in(spool: DetectionSpool, differs: MaskSpool, footage: SearchedClip) -> FoundPeople:
    """The people of a clip, from its detections and its foreground."""
    if len(spool) == 0:
        return NOBODY
    frames, rate = footage.frames, footage.rate
    numbers = np.array(spool.frames, np.int64)
    spacing = int(np.median(np.diff(numbers))) if len(numbers) > 1 else 1
    pace = rate / max(spacing, 1)
    height = expected_height(spool[index] for index in range(0, len(spool), len(spool) // _HEIGHT_SAMPLES + 1))
    judged = _Judged(spool, height, footage)

    def shown(step: int) -> Mask:
        frame = int(numbers[step])
        return with_boxes(differs[frame], footage.standing_at(frame))

    trails = [trail for trail in separated(follow(judged, pace), pace) if len(trail) >= _FEWEST]
    judgement = beliefs(trails, shown, pace)
    kept = [(trail, belief) for trail, belief in zip(trails, judgement, strict=True) if belief is not Belief.NOBODY]
    kept.sort(key=lambda item: (item[0].first, item[0].boxes[0, 0], item[0].boxes[0, 1]))
    handovers = handed_over([trail for trail, _ in kept], pace)
    trails = handovers.trails
    paths = [dense(trail, pace) for trail in trails]
    clear = clear_detections(trails)
    tracks = tuple(
        _track(number, trail, path, numbers, _look(trail, seen))
        for number, (trail, path, seen) in enumerate(zip(trails, paths, clear, strict=True), 1)
    )
    links = trail_links(trails, pace)
    places = [*handovers.places, *hidden_places(trails, links, pace), *_spare(judged.likely, paths)]
    return FoundPeople(
        _bounded(tracks, frames),
        tuple(Link(link.first + 1, link.second + 1, link.probability) for link in links),
        frozenset(number for number, (_, belief) in enumerate(kept, 1) if belief is Belief.DOUBTFUL),
        _by_frame(places, numbers, frames, spacing),
        spacing,
        tuple(
            Doubt(doubt.trail + 1, int(numbers[doubt.first]), int(numbers[doubt.last])) for doubt in handovers.doubts
        ),
    )


class _Judged:
    """The detections of every searched frame, weighed, in order; `likely` are those of a person's size, after that."""

    def __init__(self, spool: DetectionSpool, height: ExpectedHeight, footage: SearchedClip) -> None:
        self._spool, self._height, self._footage, self._size = spool, height, footage, footage.size
        self.likely: list[Boxes] = []

    def __iter__(self) -> Iterator[FrameDetections]:
        self.likely.clear()
        for index in range(len(self._spool)):
            found = weighed(self._spool[index], self._height, self._size)
            found = of_standing(found, self._footage.standing_at(self._spool.frames[index]))
            self.likely.append(_likely(found, self._height) if self._height.known else np.empty((0, 4)))
            yield found


def _look(trail: Trail, clear: NDArray[np.bool_]) -> bytes:
    look = mean_look(trail, clear, trail.first, trail.last)
    return b"" if look is None else look.tobytes()


def _track(number: int, trail: Trail, path: DensePath, numbers: NDArray[np.int64], look: bytes) -> Track:
    """A track with a box for each frame; between searched frames boxes go straight."""
    steps = np.arange(path.first, path.last + 1)
    frames = np.arange(numbers[path.first], numbers[path.last] + 1)
    boxes = np.column_stack([np.interp(frames, numbers[steps], path.boxes[:, side]) for side in range(4)]) / 2
    seen = np.interp(frames, numbers[trail.steps], numbers[trail.steps])
    near = np.abs(numbers[trail.steps][np.searchsorted(numbers[trail.steps], seen).clip(0, len(trail) - 1)] - frames)
    spacing = int(np.median(np.diff(numbers[steps]))) if len(steps) > 1 else 1
    return Track(
        number,
        int(frames[0]),
        tuple(Rect(*(float(side) for side in box)) for box in boxes),
        TrackBoundary.APPEARED,
        TrackBoundary.VANISHED,
        tuple(bool(apart < spacing) for apart in near),
        look,
    )


def _bounded(tracks: Sequence[Track], frames: int) -> tuple[Track, ...]:
    """The tracks with why each begins and ends: the clip's end, or somebody who was in the way."""
    at: dict[int, list[tuple[int, Rect]]] = defaultdict(list)
    wanted = {frame for track in tracks for frame in (track.first, track.last)}
    for track in tracks:
        for frame in wanted.intersection(range(track.first, track.last + 1)):
            at[frame].append((track.id, track.boxes[frame - track.first]))

    def boundary(track: Track, frame: int, edge: int, plain: TrackBoundary, met: TrackBoundary) -> TrackBoundary:
        if frame == edge:
            return TrackBoundary.CLIP
        box = track.boxes[frame - track.first]
        others = [other for number, other in at[frame] if number != track.id]
        near = any(box.overlap(other) > _MET * min(box.area, other.area) for other in others)
        return met if near else plain

    return tuple(
        replace(
            track,
            began=boundary(track, track.first, 0, TrackBoundary.APPEARED, TrackBoundary.SPLIT),
            ended=boundary(track, track.last, frames - 1, TrackBoundary.VANISHED, TrackBoundary.MERGED),
        )
        for track in tracks
    )


def _spare(likely: Sequence[Boxes], paths: Sequence[DensePath]) -> Iterator[HiddenPlace]:
    """Detections of nobody's trail that stay for a while, are of a person's size, and are no known person's head."""
    at: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    for path in paths:
        for index, box in enumerate(path.boxes):
            at[path.first + index].append(box)
    for step, boxes in enumerate(likely):
        if not len(boxes):
            continue
        near = np.zeros(len(boxes), np.intp)
        for beside in range(-_SPARE_AROUND, _SPARE_AROUND + 1):
            if beside and 0 <= step + beside < len(likely) and len(likely[step + beside]):
                near += overlaps(boxes, likely[step + beside]).max(axis=1) > _SAME_BOX
        known = np.array(at[step]).reshape(-1, 4)
        for box in boxes[near >= _SPARE_NEAR]:
            if not _is_known(box, known):
                yield HiddenPlace((), step, box)


def _likely(found: FrameDetections, height: ExpectedHeight) -> Boxes:
    boxes = found.boxes.astype(np.float64)
    off = np.abs(np.log(np.maximum(boxes[:, 3], 1) / height.at(boxes[:, 1] + boxes[:, 3])))
    return boxes[(found.scores >= _SPARE_SCORE) & (off < _SPARE_SIZE) & (found.differs >= _SPARE_DIFFERS)]


def _is_known(box: NDArray[np.float64], known: Boxes) -> bool:
    if not len(known):
        return False
    if overlaps(box[None], known).max() > _SAME_BOX:
        return True
    across = np.abs(box[0] + box[2] / 2 - known[:, 0] - known[:, 2] / 2) / known[:, 2]
    along = np.abs(box[1] - known[:, 1]) / known[:, 3]
    return bool(((across < _SAME_HEAD[0]) & (along < _SAME_HEAD[1])).any())


def _by_frame(
    places: Iterable[HiddenPlace], numbers: NDArray[np.int64], frames: int, spacing: int
) -> Mapping[int, tuple[UnseenPlace, ...]]:
    """The places of each frame; a place of a searched frame counts until the searched frames beside it."""
    out: dict[int, list[UnseenPlace]] = defaultdict(list)
    for place in places:
        frame = (
            int(numbers[place.step]) if 0 <= place.step < len(numbers)
            else int(numbers[0]) + place.step * spacing if place.step < 0
            else int(numbers[-1]) + (place.step - len(numbers) + 1) * spacing
        )  # fmt: skip
        unseen = UnseenPlace(
            tuple(number + 1 for number in place.trails), Rect(*(float(side) / 2 for side in place.box))
        )
        for near in range(max(frame - spacing + 1, 0), min(frame + spacing, frames)):
            out[near].append(unseen)
    return {frame: tuple(here) for frame, here in out.items()}
