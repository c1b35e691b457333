"""recorder.json: how every camera fares, for `cctv status`.

Owns the file's form, written by the recorder and read by anyone.  Renewed every two seconds, atomically but not
durably: it is about now, and a power cut has its own story.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from cctv.core.clock import from_us, to_us
from cctv.db.storage import Storage
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId

STATE_FILE = "recorder.json"
LOCK_FILE = "recorder.lock"  # archive.recorder_lock
_SCHEMA = 1


class Phase(Enum):
    """What the recorder does for a camera."""

    CONNECTING = "connecting"
    RECORDING = "recording"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class CameraState:
    """One camera: its phase and since when, when its last frame came, why it is not recorded, what was taken in."""

    phase: Phase
    since: datetime
    last_frame: datetime | None = None
    cause: GapCause | None = None
    message: str | None = None
    segments: int = 0
    size_bytes: int = 0


class SpaceLevel(Enum):
    """How the disk stands: enough, room is being asked for, or recording has stopped."""

    ENOUGH = "enough"
    WANTED = "room wanted"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """The disk: bytes free, bytes that stay free, how it stands, hours until the reserve is reached.

    `hours_left` is None while the disk does not fill, or while that is not known yet.
    """

    free: int
    reserve: int
    standing: SpaceLevel
    hours_left: float | None


@dataclass(frozen=True, slots=True)
class RecorderState:
    """All cameras as the recorder with that process id saw them then."""

    pid: int
    at: datetime
    cameras: Mapping[CameraId, CameraState]
    disk: DiskStatus | None = None


def write_state(root: Path, state: RecorderState) -> None:
    """Put the file in place of the one before."""
    said = {
        "schema": _SCHEMA,
        "pid": state.pid,
        "at_us": to_us(state.at),
        "cameras": {camera: _camera_to_json(one) for camera, one in state.cameras.items()},
        "disk": _disk_to_json(state.disk) if state.disk else None,
    }
    beside = root / f".{STATE_FILE}.part"
    beside.write_text(json.dumps(said, ensure_ascii=False))
    beside.replace(root / STATE_FILE)


def read_state(root: Path) -> RecorderState | None:
    """What the recorder last wrote; None when it never ran here or the file is not one."""
    try:
        said = json.loads((root / STATE_FILE).read_text())
        if not isinstance(said, dict) or said.get("schema") != _SCHEMA or not isinstance(said["cameras"], dict):
            return None
        cameras = {CameraId(name): _camera_from_json(one) for name, one in said["cameras"].items()}
        disk = _disk_from_json(said["disk"]) if said.get("disk") else None
        return RecorderState(said["pid"], from_us(said["at_us"]), cameras, disk)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def is_running(site: Storage) -> bool:
    """Whether a recorder holds this storage's lock.

    Only reads: a lock file made here by root or by staff would be one that the recorder cannot open.
    """
    try:
        descriptor = os.open(site.root / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _camera_to_json(state: CameraState) -> dict[str, Any]:
    return {
        "state": state.phase.value,
        "since_us": to_us(state.since),
        "last_frame_us": to_us(state.last_frame) if state.last_frame else None,
        "cause": state.cause.value if state.cause else None,
        "message": state.message,
        "segments": state.segments,
        "size_bytes": state.size_bytes,
    }


def _disk_to_json(disk: DiskStatus) -> dict[str, Any]:
    return {
        "free_bytes": disk.free,
        "reserve_bytes": disk.reserve,
        "standing": disk.standing.value,
        "hours_left": disk.hours_left,
    }


def _disk_from_json(said: Mapping[str, Any]) -> DiskStatus:
    return DiskStatus(said["free_bytes"], said["reserve_bytes"], SpaceLevel(said["standing"]), said["hours_left"])


def _camera_from_json(said: Mapping[str, Any]) -> CameraState:
    return CameraState(
        phase=Phase(said["state"]),
        since=from_us(said["since_us"]),
        last_frame=from_us(said["last_frame_us"]) if said["last_frame_us"] is not None else None,
        cause=GapCause(said["cause"]) if said["cause"] is not None else None,
        message=said["message"],
        segments=said["segments"],
        size_bytes=said["size_bytes"],
    )
