"""Quarantine: files that nothing explains, each with a note of where it was found, why it is here, and its limit.

Only moves files in.  They leave by a person's decision, or at their limit by `archive.disposal`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cctv import audit
from cctv.db.engine import writing
from cctv.db.site import Site
from cctv.kernel.clock import iso
from cctv.kernel.errors import FileUnreadable
from cctv.model.acts import Act
from cctv.model.ids import CameraId


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file in quarantine, the note beside it, and the instant by which it must be gone if nobody decides."""

    path: Path
    note: Path
    camera: CameraId
    limit: datetime


def quarantine(site: Site, path: Path, camera: CameraId, reason: str) -> str:
    """Move a file aside, its note first; answers its new relative path.  Its limit is the shortest that may apply."""
    known = site.settings.cameras.get(camera)
    periods = [site.settings.limit_for(zone) for zone in ([known.zone] if known else site.settings.zones)]
    periods = periods or [site.settings.site.max_retention]
    now = site.clock.now()
    target = site.root / "quarantine" / f"{camera}_{path.name}"
    note = {
        "schema": 1,
        "camera": camera,
        "found": site.relative(path),
        "reason": reason,
        "at": iso(now),
        "limit": iso(now + min(periods)),
    }
    site.disk.write(target.with_name(f"{target.name}.json"), json.dumps(note, indent=2).encode() + b"\n")
    site.disk.rename(path, target)
    with writing(site.engine) as connection:
        audit.append(connection, site, Act.FOOTAGE_QUARANTINED, site.relative(target), facts={"why": reason})
    return site.relative(target)


def quarantined(site: Site) -> list[Quarantined]:
    """What stands in quarantine; raises FileUnreadable for a note that is none."""
    return [_read(note) for note in sorted((site.root / "quarantine").glob("*.json"))]


def _read(note: Path) -> Quarantined:
    try:
        said = json.loads(note.read_text())
        return Quarantined(note.with_suffix(""), note, CameraId(said["camera"]), datetime.fromisoformat(said["limit"]))
    except (ValueError, KeyError, TypeError) as error:
        following = "look at the file beside it and remove both, or write the note again"
        raise FileUnreadable(path=note, problem=f"not a note of quarantine ({error})", following=following) from error
