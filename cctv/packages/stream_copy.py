"""Copying recorded video bit for bit: selecting packets, writing them as MP4, and proving that they are the same.

Responsible for the selection and the muxing.  Never decodes and never encodes: the output is what the camera sent.
Files are read and written by workers that reach nothing else (`redaction/decoding.py`).
Sound is left out, as this site records none.

A frame decodes only from its key frame on, and a packet that is encoded again is not the recorded one.  So a file
begins at the last key frame at or before the first requested frame, and ends with the last packet that a requested
frame needs: up to one group of pictures more at the start, nothing more at the end.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
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
from cctv.core.worker_messages import Nonsense, is_count
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.footage.media import READING
from cctv.model.footage import Segment
from cctv.packages.errors import CopyDiffers, RecordingUnreadable
from cctv.redaction.decoding import Decoding, believed, decode_apart, take_out, workroom

SEAM = timedelta(seconds=1)  # a longer pause is a gap, which begins a new file; as in redaction
LARGEST_COPY_BYTES = 4_000_000_000  # what FAT32 takes, less what the index of an MP4 of a day may be (50 MB)
_MAX_OVERLAP = timedelta(milliseconds=10)  # rounding; less than a frame
_MAX_TIME_DIFFERENCE_US = 1000
_WORKROOM = ".copying"
_ERRORS = (RecordingUnreadable, CopyDiffers)
_LARGEST_SIDE, _LARGEST_TICK, _LONGEST_US = 16384, 1 << 31, 1 << 50
_CODEC, _HEX, _SHA256 = (
    re.compile(r"[a-z0-9]{1,16}"),
    re.compile(r"(?:[0-9a-f]{2}){0,65536}"),
    re.compile(r"[0-9a-f]{64}"),
)


@dataclass(frozen=True, slots=True)
class Packet:
    """A recorded packet in decoding order; times in microseconds after the segment's first frame."""

    time: int
    decoding: int
    key: bool


@dataclass(frozen=True, slots=True)
class RecordedStretch:
    """A segment as it was read: its packets, and the setup of its decoder."""

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
        return self.recording.segment.span.start + timedelta(microseconds=min(packet.time for packet in self.packets))

    @property
    def end(self) -> datetime:
        """When its last frame ends: with the segment, or at the frame that follows."""
        rest = self.recording.packets[self.stop :]
        last = max(packet.time for packet in self.packets)
        following = [packet.time for packet in rest if packet.time > last]
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


@dataclass(frozen=True, slots=True)
class Copied:
    """A proved copy: `stream_sha256` is over the bytes of every packet, as ffmpeg's streamhash has it."""

    frames: int
    stream_sha256: str


def take(recording: RecordedStretch, span: Span) -> Take | None:
    """Select what a disclosure of `span` copies of a recording; None when no frame of it lies in that span."""
    zero = recording.segment.span.start
    indexes = [
        index
        for index, packet in enumerate(recording.packets)
        if span.contains(zero + timedelta(microseconds=packet.time))
    ]
    if not indexes:
        return None
    first = max((index for index, packet in enumerate(recording.packets[: indexes[0] + 1]) if packet.key), default=0)
    return Take(recording, first, indexes[-1] + 1)


def stretches(takes: Iterable[Take], largest_bytes: int = LARGEST_COPY_BYTES) -> list[CopyStretch]:
    """Takes of one camera in order of time as files: a new one after each gap and each change of the stream.

    A file that would be larger than `largest_bytes` ends where the next segment begins, at a key frame.
    """
    groups: list[list[Take]] = []
    for take in takes:
        if groups and _continues(groups[-1], take) and _fits(groups[-1], take, largest_bytes):
            groups[-1].append(take)
        else:
            groups.append([take])
    return [CopyStretch(tuple(group)) for group in groups]


def read_recording(segment: Segment, path: Path) -> RecordedStretch:
    """The packets of a segment's file, read by a worker; raises RecordingUnreadable, WorkerFailed."""
    decoding = Decoding((path,), errors=_ERRORS, is_led=False)
    told = decode_apart(lambda _: _told(_read(segment, path)), decoding, _silent)
    with believed(decoding):
        return checked_recording(told, segment)


def _told(recording: RecordedStretch) -> dict[str, object]:
    codec, width, height, parameters = recording.setup
    return {
        "codec": codec,
        "size": [width, height],
        "parameters": parameters.hex(),
        "tick": [recording.tick.numerator, recording.tick.denominator],
        "packets": [[packet.time, packet.decoding, packet.key] for packet in recording.packets],
    }


def checked_recording(told: object, segment: Segment) -> RecordedStretch:
    """What a worker tells of a segment; raises Nonsense."""
    match told:
        case {"codec": str(codec), "size": [width, height], "parameters": str(parameters), "tick": [over, under],
              "packets": list(rows), **others} if not others and rows:  # fmt: skip
            sides = (is_count(width, _LARGEST_SIDE), is_count(height, _LARGEST_SIDE))
            if not (all(sides) and is_count(over, _LARGEST_TICK) and is_count(under, _LARGEST_TICK) and over and under):
                raise Nonsense
            if _CODEC.fullmatch(codec) is None or _HEX.fullmatch(parameters) is None:
                raise Nonsense
            packets = tuple(_packet(row) for row in rows)
            setup = (codec, width, height, bytes.fromhex(parameters))
            return RecordedStretch(segment, packets, setup, Fraction(over, under))
    raise Nonsense


def _packet(row: object) -> Packet:
    match row:
        case [int(time), int(decoding), bool(key)] if abs(time) < _LONGEST_US and abs(decoding) < _LONGEST_US:
            return Packet(time, decoding, key)
    raise Nonsense


def _read(segment: Segment, path: Path) -> RecordedStretch:
    packets_read: list[tuple[int, int, bool]] = []
    with _open_recording(path) as container:
        stream = container.streams.video[0]
        tick = stream.time_base
        context = stream.codec_context
        setup = (context.name, context.width, context.height, bytes(context.extradata or b""))
        for packet in _packets(container, path):
            assert packet.pts is not None
            assert packet.dts is not None
            packets_read.append((packet.pts, packet.dts, packet.is_keyframe))
    if not packets_read or tick is None:
        raise RecordingUnreadable(path=path, problem=N_("it holds no picture"))
    zero = min(pts for pts, _, _ in packets_read)

    def microseconds(ticks: int) -> int:
        return round((ticks - zero) * tick * 1_000_000)

    packets = tuple(Packet(microseconds(pts), microseconds(dts), key) for pts, dts, key in packets_read)
    return RecordedStretch(segment, packets, setup, tick)


def copy(site: Storage, stretch: CopyStretch, target: Path) -> Copied:
    """Have a worker write a stretch as one MP4 and prove it.

    Raises RecordingUnreadable, CopyDiffers, WorkerFailed (15).
    """
    paths = tuple(inside(site.root, take.recording.segment.path) for take in stretch.takes)
    with workroom(site, target.parent, _WORKROOM) as room:
        decoding = Decoding(paths, writes=(room,), errors=_ERRORS, is_led=False)
        made = room / target.name
        told = decode_apart(lambda _: asdict(_copy(stretch, site.root, made)), decoding, _silent)
        with believed(decoding):
            match told:
                case {"frames": frames, "stream_sha256": str(digest), **others} if not others:
                    if frames != stretch.frames or _SHA256.fullmatch(digest) is None:
                        raise Nonsense
                case _:
                    raise Nonsense
            take_out(site, room, target)
    return Copied(stretch.frames, digest)


def _silent(stage: str, done: int, of: int) -> None:
    """A copy tells nothing of its own."""


def _copy(stretch: CopyStretch, root: Path, target: Path) -> Copied:
    tick = stretch.takes[0].recording.tick
    options = {"movflags": "faststart", "fflags": "+bitexact"}
    if tick.numerator == 1:
        options["video_track_timescale"] = str(tick.denominator)
    zero = to_us(stretch.span.start)
    with (
        _open_recording(inside(root, stretch.takes[0].recording.segment.path)) as first,
        av.open(str(target), "w", format="mp4", options=options) as muxer,
    ):
        output = muxer.add_stream_from_template(first.streams.video[0], opaque=True)
        output.time_base = tick
        if output.codec_context.name == "hevc":  # as recorded: libavformat would write hev1, which Apple does not play
            output.codec_context.codec_tag = first.streams.video[0].codec_context.codec_tag
        for take in stretch.takes:
            path = inside(root, take.recording.segment.path)
            shift = round((to_us(take.recording.segment.span.start) - zero) / tick / 1_000_000)
            with _open_recording(path) as container:
                packets = list(enumerate(_packets(container, path)))
                start = min(packet.pts for _, packet in packets if packet.pts is not None)
                for index, packet in packets:
                    if take.first <= index < take.stop:
                        assert packet.pts is not None
                        assert packet.dts is not None
                        packet.pts, packet.dts = packet.pts - start + shift, packet.dts - start + shift
                        packet.stream, packet.time_base = output, tick
                        muxer.mux_one(packet)
    return _prove(stretch, root, target)


def _fits(before: Sequence[Take], after: Take, largest_bytes: int) -> bool:
    size = sum(take.recording.segment.size_bytes for take in (*before, after))
    return size <= largest_bytes or not after.recording.packets[0].key


def _continues(before: Sequence[Take], after: Take) -> bool:
    last = before[-1]
    complete = last.stop == len(last.recording.packets) and after.first == 0
    same_stream = last.recording.setup == after.recording.setup and last.recording.tick == after.recording.tick
    pause = after.recording.segment.span.start - last.recording.segment.span.end
    in_order = _decoding(last, -1) < _decoding(after, 0)
    return complete and same_stream and in_order and -_MAX_OVERLAP <= pause <= SEAM


def _decoding(take: Take, index: int) -> datetime:
    return take.recording.segment.span.start + timedelta(microseconds=take.packets[index].decoding)


def _prove(stretch: CopyStretch, root: Path, target: Path) -> Copied:
    """Compare the copy with the recordings, packet by packet: bytes, order, key frames, times."""
    digest = hashlib.sha256()
    copied_packets = _packet_facts(target)
    frames = 0
    offset: int | None = None
    for recorded, recorded_at, recorded_key in _recorded_packets(stretch, root):
        copied = next(copied_packets, None)
        if copied is None:
            raise CopyDiffers(path=target, problem=N_("it ends after {frames} frames", frames=frames))
        data, copied_at, copied_key = copied
        if offset is None:
            offset = recorded_at - copied_at
        if (
            data != recorded
            or copied_key != recorded_key
            or abs(recorded_at - copied_at - offset) > _MAX_TIME_DIFFERENCE_US
        ):
            raise CopyDiffers(path=target, problem=N_("frame {frames} is not what was recorded", frames=frames))
        digest.update(data)
        frames += 1
    if next(copied_packets, None) is not None:
        raise CopyDiffers(path=target, problem=N_("it goes on after {frames} frames", frames=frames))
    return Copied(frames, digest.hexdigest())


def _recorded_packets(stretch: CopyStretch, root: Path) -> Iterator[tuple[bytes, int, bool]]:
    """Bytes, time in microseconds since 1970 and key flag of each packet that was recorded and selected."""
    for take in stretch.takes:
        span = take.recording.segment.span
        described = enumerate(_packet_facts(inside(root, take.recording.segment.path)))
        for (index, (data, _, key)), packet in zip(described, take.recording.packets, strict=True):
            if take.first <= index < take.stop:
                yield data, to_us(span.start) + packet.time, key


def _packet_facts(path: Path) -> Iterator[tuple[bytes, int, bool]]:
    with _open_recording(path) as container:
        tick = container.streams.video[0].time_base
        assert tick is not None
        for packet in _packets(container, path):
            assert packet.pts is not None
            yield bytes(packet), round(packet.pts * tick * 1_000_000), packet.is_keyframe


def _open_recording(path: Path) -> av.container.InputContainer:
    try:
        container = av.open(f"file:{path}", "r", options=dict(READING))
    except FFmpegError as error:
        raise RecordingUnreadable(path=path, problem=str(error)) from error
    if not container.streams.video:
        container.close()
        raise RecordingUnreadable(path=path, problem=N_("it holds no picture"))
    return container


def _packets(container: av.container.InputContainer, path: Path) -> Iterator[MediaPacket[VideoStream]]:
    try:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:  # the last one is empty: it makes decoders flush
                yield packet
    except FFmpegError as error:
        raise RecordingUnreadable(path=path, problem=str(error)) from error
