"""Disks: what a folder stands on, and what is wrong with it as a place for footage.

* `read_disk` reads facts from /proc, /sys and the file system itself; it starts no program and changes nothing.
* `judge` says what is wrong with those facts; `is_encrypted` and `kept_by` are the rules that it asks.  Pure.
* `volume_of` is the short form of both, for `cctv status` and certificates.

The one rule for `cctv status`, `cctv init`, `cctv doctor` and certificates.  Never guesses: what cannot be determined
is None.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cctv.core.i18n import N_, Message, join_messages

MOUNTS, SYS, SWAPS = Path("/proc/self/mountinfo"), Path("/sys"), Path("/proc/swaps")
SNAPSHOTTING = {"btrfs": "btrfs", "zfs": "ZFS", "bcachefs": "bcachefs", "nilfs2": "NILFS2"}
FINE = frozenset({"ext4", "xfs"})  # journaled, with owners, tested by power cuts (./scripts/faults)
_LOCAL = FINE | {"ext2", "ext3", "vfat", "exfat", "f2fs", "jfs", "btrfs"}
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs"}
_OWNERLESS = frozenset({"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus"})
_LAYERED = frozenset({"overlay", "aufs", "squashfs", "fuse.mergerfs", "fuse.unionfs", "ecryptfs"})
_MEMORY = frozenset({"tmpfs", "ramfs"})
_PSEUDO = {"proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "configfs",
           "bpf", "pstore", "mqueue", "hugetlbfs", "autofs", "efivarfs", "fusectl", "binfmt_misc", "rpc_pipefs",
           "nsfs"}  # fmt: skip
_LOW_INODES = 0.05  # share of all; a segment, its folder and SQLite's files need one each
_NETWORK_SOURCE = re.compile(r"//|(?!/)[^:]+:/")  # //nas/share, nas:/srv
_OCTAL = re.compile(r"\\([0-7]{3})")  # how /proc writes spaces in a path


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system, as /proc/self/mountinfo names it."""

    number: str  # major:minor of the device
    point: Path
    options: frozenset[str]  # of the mount and of the file system
    file_system: str
    source: str  # "/dev/sda1", "nas:/srv", "tank/footage"
    is_read_only: bool = False  # the file system itself: a service may see a mount so that is not (ProtectSystem=)
    root: Path = Path("/")  # which folder of the file system is mounted there

    def mirrors(self, other: Mount) -> bool:
        """Whether it is a bind mount of a folder onto itself, as ReadWritePaths= of a service makes them."""
        inside = self.number == other.number and self.point != other.point and self.point.is_relative_to(other.point)
        return inside and self.root == other.root / self.point.relative_to(other.point)


@dataclass(frozen=True, slots=True)
class BlockDevice:
    """A block device and those below it; `is_removable` also at a USB port."""

    name: str
    mapper_uuid: str = ""  # of the device mapper: CRYPT-LUKS2-..., LVM-...; empty for any other device
    mapper_name: str = ""
    is_removable: bool = False
    below: tuple[BlockDevice, ...] = ()

    def all(self) -> Iterator[BlockDevice]:
        """This device and every one below it."""
        yield self
        for block in self.below:
            yield from block.all()


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """What a folder stands on.  `blocks` is empty where no block device is known: a network, a layer, ZFS.

    `inodes` is 0 for a file system that makes them as it needs them.
    """

    folder: Path
    mount: Mount | None
    blocks: tuple[BlockDevice, ...] = ()
    total_bytes: int = 0
    free_bytes: int = 0
    inodes: int = 0
    free_inodes: int = 0

    @property
    def file_system(self) -> str:
        """Its type, as the kernel names it."""
        return self.mount.file_system if self.mount else "unknown"

    @property
    def disks(self) -> tuple[str, ...]:
        """The names of the devices at the bottom: /dev/NAME is what `smartctl` is asked about."""
        return tuple(dict.fromkeys(block.name for top in self.blocks for block in top.all() if not block.below))


class DiskProblem(Enum):
    """What may be wrong with a disk for footage."""

    UNKNOWN = "unknown"
    NETWORK = "network"
    OWNERLESS = "without owners"
    LAYERED = "layered"
    MEMORY = "memory"
    UNTESTED = "untested"
    READ_ONLY = "read-only"
    NOT_ENCRYPTED = "not encrypted"
    ENCRYPTION_UNKNOWN = "encryption unknown"
    SNAPSHOTS = "snapshots"
    MAY_SNAPSHOT = "may snapshot"
    REMOVABLE = "removable"
    INODES = "inodes"
    ACCESS_TIMES = "access times"


@dataclass(frozen=True, slots=True)
class DiskRisk:
    """One thing that is wrong (`is_wrong`) or unwise, why it matters, and what mends it."""

    problem: DiskProblem
    is_wrong: bool
    text: Message
    why: Message
    following: str  # a line to type


@dataclass(frozen=True, slots=True)
class Volume:
    """What a folder stands on.

    `encrypted` is None where it cannot be determined (a network, a layered or a ZFS file system).  `snapshots` names
    what can keep a copy of a deleted file; `has_snapshots` is whether one exists now, None where it cannot be
    determined.
    """

    file_system: str
    device: str
    encrypted: bool | None
    snapshots: tuple[str, ...]
    has_snapshots: bool | None


def volume_of(folder: Path, *, mounts: Path = MOUNTS, sys: Path = SYS) -> Volume:
    """The volume of a folder; `mounts` and `sys` are replaced in tests only.  Raises OSError."""
    facts = read_disk(folder, mounts=mounts, sys=sys)
    source = facts.mount.source if facts.mount else "unknown"
    return Volume(facts.file_system, source, is_encrypted(facts), kept_by(facts), has_snapshots(facts))


def judge(facts: DiskFacts) -> tuple[DiskRisk, ...]:
    """What is wrong with a disk as a place for footage, the worst first; empty where nothing is."""
    risks = [*_file_system_risks(facts), *_snapshot_risks(facts), *_encryption_risks(facts), *_small_risks(facts)]
    return tuple(sorted(risks, key=lambda risk: not risk.is_wrong))


def is_encrypted(facts: DiskFacts) -> bool | None:
    """Whether every way down to a disk passes dm-crypt; None where the ways are not known.

    One plain disk among encrypted ones is enough to read footage from.  A disk that encrypts by itself (OPAL) cannot be
    told from one that does not.
    """
    if facts.blocks and all(_passes_crypt(block) for block in facts.blocks):
        return True
    return False if facts.blocks and facts.file_system in _LOCAL else None


def kept_by(facts: DiskFacts) -> tuple[str, ...]:
    """What can keep a copy of a deleted file: the file system, or LVM below it."""
    by_file_system = (SNAPSHOTTING[facts.file_system],) if facts.file_system in SNAPSHOTTING else ()
    return (*by_file_system, *(("LVM",) if any(_is_lvm(block) for block in _all(facts)) else ()))


def has_snapshots(facts: DiskFacts) -> bool | None:
    """Whether there is a snapshot now; None where something may keep one and does not say so here."""
    if not kept_by(facts):
        return False
    # The origin of a classic LVM snapshot; a thin one has no such sign.
    return True if any(_is_lvm(block) and block.mapper_name.endswith("-real") for block in _all(facts)) else None


def read_disk(folder: Path, *, mounts: Path = MOUNTS, sys: Path = SYS) -> DiskFacts:
    """The facts of a folder; `mounts` and `sys` are replaced in tests only.  Raises OSError where there is none."""
    number, usage = _number(folder.stat().st_dev), os.statvfs(folder)
    mount = mount_of(read_mounts(mounts), number, folder)
    return DiskFacts(
        folder,
        mount,
        _blocks(sys, number, mount),
        total_bytes=usage.f_blocks * usage.f_frsize,
        free_bytes=usage.f_bavail * usage.f_frsize,
        inodes=usage.f_files,
        free_inodes=usage.f_favail,
    )


def read_mounts(mounts: Path = MOUNTS) -> tuple[Mount, ...]:
    """Every mount of this process, in the order of mounting; empty where /proc does not tell."""
    try:
        return parse_mounts(mounts.read_text("utf-8", errors="surrogateescape"))
    except OSError:
        return ()


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """The mounts of the text of mountinfo (proc(5)); a line that is none is passed over."""
    found = []
    for line in text.splitlines():
        mount, _, rest = line.partition(" - ")
        fields, after = mount.split(), rest.split()
        if len(fields) < 6 or len(after) < 2:
            continue
        own = after[2].split(",") if len(after) > 2 else []
        options, point = frozenset([*fields[5].split(","), *own]), Path(_unescaped(fields[4]))
        root = Path(_unescaped(fields[3]))
        found.append(Mount(fields[2], point, options, after[0], _unescaped(after[1]), "ro" in own, root))
    return tuple(found)


def disks_for_files(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """The mounts that could take files: neither the system's own nor memory, the topmost of each place."""
    by_place = {mount.point: mount for mount in mounts}
    return tuple(
        mount for mount in by_place.values() if mount.file_system not in _PSEUDO | _MEMORY and "ro" not in mount.options
    )


def mount_of(mounts: Sequence[Mount], number: str, folder: Path) -> Mount | None:
    """The mount of a folder on a device: of those of its number the deepest above it, of equals the last one.

    Files of btrfs have another number than its mount: then of all mounts.  A folder bound onto itself is no mount.
    """
    real = Path(os.path.realpath(folder))
    same = [mount for mount in mounts if mount.number == number] or list(mounts)
    same = [mount for mount in same if not any(mount.mirrors(other) for other in same)]
    above = [mount for mount in same if real.is_relative_to(mount.point)]
    return next(reversed(sorted(above, key=lambda mount: len(mount.point.parts)) or same), None)


def plain_swaps(*, swaps: Path = SWAPS, sys: Path = SYS) -> tuple[str, ...]:
    """Swap that is not encrypted: what was in memory, passwords and pictures, stays readable on the disk.

    Swap in memory (zram) counts as encrypted.  Raises OSError where /proc does not tell.
    """
    plain = []
    for line in swaps.read_text("utf-8").splitlines()[1:]:
        path = Path(_unescaped(line.split()[0]))
        if path.name.startswith("zram"):
            continue
        blocks = _blocks_of_swap(path, sys)
        if not blocks or not all(_passes_crypt(block) for block in blocks):
            plain.append(str(path))
    return tuple(plain)


def _blocks_of_swap(path: Path, sys: Path) -> tuple[BlockDevice, ...]:
    by_name = sys / "class" / "block" / Path(os.path.realpath(path)).name
    if by_name.exists():
        return (_block(by_name.resolve(), sys),)
    direct = sys / "dev" / "block" / _number(path.stat().st_dev)
    return (_block(direct.resolve(), sys),) if direct.exists() else ()


def _file_system_risks(facts: DiskFacts) -> Iterator[DiskRisk]:
    kind, folder = facts.file_system, facts.folder
    move = f"cctv footage adopt-disk --reason WHY  # after the move to another disk than that of {folder}"
    if facts.mount is None:
        why = N_("a mount that goes away unseen takes the footage along")
        text = N_("the mount of {folder} is not known", folder=folder)
        yield DiskRisk(DiskProblem.UNKNOWN, False, text, why, f"findmnt --target {folder}")
        return
    if kind in _NETWORK or _NETWORK_SOURCE.match(facts.mount.source):
        text = N_("{folder} is on a network ({kind})", folder=folder, kind=kind)
        why = N_("SQLite's locks do not hold there, what was flushed may be lost, and another machine sees the footage")
        yield DiskRisk(DiskProblem.NETWORK, True, text, why, move)
    elif kind in _OWNERLESS:
        text = N_("{folder} is on {kind}, which has no owners and modes", folder=folder, kind=kind)
        why = N_("every account of this machine reads the footage, and a power cut damages it")
        yield DiskRisk(DiskProblem.OWNERLESS, True, text, why, move)
    elif kind in _LAYERED:
        text = N_("{folder} is on {kind}, a layer over other folders", folder=folder, kind=kind)
        why = N_("what is deleted in a layer stays in the one below, and a container's layer goes with it")
        yield DiskRisk(DiskProblem.LAYERED, True, text, why, move)
    elif kind in _MEMORY:
        text = N_("{folder} is in memory ({kind})", folder=folder, kind=kind)
        why = N_("everything is gone after a restart, held footage too")
        yield DiskRisk(DiskProblem.MEMORY, True, text, why, move)
    elif kind not in FINE and kind not in SNAPSHOTTING:
        text = N_("{folder} is on {kind}; ext4 and xfs are tested", folder=folder, kind=kind)
        why = N_("whether it keeps its promises at a power cut was not measured")
        yield DiskRisk(DiskProblem.UNTESTED, False, text, why, move)
    if facts.mount.is_read_only:
        text = N_("{folder} is mounted read-only", folder=folder)
        why = N_("nothing is recorded and nothing is deleted; the kernel does this after an error of the disk")
        yield DiskRisk(DiskProblem.READ_ONLY, True, text, why, "dmesg --level err,warn")


def _snapshot_risks(facts: DiskFacts) -> Iterator[DiskRisk]:
    names = kept_by(facts)
    if not names:
        return
    shown, folder = join_messages(names), facts.folder
    why = N_("deleted footage lives on in a snapshot, beyond its limit")
    look = {"btrfs": f"btrfs subvolume list -s {folder}", "ZFS": "zfs list -t snapshot"}.get(names[0], "lvs -o +origin")
    if has_snapshots(facts):
        text = N_("{names} has snapshots of {folder} now", names=shown, folder=folder)
        yield DiskRisk(DiskProblem.SNAPSHOTS, True, text, why, look)
    else:
        text = N_("{names} may keep snapshots of {folder}", names=shown, folder=folder)
        yield DiskRisk(DiskProblem.MAY_SNAPSHOT, False, text, why, look)


def _encryption_risks(facts: DiskFacts) -> Iterator[DiskRisk]:
    encrypted, folder = is_encrypted(facts), facts.folder
    why = N_("who takes the disk has the footage of everybody on it (Article 32(1)(a) GDPR)")
    if encrypted is False:
        text = N_("the disk of {folder} is not encrypted (no dm-crypt below it)", folder=folder)
        following = "cryptsetup luksFormat /dev/DISK  # of a new, empty disk"
        yield DiskRisk(DiskProblem.NOT_ENCRYPTED, False, text, why, following)
    elif encrypted is None and facts.file_system not in _MEMORY:
        text = N_("whether the disk of {folder} is encrypted cannot be seen", folder=folder)
        yield DiskRisk(DiskProblem.ENCRYPTION_UNKNOWN, False, text, why, "lsblk -o NAME,TYPE,FSTYPE,MOUNTPOINT")


def _small_risks(facts: DiskFacts) -> Iterator[DiskRisk]:
    folder = facts.folder
    if any(block.is_removable for block in _all(facts)):
        text = N_("the disk of {folder} can be pulled out (removable, or at a USB port)", folder=folder)
        why = N_("a plug that is pulled stops recording, and the footage walks away")
        yield DiskRisk(DiskProblem.REMOVABLE, False, text, why, "lsblk -o NAME,TRAN,RM,HOTPLUG,MOUNTPOINT")
    if facts.inodes and facts.free_inodes < facts.inodes * _LOW_INODES:
        share = f"{facts.free_inodes / facts.inodes:.1%}"
        text = N_("{folder} has few inodes left ({share})", folder=folder, share=share)
        why = N_("without one no file can be made, however many bytes are free")
        yield DiskRisk(DiskProblem.INODES, True, text, why, f"du --inodes -x -d 2 {folder}")
    if facts.mount and "strictatime" in facts.mount.options:
        text = N_("{folder} is mounted with strictatime", folder=folder)
        why = N_("every look at a file is a write to the disk")
        yield DiskRisk(DiskProblem.ACCESS_TIMES, False, text, why, f"mount -o remount,noatime {facts.mount.point}")


def _passes_crypt(block: BlockDevice) -> bool:
    if block.mapper_uuid.startswith("CRYPT-"):
        return True
    return bool(block.below) and all(_passes_crypt(below) for below in block.below)


def _is_lvm(block: BlockDevice) -> bool:
    return block.mapper_uuid.startswith("LVM-")


def _all(facts: DiskFacts) -> Iterator[BlockDevice]:
    for block in facts.blocks:
        yield from block.all()


def _blocks(sys: Path, number: str, mount: Mount | None) -> tuple[BlockDevice, ...]:
    """The devices of a mount.  btrfs has a number of its own for each subvolume: then by the device's name."""
    direct = sys / "dev" / "block" / number
    if direct.exists():
        return (_block(direct.resolve(), sys),)
    if mount is None or not mount.source.startswith("/dev/"):
        return ()
    name = Path(os.path.realpath(mount.source)).name
    by_name = sys / "class" / "block" / name
    if not by_name.exists():
        return ()
    return tuple(_block(device.resolve(), sys) for device in _of_btrfs(sys, name)) or (_block(by_name.resolve(), sys),)


def _of_btrfs(sys: Path, name: str) -> list[Path]:
    """All devices of the btrfs that has this one; empty for any other file system."""
    for devices in (sys / "fs" / "btrfs").glob("*/devices"):
        if (devices / name).exists():
            return sorted(devices.iterdir())
    return []


def _block(device: Path, sys: Path) -> BlockDevice:
    """The device of a folder in /sys, and recursively those below it: mapped, in an array, or under a loop file."""
    slaves = sorted((device / "slaves").iterdir()) if (device / "slaves").is_dir() else []
    below = [_block(slave.resolve(), sys) for slave in slaves]
    if backing := _read(device / "loop" / "backing_file"):
        try:
            under = sys / "dev" / "block" / _number(Path(backing).stat().st_dev)
            below += [_block(under.resolve(), sys)] if under.exists() else []
        except OSError:
            pass  # removed, or of another mount namespace: the loop device counts as the last one
    whole = device.parent if (device / "partition").exists() else device
    is_removable = _read(whole / "removable") == "1" or "/usb" in str(device)
    uuid, name = _read(device / "dm" / "uuid"), _read(device / "dm" / "name")
    return BlockDevice(device.name, uuid, name, is_removable, tuple(below))


def _number(device: int) -> str:
    return f"{os.major(device)}:{os.minor(device)}"


def _unescaped(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
