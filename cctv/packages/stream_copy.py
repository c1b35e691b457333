"""Copying recorded video bit for bit: reading packets, writing them as MP4, and proving that they are the same.

Owns the muxing.  Never decodes and never encodes: what is written is what the camera sent.  Sound is left out, as
nothing of this site has any.

Which recorded packets a disclosure takes, and which of them make one file.  Pure.

A frame decodes only from its key frame on, and a packet that were made anew would not be the one that was recorded.  So
a file begins at the last key frame at or before the first frame that was asked for, and ends with the last packet that
such a frame needs: up to one group of pictures more at the start, nothing more at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.packet import Packet as MediaPacket
from av.video.stream import VideoStream

from cctv.core.clock import to_us
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.model.footage import Segment
from cctv.packages.errors import CopyDiffers, RecordingUnreadable

SEAM = timedelta(seconds=1)  # a longer pause is a gap, which begins a new file; as in redaction
_OVERLAP = timedelta(milliseconds=10)  # rounding; less than a frame


@dataclass(frozen=True, slots=True)
class Packet:
    """A recorded packet in decoding order; times in microseconds after the segment's first frame."""

    time: int
    decoding: int
    key: bool


@dataclass(frozen=True, slots=True)
class RecordedStretch:
    """A segment as it was read: its packets, and what its decoder must know first."""

    segment: Segment
    packets: tuple[Packet, ...]
    setup: tuple[str, int, int, bytes]  # codec, width, height, parameter sets
    tick: Fraction  # seconds


@dataclass(frozen=True, slots=True)
class Take:
    """Packets `[first, stop)` of a recording, in decoding order; at least one."""

    recording: RecordedStretch
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
class CopyStretch:
    """Takes that become one file, in order of time: one unbroken recording of one camera."""

    takes: tuple[Take, ...]

    @property
    def span(self) -> Span:
        return Span(self.takes[0].start, self.takes[-1].end)

    @property
    def frames(self) -> int:
        return sum(len(take.packets) for take in self.takes)


def take(recording: RecordedStretch, span: Span) -> Take | None:
    """What a disclosure of `span` takes of a recording; None when no frame of it was taken in that span."""
    zero = recording.segment.span.start
    wanted = [
        index for index, one in enumerate(recording.packets) if span.contains(zero + timedelta(microseconds=one.time))
    ]
    if not wanted:
        return None
    first = max((index for index, one in enumerate(recording.packets[: wanted[0] + 1]) if one.key), default=0)
    return Take(recording, first, wanted[-1] + 1)


def stretches(takes: Iterable[Take]) -> list[CopyStretch]:
    """Takes of one camera in order of time as files: a new one after each gap and each change of the stream."""
    found: list[list[Take]] = []
    for one in takes:
        if found and _goes_on(found[-1], one):
            found[-1].append(one)
        else:
            found.append([one])
    return [CopyStretch(tuple(group)) for group in found]


def _goes_on(before: Sequence[Take], after: Take) -> bool:
    last = before[-1]
    whole = last.stop == len(last.recording.packets) and after.first == 0
    same = last.recording.setup == after.recording.setup and last.recording.tick == after.recording.tick
    pause = after.recording.segment.span.start - last.recording.segment.span.end
    in_order = _decoding(last, -1) < _decoding(after, 0)
    return whole and same and in_order and -_OVERLAP <= pause <= SEAM


def _decoding(one: Take, index: int) -> datetime:
    return one.recording.segment.span.start + timedelta(microseconds=one.packets[index].decoding)


_SAME_TIME = 1000  # microseconds


@dataclass(frozen=True, slots=True)
class Copied:
    """What was proved of a copy: `stream_sha256` is over the bytes of every packet, as ffmpeg's streamhash has it."""

    frames: int
    stream_sha256: str


def read_recording(segment: Segment, path: Path) -> RecordedStretch:
    """The packets of a segment's file; raises RecordingUnreadable."""
    found: list[tuple[int, int, bool]] = []
    with _opened(path) as container:
        stream = container.streams.video[0]
        tick = stream.time_base
        context = stream.codec_context
        setup = (context.name, context.width, context.height, bytes(context.extradata or b""))
        for packet in _packets(container, path):
            assert packet.pts is not None
            assert packet.dts is not None
            found.append((packet.pts, packet.dts, packet.is_keyframe))
    if not found or tick is None:
        raise RecordingUnreadable(path=path, problem=N_("it holds no picture"))
    zero = min(pts for pts, _, _ in found)

    def microseconds(ticks: int) -> int:
        return round((ticks - zero) * tick * 1_000_000)

    packets = tuple(Packet(microseconds(pts), microseconds(dts), key) for pts, dts, key in found)
    return RecordedStretch(segment, packets, setup, tick)


def copy(stretch: CopyStretch, root: Path, target: Path) -> Copied:
    """Write a stretch as one MP4 and prove it; raises RecordingUnreadable, CopyDiffers (15)."""
    tick = stretch.takes[0].recording.tick
    options = {"movflags": "faststart", "fflags": "+bitexact"}
    if tick.numerator == 1:
        options["video_track_timescale"] = str(tick.denominator)
    zero = to_us(stretch.span.start)
    with (
        _opened(root / stretch.takes[0].recording.segment.path) as first,
        av.open(str(target), "w", format="mp4", options=options) as muxer,
    ):
        written = muxer.add_stream_from_template(first.streams.video[0], opaque=True)
        written.time_base = tick
        for take in stretch.takes:
            path = root / take.recording.segment.path
            shift = round((to_us(take.recording.segment.span.start) - zero) / tick / 1_000_000)
            with _opened(path) as container:
                every = list(enumerate(_packets(container, path)))
                start = min(packet.pts for _, packet in every if packet.pts is not None)
                for index, packet in every:
                    if take.first <= index < take.stop:
                        assert packet.pts is not None
                        assert packet.dts is not None
                        packet.pts, packet.dts = packet.pts - start + shift, packet.dts - start + shift
                        packet.stream, packet.time_base = written, tick
                        muxer.mux_one(packet)
    return _prove(stretch, root, target)


def _prove(stretch: CopyStretch, root: Path, target: Path) -> Copied:
    """Compare the copy with the recordings, packet by packet: bytes, order, key frames, times."""
    whole = hashlib.sha256()
    shown = _described(target)
    frames = 0
    first: int | None = None
    for wanted, at, key in _recorded(stretch, root):
        said = next(shown, None)
        if said is None:
            raise CopyDiffers(path=target, problem=N_("it ends after {frames} frames", frames=frames))
        data, time, is_key = said
        if first is None:
            first = at - time
        if data != wanted or is_key != key or abs(at - time - first) > _SAME_TIME:
            raise CopyDiffers(path=target, problem=N_("frame {frames} is not what was recorded", frames=frames))
        whole.update(data)
        frames += 1
    if next(shown, None) is not None:
        raise CopyDiffers(path=target, problem=N_("it goes on after {frames} frames", frames=frames))
    return Copied(frames, whole.hexdigest())


def _recorded(stretch: CopyStretch, root: Path) -> Iterator[tuple[bytes, int, bool]]:
    """Bytes, time in microseconds since 1970 and key flag of each packet that was recorded and is wanted."""
    for take in stretch.takes:
        span = take.recording.segment.span
        described = enumerate(_described(root / take.recording.segment.path))
        for (index, (data, _, key)), packet in zip(described, take.recording.packets, strict=True):
            if take.first <= index < take.stop:
                yield data, to_us(span.start) + packet.time, key


def _described(path: Path) -> Iterator[tuple[bytes, int, bool]]:
    with _opened(path) as container:
        tick = container.streams.video[0].time_base
        assert tick is not None
        for packet in _packets(container, path):
            assert packet.pts is not None
            yield bytes(packet), round(packet.pts * tick * 1_000_000), packet.is_keyframe


def _opened(path: Path) -> av.container.InputContainer:
    try:
        container = av.open(str(path), "r")
    except FFmpegError as error:
        raise RecordingUnreadable(path=path, problem=str(error)) from error
    if not container.streams.video:
        container.close()
        raise RecordingUnreadable(path=path, problem=N_("it holds no picture"))
    return container


def _packets(container: av.container.InputContainer, path: Path) -> Iterator[MediaPacket[VideoStream]]:
    try:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:  # the last one is empty: it tells decoders to flush
                yield packet
    except FFmpegError as error:
        raise RecordingUnreadable(path=path, problem=str(error)) from error
