"""Where footage is stored and what its files are called.  Names are UTC: no hour is written twice.

incoming/<camera>/run<id>-<index>.mp4                                       being written
segments/<zone>/<camera>/<YYYY-MM-DD>/<camera>_<YYYYMMDDTHHMMSS.mmmZ>.mp4   closed, hashed, indexed
                                     /index.jsonl                           one line a segment

Also the two lock files of a storage.  Reads no footage and deletes none.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from cctv.core.durable import exclusive
from cctv.db.storage import Storage
from cctv.model.ids import CameraId, ZoneId

INDEX = "index.jsonl"
_INCOMING = re.compile(r"run(\d+)-(\d{6,})\.mp4")


def incoming_directory(site: Storage, camera: CameraId) -> Path:
    """`incoming/<camera>`, created when it is missing."""
    directory = site.root / "incoming" / camera
    site.disk.make_directory(directory)
    return directory


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
