"""Alarms: what is wrong for long enough to be reported, reported once, and once more when it is over.

`alarms` and `remember` are pure: they decide what counts as wrong, for how long it may last unreported, and what is
remembered between two polls.  What an alarm is, and its file: `cctv.monitoring.alarm_history`; sending:
`cctv.monitoring.notify`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from cctv.core.errors import CctvError
from cctv.core.i18n import N_
from cctv.model.footage import GapCause
from cctv.monitoring.alarm_history import TIMESTAMP, Alarm, AlarmHistory, AlarmKind, AlarmState, Remembered
from cctv.monitoring.doctor import REPORT_LATE, ReportSummary
from cctv.monitoring.status import CameraHealth, Health, Status

CAMERA_DOWN = timedelta(minutes=10)
RECORDER_DOWN = timedelta(minutes=2)  # a restart of the service, or of the machine, is not worth a message
DISK_SHORT = timedelta(hours=48)  # a weekend
SHORT_DISK_FACTOR = 1.25  # above what the sweeper frees at the reserve, a tenth of it
SWEEP_LATE = timedelta(minutes=15)  # the resident sweeper passes every minute
BACKUP_LATE = timedelta(days=1)  # beyond `warn_after`: a disk that is changed by hand is changed in working hours
CHECKPOINT_ASTRAY = timedelta(hours=6)  # a mail host or a timestamp server that is mended in a night is no alarm
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What is wrong at this moment, and how long it may last unreported."""

    alarm: Alarm
    grace: timedelta = timedelta(0)


def troubles(status: Status) -> list[Alarm]:
    """Everything that is wrong at this moment, however long it lasts."""
    return [trouble.alarm for trouble in _troubles(status, AlarmHistory())]


def alarms(
    status: Status | CctvError, previous: AlarmHistory, now: datetime, doctor: ReportSummary | None = None
) -> list[Alarm]:
    """The alarms to send now.  `status` is the error where the storage could not even be opened.

    A trouble is reported once it has lasted its grace, and once more when it is over, if it was reported.  The weekly
    message carries what the doctor found last; None where there is no report.
    """
    present = _present(status, previous, now)
    raised = [
        trouble.alarm
        for key, trouble in present.items()
        if now - trouble.alarm.since >= trouble.grace and not _was_told(previous, key)
    ]
    over = [
        replace(was.alarm, state=AlarmState.OVER, next_step="")
        for key, was in previous.troubles.items()
        if was.told and key not in present and not _hidden(status, was.alarm)
    ]
    weekly = _weekly(present, doctor, now) if previous.weekly is None or now - previous.weekly >= WEEK else []
    return [*raised, *over, *weekly]


def remember(
    status: Status | CctvError, previous: AlarmHistory, now: datetime, delivered: Sequence[Alarm]
) -> AlarmHistory:
    """The history after a poll; `delivered` are those of its alarms that were delivered."""
    delivered_keys = {(alarm.key, alarm.state) for alarm in delivered}
    troubles = {
        key: Remembered(trouble.alarm, _was_told(previous, key) or (key, AlarmState.RAISED) in delivered_keys)
        for key, trouble in _present(status, previous, now).items()
    }
    for key, was in previous.troubles.items():
        if key not in troubles and (
            (was.told and (key, AlarmState.OVER) not in delivered_keys) or _hidden(status, was.alarm)
        ):
            troubles[key] = was
    weekly = any(alarm.kind is AlarmKind.WEEKLY for alarm in delivered)
    return replace(previous, troubles=MappingProxyType(troubles), weekly=now if weekly else previous.weekly)


def _was_told(previous: AlarmHistory, key: str) -> bool:
    return key in previous.troubles and previous.troubles[key].told


def _hidden(status: Status | CctvError, alarm: Alarm) -> bool:
    """Whether an alarm cannot be checked, and so is not over: without storage or recorder, outside a camera's hours."""
    if isinstance(status, Exception):
        return alarm.kind is not AlarmKind.STORAGE
    silent = {str(camera.camera) for camera in status.cameras if camera.health is Health.RESTING or _is_full(camera)}
    return alarm.kind is AlarmKind.CAMERA and (not status.recorder_running or alarm.subject in silent)


def _present(status: Status | CctvError, previous: AlarmHistory, now: datetime) -> dict[str, _Trouble]:
    """Troubles by their key, each dated when it was first seen."""
    troubles = [_no_storage(status, now)] if isinstance(status, Exception) else _troubles(status, previous)
    present = {}
    for trouble in troubles:
        was = previous.troubles.get(trouble.alarm.key)
        since = min(trouble.alarm.since, was.alarm.since) if was else trouble.alarm.since
        present[trouble.alarm.key] = replace(trouble, alarm=replace(trouble.alarm, since=since))
    return present


def _no_storage(error: CctvError, now: datetime) -> _Trouble:
    return _trouble(AlarmKind.STORAGE, "", now, error.message, error.next_step or "cctv status")


def _troubles(status: Status, previous: AlarmHistory) -> list[_Trouble]:
    is_short = f"{AlarmKind.DISK.value}:" in previous.troubles
    footage = [*_recording(status), *_deletion(status), *_lost(status)]
    return [
        *footage,
        *_disk(status, is_short=is_short),
        *_reviews(status),
        *_unconfirmed(status),
        *_late(status),
        *_leases(status),
        *_policy(status),
        *_backup(status),
        *_log(status),
        *_astray(status),
        *_timers(status),
    ]


def _recording(status: Status) -> list[_Trouble]:
    if not status.recorder_running:
        text = N_("Recording has stopped: no recorder runs.")
        following = "systemctl status cctv-record"
        return [_trouble(AlarmKind.RECORDING, "", status.now, text, following, RECORDER_DOWN)]
    down = [camera for camera in status.cameras if not camera.is_well]
    troubles = [_camera(camera, status.now) for camera in down if not _is_full(camera)]
    if any(_is_full(camera) for camera in down):
        text = N_("Recording has stopped: the disk is full.")
        troubles.append(_trouble(AlarmKind.RECORDING, "", status.now, text, "cctv hold list  # shows what may not go"))
    return troubles


def _is_full(camera: CameraHealth) -> bool:
    return camera.cause is GapCause.STORAGE_FULL and not camera.is_well


def _camera(camera: CameraHealth, now: datetime) -> _Trouble:
    """Since the camera was last seen to change: its last frame may be of before a night outside its hours."""
    cause = (camera.message or (camera.cause.value if camera.cause else "")).rstrip(".")
    text = N_("{camera} is not recorded.", camera=camera.camera)
    if cause:
        text = N_("{camera} is not recorded: {cause}.", camera=camera.camera, cause=cause)
    following = f"cctv cameras check {camera.camera}"
    return _trouble(AlarmKind.CAMERA, camera.camera, camera.since or now, text, following, CAMERA_DOWN)


def _deletion(status: Status) -> list[_Trouble]:
    now, troubles = status.now, []
    if status.guard is not None:
        text = N_("Deletion has stopped: the guard {guard} refuses it.", guard=status.guard)
        troubles.append(_trouble(AlarmKind.DELETION, "", now, text, "cctv sweep --once  # tells what to do"))
    if status.overdue > timedelta(0):
        text = N_("Footage is past its limit and not deleted.")
        following = "systemctl status cctv-sweep"
        troubles.append(_trouble(AlarmKind.OVERDUE, "", now - status.overdue, text, following))
    if status.guard is None and (status.last_sweep is None or now - status.last_sweep > SWEEP_LATE):
        text = N_("The sweep does not run.") if status.last_sweep else N_("The sweep has never run.")
        since, grace = status.last_sweep or now, timedelta(0) if status.last_sweep else SWEEP_LATE
        troubles.append(_trouble(AlarmKind.SWEEP, "", since, text, "systemctl status cctv-sweep", grace))
    return troubles


def _lost(status: Status) -> list[_Trouble]:
    """Once for each camera: a bad disk loses many segments."""
    cameras = sorted({stone.camera for stone in status.held_lost})
    return [
        _trouble(
            AlarmKind.LOST,
            camera,
            status.now,
            N_("Footage of {camera} that a hold should keep is lost: its files are gone.", camera=camera),
            "cctv hold list  # then cctv hold show of each: tell the DPO; look at the disk (smartctl)",
        )
        for camera in cameras
    ]


def _disk(status: Status, *, is_short: bool) -> list[_Trouble]:
    """Hysteresis: a short disk stays so until there is clearly more, since a full one hovers about its reserve."""
    enough = SHORT_DISK_FACTOR if is_short else 1
    if status.disk_lasts is not None and status.disk_lasts < DISK_SHORT * enough:
        hours = max(status.disk_lasts, timedelta(0)) // timedelta(hours=1)
        text = N_("The disk will be full in {hours} hours.", hours=hours)
    elif status.disk_free < status.disk_reserve * enough:
        free = status.disk_free / status.disk_total
        text = N_("The disk is full up to its reserve: {free:.1%} are free.", free=free)
    else:
        return []
    following = "cctv hold list  # shows what may not go; then a larger disk, or a shorter retention"
    return [_trouble(AlarmKind.DISK, "", status.now, text, following)]


def _reviews(status: Status) -> list[_Trouble]:
    return [
        _trouble(
            AlarmKind.REVIEW,
            hold.id,
            hold.review,
            N_("{hold} is past its review date: somebody must decide whether it stays.", hold=hold.id),
            f"cctv hold show {hold.id}",
        )
        for hold in status.holds_to_review
    ]


def _unconfirmed(status: Status) -> list[_Trouble]:
    """From the first day, and once more when nothing keeps the footage any more: a lapse never passes unseen."""
    troubles = []
    for waiting in status.unconfirmed:
        following = f"cctv request confirm {waiting.request} --reason WHY  # or cctv request scope {waiting.request}"
        hours = max(waiting.until - status.now, timedelta(0)) // timedelta(hours=1)
        text = N_("Nobody has confirmed more than a day of footage for {request}.", request=waiting.request)
        if not waiting.lapsed:
            text = N_(
                "Nobody has confirmed more than a day of footage for {request}: in {hours} hours its hold ends.",
                request=waiting.request,
                hours=hours,
            )
        since = min(status.now, waiting.until)
        troubles.append(_trouble(AlarmKind.UNCONFIRMED, waiting.request, since, text, following))
        if waiting.lapsed:
            text = N_("The hold of {request} has ended, and its footage goes at its limit.", request=waiting.request)
            troubles.append(_trouble(AlarmKind.LAPSED, waiting.request, waiting.until, text, following))
    return troubles


def _late(status: Status) -> list[_Trouble]:
    return [
        _trouble(
            AlarmKind.LATE,
            f"{item.id} {item.what}",
            item.due,
            N_("{id} is late: {what}.", id=item.id, what=item.what),
            item.line,
        )
        for item in status.late
    ]


def _leases(status: Status) -> list[_Trouble]:
    """A reminder, over when the copy is back: a copy that is late has an alarm of its own."""
    return [
        _trouble(
            AlarmKind.LEASE,
            item.id,
            status.now,
            N_("{id} must end soon: {what}.", id=item.id, what=item.what),
            item.line,
        )
        for item in status.soon
    ]


def _policy(status: Status) -> list[_Trouble]:
    if status.unadopted:
        text = N_(
            "The policy in cameras.toml was changed, and nobody adopted it ({keys}): acts are refused, and the periods "
            "before go on.",
            keys=", ".join(status.unadopted),
        )
        return [_trouble(AlarmKind.POLICY, "cameras.toml", status.now, text, "cctv config diff")]
    if not status.to_adopt:
        return []
    zones = ", ".join(status.to_adopt)
    text = N_(
        "The policy is shorter than what stored footage was promised, in {zones}: somebody must adopt it.", zones=zones
    )
    return [_trouble(AlarmKind.POLICY, "", status.now, text, "cctv retention adopt --reason WHY --dry-run")]


def _backup(status: Status) -> list[_Trouble]:
    if not status.backup_late:
        return []
    text = N_("The last back-up is too old.") if status.last_backup else N_("There is no back-up.")
    return [_trouble(AlarmKind.BACKUP, "", status.now, text, "cctv backup make DIR", BACKUP_LATE)]


def _log(status: Status) -> list[_Trouble]:
    if status.log_whole:
        return []
    text = N_("The audit log does not go as far as was signed.")
    return [_trouble(AlarmKind.LOG, "", status.now, text, "cctv audit verify")]


def _astray(status: Status) -> list[_Trouble]:
    troubles = []
    for one in status.astray:
        text = N_("The checkpoint of the audit log was not mailed: {problem}.", problem=one.problem)
        if one.way == TIMESTAMP:
            text = N_("The checkpoint of the audit log got no timestamp: {problem}.", problem=one.problem)
        following = "cctv notify run  # tries again, half an hour after the last time"
        troubles.append(_trouble(AlarmKind.CHECKPOINT, one.way, one.since, text, following, CHECKPOINT_ASTRAY))
    return troubles


def _timers(status: Status) -> list[_Trouble]:
    return [
        _trouble(
            AlarmKind.TIMER,
            unit.name,
            status.now,
            N_(
                "{unit} has failed ({result}): what its timer does was not done.",
                unit=unit.name,
                result=unit.result,
            ),
            f"journalctl -u {unit.name} -n 50",
        )
        for unit in status.failed_units
    ]


def _trouble(
    kind: AlarmKind, subject: str, since: datetime, text: str, following: str, grace: timedelta = timedelta(0)
) -> _Trouble:
    return _Trouble(Alarm(kind, AlarmState.RAISED, subject, since, text, following), grace)


def _weekly(present: Mapping[str, _Trouble], doctor: ReportSummary | None, now: datetime) -> list[Alarm]:
    """A week's silence could also be a dead machine: silence is good news only when it was announced.

    Names also what has not lasted long enough for an alarm, and what the doctor found: all is well only if all is.
    """
    wrong = [trouble.alarm.text for trouble in present.values()]
    is_sound = doctor is None or (not doctor.wrong and now - doctor.at <= REPORT_LATE)
    examined = [doctor.text if now - doctor.at <= REPORT_LATE else f"{doctor.text} It is too old."] if doctor else []
    text = " ".join(["All is well.", *examined] if not wrong and is_sound else ["Not all is well:", *wrong, *examined])
    following = "cctv status" if wrong else "" if is_sound else "cctv doctor"
    return [Alarm(AlarmKind.WEEKLY, AlarmState.NOTICE, "", now, text, following)]
