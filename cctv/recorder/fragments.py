"""Fragments: what an MP4 of the recorder holds, read from the heads of its fragments, while it grows or when closed.

Reads a few kilobytes for each fragment and no picture.  Owns two questions: where are frames missing, and where does
the stream change its size or profile?  ffmpeg writes on in the same file under the old header.  Never writes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

HOLE = timedelta(seconds=0.5)  # shorter ones are no gap that is worth a cause
_HOLE_FRAMES = 3  # at two frames a second nothing is missing after half a second
_HEAD = 8192  # the head of a fragment of 10 s at 50 frames a second
_SLOW_START = 65536  # ftyp and moov take some 1,500 bytes
_H264_SLICES, _H264_PARAMETERS = range(1, 6), 7
_H265_SLICES, _H265_PARAMETERS = range(32), 33


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the first fragment: where it ends, ticks a second, the codec's sample entry."""

    size: int
    timescale: int
    is_h265: bool


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof and its mdat: where, from when and how long in ticks, and the parameter set that it begins with.

    `parameters` is the sequence parameter set (size, profile) in front of a key frame, None where there is none.
    """

    offset: int
    size: int
    data_offset: int
    first_sample_size: int
    start: int
    durations: tuple[int, ...]
    parameters: bytes | None

    @property
    def end(self) -> int:
        return self.start + sum(self.durations)


def read_header(descriptor: int) -> Header | None:
    """The header of an open file, None while it is not whole."""
    head = os.pread(descriptor, _SLOW_START, 0)
    offset = 0
    while len(head) - offset >= 8:
        size, kind = struct.unpack_from(">I4s", head, offset)
        if size < 8 or offset + size > len(head):
            return None
        if kind == b"moov":
            moov = head[offset : offset + size]
            return Header(offset + size, _timescale(moov), b"hvcC" in moov)
        offset += size
    return None


def fragments(descriptor: int, header: Header, since: int = 0) -> Iterator[Fragment]:
    """The whole fragments from an offset on; ends at a torn one or at what is no fragment."""
    offset, length = max(since, header.size), os.fstat(descriptor).st_size
    while offset + 8 <= length:
        head = os.pread(descriptor, _HEAD, offset)
        size, kind = struct.unpack_from(">I4s", head)
        if kind != b"moof" or offset + size + 8 > length:
            return
        moof = head[:size] if size <= len(head) else os.pread(descriptor, size, offset)
        data = head[size:] if len(head) >= size + 64 else os.pread(descriptor, 512, offset + size)
        data_size = struct.unpack_from(">I", data)[0]
        if offset + size + data_size > length:
            return
        start, durations, first = _samples(moof)
        yield Fragment(
            offset=offset,
            size=size + data_size,
            data_offset=offset + size + 8,
            first_sample_size=first,
            start=start,
            durations=durations,
            parameters=_parameters(data[8:data_size], is_h265=header.is_h265),
        )
        offset += size + data_size


def all_fragments(path: Path) -> tuple[Header | None, list[Fragment]]:
    """Header and fragments of a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        header = read_header(descriptor)
        return header, list(fragments(descriptor, header)) if header else []
    finally:
        os.close(descriptor)


def change(found: Sequence[Fragment], before: bytes | None) -> int | None:
    """Which fragment first has another parameter set than the one in force before, None where all have the same."""
    for number, one in enumerate(found):
        if one.parameters is not None:
            if before is not None and one.parameters != before:
                return number
            before = one.parameters
    return None


def holes(found: Sequence[Fragment], timescale: int) -> list[tuple[timedelta, timedelta]]:
    """Where frames are missing: from and until when, counted from the first frame."""
    if not found:
        return []
    durations = [ticks for one in found for ticks in one.durations]
    usual = median(durations)
    least = max(HOLE.total_seconds() * timescale, _HOLE_FRAMES * usual)
    out: list[tuple[float, float]] = []
    for number, one in enumerate(found):
        at = one.start
        for ticks in one.durations:
            if ticks >= least:
                out.append((at + usual, at + ticks))
            at += ticks
        following = found[number + 1].start if number + 1 < len(found) else at
        if following - at >= least:
            out.append((at, following))
    first = found[0].start
    return [
        (timedelta(seconds=(start - first) / timescale), timedelta(seconds=(end - first) / timescale))
        for start, end in out
    ]


def _timescale(moov: bytes) -> int:
    """Of the track: mdhd stands behind mvhd, whose scale is another one."""
    at = moov.index(b"mdhd") + 4
    skipped = 20 if moov[at] == 1 else 12
    return int(struct.unpack_from(">I", moov, at + skipped)[0])


def _samples(moof: bytes) -> tuple[int, tuple[int, ...], int]:
    """Start in ticks, duration of each sample, size of the first."""
    tfhd, tfdt, trun = (moof.index(kind) + 4 for kind in (b"tfhd", b"tfdt", b"trun"))
    start = struct.unpack_from(">Q" if moof[tfdt] == 1 else ">I", moof, tfdt + 4)[0]
    default_duration, default_size = _defaults(moof, tfhd)
    flags = int.from_bytes(moof[trun + 1 : trun + 4], "big")
    count = struct.unpack_from(">I", moof, trun + 4)[0]
    at = trun + 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    has_duration, has_size = bool(flags & 0x100), bool(flags & 0x200)
    words = has_duration + has_size + bool(flags & 0x400) + bool(flags & 0x800)
    values = struct.unpack_from(f">{count * words}I", moof, at)
    durations = values[::words] if has_duration else (default_duration,) * count
    first = values[int(has_duration)] if has_size and count else default_size
    return start, tuple(durations), first


def _defaults(moof: bytes, tfhd: int) -> tuple[int, int]:
    flags = int.from_bytes(moof[tfhd + 1 : tfhd + 4], "big")
    at = tfhd + 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
    duration = size = 0
    if flags & 0x8:
        duration, at = struct.unpack_from(">I", moof, at)[0], at + 4
    if flags & 0x10:
        size = struct.unpack_from(">I", moof, at)[0]
    return duration, size


def _parameters(sample: bytes, *, is_h265: bool) -> bytes | None:
    """The sequence parameter set in front of the first slice of a sample."""
    at = 0
    while at + 5 <= len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        kind = (sample[at + 4] >> 1) & 0x3F if is_h265 else sample[at + 4] & 0x1F
        if kind == (_H265_PARAMETERS if is_h265 else _H264_PARAMETERS):
            return sample[at + 4 : at + 4 + size]
        if size == 0 or kind in (_H265_SLICES if is_h265 else _H264_SLICES):
            return None
        at += 4 + size
    return None
