"""Mending: a file in which the stream changed is parted at the change, and the second part gets a header of its own.

ffmpeg 5.1 goes on in the same file with the old size in its header.  A fragment begins at each key frame, so the file
can be parted there without touching a frame: the fragments stay as they are, only their times begin anew.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from cctv.kernel import process
from cctv.kernel.durable import Disk
from cctv.recorder.fragments import Fragment, Header, all_fragments, change, holes

_SECOND = 900_000  # added to a file's index: `archive.layout` reads the name, and no run has so many files


@dataclass(frozen=True, slots=True)
class Part:
    """A file with one format: from and until when after the start of the file that ffmpeg closed; where frames miss."""

    path: Path
    start: timedelta
    end: timedelta | None  # None: where the closed file ends
    holds: timedelta | None  # what its whole fragments hold; None where nobody can say
    holes: tuple[tuple[timedelta, timedelta], ...]  # counted from the part's own start


@dataclass(frozen=True, slots=True)
class Examined:
    """The parts of a closed file, the parameter set of its run's header, and whether another one was found."""

    parts: tuple[Part, ...]
    parameters: bytes | None
    changed: bool


def examine(path: Path, parameters: bytes | None, disk: Disk) -> Examined:
    """Look a closed file through, and give what follows a change its own header.

    `parameters` are those of the run's first file, for which ffmpeg wrote all its headers; None for that file.
    """
    header, found = all_fragments(path)
    if header is None or not found:
        return Examined((Part(path, timedelta(0), None, None, ()),), parameters, changed=False)
    told = parameters or next((one.parameters for one in found if one.parameters), None)
    number = change(found, told)
    if number is None:
        return Examined((_whole(path, header, found),), told, changed=False)
    if number == 0:
        _replace(path, header, found, disk)
        rest = examine(path, found[0].parameters, disk)
        return Examined(rest.parts, told, changed=True)
    at = timedelta(seconds=(found[number].start - found[0].start) / header.timescale)
    rest = examine(_part(path, header, found[number:], disk), found[number].parameters, disk)
    later = (replace(one, start=one.start + at, end=one.end + at if one.end else None) for one in rest.parts)
    first = replace(_whole(path, header, found[:number]), end=at)
    return Examined((first, *later), told, changed=True)


def _whole(path: Path, header: Header, found: list[Fragment]) -> Part:
    holds = timedelta(seconds=(found[-1].end - found[0].start) / header.timescale)
    return Part(path, timedelta(0), None, holds, tuple(holes(found, header.timescale)))


def _replace(path: Path, header: Header, found: list[Fragment], disk: Disk) -> None:
    """A whole file gets another header: written beside it, flushed, put in its place."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        making = _written(path.with_suffix(".making"), descriptor, header, found, disk)
    finally:
        os.close(descriptor)
    making.replace(path)
    disk.sync_directory(path.parent)


def _written(making: Path, descriptor: int, header: Header, found: list[Fragment], disk: Disk) -> Path:
    with making.open("wb") as file:
        file.write(_new_header(descriptor, header, found[0]))
        for one in found:
            file.write(_begun_anew(os.pread(descriptor, one.size, one.offset), found[0].start))
    disk.sync_file(making)
    return making


def _part(path: Path, header: Header, second: list[Fragment], disk: Disk) -> Path:
    """Move fragments into a file with a header of their own, and answer it.  Dies without losing a frame.

    1. the second file under a name that is none of ours   (crash: start-up puts it in quarantine, the first is whole)
    2. the first file ends where the second begins         (crash: the same, and nothing is in both)
    3. the second file gets its name                       (crash: both are adopted)
    """
    stem, _, index = path.stem.rpartition("-")
    beside = path.with_name(f"{stem}-{int(index) + _SECOND:06d}.mp4")
    descriptor = os.open(path, os.O_RDWR)
    try:
        making = _written(beside.with_suffix(".making"), descriptor, header, second, disk)
        os.ftruncate(descriptor, second[0].offset)
    finally:
        os.close(descriptor)
    disk.rename(making, beside)
    return beside


def _new_header(descriptor: int, header: Header, fragment: Fragment) -> bytes:
    """ftyp and moov, as ffmpeg makes them of the first frame."""
    sample = os.pread(descriptor, fragment.first_sample_size, fragment.data_offset)
    form = "hevc" if header.is_h265 else "h264"
    flags = "frag_keyframe+empty_moov+default_base_moof"
    command = ["ffmpeg", "-v", "error", "-f", form, "-i", "pipe:0", "-map", "0:v:0", "-c", "copy", "-tag:v"]
    command += ["hvc1" if header.is_h265 else "avc1", "-video_track_timescale", str(header.timescale)]
    made = process.run([*command, "-f", "mp4", "-movflags", flags, "pipe:1"], stdin=_annex_b(sample))
    return made[: made.index(b"moof") - 4]


def _annex_b(sample: bytes) -> bytes:
    out, at = b"", 0
    while at + 4 <= len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        out += b"\0\0\0\1" + sample[at + 4 : at + 4 + size]
        at += 4 + size
    return out


def _begun_anew(fragment: bytes, zero: int) -> bytes:
    """The same fragment, its time counted from `zero`."""
    at = fragment.index(b"tfdt") + 4
    form = ">Q" if fragment[at] == 1 else ">I"
    start = struct.unpack_from(form, fragment, at + 4)[0]
    return fragment[: at + 4] + struct.pack(form, start - zero) + fragment[at + 4 + struct.calcsize(form) :]
