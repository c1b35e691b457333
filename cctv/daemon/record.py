"""The recorder's process: lock, recovery, supervisor, signals.  Decides nothing."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping

from cctv import archive
from cctv.config import Credential
from cctv.daemon.notify import ServiceManager
from cctv.db.site import Site
from cctv.recorder.supervisor import Supervisor, stamped


def run_recorder(
    site: Site, credentials: Mapping[str, Credential], *, write: Callable[[str], None], environ: Mapping[str, str]
) -> None:
    """Record every camera until SIGTERM or SIGINT.  Call it in the main thread; raises LockHeld."""
    tell = stamped(site.clock, write)
    with archive.recorder_lock(site):
        _recover(site, tell)
        asyncio.run(_record(site, credentials, tell, ServiceManager(environ)))


def _recover(site: Site, tell: Callable[[str], None]) -> None:
    report = archive.recover_incoming(site)
    if report.adopted:
        tell(f"{len(report.adopted)} segments of an earlier recorder taken in")
    for path in report.quarantined:
        tell(f"{path}: in quarantine; its note says why")


async def _record(
    site: Site, credentials: Mapping[str, Credential], tell: Callable[[str], None], manager: ServiceManager
) -> None:
    supervisor = Supervisor(site, credentials, tell=tell, notifier=manager)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    await supervisor.run()
