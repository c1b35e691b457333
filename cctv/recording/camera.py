"""One camera, session after session: its runs, its gaps with their causes, and the waits between attempts.

Responsible for the life of a run: begun before a session, used by sessions until one of them records, ended with that
one.  A camera that stays away therefore makes one run and one gap, not one per attempt.

`Backoff` is pure; the caller passes the random generator.  The waits are short enough that recording resumes within a
second of the camera's return: an attempt costs a connection, not a process.  The jitter keeps sixteen cameras behind
one switch from returning in step.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from cctv.cameras.errors import CameraDown, CameraOversized
from cctv.cameras.media import Lesser
from cctv.cameras.onvif import ReachedAddress, reach_camera
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.logs import SHOWN
from cctv.db.identity import read_identity
from cctv.db.storage import Storage
from cctv.footage.runs import Run, begin_run, close_gap, end_run, note_clock_offset, open_gap
from cctv.model.footage import GapCause, Segment
from cctv.model.ids import CameraId
from cctv.recording.segment_file import SegmentFile
from cctv.recording.session import RecordingSession, SessionListener, SessionResult
from cctv.recording.state import CameraState, Phase
from cctv.recording.workers import WorkerPool, run_in_daemon_thread

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_PAUSE_POLL_SECONDS = 0.4
_PAUSE_LABELS = {GapCause.SCHEDULE: "outside its hours (schedule)", GapCause.STORAGE_FULL: "the disk is full"}


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits of `first`, doubled at each failure in a row up to `cap`, and up to `jitter` of each shorter."""

    first: timedelta = timedelta(seconds=0.25)
    cap: timedelta = timedelta(seconds=0.8)
    # Many cameras lock an account after five to ten wrong passwords; a wrong one stays wrong.
    cap_unauthorised: timedelta = timedelta(seconds=60)
    stable: timedelta = timedelta(seconds=30)
    jitter: float = 0.2

    def wait(self, failures: int, cause: GapCause, random: Random, *, is_costly: bool = False) -> timedelta:
        """Return the wait after that many failures in a row, the last for that cause.

        `is_costly` is for a camera whose every attempt takes memory and time, such as one that floods.
        """
        if failures < 1:
            return timedelta(0)
        cap = self.cap_unauthorised if is_costly or cause is GapCause.UNAUTHORISED else self.cap
        full = min(self.first * float(2 ** min(failures - 1, 20)), cap)
        return full - full * self.jitter * random.random()

    def failures_after(self, failures: int, recorded: timedelta) -> int:
        """A recording of `stable` length forgets the failures before it."""
        return 1 if recorded >= self.stable else failures + 1


@dataclass(frozen=True, slots=True)
class RecorderDeps:
    """What all cameras of a recorder share.  `tell` gets one line per change; `changed` is called at each."""

    site: Storage
    workers: WorkerPool
    credentials: Mapping[str, Credential]
    tell: Callable[[str], None]
    changed: Callable[[], None]
    random: Random
    backoff: Backoff = field(default_factory=Backoff)


class CameraRecorder:
    """Records one camera until `stop`."""

    def __init__(self, camera: CameraSettings, deps: RecorderDeps) -> None:
        self._camera, self._deps, self._site, self._worker = camera, deps, deps.site, deps.workers.of(camera.id)
        self._run: Run | None = None  # begun, and nothing recorded in it yet
        self._gap: GapCause | None = None  # cause of the gap that lasts, as far as this process opened it
        self._session: RecordingSession | None = None
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._stop_cause = GapCause.RECORDER_STOPPED
        self._pending: tuple[CameraSettings, RecorderDeps] | None = None  # settings of the next run
        self._lesser: Lesser | None = None  # why the largest stream was not taken, as last told
        self._is_full = False
        self.state = CameraState(Phase.CONNECTING, self._site.clock.now())

    def stop(self, cause: GapCause = GapCause.RECORDER_STOPPED) -> None:
        """End the recording for good; `run` returns when everything is ingested."""
        self._stop_cause = cause
        self._stopping.set()
        self._wake.set()
        if self._session is not None:
            self._session.stop(cause)

    def abandon(self) -> None:
        """The storage is gone: end at once and write nothing more."""
        self._stopping.set()
        self._wake.set()
        if self._session is not None:
            self._session.abandon()

    def change(self, camera: CameraSettings, deps: RecorderDeps, *, new_run: bool) -> None:
        """Continue with other settings: at once, or in a new run when a run's fixed settings are among them."""
        if not new_run:
            self._camera, self._deps, self._site = camera, deps, deps.site
            return
        self._pending = camera, deps
        self._wake.set()
        self.restart_run(GapCause.RECORDER_STOPPED)

    def set_full(self, is_full: bool) -> None:
        """Pause while the disk is full, resume when it is not."""
        self._is_full = is_full

    def watch(self) -> None:
        """Check for a camera that fell silent or that must pause now; called a few times a second."""
        if self._session is None:
            return
        if (cause := self._pause_cause()) is not None:
            self._session.stop(cause)
            self._set_phase(Phase.WAITING, cause=cause, message=_PAUSE_LABELS[cause])
        self._session.watch()

    @property
    def name(self) -> CameraId:
        return self._camera.id

    @property
    def open_file(self) -> SegmentFile | None:
        """The file under way, or None."""
        return self._session.open_file if self._session is not None else None

    def restart_run(self, cause: GapCause) -> None:
        """End the run under way and begin another: the clock was set, so media time no longer leads to wall time."""
        if self._session is not None:
            self._session.stop(cause)

    def give_up(self, message: str) -> None:
        """The recording failed for a reason that is not the camera's: the next start ends its run."""
        self._set_phase(Phase.STOPPED, cause=GapCause.RECORDER_STOPPED, message=message)

    async def run(self) -> None:
        """Record, wait, record again; raises whatever is not a camera's own fault."""
        failures = 0
        while not self._stopping.is_set():
            self._wake.clear()
            await self._apply_settings()
            if (cause := self._pause_cause()) is not None:
                await self._pause(cause)
                continue
            began = self._site.clock.now()
            result = await self._record_once(began)
            if self._stopping.is_set():
                break
            if result.fault is None:
                continue
            recorded = result.recorded_until - began if result.recorded_until else timedelta(0)
            failures = self._deps.backoff.failures_after(failures, recorded)
            self._set_phase(Phase.WAITING, cause=result.cause, message=result.fault.message)
            is_costly = isinstance(result.fault, CameraOversized)
            wait = self._deps.backoff.wait(failures, result.cause, self._deps.random, is_costly=is_costly)
            retry = {"camera": self._camera.id, "cause": result.cause, "failures": failures, "wait_seconds": wait}
            log.debug("camera.awaited", extra=retry)
            await _wait_for(self._wake, wait.total_seconds())
        await self._finish()

    def _pause_cause(self) -> GapCause | None:
        """Why the camera is not to be recorded now, None when it is."""
        if self._is_full:
            return GapCause.STORAGE_FULL
        schedule, zone = self._camera.schedule, self._site.settings.site.timezone
        if schedule is not None and not schedule.covers(self._site.clock.now().astimezone(zone)):
            return GapCause.SCHEDULE
        return None

    async def _pause(self, cause: GapCause) -> None:
        """Wait until the cause of the pause ends or changes."""
        self._set_phase(Phase.WAITING, cause=cause, message=_PAUSE_LABELS[cause])
        await self._mark_gap(self._site.clock.now(), cause)
        while self._pause_cause() is cause and not self._wake.is_set():
            await _wait_for(self._wake, _PAUSE_POLL_SECONDS)

    async def _apply_settings(self) -> None:
        """Apply pending settings; a run that was begun by the old ones and holds nothing ends."""
        if self._pending is None:
            return
        (self._camera, self._deps), self._pending = self._pending, None
        if self._run is not None:
            cause = self._gap or GapCause.RECORDER_STOPPED
            await self._worker.submit(end_run, self._site, self._run, self._site.clock.now(), cause)
            self._run = None
        self._site = self._deps.site

    async def _record_once(self, began: datetime) -> SessionResult:
        if self.state.phase is not Phase.WAITING:  # a camera that is away stays "waiting" until frames come
            self._set_phase(Phase.CONNECTING)
        try:
            reached = await self._connect()
        except CameraDown as fault:
            result = SessionResult(fault.cause, fault, None, self._run)
        else:
            result = await self._record(reached)
        if result.recorded_until is not None:
            assert result.run is not None
            await self._worker.submit(end_run, self._site, result.run, result.recorded_until, result.cause)
            self._run, self._gap = None, result.cause
        elif not self._stopping.is_set():
            await self._mark_gap(began, result.cause)
        return result

    async def _connect(self) -> ReachedAddress:
        connecting = run_in_daemon_thread(
            lambda: reach_camera(self._camera, self._deps.credentials, clock=self._site.clock)
        )
        while not connecting.done() and not self._stopping.is_set():
            await asyncio.wait([connecting], timeout=_POLL_SECONDS)
        if not connecting.done():
            raise CameraDown(camera=self._camera.id, detail="the recorder stops")
        reached = connecting.result()
        if reached.lesser != self._lesser and reached.lesser is not None:
            log.warning(
                "camera.lesser", extra={"camera": self._camera.id, "reason": reached.lesser.reason, SHOWN: True}
            )
            self._deps.tell(f"{self._camera.id}: {reached.lesser}")
        self._lesser = reached.lesser
        return reached

    async def _record(self, reached: ReachedAddress) -> SessionResult:
        read_identity(self._site.root)  # a lost mount must not be written to
        if self._run is None:
            self._run = await self._worker.submit(begin_run, self._site, self._camera.id)
        if reached.clock_offset is not None:
            self._worker.submit(note_clock_offset, self._site, self._run, reached.clock_offset)
        listener = SessionListener(self._on_frame, self._on_anchor, self._on_ingested)
        self._session = RecordingSession(self._site, self._worker, self._camera, self._run, listener)
        if self._stopping.is_set():
            return SessionResult(self._stop_cause, None, None, self._run)
        try:
            return await self._session.record(reached.address)
        finally:
            self._session = None

    async def _mark_gap(self, since: datetime, cause: GapCause) -> None:
        """Begin a gap with that cause; a gap with another cause ends where this one begins."""
        if self._gap is cause:
            return
        self._worker.submit(close_gap, self._site, self._camera.id, since)
        await self._worker.submit(open_gap, self._site, self._camera.id, since, cause)
        self._gap = cause

    async def _finish(self) -> None:
        now, cause = self._site.clock.now(), self._stop_cause
        if self._gap is not cause:
            await self._mark_gap(now, cause)
        if self._run is not None:
            await self._worker.submit(end_run, self._site, self._run, now, cause)
            self._run = None
        self._set_phase(Phase.STOPPED, cause=cause)

    def _on_frame(self, at: datetime) -> None:
        if self.state.phase is not Phase.RECORDING:
            self._set_phase(Phase.RECORDING)
        self.state = replace(self.state, last_frame=at)

    def _on_anchor(self, anchor: datetime) -> None:
        self._worker.submit(close_gap, self._site, self._camera.id, anchor)
        self._gap = None

    def _on_ingested(self, segment: Segment) -> None:
        self.state = replace(
            self.state,
            segments=self.state.segments + 1,
            size_bytes=self.state.size_bytes + segment.size_bytes,
        )

    def _set_phase(self, phase: Phase, *, cause: GapCause | None = None, message: str | None = None) -> None:
        """Change state; reported once, not at every attempt on a camera that stays away."""
        previous, now = self.state, self._site.clock.now()
        if (previous.phase, previous.cause, previous.message) == (phase, cause, message) and phase is Phase.WAITING:
            return
        self.state = replace(previous, phase=phase, since=now, cause=cause, message=message)
        self._deps.changed()
        extra = {"camera": self._camera.id, "phase": phase, "cause": cause, SHOWN: True}
        if phase is Phase.WAITING and cause not in _PAUSE_LABELS:
            log.warning("camera.lost", extra=extra)
        else:
            log.info("camera.changed", extra=extra)
        label = {
            Phase.CONNECTING: "connecting",
            Phase.RECORDING: "recording",
            Phase.WAITING: f"not recording: {message}"
            if cause in _PAUSE_LABELS
            else f"not recording, trying again: {message}",
            Phase.STOPPED: "stopped",
        }
        self._deps.tell(f"{self._camera.id}: {label[phase]}")


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
