"""Disks for footage: what is mounted, what each lacks, and how much the cameras will write.

Reads /proc and /sys only; mounts, formats and writes nothing.  What is wrong with a disk is decided by `concerns`,
which is pure.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path

from cctv.core.disks import Volume, volume_of

ASSUMED_BIT_RATE = 4_000_000.0  # bits a second of a camera that did not answer: 1080p H.264 as cameras come
_OVERHEAD = 1.02  # of fragmented MP4 and the index over the stream itself
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "fuse.glusterfs", "afs", "virtiofs"}
)
_DISK_TYPES = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "bcachefs", "nilfs2", "vfat", "exfat", "ntfs3"}
)
WITHOUT_OWNERS = frozenset({"vfat", "exfat", "ntfs3", "fuseblk"})
_NOT_FOR_FOOTAGE = ("/boot", "/proc", "/sys", "/dev", "/run/credentials", "/snap")
_OCTAL = re.compile(r"\\([0-7]{3})")


class Concern(Enum):
    """What is wrong with a disk; the value names it in JSON."""

    UNENCRYPTED = "unencrypted"
    ENCRYPTION_UNKNOWN = "encryption unknown"
    SNAPSHOTS = "snapshots"
    NETWORK = "network"
    SYSTEM_DISK = "system disk"
    NO_OWNERS = "no owners"
    TOO_SMALL = "too small"


CONCERNS: Mapping[Concern, str] = {
    Concern.UNENCRYPTED: "it is not encrypted: whoever takes the disk has the footage; LUKS (cryptsetup) mends that",
    Concern.ENCRYPTION_UNKNOWN: "whether it is encrypted cannot be seen from here",
    Concern.SNAPSHOTS: "it can keep snapshots, in which deleted footage stays: never snapshot it",
    Concern.NETWORK: "it is on the network: recording stops when that does, and the index needs a disk of its own",
    Concern.SYSTEM_DISK: "the system is on it too: each can fill it for the other; footage belongs on its own disk",
    Concern.NO_OWNERS: "its file system keeps no owners and modes of files",
    Concern.TOO_SMALL: "it is too small for the footage of these cameras: the oldest would go before its time",
}


@dataclass(frozen=True, slots=True)
class MountedDisk:
    """A mounted file system; sizes in bytes.  `is_system` is whether the operating system is on it."""

    mount: Path
    size: int
    free: int
    volume: Volume
    is_system: bool


@dataclass(frozen=True, slots=True)
class ExpectedStream:
    """What one camera will write: its bits a second, None where it did not answer, and how long they stay."""

    bits_per_second: float | None
    kept: timedelta


def mounted_disks(mounts: Path = Path("/proc/self/mountinfo")) -> list[MountedDisk]:
    """Every file system that can be written and could hold footage, each once, the largest free space first."""
    disks: dict[int, MountedDisk] = {}
    for mount in _mount_points(mounts):
        try:
            number = mount.stat().st_dev
            if number not in disks and os.access(mount, os.W_OK | os.X_OK):
                disks[number] = disk_of(mount, mount)
        except OSError:  # a network file system that is away
            continue
    return sorted(disks.values(), key=lambda disk: -disk.free)


def disk_of(folder: Path, mount: Path | None = None) -> MountedDisk:
    """The disk of a folder, or of the nearest folder above it that exists; raises OSError.

    `mount` is where it is mounted, None to find that out.
    """
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage, number = shutil.disk_usage(there), there.stat().st_dev
    place = mount or next((path for path in (there, *there.parents) if os.path.ismount(path)), Path("/"))
    return MountedDisk(place, usage.total, usage.free, volume_of(there), number == Path("/").stat().st_dev)


def bytes_needed(streams: Iterable[ExpectedStream]) -> int:
    """The bytes that the streams take once the oldest footage expires as new comes in.  Pure."""
    bits = sum((stream.bits_per_second or ASSUMED_BIT_RATE) * stream.kept.total_seconds() for stream in streams)
    return round(bits / 8 * _OVERHEAD)


def concerns(disk: MountedDisk, needed: int, reserve: float) -> tuple[Concern, ...]:
    """What is wrong with a disk for so many bytes of footage, `reserve` being the share that stays free.  Pure.

    Deleted footage stays readable on an unencrypted disk, and in a snapshot; the operating system and footage fill
    each other's disk.
    """
    found = []
    if disk.volume.file_system in _NETWORK:
        found.append(Concern.NETWORK)
    elif disk.volume.encrypted is None:
        found.append(Concern.ENCRYPTION_UNKNOWN)
    elif not disk.volume.encrypted:
        found.append(Concern.UNENCRYPTED)
    if disk.volume.snapshots:
        found.append(Concern.SNAPSHOTS)
    if disk.volume.file_system in WITHOUT_OWNERS:
        found.append(Concern.NO_OWNERS)
    if disk.is_system:
        found.append(Concern.SYSTEM_DISK)
    if needed > disk.free - disk.size * reserve:
        found.append(Concern.TOO_SMALL)
    return tuple(found)


def storage_on(mount: Path, usual: Path, usual_mount: Path) -> Path:
    """Where the storage goes on a disk: the usual place if that is on it, else a folder `cctv` of its own.  Pure."""
    return usual if mount == usual_mount else mount / "cctv"


def _mount_points(mounts: Path) -> Iterator[Path]:
    """Mount points of disks and of network file systems, in the order of mounting, without what is read-only."""
    for line in mounts.read_text().splitlines():
        before, _, after = line.partition(" - ")
        fields, rest = before.split(), after.split()
        if len(fields) < 6 or len(rest) < 2 or "ro" in fields[5].split(","):
            continue
        path = _OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4])
        is_disk = rest[0] in _DISK_TYPES or rest[0] in _NETWORK or rest[0] == "fuseblk"
        if is_disk and not any(path == place or path.startswith(f"{place}/") for place in _NOT_FOR_FOOTAGE):
            mount = Path(path)
            if mount.is_dir():
                yield mount
