"""The recorder's process: lock, recovery, supervisor, signals.  Decides nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace

from cctv.access.policy import by_adopted_limits
from cctv.audit.chain import AuditBroken
from cctv.config.credentials import DIRECTORY, RESTART, Credential, load_credentials
from cctv.config.loader import load_settings
from cctv.core.errors import CctvError
from cctv.core.logs import SHOWN
from cctv.core.process import ServiceManager, share_arenas
from cctv.db.engine import read_transaction
from cctv.db.identity import require_newest
from cctv.db.storage import Storage
from cctv.footage.layout import recorder_lock
from cctv.footage.repair.recover import recover_incoming
from cctv.footage.runs import archived_cameras, rename_gap, unfollowed_holds
from cctv.model.footage import GapCause
from cctv.recording.supervisor import Changes, Supervisor, stamped

log = logging.getLogger(__name__)


def run_recorder(
    site: Storage, credentials: Mapping[str, Credential], *, write: Callable[[str], None], environ: Mapping[str, str]
) -> None:
    """Record every camera until SIGTERM or SIGINT.  Call it in the main thread; raises LockHeld, IndexOlder."""
    share_arenas()
    tell = stamped(site.clock, write)
    site = _adopted(site, tell)
    with recorder_lock(site):
        require_newest(site.engine, site.root)
        _recover(site, tell)
        asyncio.run(_record(site, credentials, tell, environ))


def _recover(site: Storage, tell: Callable[[str], None]) -> None:
    report = recover_incoming(site)
    counts = {"adopted": len(report.adopted), "quarantined": len(report.quarantined)}
    log.info("recovery.finished", extra=counts)
    if report.adopted:
        tell(f"{len(report.adopted)} segments of an earlier recorder taken in")
    for path in report.quarantined:
        tell(f"{path}: in quarantine; its note says why")
    _warn_of_unfollowed_holds(site, tell)
    with read_transaction(site.engine) as connection:
        recorded = archived_cameras(connection)
    for camera in recorded:
        if camera not in site.settings.cameras:
            rename_gap(site, camera, site.clock.now(), GapCause.CAMERA_REMOVED)


async def _record(
    site: Storage, credentials: Mapping[str, Credential], tell: Callable[[str], None], environ: Mapping[str, str]
) -> None:
    supervisor = Supervisor(site, credentials, tell=tell, notifier=ServiceManager(environ))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: _reload(site, supervisor, tell, environ))
    await supervisor.run()


def _reload(site: Storage, supervisor: Supervisor, tell: Callable[[str], None], environ: Mapping[str, str]) -> None:
    """Reload cameras.toml and the credentials; invalid settings are refused, and the old ones stay in force."""
    try:
        settings = load_settings(site.settings.source.path, environ=environ).settings
        settings = _adopted(replace(site, settings=settings), tell).settings
        changes = supervisor.reload(settings, load_credentials(settings, environ))
    except CctvError as error:
        log.warning("settings.refused", extra={"error": error.code, SHOWN: True})
        tell(f"the new settings are refused, the old ones stay in force: {error.message} next: {error.next_step}")
    except OSError as error:
        log.warning("settings.refused", extra={"error": type(error).__name__, SHOWN: True})
        tell(f"the new settings cannot be read, the old ones stay in force: {error}")
    else:
        tell(f"settings read again: {_describe(changes)}{_passwords(environ)}")
        _warn_of_unfollowed_holds(replace(site, settings=settings), tell)


def _adopted(site: Storage, tell: Callable[[str], None]) -> Storage:
    """The storage with the limits that were adopted: what nobody adopted promises footage nothing.

    A log that cannot be read stops deletion, not recording: then the limits of the file count.
    """
    try:
        adopted, waiting = by_adopted_limits(site)
    except (AuditBroken, ValueError) as error:
        log.warning("policy.unknown", extra={"error": type(error).__name__, SHOWN: True})
        tell(f"warning: the log does not say which limits were adopted ({error}): those of cameras.toml go on")
        return site
    if waiting:
        keys = ", ".join(change.key for change in waiting)
        log.warning("policy.unadopted", extra={"settings": len(waiting), SHOWN: True})
        tell(f"warning: nobody adopted what the policy says now ({keys}): the limits before go on. `cctv config diff`")
    return adopted


def _passwords(environ: Mapping[str, str]) -> str:
    """systemd's copy of the passwords is that of the start, whatever stands in root's file by now."""
    return f"; passwords stay as they were at the start, `{RESTART}` takes new ones" if environ.get(DIRECTORY) else ""


def _warn_of_unfollowed_holds(site: Storage, tell: Callable[[str], None]) -> None:
    with read_transaction(site.engine) as connection:
        warnings = unfollowed_holds(connection, site.settings, site.clock.now())
    if warnings:
        log.warning("holds.unfollowed", extra={"holds": len(warnings), SHOWN: True})
    for warning in warnings:
        tell(f"warning: {warning}")


def _describe(changes: Changes) -> str:
    changed = (
        ("added", changes.added),
        ("removed", changes.removed),
        ("new run", changes.begun_again),
        ("changed", changes.touched),
    )
    return "; ".join(f"{label} {', '.join(names)}" for label, names in changed if names) or "no camera changed"
