"""Doubts: stretches of a track that stay hidden, in whole or for the most, because of people whom nobody saw there.

Each is a question that a person answers from one look: is somebody else in this box?  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cctv.redaction.people.persons import Doubt
from cctv.redaction.tracking.overlap import OtherPerson
from cctv.redaction.tracking.people import FoundPeople, UnseenPlace
from cctv.redaction.video.geometry import Rect

_ROWS, _COLUMNS = 20, 8  # of the points of a box at which is looked
_LOST = 0.25  # of the box: so much is hidden for somebody unseen alone, and ...
_LEFT = 0.6  # ... so much would be visible without them
_PAUSE_SECONDS = 0.3  # between two stretches that are one
_LEAST_SECONDS = 0.3


def doubts_of(people: FoundPeople, rate: float) -> tuple[Doubt, ...]:
    """Everything that is in doubt about the tracks of a clip; `rate` is frames a second."""
    return (*people.doubts, *_unseen(people, rate))


def _unseen(people: FoundPeople, rate: float) -> Iterator[Doubt]:
    """The stretches of each track that are hidden for somebody who may stand unseen."""
    at: dict[int, list[tuple[int, Rect]]] = {}
    for track in people.tracks:
        for frame, box in enumerate(track.boxes, track.first):
            at.setdefault(frame, []).append((track.id, box))
    for track in people.tracks:
        frames: list[int] = []
        unseen: set[int] = set()
        for frame, box in enumerate(track.boxes, track.first):
            here = people.unseen.get(frame, ())
            places = [place for place in here if place.tracks and track.id not in place.tracks]
            if not places:
                continue
            seen = [OtherPerson(other, number in people.doubtful) for number, other in at[frame] if number != track.id]
            found = [OtherPerson(place.box, head_only=True) for place in here if not place.tracks]
            if not _is_lost(box, [*seen, *found], places):
                continue
            if frames and frame - frames[-1] > _PAUSE_SECONDS * rate:
                yield from _doubt(track.id, frames, unseen, rate)
                frames, unseen = [], set()
            frames.append(frame)
            unseen.update(number for place in places for number in place.tracks)
        yield from _doubt(track.id, frames, unseen, rate)


def _doubt(track: int, frames: Sequence[int], unseen: set[int], rate: float) -> Iterator[Doubt]:
    if len(frames) >= _LEAST_SECONDS * rate:
        yield Doubt(track, frames[0], frames[-1], tuple(sorted(unseen)))


def _is_lost(box: Rect, seen: Sequence[OtherPerson], places: Sequence[UnseenPlace]) -> bool:
    """Whether a box would be visible but for the places in which somebody may stand unseen."""
    across = box.x + (np.arange(_COLUMNS) + 0.5) / _COLUMNS * box.w
    along = box.y + (np.arange(_ROWS) + 0.5) / _ROWS * box.h
    live = np.ones((_ROWS, _COLUMNS), np.bool_)

    def hide(rect: Rect) -> None:
        rows, columns = (along > rect.y) & (along < rect.bottom), (across > rect.x) & (across < rect.right)
        live[rows[:, None] & columns] = False

    for other in seen:
        hide(other.hides(box))
    left = float(live.mean())
    for place in places:
        hide(OtherPerson(place.box, head_only=True).hides(box))
    return left >= _LEFT and left - float(live.mean()) >= _LOST
