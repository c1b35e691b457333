"""The supervisor: all cameras at once, in the main thread, until `stop`.

Responsible for the clock watch, recorder.json and the watchdog, and for applying a changed cameras.toml.  A failure
that is not a camera's own stops every camera in good order and is raised: footage that cannot be ingested is never just
a line in a log.

`Upkeep` flushes the open files and polls the disk every two seconds, in a thread of its own.  `changes` is pure.
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
from cctv.core.text import without_secrets
from cctv.db.identity import read_identity
from cctv.db.storage import Storage
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.camera import CameraRecorder, RecorderDeps
from cctv.recording.disk_space import DiskWatch, StorageFull, free_bytes
from cctv.recording.gap_filler import GapFiller
from cctv.recording.state import DiskStatus, Phase, RecorderState, SpaceLevel, write_state
from cctv.recording.workers import Abandoned, Worker, WorkerPool

log = logging.getLogger(__name__)

CLOCK_STEP = timedelta(seconds=2)
FLUSH_PERIOD_SECONDS = 2.0  # what a power cut may cost of an open file
_TICK_SECONDS = 0.4  # with rtsp.STALL_TIMEOUT, and half a second between reports, silence is seen within 3 s
_STATE_PERIOD_SECONDS = 2.0
_DISK_HANG_SECONDS = 120.0  # a job of this length is more than a slow disk: the watchdog may fire


class NeedsRestart(ConfigError):
    """cameras.toml names another storage ({path}), and a recorder that runs cannot move.

    next: `systemctl restart cctv-record cctv-sweep`, or put the storage back as it was.
    """


class RecordingStopped(CctvError):
    """Recording stopped, since footage could not be taken in: {problem}. What was received stays in incoming/.

    next: mend that, then `cctv record` (or `systemctl restart cctv-record`) takes the rest in and goes on.
    """


class Notifier(Protocol):
    """The service manager, or a stand-in that does nothing."""

    def ready(self, status: str) -> None: ...

    def alive(self, status: str) -> None: ...

    def stopping(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """Cameras by what happens to them; those in none of the tuples continue undisturbed."""

    added: tuple[CameraId, ...]
    removed: tuple[CameraId, ...]
    begun_again: tuple[CameraId, ...]  # another address, zone, period, mask or segment length: a new run
    touched: tuple[CameraId, ...]  # a change without a new run, such as other hours

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.begun_again or self.touched)


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
        self._workers, self._flusher = WorkerPool(self._fail, self._is_full), Worker(self._fail)
        self._deps = RecorderDeps(site, self._workers, credentials, tell, self._note_change, random or Random())
        self._cameras = {camera.id: CameraRecorder(camera, self._deps) for camera in site.settings.cameras.values()}
        self._tasks: dict[asyncio.Task[None], CameraRecorder] = {}
        self._filling = Worker(self._fail, self._is_full)
        self._filler = GapFiller(self._deps, self._filling)
        self._upkeep = Upkeep(site, self._flusher)
        self._stopping, self._full, self._changed, self._state_written_at = False, False, True, 0.0

    def stop(self) -> None:
        """Close every segment and end; call it in the main thread."""
        self._notifier.stopping()
        self._stopping = True
        self._workers.stop_waiting()
        self._filling.stop_waiting()
        self._filler.stop()
        for camera in self._tasks.values():
            camera.stop()

    async def run(self) -> None:
        """Record until `stop`; raises the first failure that was no camera's own fault."""
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        for name, camera in self._cameras.items():
            self._start(name, camera)
        filler = asyncio.create_task(self._guarded_filler())
        self._notifier.ready(self._status())
        log.info("recorder.started", extra={"cameras": len(self._cameras)})
        steps = ClockWatch(self._site.clock)
        while self._tasks or not self._stopping:
            await self._wait()
            self._tick(steps)
        await filler
        for worker in (self._workers, self._filling, self._flusher):
            worker.close()
        log.info("recorder.stopped")
        if self._failure is None or not isinstance(self._failure, GuardError):
            self._write_state()
        if self._failure is not None:
            raise self._as_cctv_error(self._failure)

    def reload(self, settings: Settings, credentials: Mapping[str, Credential]) -> Changes:
        """Apply what changed and leave the rest alone; raises NeedsRestart and then changes nothing."""
        differences = changes(self._site.settings, settings, self._deps.credentials, credentials)
        self._site = replace(self._site, settings=settings)
        self._deps = replace(self._deps, site=self._site, credentials=credentials)
        self._filler.change(self._deps)
        for name in differences.removed:
            self._cameras.pop(name).stop(GapCause.CAMERA_REMOVED)
        for name, camera in self._cameras.items():
            camera.change(settings.cameras[name], self._deps, new_run=name in differences.begun_again)
        for name in differences.added:
            self._cameras[name] = CameraRecorder(settings.cameras[name], self._deps)
            self._start(name, self._cameras[name])
        self._changed = True
        counts = {
            "added": len(differences.added),
            "removed": len(differences.removed),
            "changed": len(differences.touched),
        }
        log.info("settings.reloaded", extra={**counts, SHOWN: True})
        return differences

    def _start(self, name: CameraId, camera: CameraRecorder) -> None:
        """Start a camera, after one of the same name that is still closing its last segment."""
        before = [task for task, camera_recorder in self._tasks.items() if camera_recorder.name == name]
        self._tasks[asyncio.create_task(self._guarded(camera, before))] = camera

    async def _wait(self) -> None:
        if not self._tasks:
            await asyncio.sleep(_TICK_SECONDS)
            return
        done, _ = await asyncio.wait(self._tasks, timeout=_TICK_SECONDS)
        for task in done:
            del self._tasks[task]

    async def _guarded(self, camera: CameraRecorder, predecessors: Sequence[asyncio.Task[None]]) -> None:
        try:
            if predecessors:
                await asyncio.wait(predecessors)
            await camera.run()
        except Abandoned:
            return
        except Exception as error:  # noqa: BLE001 - raised again by run(), once the others have closed their segments
            camera.give_up(_describe(error))
            self._fail(error)

    async def _guarded_filler(self) -> None:
        try:
            await self._filler.run()
        except Exception as error:  # noqa: BLE001 - raised again by run(), once the cameras have closed their segments
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
        self._tell(f"recording stops: {_describe(error)}")
        if isinstance(error, GuardError):  # the storage is missing: write nothing to what is in its place
            self._workers.abandon()
            self._flusher.abandon()
            self._filling.abandon()
            self._filler.abandon()
            for camera in self._tasks.values():
                camera.abandon()
        self.stop()

    def _is_full(self, error: BaseException) -> bool:
        return is_disk_full(error, free_bytes=free_bytes(self._site))

    def _as_cctv_error(self, failure: BaseException) -> BaseException:
        if isinstance(failure, CctvError):
            return failure
        error: CctvError = RecordingStopped(problem=_describe(failure))
        if self._is_full(failure):
            error = StorageFull(free=free_bytes(self._site))
        error.__cause__ = failure
        return error

    def _tick(self, steps: ClockWatch) -> None:
        if step := steps.step():
            log.warning("clock.stepped", extra={"step_seconds": step, SHOWN: True})
            self._tell(f"the clock was set by {step.total_seconds():+.1f} s: every camera begins a new run")
            for camera in self._cameras.values():
                camera.restart_run(GapCause.CLOCK_STEP)
        self._update_disk()
        for camera in self._cameras.values():
            camera.watch()
        now = self._site.clock.monotonic()
        if self._failure is None and (self._changed or now - self._state_written_at >= _STATE_PERIOD_SECONDS):
            self._write_state()
        if max(self._workers.busy_seconds(), self._flusher.busy_seconds()) < _DISK_HANG_SECONDS:
            self._notifier.alive(self._status())

    def _update_disk(self) -> None:
        """Flush, and pause or resume all cameras by the space on disk."""
        self._upkeep.tick(self._cameras.values(), self._site.settings.recording.reserve_fraction)
        full = self._upkeep.is_full or self._workers.waits_for_space
        if full != self._full:
            self._full = full
            extra = {"free_bytes": free_bytes(self._site), SHOWN: True}
            if full:
                log.warning("storage.filled", extra=extra)
            else:
                log.info("storage.freed", extra=extra)
            self._tell(self._upkeep.space_message(full=full))
        self._filler.set_full(full)
        for camera in self._cameras.values():
            camera.set_full(full)

    def _write_state(self) -> None:
        self._changed, self._state_written_at = False, self._site.clock.monotonic()
        cameras = {name: camera.state for name, camera in self._cameras.items()}
        state = RecorderState(os.getpid(), self._site.clock.now(), cameras, self._upkeep.status)
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


class Upkeep:
    """Flushes and polls, one round at a time: a slow disk makes rounds rarer, never concurrent."""

    def __init__(self, site: Storage, worker: Worker) -> None:
        self._site, self._clock, self._worker, self._disk = site, site.clock, worker, DiskWatch(site)
        self._running: asyncio.Future[None] | None = None
        self._began = float("-inf")
        self.status: DiskStatus | None = None

    @property
    def is_full(self) -> bool:
        return self.status is not None and self.status.standing is SpaceLevel.FULL

    def tick(self, cameras: Iterable[CameraRecorder], reserve_fraction: float) -> None:
        """Begin a round when it is time; call it in the main thread."""
        if self._running is not None and not self._running.done():
            return
        if self._clock.monotonic() - self._began < FLUSH_PERIOD_SECONDS:
            return
        self._began = self._clock.monotonic()
        writing = [file for camera in cameras if (file := camera.open_file) is not None]

        def run_round() -> None:
            self.status = self._disk.poll(reserve_fraction)
            for file in writing:
                file.flush()

        self._running = self._worker.submit(run_round)

    def space_message(self, *, full: bool) -> str:
        """The line that reports that the disk is full, or that it has space again."""
        free = free_bytes(self._site) // 1_000_000
        if full:
            return f"recording stops: the disk is full ({free} MB free), and nothing that may go early is left"
        return f"recording goes on: there is room again ({free} MB free)"


class ClockWatch:
    """Detects steps of the wall clock against the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._measure()

    def step(self) -> timedelta | None:
        """Return by how much the clock was set since the last call; None if by less than `CLOCK_STEP`."""
        previous, self._offset = self._offset, self._measure()
        moved = timedelta(seconds=self._offset - previous)
        return moved if abs(moved) >= CLOCK_STEP else None

    def _measure(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()


def changes(
    before: Settings,
    after: Settings,
    credentials_before: Mapping[str, Credential],
    credentials_after: Mapping[str, Credential],
) -> Changes:
    """Compare; raises NeedsRestart for a change that cannot be made while recording."""
    if before.site.storage != after.site.storage:
        raise NeedsRestart(path=after.site.storage)
    kept = [name for name in after.cameras if name in before.cameras]
    restarted = {
        name
        for name in kept
        if _fixed_for_run(before, before.cameras[name], credentials_before)
        != _fixed_for_run(after, after.cameras[name], credentials_after)
    }
    touched = {name for name in kept if name not in restarted and before.cameras[name] != after.cameras[name]}
    return Changes(
        added=tuple(name for name in after.cameras if name not in before.cameras),
        removed=tuple(name for name in before.cameras if name not in after.cameras),
        begun_again=tuple(name for name in kept if name in restarted),
        touched=tuple(name for name in kept if name in touched),
    )


def stamped(clock: Clock, write: Callable[[str], None]) -> Callable[[str], None]:
    """A `tell` that puts the time in front of each line."""
    return lambda line: write(f"{iso(clock.now())} {line}")


def _fixed_for_run(
    settings: Settings, camera: CameraSettings, credentials: Mapping[str, Credential]
) -> tuple[object, ...]:
    """What is fixed when a run starts."""
    login = credentials.get(camera.credential) if camera.credential else None
    fixed = replace(camera, schedule=None, purpose="")  # masks: the policy of a run holds them
    return (fixed, login, settings.limit_for(camera.zone), settings.recording.segment)


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {without_secrets(str(error))}".rstrip(".")
