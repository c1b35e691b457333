"""recorder.json: the state of every camera and of the disk, for `cctv status`.

Responsible for the file's format; the recorder writes it and any process reads it.  Renewed every two seconds,
atomically but not durably: after a power cut it has no value.
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
from cctv.core.durable import create_beside, remove_leftovers
from cctv.core.text import parse_json
from cctv.db.storage import Storage
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId

STATE_FILE = "recorder.json"
LOCK_FILE = "recorder.lock"  # held by the recorder
_SCHEMA = 1


class Phase(Enum):
    """What the recorder does for a camera."""

    CONNECTING = "connecting"
    RECORDING = "recording"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class CameraState:
    """One camera: its phase and since when, its last frame, why it is not recorded, and what was ingested."""

    phase: Phase
    since: datetime
    last_frame: datetime | None = None
    cause: GapCause | None = None
    message: str | None = None
    segments: int = 0
    size_bytes: int = 0


class SpaceLevel(Enum):
    """The level of free space: enough, more is requested, or recording has stopped.  The value is in recorder.json."""

    ENOUGH = "enough"
    WANTED = "room wanted"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """The disk: bytes free, bytes that stay free, its level, hours until the reserve is reached.

    `hours_left` is None while the disk does not fill, or while its rate is not known.
    """

    free: int
    reserve: int
    standing: SpaceLevel
    hours_left: float | None


@dataclass(frozen=True, slots=True)
class RecorderState:
    """All cameras as of `at`, written by the recorder with process id `pid`."""

    pid: int
    at: datetime
    cameras: Mapping[CameraId, CameraState]
    disk: DiskStatus | None = None


def write_state(root: Path, state: RecorderState) -> None:
    """Replace the file atomically."""
    payload = {
        "schema": _SCHEMA,
        "pid": state.pid,
        "at_us": to_us(state.at),
        "cameras": {camera: _camera_to_json(camera_state) for camera, camera_state in state.cameras.items()},
        "disk": _disk_to_json(state.disk) if state.disk else None,
    }
    target = root / STATE_FILE
    partial, descriptor = create_beside(target)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(payload, file, ensure_ascii=False)
    partial.replace(target)
    remove_leftovers(target)


def read_state(root: Path) -> RecorderState | None:
    """Return what the recorder last wrote; None when it never ran here or the file is unusable."""
    try:
        payload = parse_json((root / STATE_FILE).read_text("utf-8"))
        if (
            not isinstance(payload, dict)
            or payload.get("schema") != _SCHEMA
            or not isinstance(payload["cameras"], dict)
        ):
            return None
        cameras = {CameraId(name): _camera_from_json(camera) for name, camera in payload["cameras"].items()}
        disk = _disk_from_json(payload["disk"]) if payload.get("disk") else None
        return RecorderState(payload["pid"], from_us(payload["at_us"]), cameras, disk)
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


def _disk_from_json(payload: Mapping[str, Any]) -> DiskStatus:
    return DiskStatus(
        payload["free_bytes"], payload["reserve_bytes"], SpaceLevel(payload["standing"]), payload["hours_left"]
    )


def _camera_from_json(payload: Mapping[str, Any]) -> CameraState:
    return CameraState(
        phase=Phase(payload["state"]),
        since=from_us(payload["since_us"]),
        last_frame=from_us(payload["last_frame_us"]) if payload["last_frame_us"] is not None else None,
        cause=GapCause(payload["cause"]) if payload["cause"] is not None else None,
        message=payload["message"],
        segments=payload["segments"],
        size_bytes=payload["size_bytes"],
    )
