"""Checkpoints of the audit log out of the machine: mailed once a week, the first of each day stamped by a server.

What does not get through is remembered with its cause and tried again; it stops nothing else.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from http.client import HTTPException
from types import MappingProxyType

from sqlalchemy.exc import SQLAlchemyError

from cctv import __version__
from cctv.audit.checkpoint_files import latest
from cctv.audit.kept import (
    MOST_REPLY_BYTES,
    TimestampUnusable,
    checkpoint_mail,
    note_mailed,
    stamp_checkpoint,
    unstamped,
)
from cctv.config.schema import Settings
from cctv.core.errors import CctvError
from cctv.crypto.signing_key import PUBLIC, read_public_key
from cctv.db.storage import Storage
from cctv.monitoring.alarm_history import MAIL, TIMESTAMP, AlarmHistory, AstrayTry
from cctv.monitoring.alarms import WEEK
from cctv.monitoring.channels import PATIENCE, WEBHOOK_PATIENCE, detail_of, one_line, post, send_mail
from cctv.monitoring.status import AstrayCheckpoint

log = logging.getLogger(__name__)

AGAIN = timedelta(minutes=30)  # a checkpoint that did not get through


def _ask_stamp(address: str, query: bytes) -> bytes:
    """The reply of a timestamp server (RFC 3161, section 3.4); raises OSError, HTTPException, TimestampUnusable."""
    headers = {"Content-Type": "application/timestamp-query", "User-Agent": f"cctv/{__version__}"}
    answer = post(address, query, headers, WEBHOOK_PATIENCE, MOST_REPLY_BYTES + 1)
    if not answer.is_well:
        raise TimestampUnusable(detail=f"the server answers {answer.status} {answer.reason}")
    return answer.content


def send_checkpoints(settings: Settings, site: Storage, before: AlarmHistory, now: datetime) -> AlarmHistory:
    """Mail the latest checkpoint once a week, and have the first of each day stamped; returns what to remember.

    What fails is remembered with its cause, is tried again after half an hour, and stops nothing else.
    """
    memory = before
    if settings.audit.mail is None:
        memory = _came_through(memory, MAIL)
    elif before.mailed is None or now - before.mailed >= WEEK:
        memory = _try(memory, MAIL, now, lambda: _mail_checkpoint(settings, site, now))
    if settings.audit.timestamp is None:
        memory = _came_through(memory, TIMESTAMP)
    else:
        memory = _try(memory, TIMESTAMP, now, lambda: _stamp_checkpoint(settings, site))
    return memory


def _try(memory: AlarmHistory, way: str, now: datetime, send: Callable[[], bool]) -> AlarmHistory:
    """Send unless it failed less than half an hour ago.  `send` returns whether there was anything to send."""
    failed = memory.astray.get(way)
    if failed is not None and timedelta(0) <= now - failed.tried < AGAIN:
        return memory
    try:
        is_sent = send()
    except (OSError, HTTPException, CctvError, SQLAlchemyError, subprocess.TimeoutExpired) as error:
        since = failed.checkpoint.since if failed is not None else now
        detail = (
            detail_of(error) if isinstance(error, OSError | HTTPException | CctvError) else one_line(str(error))[:200]
        )
        log.warning("checkpoint.astray", extra={"method": way, "error": detail})
        tried = AstrayTry(AstrayCheckpoint(way, since, detail), now)
        return replace(memory, astray=MappingProxyType({**memory.astray, way: tried}))
    memory = _came_through(memory, way)
    return replace(memory, mailed=now) if is_sent and way == MAIL else memory


def _came_through(memory: AlarmHistory, way: str) -> AlarmHistory:
    return replace(memory, astray=MappingProxyType({name: one for name, one in memory.astray.items() if name != way}))


def _mail_checkpoint(settings: Settings, site: Storage, now: datetime) -> bool:
    checkpoint, to = latest(site.root), settings.audit.mail or ""
    if checkpoint is None:
        return False
    mail = checkpoint_mail(settings.site.name, checkpoint, read_public_key(site.root / "keys" / PUBLIC))
    send_mail(settings.alerts, to, " ".join(mail.subject.split()), mail.body, now, PATIENCE, mail.files)
    log.info("checkpoint.mailed", extra={"entries": checkpoint.seq})
    note_mailed(site, checkpoint, to)
    return True


def _stamp_checkpoint(settings: Settings, site: Storage) -> bool:
    checkpoint, address, ca = unstamped(site), settings.audit.timestamp, settings.audit.timestamp_ca
    if checkpoint is None or address is None or ca is None:
        return False
    stamp_checkpoint(site, checkpoint, ca, lambda query: _ask_stamp(address, query))
    log.info("checkpoint.stamped", extra={"entries": checkpoint.seq})
    return True
