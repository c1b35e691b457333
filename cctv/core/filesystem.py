"""File systems: what a folder stands on, and refusing work that a disk has no space for.

* `volume_of` reports the file system, its encryption, and what may keep deleted files.  It reads /proc and /sys only,
  starts no program and never guesses: what cannot be determined is None.
* `is_disk_full` is the only test of whether an error means that a file system is full.
* `require_disk_space` refuses long work that does not fit, and reports the same (exit 16) when the disk fills up on the
  way.  Nothing here frees space.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cctv.core.errors import CctvError, Exit, ToolFailed
from cctv.core.medium import lacks_inodes, medium_error

SNAPSHOTTING = {"btrfs": "btrfs", "zfs": "ZFS", "bcachefs": "bcachefs", "nilfs2": "NILFS2"}
_LOCAL = {"ext2", "ext3", "ext4", "xfs", "vfat", "exfat", "f2fs", "jfs", "btrfs"}
_FULL_ERRNO = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL_MESSAGES = ("No space left on device", "Disk quota exceeded")  # strerror in the C locale, which tools run in
_WITHOUT_SHARED_MEMORY = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_SHARED_MEMORY_BYTES = 1 << 20
_LEAST_FREE_BYTES = 32 << 20  # for the index and what comes with any work


class RoomMissing(CctvError):
    """The disk of {path} is full: this needs about {needed} MB, {free} MB are free.  Nothing was left behind.

    next: free some space (cctv status; cctv export list shows packages that may go), then repeat the command.
    """

    exit_code = Exit.STORAGE_FULL


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


def volume_of(folder: Path, *, mounts: Path = Path("/proc/self/mountinfo"), sys: Path = Path("/sys")) -> Volume:
    """The volume of a folder; `mounts` and `sys` are replaced in tests only.  Raises OSError."""
    number = folder.stat().st_dev
    major_minor = f"{os.major(number)}:{os.minor(number)}"
    file_system, device = _mount(mounts, major_minor)
    block = _block(sys, major_minor, device)
    layers = list(_layers(block)) if block is not None else []
    uuids = [_read(layer / "dm" / "uuid") for layer in layers]
    names = [_read(layer / "dm" / "name") for layer in layers]
    encrypted: bool | None = any(uuid.startswith("CRYPT-") for uuid in uuids) or None
    if encrypted is None and block is not None and file_system in _LOCAL:
        encrypted = False
    snapshots = [SNAPSHOTTING[file_system]] if file_system in SNAPSHOTTING else []
    is_lvm = any(uuid.startswith("LVM-") for uuid in uuids)
    if is_lvm:
        snapshots.append("LVM")
    has_snapshots: bool | None = False if not snapshots else None
    if is_lvm and any(name.endswith("-real") for name in names):  # the origin of a classic LVM snapshot
        has_snapshots = True
    return Volume(file_system, device, encrypted, tuple(snapshots), has_snapshots)


def is_disk_full(error: BaseException | None, *, free_bytes: int | None = None) -> bool:
    """Whether an error, or one that it was raised from, says that a disk or a quota has no space left.

    Recognises errno (libav's errors carry it), SQLite, SQLAlchemy around SQLite, and the stderr of a child process.
    `free_bytes`, None when unknown, is what is free on the database's disk: without space for its shared memory SQLite
    only reports "disk I/O error" or "unable to open database file".
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if _means_full(error, free_bytes):
            return True
        seen.add(id(error))
        error = error.__cause__
    return False


@contextmanager
def require_disk_space(path: Path, needed_bytes: int) -> Iterator[None]:
    """Raise RoomMissing when fewer bytes are free, and in place of any error that a full disk causes inside."""
    needed = needed_bytes + _LEAST_FREE_BYTES
    if shutil.disk_usage(path).free < needed:
        raise _missing(path, needed)
    try:
        yield
    except RoomMissing:  # of a smaller step inside: it names its own folder and bytes
        raise
    except Exception as error:
        if not is_disk_full(error):
            raise
        if lacks_inodes(path) and (refused := medium_error(error, path)) is not None:
            raise refused from error
        raise _missing(path, needed) from error


def _means_full(error: BaseException, free_bytes: int | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL_ERRNO
    if isinstance(error, ToolFailed):
        return any(message in error.message for message in _FULL_MESSAGES)
    driver_error = getattr(error, "orig", error)  # where SQLAlchemy keeps the error of sqlite3
    if not isinstance(driver_error, sqlite3.Error):
        return False
    code = getattr(driver_error, "sqlite_errorcode", 0) & 0xFF  # sqlite3 itself raises some without a code
    if code in _WITHOUT_SHARED_MEMORY:
        return free_bytes is not None and free_bytes < _SHARED_MEMORY_BYTES
    return code == sqlite3.SQLITE_FULL


def _missing(path: Path, needed: int) -> RoomMissing:
    free = shutil.disk_usage(path).free
    return RoomMissing(path=path, needed=-(-needed // 1_000_000), free=free // 1_000_000)


def _mount(mounts: Path, major_minor: str) -> tuple[str, str]:
    """File system and device of the mount with that number; the last one mounted is on top."""
    top = ("unknown", "unknown")
    try:
        lines = mounts.read_text("utf-8").splitlines()
    except OSError:
        return top
    for line in lines:
        mount, _, rest = line.partition(" - ")
        fields, after = mount.split(), rest.split()
        if len(fields) > 2 and len(after) > 1 and fields[2] == major_minor:
            top = after[0], after[1]
    return top


def _block(sys: Path, major_minor: str, device: str) -> Path | None:
    """The block device's folder in /sys.  btrfs has a number of its own for each mount: then by the device's name."""
    direct = sys / "dev" / "block" / major_minor
    if direct.exists():
        return direct.resolve()
    if not device.startswith("/dev/"):
        return None
    by_name = sys / "class" / "block" / Path(os.path.realpath(device)).name
    return by_name.resolve() if by_name.exists() else None


def _layers(block: Path) -> Iterator[Path]:
    """The device and, recursively, the devices below it."""
    yield block
    slaves = block / "slaves"
    if slaves.is_dir():
        for slave in sorted(slaves.iterdir()):
            yield from _layers(slave.resolve())


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
