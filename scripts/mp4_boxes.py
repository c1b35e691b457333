"""What the boxes of an MP4 say of whether players take it (ISO 14496-12, -15); used by scripts/players and tests.

Reads heads of boxes only and never decodes.  Knows the boxes that Apple's, Microsoft's and browsers' players insist on.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex"}
_SAMPLE_ENTRY_BYTES = 78  # of a VisualSampleEntry, before the boxes in it
_PLAYED_PROFILES = {66, 77, 100}  # Baseline, Main, High: 8-bit 4:2:0, which every hardware decoder has


@dataclass
class Boxes:
    """`order` are the top-level boxes; `edits` are (duration, media time) in their own ticks; times are ticks."""

    order: list[str] = field(default_factory=list)
    codec: str = ""
    profile: int = 0
    level: int = 0
    width: int = 0
    height: int = 0
    timescale: int = 0
    edits: list[tuple[int, int]] = field(default_factory=list)
    durations: set[int] = field(default_factory=set)
    offsets: bool = False
    first_offset: int = 0
    fragmented: bool = False
    tracks: int = 0


def boxes_of(path: Path) -> Boxes:
    """The boxes of a file; raises ValueError for what is no MP4."""
    data = path.read_bytes()
    found = Boxes()
    for kind, start, end in _boxes(data, 0, len(data)):
        found.order.append(kind.decode("latin-1"))
        if kind == b"moov":
            _walk(data, start, end, found)
    if "moov" not in found.order:
        raise ValueError(f"{path} has no moov")
    return found


def complaints(found: Boxes, *, leaves: bool, encoded: bool) -> list[str]:
    """What a player may not take.

    `leaves` asks for what a file that leaves the site needs besides; `encoded` judges profile and level too, which are
    the camera's where its pictures are copied.
    """
    problems = []
    if found.codec not in ("avc1", "hvc1"):
        problems.append(f"sample entry {found.codec}: Apple plays avc1 and hvc1")
    if found.tracks != 1:
        problems.append(f"{found.tracks} tracks")
    if encoded and found.profile not in _PLAYED_PROFILES:
        problems.append(f"H.264 profile {found.profile}")
    if encoded and found.level > 52:
        problems.append(f"H.264 level {found.level}")
    if any(time < 0 for _, time in found.edits):
        problems.append("an empty edit: the picture begins late")
    if len(found.edits) > 1:
        problems.append("several edits")
    if found.edits and found.edits[0][1] != found.first_offset:
        problems.append(f"an edit of {found.edits[0][1]} ticks where the first picture is at {found.first_offset}")
    if leaves:
        if found.fragmented:
            problems.append("fragments: some players show no length and do not seek")
        if found.order.index("moov") > found.order.index("mdat"):
            problems.append("moov behind mdat: a browser waits for the whole file")
    return problems


def _walk(data: bytes, start: int, end: int, found: Boxes) -> None:
    for kind, begin, stop in _boxes(data, start, end):
        if kind == b"trak":
            found.tracks += 1
        if kind == b"mvex":
            found.fragmented = True
        if kind in _CONTAINERS:
            _walk(data, begin, stop, found)
        elif kind in _READERS:
            _READERS[kind](data[begin:stop], found)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        size = size or end - start
        if size < head or start + size > end:
            raise ValueError(f"box {kind!r} at {start} is torn")
        yield kind, start + head, start + size
        start += size


def _mdhd(body: bytes, found: Boxes) -> None:
    found.timescale = struct.unpack_from(">I", body, 20 if body[0] else 12)[0]


def _elst(body: bytes, found: Boxes) -> None:
    count = struct.unpack_from(">I", body, 4)[0]
    entry = ">Qq" if body[0] else ">Ii"
    step = struct.calcsize(entry) + 4
    found.edits = [struct.unpack_from(entry, body, 8 + index * step) for index in range(count)]


def _stts(body: bytes, found: Boxes) -> None:
    count = struct.unpack_from(">I", body, 4)[0]
    found.durations = {struct.unpack_from(">II", body, 8 + 8 * index)[1] for index in range(count)}


def _ctts(body: bytes, found: Boxes) -> None:
    if struct.unpack_from(">I", body, 4)[0]:
        found.offsets, found.first_offset = True, struct.unpack_from(">i", body, 12)[0]


def _stsd(body: bytes, found: Boxes) -> None:
    size, kind = struct.unpack_from(">I4s", body, 8)
    found.codec = kind.decode("latin-1")
    entry = body[16 : 8 + size]
    found.width, found.height = struct.unpack_from(">HH", entry, 24)
    for inner, begin, _ in _boxes(entry, _SAMPLE_ENTRY_BYTES, len(entry)):
        if inner == b"avcC":
            found.profile, found.level = entry[begin + 1], entry[begin + 3]
        if inner == b"hvcC":
            found.profile, found.level = entry[begin + 1] & 31, entry[begin + 12]


_READERS = {b"mdhd": _mdhd, b"elst": _elst, b"stts": _stts, b"ctts": _ctts, b"stsd": _stsd}
