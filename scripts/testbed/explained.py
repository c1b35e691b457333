"""Whether what is not on disk has its cause: by the recorder's own account, and by the marks of the frames.

Pure.  Times are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from testbed.product import Segment

SLACK_US = 500_000  # what is shorter is no gap


@dataclass(frozen=True, slots=True)
class Stretch:
    """From and until when."""

    start_us: int
    end_us: int

    def near(self, at_us: float) -> bool:
        return self.start_us - SLACK_US <= at_us <= self.end_us + SLACK_US


def unexplained_seconds(without_cause: Iterable[Stretch], segments: Sequence[Segment]) -> float:
    """Seconds between a camera's first segment and its last that are missing for no cause."""
    first, last = segments[0].start_us, max(segment.end_us for segment in segments)
    inside = (min(stretch.end_us, last) - max(stretch.start_us, first) for stretch in without_cause)
    return sum(length for length in inside if length > 0) / 1_000_000


def lost_frames(segments: Sequence[Segment], gaps: Sequence[Stretch], never_sent: Sequence[Stretch]) -> int:
    """Frames of one camera that are in no file and near no gap.

    A frame that is nowhere has no send time of its own: it was sent between its neighbours, evenly, since a busy
    machine's camera falls behind its own clock.  `never_sent` is when the camera left out frames by itself.
    """
    sent = dict(sorted((frame.counter, frame.sent_us) for segment in segments for frame in segment.scan.frames))
    allowed = [*gaps, *never_sent]
    lost = 0
    for (before, left), (after, right) in pairwise(sent.items()):
        step = (right - left) / (after - before)
        times = (left + step * number for number in range(1, after - before))
        lost += sum(not any(stretch.near(time) for stretch in allowed) for time in times)
    return lost


def twice(segments: Sequence[Segment]) -> int:
    """Frames of one camera that are on disk more than once."""
    counters = [frame.counter for segment in segments for frame in segment.scan.frames]
    return len(counters) - len(set(counters))
