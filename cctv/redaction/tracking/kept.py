"""Kept people: which tracks are the person of a kept or hidden path, and their box in every frame.

A kept path is a track that somebody decided on, or keyframes that somebody drew.  A drawn box is that person's word:
the one track that fits it is theirs, for as long as it lasts.  Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from cctv.redaction.tracking.annotations import BoxPath, Keyframe
from cctv.redaction.tracking.bounds import likeness, surroundings
from cctv.redaction.tracking.people import FoundPeople
from cctv.redaction.tracking.tracks import Track
from cctv.redaction.video.geometry import Rect

_FITS = 0.5  # overlap of a track's box with a drawn one: it is the person, unless ...
_RIVAL = 0.8  # ... another track fits nearly as well
_ANOTHER = 0.25  # overlap with a drawn box, below which a track is surely somebody else
_ALONG, _ALONG_LEAST = 0.5, 0.3  # overlap with the straight line, mean and least, of a track between two keyframes
_BRIDGED_SECONDS = 1.0
_MOSTLY_WITHIN = 0.7  # of a track's box, in the surroundings of the drawn one


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """A kept or hidden person: `path` has a box for each frame (full-size pixels); `tracks` are surely theirs."""

    path: BoxPath
    tracks: frozenset[int]


def kept_person(path: BoxPath, people: FoundPeople, picture: Rect) -> KeptPerson:
    """The person of a path (full-size pixels): a decided track as it is, or the tracks that fit drawn keyframes."""
    if path.track is not None:
        return KeptPerson(path, frozenset([path.track]))
    tracks = _fitting(path, people)
    boxes = {frame: path.box_at(frame) for frame in range(path.first, path.last + 1)}
    keys = {frame: Keyframe(frame, box) for frame, box in boxes.items() if box is not None}
    for track in tracks:
        for frame in range(max(track.first, path.first), min(track.last, path.last) + 1):
            box, bounds = track.boxes[frame - track.first].scaled(2), surroundings(path, frame, picture)
            if bounds is not None and box.overlap(bounds) >= _MOSTLY_WITHIN * box.area:
                keys[frame] = Keyframe(frame, box.shared(bounds))
    return KeptPerson(
        replace(path, keyframes=tuple(keys[frame] for frame in sorted(keys))), frozenset(track.id for track in tracks)
    )


def track_paths(tracks: Sequence[Track], numbers: Collection[int], rate: float) -> dict[int, BoxPath]:
    """The path of each of these tracks (full-size pixels), by number; `rate` is frames a second.

    They are one person's: a pause of up to a second between two of them is bridged, straight.
    """
    chosen = sorted((track for track in tracks if track.id in numbers), key=lambda track: track.first)
    paths = {}
    for track, after in zip_longest(chosen, chosen[1:]):
        keys = [Keyframe(track.first + index, box.scaled(2)) for index, box in enumerate(track.boxes)]
        if after is not None and 1 < after.first - track.last <= _BRIDGED_SECONDS * rate:
            bridge = BoxPath("", (keys[-1], Keyframe(after.first, after.boxes[0].scaled(2))))
            between = ((frame, bridge.box_at(frame)) for frame in range(track.last + 1, after.first))
            keys += [Keyframe(frame, box) for frame, box in between if box is not None]
        paths[track.id] = BoxPath(f"track-{track.id}", tuple(keys), track=track.id)
    return paths


def _fitting(path: BoxPath, people: FoundPeople) -> list[Track]:
    """The tracks that are surely the person who was drawn."""
    yes: Counter[int] = Counter()
    no: Counter[int] = Counter()
    for key in path.keyframes:
        here = sorted(
            ((likeness(box.scaled(2), key.box), track.id) for track, box in people.at(key.frame)), reverse=True
        )
        if here and here[0][0] >= _FITS and (len(here) < 2 or here[1][0] < _RIVAL * here[0][0]):
            yes[here[0][1]] += 1
        no.update(number for fit, number in here if fit < _ANOTHER)
    frames = [key.frame for key in path.keyframes]
    return [
        track
        for track in people.tracks
        if yes[track.id] > no[track.id] or (track.id not in yes and _is_along(track, path, frames))
    ]


def _is_along(track: Track, path: BoxPath, frames: Sequence[int]) -> bool:
    """Whether a track between two keyframes follows the straight line all the time."""
    if track.first < path.first or track.last > path.last or any(track.box_at(frame) is not None for frame in frames):
        return False
    fits = [
        likeness(box.scaled(2), line)
        for index, box in enumerate(track.boxes)
        if (line := path.box_at(track.first + index)) is not None
    ]
    return bool(fits) and min(fits) > _ALONG_LEAST and sum(fits) / len(fits) > _ALONG
