"""The client's part with files: opens, looks at and writes what its own command line names, as the caller.

The service asks; this answers.  A path is the caller's only if that very text stands in the caller's command line, or
is a plain name in a folder that does.  Files are written under a random name that nobody can foresee, flushed, and
renamed when the service says that all are there; what was not finished is removed.  Light: see protocol.py.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence, Set
from typing import Any

_CHUNK_BYTES = 1 << 20
_RANDOM_BYTES = 8


class NotNamed(Exception):
    """The service asked for a path that the command line does not name."""


class Outgoing:
    """The files of one command of the caller."""

    def __init__(self, argv: Sequence[str]) -> None:
        values = (word.partition("=")[2] for word in argv if word.startswith("--"))
        self._named = {_tidy(word) for word in (*argv, *values) if word}
        self._parents = {os.path.dirname(word) or "." for word in self._named}  # to be looked at, and made
        self._waiting: list[tuple[str, str]] = []  # temporary name, final one; renamed in this order
        self._folders: dict[str, str] = {}  # final name of a folder that is being written, temporary one

    def open_for_reading(self, path: str) -> int:
        """A descriptor of a regular file; raises OSError, NotNamed."""
        descriptor = os.open(self._checked(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is not a file")
        return descriptor

    def look(self, path: str) -> dict[str, Any]:
        """Whether something is there, whether it is a folder, and where it is behind links."""
        path = self._checked(path, self._parents)
        try:
            is_folder = stat.S_ISDIR(os.stat(path).st_mode)
        except OSError:
            is_folder = False
        return {"exists": os.path.lexists(path), "is_folder": is_folder, "resolved": os.path.realpath(path)}

    def make_folder(self, path: str) -> None:
        """Make a folder and its missing parents."""
        os.makedirs(self._checked(path, self._parents), exist_ok=True)

    def begin_folder(self, path: str) -> None:
        """Begin a folder that appears when all of its files are there."""
        temporary = _beside(self._checked(path))
        os.mkdir(temporary)
        self._folders[path] = temporary
        self._waiting.append((temporary, path))

    def put(self, path: str, source: int, mode: int, inside: str | None = None) -> None:
        """Copy a descriptor to a temporary file, flushed; `inside` is its name in a folder that was begun.

        mode: bits of a new file, as far as the umask lets them; a file that is replaced keeps others out as before.
        """
        path = self._checked(path)
        if inside is not None:
            target = os.path.join(self._folders[path], _plain(inside))
        else:
            try:
                replaced = os.lstat(path)
                if stat.S_ISDIR(replaced.st_mode):
                    raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
                if stat.S_ISREG(replaced.st_mode):
                    mode &= stat.S_IMODE(replaced.st_mode)
            except FileNotFoundError:
                pass
            target = _beside(path)
        copy = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode & 0o666)
        if inside is None:
            self._waiting.append((target, path))
        try:
            _copy(source, copy)
            os.fsync(copy)
        finally:
            os.close(copy)

    def commit(self) -> None:
        """Give everything that was put its name, and flush the names."""
        parents = dict.fromkeys(os.path.dirname(path) or "." for _, path in self._waiting)
        for temporary in self._folders.values():
            _sync_folder(temporary)
        while self._waiting:
            temporary, path = self._waiting[0]
            if path in self._folders and os.path.lexists(path):
                raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
            os.replace(temporary, path)
            del self._waiting[0]
        self._folders.clear()
        for parent in parents:
            _sync_folder(parent)

    def drop(self) -> None:
        """Remove what was put and has no name yet."""
        for temporary, path in self._waiting:
            try:
                if path in self._folders:
                    for entry in os.scandir(temporary):
                        os.unlink(entry.path)
                    os.rmdir(temporary)
                else:
                    os.unlink(temporary)
            except OSError:
                continue  # a medium that is gone keeps what was begun, under no name of a file
        self._waiting.clear()
        self._folders.clear()

    def _checked(self, path: object, also: Set[str] = frozenset()) -> str:
        if not isinstance(path, str) or not path or "\0" in path:
            raise NotNamed
        folder, name = os.path.split(_tidy(path))
        if _tidy(path) in self._named | also or (_tidy(folder) in self._named and name == _plain(name)):
            return path
        raise NotNamed


def _tidy(path: str) -> str:
    """A path as pathlib has it: without empty and `.` components; `..` stays, as links may lie before it."""
    root = "/" if path.startswith("/") else ""
    return root + "/".join(part for part in path.split("/") if part not in ("", ".")) or "."


def _plain(name: object) -> str:
    if not isinstance(name, str) or name in ("", ".", "..") or "/" in name or "\0" in name:
        raise NotNamed
    return name


def _beside(path: str) -> str:
    folder, name = os.path.split(path.rstrip("/"))
    return os.path.join(folder, f".{name}.{os.urandom(_RANDOM_BYTES).hex()}.part")


def _copy(source: int, target: int) -> None:
    position = 0
    while data := os.pread(source, _CHUNK_BYTES, position):
        position += len(data)
        view = memoryview(data)
        while view:
            view = view[os.write(target, view) :]


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
