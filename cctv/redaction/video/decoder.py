"""Decoding one file in this process by PyAV: its pictures as displayed, each with its time.

A file of footage may begin at a picture that others before it are needed for (open GOP, intra refresh).  The file
before it is decoded first then, as far back as needed, and shown nothing of.  Where that file is gone, so are the first
pictures: `lost` counts them.  Whatever else goes in and does not come out raises Undecodable.

As strict as `ffmpeg -xerror -err_detect explode -v error`: a packet or a picture that is marked corrupt, an error, and
whatever libav logs as one raise Undecodable.  A decoder in another process would cost two copies of every picture
through a pipe.  Never repairs, repeats, drops or guesses a picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
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

from cctv.cameras.reorder import field_number_bits
from cctv.cameras.rtp import START_CODE
from cctv.footage.ingest import file_before
from cctv.footage.media import READING, choose_video
from cctv.recording.access_units import Entry, entry_of, holds_picture, is_field
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.yuv import Plane, Planes

_STRICT = {"err_detect": "explode"}
_MAX_THREADS = 4  # at most; more gain little, and each holds a picture
MOST_RUN_IN = 5  # files; a GOP of 250 s in segments of 60 s
_RUN_IN_TICKS = 1 << 40  # by which the times of pictures that are only decoded lie before all others
_ONE_EACH = frozenset({"h264", "hevc", "mjpeg"})  # a packet is a picture, or a field; of others some are not shown
_LENGTH_BYTES = 4  # of a NAL unit, as the recorder writes it
_MAX_LEADING = 16  # pictures that a decoder holds back (ITU-T H.264, A.3.1)
_FORGIVEN = _MAX_LEADING + _MAX_THREADS  # pictures after a start that may release references to what is gone


class Undecodable(Exception):
    """A file that cannot be decoded to its end; the message is the decoder's."""


class Decoder:
    """The pictures of one file in the order of presentation, padded to even sides.  Use as a context manager.

    `turn` are the filters that turn the picture as it is to be displayed; `size` is its even size then.  `is_alone`: it
    is no part of a recording, so that nothing but the leading pictures of its first key picture may be lost.
    """

    def __init__(self, path: Path, size: Size, turn: tuple[str, ...] = (), *, is_alone: bool = False) -> None:
        av.logging.set_level(av.logging.PANIC)  # counts complaints, and prints none
        self._complaints, _ = av.logging.get_last_error()
        self._path, self._size, self._turn, self._is_alone = path, size, turn, is_alone
        self.lost = 0
        """Pictures at the start that cannot be decoded, as the file before is gone; complete at the end."""
        self._count = _Count()
        self._number_bits: int | None = None  # of frame_num, where a packet may hold a field of H.264
        self._shape: tuple[str, int, int, int] | None = None
        self._graph: Graph | None = None
        try:
            self._start = _start_of(path)
            self._container = av.open(f"file:{path}", options={**READING, **_STRICT})
        except (av.error.FFmpegError, OSError) as error:
            raise Undecodable(str(error)) from error
        stream = choose_video(self._container)
        if stream is None:
            raise Undecodable("it holds no video")
        self._stream: VideoStream = stream
        if _has_lengths(stream) and not self._is_h265:
            self._number_bits = field_number_bits(_first_sps(stream.codec_context.extradata or b""))
        context = self._stream.codec_context
        strict = {} if self._is_led else _STRICT  # else a reference to what is gone would cost a picture that is whole
        context.options = {**strict, "max_pixels": READING["max_pixels"]}
        context.thread_type = "AUTO"
        context.thread_count = min(os.cpu_count() or 1, _MAX_THREADS)

    @property
    def _is_led(self) -> bool:
        """Whether the first pictures refer to others before the file."""
        return self._start is not None and self._start.entry is not Entry.CLOSED

    @property
    def _is_h265(self) -> bool:
        return self._stream.codec_context.name == "hevc"

    @property
    def starts_at(self) -> int | None:
        """The time of the file's first picture in microseconds, also where that is lost; None where not known."""
        return self._microseconds(self._start.time) if self._start is not None else None

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
        guess, count = _BestTime(), self._count
        if self._is_led:
            self._run_in()
        try:
            for packet in self._packets():
                is_forgiven = self._is_led and count.went_in <= _FORGIVEN
                for frame in self._decoded(packet, is_forgiven=is_forgiven):
                    if frame.pts is not None and frame.pts < -_RUN_IN_TICKS // 2:
                        continue
                    if frame.is_corrupt:
                        raise Undecodable("a picture is corrupt")
                    count.note_out(frame)
                    yield self._planes(frame), self._microseconds(guess.of(frame.pts, frame.dts))
                if not is_forgiven:
                    self._check()
        except (av.error.FFmpegError, OSError) as error:
            raise Undecodable(self._complaint() or str(error)) from error
        self._check()
        self.lost = count.lost_at_start if self._is_led and not self._is_alone else count.leading
        if missing := max(0, count.missing - self.lost):
            raise Undecodable(f"{missing} of {count.went_in} pictures did not come out")

    def _decoded(self, packet: Packet[VideoStream] | None, *, is_forgiven: bool) -> list[VideoFrame]:
        """What comes out; `is_forgiven`: a picture may refer to what is gone."""
        try:
            return self._stream.codec_context.decode(packet)
        except av.error.FFmpegError:
            if not is_forgiven:
                raise
            return []
        finally:
            if is_forgiven:
                self._complaints, _ = av.logging.get_last_error()

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """Every packet, and None at the end, which flushes the decoder."""
        for packet in self._container.demux(self._stream):
            if packet.is_corrupt:
                raise Undecodable("a packet is corrupt")
            if packet.size:  # an empty one means that nothing is new, or that the file ends
                self._note_in(packet)
                yield packet
        yield None

    def _note_in(self, packet: Packet[VideoStream]) -> None:
        """Count a packet for which a picture is to come out: none of what is not known, and what an edit list omits."""
        if packet.is_discard or self._stream.codec_context.codec.canonical_name not in _ONE_EACH:
            return
        if not _has_lengths(self._stream):
            self._count.note_in(packet, is_field=None)
            return
        data = _annex_b(packet)
        if holds_picture(data, is_h265=self._is_h265):
            bits = self._number_bits
            self._count.note_in(packet, is_field=bits is not None and is_field(data, bits))

    def _run_in(self) -> None:
        """Have the pictures decoded that the first ones of the file refer to, as far as they are there."""
        for file in _files_before(self._path, self._start):
            with av.open(f"file:{file}", options=dict(READING)) as container:
                before = choose_video(container)
                if before is None or before.codec_context.extradata != self._stream.codec_context.extradata:
                    return
                for packet in container.demux(before):
                    if packet.size and packet.pts is not None and packet.dts is not None:
                        packet.pts, packet.dts = packet.pts - _RUN_IN_TICKS, packet.dts - _RUN_IN_TICKS
                        self._decoded(packet, is_forgiven=True)

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
        y, u, v = (plane_of(frame, index) for index in range(3))
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


class _Count:
    """The pictures that went into a decoder and came out of it, as far as that can be told."""

    def __init__(self) -> None:
        self._times: list[int | None] = []
        self._key: int | None = None  # time of the first picture, if it is a key picture
        self._first: int | None = None
        self._fields, self._is_known = 0, True
        self._out, self._is_interlaced = 0, False

    def note_in(self, packet: Packet[VideoStream], *, is_field: bool | None) -> None:
        """Note a picture, or one of its two fields; None where that is not known."""
        if not self._times and packet.is_keyframe:
            self._key = packet.pts
        self._times.append(packet.pts)
        self._fields += bool(is_field)
        self._is_known = self._is_known and is_field is not None

    def note_out(self, frame: VideoFrame) -> None:
        self._out += 1
        self._is_interlaced = self._is_interlaced or bool(frame.interlaced_frame)
        if self._first is None:
            self._first = frame.pts

    @property
    def went_in(self) -> int:
        return len(self._times)

    @property
    def missing(self) -> int:
        """Two fields come out as one picture; where they cannot be told, any interlaced one may have been two."""
        fields = self._fields if self._is_known else self.went_in * self._is_interlaced
        return max(0, self.went_in - fields // 2 - self._out)

    @property
    def lost_at_start(self) -> int:
        """Those shown before the first that came out."""
        return self._shown_before(self._first)

    @property
    def leading(self) -> int:
        """Those shown before the key picture that the file begins with: they refer to what came before it."""
        return self._shown_before(self._key)

    def _shown_before(self, time: int | None) -> int:
        """Of those that are missing."""
        if time is None:
            return 0
        return min(self.missing, sum(at is not None and at < time for at in self._times))


def _files_before(path: Path, start: _Start | None) -> tuple[Path, ...]:
    """The files whose pictures the first ones of a file refer to, in order; none where one of them is gone."""
    files: list[Path] = []
    while start is not None and start.entry < (Entry.GRADUAL if files else Entry.CLOSED):
        before = file_before(files[0] if files else path)
        if before is None or len(files) == MOST_RUN_IN:
            return ()
        files.insert(0, before)
        start = _start_of(before)
    return tuple(files)


@dataclass(frozen=True, slots=True)
class _Start:
    """How well decoding can begin at a file, and the time of its first picture in ticks, whether it can be decoded."""

    entry: Entry
    time: int


def _start_of(path: Path) -> _Start | None:
    """None for a file of another make than the recorder's.  An open start that no leading picture follows is closed."""
    with av.open(f"file:{path}", options=dict(READING)) as container:
        stream = choose_video(container)
        if stream is None or not _has_lengths(stream):
            return None
        packets = [packet for packet in islice(container.demux(stream), 1 + _MAX_LEADING) if packet.size]
        times = [packet.pts for packet in packets if packet.pts is not None]
        if not packets or len(times) < len(packets):
            return None
        entry = entry_of(_annex_b(packets[0]), is_h265=stream.codec_context.name == "hevc")
        is_closed = entry is Entry.OPEN and min(times) == times[0]
        return _Start(Entry.CLOSED if is_closed else entry, min(times))


def _has_lengths(stream: VideoStream) -> bool:
    """Whether packets hold NAL units of H.264 or H.265 behind lengths of four bytes (ISO/IEC 14496-15)."""
    at = {"h264": 4, "hevc": 21}.get(stream.codec_context.name)
    extradata = stream.codec_context.extradata or b""
    return at is not None and len(extradata) > at and extradata[0] == 1 and extradata[at] & 3 == _LENGTH_BYTES - 1


def _first_sps(config: bytes) -> bytes:
    """Of the configuration of H.264 (ISO/IEC 14496-15, 5.3.3.1)."""
    return config[8 : 8 + int.from_bytes(config[6:8], "big")] if len(config) > 8 and config[5] & 0x1F else b""


def _annex_b(packet: Packet[VideoStream]) -> bytes:
    data, at, units = bytes(packet), 0, []
    while at + _LENGTH_BYTES < len(data):
        size = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        units += [START_CODE, data[at + _LENGTH_BYTES : at + _LENGTH_BYTES + size]]
        at += _LENGTH_BYTES + size
    return b"".join(units)


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


def plane_of(frame: VideoFrame, index: int) -> Plane:
    """One plane as a view that cannot be written: the decoder predicts later pictures from it."""
    plane = frame.planes[index]
    flat: Plane = np.frombuffer(memoryview(plane), np.uint8)
    rows = flat.reshape(plane.height, abs(plane.line_size))[:, : plane.width]
    rows.setflags(write=False)
    return rows if plane.line_size > 0 else rows[::-1]


def _nearest(value: int, by: int) -> int:
    """A rounded quotient, halves away from 0, as libav rounds times."""
    return (2 * abs(value) + by) // (2 * by) * (1 if value >= 0 else -1)
