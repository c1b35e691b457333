"""Anchoring: the wall time of a run's media time 0, and the spans that follow from it.

Pure: arrivals come in as values.  A run is anchored once; media time alone advances it, so a clock that is set in the
middle of a run moves no frame.

Every progress report says how far the recording is.  It comes one frame time after that frame arrived, because ffmpeg
knows that a picture is whole only when the next one begins; delays only ever make it later.  The earliest of many
reports, less a frame time, is therefore the anchor: within 2 ms of the send time at 25 and at 12.5 frames a second,
where the arrival of a list line less 85 ms is right at 25 only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.kernel.span import Span

ASSUMED_FRAME_TIME = timedelta(milliseconds=40)  # until two reports tell
_LIST_LINE_DELAY = timedelta(milliseconds=45)  # line after the segment's end at 25 frames a second (MEASURED.md)
_UNSURE_FRAMES = 2  # the first two may share a time
_SHORTEST = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Report:
    """Media time of the last frame written, how many there were, and when that was heard."""

    arrived: datetime
    media: timedelta
    frames: int


@dataclass(slots=True)
class Anchoring:
    """What a young run knows of its place in time.  `frame_time` is the mean over the run so far."""

    _earliest: datetime | None = None
    _base: Report | None = None
    _last: Report | None = None
    frame_time: timedelta = ASSUMED_FRAME_TIME

    def hear(self, report: Report) -> None:
        """Take a report in; the first ones of a camera that sends a burst are late and do no harm."""
        if report.frames <= 0:
            return
        start = report.arrived - report.media
        self._earliest = min(self._earliest, start) if self._earliest else start
        self._last = report
        if self._base is None:
            self._base = report if report.frames > _UNSURE_FRAMES else None
        elif report.frames > self._base.frames and report.media > self._base.media:
            self.frame_time = (report.media - self._base.media) / (report.frames - self._base.frames)

    @property
    def lead_in(self) -> timedelta:
        """How long before media time 0 the first frame was: one frame time where the first two share a time, else 0.

        ffmpeg 5.1 may not know the time of a stream's first frame and then gives it that of the second.
        """
        if self._last is None or self._base is None:
            return timedelta(0)
        expected = self.frame_time * (self._last.frames - 1)
        shared = timedelta(0) < expected - self._last.media - self.frame_time / 2 < self.frame_time
        return self.frame_time if shared else timedelta(0)

    def anchor(self, *, line_arrived: datetime | None = None, line_end: timedelta = timedelta(0)) -> datetime | None:
        """Wall time of media time 0; from a list line where no report came, None where neither did."""
        if self._earliest is not None:
            return self._earliest - self.frame_time
        return line_arrived - line_end - _LIST_LINE_DELAY if line_arrived is not None else None


def span_of(anchor: datetime, start: timedelta, end: timedelta) -> Span:
    """The span of a segment between two media times; one that holds a single frame still has a length."""
    return Span(anchor + start, anchor + max(end, start + _SHORTEST))
