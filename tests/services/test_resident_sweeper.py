"""The resident sweeper waits for a lock that another process holds; one pass on request is refused."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import timedelta

import pytest

from cctv.footage.layout import sweeper_lock
from cctv.services import sweep

pytestmark = pytest.mark.slow


@pytest.fixture
def signals():
    """The resident sweeper sets its own handlers."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def wait_for(condition, seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_the_resident_sweeper_waits_for_the_lock_and_deletes_afterwards(site, clock, signals, monkeypatch):
    (recorded,) = site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=8)
    monkeypatch.setattr(clock, "monotonic", time.monotonic)
    monkeypatch.setattr(sweep, "_LOCKED_PAUSE", timedelta(seconds=0.05))
    passes: list[None] = []
    sweep_everything = sweep.sweep_everything

    def counted_pass(swept_site):
        passes.append(None)
        return sweep_everything(swept_site)

    monkeypatch.setattr(sweep, "sweep_everything", counted_pass)
    seen: dict[str, bool] = {}

    def other_process() -> None:
        with sweeper_lock(site.open("other")):
            started.set()
            seen["tried again"] = wait_for(lambda: len(passes) > 2)
            seen["while locked"] = (site.root / recorded.path).exists()
        seen["deleted"] = wait_for(lambda: not (site.root / recorded.path).exists())
        os.kill(os.getpid(), signal.SIGTERM)

    started = threading.Event()
    other = threading.Thread(target=other_process)
    other.start()
    started.wait()
    swept = site.cctv("sweep")
    other.join()

    assert seen == {"tried again": True, "while locked": True, "deleted": True}
    assert swept.err.count("deletion waits") + swept.out.count("deletion waits") == 1
    assert site.footage("gevel-1") == []


def test_one_pass_is_refused_while_another_process_deletes(site):
    with sweeper_lock(site.open("other")):
        refused = site.cctv("sweep --once", exit=11)

    assert "sweeper.lock is locked" in refused.err
