"""Decoding one file in this process by PyAV: its pictures as displayed, each with its time.

As strict as `ffmpeg -xerror -err_detect explode -v error`: a packet or a picture that is marked corrupt, an error, and
whatever libav logs as one raise Undecodable, and so does a picture that went in and did not come out: a decoder skips
without a word what it cannot decode before its first key picture.  A decoder in another process would cost two copies
of every picture through a pipe.  Never repairs, repeats, drops or guesses a picture.

With open groups of pictures (x265's usual coding) a file begins with a key picture that does not end what came before:
pictures behind it refer to the group of pictures before it, that of the file `before`, which is decoded first and not
shown.  Without such a file those that are shown before the key picture were never decodable, and do not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from types import TracebackType

import av
import av.error
import av.logging
import numpy as np
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cctv.footage.media import READING, choose_video
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.yuv import Plane, Planes

_MAX_THREADS = 4  # at most; more gain little, and each holds a picture
_STRICT = {"err_detect": "explode"}
_ONE_EACH = frozenset({"h264", "hevc", "mjpeg"})  # a packet is a picture, or half of one; of others some are not shown
_IDR = {"h264": {5}, "hevc": {16, 17, 18, 19, 20}}  # NAL unit types; of H.265 also those that break a link
_MAX_LEADING = 32  # packets: H.264 and H.265 reorder 16 at the most
_BEFORE_TICKS = 1 << 40  # sets the times of what is decoded before a file apart from the file's own


class Undecodable(Exception):
    """A file that cannot be decoded to its end; the message is the decoder's."""


class Decoder:
    """The pictures of one file in the order of presentation, padded to even sides.  Use as a context manager.

    `turn` are the filters that turn the picture as it is to be displayed; `size` is its even size then.  `before` is
    the file that ends where this one begins, of the same recording; None where there is none.
    """

    def __init__(self, path: Path, size: Size, turn: tuple[str, ...] = (), before: Path | None = None) -> None:
        av.logging.set_level(av.logging.PANIC)  # counts complaints, and prints none
        self._complaints, _ = av.logging.get_last_error()
        self._size, self._turn, self._before = size, turn, before
        self._sent: list[int | None] = []
        self._from: int | None = None
        self._shown = self._halves = 0
        self._shape: tuple[str, int, int, int] | None = None
        self._graph: Graph | None = None
        try:
            self._container = av.open(f"file:{path}", options={**READING, **_STRICT})
        except (av.error.FFmpegError, OSError) as error:
            raise Undecodable(str(error)) from error
        stream = choose_video(self._container)
        if stream is None:
            raise Undecodable("it holds no video")
        self._stream: VideoStream = stream
        context = self._stream.codec_context
        context.options = {**_STRICT, "max_pixels": READING["max_pixels"]}
        context.thread_type = "AUTO"
        context.thread_count = min(os.cpu_count() or 1, _MAX_THREADS)

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let the decoder's threads end before it is freed: one that still complains would wait for us for ever."""
        try:
            self._stream.codec_context.flush_buffers()
        finally:
            self._container.close()

    def __iter__(self) -> Iterator[tuple[Planes, int | None]]:
        """Each picture and its time in microseconds, None without one.  Raises Undecodable."""
        guess = _BestTime()
        try:
            for packet in self._packets():
                for frame in self._stream.codec_context.decode(packet):
                    if frame.pts is not None and frame.pts < -_BEFORE_TICKS // 2:
                        continue
                    if frame.is_corrupt:
                        raise Undecodable("a picture is corrupt")
                    self._count(frame)
                    yield self._planes(frame), self._microseconds(guess.of(frame.pts, frame.dts))
                self._check()
        except (av.error.FFmpegError, OSError) as error:
            raise Undecodable(self._complaint() or str(error)) from error
        self._check()
        self._require_all()

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """Every packet, and None at the end, which flushes the decoder."""
        packets = _intact(self._container, self._stream)
        first = list(islice(packets, _MAX_LEADING))
        key = first[0].pts if first and first[0].is_keyframe else None
        if key is not None and _is_open(first[0], self._stream):
            group = self._group_before()
            yield from group
            self._from = None if group else key
        for packet in chain(first, packets):
            if not packet.is_discard:  # by an edit list: a player does not show it, and neither do we
                self._sent.append(packet.pts)
            yield packet
        yield None

    def _group_before(self) -> list[Packet[VideoStream]]:
        """The last group of pictures of the file before this one, if that is the same stream; else nothing."""
        if self._before is None:
            return []
        group: list[Packet[VideoStream]] = []
        with av.open(f"file:{self._before}", options={**READING, **_STRICT}) as container:
            stream = choose_video(container)
            if stream is None or _setup(stream) != _setup(self._stream):
                return []
            for packet in _intact(container, stream):
                group = [packet] if packet.is_keyframe else [*group, packet]
        last = group[-1].dts or 0
        for packet in group:
            packet.pts = None if packet.pts is None else packet.pts - last - _BEFORE_TICKS
            packet.dts = None if packet.dts is None else packet.dts - last - _BEFORE_TICKS
        return group

    def _count(self, frame: VideoFrame) -> None:
        if self._from is None or frame.pts is None or frame.pts >= self._from:
            self._shown += 1
            self._halves += frame.interlaced_frame

    def _require_all(self) -> None:
        """Raise Undecodable where fewer pictures came out than went in; a field may be a packet of its own."""
        if self._stream.codec_context.codec.canonical_name not in _ONE_EACH:
            return
        sent = sum(self._from is None or time is None or time >= self._from for time in self._sent)
        if self._shown < sent and self._shown + self._halves < sent:
            lost = sent - self._shown
            raise Undecodable(f"{lost} of {sent} pictures were not decoded: what they refer to is not in the file")

    def _check(self) -> None:
        complaint = self._complaint()
        if complaint is not None:
            raise Undecodable(complaint)

    def _complaint(self) -> str | None:
        count, last = av.logging.get_last_error()
        if count == self._complaints or last is None:
            return None
        return f"{last[1]}: {last[2].strip()}"

    def _microseconds(self, time: int | None) -> int | None:
        base = self._stream.time_base
        return None if time is None or base is None else _nearest(time * base.numerator * 1_000_000, base.denominator)

    def _planes(self, frame: VideoFrame) -> Planes:
        if frame.format.name != "yuv420p" or self._turn or (frame.width, frame.height) != _sides(self._size):
            frame = self._converted(frame)
        y, u, v = (_plane(frame, index) for index in range(3))
        return Planes(y, u, v)

    def _converted(self, frame: VideoFrame) -> VideoFrame:
        """The picture turned, padded and in yuv420p, by libavfilter; rebuilds the filters when the format changes."""
        shape = (frame.format.name, frame.width, frame.height, int(frame.color_range))
        if self._graph is None or shape != self._shape:
            self._shape = shape
            self._graph = self._filters(frame)
        self._graph.push(frame)
        converted = self._graph.pull()
        if not isinstance(converted, VideoFrame):
            raise Undecodable("a picture has an unknown form")
        return converted

    def _filters(self, frame: VideoFrame) -> Graph:
        width, height = _sides(self._size)
        graph = Graph()
        steps = (
            *self._turn,
            "pad=ceil(iw/2)*2:ceil(ih/2)*2:0:0",
            f"scale={width}:{height}:flags=bicubic:out_range=tv",
            "format=yuv420p",
            "buffersink",
        )
        last = graph.add_buffer(template=self._stream, width=frame.width, height=frame.height, format=frame.format)
        for step in steps:
            name, _, options = step.partition("=")
            following = graph.add(name, options or None)
            last.link_to(following)
            last = following
        graph.configure()
        return graph


def _intact(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise Undecodable("a packet is corrupt")
        if packet.size:  # an empty one means that nothing is new, or that the file ends
            yield packet


def _is_open(packet: Packet[VideoStream], stream: VideoStream) -> bool:
    """Whether a key picture of H.264 or H.265 leaves pictures before it in use: whether it is no IDR picture."""
    codec = stream.codec_context.codec.canonical_name
    if codec not in _IDR:
        return False
    kinds = set()
    for unit in _units(bytes(packet), stream.codec_context.extradata or b""):
        kinds.add(unit & 31 if codec == "h264" else unit >> 1 & 63)
    return not kinds & _IDR[codec]


def _units(data: bytes, extradata: bytes) -> Iterator[int]:
    """The first byte of each NAL unit: behind start codes, or behind lengths where the header is that of MP4."""
    if extradata[:1] != b"\1":
        yield from (match[1][0] for match in re.finditer(rb"\x00\x00\x01(.)", data, re.DOTALL))
        return
    at = 0
    while at + 5 <= len(data):
        yield data[at + 4]
        at += 4 + int.from_bytes(data[at : at + 4], "big")


def _setup(stream: VideoStream) -> tuple[str, int, int, bytes]:
    context = stream.codec_context
    return context.name, context.width, context.height, bytes(context.extradata or b"")


class _BestTime:
    """The time of a picture where its own may be missing or wrong: libavcodec's `guess_correct_pts`."""

    def __init__(self) -> None:
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._faulty_pts = self._faulty_dts = 0

    def of(self, pts: int | None, dts: int | None) -> int | None:
        if dts is not None:
            self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        elif pts is not None:
            self._last_dts = pts
        if pts is not None:
            self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
            self._last_pts = pts
        elif dts is not None:
            self._last_pts = dts
        if pts is not None and (self._faulty_pts <= self._faulty_dts or dts is None):
            return pts
        return dts


def _sides(size: Size) -> tuple[int, int]:
    return size.width, size.height


def _plane(frame: VideoFrame, index: int) -> Plane:
    """One plane as a view that cannot be written: the decoder predicts later pictures from it."""
    plane = frame.planes[index]
    flat: Plane = np.frombuffer(memoryview(plane), np.uint8)
    rows = flat.reshape(plane.height, abs(plane.line_size))[:, : plane.width]
    rows.setflags(write=False)
    return rows if plane.line_size > 0 else rows[::-1]


def _nearest(value: int, by: int) -> int:
    """A rounded quotient, halves away from 0, as libav rounds times."""
    return (2 * abs(value) + by) // (2 * by) * (1 if value >= 0 else -1)
