"""Which frames a reviewer is shown, and in which ranges they are reviewed.

Pure.  Every range of a clip has at least one moment; where something moves or is kept, moments are close, and stand
where something begins or ends.  Never leaves a frame out of every range.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cctv.redaction.keep import BoxPath
from cctv.redaction.tracks import Track

_RANGE = 30_000_000  # microseconds: about as much as one looks at before one says yes
_MOST_RANGES = 60  # of a part; those of a long one are longer
_REGULAR = 6  # moments of a range in which something happens
_MOST = 12  # moments of a range, changes included


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `first` to `last` of a part, both included."""

    first: int
    last: int


def frame_ranges(times: Sequence[int]) -> tuple[FrameRange, ...]:
    """All frames in ranges of about 30 seconds, or a sixtieth of a long clip; `times` in microseconds."""
    whole = times[-1] - times[0]
    count = min(_MOST_RANGES, max(1, math.ceil(whole / _RANGE)), len(times))
    edges = [round(len(times) * index / count) for index in range(count + 1)]
    return tuple(FrameRange(start, end - 1) for start, end in pairwise(edges))


def moments(within: FrameRange, tracks: Iterable[Track], paths: Iterable[BoxPath]) -> tuple[int, ...]:
    """The frames of a range to look at: a middle one where nothing moves, else regular ones and every change."""
    spans = [*((one.first, one.last) for one in tracks), *((one.first, one.last) for one in paths)]
    touching = [(first, last) for first, last in spans if first <= within.last and last >= within.first]
    if not touching:
        return ((within.first + within.last) // 2,)
    changes = sorted({at for span in touching for at in span if within.first <= at <= within.last})
    regular = {*_spread(range(within.first, within.last + 1), _REGULAR)}
    apart = [at for at in changes if at not in regular]
    return tuple(sorted(regular | {*_spread(apart, _MOST - len(regular))}))


def _spread(frames: Sequence[int], count: int) -> list[int]:
    """At most so many of them, evenly spread, the first and the last among them."""
    if len(frames) <= count:
        return list(frames)
    return [frames[round(index * (len(frames) - 1) / (count - 1))] for index in range(count)]


def keyframes(paths: Iterable[BoxPath], most: int = 24) -> tuple[int, ...]:
    """The frames in which somebody drew a box, evenly thinned to so many."""
    drawn = sorted({key.frame for path in paths for key in path.keyframes})
    return tuple(_spread(drawn, most))
