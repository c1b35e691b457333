"""Which recorded packets a disclosure takes, and which of them make one file.  Pure.

A frame decodes only from its key frame on, and a packet that were made anew would not be the one that was recorded.  So
a file begins at the last key frame at or before the first frame that was asked for, and ends with the last packet that
such a frame needs: up to one group of pictures more at the start, nothing more at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from cctv.kernel.span import Span
from cctv.model.footage import Segment

SEAM = timedelta(seconds=1)  # a longer pause is a gap, which begins a new file; as in redaction
_OVERLAP = timedelta(milliseconds=10)  # rounding; less than a frame


@dataclass(frozen=True, slots=True)
class Packet:
    """A recorded packet in decoding order; times in microseconds after the segment's first frame."""

    time: int
    decoding: int
    key: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """A segment as it was read: its packets, and what its decoder must know first."""

    segment: Segment
    packets: tuple[Packet, ...]
    setup: tuple[str, int, int, bytes]  # codec, width, height, parameter sets
    tick: Fraction  # seconds


@dataclass(frozen=True, slots=True)
class Take:
    """Packets `[first, stop)` of a recording, in decoding order; at least one."""

    recording: Recording
    first: int
    stop: int

    @property
    def packets(self) -> tuple[Packet, ...]:
        return self.recording.packets[self.first : self.stop]

    @property
    def start(self) -> datetime:
        """When its first frame was taken."""
        return self.recording.segment.span.start + timedelta(microseconds=min(one.time for one in self.packets))

    @property
    def end(self) -> datetime:
        """When its last frame ends: with the segment, or at the frame that follows."""
        rest = self.recording.packets[self.stop :]
        last = max(one.time for one in self.packets)
        following = [one.time for one in rest if one.time > last]
        if not following:
            return self.recording.segment.span.end
        return self.recording.segment.span.start + timedelta(microseconds=min(following))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Takes that become one file, in order of time: one unbroken recording of one camera."""

    takes: tuple[Take, ...]

    @property
    def span(self) -> Span:
        return Span(self.takes[0].start, self.takes[-1].end)

    @property
    def frames(self) -> int:
        return sum(len(take.packets) for take in self.takes)


def take(recording: Recording, span: Span) -> Take | None:
    """What a disclosure of `span` takes of a recording; None when no frame of it was taken in that span."""
    zero = recording.segment.span.start
    wanted = [
        index for index, one in enumerate(recording.packets) if span.contains(zero + timedelta(microseconds=one.time))
    ]
    if not wanted:
        return None
    first = max((index for index, one in enumerate(recording.packets[: wanted[0] + 1]) if one.key), default=0)
    return Take(recording, first, wanted[-1] + 1)


def stretches(takes: Iterable[Take]) -> list[Stretch]:
    """Takes of one camera in order of time as files: a new one after each gap and each change of the stream."""
    found: list[list[Take]] = []
    for one in takes:
        if found and _goes_on(found[-1], one):
            found[-1].append(one)
        else:
            found.append([one])
    return [Stretch(tuple(group)) for group in found]


def _goes_on(before: Sequence[Take], after: Take) -> bool:
    last = before[-1]
    whole = last.stop == len(last.recording.packets) and after.first == 0
    same = last.recording.setup == after.recording.setup and last.recording.tick == after.recording.tick
    pause = after.recording.segment.span.start - last.recording.segment.span.end
    in_order = _decoding(last, -1) < _decoding(after, 0)
    return whole and same and in_order and -_OVERLAP <= pause <= SEAM


def _decoding(one: Take, index: int) -> datetime:
    return one.recording.segment.span.start + timedelta(microseconds=one.packets[index].decoding)
