"""A person who knows the ground truth, as far as it answers questions about tracks.

Owns the matching of tracks with true people: frame by frame, each box with one person at most, best overlap first.
Knows nothing of how the engine asks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cctv.redaction.tracking.tracks import Track
from cctv.redaction.video.geometry import Rect
from redaction_bench.truth import People, boxes_in

_MATCH = 0.4  # overlap: intersection over union
_MIXED = 5  # frames with a second person; PETS09-S2L1's truth is up to 10 pixels off, so fewer are chance
_HEAD, _ABOVE = 0.33, 0.08  # of a box's height: a head is the upper quarter, and PETS09-S2L1's truth is off


@dataclass(frozen=True)
class Oracle:
    """Who is where, and in which frames each track (by number) holds which person."""

    people: People
    held: Mapping[int, Mapping[int, int]]

    def frames(self, track: int) -> Counter[int]:
        """In how many frames a track holds each person."""
        return Counter(self.held.get(track, {}).values())

    def holder(self, track: int) -> int | None:
        """The person whom a track holds in most frames; None where it holds nobody."""
        most = self.frames(track).most_common(1)
        return most[0][0] if most else None

    def holder_of(self, tracks: Iterable[int]) -> int | None:
        """The person whom these tracks together hold in most frames; None where they hold nobody."""
        most = sum((self.frames(track) for track in tracks), Counter[int]()).most_common(1)
        return most[0][0] if most else None

    def mixed(self) -> list[int]:
        """The tracks that hold two people."""
        counts = {track: self.frames(track).most_common(2) for track in self.held}
        return [track for track, most in counts.items() if len(most) > 1 and most[1][1] >= _MIXED]

    def frames_with(self, tracks: Iterable[int], person: int) -> int:
        """In how many frames any of these tracks holds a person."""
        return sum(self.frames(track)[person] for track in tracks)

    def has_second(self, track: Track, first: int, last: int, subject: int) -> bool:
        """Whether the head of another than the subject reaches into a track's box in any frame of a stretch.

        Heads are taken larger than they are: who says that nobody's is there must be sure of it.
        """
        for frame in range(first, last + 1):
            half = track.box_at(frame)
            box = half.scaled(2) if half is not None else None
            others = boxes_in(self.people, frame, (subject,))
            if box is not None and any(box.overlap(_about_head(other)) > 0 for other in others):
                return True
        return False


def _about_head(box: Rect) -> Rect:
    """The head of a box with all that it may be off: its whole width, and a third of its height."""
    return Rect(box.x, box.y - _ABOVE * box.h, box.w, (_HEAD + _ABOVE) * box.h)


def oracle_of(tracks: Sequence[Track], people: People) -> Oracle:
    """Match tracks (half-size boxes) with people (full-size boxes)."""
    by_frame: defaultdict[int, list[tuple[int, Rect]]] = defaultdict(list)
    for track in tracks:
        for frame, box in enumerate(track.boxes, track.first):
            by_frame[frame].append((track.id, box.scaled(2)))
    held: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for frame, boxes in by_frame.items():
        truth = {person: there[frame] for person, there in people.items() if frame in there}
        for track_id, person in matched(boxes, truth):
            held[track_id][frame] = person
    return Oracle(people, dict(held))


def matched(boxes: Iterable[tuple[int, Rect]], truth: Mapping[int, Rect]) -> list[tuple[int, int]]:
    """Pairs of a track and a person in one frame: the best overlaps first, each only once."""
    overlaps = [(shared(box, own), track, person) for track, box in boxes for person, own in truth.items()]
    pairs: dict[int, int] = {}
    for overlap, track, person in sorted(overlaps, reverse=True):
        if overlap >= _MATCH and track not in pairs and person not in pairs.values():
            pairs[track] = person
    return [*pairs.items()]


def shared(box: Rect, other: Rect) -> float:
    """Intersection over union."""
    common = box.overlap(other)
    return common / (box.area + other.area - common) if common else 0.0
