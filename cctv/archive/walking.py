"""Walking segments/: which days' folders there are, which of their files are segments, and what does not belong there.

Reads names only, and no file.  A storage has millions of them: strings and `os.scandir`, no paths.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cctv.archive.layout import INDEX
from cctv.model.ids import valid_id

SEGMENTS = "segments"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\.(\d{3})Z\.mp4")


@dataclass(frozen=True, slots=True)
class Walked:
    """The days' folders in order, and the files that stand in none, all as relative paths."""

    folders: tuple[str, ...]
    strays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A day's folder: its segments by their relative path with the start that the name gives, and what is none."""

    files: dict[str, datetime]
    strays: tuple[str, ...]


def walk(root: Path) -> Walked:
    """Look at every folder of segments/ down to those of the days."""
    folders: list[str] = []
    strays: list[str] = []
    _descend(f"{root}/", SEGMENTS, 0, folders, strays)
    return Walked(tuple(sorted(folders)), tuple(sorted(strays)))


def list_day(root: Path, relative: str) -> Listed:
    """The files of a day's folder; nothing for one that is not there.  A link is no segment, whatever its name."""
    _, camera, day = relative.rsplit("/", 2)
    files: dict[str, datetime] = {}
    strays: list[str] = []
    try:
        entries = list(os.scandir(f"{root}/{relative}"))
    except FileNotFoundError:
        return Listed({}, ())
    for entry in entries:
        path = f"{relative}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            strays += _files_below(f"{root}/", path)
        elif (start := start_in(entry.name, camera, day)) is not None and entry.is_file(follow_symlinks=False):
            files[path] = start
        elif entry.name != INDEX:
            strays.append(path)
    return Listed(files, tuple(sorted(strays)))


def start_in(name: str, camera: str, day: str) -> datetime | None:
    """The start that the name of a segment gives, None unless it belongs to that camera and into that day's folder."""
    if not name.startswith(f"{camera}_"):
        return None
    found = _STAMP.fullmatch(name, len(camera) + 1)
    if found is None or "-".join(found.groups()[:3]) != day:
        return None
    year, month, of_month, hour, minute, second, millisecond = map(int, found.groups())
    try:
        return datetime(year, month, of_month, hour, minute, second, millisecond * 1000, UTC)
    except ValueError:
        return None


def is_day(name: str) -> bool:
    """Whether a folder has the name of a day."""
    if _DAY.fullmatch(name) is None:
        return False
    try:
        datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _descend(root: str, relative: str, depth: int, folders: list[str], strays: list[str]) -> None:
    """segments/<zone>/<camera>/<day>: a folder of another name holds strays only."""
    belongs = is_day if depth == 2 else valid_id
    for entry in os.scandir(root + relative):
        path = f"{relative}/{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            strays.append(path)
        elif not belongs(entry.name):
            strays += _files_below(root, path)
        elif depth == 2:
            folders.append(path)
        else:
            _descend(root, path, depth + 1, folders, strays)


def _files_below(root: str, relative: str) -> Iterator[str]:
    for entry in os.scandir(root + relative):
        path = f"{relative}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(root, path)
        else:
            yield path
