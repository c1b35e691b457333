"""Encoding video in this process by PyAV: the redacted picture as H.264, the mask as FFV1.

Frames keep the times that the caller passes.  Never writes sound, metadata, chapters or the encoder's name, and never
leaves an unfinished file.  An encoder in another process would cost two copies of every picture through a pipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol

import av
import av.error
import av.logging
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.codec.context import ThreadType
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cctv.core.medium import medium_error
from cctv.redaction.errors import RenderFailed
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.packets import Coded, StreamHeader
from cctv.redaction.video.yuv import Plane, Planes

CRF = 20
PRESET = "veryfast"
_TICK = Fraction(1, 90_000)  # seconds: what every player knows
_MICROSECOND = Fraction(1, 1_000_000)
_NO_NOTE = "filter_units=remove_types=6"  # x264 writes its name and settings there
_SINGLE_PICTURE_US = 40_000  # microseconds that a single picture lasts


@dataclass(frozen=True, slots=True)
class Picture:
    """How the output's picture is described."""

    size: Size  # as displayed; may be odd
    aspect: Fraction = Fraction(1)  # of one pixel
    colour: tuple[tuple[str, str], ...] = ()  # libavcodec's options


@dataclass(frozen=True, slots=True)
class _Coding:
    """A codec in its container, and its pixel format."""

    codec: str
    decoder: str
    container: str
    layout: str
    options: dict[str, str]
    muxing: dict[str, str]
    tick: Fraction
    bitstream: str | None = None


class Watcher(Protocol):
    """Sees every packet of a video before it goes into the file, in order."""

    def begin(self, header: StreamHeader) -> None:
        """What a decoder needs before the first packet."""

    def packet(self, packet: Coded) -> None:
        """The next packet."""


class VideoWriter:
    """Encodes pictures to `path` until closed; on any error the file is removed.  Use as a context manager.

    `times` are microseconds, one for each picture, rising from 0.  `watcher` is shown every packet, if given.
    """

    def __init__(
        self,
        path: Path,
        picture: Picture,
        coding: _Coding,
        times: Sequence[int],
        watcher: Watcher | None = None,
    ) -> None:
        self.path = path
        self.count = 0
        self._watcher = watcher
        self._picture, self._coding, self._times = picture, coding, times
        av.logging.set_level(av.logging.PANIC)  # failures are raised; nothing is printed
        options = {"fflags": "+bitexact", **coding.muxing}
        try:
            self._container = av.open(f"file:{path}", "w", format=coding.container, options=options)
        except (av.error.FFmpegError, OSError) as error:
            if (refused := medium_error(error, path)) is not None:
                raise refused from error
            raise RenderFailed(path=path, problem=str(error)) from error
        with self._failing():
            self._stream = self._opened()
            self._container.start_encoding()
            self._filter = BitStreamFilterContext(coding.bitstream, self._stream) if coding.bitstream else None
        if watcher is not None:
            context = self._stream.codec_context
            watcher.begin(StreamHeader(coding.decoder, context.extradata or b"", self._picture.size))

    def _opened(self) -> VideoStream:
        options = {"flags": "+bitexact", **self._coding.options, **dict(self._picture.colour)}
        stream = self._container.add_stream(self._coding.codec, rate=_rate(self._times), options=options)
        assert isinstance(stream, VideoStream)  # both codecs are
        stream.width, stream.height = self._picture.size.width, self._picture.size.height
        stream.pix_fmt = self._coding.layout
        context = stream.codec_context
        context.sample_aspect_ratio = self._picture.aspect
        context.time_base = self._coding.tick
        context.thread_count, context.thread_type = 0, ThreadType.FRAME  # as many as fit the machine, a picture each
        return stream

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            try:
                with self._failing():
                    self._encode(None)
                    self._mux(None)
                    self._container.close()
            except BaseException:
                self._abandon()  # the watcher refused a packet
                raise
        else:
            self._abandon()

    def write(self, *planes: Plane) -> None:
        """Encode the next picture from its planes.  Raises RenderFailed."""
        frame = VideoFrame(self._picture.size.width, self._picture.size.height, self._coding.layout)
        for into, plane in zip(frame.planes, planes, strict=True):
            rows = np.frombuffer(memoryview(into), np.uint8).reshape(into.height, into.line_size)
            np.copyto(rows[:, : into.width], plane)
        frame.pts, frame.time_base = self._ticks(self._times[self.count]), self._coding.tick
        self.count += 1
        with self._failing():
            self._encode(frame)

    def _encode(self, frame: VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._mux(packet)

    def _mux(self, packet: Packet[VideoStream] | None) -> None:
        """Write a packet; None flushes.

        The last packet carries the duration of the last picture: without it, players skip that where frames were
        reordered.
        """
        filtered = self._filter.filter(packet) if self._filter is not None else [packet] if packet is not None else []
        last = self._times[-1] - self._times[-2] if len(self._times) > 1 else _SINGLE_PICTURE_US
        for outgoing in filtered:
            outgoing.stream = self._stream
            outgoing.time_base = self._coding.tick
            outgoing.duration = max(1, self._ticks(last))
            if self._watcher is not None:
                assert outgoing.pts is not None  # every picture was given its time
                self._watcher.packet(Coded(bytes(outgoing), self._microseconds(outgoing.pts)))
            self._container.mux(outgoing)

    def _ticks(self, microseconds: int) -> int:
        return round(microseconds * _MICROSECOND / self._coding.tick)

    def _microseconds(self, ticks: int) -> int:
        return round(ticks * self._coding.tick / _MICROSECOND)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Whatever libav refuses ends the writing, and leaves nothing behind."""
        try:
            yield
        except (av.error.FFmpegError, OSError) as error:
            self._abandon()
            if (refused := medium_error(error, self.path)) is not None:
                raise refused from error
            raise RenderFailed(path=self.path, problem=str(error)) from error

    def _abandon(self) -> None:
        with suppress(av.error.FFmpegError, OSError):  # the file is deleted anyway
            self._container.close()
        if self.path.exists():  # a read-only disk refuses to look for what is not there
            self.path.unlink()


def from_first(times: Sequence[int]) -> tuple[int, ...]:
    """The times of a file's pictures as it has them: from its first one on.

    A first time that is later would be an empty edit in MP4, which players show as a still or as black.
    """
    return tuple(time - times[0] for time in times)


def write_planes(writer: VideoWriter, planes: Planes) -> None:
    """Encode one yuv420p picture."""
    writer.write(planes.y, planes.u, planes.v)


def h264_writer(path: Path, picture: Picture, times: Sequence[int], watcher: Watcher | None = None) -> VideoWriter:
    """H.264 in MP4 with the index first, 8-bit 4:2:0: what every player and every hardware decoder takes.

    An odd size is rounded up to an even one, which 4:2:0 needs: the planes have the row or column more, in black.
    """
    coding = _Coding(
        "libx264",
        "h264",
        "mp4",
        "yuv420p",
        {"preset": PRESET, "crf": str(CRF)},
        {"movflags": "+faststart", "video_track_timescale": str(_TICK.denominator)},
        _TICK,
        _NO_NOTE,
    )
    return VideoWriter(path, replace(picture, size=picture.size.even()), coding, times, watcher)


def mask_writer(path: Path, size: Size, times: Sequence[int], watcher: Watcher | None = None) -> VideoWriter:
    """FFV1 in Matroska, 8-bit gray, each frame a key frame with checksums; of the size of the video."""
    options = {"level": "3", "g": "1", "slicecrc": "1"}
    coding = _Coding("ffv1", "ffv1", "matroska", "gray", options, {}, _MICROSECOND)
    return VideoWriter(path, Picture(size.even()), coding, times, watcher)


def _rate(times: Sequence[int]) -> Fraction:
    """Pictures a second in the mean: what the encoder plans with."""
    lasting = times[-1] - times[0]
    if lasting <= 0:
        return Fraction(25)
    return max(Fraction((len(times) - 1) * 1_000_000, lasting).limit_denominator(1001), Fraction(1, 1001))
