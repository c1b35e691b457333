"""Where footage is stored and what its files are called.  Names are UTC: no hour is written twice.

incoming/<camera>/run<id>-<index>.mp4                                       being written
segments/<zone>/<camera>/<YYYY-MM-DD>/<camera>_<YYYYMMDDTHHMMSS.mmmZ>.mp4   closed, hashed, indexed
                                     /index.jsonl                           one line a segment

Also whether a path of the index stays inside the storage, and the two lock files of a storage.  Reads no footage and
deletes none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from cctv.core.durable import exclusive
from cctv.core.errors import GuardError
from cctv.core.i18n import N_, Message
from cctv.db.storage import DIRECTORIES, Storage
from cctv.model.ids import CameraId, ZoneId

INDEX = "index.jsonl"
_INCOMING = re.compile(r"run(\d+)-(\d{6,})\.mp4")


class PathOutside(GuardError):
    """Deletion stops: the index is damaged: {row} has the path {path}, which is not inside the storage ({problem}).

    next: look at it with `cctv footage reconcile`; if a folder of the storage is a link, move its files back in its
    place; else put the site's own cctv.db back (`cctv restore`); nothing was deleted.
    """


def inside(root: Path, relative: str, row: Message | str = N_("a segment")) -> Path:
    """The file or folder that a relative path of the index names, links followed; raises PathOutside.

    `row` says which row has the path.  Whoever opens or removes what the index names asks here.
    """
    _require_inside(root, relative, relative, row)
    return root / relative


def require_inside(root: Path, relatives: Iterable[str], row: Message | str = N_("a segment")) -> None:
    """The same for segments that are to be unlinked, which follows no link: their folders are asked, each once.

    Nothing but a path of `segments/` passes: the storage holds the index, hold files and keys too.
    """
    known: set[str] = set()
    for relative in relatives:
        folder, _, name = relative.rpartition("/")
        if not is_relative(relative):
            raise PathOutside(row=row, path=relative, problem=N_("it is no relative path"))
        if not relative.startswith("segments/"):
            raise PathOutside(row=row, path=relative, problem=N_("it is no path of a segment"))
        if folder not in known:
            _require_inside(root, folder or name, relative, row)
            known.add(folder)


def is_relative(path: str) -> bool:
    """Whether a path of the index is one that this program writes: not absolute, without `..`."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def _require_inside(root: Path, asked: str, relative: str, row: Message | str) -> None:
    if not is_relative(asked):
        raise PathOutside(row=row, path=relative, problem=N_("it is no relative path"))
    real_root, target = os.path.realpath(root), os.path.realpath(root / asked)
    if not target.startswith(f"{real_root.rstrip('/')}/"):
        raise PathOutside(row=row, path=relative, problem=N_("a link leads to {target}", target=target))


def require_own_folders(root: Path) -> None:
    """Raise PathOutside where a link is in place of a folder of the storage: what lies behind it is not ours."""
    for name in DIRECTORIES:
        if (root / name).is_symlink():
            problem = N_("a link leads to {target}", target=os.path.realpath(root / name))
            raise PathOutside(row=N_("no row, but a folder of the storage"), path=f"{name}/", problem=problem)


def named_folder(root: Path, parent: str, name: str) -> Path:
    """`<parent>/<name>` for an id that the index has, links not followed; raises PathOutside for what is no plain name.

    An id of the index may have become anything (`..`, a path); a folder of that name may be removed with all in it.
    """
    if not is_relative(name) or "/" in name:
        raise PathOutside(row=N_("an entry of {folder}", folder=f"{parent}/"), path=name, problem=N_("it is no name"))
    return root / parent / name


def derived_directory(root: Path, case_id: str) -> Path:
    """`derived/<case>`, made or not; raises PathOutside where a link is in its place: nobody writes through one."""
    directory = named_folder(root, "derived", case_id)
    if directory.is_symlink():
        problem = N_("a link leads to {target}", target=os.path.realpath(directory))
        raise PathOutside(row=case_id, path=f"derived/{case_id}", problem=problem)
    return directory


def incoming_directory(site: Storage, camera: CameraId) -> Path:
    """`incoming/<camera>`, created when it is missing; raises PathOutside where a link is in its place."""
    directory = named_folder(site.root, "incoming", camera)
    for folder in (directory.parent, directory):
        if folder.is_symlink():
            problem = N_("a link leads to {target}", target=os.path.realpath(folder))
            raise PathOutside(row=camera, path=site.relative(folder), problem=problem)
    site.disk.make_directory(directory)
    return directory


def incoming_files(root: Path) -> list[Path]:
    """What lies in the folders of `incoming/`, in order; nothing behind a link, which nobody here makes."""
    folders = sorted(folder for folder in (root / "incoming").glob("*") if not folder.is_symlink() and folder.is_dir())
    return [path for folder in folders for path in sorted(folder.iterdir())]


def incoming_links(root: Path) -> list[Path]:
    """The links in `incoming/` and its folders."""
    paths = [*sorted((root / "incoming").glob("*")), *incoming_files(root)]
    return [path for path in paths if path.is_symlink()]


def incoming_name(name: str) -> tuple[int, int] | None:
    """Run id and index of a file in `incoming/`, None for anything else."""
    match = _INCOMING.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def segment_path(root: Path, zone: ZoneId, camera: CameraId, start: datetime) -> Path:
    """The path of the segment of a camera that starts at an instant."""
    at = start.astimezone(UTC)
    name = f"{camera}_{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z.mp4"
    return root / "segments" / zone / camera / f"{at:%Y-%m-%d}" / name


def segment_start(name: str, camera: CameraId) -> datetime | None:
    """The start that a segment's name gives, None for a name that is not one of the camera's segments."""
    stamp = name.removeprefix(f"{camera}_").removesuffix(".mp4")
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def recorder_lock(site: Storage) -> AbstractContextManager[None]:
    """Held by the one recorder of a storage; raises LockHeld."""
    return exclusive(site.root / "recorder.lock")


def sweeper_lock(site: Storage) -> AbstractContextManager[None]:
    """Held by the one sweeper of a storage; raises LockHeld."""
    return exclusive(site.root / "sweeper.lock")
