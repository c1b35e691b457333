"""The alarms' memory on disk, so that each is told once.

Owns the file's form.  Stands outside the storage, since a lost mount is an alarm too.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cctv.health.alarms import Alarm, AlarmKind, AlarmState, Memory, Remembered
from cctv.kernel.clock import from_us, to_us
from cctv.kernel.durable import Disk

_SCHEMA = 1


def read_memory(path: Path) -> Memory:
    """What was remembered; nothing where the file is not there or not whole: better told twice than never."""
    try:
        said = json.loads(path.read_text())
        if said["schema"] != _SCHEMA:
            return Memory()
        weekly: datetime | None = from_us(said["weekly_us"]) if said["weekly_us"] is not None else None
        known = [Remembered(_alarm(one), bool(one["told"])) for one in said["troubles"]]
        return Memory(MappingProxyType({one.alarm.key: one for one in known}), weekly)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Memory()


def write_memory(path: Path, memory: Memory, disk: Disk) -> None:
    """Put the file in place of the one before."""
    said = {
        "schema": _SCHEMA,
        "weekly_us": to_us(memory.weekly) if memory.weekly else None,
        "troubles": [_as_json(one) for one in memory.troubles.values()],
    }
    disk.make_directory(path.parent)
    disk.write(path, json.dumps(said, ensure_ascii=False).encode())


def _as_json(one: Remembered) -> dict[str, Any]:
    alarm = one.alarm
    return {
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "since_us": to_us(alarm.since),
        "text": alarm.text,
        "next": alarm.next_step,
        "told": one.told,
    }


def _alarm(said: dict[str, Any]) -> Alarm:
    kind, since = AlarmKind(said["kind"]), from_us(said["since_us"])
    return Alarm(kind, AlarmState.RAISED, str(said["subject"]), since, str(said["text"]), str(said["next"]))
