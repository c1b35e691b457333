# ruff: noqa: ANN401  # stands in for functions of os, with whatever they take
"""Records what a scenario does to a storage, below `core.durable`: the calls of the operating system that it makes.

The real `DurableFiles` runs; what it forgets to flush is not flushed here either.  Each place that flushes has a name
(`site_of`), so that one of them can be left out.  SQLite writes past Python: its commits are noted as they return.
"""

from __future__ import annotations

import linecache
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from cctv.core.durable import DurableFiles
from crashtest.journal import DIRECTORY, Change, Journal

_DURABLE = "cctv/core/durable.py"
_NOT_FOOTAGE = (".lock", "-wal", "-shm", "-journal")  # locks are nothing on disk; SQLite's own files are its store
_SCRATCH = (".restore", ".backup")  # emptied before use: what a crash leaves there is never read
_FULL = 2  # PRAGMA synchronous


class Died(BaseException):
    """The process is gone; no handler of the product runs."""


class Recorder:
    """Fills a journal while `recording`; `without` names the flush that is left out."""

    def __init__(self, root: Path, clock: Any, without: str | None = None) -> None:
        self.root, self.clock, self.without = root.resolve(), clock, without
        self.journal = snapshot(self.root)
        self.sites: dict[str, int] = {}
        self.dies_in: int | None = None  # after that many more steps
        self.dies_after: str | None = None  # right after the next step that begins so
        self._open: dict[int, tuple[int, str]] = {}  # descriptor -> node, path
        self._scratch_synced: set[str] = set()
        self._last: dict[int, bytes] = {}

    def promise(self, what: object) -> None:
        self.journal.promise(self.clock.now(), what)

    @contextmanager
    def recording(self) -> Iterator[Recorder]:
        """Between the product and the operating system, until the block ends."""
        names = ("open", "close", "write", "writev", "ftruncate", "fsync", "fdatasync", "mkdir", "rmdir", "unlink",
                 "remove", "rename", "replace")  # fmt: skip
        real = {name: getattr(os, name) for name in names}
        commit = DefaultDialect.do_commit
        ours = {name: self._wrapped(name, real) for name in names}

        def noted(dialect: DefaultDialect, connection: Any) -> None:
            commit(dialect, connection)
            self._committed(connection)

        for name in names:
            setattr(os, name, ours[name])
        DefaultDialect.do_commit = noted  # type: ignore[method-assign]
        settle = DurableFiles.settle
        DurableFiles.settle = lambda disk, root: self._settle(disk, root, settle)  # type: ignore[method-assign]
        try:
            yield self
        finally:
            for name in names:
                setattr(os, name, real[name])
            DefaultDialect.do_commit = commit  # type: ignore[method-assign]
            DurableFiles.settle = settle  # type: ignore[method-assign]

    def _wrapped(self, name: str, real: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        method = {"open": "opened", "remove": "unlink", "replace": "rename", "fdatasync": "fsync"}.get(name, name)
        ours = getattr(self, f"_{method}")

        def call(*arguments: Any, **named: Any) -> Any:
            return ours(real[name], *arguments, **named)

        return call

    def _step(self, step: str, change: Change) -> None:
        self.journal.put(step, self.clock.now(), change)
        if self.dies_after is not None and step.startswith(self.dies_after):
            self.dies_after = None
            raise Died
        self._maybe_die()

    def _maybe_die(self) -> None:
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in <= 0:
                self.dies_in = None
                raise Died

    def _path(self, path: Any) -> str | None:
        """The path inside the storage, None for one that is not followed."""
        try:
            text = os.fspath(path)
            inside = str(Path(text).absolute().relative_to(self.root))
        except (TypeError, ValueError):
            return None
        return None if inside == "." or inside.endswith(_NOT_FOOTAGE) else inside

    def _node(self, path: str) -> int:
        """The node of a name; a file that was not recorded counts as bytes that no one flushed."""
        if path not in self.journal.names:
            node, data = self.journal.new_node(), (self.root / path).read_bytes()
            self._step(f"create {path}", Change(0, names=((path, node),)))
            self._step(f"write {path}", Change(0, node=node, data=data))
        return self.journal.names[path]

    def _open_file(self, descriptor: int, path: str, flags: int, *, was_there: bool) -> None:
        if not was_there and flags & os.O_CREAT:
            node = self.journal.new_node()
            self._open[descriptor] = (node, path)
            self._step(f"create {path}", Change(0, names=((path, node),)))
            return
        self._open[descriptor] = (self._node(path), path)
        if flags & os.O_TRUNC:
            self._step(f"truncate {path}", Change(0, node=self._open[descriptor][0], truncate=0))

    def _opened(self, real: Callable[..., int], path: Any, flags: int, *more: Any, **named: Any) -> int:
        inside = None if named.get("dir_fd") is not None else self._path(path)
        if inside is None:
            descriptor = real(path, flags, *more, **named)
            if flags & os.O_DIRECTORY and Path(os.fspath(path)).absolute() == self.root:
                self._open[descriptor] = (DIRECTORY, "")
            return descriptor
        was_there = Path(path).exists()
        descriptor = real(path, flags, *more, **named)
        if flags & os.O_DIRECTORY:
            self._open[descriptor] = (DIRECTORY, inside)
        elif inside.startswith(_SCRATCH):
            self._open[descriptor] = (-2, inside)
        else:
            self._open_file(descriptor, inside, flags, was_there=was_there)
        return descriptor

    def _close(self, real: Callable[..., Any], descriptor: int) -> None:
        self._open.pop(descriptor, None)
        real(descriptor)

    def _write(self, real: Callable[..., int], descriptor: int, data: Any) -> int:
        return self._put(descriptor, bytes(data), lambda: real(descriptor, data))

    def _writev(self, real: Callable[..., int], descriptor: int, pieces: Any) -> int:
        return self._put(descriptor, b"".join(bytes(piece) for piece in pieces), lambda: real(descriptor, pieces))

    def _put(self, descriptor: int, data: bytes, write: Callable[[], int]) -> int:
        node, path = self._open.get(descriptor, (DIRECTORY, ""))
        if node < 0:
            return write()
        size = os.fstat(descriptor).st_size
        here = os.lseek(descriptor, 0, os.SEEK_CUR)
        written = write()
        offset = size if os.lseek(descriptor, 0, os.SEEK_CUR) == size + written else here
        self._step(f"write {path}", Change(0, node=node, offset=offset, data=data[:written]))
        return written

    def _ftruncate(self, real: Callable[..., None], descriptor: int, length: int) -> None:
        real(descriptor, length)
        node, path = self._open.get(descriptor, (DIRECTORY, ""))
        if node >= 0:
            self._step(f"truncate {path}", Change(0, node=node, truncate=length))

    def _fsync(self, real: Callable[..., None], descriptor: int) -> None:
        node, path = self._open.get(descriptor, (None, ""))
        if node is None:
            return real(descriptor)
        site = site_of(sys._getframe(2))
        self.sites[site] = self.sites.get(site, 0) + 1
        if self.without is not None and site == self.without:
            return None
        if path.startswith(_SCRATCH):
            self._scratch_synced.add(path)
        elif node == DIRECTORY:
            self.journal.flush_directory(f"flush directory {path or '.'}", self.clock.now(), path)
        else:
            self.journal.flush_file(f"flush {path}", self.clock.now(), node)
        self._maybe_die()
        return None

    def _settle(self, disk: DurableFiles, root: Path, settle: Callable[[DurableFiles, Path], None]) -> None:
        """syncfs(2): everything that is in the kernel's memory."""
        caller = sys._getframe(2).f_code
        site = f"DurableFiles.settle for {Path(caller.co_filename).stem}.{caller.co_name}"
        self.sites[site] = self.sites.get(site, 0) + 1
        if site != self.without:
            settle(disk, root)
            self.journal.flush_all("flush everything", self.clock.now())
            self._maybe_die()

    def _mkdir(self, real: Callable[..., None], path: Any, *more: Any, **named: Any) -> None:
        real(path, *more, **named)
        inside = self._path(path)
        if inside is not None and not inside.startswith(_SCRATCH):
            self._step(f"mkdir {inside}", Change(0, names=((inside, DIRECTORY),)))

    def _rmdir(self, real: Callable[..., None], path: Any, **named: Any) -> None:
        real(path, **named)
        self._gone("rmdir", path, named)

    def _unlink(self, real: Callable[..., None], path: Any, **named: Any) -> None:
        real(path, **named)
        self._gone("unlink", path, named)

    def _gone(self, verb: str, path: Any, named: dict[str, Any]) -> None:
        inside = None if named.get("dir_fd") is not None else self._path(path)
        if inside is not None and inside in self.journal.names:
            self._step(f"{verb} {inside}", Change(0, names=((inside, None),)))

    def _rename(self, real: Callable[..., None], source: Any, target: Any, **named: Any) -> None:
        old, new = self._path(source), self._path(target)
        if old is None or new is None:
            return real(source, target, **named)
        if not old.startswith(_SCRATCH):
            node = self._node(old)
            real(source, target, **named)
            self._step(f"rename {old} to {new}", Change(0, names=((old, None), (new, node))))
            return None
        data, node = Path(source).read_bytes(), self.journal.new_node()
        real(source, target, **named)
        safe = len(self.journal.events) if old in self._scratch_synced else None
        self._step(f"write {old}", Change(0, node=node, data=data, safe_from=safe))
        self._step(f"rename {old} to {new}", Change(0, names=((new, node),)))
        return None

    def _committed(self, connection: Any) -> None:
        raw: sqlite3.Connection = getattr(connection, "driver_connection", connection)
        file = raw.execute("PRAGMA database_list").fetchone()[2]
        inside = self._path(file)
        if inside is None or inside not in self.journal.names:
            return
        node, data = self.journal.names[inside], raw.serialize()
        if self._last.get(node) == data or (self.journal.base.get(node) == data and node not in self._last):
            return
        self._last[node] = data
        full = raw.execute("PRAGMA synchronous").fetchone()[0] >= _FULL
        safe = len(self.journal.events) if full else None
        self._step(f"commit {inside}", Change(0, node=node, data=data, whole=True, safe_from=safe))


def site_of(frame: FrameType | None) -> str:
    """The place that asked for a flush: a line of `core.durable`, or the function that called it for just that."""
    while frame is not None and not frame.f_code.co_filename.endswith(_DURABLE):
        frame = frame.f_back
    if frame is None:
        return "beside core.durable"
    while frame.f_back is not None and frame.f_back.f_code.co_filename.endswith(_DURABLE):
        frame = frame.f_back
    name, line = frame.f_code.co_name, frame.f_lineno
    if name in {"sync_file", "sync_directory", "sync"} and frame.f_back is not None:
        caller = frame.f_back.f_code
        return f"DurableFiles.{name} for {Path(caller.co_filename).stem}.{caller.co_name}"
    source = linecache.getline(frame.f_code.co_filename, line).strip()
    return f"DurableFiles.{name}, line {line}: {source}"


def snapshot(root: Path) -> Journal:
    """What stands in a storage now, all of it safe."""
    directories, files = [], {}
    for path in sorted(root.rglob("*")):
        inside = str(path.relative_to(root))
        if path.is_dir():
            directories.append(inside)
        elif path.suffix == ".db":
            connection = sqlite3.connect(path)
            files[inside] = connection.serialize()
            connection.close()
        elif not inside.endswith(_NOT_FOOTAGE):
            files[inside] = path.read_bytes()
    return Journal.of(directories, files)
