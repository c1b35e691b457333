"""Anchoring: the wall time of a run's media time 0, and the spans that follow from it.

Pure: arrivals come in as values.  A run is anchored once; media time alone advances it, so a clock that is set in the
middle of a run moves no picture.

libavformat hands a picture over when the next one begins to arrive: only then is it known to be whole.  The arrival of
a picture is therefore the start of the next one, or later; delays only ever make it later.  The earliest of many
arrivals, less the media time of the next picture, is the anchor: within 2 ms of the send time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.kernel.span import Span

_SHORTEST = timedelta(milliseconds=1)


@dataclass(slots=True)
class Anchoring:
    """What a young run knows of its place in time.  Arrivals are seconds of a clock that nobody sets."""

    _arrived: float | None = None  # of the picture before
    earliest: float | None = None  # of all starts that arrivals gave

    def hear(self, arrived: float, media: float) -> None:
        """A picture at that media time (seconds) was handed over then; those of a burst are late and do no harm."""
        if self._arrived is not None:
            start = self._arrived - media
            if self.earliest is None or start < self.earliest:
                self.earliest = start
        self._arrived = arrived

    def zero(self, media: float, frame_time: float) -> float | None:
        """When media time 0 was; of a run with a single picture, from its own arrival.  None before any."""
        if self.earliest is not None:
            return self.earliest
        return None if self._arrived is None else self._arrived - media - frame_time


def span_of(anchor: datetime, start: timedelta, end: timedelta) -> Span:
    """The span of a segment between two media times; one that holds a single frame still has a length."""
    return Span(anchor + start, anchor + max(end, start + _SHORTEST))
