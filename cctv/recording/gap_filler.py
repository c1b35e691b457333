"""The gap filler: fetches what a camera's own card has of a gap, one gap at a time, for all cameras together.

Responsible for when a card is asked and how often.  Which gaps may be filled, and how long what is fetched may stay, is
decided in `cctv.footage.gap_filling`; what comes is recorded by the same reader, segmenter and ingest as what is live,
on the time of its pictures.  Never holds up recording: it has one thread, one connection, and a pause after each gap.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta
from typing import Any

from cctv.cameras.errors import CameraDown
from cctv.cameras.playback import CardClock, CardStream
from cctv.cameras.recordings import CardAddress, find_on_card
from cctv.config.schema import CameraSettings
from cctv.core.time_range import Span
from cctv.footage.gap_filling import Filling, begin_filling, end_filling, next_filling
from cctv.model.footage import Segment
from cctv.model.ids import CameraId
from cctv.recording.camera import RecorderDeps
from cctv.recording.session import RecordingSession, SessionListener
from cctv.recording.workers import Abandoned, Worker, run_in_daemon_thread

log = logging.getLogger(__name__)

FIRST_LOOK = timedelta(seconds=30)  # after the start: the cameras come first
LOOK_EVERY = timedelta(minutes=5)
ASK_AGAIN = timedelta(hours=6)  # for a span that the card had nothing of, or that failed
_BETWEEN_SECONDS = 2.0
_LEAST = timedelta(seconds=1)  # by which each fetch gets on: the camera's clock is known to half a second


class GapFiller:
    """Runs beside the cameras, in the main thread, until `stop`."""

    def __init__(self, deps: RecorderDeps, worker: Worker) -> None:
        self._deps, self._worker = deps, worker
        self._stopping, self._is_full = asyncio.Event(), False
        self._session: RecordingSession | None = None
        self._tried: dict[CameraId, list[tuple[datetime, Span]]] = {}

    def change(self, deps: RecorderDeps) -> None:
        """Go on with other settings from the next gap on."""
        self._deps = deps

    def set_full(self, is_full: bool) -> None:
        """Fetch nothing while the disk is full."""
        self._is_full = is_full
        if is_full and self._session is not None:
            self._session.stop_fetching()

    def stop(self) -> None:
        """End with what has been fetched by now."""
        self._stopping.set()
        if self._session is not None:
            self._session.stop_fetching()

    def abandon(self) -> None:
        """The storage is gone: write nothing more."""
        self._stopping.set()
        if self._session is not None:
            self._session.abandon()

    async def run(self, first: timedelta = FIRST_LOOK) -> None:
        """Look for gaps until `stop`; raises whatever is not a camera's own fault."""
        wait = first
        while not await self._pause(wait):
            wait = LOOK_EVERY
            while not self._stopping.is_set() and not self._is_full and (filling := await self._next()) is not None:
                await self._fill(*filling)
                if await self._pause(timedelta(seconds=_BETWEEN_SECONDS)):
                    return

    async def _pause(self, duration: timedelta) -> bool:
        """Whether it is to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), duration.total_seconds())
        return self._stopping.is_set()

    async def _next(self) -> tuple[CameraSettings, Filling] | None:
        site, now = self._deps.site, self._deps.site.clock.now()
        for camera in site.settings.cameras.values():
            if not camera.fill_gaps:
                continue
            recent = [(at, span) for at, span in self._tried.get(camera.id, ()) if now - at < ASK_AGAIN]
            self._tried[camera.id] = recent
            tried = [span for _, span in recent]
            filling = await self._worker.submit(next_filling, site, camera, now, tried=tried)
            if filling is not None:
                return camera, filling
        return None

    async def _fill(self, camera: CameraSettings, filling: Filling) -> None:
        """Fetch one gap; what fails is the camera's trouble and is asked for again hours later."""
        site, tried = self._deps.site, filling.span
        facts = {"camera": camera.id, "seconds": filling.span.duration}
        log.info("gap.asked", extra=facts)
        try:
            found = await self._found(camera, filling.span)
            if found is not None:
                reached = await self._record(camera, filling, found)
                if reached is not None:  # the rest is asked for at once
                    start, end = filling.span.start, filling.span.end
                    tried = Span(start, min(max(reached, start + _LEAST), end))
        except CameraDown as fault:
            log.info("gap.left", extra={"camera": camera.id, "error": fault.code})
        self._tried.setdefault(camera.id, []).append((site.clock.now(), tried))

    async def _found(self, camera: CameraSettings, span: Span) -> CardAddress | None:
        """None when it is to stop meanwhile."""
        deps = self._deps
        asking = run_in_daemon_thread(lambda: find_on_card(camera, deps.credentials, deps.site.clock, span))
        stopping = asyncio.ensure_future(self._stopping.wait())
        waited: list[asyncio.Future[Any]] = [asking, stopping]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        return asking.result() if asking.done() else None

    async def _record(self, camera: CameraSettings, filling: Filling, found: CardAddress) -> datetime | None:
        """Up to where pictures came; None where none came.  Raises CameraDown where the card ended with a failure."""
        site, clock = self._deps.site, CardClock(filling.span.start)
        run = await self._worker.submit(begin_filling, site, filling, filling.span.start)
        fetched: list[Segment] = []
        listener = SessionListener(lambda _: None, lambda _: None, fetched.append)
        session = self._session = RecordingSession(site, self._worker, camera, run, listener, clock=clock)
        try:
            if self._stopping.is_set() or self._is_full:
                session.stop_fetching()
            result = await session.record(
                found.address, lambda: CardStream(camera, found.address, filling.span, found.offset, clock)
            )
        except Abandoned:
            return None
        finally:
            self._session = None
        seconds = sum((segment.span.duration for segment in fetched), timedelta(0)).total_seconds()
        problem = result.fault.code if result.fault is not None else None
        until = result.recorded_until or filling.span.start
        await self._worker.submit(end_filling, site, run, until, seconds=seconds, problem=problem)
        log.info("gap.filled", extra={"camera": camera.id, "run": run.id, "seconds": timedelta(seconds=seconds)})
        if result.recorded_until is None and result.fault is not None:
            raise result.fault
        return result.recorded_until
