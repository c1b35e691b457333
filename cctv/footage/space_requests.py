"""Space requests: how the recorder asks for free space on a full disk, and how the sweeper answers.

Two small files in the storage, each about now: each is replaced as a whole, and either may be missing.  The recorder
never deletes; `cctv.retention.free_space` does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cctv.core.clock import from_us, to_us
from cctv.core.text import parse_json
from cctv.db.storage import Storage

WANTED_FILE = "room-wanted.json"
ANSWER_FILE = "room-answer.json"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class RoomWanted:
    """The recorder's request: when it was made, and how many bytes shall be free in the end."""

    asked: datetime
    free_bytes: int


@dataclass(frozen=True, slots=True)
class RoomAnswer:
    """The sweeper's answer to the request of that instant; `exhausted`: nothing is left that may be deleted early."""

    asked: datetime
    gone: int
    exhausted: bool


def ask_for_room(site: Storage, request: RoomWanted) -> None:
    """Write the request in place of the one before."""
    payload = {"schema": _SCHEMA, "asked_us": to_us(request.asked), "free_bytes": request.free_bytes}
    site.disk.write(site.root / WANTED_FILE, json.dumps(payload).encode() + b"\n")


def room_wanted(root: Path) -> RoomWanted | None:
    """The current request, None where there is none or it cannot be read."""
    payload = _read(root / WANTED_FILE)
    try:
        return RoomWanted(from_us(payload["asked_us"]), int(payload["free_bytes"])) if payload else None
    except (KeyError, TypeError, ValueError):
        return None


def answer_room(site: Storage, answer: RoomAnswer) -> None:
    """Write the answer to the recorder's request."""
    payload = {
        "schema": _SCHEMA,
        "asked_us": to_us(answer.asked),
        "gone": answer.gone,
        "exhausted": answer.exhausted,
    }
    site.disk.write(site.root / ANSWER_FILE, json.dumps(payload).encode() + b"\n")


def room_answer(root: Path) -> RoomAnswer | None:
    """The latest answer, None where there is none or it cannot be read."""
    payload = _read(root / ANSWER_FILE)
    try:
        return (
            RoomAnswer(from_us(payload["asked_us"]), int(payload["gone"]), bool(payload["exhausted"]))
            if payload
            else None
        )
    except (KeyError, TypeError, ValueError):
        return None


def withdraw_request(site: Storage) -> None:
    """Remove the request: there is space again."""
    site.disk.unlink(site.root / WANTED_FILE)


def _read(path: Path) -> dict[str, int] | None:
    try:
        payload = parse_json(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return payload if isinstance(payload, dict) and payload.get("schema") == _SCHEMA else None
