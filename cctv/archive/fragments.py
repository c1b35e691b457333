"""Fragments: what an MP4 of the recorder holds, read from the heads of its fragments.

Reads a few kilobytes for each fragment and no picture.  Owns one question: where are frames missing in a file that its
writer did not live to tell of?  Never writes.
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


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the first fragment: where it ends, ticks a second."""

    size: int
    timescale: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof and its mdat: where, from when and how long in ticks."""

    offset: int
    size: int
    start: int
    durations: tuple[int, ...]

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
            return Header(offset + size, _timescale(moov))
        offset += size
    return None


def fragments(descriptor: int, header: Header) -> Iterator[Fragment]:
    """The whole fragments; ends at a torn one or at what is no fragment."""
    offset, length = header.size, os.fstat(descriptor).st_size
    while offset + 8 <= length:
        head = os.pread(descriptor, _HEAD, offset)
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
    """Where frames are missing in a file: from and until when, counted from the first frame."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        header = read_header(descriptor)
        return holes(list(fragments(descriptor, header)), header.timescale) if header else []
    finally:
        os.close(descriptor)


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


def _samples(moof: bytes) -> tuple[int, tuple[int, ...]]:
    """Start in ticks, duration of each sample."""
    tfhd, tfdt, trun = (moof.index(kind) + 4 for kind in (b"tfhd", b"tfdt", b"trun"))
    start = struct.unpack_from(">Q" if moof[tfdt] == 1 else ">I", moof, tfdt + 4)[0]
    flags = int.from_bytes(moof[trun + 1 : trun + 4], "big")
    count = struct.unpack_from(">I", moof, trun + 4)[0]
    if not flags & 0x100:
        return start, (_default_duration(moof, tfhd),) * count
    at = trun + 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    words = 1 + bool(flags & 0x200) + bool(flags & 0x400) + bool(flags & 0x800)
    return start, tuple(struct.unpack_from(f">{count * words}I", moof, at)[::words])


def _default_duration(moof: bytes, tfhd: int) -> int:
    flags = int.from_bytes(moof[tfhd + 1 : tfhd + 4], "big")
    at = tfhd + 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
    return int(struct.unpack_from(">I", moof, at)[0]) if flags & 0x8 else 0
