"""The model of a disk: what was written, what of it a power cut can take back, and what was promised meanwhile.

Bytes are safe once their file is flushed, names once their directory is; until then any of them may be lost, whatever
came after it.  A rename is one change, safe with its target's directory: so do the file systems that keep a journal.
A commit of SQLite is safe when it returns, provided that it ran with synchronous=FULL: its log is a crash-safe store of
its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

DIRECTORY = -1


@dataclass
class Change:
    """Bytes put into a file, or names changed; `safe_from` is the event that flushed it."""

    at: int
    node: int = DIRECTORY
    offset: int = 0
    data: bytes | None = None
    truncate: int | None = None
    whole: bool = False  # a database as it stood at a commit
    names: tuple[tuple[str, int | None], ...] = ()  # path -> node, None for a name that is removed
    safe_from: int | None = None

    def pending(self, at: int) -> bool:
        """Whether a power cut right after that event can take it back."""
        return self.at <= at and (self.safe_from is None or self.safe_from > at)

    def __repr__(self) -> str:
        if self.names:
            return " + ".join(f"{path} -> {'gone' if node is None else node}" for path, node in self.names)
        return f"node {self.node}: {len(self.data or b'')} bytes at {self.offset}"


@dataclass(frozen=True)
class Event:
    """One step: a change, a flush, or a promise; `step` describes it for people."""

    step: str
    now: datetime
    change: Change | None = None
    promise: object = None


@dataclass
class Journal:
    """What stood there before, and every step since."""

    directories: tuple[str, ...]
    base: dict[int, bytes]  # content by node
    names: dict[str, int]  # path -> node, as they are now
    events: list[Event] = field(default_factory=list)
    first_names: dict[str, int] = field(default_factory=dict)
    _next: int = 0

    @staticmethod
    def of(directories: list[str], files: dict[str, bytes]) -> Journal:
        base = dict(enumerate(files.values()))
        names = {**{path: number for number, path in enumerate(files)}, **dict.fromkeys(directories, DIRECTORY)}
        return Journal(tuple(directories), base, names, first_names=dict(names), _next=len(base))

    def new_node(self) -> int:
        self._next += 1
        return self._next - 1

    def put(self, step: str, now: datetime, change: Change) -> None:
        """Add a change, not yet safe unless it says so."""
        change.at = len(self.events)
        self.events.append(Event(step, now, change=change))
        for path, node in change.names:
            if node is None:
                self.names.pop(path, None)
            else:
                self.names[path] = node

    def flush_file(self, step: str, now: datetime, node: int) -> None:
        self._flush(step, now, [change for change in self._open() if change.node == node and not change.names])

    def flush_directory(self, step: str, now: datetime, directory: str) -> None:
        touched = [change for change in self._open() if change.names and _parent(change.names[-1][0]) == directory]
        self._flush(step, now, touched)

    def flush_all(self, step: str, now: datetime) -> None:
        self._flush(step, now, self._open())

    def promise(self, now: datetime, what: object) -> None:
        """From here on a power cut must leave that true."""
        self.events.append(Event(f"promised: {what}", now, promise=what))

    def _open(self) -> list[Change]:
        return [event.change for event in self.events if event.change and event.change.safe_from is None]

    def _flush(self, step: str, now: datetime, changes: list[Change]) -> None:
        for change in changes:
            change.safe_from = len(self.events)
        self.events.append(Event(step, now))


def _parent(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent
