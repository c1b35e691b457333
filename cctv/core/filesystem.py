"""File systems that are full: telling so, and refusing work that a disk has no space for.

* `is_disk_full` is the only test of whether an error means that a file system is full.
* `require_disk_space` refuses long work that does not fit, and reports the same (exit 16) when the disk fills up on the
  way.  Nothing here frees space.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cctv.core.errors import CctvError, Exit, ToolFailed
from cctv.core.medium import lacks_inodes, medium_error

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
