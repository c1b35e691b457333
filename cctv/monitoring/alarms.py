"""Alarms: what is wrong for long enough to tell somebody, told once, and told again when it is over.

Pure.  Owns what counts as wrong, for how long it may last unsaid, and what is remembered between two looks.  Nothing
here knows how a message is sent.

The alarms' memory on disk, so that each is told once.

Owns the file's form.  Stands outside the storage, since a lost mount is an alarm too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cctv.core.clock import from_us, to_us
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError
from cctv.model.footage import GapCause
from cctv.monitoring.status import CameraHealth, Health, Status

CAMERA_DOWN = timedelta(minutes=10)
RECORDER_DOWN = timedelta(minutes=2)  # a restart of the service, or of the machine, is not worth a message
DISK_SHORT = timedelta(hours=48)  # a weekend
CLEARLY = 1.25  # above what the sweeper frees at the reserve, a tenth of it
SWEEP_LATE = timedelta(minutes=15)  # the resident sweeper passes every minute
BACKUP_LATE = timedelta(days=1)  # beyond `warn_after`: a disk that is changed by hand is changed in working hours
WEEK = timedelta(days=7)


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
    LATE = "late"
    LEASE = "lease"
    POLICY = "policy"
    BACKUP = "backup"
    WEEKLY = "weekly"
    TEST = "test"


class AlarmState(Enum):
    """Whether it begins or ends; a weekly word and a test do neither."""

    RAISED = "raised"
    OVER = "over"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing to tell: `subject` is the camera or hold that it is about, empty for the whole site."""

    kind: AlarmKind
    state: AlarmState
    subject: str
    since: datetime
    text: str
    next_step: str

    @property
    def key(self) -> str:
        """The same for the same trouble."""
        return f"{self.kind.value}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A trouble as it was last seen; `told` is whether somebody was told that it began."""

    alarm: Alarm
    told: bool


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """What is remembered between two looks: every trouble by its key, and when the weekly word was last given."""

    troubles: Mapping[str, Remembered] = field(default_factory=lambda: MappingProxyType({}))
    weekly: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What is wrong at this moment, and how long it may last before somebody is told."""

    alarm: Alarm
    grace: timedelta = timedelta(0)


def alarms(found: Status | CctvError, previous: AlarmHistory, now: datetime) -> list[Alarm]:
    """What to tell now.  `found` is the error where the storage could not even be opened.

    A trouble is told once it has lasted its grace, and once more when it is over, if it was told.
    """
    present = _present(found, previous, now)
    raised = [
        one.alarm for key, one in present.items() if now - one.alarm.since >= one.grace and not _was_told(previous, key)
    ]
    over = [
        replace(was.alarm, state=AlarmState.OVER, next_step="")
        for key, was in previous.troubles.items()
        if was.told and key not in present and not _hidden(found, was.alarm)
    ]
    weekly = _weekly(present, now) if previous.weekly is None or now - previous.weekly >= WEEK else []
    return [*raised, *over, *weekly]


def remember(found: Status | CctvError, previous: AlarmHistory, now: datetime, told: Sequence[Alarm]) -> AlarmHistory:
    """The memory after a look; `told` are those of its alarms that reached somebody."""
    said = {(alarm.key, alarm.state) for alarm in told}
    troubles = {
        key: Remembered(one.alarm, _was_told(previous, key) or (key, AlarmState.RAISED) in said)
        for key, one in _present(found, previous, now).items()
    }
    for key, was in previous.troubles.items():
        if key not in troubles and ((was.told and (key, AlarmState.OVER) not in said) or _hidden(found, was.alarm)):
            troubles[key] = was
    weekly = any(alarm.kind is AlarmKind.WEEKLY for alarm in told)
    return AlarmHistory(MappingProxyType(troubles), now if weekly else previous.weekly)


def _was_told(previous: AlarmHistory, key: str) -> bool:
    return key in previous.troubles and previous.troubles[key].told


def _hidden(found: Status | CctvError, alarm: Alarm) -> bool:
    """Nothing is over only because it cannot be seen: without storage or recorder, or outside a camera's hours."""
    if isinstance(found, Exception):
        return alarm.kind is not AlarmKind.STORAGE
    silent = {str(one.camera) for one in found.cameras if one.health is Health.RESTING or _is_full(one)}
    return alarm.kind is AlarmKind.CAMERA and (not found.recorder_running or alarm.subject in silent)


def _present(found: Status | CctvError, previous: AlarmHistory, now: datetime) -> dict[str, _Trouble]:
    """Troubles by their key, each since when it was first seen."""
    troubles = [_no_storage(found, now)] if isinstance(found, Exception) else _troubles(found, previous)
    present = {}
    for one in troubles:
        was = previous.troubles.get(one.alarm.key)
        since = min(one.alarm.since, was.alarm.since) if was else one.alarm.since
        present[one.alarm.key] = replace(one, alarm=replace(one.alarm, since=since))
    return present


def _no_storage(error: CctvError, now: datetime) -> _Trouble:
    return _Trouble(_alarm(AlarmKind.STORAGE, "", now, error.message, error.next_step or "cctv status"))


def _troubles(found: Status, previous: AlarmHistory) -> list[_Trouble]:
    is_short = f"{AlarmKind.DISK.value}:" in previous.troubles
    footage = [*_recording(found), *_deletion(found), *_lost(found)]
    return [
        *footage,
        *_disk(found, is_short=is_short),
        *_reviews(found),
        *_late(found),
        *_leases(found),
        *_policy(found),
        *_backup(found),
    ]


def _recording(found: Status) -> list[_Trouble]:
    if not found.recorder_running:
        text = "Recording has stopped: no recorder runs."
        following = "systemctl status cctv-record"
        return [_Trouble(_alarm(AlarmKind.RECORDING, "", found.now, text, following), RECORDER_DOWN)]
    down = [one for one in found.cameras if not one.is_well]
    troubles = [_camera(one, found.now) for one in down if not _is_full(one)]
    if any(_is_full(one) for one in down):
        text = "Recording has stopped: the disk is full."
        troubles.append(
            _Trouble(_alarm(AlarmKind.RECORDING, "", found.now, text, "cctv hold list shows what may not go"))
        )
    return troubles


def _is_full(one: CameraHealth) -> bool:
    return one.cause is GapCause.STORAGE_FULL and not one.is_well


def _camera(one: CameraHealth, now: datetime) -> _Trouble:
    """Since the camera was last seen to change: its last frame may be of before a night outside its hours."""
    said = (one.message or (one.cause.value if one.cause else "")).rstrip(".")
    text = f"{one.camera} is not recorded{f': {said}' if said else ''}."
    alarm = _alarm(AlarmKind.CAMERA, one.camera, one.since or now, text, f"cctv cameras check {one.camera}")
    return _Trouble(alarm, CAMERA_DOWN)


def _deletion(found: Status) -> list[_Trouble]:
    now, troubles = found.now, []
    if found.guard is not None:
        text = f"Deletion has stopped: the guard {found.guard} refuses it."
        troubles.append(_Trouble(_alarm(AlarmKind.DELETION, "", now, text, "cctv sweep --once tells what to do")))
    if found.overdue > timedelta(0):
        text = "Footage is past its limit and not deleted."
        following = "cctv status, then systemctl status cctv-sweep"
        troubles.append(_Trouble(_alarm(AlarmKind.OVERDUE, "", now - found.overdue, text, following)))
    if found.guard is None and (found.last_sweep is None or now - found.last_sweep > SWEEP_LATE):
        text = "The sweep does not run." if found.last_sweep else "The sweep has never run."
        since, grace = found.last_sweep or now, timedelta(0) if found.last_sweep else SWEEP_LATE
        troubles.append(_Trouble(_alarm(AlarmKind.SWEEP, "", since, text, "systemctl status cctv-sweep"), grace))
    return troubles


def _lost(found: Status) -> list[_Trouble]:
    """Once for each camera: a bad disk loses many segments."""
    cameras = sorted({one.camera for one in found.held_lost})
    return [
        _Trouble(
            _alarm(
                AlarmKind.LOST,
                camera,
                found.now,
                f"Footage of {camera} that a hold should keep is lost: its files are gone.",
                "cctv hold list, then cctv hold show of each: tell the DPO; look at the disk (smartctl)",
            )
        )
        for camera in cameras
    ]


def _disk(found: Status, *, is_short: bool) -> list[_Trouble]:
    """A disk that is short stays so until there is clearly more: a full one hovers about its reserve for ever."""
    enough = CLEARLY if is_short else 1
    if found.disk_lasts is not None and found.disk_lasts < DISK_SHORT * enough:
        text = f"The disk will be full in {max(found.disk_lasts, timedelta(0)) // timedelta(hours=1)} hours."
    elif found.disk_free < found.disk_reserve * enough:
        text = f"The disk is full up to its reserve: {found.disk_free / found.disk_total:.1%} are free."
    else:
        return []
    following = "cctv hold list shows what may not go; then a larger disk, or a shorter retention"
    return [_Trouble(_alarm(AlarmKind.DISK, "", found.now, text, following))]


def _reviews(found: Status) -> list[_Trouble]:
    return [
        _Trouble(
            _alarm(
                AlarmKind.REVIEW,
                hold.id,
                hold.review,
                f"{hold.id} is past its review date: somebody must decide whether it stays.",
                f"cctv hold show {hold.id}",
            )
        )
        for hold in found.holds_to_review
    ]


def _late(found: Status) -> list[_Trouble]:
    return [
        _Trouble(_alarm(AlarmKind.LATE, f"{one.id} {one.what}", one.due, f"{one.id} is late: {one.what}.", one.line))
        for one in found.late
    ]


def _leases(found: Status) -> list[_Trouble]:
    """A reminder, over when the copy is back: a copy that is late is told beside it."""
    return [
        _Trouble(_alarm(AlarmKind.LEASE, one.id, found.now, f"{one.id} must end soon: {one.what}.", one.line))
        for one in found.soon
    ]


def _policy(found: Status) -> list[_Trouble]:
    if not found.to_adopt:
        return []
    zones = ", ".join(found.to_adopt)
    text = f"The policy is shorter than what stored footage was promised, in {zones}: somebody must adopt it."
    return [_Trouble(_alarm(AlarmKind.POLICY, "", found.now, text, "cctv retention adopt --reason WHY --dry-run"))]


def _backup(found: Status) -> list[_Trouble]:
    if not found.backup_late:
        return []
    text = "The last back-up is too old." if found.last_backup else "There is no back-up."
    return [_Trouble(_alarm(AlarmKind.BACKUP, "", found.now, text, "cctv backup make DIR"), BACKUP_LATE)]


def _alarm(kind: AlarmKind, subject: str, since: datetime, text: str, following: str) -> Alarm:
    return Alarm(kind, AlarmState.RAISED, subject, since, text, following)


def _weekly(present: Mapping[str, _Trouble], now: datetime) -> list[Alarm]:
    """A week's silence could also be a dead box: silence is only good news when it was announced.

    Names also what has not lasted long enough for an alarm: all is well only if all is.
    """
    wrong = [one.alarm.text for one in present.values()]
    text = " ".join(["Not all is well:", *wrong]) if wrong else "All is well."
    return [Alarm(AlarmKind.WEEKLY, AlarmState.NOTICE, "", now, text, "cctv status" if wrong else "")]


_SCHEMA = 1


def read_memory(path: Path) -> AlarmHistory:
    """What was remembered; nothing where the file is not there or not whole: better told twice than never."""
    try:
        said = json.loads(path.read_text())
        if said["schema"] != _SCHEMA:
            return AlarmHistory()
        weekly: datetime | None = from_us(said["weekly_us"]) if said["weekly_us"] is not None else None
        known = [Remembered(_stored_alarm(one), bool(one["told"])) for one in said["troubles"]]
        return AlarmHistory(MappingProxyType({one.alarm.key: one for one in known}), weekly)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return AlarmHistory()


def write_memory(path: Path, memory: AlarmHistory, disk: DurableFiles) -> None:
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


def _stored_alarm(said: dict[str, Any]) -> Alarm:
    kind, since = AlarmKind(said["kind"]), from_us(said["since_us"])
    return Alarm(kind, AlarmState.RAISED, str(said["subject"]), since, str(said["text"]), str(said["next"]))
