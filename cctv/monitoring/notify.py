"""Notification: polls the status and sends new alarms, by mail through the site's mail host, a command, a webhook.

Responsible for the text and the JSON of a message, and for the order: poll, decide, send, remember.  A delivery that
fails is reported, never swallowed; what reached no one is not remembered as delivered, so the next poll sends it.
Holds no password: the mail host accepts mail from this machine without one, the command has its own, and the header of
a webhook is a credential.  What is sent is status only: never a picture, never the name of a person.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPException
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from cctv import __version__
from cctv.cases.agenda.agenda import LEASE_AHEAD, AgendaKind, board
from cctv.config.credentials import load_credential
from cctv.config.errors import CredentialsRefused
from cctv.config.schema import AlertsSettings, Settings
from cctv.core.clock import iso
from cctv.core.durable import DurableFiles, exclusive, give_as_folder
from cctv.core.errors import CctvError, ConfigError, ToolFailed, ToolMissing
from cctv.core.process import SystemdAbsent, run_process, unit_facts
from cctv.db.storage import Storage
from cctv.monitoring.alarm_history import Alarm, AlarmKind, AlarmState, read_history, write_history
from cctv.monitoring.alarms import alarms, remember
from cctv.monitoring.channels import PATIENCE, WEBHOOK_PATIENCE, detail_of, post, send_mail
from cctv.monitoring.checkpoint_sending import send_checkpoints
from cctv.monitoring.doctor import REPORT_FILE, read_summary
from cctv.monitoring.status import FailedUnit, OverdueItem, Status, status_now

log = logging.getLogger(__name__)

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1 and 5.5
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
TIMED_SERVICES = ("cctv-backup.service", "cctv-verify.service", "cctv-doctor.service", "cctv-checkpoint.service")
_STATE_LABELS = {AlarmState.RAISED: "alarm", AlarmState.OVER: "over", AlarmState.NOTICE: "notice"}


class AlertsNotSet(ConfigError):
    """cameras.toml does not say whom to tell: its section [alerts] has neither mail, command nor webhook.

    next: add [alerts] with mail = "somebody@example.org", command = ["/path/to/program"] or
    webhook = "https://monitor.example.org/in", then `cctv notify test`.
    """


class AlarmsNotDelivered(CctvError):
    """Alarms did not get through by {channel}: {detail}.

    next: correct [alerts] in cameras.toml, or the mail host or program that it names; then `cctv notify test`.
    """


@dataclass(frozen=True, slots=True)
class AlarmMessage:
    """What is sent at once: all alarms of one poll."""

    site: str
    zone: ZoneInfo
    at: datetime
    alarms: Sequence[Alarm]

    @property
    def subject(self) -> str:
        """The first alarm, and how many more."""
        first, more = self.alarms[0], len(self.alarms) - 1
        return f"[cctv {self.site}] {_STATE_LABELS[first.state]}: {first.text}{f' (and {more} more)' if more else ''}"

    @property
    def body(self) -> str:
        """All alarms as plain text."""
        return "\n\n".join(self._paragraph(alarm) for alarm in self.alarms) + "\n"

    @property
    def as_json(self) -> str:
        """All alarms as one JSON object, for a command."""
        rows = [
            {
                "kind": alarm.kind.value,
                "state": alarm.state.value,
                "subject": alarm.subject,
                "since": iso(alarm.since),
                "text": alarm.text,
                "next": alarm.next_step or None,
            }
            for alarm in self.alarms
        ]
        return json.dumps({"schema": 1, "site": self.site, "at": iso(self.at), "alarms": rows}, ensure_ascii=False)

    def _paragraph(self, alarm: Alarm) -> str:
        since = f"{alarm.since.astimezone(self.zone):%d/%m/%Y %H:%M}"
        when = {
            AlarmState.RAISED: f"  since: {since}",
            AlarmState.OVER: f"  it had lasted since {since}",
            AlarmState.NOTICE: f"  at:    {since}",
        }
        lines = [f"{_STATE_LABELS[alarm.state].upper()}: {alarm.text}", when[alarm.state]]
        return "\n".join([*lines, *([f"  next:  {alarm.next_step}"] if alarm.next_step else [])])


class WebhookRefused(CctvError):
    """The webhook answers {status} {reason}

    next: correct `webhook` in [alerts] of cameras.toml, or its credential; then `cctv notify test`.
    """


class WebhookUnusable(CctvError):
    """The credential {name} is no header

    next: give the header's name as `username` and what it says as `password`, both on one line; `cctv notify test`.
    """


class StorageSilent(CctvError):
    """The storage {path} cannot be read: {problem}.

    next: look at the disk (`dmesg`, its SMART values) and at `cctv status`.
    """


class MemoryNotKept(CctvError):
    """What was told cannot be remembered in {path}: {problem}, so every look would tell it again.

    next: let this account write there, or name another file as `state` in [alerts] of cameras.toml.
    """


@dataclass(frozen=True, slots=True)
class NotifyResult:
    """The alarms of one poll, and the deliveries that failed."""

    alarms: Sequence[Alarm]
    failed: Sequence[AlarmsNotDelivered] = ()


def deliver(settings: Settings, message: AlarmMessage, environ: Mapping[str, str]) -> list[AlarmsNotDelivered]:
    """Send the message every way that the settings name; returns the deliveries that failed.  Raises AlertsNotSet where
    they name none."""
    alerts = settings.alerts
    sending: list[Callable[[], None]] = []
    if alerts.mail:
        sending.append(lambda: _mail(alerts, message))
    if alerts.command:
        sending.append(lambda: _command(alerts, message))
    if alerts.webhook:
        sending.append(lambda: _webhook(settings, message, environ))
    if not sending:
        raise AlertsNotSet
    failed = []
    for channel, send in zip(alerts.ways, sending, strict=True):
        try:
            send()
        # smtplib's own errors are OSErrors
        except (
            OSError,
            HTTPException,
            ToolFailed,
            ToolMissing,
            CredentialsRefused,
            WebhookRefused,
            WebhookUnusable,
        ) as error:
            failed.append(AlarmsNotDelivered(channel=channel, detail=detail_of(error)))
        except subprocess.TimeoutExpired:
            detail = f"it did not end within {PATIENCE.total_seconds():.0f} seconds"
            failed.append(AlarmsNotDelivered(channel=channel, detail=detail))
    return failed


def _mail(alerts: AlertsSettings, message: AlarmMessage) -> None:
    send_mail(alerts, alerts.mail or "", " ".join(message.subject.split()), message.body, message.at, PATIENCE)


def _command(alerts: AlertsSettings, message: AlarmMessage) -> None:
    run_process(alerts.command, stdin=message.as_json.encode(), timeout=PATIENCE.total_seconds())


def _webhook(settings: Settings, message: AlarmMessage, environ: Mapping[str, str]) -> None:
    """Post the JSON; of an answer that is an error hardly anything is read, of another one nothing."""
    alerts = settings.alerts
    headers = {"Content-Type": "application/json", "User-Agent": f"cctv/{__version__}"}
    if alerts.webhook_credential is not None:
        credential = load_credential(settings, alerts.webhook_credential, environ)
        if not (_HEADER_NAME.fullmatch(credential.username) and _HEADER_VALUE.fullmatch(credential.password)):
            raise WebhookUnusable(name=alerts.webhook_credential)
        headers[credential.username] = credential.password
    answer = post(alerts.webhook or "", message.as_json.encode(), headers, WEBHOOK_PATIENCE)
    if not answer.is_well:
        said = " ".join(answer.content.decode("utf-8", "replace").split())
        raise WebhookRefused(status=answer.status, reason=said[:200] or answer.reason)


def failed_units() -> tuple[FailedUnit, ...]:
    """The services of timers whose last run failed; none where systemd does not tell, which `cctv doctor` says."""
    try:
        units = unit_facts(TIMED_SERVICES)
    except (SystemdAbsent, ToolMissing, ToolFailed) as error:
        log.debug("units.unknown", extra={"error": error.code})
        return ()
    return tuple(FailedUnit(unit.name, unit.result) for unit in units.values() if unit.has_failed)


def status_or_error(settings: Settings, open_site: Callable[[], Storage]) -> Status | CctvError:
    """The status, or the error why there is none: a missing storage is an alarm, not a reason to be silent."""
    try:
        site = open_site()
        late, soon = owed(site)
        return replace(status_now(site), late=late, soon=soon, failed_units=failed_units())
    except CctvError as error:
        return error
    except (OSError, SQLAlchemyError) as error:
        log.error("status.failed", exc_info=error)
        problem = " ".join(str(error).split())[:200].rstrip(".")
        return StorageSilent(path=settings.site.storage, problem=problem)


def owed(site: Storage) -> tuple[tuple[OverdueItem, ...], tuple[OverdueItem, ...]]:
    """The overdue items of the agenda, and the leases that end within a week; reviews have an alarm of their own."""
    alarming = {
        AgendaKind.REQUEST,
        AgendaKind.PASS_ON,
        AgendaKind.BREACH,
        AgendaKind.LEASE,
        AgendaKind.WORKSTATIONS,
    }
    now, items = site.clock.now(), board(site, ())
    late = [item for item in items if item.kind in alarming and item.due < now]
    soon = [item for item in items if item.kind is AgendaKind.LEASE and item.due <= now + LEASE_AHEAD]
    first, second = (
        tuple(OverdueItem(item.id, item.what, item.due, item.line) for item in due) for due in (late, soon)
    )
    return first, second


def notify_once(
    settings: Settings,
    open_site: Callable[[], Storage],
    now: datetime,
    disk: DurableFiles,
    environ: Mapping[str, str],
    *,
    dry_run: bool = False,
) -> NotifyResult:
    """Poll once and send what is new.  Raises AlertsNotSet and MemoryNotKept before anything is sent."""
    path = settings.alerts.state
    if dry_run:
        report = read_summary(REPORT_FILE)
        return NotifyResult(alarms(status_or_error(settings, open_site), read_history(path), now, report))
    if not settings.alerts.ways:
        raise AlertsNotSet
    try:
        disk.make_directory(path.parent)
        lock = path.with_name(f"{path.name}.lock")
        try:
            with exclusive(lock):
                return _poll_and_send(settings, open_site, now, disk, environ)
        finally:
            for file in (path, lock):  # else the timer's account could not look again
                give_as_folder(file)
    except OSError as error:
        raise MemoryNotKept(path=path, problem=error.strerror or error) from error


def _poll_and_send(
    settings: Settings,
    open_site: Callable[[], Storage],
    now: datetime,
    disk: DurableFiles,
    environ: Mapping[str, str],
) -> NotifyResult:
    path = settings.alerts.state
    before = read_history(path)
    write_history(path, before, disk)  # what cannot be remembered is not sent
    status = status_or_error(settings, open_site)
    if isinstance(status, Status):
        before = send_checkpoints(settings, open_site(), before, now)
        write_history(path, before, disk)
        status = replace(status, astray=tuple(one.checkpoint for one in before.astray.values()))
    due = alarms(status, before, now, read_summary(REPORT_FILE))
    failed: Sequence[AlarmsNotDelivered] = ()
    delivered = due
    if due:
        failed = deliver(settings, _message(settings, now, due), environ)
        log.info("alarms.sent", extra={"count": len(due), "failures": len(failed)})
        delivered = due if len(failed) < len(settings.alerts.ways) else []
    write_history(path, remember(status, before, now, delivered), disk)
    return NotifyResult(due, failed)


def send_test(settings: Settings, now: datetime, environ: Mapping[str, str]) -> Sequence[AlarmsNotDelivered]:
    """Send a test message; returns the deliveries that failed."""
    text = "This is a test: alarms of the recorder reach you this way."
    alarm = Alarm(AlarmKind.TEST, AlarmState.NOTICE, "", now, text, "")
    return deliver(settings, _message(settings, now, [alarm]), environ)


def _message(settings: Settings, now: datetime, due: Sequence[Alarm]) -> AlarmMessage:
    return AlarmMessage(settings.site.name, settings.site.timezone, now, due)
