"""Tracks: one component through time, until it meets another.

Pure.  A track ends at every merge and every split; nothing is guessed across them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import overload

from cctv.redaction.video.geometry import Rect

_SIDES = 4  # of a box
_REACH_SHARE = 0.15  # of a box's sides: how far a region may move between frames and still be the same


class TrackBoundary(Enum):
    """Why a track begins or ends where it does."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    MERGED = "merged"
    SPLIT = "split"
    CLIP = "clip"


class BoxRow(Sequence[Rect]):
    """Boxes one after the other, in 32 bytes each: a tuple of Rect takes six times that, and an hour has a million."""

    __slots__ = ("_sides",)

    def __init__(self, boxes: Iterable[Rect] = ()) -> None:
        self._sides = array("d")
        for box in boxes:
            self.append(box)

    def append(self, box: Rect) -> None:
        """Add the next box."""
        self._sides.extend((box.x, box.y, box.w, box.h))

    def __len__(self) -> int:
        return len(self._sides) // _SIDES

    @overload
    def __getitem__(self, index: int) -> Rect: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Rect, ...]: ...
    def __getitem__(self, index: int | slice) -> Rect | tuple[Rect, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(len(self))))
        at = _SIDES * range(len(self))[index]
        return Rect(*self._sides[at : at + _SIDES])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, BoxRow):
            return self._sides == other._sides
        return isinstance(other, tuple) and tuple(self) == other

    def __hash__(self) -> int:
        return hash(self._sides.tobytes())


@dataclass(frozen=True, slots=True)
class Track:
    """One person, or one region, from frame `first` on, a box (half-size pixels) for each frame.

    `sure` tells for each frame whether a detection stands behind the box; False is interpolated, () all of them.
    `look` is how the person is dressed (`people.appearance`), b"" where that is not known.
    """

    id: int
    first: int
    boxes: Sequence[Rect]
    began: TrackBoundary
    ended: TrackBoundary
    sure: tuple[bool, ...] = ()
    look: bytes = b""

    def __post_init__(self) -> None:
        if not isinstance(self.boxes, BoxRow):
            object.__setattr__(self, "boxes", BoxRow(self.boxes))

    @property
    def last(self) -> int:
        """The last frame of the track."""
        return self.first + len(self.boxes) - 1

    def box_at(self, frame: int) -> Rect | None:
        """The region's box in a frame, None outside of the track."""
        return self.boxes[frame - self.first] if self.first <= frame <= self.last else None

    def smooth_box_at(self, frame: int, reach: int) -> Rect | None:
        """The mean box over `reach` frames before and after: steps and arms no longer show in it."""
        if not self.first <= frame <= self.last:
            return None
        near = self.boxes[max(frame - self.first - reach, 0) : frame - self.first + reach + 1]
        x = y = w = h = 0.0
        for box in near:
            x, y, w, h = x + box.x, y + box.y, w + box.w, h + box.h
        count = len(near)
        return Rect(x / count, y / count, w / count, h / count)


CERTAIN = 0.99
"""From this probability on two tracks are joined without a question."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two tracks of one part, by number and in order of time, that may be one person: with what probability, 0 to 1."""

    first: int
    second: int
    probability: float

    @property
    def certain(self) -> bool:
        """Whether both are joined without asking anybody."""
        return self.probability >= CERTAIN


def numbered(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """The tracks numbered from 1, by first frame."""
    ordered = sorted(tracks, key=lambda track: (track.first, track.boxes[0].x, track.boxes[0].y))
    return tuple(replace(track, id=number) for number, track in enumerate(ordered, 1))


class Tracker:
    """Takes the region boxes of one frame after the other; `finish` gives tracks, numbered from 1 by first frame."""

    def __init__(self) -> None:
        self._frame = 0
        self._open: list[tuple[int, BoxRow, TrackBoundary]] = []
        self._done: list[Track] = []

    def add(self, boxes: Sequence[Rect]) -> None:
        """The boxes of the next frame."""
        if not boxes and not self._open:
            self._frame += 1
            return
        forward = [[b for b, box in enumerate(boxes) if meets(track[1][-1], box)] for track in self._open]
        backward = [[t for t, reached in enumerate(forward) if b in reached] for b in range(len(boxes))]
        following: list[tuple[int, BoxRow, TrackBoundary]] = []
        for b, box in enumerate(boxes):
            parents = backward[b]
            if len(parents) == 1 and len(forward[parents[0]]) == 1:
                first, held, began = self._open[parents[0]]
                held.append(box)
                following.append((first, held, began))
            else:
                following.append((self._frame, BoxRow([box]), self._beginning(parents)))
        for t, track in enumerate(self._open):
            reached = forward[t]
            if len(reached) != 1 or len(backward[reached[0]]) != 1:
                ending = (
                    TrackBoundary.VANISHED
                    if not reached
                    else TrackBoundary.SPLIT
                    if len(reached) > 1
                    else TrackBoundary.MERGED
                )
                self._close(track, ending)
        self._open = following
        self._frame += 1

    def finish(self) -> tuple[Track, ...]:
        """All tracks; nothing may be added afterwards."""
        for track in self._open:
            self._close(track, TrackBoundary.CLIP)
        self._open = []
        return numbered(self._done)

    def _beginning(self, parents: Sequence[int]) -> TrackBoundary:
        if self._frame == 0:
            return TrackBoundary.CLIP
        return (
            TrackBoundary.APPEARED if not parents else TrackBoundary.MERGED if len(parents) > 1 else TrackBoundary.SPLIT
        )

    def _close(self, track: tuple[int, BoxRow, TrackBoundary], ending: TrackBoundary) -> None:
        first, boxes, began = track
        self._done.append(Track(0, first, boxes, began, ending))


def meets(before: Rect, after: Rect) -> bool:
    """Whether a region of one frame may be a region of the frame before."""
    return before.grown(1 + _REACH_SHARE * before.w, 1 + _REACH_SHARE * before.h).overlap(after) > 0
