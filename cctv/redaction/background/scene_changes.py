"""Scene changes for the reviewer: objects that moved and stayed, switches of light, camera shifts.

The empty scene is one picture for a whole lighting segment; a chair that is moved, a door that opens or a lamp that is
lit makes it wrong.  Pure.  Objects are not recognised: a person who stands still for long is listed too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.tracking.tracks import Track
from cctv.redaction.video.geometry import Rect

# seconds; shorter ones are mostly people who wait, longer ones miss a chair in a part of ten seconds
_MIN_STILL_SECONDS = 5.0
_MAX_DRIFT_PIXELS = 3.0  # half-size pixels by which the edges of a still region may move
_INSIDE_SHARE = 0.6  # of a region's box within a kept box: the subject's own


class ChangeKind(Enum):
    """What changed.  The values stand in the sheet's files."""

    STAYED = "stayed"
    LIGHT = "light"
    NUDGED = "nudged"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Change:
    """A change in frames `first` to `last`; `box` in pixels of the picture, None for the whole of it."""

    kind: ChangeKind
    first: int
    last: int
    box: Rect | None = None


def scenery_changes(
    tracks: Iterable[Track],
    stretches: Sequence[int],
    lit: Sequence[bool],
    rate: float,
    keep: KeepBoxes,
    shifts: Sequence[tuple[float, float]] = (),
) -> tuple[Change, ...]:
    """Every change outside of the kept boxes, in order.

    `stretches` gives each frame's backdrop, `lit` whether its light was explained, `rate` is in frames a second;
    `shifts` is how far each backdrop's scene was shifted, pixels right and down.
    """
    least = max(2, round(_MIN_STILL_SECONDS * rate))
    stayed = [change for track in tracks for change in _stayed(track, least, keep)]
    changes = [
        change for change in stayed if all(lit[change.first : change.last + 1])
    ]  # else all of the picture differs
    changes += [
        Change(_switch(shifts, stretches[frame - 1], stretches[frame]), frame, frame)
        for frame in range(1, len(stretches))
        if stretches[frame] != stretches[frame - 1]
    ]
    changes += [
        Change(ChangeKind.UNEXPLAINED, first, last) for first, last in runs([not explained for explained in lit])
    ]
    return tuple(sorted(changes, key=lambda change: (change.first, change.last)))


def _stayed(track: Track, least: int, keep: KeepBoxes) -> Iterable[Change]:
    start = 0
    while start < len(track.boxes):
        end = start + 1
        while end < len(track.boxes) and _near(track.boxes[start], track.boxes[end]):
            end += 1
        if end - start >= least:
            box = track.boxes[(start + end) // 2].scaled(2)
            middle = track.first + (start + end) // 2
            if not any(box.overlap(kept) >= _INSIDE_SHARE * box.area for kept in keep.kept_at(middle)):
                yield Change(ChangeKind.STAYED, track.first + start, track.first + end - 1, box)
            start = end
        else:
            start += 1


def _near(before: Rect, after: Rect) -> bool:
    edges = ((before.x, after.x), (before.y, after.y), (before.right, after.right), (before.bottom, after.bottom))
    return all(abs(a - b) <= _MAX_DRIFT_PIXELS for a, b in edges)


def _switch(shifts: Sequence[tuple[float, float]], before: int, after: int) -> ChangeKind:
    return ChangeKind.NUDGED if shifts and shifts[before] != shifts[after] else ChangeKind.LIGHT


def runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """The runs of True, as first and last index."""
    intervals: list[tuple[int, int]] = []
    for index, flag in enumerate(flags):
        if flag and intervals and intervals[-1][1] == index - 1:
            intervals[-1] = (intervals[-1][0], index)
        elif flag:
            intervals.append((index, index))
    return intervals
