"""Neighbour tracks: components outside of a kept box, tracked from frame to frame.

Pure.  Never decides what is hidden; that is `cctv.redaction.tracking.occlusion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cctv.redaction.video.geometry import Rect

# frames before and after from which a person's free size is taken: perspective changes it slowly
_SIZE_REACH_FRAMES = 75
_SIZE_SAMPLES = 12
_SOON_FRAMES = 5  # frames until the parts of one person on two sides of the kept box grow together
_ALONE_RATIO = 1.3  # of a person's sides: gait; two people are wider or taller


@dataclass(frozen=True, slots=True)
class Blob:
    """A region outside of the kept box in one frame, half-size pixels.

    `explained`: a hide box holds or borders it, so that the person is known, and that box
    hides them.  `inside`: it stands apart from the subject's own region but within the kept box;
    `at_edge`, that the picture's edge may cut it off.

    The four `cut_` flags: this edge is where the kept box cut the region off, so that the body
    behind the region may go on inside.
    """

    box: Rect
    area: int
    touches: bool
    explained: bool = False
    inside: bool = False
    at_edge: bool = False
    cut_left: bool = False
    cut_top: bool = False
    cut_right: bool = False
    cut_bottom: bool = False
    thin: bool = False

    @property
    def apart(self) -> bool:
        """Whether its size is that of a whole person or group."""
        return not (self.touches or self.inside or self.at_edge)


@dataclass(frozen=True, slots=True)
class FrameNeighbourhood:
    """One frame around a kept box: the box itself and the regions outside of it."""

    frame: int
    kept: Rect
    blobs: tuple[Blob, ...]
    drawn: bool = False  # the box stands as drawn in this frame, not interpolated
    sure: bool = False  # the subject's own region is known and not among the blobs
    crowded: bool = False  # the subject's region is too large for one person
    lost: bool = False  # neither the box nor a region shows where the subject is
    whole: Rect | None = None  # a kept box that the picture's edge does not cut off, of the nearest frame with one

    @property
    def subject(self) -> Rect:
        """What sizes are compared with."""
        return self.whole or self.kept


@dataclass(slots=True)
class NeighbourTrack:
    """One region followed from frame to frame: (index of the scene, blob)."""

    steps: list[tuple[int, Blob]] = field(default_factory=list)
    born_of: NeighbourTrack | None = None
    joined: NeighbourTrack | None = None
    loads: list[tuple[int, NeighbourTrack]] = field(default_factory=list)
    more_of: NeighbourTrack | None = None

    @property
    def first(self) -> int:
        """Index of the first scene with the region."""
        return self.steps[0][0]

    @property
    def last(self) -> int:
        """Index of the last scene with the region."""
        return self.steps[-1][0]

    def free_sizes(self, index: int) -> list[tuple[float, float]]:
        """Widths and heights (half-size pixels) seen apart from the kept box, nearest to `index` first."""
        steps = self.steps if self.more_of is None else [*self.steps, *self.more_of.steps]
        free = [(abs(at - index), blob.box) for at, blob in steps if blob.apart]
        near = sorted((step for step in free if step[0] <= _SIZE_REACH_FRAMES), key=lambda step: step[0])
        return [(box.w, box.h) for _, box in near[:_SIZE_SAMPLES]]

    def carries(self, index: int) -> list[NeighbourTrack]:
        """The tracks that merged into it since this region was last seen apart from the kept box."""
        apart = max((at for at, blob in self.steps if at <= index and not blob.touches), default=-1)
        return [other for at, other in self.loads if apart < at <= index and other is not self.more_of]


def track_neighbours(scenes: Sequence[FrameNeighbourhood]) -> list[NeighbourTrack]:
    """Join the blobs of neighbouring frames, the best overlap first; each blob belongs to one track."""
    scenes = [replace(scene, blobs=tuple(blob for blob in scene.blobs if not blob.thin)) for scene in scenes]
    tracks: list[NeighbourTrack] = []
    alive: list[NeighbourTrack] = []
    for index, scene in enumerate(scenes):
        pairs = [
            (share, w, b)
            for w, track in enumerate(alive)
            for b, blob in enumerate(scene.blobs)
            if (share := _share(track.steps[-1][1].box, blob.box)) > 0
        ]
        matched: dict[int, int] = {}
        owner: dict[int, NeighbourTrack] = {}
        for _, w, b in sorted(pairs, reverse=True):
            if w not in matched and b not in owner:
                matched[w] = b
                owner[b] = alive[w]
        for b in range(len(scene.blobs)):
            if b not in owner:
                parents = [alive[w] for _, w, other in sorted(pairs, reverse=True) if other == b and w in matched]
                owner[b] = NeighbourTrack(born_of=parents[0] if parents else None)
                tracks.append(owner[b])
        for w, track in enumerate(alive):
            if w not in matched:
                joins = [b for _, other, b in sorted(pairs, reverse=True) if other == w]
                if joins:
                    track.joined = owner[joins[0]]
                    owner[joins[0]].loads.append((index, track))
        for b, blob in enumerate(scene.blobs):
            owner[b].steps.append((index, blob))
        alive = list(owner.values())
    for track in tracks:
        track.more_of = _more_of(track) if track.born_of is None else None
    return tracks


def _share(before: Rect, after: Rect) -> float:
    reach = before.grown(2 + 0.1 * before.w, 2 + 0.05 * before.h)
    union = reach.area + after.area
    return reach.overlap(after) / union if union else 0.0


def _more_of(track: NeighbourTrack) -> NeighbourTrack | None:
    """The track that this one is a further part of, or None: one person on two sides of the kept box, soon one region.

    What they grow into is as large as that one person was before; two would be larger.
    """
    for _, other in track.loads:
        if not other.first < track.first <= other.last <= track.first + _SOON_FRAMES:
            continue
        before, after = other.free_sizes(other.last), track.free_sizes(track.first)
        if (
            before
            and after
            and _widest(after) <= _ALONE_RATIO * _widest(before)
            and _tallest(after) <= _ALONE_RATIO * _tallest(before)
        ):
            return other
    return None


def _widest(sizes: Sequence[tuple[float, float]]) -> float:
    return max(width for width, _ in sizes)


def _tallest(sizes: Sequence[tuple[float, float]]) -> float:
    return max(height for _, height in sizes)
