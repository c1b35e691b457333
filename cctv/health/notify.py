"""One look at the site, and telling somebody what changed since the look before.

Owns the order: look, decide, send, remember.  What reached nobody is not remembered as told, so the next look sends it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from cctv.config.schema import Settings
from cctv.health.alarms import Alarm, AlarmKind, AlarmState, alarms, remember
from cctv.health.delivery import AlarmsNotDelivered, AlertsNotSet, Message, deliver
from cctv.health.memory import read_memory, write_memory
from cctv.kernel.durable import Disk, exclusive
from cctv.kernel.errors import CctvError

if TYPE_CHECKING:
    from cctv.db.site import Site
    from cctv.health.status import Late, Status

log = logging.getLogger(__name__)


class StorageSilent(CctvError):
    """The storage {path} cannot be read: {problem}.

    next: look at the disk (`dmesg`, its SMART values) and at `cctv status`.
    """


class MemoryNotKept(CctvError):
    """What was told cannot be remembered in {path}: {problem}, so every look would tell it again.

    next: let this account write there, or name another file as `state` in [alerts] of cameras.toml.
    """


@dataclass(frozen=True, slots=True)
class Told:
    """What one look found to tell, and the ways by which it did not get through."""

    alarms: Sequence[Alarm]
    failed: Sequence[AlarmsNotDelivered] = ()


def look(settings: Settings, open_site: Callable[[], Site]) -> Status | CctvError:
    """The status, or why there is none: a storage that is away is an alarm, not a reason to be silent."""
    from sqlalchemy.exc import SQLAlchemyError

    from cctv.health.status import status_now

    try:
        site = open_site()
        late, soon = owed(site)
        return replace(status_now(site), late=late, soon=soon)
    except CctvError as error:
        return error
    except (OSError, SQLAlchemyError) as error:
        log.error("status.failed", exc_info=error)
        problem = " ".join(str(error).split())[:200].rstrip(".")
        return StorageSilent(path=settings.site.storage, problem=problem)


def owed(site: Site) -> tuple[tuple[Late, ...], tuple[Late, ...]]:
    """What of the board is past its day, and which leases end within a week; reviews have an alarm of their own."""
    from cctv.casework.board import Kind, board
    from cctv.casework.board.items import LEASE_AHEAD
    from cctv.health.status import Late

    told = {Kind.REQUEST, Kind.BREACH, Kind.LEASE, Kind.WORKSTATIONS}
    now, items = site.clock.now(), board(site, ())
    late = [item for item in items if item.kind in told and item.due < now]
    soon = [item for item in items if item.kind is Kind.LEASE and item.due <= now + LEASE_AHEAD]
    first, second = (tuple(Late(item.id, item.what, item.due, item.line) for item in found) for found in (late, soon))
    return first, second


def notify_once(
    settings: Settings, open_site: Callable[[], Site], now: datetime, disk: Disk, *, dry_run: bool = False
) -> Told:
    """Look once and send what is new.  Raises AlertsNotSet and MemoryNotKept before anything is sent."""
    path = settings.alerts.state
    if dry_run:
        return Told(alarms(look(settings, open_site), read_memory(path), now))
    if not settings.alerts.ways:
        raise AlertsNotSet
    try:
        disk.make_directory(path.parent)
        with exclusive(path.with_name(f"{path.name}.lock")):
            return _look_and_tell(settings, look(settings, open_site), now, disk)
    except OSError as error:
        raise MemoryNotKept(path=path, problem=error.strerror or error) from error


def _look_and_tell(settings: Settings, found: Status | CctvError, now: datetime, disk: Disk) -> Told:
    path = settings.alerts.state
    before = read_memory(path)
    write_memory(path, before, disk)  # what cannot be remembered is not sent
    due = alarms(found, before, now)
    failed: Sequence[AlarmsNotDelivered] = ()
    reached = due
    if due:
        failed = deliver(settings.alerts, _message(settings, now, due))
        log.info("alarms.sent", extra={"count": len(due), "failures": len(failed)})
        reached = due if len(failed) < len(settings.alerts.ways) else []
    write_memory(path, remember(found, before, now, reached), disk)
    return Told(due, failed)


def send_test(settings: Settings, now: datetime) -> Sequence[AlarmsNotDelivered]:
    """Send a message that says it is a test; what failed."""
    text = "This is a test: alarms of the recorder reach you this way."
    alarm = Alarm(AlarmKind.TEST, AlarmState.NOTICE, "", now, text, "")
    return deliver(settings.alerts, _message(settings, now, [alarm]))


def _message(settings: Settings, now: datetime, due: Sequence[Alarm]) -> Message:
    return Message(settings.site.name, settings.site.timezone, now, due)
