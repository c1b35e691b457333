"""What an alarm is, and what is remembered of alarms between two polls.

The history is a file outside the storage, since a lost mount is an alarm too.  What counts as an alarm is decided by
`cctv.monitoring.alarms`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cctv.core.clock import from_us, to_us
from cctv.core.durable import DurableFiles
from cctv.core.text import parse_json
from cctv.monitoring.status import AstrayCheckpoint

MAIL, TIMESTAMP = "mail", "timestamp"  # the ways of a checkpoint
_SCHEMA = 1


class AlarmKind(Enum):
    """What an alarm is about."""

    STORAGE = "storage"
    RECORDING = "recording"
    CAMERA = "camera"
    DELETION = "deletion"
    SWEEP = "sweep"
    OVERDUE = "overdue"
    LOST = "lost"
    DISK = "disk"
    REVIEW = "review"
    UNCONFIRMED = "unconfirmed"
    LAPSED = "lapsed"
    LATE = "late"
    LEASE = "lease"
    POLICY = "policy"
    BACKUP = "backup"
    LOG = "log"
    CHECKPOINT = "checkpoint"
    TIMER = "timer"
    WEEKLY = "weekly"
    TEST = "test"


class AlarmState(Enum):
    """Whether the alarm begins or ends; a weekly notice and a test do neither."""

    RAISED = "raised"
    OVER = "over"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing to report: `subject` is the camera, hold or case that it is about, empty for the whole site."""

    kind: AlarmKind
    state: AlarmState
    subject: str
    since: datetime
    text: str
    next_step: str

    @property
    def key(self) -> str:
        """Equal for the same trouble."""
        return f"{self.kind.value}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A trouble as it was last seen; `told` is whether its beginning was delivered."""

    alarm: Alarm
    told: bool


@dataclass(frozen=True, slots=True)
class AstrayTry:
    """A checkpoint that did not get through, and when that was tried last."""

    checkpoint: AstrayCheckpoint
    tried: datetime


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """What is remembered between two polls: every trouble by its key, when the last weekly notice and the
    last checkpoint were sent, and the last try of each way on which a checkpoint did not get through.
    """

    troubles: Mapping[str, Remembered] = field(default_factory=lambda: MappingProxyType({}))
    weekly: datetime | None = None
    mailed: datetime | None = None
    astray: Mapping[str, AstrayTry] = field(default_factory=lambda: MappingProxyType({}))


def read_history(path: Path) -> AlarmHistory:
    """The stored history; empty where the file is missing or damaged: better reported twice than never."""
    try:
        payload = parse_json(path.read_text("utf-8"))
        if payload["schema"] != _SCHEMA:
            return AlarmHistory()
        weekly, mailed = (
            from_us(payload[key]) if payload.get(key) is not None else None for key in ("weekly_us", "mailed_us")
        )
        astray = {row["way"]: _stored_try(row) for row in payload.get("astray", [])}
        remembered = [Remembered(_stored_alarm(row), bool(row["told"])) for row in payload["troubles"]]
        troubles = MappingProxyType({trouble.alarm.key: trouble for trouble in remembered})
        return AlarmHistory(troubles, weekly, mailed, MappingProxyType(astray))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return AlarmHistory()


def write_history(path: Path, memory: AlarmHistory, disk: DurableFiles) -> None:
    """Write the history in place of the one before."""
    payload = {
        "schema": _SCHEMA,
        "weekly_us": to_us(memory.weekly) if memory.weekly else None,
        "mailed_us": to_us(memory.mailed) if memory.mailed else None,
        "astray": [
            {
                "way": one.checkpoint.way,
                "since_us": to_us(one.checkpoint.since),
                "problem": one.checkpoint.problem,
                "tried_us": to_us(one.tried),
            }
            for one in memory.astray.values()
        ],
        "troubles": [_as_json(trouble) for trouble in memory.troubles.values()],
    }
    disk.make_directory(path.parent)
    disk.write(path, json.dumps(payload, ensure_ascii=False).encode())


def _as_json(trouble: Remembered) -> dict[str, Any]:
    alarm = trouble.alarm
    return {
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "since_us": to_us(alarm.since),
        "text": alarm.text,
        "next": alarm.next_step,
        "told": trouble.told,
    }


def _stored_alarm(row: dict[str, Any]) -> Alarm:
    kind, since = AlarmKind(row["kind"]), from_us(row["since_us"])
    return Alarm(kind, AlarmState.RAISED, str(row["subject"]), since, str(row["text"]), str(row["next"]))


def _stored_try(row: dict[str, Any]) -> AstrayTry:
    checkpoint = AstrayCheckpoint(str(row["way"]), from_us(row["since_us"]), str(row["problem"]))
    return AstrayTry(checkpoint, from_us(row["tried_us"]))
