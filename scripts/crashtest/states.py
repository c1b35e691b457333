"""Every state that a power cut may leave: at each step what is not safe is lost, one change alone, two, or all.

A lost write leaves the file shorter; alone it is also tried half done, and as zeros of its full length.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from crashtest.journal import DIRECTORY, Change, Journal

_LOST, _HALF, _ZEROS = "lost", "half", "zeros"


@dataclass(frozen=True)
class State:
    """What stands on the disk after a power cut at an event, and what was promised by then."""

    number: int
    at: int
    step: str
    now: datetime
    lost: tuple[str, ...]
    directories: tuple[str, ...]
    files: dict[str, bytes]
    promises: tuple[Any, ...]


def crash_states(journal: Journal) -> Iterator[State]:
    """All of them that differ, in order of time."""
    seen: set[int] = set()
    promises: list[Any] = []
    number = 0
    for at, event in enumerate(journal.events):
        if event.promise is not None:
            promises.append(event.promise)
        for losses in _losses([event.change for event in journal.events[: at + 1] if event.change], at):
            directories, files = _left(journal, at, losses)
            key = hash((tuple(directories), tuple(sorted(files.items())), len(promises), event.now))
            if key in seen:
                continue
            seen.add(key)
            lost = tuple(f"{journal.events[place].step} ({how})" for place, how in losses.items())
            yield State(number, at, event.step, event.now, lost, directories, files, tuple(promises))
            number += 1


def _losses(changes: list[Change], at: int) -> Iterator[dict[int, str]]:
    pending = [change for change in changes if change.pending(at)]
    yield {}
    yield {change.at: _LOST for change in pending}
    for change in pending:
        yield {change.at: _LOST}
        if change.data:
            yield {change.at: _HALF}
            yield {change.at: _ZEROS}
    for first, second in combinations(pending, 2):
        yield {first.at: _LOST, second.at: _LOST}


def _left(journal: Journal, at: int, losses: dict[int, str]) -> tuple[tuple[str, ...], dict[str, bytes]]:
    names = dict(journal.first_names)
    contents = dict(journal.base)
    torn: set[int] = set()  # databases of which a part was lost that no later commit writes again
    for event in journal.events[: at + 1]:
        change = event.change
        if change is None:
            continue
        if change.at in losses and change.node != DIRECTORY and not change.whole:
            torn.add(change.node)
        if losses.get(change.at) == _LOST or (change.whole and change.node in torn):
            continue
        for path, node in change.names:
            if node is None:
                names.pop(path, None)
            else:
                names[path] = node
        if change.node != DIRECTORY:
            contents[change.node] = _written(contents.get(change.node, b""), change, losses.get(change.at))
    reachable = _reachable(names)
    directories = tuple(sorted(path for path in reachable if names[path] == DIRECTORY))
    return directories, {path: contents.get(names[path], b"") for path in reachable if names[path] != DIRECTORY}


def _written(before: bytes, change: Change, how: str | None) -> bytes:
    if change.truncate is not None:
        return before[: change.truncate].ljust(change.truncate, b"\0")
    data = change.data or b""
    if change.whole:
        return data
    if how == _HALF:
        data = data[: len(data) // 2]
    elif how == _ZEROS:
        data = bytes(len(data))
    return before[: change.offset].ljust(change.offset, b"\0") + data + before[change.offset + len(data) :]


def _reachable(names: dict[str, int]) -> list[str]:
    """Names whose directories are all there: what stands in a directory that was lost is lost with it."""
    reachable: set[str] = set()
    for path in sorted(names):
        parent = path.rpartition("/")[0]
        if not parent or parent in reachable:
            reachable.add(path)
    return sorted(reachable)


def materialise(state: State, root: Path) -> None:
    """Put the state on a real directory, in place of what is there; files are as old as the crash."""
    clear(root)
    for path in state.directories:
        (root / path).mkdir()
    seconds = state.now.timestamp()
    for path, data in state.files.items():
        target = root / path
        target.write_bytes(data)
        os.utime(target, (seconds, seconds))


def clear(root: Path) -> None:
    """Empty a folder and leave it."""
    root.mkdir(exist_ok=True, parents=True)
    for folder, directories, files in os.walk(root, topdown=False):
        for name in files:
            (Path(folder) / name).unlink()
        for name in directories:
            (Path(folder) / name).rmdir()
