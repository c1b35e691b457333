"""Packets of a video on their way from the encoder into a file: what each holds, and the pictures in it.

Owns the comparison of what an encoder gave with what a finished file holds.  H.264 is framed by start codes in the one
and by lengths in the other (ISO/IEC 14496-15), so the digest of a packet is one of its NAL units, whatever stands
between them.  Never repairs a packet, and never passes over one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.codec.context import CodecContext
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from cctv.footage.media import READING
from cctv.redaction.video.decoder import Undecodable, plane_of
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.yuv import Plane

_H264, _AVCC_VERSION, _LENGTH_BYTES = "h264", 1, 4
_START_CODE = b"\0\0\1"
_KNOWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "language", "handler_name", "vendor_id", "encoder"}


@dataclass(frozen=True, slots=True)
class Coded:
    """One packet: its bytes and when its picture is shown, microseconds."""

    data: bytes
    time: int


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What a decoder is told before the first packet: codec, its configuration as the encoder has it, and the size."""

    codec: str
    extradata: bytes
    size: Size

    @property
    def digest(self) -> bytes:
        """SHA-256 of the configuration, however it is framed."""
        return _digest(_configuration(self.extradata) if self.codec == _H264 else (self.extradata,))

    def packet_digest(self, data: bytes) -> bytes:
        """SHA-256 of a packet, however its parts are framed."""
        if self.codec != _H264:
            return _digest((data,))
        return _digest(_by_length(data) if self._has_lengths else _by_start_code(data))

    @property
    def _has_lengths(self) -> bool:
        return self.extradata[:1] == bytes([_AVCC_VERSION])


class PacketDecoder:
    """The pictures of packets as they are passed, in the order in which they are shown; raises Undecodable."""

    def __init__(self, header: StreamHeader) -> None:
        context = CodecContext.create(header.codec, "r")
        assert isinstance(context, VideoCodecContext)
        context.extradata = header.extradata
        context.width, context.height = header.size.width, header.size.height  # FFV1 does not carry it
        context.options = {"err_detect": "explode"}
        context.thread_count = 1  # a picture comes out as soon as it can; the encoder beside has the other cores
        self._context = context
        self._header = header
        self.digests: list[bytes] = []
        """Of every packet that was decoded, in order."""
        self.times: list[int] = []
        """Of every picture that came out, in microseconds."""

    def decode(self, packet: Coded) -> Iterator[tuple[Plane, ...]]:
        """Decode the next packet; the planes of the pictures that come out."""
        self.digests.append(self._header.packet_digest(packet.data))
        coded = Packet(packet.data)
        coded.pts, coded.time_base = packet.time, Fraction(1, 1_000_000)
        yield from self._out(coded)

    def flush(self) -> Iterator[tuple[Plane, ...]]:
        """What is left at the end."""
        yield from self._out(None)
        if len(self.times) != len(self.digests):
            raise Undecodable(f"{len(self.times)} pictures came out of {len(self.digests)} packets")

    def _out(self, coded: Packet[Stream] | None) -> Iterator[tuple[Plane, ...]]:
        try:
            frames = self._context.decode(coded)
        except (av.error.FFmpegError, OSError) as error:
            raise Undecodable(str(error)) from error
        for frame in frames:
            assert isinstance(frame, VideoFrame)
            if frame.is_corrupt or frame.pts is None:
                raise Undecodable("a picture is corrupt")
            self.times.append(frame.pts)
            yield tuple(plane_of(frame, index) for index in range(len(frame.planes)))


@dataclass(frozen=True, slots=True)
class Contents:
    """What a finished file holds, read without decoding: kinds of streams, names of tags, and of its one video the
    digests of configuration and packets and the times (microseconds, as stored) of its pictures."""

    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    header: bytes
    packets: tuple[bytes, ...]
    times: tuple[int, ...]


def contents_of(path: Path) -> Contents:
    """Read a finished file packet by packet; raises Undecodable."""
    try:
        with av.open(f"file:{path}", options=dict(READING)) as container:
            kinds = tuple(stream.type for stream in container.streams)
            tags = {*container.metadata, *(tag for stream in container.streams.video for tag in stream.metadata)}
            more = sorted(tags - _KNOWN_TAGS) + ["chapters"] * bool(container.chapters())
            if kinds != ("video",):
                return Contents(kinds, tuple(more), b"", (), ())
            stream = container.streams.video[0]
            header = StreamHeader(
                stream.codec_context.name, stream.codec_context.extradata or b"", Size(stream.width, stream.height)
            )
            digests, times = [], []
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                if packet.is_corrupt or packet.is_discard or packet.pts is None or packet.time_base is None:
                    raise Undecodable("a packet is not shown")
                digests.append(header.packet_digest(bytes(packet)))
                times.append(round(packet.pts * packet.time_base * 1_000_000))
            return Contents(kinds, tuple(more), header.digest, tuple(digests), tuple(times))
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise Undecodable(str(error)) from error


def _configuration(extradata: bytes) -> tuple[bytes, ...]:
    """The parameter sets of H.264, from either framing; raises ValueError, IndexError."""
    if extradata[:1] != bytes([_AVCC_VERSION]):
        return _by_start_code(extradata)
    sets, at = [], 5
    for mask in (0x1F, 0xFF):
        count = extradata[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(extradata[at : at + 2], "big")
            sets.append(extradata[at + 2 : at + 2 + size])
            at += 2 + size
    return tuple(sets)


def _by_start_code(data: bytes) -> tuple[bytes, ...]:
    """NAL units behind start codes; zeros at their ends belong to the next start code (ITU-T H.264, B.1)."""
    return tuple(unit for part in data.split(_START_CODE) if (unit := part.rstrip(b"\0")))


def _by_length(data: bytes) -> tuple[bytes, ...]:
    units, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        at += _LENGTH_BYTES + size
        if at > len(data):
            raise ValueError("a packet ends inside of a unit")
        units.append(data[at - size : at])
    return tuple(unit.rstrip(b"\0") for unit in units)


def _digest(parts: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
