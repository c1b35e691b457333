"""One camera, attempt after attempt: runs, gaps with their causes, waits, and what is told about it.

Owns the life of a run: begun before ffmpeg starts, used by attempts until one of them records, ended by that one.
A camera that stays away therefore makes one run and one gap, not one at every try.

How long to wait before a camera is tried again.

Pure; the caller gives the random numbers.  Short enough that recording resumes within a second of the camera's return:
a try costs a connection, not a process.  With jitter, so that sixteen cameras behind one switch do not return in step.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from cctv.cameras.errors import CameraDown
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


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits of `first`, doubled at each failure in a row up to `cap`, and up to `jitter` of each shorter."""

    first: timedelta = timedelta(seconds=0.25)
    cap: timedelta = timedelta(seconds=0.8)
    # Many cameras lock an account after five to ten wrong passwords; a wrong one does not mend itself.
    cap_unauthorised: timedelta = timedelta(seconds=60)
    stable: timedelta = timedelta(seconds=30)
    jitter: float = 0.2

    def wait(self, failures: int, cause: GapCause, random: Random) -> timedelta:
        """After that many failures in a row, the last for that cause."""
        if failures < 1:
            return timedelta(0)
        cap = self.cap_unauthorised if cause is GapCause.UNAUTHORISED else self.cap
        full = min(self.first * float(2 ** min(failures - 1, 20)), cap)
        return full - full * self.jitter * random.random()

    def failures_after(self, failures: int, recorded: timedelta) -> int:
        """A recording of `stable` length forgets the failures before it."""
        return 1 if recorded >= self.stable else failures + 1


log = logging.getLogger(__name__)

_LOOK = 0.1
_REST_LOOK = 0.4
_RESTS = {GapCause.SCHEDULE: "outside its hours (schedule)", GapCause.STORAGE_FULL: "the disk is full"}


@dataclass(frozen=True, slots=True)
class RecorderDeps:
    """What all cameras of a recorder share."""

    site: Storage
    crew: WorkerPool
    credentials: Mapping[str, Credential]
    tell: Callable[[str], None]
    changed: Callable[[], None]
    random: Random
    backoff: Backoff = field(default_factory=Backoff)


class CameraRecorder:
    """Records one camera until told to stop."""

    def __init__(self, camera: CameraSettings, means: RecorderDeps) -> None:
        self._camera, self._means, self._site, self._worker = camera, means, means.site, means.crew.of(camera.id)
        self._run: Run | None = None  # begun, and nothing recorded in it yet
        self._gap: GapCause | None = None  # cause of the gap that lasts, as far as this process opened it
        self._attempt: RecordingSession | None = None
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._stop_cause = GapCause.RECORDER_STOPPED
        self._next: tuple[CameraSettings, RecorderDeps] | None = None  # what the next run is recorded by
        self._is_full = False
        self.state = CameraState(Phase.CONNECTING, self._site.clock.now())

    def stop(self, cause: GapCause = GapCause.RECORDER_STOPPED) -> None:
        """End the recording for good; `run` returns when everything is in the archive."""
        self._stop_cause = cause
        self._stopping.set()
        self._wake.set()
        if self._attempt is not None:
            self._attempt.stop(cause)

    def abandon(self) -> None:
        """The storage is gone: end at once and write nothing more."""
        self._stopping.set()
        self._wake.set()
        if self._attempt is not None:
            self._attempt.abandon()

    def change(self, camera: CameraSettings, means: RecorderDeps, *, new_run: bool) -> None:
        """Go on by other settings: at once, or with a new run where a run's own are among them."""
        if not new_run:
            self._camera, self._means, self._site = camera, means, means.site
            return
        self._next = camera, means
        self._wake.set()
        self.begin_again(GapCause.RECORDER_STOPPED)

    def set_full(self, is_full: bool) -> None:
        """Whether there is no room to record."""
        self._is_full = is_full

    def watch(self) -> None:
        """See a camera that fell silent, or that is not to be recorded now; called a few times a second."""
        if self._attempt is None:
            return
        if (cause := self._rests()) is not None:
            self._attempt.stop(cause)
            self._enter(Phase.WAITING, cause=cause, message=_RESTS[cause])
        self._attempt.watch()

    @property
    def name(self) -> CameraId:
        return self._camera.id

    @property
    def open_file(self) -> SegmentFile | None:
        """What is being written, if anything is."""
        return self._attempt.open_file if self._attempt is not None else None

    def begin_again(self, cause: GapCause) -> None:
        """End the run under way and begin another: the clock was set, so media time no longer leads to wall time."""
        if self._attempt is not None:
            self._attempt.stop(cause)

    def give_up(self, message: str) -> None:
        """The recording failed for a reason that is not the camera's: the next start ends its run."""
        self._enter(Phase.STOPPED, cause=GapCause.RECORDER_STOPPED, message=message)

    async def run(self) -> None:
        """Record, wait, record again; raises whatever is not a camera's own fault."""
        failures = 0
        while not self._stopping.is_set():
            self._wake.clear()
            await self._take_over()
            if (cause := self._rests()) is not None:
                await self._rest(cause)
                continue
            began = self._site.clock.now()
            ending = await self._try(began)
            if self._stopping.is_set():
                break
            if ending.fault is None:
                continue
            recorded = ending.recorded_until - began if ending.recorded_until else began - began
            failures = self._means.backoff.failures_after(failures, recorded)
            self._enter(Phase.WAITING, cause=ending.cause, message=ending.fault.message)
            wait = self._means.backoff.wait(failures, ending.cause, self._means.random)
            retry = {"camera": self._camera.id, "cause": ending.cause, "failures": failures, "wait_seconds": wait}
            log.debug("camera.awaited", extra=retry)
            await _first_of(self._wake, wait.total_seconds())
        await self._finish()

    def _rests(self) -> GapCause | None:
        """Why the camera is not to be recorded now, None when it is."""
        if self._is_full:
            return GapCause.STORAGE_FULL
        schedule, zone = self._camera.schedule, self._site.settings.site.timezone
        if schedule is not None and not schedule.covers(self._site.clock.now().astimezone(zone)):
            return GapCause.SCHEDULE
        return None

    async def _rest(self, cause: GapCause) -> None:
        """Wait until it is to be recorded again, or not for another cause."""
        self._enter(Phase.WAITING, cause=cause, message=_RESTS[cause])
        await self._unrecorded(self._site.clock.now(), cause)
        while self._rests() is cause and not self._wake.is_set():
            await _first_of(self._wake, _REST_LOOK)

    async def _take_over(self) -> None:
        """Settings that came meanwhile hold from here; a run that was begun by the old ones and has nothing ends."""
        if self._next is None:
            return
        (self._camera, self._means), self._next = self._next, None
        if self._run is not None:
            cause = self._gap or GapCause.RECORDER_STOPPED
            await self._worker.submit(end_run, self._site, self._run, self._site.clock.now(), cause)
            self._run = None
        self._site = self._means.site

    async def _try(self, began: datetime) -> SessionResult:
        if self.state.phase is not Phase.WAITING:  # a camera that is away stays "waiting" until frames come
            self._enter(Phase.CONNECTING)
        try:
            reached = await self._reach()
        except CameraDown as fault:
            ending = SessionResult(fault.cause, fault, None, self._run)
        else:
            ending = await self._record(reached)
        if ending.recorded_until is not None:
            assert ending.run is not None
            await self._worker.submit(end_run, self._site, ending.run, ending.recorded_until, ending.cause)
            self._run, self._gap = None, ending.cause
        elif not self._stopping.is_set():
            await self._unrecorded(began, ending.cause)
        return ending

    async def _reach(self) -> ReachedAddress:
        asked = run_in_daemon_thread(
            lambda: reach_camera(self._camera, self._means.credentials, clock=self._site.clock)
        )
        while not asked.done() and not self._stopping.is_set():
            await asyncio.wait([asked], timeout=_LOOK)
        if not asked.done():
            raise CameraDown(camera=self._camera.id, detail="the recorder stops")
        return asked.result()

    async def _record(self, reached: ReachedAddress) -> SessionResult:
        read_identity(self._site.root)  # a lost mount must not be written to
        if self._run is None:
            self._run = await self._worker.submit(begin_run, self._site, self._camera.id)
        if reached.clock_offset is not None:
            self._worker.submit(note_clock_offset, self._site, self._run, reached.clock_offset)
        hooks = SessionListener(self._frames_came, self._anchored, self._taken_in)
        self._attempt = RecordingSession(self._site, self._worker, self._camera, self._run, hooks)
        if self._stopping.is_set():
            return SessionResult(self._stop_cause, None, None, self._run)
        try:
            return await self._attempt.record(reached.address)
        finally:
            self._attempt = None

    async def _unrecorded(self, since: datetime, cause: GapCause) -> None:
        """Nothing is recorded since then, for that cause: a gap of another cause ends where this one begins."""
        if self._gap is cause:
            return
        self._worker.submit(close_gap, self._site, self._camera.id, since)
        await self._worker.submit(open_gap, self._site, self._camera.id, since, cause)
        self._gap = cause

    async def _finish(self) -> None:
        now, cause = self._site.clock.now(), self._stop_cause
        if self._gap is not cause:
            await self._unrecorded(now, cause)
        if self._run is not None:
            await self._worker.submit(end_run, self._site, self._run, now, cause)
            self._run = None
        self._enter(Phase.STOPPED, cause=cause)

    def _frames_came(self, at: datetime) -> None:
        if self.state.phase is not Phase.RECORDING:
            self._enter(Phase.RECORDING)
        self.state = replace(self.state, last_frame=at)

    def _anchored(self, anchor: datetime) -> None:
        self._worker.submit(close_gap, self._site, self._camera.id, anchor)
        self._gap = None

    def _taken_in(self, segment: Segment) -> None:
        self.state = replace(
            self.state,
            segments=self.state.segments + 1,
            size_bytes=self.state.size_bytes + segment.size_bytes,
        )

    def _enter(self, phase: Phase, *, cause: GapCause | None = None, message: str | None = None) -> None:
        """Change state; said aloud once, not at every try of a camera that stays away."""
        before, now = self.state, self._site.clock.now()
        if (before.phase, before.cause, before.message) == (phase, cause, message) and phase is Phase.WAITING:
            return
        self.state = replace(before, phase=phase, since=now, cause=cause, message=message)
        self._means.changed()
        extra = {"camera": self._camera.id, "phase": phase, "cause": cause, SHOWN: True}
        if phase is Phase.WAITING and cause not in _RESTS:
            log.warning("camera.lost", extra=extra)
        else:
            log.info("camera.changed", extra=extra)
        said = {
            Phase.CONNECTING: "connecting",
            Phase.RECORDING: "recording",
            Phase.WAITING: f"not recording: {message}"
            if cause in _RESTS
            else f"not recording, trying again: {message}",
            Phase.STOPPED: "stopped",
        }
        self._means.tell(f"{self._camera.id}: {said[phase]}")


async def _first_of(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
