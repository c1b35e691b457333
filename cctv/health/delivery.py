"""Getting alarms to somebody: by mail through the site's mail host, by a command of the site, or both.

Owns the words and the JSON of a message.  A delivery that fails is told, never swallowed.  Holds no password: the mail
host takes mail from this machine without one, or a command does what it takes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cctv.config.schema import AlertsSettings
from cctv.health.alarms import Alarm, AlarmState
from cctv.kernel.clock import iso
from cctv.kernel.errors import CctvError, ConfigError, ToolFailed, ToolMissing

PATIENCE = timedelta(seconds=30)
_SAID = {AlarmState.RAISED: "alarm", AlarmState.OVER: "over", AlarmState.NOTICE: "notice"}


class AlertsNotSet(ConfigError):
    """cameras.toml does not say whom to tell: its section [alerts] has neither mail nor command.

    next: add [alerts] with mail = "somebody@example.org" or command = ["/path/to/program"], then `cctv notify test`.
    """


class AlarmsNotDelivered(CctvError):
    """Alarms did not get through by {channel}: {detail}.

    next: correct [alerts] in cameras.toml, or the mail host or program that it names; then `cctv notify test`.
    """


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once: all alarms of one look."""

    site: str
    zone: ZoneInfo
    at: datetime
    alarms: Sequence[Alarm]

    @property
    def subject(self) -> str:
        first, more = self.alarms[0], len(self.alarms) - 1
        return f"[cctv {self.site}] {_SAID[first.state]}: {first.text}{f' (and {more} more)' if more else ''}"

    @property
    def body(self) -> str:
        return "\n\n".join(self._told(alarm) for alarm in self.alarms) + "\n"

    @property
    def as_json(self) -> str:
        said = [
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
        return json.dumps({"schema": 1, "site": self.site, "at": iso(self.at), "alarms": said}, ensure_ascii=False)

    def _told(self, alarm: Alarm) -> str:
        since = f"{alarm.since.astimezone(self.zone):%d/%m/%Y %H:%M}"
        when = {
            AlarmState.RAISED: f"  since: {since}",
            AlarmState.OVER: f"  it had lasted since {since}",
            AlarmState.NOTICE: f"  at:    {since}",
        }
        lines = [f"{_SAID[alarm.state].upper()}: {alarm.text}", when[alarm.state]]
        return "\n".join([*lines, *([f"  next:  {alarm.next_step}"] if alarm.next_step else [])])


def deliver(alerts: AlertsSettings, message: Message) -> list[AlarmsNotDelivered]:
    """Send the message every way that the settings name; what failed.  Raises AlertsNotSet where they name none."""
    sending = [*([_mail] if alerts.mail else []), *([_command] if alerts.command else [])]
    if not sending:
        raise AlertsNotSet
    failed = []
    for channel, send in zip(alerts.ways, sending, strict=True):
        try:
            send(alerts, message)
        except (OSError, ToolFailed, ToolMissing) as error:  # smtplib's own errors are OSErrors
            failed.append(AlarmsNotDelivered(channel=channel, detail=_detail(error)))
        except subprocess.TimeoutExpired:
            detail = f"it did not end within {PATIENCE.total_seconds():.0f} seconds"
            failed.append(AlarmsNotDelivered(channel=channel, detail=detail))
    return failed


def _detail(error: OSError | CctvError) -> str:
    """What the mail host or the program answered, in its own words."""
    from smtplib import SMTPRecipientsRefused, SMTPResponseException

    if isinstance(error, SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return f"the mail host answers {code} {_text(said)}"
    if isinstance(error, SMTPResponseException):
        return f"the mail host answers {error.smtp_code} {_text(error.smtp_error)}"
    strerror = error.strerror if isinstance(error, OSError) else None
    return (strerror or str(error) or type(error).__name__).rstrip(".")


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split()).rstrip(".")


def _mail(alerts: AlertsSettings, message: Message) -> None:
    import smtplib
    from email.message import EmailMessage
    from email.utils import format_datetime, make_msgid

    mail = EmailMessage()
    mail["From"], mail["To"] = alerts.sender, alerts.mail
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"], mail["Message-ID"] = format_datetime(message.at), make_msgid(domain=alerts.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # no holiday reply to it
    mail.set_content(message.body)
    with smtplib.SMTP(alerts.smtp.host, alerts.smtp.port, timeout=PATIENCE.total_seconds()) as host:
        host.send_message(mail)


def _command(alerts: AlertsSettings, message: Message) -> None:
    from cctv.kernel import process

    process.run(alerts.command, stdin=message.as_json.encode(), timeout=PATIENCE.total_seconds())
