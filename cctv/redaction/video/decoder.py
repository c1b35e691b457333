"""Decoding one file in this process by PyAV: its pictures as displayed, each with its time.

As strict as `ffmpeg -xerror -err_detect explode -v error`: a packet or a picture that is marked corrupt, an error, and
whatever libav logs as one raise Undecodable.  A decoder in another process would cost two copies of every picture
through a pipe.  Never repairs, repeats, drops or guesses a picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import av
import av.error
import av.logging
import numpy as np
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cctv.footage.media import READING, choose_video
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.yuv import Plane, Planes

_MAX_THREADS = 4  # at most; more gain little, and each holds a picture
_STRICT = {"err_detect": "explode"}


class Undecodable(Exception):
    """A file that cannot be decoded to its end; the message is the decoder's."""


class Decoder:
    """The pictures of one file in the order of presentation, padded to even sides.  Use as a context manager.

    `turn` are the filters that turn the picture as it is to be displayed; `size` is its even size then.
    """

    def __init__(self, path: Path, size: Size, turn: tuple[str, ...] = ()) -> None:
        av.logging.set_level(av.logging.PANIC)  # counts complaints, and prints none
        self._complaints, _ = av.logging.get_last_error()
        self._size, self._turn = size, turn
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
                    if frame.is_corrupt:
                        raise Undecodable("a picture is corrupt")
                    yield self._planes(frame), self._microseconds(guess.of(frame.pts, frame.dts))
                self._check()
        except (av.error.FFmpegError, OSError) as error:
            raise Undecodable(self._complaint() or str(error)) from error
        self._check()

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """Every packet, and None at the end, which flushes the decoder."""
        for packet in self._container.demux(self._stream):
            if packet.is_corrupt:
                raise Undecodable("a packet is corrupt")
            if packet.size:  # an empty one means that nothing is new, or that the file ends
                yield packet
        yield None

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
