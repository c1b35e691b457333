"""The resident sweeper: wiring and signals only.  `passes` does the work.

A guard stops deletion but not the process: it says so once, keeps its watchdog, and tries again each minute.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import FrameType

from cctv.archive import next_limit
from cctv.archive.roomfiles import room_wanted
from cctv.daemon.notify import ServiceManager
from cctv.daemon.passes import sweep_everything, told
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.kernel.errors import GuardError
from cctv.kernel.logs import SHOWN
from cctv.retention import LONGEST_SLEEP, lead, sleep_for

log = logging.getLogger(__name__)

_LOOK = 2.0  # seconds between two looks for a request of the recorder


def run_sweeper(site: Site, *, write: Callable[[str], None], environ: Mapping[str, str]) -> None:
    """Sweep in time until SIGTERM or SIGINT.  `write` gets what people read.

    Raises LockHeld when another sweeper is at work.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    manager = ServiceManager(environ)
    manager.ready("sweeping")
    guard: str | None = None
    while not stop.is_set():
        guard = _pass(site, manager, guard, write)
        pause = _pause(site) if guard is None else LONGEST_SLEEP
        _wait(site, stop, pause)
    manager.stopping()


def _wait(site: Site, stop: threading.Event, pause: timedelta) -> None:
    """Until the next pass is due, or sooner when the recorder asks for room."""
    asked = wanted.asked if (wanted := room_wanted(site.root)) else None
    until = site.clock.monotonic() + pause.total_seconds()
    while not stop.is_set() and (left := until - site.clock.monotonic()) > 0:
        stop.wait(min(left, _LOOK))
        wanted = room_wanted(site.root)
        if wanted is not None and wanted.asked != asked:
            return


def _pass(site: Site, manager: ServiceManager, said: str | None, write: Callable[[str], None]) -> str | None:
    """One sweep; answers the guard that stopped it, so that it is named once and not every minute."""
    try:
        swept = sweep_everything(site)
    except GuardError as guard:
        manager.alive(f"deletion stopped: {guard.message}")
        if said != guard.code:
            log.error("deletion.stopped", extra={"guard": guard.code, SHOWN: True})
            write(f"deletion stopped: {guard.message}\nnext: {guard.next_step}")
        return guard.code
    if said is not None:
        log.info("guard.cleared", extra={"guard": said})
    counts = {"deleted": len(swept.footage.gone), "packages": len(swept.packages), "cases": len(swept.derived)}
    log.log(logging.INFO if swept.took_something else logging.DEBUG, "pass.finished", extra=counts)
    if swept.took_something:
        write(told(swept))
    manager.alive(told(swept))
    return None


def _pause(site: Site) -> timedelta:
    with reading(site.engine) as connection:
        following = next_limit(connection)
    shortest = min((site.settings.limit_for(zone) for zone in site.settings.zones), default=LONGEST_SLEEP)
    if following is None:
        return sleep_for(None, site.clock.now(), shortest)
    start, limit = following
    return sleep_for(limit - lead(limit - start), site.clock.now(), shortest)
