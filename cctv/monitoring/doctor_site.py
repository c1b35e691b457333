"""What the doctor checks of the site: settings, back-ups, the index, registers, who is told.

Each judgement is a pure function; the checks at the end read and judge.  Where `cctv status`, `config check` or a
register knows a rule, it is asked.  Never prints a password, never names a person.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from cctv.audit.chain import AuditBroken
from cctv.audit.checkpoint_files import latest
from cctv.audit.log import verify_log
from cctv.backup.state import BackupLook, BackupState, look_at_backup, read_backup_state
from cctv.cases.agenda.agenda import AgendaKind, Item, board
from cctv.cases.registers.contents import make_register
from cctv.cases.registers.page import signs
from cctv.cases.registers.register import RegisterName
from cctv.config.errors import ConfigWarning, SettingsUnreadable
from cctv.config.schema import BackupSettings
from cctv.core.access import AccessDenied
from cctv.core.errors import CctvError
from cctv.core.i18n import N_
from cctv.core.typed_time.durations import format_duration
from cctv.db.engine import quick_check, read_any_text, read_transaction
from cctv.db.identity import DATABASE_FILE
from cctv.footage.repair.queries import count_segments
from cctv.footage.repair.verify import VerifyRound, read_round
from cctv.monitoring.alarm_history import AlarmKind, read_history
from cctv.monitoring.alarms import troubles
from cctv.monitoring.doctor import (
    Check,
    CheckName,
    DoctorFinding,
    Examined,
    advice,
    first_line,
    line_of,
    unknown,
    well,
    wrong,
)
from cctv.monitoring.doctor_cameras import check_camera_clocks, check_credentials, check_transport
from cctv.monitoring.doctor_people import check_two_persons
from cctv.monitoring.notify import owed
from cctv.monitoring.status import status_now
from cctv.recording.disk_space import footage_rates, share_of_limits
from cctv.redaction.people.detector import Detector
from cctv.redaction.people.weights import load_model

_DAY = timedelta(days=1)
_DATABASE_SECONDS = 20.0
_CHECKPOINT_LATE = timedelta(days=2)  # the sweeper signs one each day
_VERIFY_LATE = timedelta(days=21)  # a round of seven days, begun anew twice
_WEEKLY_LATE = timedelta(days=8)
_OLD_INDEXES = ("before-upgrade*", "set-aside-*")  # `cctv.backup.before_upgrade` and `cctv.backup.restore` make them
_REGISTER_KINDS = frozenset({AgendaKind.DECLARATION, AgendaKind.WORKSTATIONS, AgendaKind.REVIEW})


def judge_warnings(warnings: Sequence[ConfigWarning], path: Path) -> Iterator[DoctorFinding]:
    """What `cctv config check` warns about."""
    name = CheckName.SETTINGS
    for warning in warnings:
        yield advice(name, str(warning), N_("it works, but is probably a mistake"), "cctv config check", str(path))
    if not warnings:
        yield well(name, N_("{path} is sound", path=path))


def judge_forecast(share: float | None, longest: timedelta) -> DoctorFinding:
    """Whether the disk is full before footage reaches its limit; `share` is of what the limits need, None unknown."""
    name = CheckName.FORECAST
    if share is None:
        text = N_("too little was recorded in the last day to tell whether the disk is large enough")
        return unknown(name, text, "cctv status")
    if share < 1:
        days, limit = share * (longest / _DAY), format_duration(longest)
        text = N_("the disk holds {days:.1f} days of the {limit} that are promised at most", days=days, limit=limit)
        why = N_("the oldest footage is then taken before its limit, and below min_retention recording stops")
        return wrong(name, text, why, "cctv retention plan", "disk")
    return well(name, N_("the disk holds {share:.0%} of what the limits need", share=share))


def judge_database(answer: str | None) -> DoctorFinding:
    """What quick_check said of the index; None where it did not end in time."""
    name = CheckName.DATABASE
    if answer is None:
        text = N_("the check of the index did not end within {seconds:.0f} s", seconds=_DATABASE_SECONDS)
        return unknown(name, text, "cctv footage reconcile")
    if answer == "ok":
        return well(name, N_("the index is sound"))
    why = N_("limits, holds and registers are in it, and deletion stops")
    return wrong(name, N_("the index is damaged: {problem}", problem=answer), why, "cctv restore --help")


def judge_verified(state: VerifyRound | None, segments: int, now: datetime) -> DoctorFinding:
    """Whether footage was hashed again, and what that found."""
    name, line = CheckName.VERIFY, "cctv footage verify --within 7d"
    why = N_("a disk loses bytes unseen until the day that somebody asks for them")
    if state is not None and (damaged := max(state.damaged, state.completed_damaged)):
        text = N_("{count} segments were damaged at the last check", count=damaged)
        return wrong(name, text, why, "cctv footage verify --all", "damaged")
    if not segments:
        return well(name, N_("no footage is stored that could be checked"))
    last = state.completed if state is not None else None
    if last is None or now - last > _VERIFY_LATE:
        since = f"{last:%Y-%m-%d}" if last is not None else "-"
        return advice(name, N_("not all footage was checked lately (last: {day})", day=since), why, line, "late")
    return well(name, N_("footage was checked, and is as recorded"))


def judge_backup(
    settings: BackupSettings, state: BackupState, facts: BackupLook, now: datetime
) -> Iterator[DoctorFinding]:
    """Whether there is a back-up that is new enough, elsewhere, and readable as far as that shows without its key."""
    name = CheckName.BACKUP
    why = N_("a lost disk takes registers, holds, log and signing key along")
    if not settings.recipients:
        text = N_("no back-up is made: [backup] has no recipients")
        yield wrong(name, text, why, "cctv backup key /media/usb/recovery.key", "key")
        return
    target = settings.folder or "DIR"
    if settings.folder is None:
        text = N_("[backup] names no folder, so that no timer makes back-ups")
        line = N_('cctv backup make  # after folder = "/mnt/offsite" in [backup] of cameras.toml')
        yield advice(name, text, why, line, "folder")
    if state.is_late(now, settings.warn_after):
        day = f"{state.last:%Y-%m-%d}" if state.last else "-"
        yield wrong(
            name, N_("the last back-up is too old (last: {day})", day=day), why, f"cctv backup make {target}", "age"
        )
    if state.last is None:
        return
    if facts.is_age is None:
        text = N_("the last back-up cannot be read: {problem}", problem=facts.problem)
        yield unknown(name, text, f"ls -l {state.file}", "file")
        return
    if not facts.is_age or facts.matches is False:
        text = N_("{file} is not the back-up that was written", file=state.file)
        yield wrong(name, text, why, f"cctv backup make {target}", "file")
    elif facts.matches is None:
        yield unknown(name, N_("the log names no hash of {file}", file=state.file), "cctv audit verify", "file")
    else:
        text = N_("{file} has the bytes that were written; only its key can open it", file=state.file)
        yield well(name, text, "file")
    if facts.same_disk:
        text = N_("the back-up is on the disk of the storage")
        yield wrong(name, text, N_("it is lost with it"), "cctv backup make DIR", "disk")


def judge_old_indexes(indexes: Mapping[Path, datetime], longest: timedelta, now: datetime) -> Iterator[DoctorFinding]:
    """Copies of the index that an upgrade or a restore left, and when each was written: people remove them."""
    for path, written in indexes.items():
        if now - written > longest:
            text = N_("{path} is older than a back-up may be ({longest})", path=path, longest=format_duration(longest))
            why = N_("it may name people whom the registers have forgotten since")
            yield wrong(CheckName.BACKUP, text, why, f"rm {path}", path.name)


def judge_checkpoint(at: datetime | None, entries: bool, now: datetime) -> DoctorFinding:
    """How old the latest signed checkpoint of the audit log is."""
    name = CheckName.AUDIT
    why = N_("what was written since can be rewritten unseen")
    if at is None and entries:
        return advice(name, N_("the audit log has no signed checkpoint yet"), why, "cctv audit checkpoint", "age")
    if at is not None and now - at > _CHECKPOINT_LATE:
        text = N_("the last signed checkpoint of the log is of {day:%Y-%m-%d}", day=at)
        return wrong(name, text, why, "cctv sweep --once", "age")
    return well(name, N_("the audit log was signed within two days"))


def judge_elsewhere(*, is_set: bool) -> DoctorFinding:
    """Whether signed checkpoints leave the machine: [audit] of cameras.toml names somebody, or a server."""
    if is_set:
        return well(CheckName.AUDIT, N_("signed checkpoints of the log leave this machine"), "elsewhere")
    text = N_("no signed checkpoint of the log leaves this machine: [audit] in cameras.toml names nobody")
    why = N_(
        "whoever takes this machine over writes the log anew and signs it; name who gets the checkpoints by `mail`, or "
        "a `timestamp` server, in [audit], and adopt that"
    )
    return advice(CheckName.AUDIT, text, why, "cctv config adopt --reason WHY", "elsewhere")


def judge_registers(
    missing: Mapping[RegisterName, Sequence[str]], items: Sequence[Item], now: datetime
) -> Iterator[DoctorFinding]:
    """What the registers lack, and what is due for them."""
    name, sound = CheckName.REGISTERS, True
    for register, texts in missing.items():
        for text in texts:
            sound = False
            why = N_("the authority may ask for this register at any time")
            yield advice(name, text, why, f"cctv register show {register.value}", register.value)
    for item in items:
        if item.kind in _REGISTER_KINDS and item.due < now:
            sound = False
            text = N_("{what}: due on {day:%Y-%m-%d}", what=item.what, day=item.due)
            yield wrong(name, text, N_("the law or the policy asks for it"), first_line(item.line), item.id)
    if sound:
        yield well(name, N_("the registers have what the law asks for, and nothing is due"))


def judge_alerts(ways: Sequence[str], weekly: datetime | None, state: Path, now: datetime) -> DoctorFinding:
    """Whether somebody is told, and was."""
    name = CheckName.ALERTS
    if not ways:
        why = N_("when recording or deletion stops at night, nobody knows")
        line = N_('cctv notify test  # after mail = "somebody@example.org" in [alerts] of cameras.toml')
        return wrong(name, N_("nobody is told: [alerts] names no way"), why, line, "ways")
    if weekly is None or now - weekly > _WEEKLY_LATE:
        why = N_("without the weekly message nobody knows whether the box still works")
        return wrong(name, N_("no weekly message went out ({path})", path=state), why, "cctv notify run", "weekly")
    return well(name, N_("alarms go by {ways}", ways=", ".join(ways)))


def _settings(examined: Examined) -> Iterator[DoctorFinding]:
    if isinstance(examined.settings, SettingsUnreadable):
        raise examined.settings
    if isinstance(examined.settings, CctvError):
        error, why = examined.settings, N_("nothing starts with it")
        yield wrong(CheckName.SETTINGS, error.phrase, why, line_of(error, "cctv config check"))
        return
    yield from judge_warnings(examined.warnings, examined.settings.source.path)


def _storage(examined: Examined) -> Iterator[DoctorFinding]:
    settings, error = examined.require_settings(), examined.site
    if isinstance(error, AccessDenied):
        raise error
    if isinstance(error, CctvError):
        yield wrong(
            CheckName.STORAGE, error.phrase, N_("nothing is recorded or deleted"), line_of(error, "cctv status")
        )
    else:
        yield well(CheckName.STORAGE, N_("{path} opens", path=settings.site.storage))


def _status(examined: Examined) -> Iterator[DoctorFinding]:
    """Every alarm of this moment, whatever its grace; back-ups and the disk's end have checks of their own."""
    site = examined.require_site()
    late, soon = owed(site)
    present = [
        alarm
        for alarm in troubles(replace(status_now(site), late=late, soon=soon))
        if alarm.kind is not AlarmKind.BACKUP
    ]
    for alarm in present:
        why = N_("`cctv notify` tells this as an alarm, kind {kind}", kind=alarm.kind.value)
        yield wrong(CheckName.STATUS, alarm.text, why, first_line(alarm.next_step), alarm.subject or alarm.kind.value)
    if not present:
        yield well(CheckName.STATUS, N_("recording and deletion keep their promises"))


def _forecast(examined: Examined) -> Iterator[DoctorFinding]:
    site, settings = examined.require_site(), examined.require_settings()
    disk, limits = examined.machine.disk(site.root), [settings.limit_for(zone) for zone in settings.zones]
    reserve = round(disk.total_bytes * settings.recording.reserve_fraction)
    with read_transaction(site.engine) as connection:
        _, stored = count_segments(connection)
        rates = footage_rates(connection, settings, examined.now)
    share = share_of_limits(rates, max(stored + disk.free_bytes - reserve, 0))
    yield judge_forecast(share, max(limits, default=timedelta(0)))


def _database(examined: Examined) -> Iterator[DoctorFinding]:
    path = examined.require_settings().site.storage / DATABASE_FILE
    try:
        yield judge_database(quick_check(path, _DATABASE_SECONDS))
    except sqlite3.OperationalError as error:
        yield unknown(CheckName.DATABASE, N_("the index cannot be opened: {problem}", problem=error), "cctv status")


def _verify(examined: Examined) -> Iterator[DoctorFinding]:
    site = examined.require_site()
    with read_transaction(site.engine) as connection:
        segments, _ = count_segments(connection)
    yield judge_verified(read_round(site.root), segments, examined.now)


def _backup(examined: Examined) -> Iterator[DoctorFinding]:
    site, settings = examined.require_site(), examined.require_settings()
    return chain(
        judge_backup(settings.backup, read_backup_state(site.root), look_at_backup(site), examined.now),
        judge_old_indexes(_old_indexes(site.root), settings.backups_longest, examined.now),
    )


def _old_indexes(root: Path) -> dict[Path, datetime]:
    found = [path for name in _OLD_INDEXES for path in sorted(root.glob(f"{DATABASE_FILE}.{name}"))]
    whole = [path for path in found if not path.name.endswith(("-wal", "-shm"))]
    return {path: datetime.fromtimestamp(path.lstat().st_mtime, UTC) for path in whole}


def _audit(examined: Examined) -> Iterator[DoctorFinding]:
    site = examined.require_site()
    checkpoint = latest(site.root)
    with read_transaction(site.engine) as connection:
        read_any_text(connection)
        try:
            entries, _ = verify_log(connection)
        except AuditBroken as error:
            why = N_("what it says from there on counts for nothing, and what relies on it is refused")
            yield wrong(CheckName.AUDIT, error.phrase, why, "cctv audit verify", "whole")
            return
    yield judge_checkpoint(checkpoint.at if checkpoint else None, bool(entries), examined.now)
    yield judge_elsewhere(is_set=site.settings.audit.is_set)


def _registers(examined: Examined) -> Iterator[DoctorFinding]:
    site, settings = examined.require_site(), examined.require_settings()
    names = (RegisterName.PROCESSING, RegisterName.CAMERAS)
    missing: dict[RegisterName, Sequence[str]] = {name: make_register(site, name).missing for name in names}
    of_signs = chain.from_iterable(sign.missing for sign in signs(settings, settings.site.language))
    missing[RegisterName.CAMERAS] = list(dict.fromkeys((*missing[RegisterName.CAMERAS], *of_signs)))
    seen = set(missing[RegisterName.PROCESSING])
    missing[RegisterName.CAMERAS] = [text for text in missing[RegisterName.CAMERAS] if text not in seen]
    return judge_registers(missing, board(site, ()), examined.now)


def _alerts(examined: Examined) -> Iterator[DoctorFinding]:
    alerts = examined.require_settings().alerts
    state = alerts.state
    try:
        state.open("rb").close()
    except PermissionError:
        text = N_("this account may not read {path}", path=state)
        yield unknown(CheckName.ALERTS, text, "sudo cctv doctor --only alerts")
        return
    except OSError:
        pass  # nothing was told yet
    yield judge_alerts(alerts.ways, read_history(state).weekly, state, examined.now)


def _detector(examined: Examined) -> Iterator[DoctorFinding]:
    """Whether people can be found, tried on a blank picture."""
    own = examined.require_settings().redaction.detector
    try:
        model = load_model(own)
        Detector(model)
    except CctvError as error:
        why = N_("no footage of a request can be redacted, and none leaves meanwhile")
        usual = "apt-get install --reinstall cctv  # or ./scripts/install in a checkout"
        yield wrong(CheckName.DETECTOR, error.phrase, why, "cctv config check" if own is not None else usual)
    else:
        yield well(CheckName.DETECTOR, N_("{path} finds people", path=model.path))


SITE_CHECKS: Mapping[CheckName, Check] = MappingProxyType(
    {
        CheckName.SETTINGS: _settings,
        CheckName.STORAGE: _storage,
        CheckName.STATUS: _status,
        CheckName.CREDENTIALS: check_credentials,
        CheckName.TRANSPORT: check_transport,
        CheckName.CAMERA_CLOCKS: check_camera_clocks,
        CheckName.FORECAST: _forecast,
        CheckName.DATABASE: _database,
        CheckName.VERIFY: _verify,
        CheckName.BACKUP: _backup,
        CheckName.AUDIT: _audit,
        CheckName.TWO_PERSONS: check_two_persons,
        CheckName.REGISTERS: _registers,
        CheckName.ALERTS: _alerts,
        CheckName.DETECTOR: _detector,
    }
)
