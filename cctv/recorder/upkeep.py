"""Upkeep: every two seconds, in a thread of its own, open files are flushed and the disk is looked at.

Owns the pace.  What the disk says is kept for the supervisor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from cctv.db.site import Site
from cctv.recorder.camera import CameraRecorder
from cctv.recorder.diskwatch import DiskWatch, free_bytes
from cctv.recorder.state import DiskSaid, Standing
from cctv.recorder.worker import Worker

FLUSH_PERIOD = 2.0  # seconds: what a power cut may cost of an open file


class Upkeep:
    """One round at a time: a slow disk makes rounds rarer, never more at once."""

    def __init__(self, site: Site, worker: Worker) -> None:
        self._site, self._clock, self._worker, self._disk = site, site.clock, worker, DiskWatch(site)
        self._round: asyncio.Future[None] | None = None
        self._began = float("-inf")
        self.said: DiskSaid | None = None

    @property
    def is_full(self) -> bool:
        return self.said is not None and self.said.standing is Standing.FULL

    def tick(self, cameras: Iterable[CameraRecorder], reserve_fraction: float) -> None:
        """Begin a round when it is time; call it in the main thread."""
        if self._round is not None and not self._round.done():
            return
        if self._clock.monotonic() - self._began < FLUSH_PERIOD:
            return
        self._began = self._clock.monotonic()
        writing = [file for camera in cameras if (file := camera.open_file) is not None]

        def go_round() -> None:
            self.said = self._disk.look(reserve_fraction)
            for file in writing:
                file.flush()

        self._round = self._worker.submit(go_round)

    def told(self, *, full: bool) -> str:
        """One line about room that is gone or back."""
        free = free_bytes(self._site) // 1_000_000
        if full:
            return f"recording stops: the disk is full ({free} MB free), and nothing that may go early is left"
        return f"recording goes on: there is room again ({free} MB free)"
