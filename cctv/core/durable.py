"""Durable file operations: the only place that writes, renames or removes what must survive a power cut.

Each operation returns only when the disk has it, the bytes flushed before the name.  Footage is deleted by
`cctv.footage.deletion` alone, in a deletion session, through `DurableFiles.unlink`.  `DurableFiles` is a class so that
a test can record the calls, drop what was not yet synced, and inspect every state that a crash may leave.

What root makes here inside of a storage belongs to the storage's owner (`give_to_owner`): else the recorder's account
could not use it the next day.  SQLite does the same for its `-wal` and `-shm`.  The owner is that of the storage's
folder; where root made that one (a new disk, mounted), that of its footage.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cctv.core.errors import CctvError, Exit

STORAGE_MARK = "site.json"  # the file that makes a folder a storage
FOOTAGE = "segments"  # its folder of footage, which every storage has
_CHUNK_BYTES = 1 << 20
_LOST_AND_FOUND = "lost+found"
_MAX_VECTORS = 64  # far below what one writev(2) takes
_RANDOM_BYTES = 8  # of a temporary name
_LEFTOVER_SECONDS = 3600.0  # no writer takes so long: the process that made the file has died


class LockHeld(CctvError):
    """Another process is doing this already ({path} is locked).

    next: wait for it to end, or look for it with `systemctl status cctv-record cctv-sweep`.
    """

    exit_code = Exit.LOCKED


class DurableFiles:
    """File operations that have reached the disk when they return."""

    def sync_file(self, path: Path) -> None:
        """Flush a file's bytes and size."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            give_to_owner(descriptor)
            with _naming(path):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync_directory(self, directory: Path | str) -> None:
        """Flush a directory's names."""
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def create(self, path: Path, mode: int = 0o640) -> int:
        """Create a file that grows; returns a descriptor for `append` and `sync`.  Only `sync` puts it on the disk.

        Raises FileExistsError where there is one already.
        """
        return _create(path, mode)

    def append(self, descriptor: int, size: int, pieces: Sequence[bytes | memoryview]) -> None:
        """Write the pieces behind the first `size` bytes: all of them, or, when OSError is raised, none."""
        left = [memoryview(piece) for piece in pieces]
        try:
            while left:
                written = os.writev(descriptor, left[:_MAX_VECTORS])
                while left and written >= len(left[0]):
                    written -= len(left.pop(0))
                if written:
                    left[0] = left[0][written:]
        except OSError:
            os.ftruncate(descriptor, size)
            os.lseek(descriptor, size, os.SEEK_SET)
            raise

    def sync(self, descriptor: int) -> None:
        """Flush what `append` wrote."""
        os.fdatasync(descriptor)

    def settle(self, root: Path) -> None:
        """Flush everything that is unwritten on the file system of a folder.

        For files that a killed process left: nothing tells which of them it had flushed.
        """
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if (code := _syncfs(descriptor)) != 0:
                raise OSError(code, os.strerror(code), str(root))
        finally:
            os.close(descriptor)

    def make_directory(self, directory: Path) -> None:
        """Make a directory and its missing parents, each name flushed."""
        missing = [path for path in (directory, *directory.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            give_path(path)
            self.sync_directory(path.parent)

    def write(self, path: Path, data: bytes, mode: int = 0o640) -> None:
        """Write or replace a file: 1. write a temporary one beside it, 2. flush it, 3. rename it, 4. flush the name.

        Its mode is what `mode` and that of the replaced file both grant.
        """
        temporary, descriptor = create_beside(path, mode)
        try:
            try:
                view = memoryview(data)
                with _naming(path):
                    while view:
                        view = view[os.write(descriptor, view) :]
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        remove_leftovers(path)
        self.sync_directory(path.parent)

    def append_line(self, path: Path, line: str) -> None:
        """Add one line to a file.  A tail torn by a crash is closed first, so that it spoils one line at most."""
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            give_to_owner(descriptor)
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if torn else b"") + line.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            self.sync_directory(path.parent)

    def rename(self, source: Path, target: Path) -> None:
        """Move a file within the file system; raises FileExistsError rather than replace one."""
        if target.exists():
            raise FileExistsError(target)
        source.rename(target)
        give_path(target)
        self.sync_directory(target.parent)
        if source.parent != target.parent:
            self.sync_directory(source.parent)

    def exists(self, path: Path) -> bool:
        """Whether something of that name is there, a link that leads nowhere too.  Of a path that a person typed."""
        return os.path.lexists(path)

    def is_folder(self, path: Path) -> bool:
        """Whether it is a folder.  Of a path that a person typed."""
        return path.is_dir()

    def resolved(self, path: Path) -> Path:
        """Where a path that a person typed is, behind links."""
        return path.resolve()

    @contextmanager
    def workshop(self, folder: Path) -> Iterator[Path]:
        """Where files for a folder that a person named are made: that folder itself, as this process writes there.

        In the service it is a private one (`cctv.services.serve.files`).  Each file that is made goes out by
        `hand_out`, and all of them get their names by `publish`.
        """
        yield folder

    def hand_out(self, made: Path, target: Path) -> None:
        """Bring what was made in a workshop, flushed, beside its target; returns when it is there."""

    def publish(self) -> None:
        """Give what was handed out its names, durably."""

    def copy_out(self, sources: Mapping[str, Path], folder: Path) -> list[Path]:
        """Copy files into a folder that a person named, by the names there, each for its owner alone; their paths."""
        copies = [folder / name for name in sources]
        for source, target in zip(sources.values(), copies, strict=True):
            temporary, descriptor = create_beside(target, 0o600)
            try:
                with open(descriptor, "wb") as copy, source.open("rb") as original:  # noqa: PTH123 - a descriptor
                    shutil.copyfileobj(original, copy, _CHUNK_BYTES)
                    copy.flush()
                    os.fsync(copy.fileno())
                temporary.replace(target)
            except OSError:
                with suppress(OSError):
                    temporary.unlink()
                raise
        self.sync_directory(folder)
        return copies

    def unlink(self, path: Path | str) -> bool:
        """Remove a name, durably; False when it did not exist.

        Takes text too: a sweep removes up to a hundred thousand files, and making a Path of each took a tenth of it.
        """
        directory = os.path.dirname(path)  # noqa: PTH120 - text stays text
        try:
            os.unlink(path)  # noqa: PTH108
        except FileNotFoundError:
            if os.path.exists(directory):  # noqa: PTH110
                self.sync_directory(directory)
            return False
        self.sync_directory(directory)
        return True


def give_to_owner(descriptor: int) -> None:
    """Give an open file or folder that root made inside of a storage to the owner of the storage's folder.

    Nothing happens for another account, outside of a storage, or where the storage is root's.  The open file is asked
    where it lies: a link that the owner put in the way leads to nothing of others.
    """
    if os.geteuid() != 0:
        return
    status = os.fstat(descriptor)
    if status.st_uid != 0 or (not stat.S_ISDIR(status.st_mode) and status.st_nlink > 1):
        return
    with suppress(OSError):  # a file system without owners
        for folder in Path(f"/proc/self/fd/{descriptor}").readlink().parents:
            if (folder / STORAGE_MARK).is_file():
                if (owner := _owner_of(folder)) is not None:
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
                return


def give_path(path: Path) -> None:
    """The same for a file or folder by its name; a link is left as it is."""
    if os.geteuid() != 0:
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            give_to_owner(descriptor)
        finally:
            os.close(descriptor)


def give_as_folder(path: Path) -> None:
    """Give a file or folder that root made in a folder of another account, which is no storage, to that account."""
    owner = path.parent.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            is_alone = stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1)
            if is_alone and status.st_uid == 0:
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        finally:
            os.close(descriptor)


def give_all(root: Path) -> None:
    """The same for everything in a storage that was just made, restored or moved, its folder included.

    Before site.json it was no storage; and root may have copied its files without their owner.
    """
    if os.geteuid() != 0 or (owner := _owner_of(root)) is None:
        return
    if root.stat().st_uid == 0:
        os.chown(root, owner.st_uid, owner.st_gid)
    for folder, folders, names in os.walk(root):
        if _LOST_AND_FOUND in folders:
            folders.remove(_LOST_AND_FOUND)  # the file system's own
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            give_path(path)


def _owner_of(storage: Path) -> os.stat_result | None:
    """Of the account that a storage belongs to; None where that is root."""
    for path in (storage, storage / FOOTAGE):
        with suppress(FileNotFoundError):
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid != 0:
                return status
    return None


def beside(path: Path) -> Path:
    """A name for a temporary file beside a target, which no other account can foresee."""
    return path.with_name(f".{path.name}.{secrets.token_hex(_RANDOM_BYTES)}.part")


def create_beside(path: Path, mode: int = 0o640) -> tuple[Path, int]:
    """Create a temporary file beside a target; returns its path and a descriptor.

    Never a file or link that somebody else put there, and readable by nobody whom `mode` or the mode of the file that
    it will replace keeps out.
    """
    with suppress(FileNotFoundError):
        replaced = path.lstat().st_mode
        if stat.S_ISREG(replaced):
            mode &= stat.S_IMODE(replaced)
    temporary = beside(path)
    return temporary, _create(temporary, mode)


def leftovers(path: Path, *, seconds: float = _LEFTOVER_SECONDS) -> list[Path]:
    """Temporary files of a target that are so old that the process which made them has died."""
    pattern = re.compile(rf"\.{re.escape(path.name)}(\.[0-9a-f]{{{2 * _RANDOM_BYTES}}})?\.part")
    oldest, left = time.time() - seconds, list[Path]()
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if pattern.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                left.append(path.with_name(entry.name))
    return left


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files of a target that a crash left, as far as this account may."""
    for left in leftovers(path):
        with suppress(OSError):
            left.unlink()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file; raises LockHeld when another process has it.  The kernel frees it when this one dies."""
    if path.is_symlink():  # nobody here makes one: it would lock, or make, a file elsewhere
        path.unlink()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o640)
    try:
        give_to_owner(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockHeld(path=path) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error of a descriptor, which knows no name, name the file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _create(path: Path, mode: int) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    give_to_owner(descriptor)
    return descriptor


def _syncfs(descriptor: int) -> int:
    """syncfs(2), which Python does not have; returns errno, 0 for success."""
    return ctypes.get_errno() if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) else 0
