"""Copying recorded video bit for bit: reading packets, writing them as MP4, and proving that they are the same.

Owns the muxing.  Never decodes and never encodes: what is written is what the camera sent.  Sound is left out, as
nothing of this site has any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError
from av.packet import Packet as MediaPacket
from av.video.stream import VideoStream

from cctv.export.cutting import Packet, Recording, Stretch
from cctv.export.errors import CopyDiffers, RecordingUnreadable
from cctv.kernel.clock import to_us
from cctv.kernel.phrases import phrase
from cctv.model.footage import Segment

_SAME_TIME = 1000  # microseconds


@dataclass(frozen=True, slots=True)
class Copied:
    """What was proved of a copy: `stream_sha256` is over the bytes of every packet, as ffmpeg's streamhash has it."""

    frames: int
    stream_sha256: str


def read_recording(segment: Segment, path: Path) -> Recording:
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
        raise RecordingUnreadable(path=path, problem=phrase("it holds no picture"))
    zero = min(pts for pts, _, _ in found)

    def microseconds(ticks: int) -> int:
        return round((ticks - zero) * tick * 1_000_000)

    packets = tuple(Packet(microseconds(pts), microseconds(dts), key) for pts, dts, key in found)
    return Recording(segment, packets, setup, tick)


def copy(stretch: Stretch, root: Path, target: Path) -> Copied:
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


def _prove(stretch: Stretch, root: Path, target: Path) -> Copied:
    """Compare the copy with the recordings, packet by packet: bytes, order, key frames, times."""
    whole = hashlib.sha256()
    shown = _described(target)
    frames = 0
    first: int | None = None
    for wanted, at, key in _recorded(stretch, root):
        said = next(shown, None)
        if said is None:
            raise CopyDiffers(path=target, problem=phrase("it ends after {frames} frames", frames=frames))
        data, time, is_key = said
        if first is None:
            first = at - time
        if data != wanted or is_key != key or abs(at - time - first) > _SAME_TIME:
            raise CopyDiffers(path=target, problem=phrase("frame {frames} is not what was recorded", frames=frames))
        whole.update(data)
        frames += 1
    if next(shown, None) is not None:
        raise CopyDiffers(path=target, problem=phrase("it goes on after {frames} frames", frames=frames))
    return Copied(frames, whole.hexdigest())


def _recorded(stretch: Stretch, root: Path) -> Iterator[tuple[bytes, int, bool]]:
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
        raise RecordingUnreadable(path=path, problem=phrase("it holds no picture"))
    return container


def _packets(container: av.container.InputContainer, path: Path) -> Iterator[MediaPacket[VideoStream]]:
    try:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:  # the last one is empty: it tells decoders to flush
                yield packet
    except FFmpegError as error:
        raise RecordingUnreadable(path=path, problem=str(error)) from error
