"""The recorder's process: lock, recovery, supervisor, signals.  Decides nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping

from cctv import archive
from cctv.archive.runs import rename_gap
from cctv.config.credentials import Credential, load_credentials
from cctv.config.loader import load_settings
from cctv.daemon.notify import ServiceManager
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.kernel.errors import CctvError
from cctv.kernel.logs import SHOWN
from cctv.model.footage import GapCause
from cctv.recorder.changes import Changes
from cctv.recorder.memory import share_arenas
from cctv.recorder.supervisor import Supervisor, stamped

log = logging.getLogger(__name__)


def run_recorder(
    site: Site, credentials: Mapping[str, Credential], *, write: Callable[[str], None], environ: Mapping[str, str]
) -> None:
    """Record every camera until SIGTERM or SIGINT.  Call it in the main thread; raises LockHeld."""
    share_arenas()
    tell = stamped(site.clock, write)
    with archive.recorder_lock(site):
        _recover(site, tell)
        asyncio.run(_record(site, credentials, tell, environ))


def _recover(site: Site, tell: Callable[[str], None]) -> None:
    report = archive.recover_incoming(site)
    counts = {"adopted": len(report.adopted), "quarantined": len(report.quarantined)}
    log.info("recovery.finished", extra=counts)
    if report.adopted:
        tell(f"{len(report.adopted)} segments of an earlier recorder taken in")
    for path in report.quarantined:
        tell(f"{path}: in quarantine; its note says why")
    with reading(site.engine) as connection:
        recorded = archive.archived_cameras(connection)
    for camera in recorded:
        if camera not in site.settings.cameras:
            rename_gap(site, camera, site.clock.now(), GapCause.CAMERA_REMOVED)


async def _record(
    site: Site, credentials: Mapping[str, Credential], tell: Callable[[str], None], environ: Mapping[str, str]
) -> None:
    supervisor = Supervisor(site, credentials, tell=tell, notifier=ServiceManager(environ))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: _reload(site, supervisor, tell, environ))
    await supervisor.run()


def _reload(site: Site, supervisor: Supervisor, tell: Callable[[str], None], environ: Mapping[str, str]) -> None:
    """Read cameras.toml and the credentials again; what is wrong is refused, and the old settings stay in force."""
    try:
        settings = load_settings(site.settings.source.path, environ=environ).settings
        found = supervisor.reload(settings, load_credentials(settings, environ))
    except CctvError as error:
        log.warning("settings.refused", extra={"error": error.code, SHOWN: True})
        tell(f"the new settings are refused, the old ones stay in force: {error.message} next: {error.next_step}")
    except OSError as error:
        log.warning("settings.refused", extra={"error": type(error).__name__, SHOWN: True})
        tell(f"the new settings cannot be read, the old ones stay in force: {error}")
    else:
        tell(f"settings read again: {_told(found)}")


def _told(found: Changes) -> str:
    said = (
        ("added", found.added),
        ("removed", found.removed),
        ("new run", found.begun_again),
        ("changed", found.touched),
    )
    return "; ".join(f"{word} {', '.join(names)}" for word, names in said if names) or "no camera changed"
