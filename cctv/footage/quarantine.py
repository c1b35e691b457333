"""Quarantine: files that nothing explains, each with a note of where it was, why it is here, and its limit.

Only moves files into `quarantine/`.  They leave by a person's decision, or at their limit by `cctv.footage.deletion`.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cctv.audit.log import append_entry
from cctv.core.clock import iso
from cctv.core.errors import FileUnreadable
from cctv.core.logs import SHOWN
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.ids import CameraId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file in quarantine, the note beside it, and the instant by which it is deleted if no one decides.

    `camera` is None for a file that was where no camera's footage belongs.
    """

    path: Path
    note: Path
    camera: CameraId | None
    limit: datetime


def quarantine(
    site: Storage, path: Path, camera: CameraId | None, reason: str, *, promised: datetime | None = None
) -> str:
    """Move a file to quarantine, its note first; returns its new relative path.

    Its limit is the shortest that may apply, counted from now; `promised` where an earlier one is known.
    """
    now = site.clock.now()
    limit = now + shortest_period(site, camera)
    target = _free(site.root / "quarantine" / f"{camera or 'unknown'}_{path.name}")
    note = {
        "schema": 1,
        "camera": camera,
        "found": site.relative(path),
        "reason": reason,
        "at": iso(now),
        "limit": iso(min(limit, promised) if promised else limit),
    }
    site.disk.write(target.with_name(f"{target.name}.json"), json.dumps(note, indent=2).encode() + b"\n")
    site.disk.rename(path, target)
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
    """The files in quarantine; raises FileUnreadable for a note that cannot be parsed."""
    return [_read(note) for note in sorted((site.root / "quarantine").glob("*.json"))]


def _read(note: Path) -> Quarantined:
    try:
        payload = json.loads(note.read_text())
        camera = CameraId(payload["camera"]) if payload["camera"] is not None else None
        return Quarantined(note.with_suffix(""), note, camera, datetime.fromisoformat(payload["limit"]))
    except (ValueError, KeyError, TypeError) as error:
        following = "look at the file beside it and remove both, or write the note again"
        raise FileUnreadable(path=note, problem=f"not a note of quarantine ({error})", following=following) from error
