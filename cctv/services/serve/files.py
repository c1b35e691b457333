"""Files of the caller, as a command in the service has them: paths that open nothing here.

A path that a caller typed is a `CallersPath`.  The service never opens, looks at or makes anything by it: `open`,
`stat` and the like raise PathNotThroughService.  What a command reads, the client opens; a private copy has the bytes.
What it writes goes through `CallersFiles`, of which every operation returns when the client has done it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cctv.core.durable import DurableFiles
from cctv.core.i18n import N_
from cctv.core.medium import medium_error
from cctv.db.engine import require_no_transaction
from cctv.services.serve.errors import CallersFileRefused, PathNotThroughService
from cctv.services.serve.protocol import Message
from cctv.services.serve.session import CallerConversation

MOST_INPUT_BYTES = 64 << 20  # boxes, keys, texts: the largest is KEEP.json, 20 MB for an hour that is drawn by hand
_CHUNK_BYTES = 1 << 20
_MOST_ERRNO = 4096
_PRIVATE_MODE = 0o600  # of what shows people: for whoever typed the command alone


class CallersPath(type(Path())):  # type: ignore[misc]  # PosixPath
    """A path as the caller typed it, or one below it; `copy` is the private copy of what it reads."""

    copy: str | None = None

    def __fspath__(self) -> str:
        copy = self.copy
        if copy is None:
            raise PathNotThroughService(path=str(self))
        return copy

    def absolute(self) -> Path:
        """Itself: the caller's working directory is the client's."""
        return self


class CallersFiles(DurableFiles):
    """File operations of a command in the service: below the storage as ever, the caller's by the client."""

    def __init__(self, conversation: CallerConversation, staging: Path) -> None:
        """staging: the folder for private copies; it is made when it is needed, and its owner's alone."""
        self._conversation, self._folder = conversation, staging

    @property
    def _staging(self) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def fetch(self, path: str) -> CallersPath:
        """A file of the caller, copied; raises CallersFileRefused, CallerGone."""
        require_no_transaction()
        answer, descriptors = self._conversation.ask({"ask": "read", "path": path})
        try:
            self._require(answer, path)
            if len(descriptors) != 1:
                raise CallersFileRefused(path=path, problem=N_("the client sent no file"))
            fetched = CallersPath(path)
            fetched.copy = str(self._copied(descriptors[0], path))
            return fetched
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def write(self, path: Path, data: bytes, mode: int = 0o640) -> None:
        if not isinstance(path, CallersPath):
            super().write(path, data, mode)
            return
        with tempfile.TemporaryFile(dir=self._staging) as file:
            file.write(data)
            file.flush()
            self._ask({"ask": "put", "path": str(path), "mode": mode}, (file.fileno(),))
        self.publish()

    def make_directory(self, directory: Path) -> None:
        if isinstance(directory, CallersPath):
            self._ask({"ask": "make_folder", "path": str(directory)})
        else:
            super().make_directory(directory)

    def exists(self, path: Path) -> bool:
        return bool(self._look(path)["exists"]) if isinstance(path, CallersPath) else super().exists(path)

    def is_folder(self, path: Path) -> bool:
        return bool(self._look(path)["is_folder"]) if isinstance(path, CallersPath) else super().is_folder(path)

    def resolved(self, path: Path) -> Path:
        if not isinstance(path, CallersPath):
            return super().resolved(path)
        where = self._look(path)["resolved"]
        return Path(where) if isinstance(where, str) else Path("/")

    @contextmanager
    def workshop(self, folder: Path) -> Iterator[Path]:
        if not isinstance(folder, CallersPath):
            with super().workshop(folder) as room:
                yield room
            return
        room = Path(tempfile.mkdtemp(dir=self._staging))
        try:
            yield room
        except BaseException:
            with suppress(Exception):  # the first error is the one to tell; a client that is gone has dropped it
                self._ask({"ask": "drop"})
            raise
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def hand_out(self, made: Path, target: Path) -> None:
        if not isinstance(target, CallersPath):
            super().hand_out(made, target)
            return
        if not made.is_dir():
            self._put(made, target, None)
            return
        self._ask({"ask": "begin_folder", "path": str(target)})
        for path in sorted(made.iterdir()):
            self._put(path, target, path.name)

    def copy_out(self, sources: Mapping[str, Path], folder: Path) -> list[Path]:
        if not isinstance(folder, CallersPath):
            return super().copy_out(sources, folder)
        copies = [folder / name for name in sources]
        for source, target in zip(sources.values(), copies, strict=True):
            self._put(source, target, None)
        self.publish()
        return copies

    def publish(self) -> None:
        self._ask({"ask": "commit"})

    def _put(self, made: Path, target: Path, inside: str | None) -> None:
        descriptor = os.open(made, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self._ask({"ask": "put", "path": str(target), "mode": _PRIVATE_MODE, "inside": inside}, (descriptor,))
        finally:
            os.close(descriptor)

    def _look(self, path: Path) -> dict[str, Any]:
        answer = self._ask({"ask": "look", "path": str(path)})
        seen = answer.get("ok")
        if not isinstance(seen, dict) or {"exists", "is_folder", "resolved"} - seen.keys():
            raise CallersFileRefused(path=path, problem=N_("the client does not tell what it is"))
        return seen

    def _ask(self, message: Message, descriptors: tuple[int, ...] = ()) -> Message:
        require_no_transaction()
        answer, received = self._conversation.ask(message, descriptors)
        for descriptor in received:
            os.close(descriptor)
        self._require(answer, message.get("path", ""))
        return answer

    def _require(self, answer: Message, path: object) -> None:
        """Raise the client's error: of a medium as the OSError that it was there, which every door can word."""
        error = answer.get("error")
        if error is None:
            return
        match error:
            case [int() as number, str()] if 0 < number < _MOST_ERRNO:
                failed = OSError(number, os.strerror(number), str(path))
                if medium_error(failed) is not None:
                    raise failed
                raise CallersFileRefused(path=path, problem=os.strerror(number)) from failed
            case _:
                raise CallersFileRefused(path=path, problem=N_("the command line does not name it so"))

    def _copied(self, descriptor: int, path: str) -> Path:
        handle, name = tempfile.mkstemp(dir=self._staging)
        size = 0
        with open(handle, "wb") as copy:  # noqa: PTH123 - a descriptor
            while data := os.pread(descriptor, _CHUNK_BYTES, size):
                size += len(data)
                if size > MOST_INPUT_BYTES:
                    raise CallersFileRefused(
                        path=path, problem=N_("it is larger than {most} MiB", most=MOST_INPUT_BYTES >> 20)
                    )
                copy.write(data)
        return Path(name)
