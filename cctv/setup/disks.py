"""Disks for the footage of a new box: what is mounted, what is wrong with each, and how much the cameras will write.

What is wrong with a disk in itself is the rule of `cctv.core.disks`; here is added what a choice between disks asks:
whether the system is on it, and whether it is large enough.  Mounts, formats and writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from cctv.core.disks import MOUNTS, DiskFacts, DiskProblem, disks_for_files, judge, read_disk, read_mounts

ASSUMED_BIT_RATE = 4_000_000.0  # bits a second of a camera that did not answer: 1080p H.264 as cameras come
_OVERHEAD = 1.02  # of fragmented MP4 and the index over the stream itself
_NOT_FOR_FOOTAGE = ("/boot", "/proc", "/sys", "/dev", "/run/credentials", "/snap")


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that speaks against a disk: in two words, and in a sentence with its reason."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class MountedDisk:
    """A mounted file system; sizes in bytes.  `is_system` is whether the operating system is on it."""

    mount: Path
    facts: DiskFacts
    is_system: bool

    @property
    def size(self) -> int:
        return self.facts.total_bytes

    @property
    def free(self) -> int:
        return self.facts.free_bytes

    @property
    def device(self) -> str:
        return self.facts.mount.source if self.facts.mount else "unknown"

    @property
    def keeps_owners(self) -> bool:
        """Whether its file system has owners and modes, without which no storage can be."""
        return all(risk.problem is not DiskProblem.OWNERLESS for risk in judge(self.facts))


@dataclass(frozen=True, slots=True)
class ExpectedStream:
    """What one camera will write: its bits a second, None where it did not answer, and how long they stay."""

    bits_per_second: float | None
    kept: timedelta


def mounted_disks(mounts: Path = MOUNTS) -> list[MountedDisk]:
    """Every file system that can be written and could hold footage, each once, the largest free space first."""
    disks: dict[int, MountedDisk] = {}
    for mount in disks_for_files(read_mounts(mounts)):
        place = mount.point
        if any(place == Path(other) or place.is_relative_to(other) for other in _NOT_FOR_FOOTAGE):
            continue
        try:
            number = place.stat().st_dev
            if number not in disks and place.is_dir() and os.access(place, os.W_OK | os.X_OK):
                disks[number] = MountedDisk(place, replace(read_disk(place), mount=mount), _is_system(number))
        except OSError:  # a network file system that is away
            continue
    return sorted(disks.values(), key=lambda disk: -disk.free)


def disk_of(folder: Path) -> MountedDisk:
    """The disk of a folder, or of the nearest folder above it that exists; raises OSError."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    facts = read_disk(there)
    mount = facts.mount.point if facts.mount else next(path for path in (there, *there.parents) if path.is_mount())
    return MountedDisk(mount, facts, _is_system(there.stat().st_dev))


def bytes_needed(streams: Iterable[ExpectedStream]) -> int:
    """The bytes that the streams take once the oldest footage expires as new comes in.  Pure."""
    bits = sum((stream.bits_per_second or ASSUMED_BIT_RATE) * stream.kept.total_seconds() for stream in streams)
    return round(bits / 8 * _OVERHEAD)


def concerns(disk: MountedDisk, needed: int, reserve: float) -> tuple[Concern, ...]:
    """What speaks against a disk for so many bytes of footage, `reserve` being the share that stays free.  Pure."""
    found = [Concern(risk.problem.value, f"{risk.text}: {risk.why}") for risk in judge(disk.facts)]
    if disk.is_system:
        text = "the system is on it too: each can fill it for the other; footage belongs on a disk of its own"
        found.append(Concern("system disk", f"{disk.mount}: {text}"))
    if needed > disk.free - disk.size * reserve:
        text = "it is too small for the footage of these cameras: the oldest would go before its time"
        sizes = f"{needed / 1e9:.0f} GB needed, {disk.free / 1e9:.0f} GB free"
        found.append(Concern("too small", f"{disk.mount}: {text} ({sizes})"))
    return tuple(found)


def storage_on(mount: Path, usual: Path, usual_mount: Path) -> Path:
    """Where the storage goes on a disk: the usual place if that is on it, else a folder `cctv` of its own.  Pure."""
    return usual if mount == usual_mount else mount / "cctv"


def _is_system(number: int) -> bool:
    return number == Path("/").stat().st_dev
