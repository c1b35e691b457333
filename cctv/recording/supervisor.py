"""The supervisor: all cameras at once, in the main thread, until told to stop.

Owns the clock watch, recorder.json and the watchdog.  A failure that is no camera's own fault stops every camera in
good order and is raised: footage that cannot be taken in is never a line in a log.

What a new cameras.toml changes for a recorder that runs.  Pure: the supervisor carries it out.

Upkeep: every two seconds, in a thread of its own, open files are flushed and the disk is looked at.

Owns the pace.  What the disk says is kept for the supervisor.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Protocol

from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Settings
from cctv.core.clock import Clock, iso
from cctv.core.errors import CctvError, ConfigError, GuardError
from cctv.core.filesystem import is_disk_full
from cctv.core.logs import SHOWN
from cctv.core.secrets import without_secrets
from cctv.db.identity import read_identity
from cctv.db.storage import Storage
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.camera import CameraRecorder, RecorderDeps
from cctv.recording.disk_space import DiskWatch, StorageFull, free_bytes
from cctv.recording.state import DiskStatus, Phase, RecorderState, SpaceLevel, write_state
from cctv.recording.workers import Abandoned, Worker, WorkerPool


class NeedsRestart(ConfigError):
    """cameras.toml names another storage ({path}), and a recorder that runs cannot move.

    next: `systemctl restart cctv-record cctv-sweep`, or put the storage back as it was.
    """


@dataclass(frozen=True, slots=True)
class Changes:
    """Cameras by what becomes of them; those that are in none of the sets go on undisturbed."""

    added: tuple[CameraId, ...]
    removed: tuple[CameraId, ...]
    begun_again: tuple[CameraId, ...]  # another address, zone, period, mask or segment length: a new run
    touched: tuple[CameraId, ...]  # a change that needs none, such as other hours

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.begun_again or self.touched)


def changes(
    before: Settings,
    after: Settings,
    credentials_before: Mapping[str, Credential],
    credentials_after: Mapping[str, Credential],
) -> Changes:
    """Compare; raises NeedsRestart for a change that cannot be made while recording."""
    if before.site.storage != after.site.storage:
        raise NeedsRestart(path=after.site.storage)
    both = [name for name in after.cameras if name in before.cameras]
    again = {
        name
        for name in both
        if _of_the_run(before, before.cameras[name], credentials_before)
        != _of_the_run(after, after.cameras[name], credentials_after)
    }
    touched = {name for name in both if name not in again and before.cameras[name] != after.cameras[name]}
    return Changes(
        added=tuple(name for name in after.cameras if name not in before.cameras),
        removed=tuple(name for name in before.cameras if name not in after.cameras),
        begun_again=tuple(name for name in both if name in again),
        touched=tuple(name for name in both if name in touched),
    )


def _of_the_run(
    settings: Settings, camera: CameraSettings, credentials: Mapping[str, Credential]
) -> tuple[object, ...]:
    """What is fixed when a run starts."""
    login = credentials.get(camera.credential) if camera.credential else None
    fixed = replace(camera, schedule=None, purpose="")  # masks: the policy of a run holds them
    return (fixed, login, settings.limit_for(camera.zone), settings.recording.segment)


FLUSH_PERIOD = 2.0  # seconds: what a power cut may cost of an open file


class Upkeep:
    """One round at a time: a slow disk makes rounds rarer, never more at once."""

    def __init__(self, site: Storage, worker: Worker) -> None:
        self._site, self._clock, self._worker, self._disk = site, site.clock, worker, DiskWatch(site)
        self._round: asyncio.Future[None] | None = None
        self._began = float("-inf")
        self.said: DiskStatus | None = None

    @property
    def is_full(self) -> bool:
        return self.said is not None and self.said.standing is SpaceLevel.FULL

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


log = logging.getLogger(__name__)

CLOCK_STEP = timedelta(seconds=2)
_TICK = 0.4  # with rtsp.STALL_TIMEOUT, and half a second between reports, silence is seen within 3 s
_STATE_PERIOD = 2.0
_DISK_HANGS = 120.0  # a job of this length is no slow disk any more: the watchdog is left to fire


class RecordingStopped(CctvError):
    """Recording stopped, since footage could not be taken in: {problem}. What was received stays in incoming/.

    next: mend that, then `cctv record` (or `systemctl restart cctv-record`) takes the rest in and goes on.
    """


class Notifier(Protocol):
    """The service manager, or nobody."""

    def ready(self, status: str) -> None: ...

    def alive(self, status: str) -> None: ...

    def stopping(self) -> None: ...


class Supervisor:
    """Runs once.  `tell` gets one line for each change, without time or credentials."""

    def __init__(
        self,
        site: Storage,
        credentials: Mapping[str, Credential],
        *,
        tell: Callable[[str], None],
        notifier: Notifier,
        random: Random | None = None,
    ) -> None:
        self._site, self._notifier, self._tell = site, notifier, tell
        self._failure: BaseException | None = None
        self._crew, self._flusher = WorkerPool(self._fail, self._is_full), Worker(self._fail)
        self._means = RecorderDeps(site, self._crew, credentials, tell, self._note_change, random or Random())
        self._cameras = {camera.id: CameraRecorder(camera, self._means) for camera in site.settings.cameras.values()}
        self._tasks: dict[asyncio.Task[None], CameraRecorder] = {}
        self._upkeep = Upkeep(site, self._flusher)
        self._stopping, self._full, self._changed, self._written = False, False, True, 0.0

    def stop(self) -> None:
        """Close every segment and end; call it in the main thread."""
        self._notifier.stopping()
        self._stopping = True
        self._crew.stop_waiting()
        for camera in self._tasks.values():
            camera.stop()

    async def run(self) -> None:
        """Record until `stop`; raises the first failure that was no camera's own fault."""
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        for name, camera in self._cameras.items():
            self._start(name, camera)
        self._notifier.ready(self._status())
        log.info("recorder.started", extra={"cameras": len(self._cameras)})
        steps = ClockWatch(self._site.clock)
        while self._tasks or not self._stopping:
            await self._wait()
            self._tick(steps)
        self._crew.close()
        self._flusher.close()
        log.info("recorder.stopped")
        if self._failure is None or not isinstance(self._failure, GuardError):
            self._write_state()
        if self._failure is not None:
            raise self._as_told(self._failure)

    def reload(self, settings: Settings, credentials: Mapping[str, Credential]) -> Changes:
        """Take over what changed and leave the rest alone; raises NeedsRestart and then changes nothing."""
        found = changes(self._site.settings, settings, self._means.credentials, credentials)
        self._site = replace(self._site, settings=settings)
        self._means = replace(self._means, site=self._site, credentials=credentials)
        for name in found.removed:
            self._cameras.pop(name).stop(GapCause.CAMERA_REMOVED)
        for name, camera in self._cameras.items():
            camera.change(settings.cameras[name], self._means, new_run=name in found.begun_again)
        for name in found.added:
            self._cameras[name] = CameraRecorder(settings.cameras[name], self._means)
            self._start(name, self._cameras[name])
        self._changed = True
        counts = {"added": len(found.added), "removed": len(found.removed), "changed": len(found.touched)}
        log.info("settings.reloaded", extra={**counts, SHOWN: True})
        return found

    def _start(self, name: CameraId, camera: CameraRecorder) -> None:
        """A camera of that name that is still closing its last segment goes first."""
        before = [task for task, one in self._tasks.items() if one.name == name]
        self._tasks[asyncio.create_task(self._guarded(camera, before))] = camera

    async def _wait(self) -> None:
        if not self._tasks:
            await asyncio.sleep(_TICK)
            return
        done, _ = await asyncio.wait(self._tasks, timeout=_TICK)
        for task in done:
            del self._tasks[task]

    async def _guarded(self, camera: CameraRecorder, before: Sequence[asyncio.Task[None]]) -> None:
        try:
            if before:
                await asyncio.wait(before)
            await camera.run()
        except Abandoned:
            return
        except Exception as error:  # noqa: BLE001 - raised again by run(), once the others have closed their segments
            camera.give_up(_told(error))
            self._fail(error)

    def _unhandled(self, _: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        error = context.get("exception")
        self._fail(error if isinstance(error, BaseException) else RuntimeError(str(context.get("message"))))

    def _fail(self, error: BaseException) -> None:
        if self._failure is not None or isinstance(error, Abandoned):
            return
        self._failure = error
        foreseen = isinstance(error, CctvError) or self._is_full(error)
        extra = {"error": type(error).__name__, SHOWN: foreseen}
        log.error("recorder.failed", extra=extra, exc_info=None if foreseen else error)
        self._tell(f"recording stops: {_told(error)}")
        if isinstance(error, GuardError):  # the storage is not there: write nothing to what is in its place
            self._crew.abandon()
            self._flusher.abandon()
            for camera in self._tasks.values():
                camera.abandon()
        self.stop()

    def _is_full(self, error: BaseException) -> bool:
        return is_disk_full(error, free_bytes=free_bytes(self._site))

    def _as_told(self, failure: BaseException) -> BaseException:
        if isinstance(failure, CctvError):
            return failure
        told: CctvError = RecordingStopped(problem=_told(failure))
        if self._is_full(failure):
            told = StorageFull(free=free_bytes(self._site))
        told.__cause__ = failure
        return told

    def _tick(self, steps: ClockWatch) -> None:
        if step := steps.step():
            log.warning("clock.stepped", extra={"step_seconds": step, SHOWN: True})
            self._tell(f"the clock was set by {step.total_seconds():+.1f} s: every camera begins a new run")
            for camera in self._cameras.values():
                camera.begin_again(GapCause.CLOCK_STEP)
        self._keep_up()
        for camera in self._cameras.values():
            camera.watch()
        now = self._site.clock.monotonic()
        if self._failure is None and (self._changed or now - self._written >= _STATE_PERIOD):
            self._write_state()
        if max(self._crew.busy_seconds(), self._flusher.busy_seconds()) < _DISK_HANGS:
            self._notifier.alive(self._status())

    def _keep_up(self) -> None:
        """Flush, and stop or go on with what room there is."""
        self._upkeep.tick(self._cameras.values(), self._site.settings.recording.reserve_fraction)
        full = self._upkeep.is_full or self._crew.waits_for_room
        if full != self._full:
            self._full = full
            extra = {"free_bytes": free_bytes(self._site), SHOWN: True}
            if full:
                log.warning("storage.filled", extra=extra)
            else:
                log.info("storage.freed", extra=extra)
            self._tell(self._upkeep.told(full=full))
        for camera in self._cameras.values():
            camera.set_full(full)

    def _write_state(self) -> None:
        self._changed, self._written = False, self._site.clock.monotonic()
        cameras = {name: camera.state for name, camera in self._cameras.items()}
        state = RecorderState(os.getpid(), self._site.clock.now(), cameras, self._upkeep.said)
        try:
            read_identity(self._site.root)
            write_state(self._site.root, state)
        except GuardError as guard:
            self._fail(guard)
        except OSError as error:
            if not is_disk_full(error):
                raise

    def _status(self) -> str:
        recording = sum(camera.state.phase is Phase.RECORDING for camera in self._cameras.values())
        return f"{recording} of {len(self._cameras)} cameras recording"

    def _note_change(self) -> None:
        self._changed = True


class ClockWatch:
    """Sees the wall clock being set, against the clock that nobody sets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._measure()

    def step(self) -> timedelta | None:
        """By how much the clock was set since the last look, if by `CLOCK_STEP` or more."""
        before, self._offset = self._offset, self._measure()
        moved = timedelta(seconds=self._offset - before)
        return moved if abs(moved) >= CLOCK_STEP else None

    def _measure(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {without_secrets(str(error))}".rstrip(".")


def stamped(clock: Clock, write: Callable[[str], None]) -> Callable[[str], None]:
    """A `tell` that puts the time in front of each line."""
    return lambda line: write(f"{iso(clock.now())} {line}")
