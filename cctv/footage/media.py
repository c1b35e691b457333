"""Media files: codec, size and picture times of a file, and where frames are missing in the fragments of an MP4.

The only module that asks a file what it is.  Opens files only, by libav in this process and never a program, and
refuses what names another file or an address (a playlist).  Bounded: a file from elsewhere costs `PATIENCE` at most.
Never decodes more than one picture and never writes.

Missing frames are read from the heads of the fragments, a few kilobytes each and no picture: that works for a file
whose writer died before it could note the gap.
"""

from __future__ import annotations

import os
import re
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from itertools import islice
from pathlib import Path
from statistics import median
from typing import cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.stream import VideoStream

from cctv.core.i18n import N_

HOLE = timedelta(seconds=0.5)  # shorter ones are no gap that is worth a cause
_HOLE_FRAMES = 3  # at two frames a second nothing is missing after half a second
_FRAGMENT_HEAD_BYTES = 8192  # the head of a fragment of 10 s at 50 frames a second
_HEADER_MAX_BYTES = 65536  # ftyp and moov take some 1,500 bytes
PATIENCE = timedelta(seconds=60)  # for a header, and for all packets of a segment on a slow disk
# A file is read by what it is, whatever its name: a playlist or a list of files would have libav open others.
_FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "ogg", "mxf", "ivf", "rm", "dv", "nut"),
    *("h264", "hevc", "av1", "m4v", "mjpeg", "mpegvideo"),
)
MAX_PIXELS = 8192 * 8192  # of one picture; a header may vow any size
READING = {"protocol_whitelist": "file", "format_whitelist": ",".join(_FORMATS), "max_pixels": str(MAX_PIXELS)}
"""Options of libavformat for a file of footage."""
_TAGGED_DURATION = re.compile(r"(\d{1,4}):(\d{2}):(\d{2}(?:\.\d{1,9})?)")
_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_MAX_PACKETS_TO_FIRST_PICTURE = 64
_USUAL_STEP = timedelta(milliseconds=40)
# Code points of ITU-T H.273 that say something; not 0 (RGB), nor those that are unspecified or reserved.
_MATRICES = frozenset({1, *range(4, 15)})
_PRIMARIES = frozenset({1, *range(4, 13), 22})
_TRANSFERS = frozenset({1, *range(4, 19)})
_MATRIX = struct.Struct("=9i")


@dataclass(frozen=True, slots=True)
class Header:
    """What precedes the first fragment: its size in bytes, and the ticks a second."""

    size: int
    timescale: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof and its mdat: offset and size in bytes, start and sample durations in ticks."""

    offset: int
    size: int
    start: int
    durations: tuple[int, ...]

    @property
    def end(self) -> int:
        """The tick after the last sample."""
        return self.start + sum(self.durations)


class MediaUnreadable(Exception):
    """A file cannot be read as video: its text is the problem, its cause what libav raised, if it did."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(problem)
        self.path = path
        self.problem = problem


class NoVideo(MediaUnreadable):
    """The file is media, and holds no picture."""


class MediaTimeout(MediaUnreadable):
    """The file was not read within the time given."""


@dataclass(frozen=True, slots=True)
class Media:
    """What a container says of its video, and whether it has sound.

    `width` and `height` are stored pixels, 0 when unknown; `pixel_aspect` (SAR) is 1 when unknown.  `frame_rate` is
    nominal, frames a second.  `declared_frames` and `declared_duration` are the container's claims and may be wrong.
    `colour` are libavcodec's options that carry the colour description on.  `display_matrix` (of libavutil/display.h,
    row by row) turns the picture as it is to be displayed; only `probe` reads it.  `sound` is a codec.  All of these
    are None, or empty, when the container does not say.  `further_videos` are those that are not read.
    """

    container: str
    codec: str
    width: int
    height: int
    pixel_aspect: Fraction
    frame_rate: Fraction | None
    declared_frames: int | None
    declared_duration: timedelta | None
    colour: tuple[tuple[str, str], ...]
    sound: str | None
    display_matrix: tuple[int, ...] | None = None
    further_videos: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """When the pictures of a file are shown, rising, on its own clock; at least one.

    `duration` is from the first to the end of the last.
    """

    times: tuple[timedelta, ...]
    duration: timedelta


def read_header(descriptor: int) -> Header | None:
    """The header of an open file, None while it is incomplete."""
    head = os.pread(descriptor, _HEADER_MAX_BYTES, 0)
    offset = 0
    while len(head) - offset >= 8:
        size, kind = struct.unpack_from(">I4s", head, offset)
        if size < 8 or offset + size > len(head):
            return None
        if kind == b"moov":
            moov = head[offset : offset + size]
            return Header(offset + size, _timescale(moov))
        offset += size
    return None


def fragments(descriptor: int, header: Header) -> Iterator[Fragment]:
    """The complete fragments; ends at a torn one or at what is no fragment."""
    offset, length = header.size, os.fstat(descriptor).st_size
    while offset + 8 <= length:
        head = os.pread(descriptor, _FRAGMENT_HEAD_BYTES, offset)
        size, kind = struct.unpack_from(">I4s", head)
        if kind != b"moof" or offset + size + 8 > length:
            return
        moof = head[:size] if size <= len(head) else os.pread(descriptor, size, offset)
        data_size = struct.unpack(">I", os.pread(descriptor, 4, offset + size))[0]
        if offset + size + data_size > length:
            return
        start, durations = _samples(moof)
        yield Fragment(offset=offset, size=size + data_size, start=start, durations=durations)
        offset += size + data_size


def holes_in(path: Path) -> list[tuple[timedelta, timedelta]]:
    """Where frames are missing in a file: from and until when, counted from the first frame; empty without a header."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        header = read_header(descriptor)
        return holes(list(fragments(descriptor, header)), header.timescale) if header else []
    finally:
        os.close(descriptor)


def holes(parts: Sequence[Fragment], timescale: int) -> list[tuple[timedelta, timedelta]]:
    """Where frames are missing: from and until when, counted from the first frame."""
    if not parts:
        return []
    durations = [ticks for part in parts for ticks in part.durations]
    usual = median(durations)
    least = max(HOLE.total_seconds() * timescale, _HOLE_FRAMES * usual)
    out: list[tuple[float, float]] = []
    for number, part in enumerate(parts):
        at = part.start
        for ticks in part.durations:
            if ticks >= least:
                out.append((at + usual, at + ticks))
            at += ticks
        following = parts[number + 1].start if number + 1 < len(parts) else at
        if following - at >= least:
            out.append((at, following))
    first = parts[0].start
    return [
        (timedelta(seconds=(start - first) / timescale), timedelta(seconds=(end - first) / timescale))
        for start, end in out
    ]


def _timescale(moov: bytes) -> int:
    """The timescale of the track: mdhd follows mvhd, which has another one."""
    at = moov.index(b"mdhd") + 4
    skipped = 20 if moov[at] == 1 else 12
    return int(struct.unpack_from(">I", moov, at + skipped)[0])


def _samples(moof: bytes) -> tuple[int, tuple[int, ...]]:
    """Start in ticks, duration of each sample."""
    tfhd, tfdt, trun = (moof.index(kind) + 4 for kind in (b"tfhd", b"tfdt", b"trun"))
    start = struct.unpack_from(">Q" if moof[tfdt] == 1 else ">I", moof, tfdt + 4)[0]
    flags = int.from_bytes(moof[trun + 1 : trun + 4], "big")
    count = struct.unpack_from(">I", moof, trun + 4)[0]
    if not flags & 0x100:
        return start, (_default_duration(moof, tfhd),) * count
    at = trun + 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    fields = 1 + bool(flags & 0x200) + bool(flags & 0x400) + bool(flags & 0x800)
    return start, tuple(struct.unpack_from(f">{count * fields}I", moof, at)[::fields])


def _default_duration(moof: bytes, tfhd: int) -> int:
    flags = int.from_bytes(moof[tfhd + 1 : tfhd + 4], "big")
    at = tfhd + 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
    return int(struct.unpack_from(">I", moof, at)[0]) if flags & 0x8 else 0


def probe(path: Path, *, patience: timedelta = PATIENCE) -> Media:
    """Describe a file's video; reads its head and decodes one picture.

    Raises NoVideo, MediaTimeout, MediaUnreadable.
    """
    with _opened(path, patience) as (container, stream):
        media = describe(container)
        assert media is not None  # `_opened` saw a video
        return replace(media, display_matrix=_display_matrix(container, stream))


def describe(container: InputContainer) -> Media | None:
    """Describe an open container; None when no video of a known codec is in it.  Reads no packet."""
    stream = choose_video(container)
    if stream is None:
        return None
    context = stream.codec_context
    sound = next((candidate for candidate in container.streams if isinstance(candidate, AudioStream)), None)
    return Media(
        container=container.format.name,
        codec=context.codec.canonical_name,
        width=context.width,
        height=context.height,
        pixel_aspect=_positive(stream.sample_aspect_ratio) or Fraction(1),
        frame_rate=_positive(stream.average_rate) or _positive(stream.base_rate),
        declared_frames=stream.frames or None,
        declared_duration=_declared_duration(container, stream),
        colour=tuple(_colour(stream)),
        sound=_sound(sound) if sound is not None else None,
        further_videos=len(_videos(container)) - 1,
    )


def read_timing(path: Path, *, patience: timedelta = PATIENCE) -> Timing:
    """The times of all pictures, from every packet of a file.

    A file that breaks off has those before its end.  Raises NoVideo when there is none, MediaTimeout, MediaUnreadable.
    """
    ends_at = time.monotonic() + patience.total_seconds()
    shown: list[int] = []
    last_duration = 0
    with _opened(path, patience) as (container, stream):
        tick = stream.time_base or Fraction(1, av.time_base)
        try:
            for packet in container.demux(stream):
                if time.monotonic() > ends_at:
                    raise _timeout(path, patience)
                if packet.size and packet.pts is not None:
                    shown.append(packet.pts)
                    last_duration = packet.duration or 0
        except av.error.ExitError as error:
            raise _timeout(path, patience) from error
        except FFmpegError as error:  # torn: the packets before are those that were written
            if not shown:
                raise MediaUnreadable(path, error.strerror or str(error)) from error
    if not shown:
        raise NoVideo(path, N_("no picture in it"))
    times = tuple(timedelta(seconds=float(pts * tick)) for pts in sorted(shown))
    return Timing(times, times[-1] - times[0] + (timedelta(seconds=float(last_duration * tick)) or _step(times)))


@contextmanager
def _opened(path: Path, patience: timedelta) -> Iterator[tuple[InputContainer, VideoStream]]:
    if not path.is_file():  # a pipe would block for ever
        raise MediaUnreadable(path, "not a file")
    seconds = patience.total_seconds()
    try:
        container = av.open(f"file:{path}", options=dict(READING), timeout=(seconds, seconds))
    except av.error.ExitError as error:
        raise _timeout(path, patience) from error
    except (FFmpegError, OSError) as error:
        raise MediaUnreadable(path, getattr(error, "strerror", None) or str(error)) from error
    with container:
        stream = choose_video(container)
        if stream is None:
            raise NoVideo(path, N_("no picture in it"))
        yield container, stream


def _timeout(path: Path, patience: timedelta) -> MediaTimeout:
    return MediaTimeout(path, f"not read within {patience.total_seconds():g} seconds")


def choose_video(container: InputContainer) -> VideoStream | None:
    """The longest video, None where there is none of a known codec; a cover or thumbnails are none."""
    return max(_videos(container), key=_length, default=None)


def _videos(container: InputContainer) -> list[VideoStream]:
    return [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & _PICTURES
    ]


def _length(stream: VideoStream) -> tuple[float, int, int]:
    """Seconds, then pictures, then pixels where a container does not tell; the first of equals is chosen."""
    seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    tagged = _TAGGED_DURATION.match(stream.metadata.get("DURATION", ""))  # of Matroska
    if not seconds and tagged is not None:
        seconds = int(tagged[1]) * 3600 + int(tagged[2]) * 60 + float(tagged[3])
    return seconds, stream.frames, stream.codec_context.width * stream.codec_context.height


def _sound(stream: AudioStream) -> str:
    return stream.codec_context.codec.canonical_name if stream.codec_context is not None else "unknown"


def _declared_duration(container: InputContainer, stream: VideoStream) -> timedelta | None:
    if stream.duration and stream.time_base:
        return timedelta(seconds=float(stream.duration * stream.time_base))
    return timedelta(seconds=container.duration / av.time_base) if container.duration else None


def _colour(stream: VideoStream) -> Iterator[tuple[str, str]]:
    """The options of the colours that an encoder takes."""
    context = stream.codec_context
    for option, value, specified in (
        ("colorspace", context.colorspace, _MATRICES),
        ("color_primaries", context.color_primaries, _PRIMARIES),
        ("color_trc", context.color_trc, _TRANSFERS),
    ):
        if value in specified:
            yield option, str(int(value))


def _display_matrix(container: InputContainer, stream: VideoStream) -> tuple[int, ...] | None:
    """The matrix that the container has for its video; libav hands it on with each picture only.

    None as well where no picture can be decoded: decoding the file will report that.
    """
    with suppress(FFmpegError):
        for packet in islice(container.demux(stream), _MAX_PACKETS_TO_FIRST_PICTURE):
            for frame in stream.decode(packet):
                side_data = cast("Mapping[SideDataType, SideData]", frame.side_data)  # av's stub has another type
                matrix = side_data.get(SideDataType.DISPLAYMATRIX)
                return _MATRIX.unpack(bytes(matrix)) if matrix is not None else None
    return None


def _positive(value: Fraction | None) -> Fraction | None:
    return value if value is not None and value > 0 else None


def _step(times: tuple[timedelta, ...]) -> timedelta:
    """How long a picture lasts where the container does not say: the mean of what it holds."""
    return (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else _USUAL_STEP
