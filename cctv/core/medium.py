"""Media: what a stick, a disk or a network folder answers when it takes no file, in plain words.

One rule for every door that writes to a folder that a person named, and for the storage itself: the number of the
operating system's error, and what the file system says of its space, decide which message it is.  Writes nothing.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cctv.core.errors import CctvError, Exit, UsageError
from cctv.core.i18n import N_, Message

FILE_LIMIT_BYTES = 4 * (1 << 30) - 1  # of one file on FAT32, which most sticks are sold with; exFAT and NTFS have none
_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{16}\.part")  # `core/durable.py: beside`; a message names what was asked for
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_TOO_LARGE = frozenset({errno.EFBIG})
_READ_ONLY = frozenset({errno.EROFS})
_NAME = frozenset({errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ})
_GONE = frozenset(
    {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.EREMOTEIO, errno.ESTALE, errno.ENOTCONN}
    | {errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ESHUTDOWN, errno.EUCLEAN}
)


class MediumFull(CctvError):
    """{path} cannot be written: {problem}.  Nothing half written has its name.

    next: {following}
    """

    exit_code = Exit.STORAGE_FULL


class FileTooLarge(CctvError):
    """{path} cannot be written: its file system, or a limit of this account, takes no file of that size (FAT32: 4 GiB).

    next: use a medium that is formatted as exFAT, NTFS or ext4, or `cctv export deliver --method zip`, which makes
    several files of a large package.
    """

    exit_code = Exit.STORAGE_FULL


class MediumReadOnly(CctvError):
    """{path} cannot be written: its file system is read-only.

    next: move the switch of the stick or the card, or mount it again for writing; a file system that turned read-only
    by itself is damaged: use another medium.
    """

    exit_code = Exit.NOT_PERMITTED


class NameRefused(UsageError):
    """{path} cannot be written: its file system takes no such name ({problem}).

    next: give a folder with a shorter path, and on FAT, exFAT and NTFS a name without : * ? " < > | and backslashes.
    """


class MediumGone(CctvError):
    """{path} cannot be written or read: its medium stopped answering ({problem}).  What is on it is not to be trusted.

    next: plug it in again or use another one, remove what ends in .part, and repeat the command.
    """

    exit_code = Exit.UNREADABLE


@contextmanager
def on_medium(path: Path) -> Iterator[None]:
    """Around writing to a folder or file that a person named: its refusals in plain words, with their cause."""
    try:
        yield
    except Exception as error:
        refused = medium_error(error, path)
        if refused is None:
            raise
        raise refused from error


def medium_error(error: BaseException, path: Path | None = None) -> CctvError | None:
    """The message for an error of a medium, or one that was raised from it; None where it is none.

    `path` is what was to be written; without it, what the error names.
    """
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        if isinstance(found, OSError) and (refused := _refused(found, path)) is not None:
            return refused
        seen.add(id(found))
        found = found.__cause__
    return None


def _refused(error: OSError, path: Path | None) -> CctvError | None:
    named = path if path is not None else _named(error)
    if named is None or error.errno is None:
        return None
    named, problem = _asked_for(named), os.strerror(error.errno)
    if error.errno in _FULL:
        return MediumFull(path=named, **_fullness(named))
    if error.errno in _TOO_LARGE:
        return FileTooLarge(path=named)
    if error.errno in _READ_ONLY:
        return MediumReadOnly(path=named)
    if error.errno in _GONE:
        return MediumGone(path=named, problem=problem)
    if error.errno in _NAME and error.filename is not None:
        return NameRefused(path=named, problem=problem)
    return None


def _named(error: OSError) -> Path | None:
    name = error.filename2 if error.filename2 is not None else error.filename
    return Path(os.fsdecode(name)) if isinstance(name, str | bytes | os.PathLike) else None


def _asked_for(path: Path) -> Path:
    return Path(*(_TEMPORARY.sub(r"\1", part) for part in path.parts))


def lacks_inodes(path: Path) -> bool:
    """Whether the file system of a path has room for bytes and none for another file."""
    folder = next((folder for folder in (path, *path.absolute().parents) if folder.is_dir()), Path("/"))
    try:
        status = os.statvfs(folder)
    except OSError:
        return False
    return status.f_bavail > 0 and status.f_files > 0 and status.f_favail == 0  # FAT and btrfs count no inodes


def _fullness(path: Path) -> dict[str, Message]:
    if lacks_inodes(path):
        return {
            "problem": N_("the file system takes no further file, though it has space (its inodes are used up)"),
            "following": N_("remove files from it, or use another medium; then repeat the command."),
        }
    return {
        "problem": N_("the file system, or what this account may use of it, is full"),
        "following": N_("free some space on it, or use another medium; then repeat the command."),
    }
