"""Quarantine: files that nothing explains, each with a note of where it was, why it is here, and its limit.

Only moves files into `quarantine/`.  They leave by a person's decision, or at their limit by `cctv.footage.deletion`.
A file there without a note is taken in: it would have no limit.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cctv.audit.log import append_entry
from cctv.core.clock import iso
from cctv.core.errors import FileUnreadable
from cctv.core.logs import SHOWN
from cctv.core.text import parse_json
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.holds import Hold
from cctv.model.ids import CameraId

log = logging.getLogger(__name__)

_NO_NOTE = "it was in quarantine without a note"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file in quarantine, the note beside it, and the instant by which it is deleted if no one decides.

    `camera` is None for a file that was where no camera's footage belongs.
    """

    path: Path
    note: Path
    camera: CameraId | None
    limit: datetime

    def is_kept_by(self, holds: Iterable[Hold]) -> bool:
        """Whether a hold names its camera, for its time is not known; a file of no known camera any hold keeps."""
        return any(self.camera is None or self.camera in hold.cameras for hold in holds)


def quarantine(
    site: Storage, path: Path, camera: CameraId | None, reason: str, *, promised: datetime | None = None
) -> str:
    """Move a file to quarantine, its note first; returns its new relative path.

    Its limit is the shortest that may apply, counted from now; `promised` where an earlier one is known.
    """
    target = _free(site.root / "quarantine" / f"{camera or 'unknown'}_{path.name}")
    _write_note(site, target, camera, reason, found=site.relative(path), promised=promised)
    site.disk.rename(path, target)
    return _record(site, target, camera, reason)


def take_in_unnoted(site: Storage) -> tuple[str, ...]:
    """Write a note for each file in `quarantine/` that has none; returns their relative paths.

    Its camera is that of its name, if there is such a one.  A file in a folder is moved out of it.
    """
    taken_in: list[str] = []
    for path, camera in _unnoted(site):
        if path.parent != site.root / "quarantine":
            taken_in.append(quarantine(site, path, None, _NO_NOTE))
            continue
        _write_note(site, path, camera, _NO_NOTE, found=site.relative(path))
        taken_in.append(_record(site, path, camera, _NO_NOTE))
    return tuple(taken_in)


def unnoted_files(site: Storage) -> list[Quarantined]:
    """The files that `take_in_unnoted` will take in.

    For those who only look: their limit counts from when they were last written, that of the note from when it is made.
    """
    files = (_without_note(site, path, camera) for path, camera in _unnoted(site))
    return [file for file in files if file is not None]


def all_files(site: Storage) -> list[Quarantined]:
    """Every file in quarantine, for those who only look: one whose note cannot be parsed counts as one without."""
    files = unnoted_files(site)
    for note in _notes(site):
        try:
            files.append(_read(note))
        except FileUnreadable:
            if (file := _without_note(site, note, None)) is not None:
                files.append(file)
    return files


def _without_note(site: Storage, path: Path, camera: CameraId | None) -> Quarantined | None:
    """None where a sweep removed it meanwhile."""
    try:
        written = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except FileNotFoundError:
        return None
    return Quarantined(path, _note_of(path), camera, written + shortest_period(site, camera))


def _unnoted(site: Storage) -> Iterator[tuple[Path, CameraId | None]]:
    """Files that are no note and have none, with the camera of their name; a note that is being written is neither."""
    folder = site.root / "quarantine"
    if not folder.is_dir():
        return
    names = {entry.name: entry.is_dir(follow_symlinks=False) for entry in os.scandir(folder)}
    notes = {note.name for note in _notes(site)}
    for name, is_folder in sorted(names.items()):
        if is_folder:
            yield from ((path, None) for path in sorted((folder / name).rglob("*")) if not _is_folder(path))
        elif name.endswith(".json") and name not in notes and name.removesuffix(".json") not in names:
            yield folder / name, None  # a link: no note, and it goes as any file does
        elif not name.endswith((".json", ".part")) and f"{name}.json" not in notes:
            camera = CameraId(name.partition("_")[0])
            yield folder / name, camera if camera in site.settings.cameras else None


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _note_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.json")


def _write_note(
    site: Storage, target: Path, camera: CameraId | None, reason: str, *, found: str, promised: datetime | None = None
) -> None:
    now = site.clock.now()
    limit = now + shortest_period(site, camera)
    note = {
        "schema": 1,
        "camera": camera,
        "found": found,
        "reason": reason,
        "at": iso(now),
        "limit": iso(min(limit, promised) if promised else limit),
    }
    site.disk.write(_note_of(target), json.dumps(note, indent=2).encode() + b"\n")


def _record(site: Storage, target: Path, camera: CameraId | None, reason: str) -> str:
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.FOOTAGE_QUARANTINED, site.relative(target), facts={"why": reason})
    log.warning("file.quarantined", extra={"camera": camera, "path": site.relative(target), SHOWN: True})
    return site.relative(target)


def shortest_period(site: Storage, camera: CameraId | None) -> timedelta:
    """How long footage of the camera may be kept: its zone's period, the shortest of all for an unknown camera."""
    camera_settings = site.settings.cameras.get(camera) if camera else None
    periods = [
        site.settings.limit_for(zone) for zone in ([camera_settings.zone] if camera_settings else site.settings.zones)
    ]
    return min(periods, default=site.settings.site.max_retention)


def _free(target: Path) -> Path:
    """The same name, or with a number where something of that name is in quarantine already; never that of a note."""
    suffix = ".file" if target.suffix == ".json" else target.suffix
    names = (f"{target.stem}{number}{suffix}" for number in ("", *(f"-{count}" for count in range(2, 1_000_000))))
    return next(free for name in names if not (free := target.with_name(name)).exists())


def quarantined_files(site: Storage) -> list[Quarantined]:
    """The files in quarantine that have a note; raises FileUnreadable for a note that cannot be parsed."""
    return [_read(note) for note in _notes(site)]


def _notes(site: Storage) -> list[Path]:
    """The notes, in order; a link is none."""
    return [note for note in sorted((site.root / "quarantine").glob("*.json")) if not note.is_symlink()]


def _read(note: Path) -> Quarantined:
    try:
        payload = parse_json(note.read_text("utf-8"))
        camera = CameraId(payload["camera"]) if payload["camera"] is not None else None
        return Quarantined(note.with_suffix(""), note, camera, datetime.fromisoformat(payload["limit"]))
    except (ValueError, KeyError, TypeError) as error:
        following = "look at the file beside it and remove both, or write the note again"
        raise FileUnreadable(path=note, problem=f"not a note of quarantine ({error})", following=following) from error
