"""Ways out of the machine: a mail through the site's mail host, bytes posted to a server; and what went wrong, as text.

Knows neither alarms nor checkpoints.  Holds no password: the mail host accepts mail from this machine without one.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit

from cctv.config.schema import AlertsSettings
from cctv.core.errors import CctvError

PATIENCE = timedelta(seconds=30)
WEBHOOK_PATIENCE = timedelta(seconds=10)  # from the first packet to the last of the answer
_ANSWER_BYTES = 1 << 10  # of an error, for the message


def detail_of(error: OSError | HTTPException | CctvError) -> str:
    """The answer of the mail host, the program or the webhook, as text."""
    if isinstance(error, SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return f"the mail host answers {code} {one_line(answer)}"
    if isinstance(error, SMTPResponseException):
        return f"the mail host answers {error.smtp_code} {one_line(error.smtp_error)}"
    strerror = error.strerror if isinstance(error, OSError) else None
    return (strerror or str(error) or type(error).__name__).rstrip(".")


def one_line(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split()).rstrip(".")


def send_mail(
    alerts: AlertsSettings,
    to: str,
    subject: str,
    body: str,
    at: datetime,
    patience: timedelta,
    files: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Hand a mail to the mail host of [alerts], with files byte for byte; raises OSError, smtplib's errors too."""
    mail, sender = EmailMessage(), alerts.sender or to
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # no holiday reply to it
    mail.set_content(body)
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)  # byte for byte
    with smtplib.SMTP(alerts.smtp.host, alerts.smtp.port, timeout=patience.total_seconds()) as host:
        host.send_message(mail)


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server answered; of the content no more than was asked for."""

    is_well: bool
    status: int
    reason: str
    content: bytes


def post(address: str, content: bytes, headers: Mapping[str, str], patience: timedelta, most: int = 0) -> ServerAnswer:
    """Post bytes; TLS is verified, no redirect is followed, of the answer `most` bytes are read: of an error 1024."""
    target, seconds = urlsplit(address), patience.total_seconds()
    connection = HTTPConnection(target.hostname or "", target.port, timeout=seconds)
    if target.scheme == "https":
        context = ssl.create_default_context()
        connection = HTTPSConnection(target.hostname or "", target.port, timeout=seconds, context=context)
    limit = threading.Timer(seconds, _hang_up, [connection])  # the time-out of a socket is of each packet
    limit.daemon = True
    limit.start()
    try:
        path = f"{target.path or '/'}{f'?{target.query}' if target.query else ''}"
        connection.request("POST", path, content, dict(headers))
        answer = connection.getresponse()
        is_well = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        return ServerAnswer(is_well, answer.status, answer.reason, answer.read(most if is_well else _ANSWER_BYTES))
    finally:
        limit.cancel()
        connection.close()


def _hang_up(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):  # it ended meanwhile
            connection.sock.shutdown(socket.SHUT_RDWR)
