"""The supervisor: all cameras at once, in the main thread, until told to stop.

Owns the clock watch, recorder.json and the watchdog.  A failure that is no camera's own fault stops every camera in
good order and is raised: footage that cannot be taken in is never a line in a log.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Protocol

from cctv.config import Credential
from cctv.db.site import Site
from cctv.kernel.clock import Clock, iso
from cctv.kernel.errors import CctvError
from cctv.kernel.process import without_secrets
from cctv.model.footage import GapCause
from cctv.recorder.camera import CameraRecorder, Means
from cctv.recorder.state import Phase, RecorderState, write_state
from cctv.recorder.worker import Worker

CLOCK_STEP = timedelta(seconds=2)
_TICK = 0.4  # with attempt.STALL, and half a second between reports, silence is seen within 3 s
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
        site: Site,
        credentials: Mapping[str, Credential],
        *,
        tell: Callable[[str], None],
        notifier: Notifier,
        random: Random | None = None,
    ) -> None:
        self._site, self._notifier, self._tell = site, notifier, tell
        self._failure: BaseException | None = None
        self._worker = Worker(self._fail)
        means = Means(site, self._worker, credentials, tell, self._note_change, random or Random())
        self._cameras = {camera.id: CameraRecorder(camera, means) for camera in site.settings.cameras.values()}
        self._changed = True
        self._written = 0.0

    def stop(self) -> None:
        """Close every segment and end; call it in the main thread."""
        self._notifier.stopping()
        for camera in self._cameras.values():
            camera.stop()

    async def run(self) -> None:
        """Record until `stop`; raises the first failure that was no camera's own fault."""
        tasks = [asyncio.create_task(self._guarded(camera)) for camera in self._cameras.values()]
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        self._notifier.ready(self._status())
        steps = ClockWatch(self._site.clock)
        pending = set(tasks)
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_TICK)
            self._tick(steps)
        self._worker.close()
        self._write_state()
        if isinstance(self._failure, CctvError):
            raise self._failure
        if self._failure is not None:
            raise RecordingStopped(problem=_told(self._failure)) from self._failure

    async def _guarded(self, camera: CameraRecorder) -> None:
        try:
            await camera.run()
        except Exception as error:  # noqa: BLE001 - raised again by run(), once the others have closed their segments
            camera.give_up(_told(error))
            self._fail(error)

    def _unhandled(self, _: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        error = context.get("exception")
        self._fail(error if isinstance(error, BaseException) else RuntimeError(str(context.get("message"))))

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
            self._tell(f"recording stops: {_told(error)}")
            self.stop()

    def _tick(self, steps: ClockWatch) -> None:
        if step := steps.step():
            self._tell(f"the clock was set by {step.total_seconds():+.1f} s: every camera begins a new run")
            for camera in self._cameras.values():
                camera.begin_again(GapCause.CLOCK_STEP)
        for camera in self._cameras.values():
            camera.watch()
        now = self._site.clock.monotonic()
        if self._changed or now - self._written >= _STATE_PERIOD:
            self._write_state()
        if self._worker.busy_seconds() < _DISK_HANGS:
            self._notifier.alive(self._status())

    def _write_state(self) -> None:
        self._changed, self._written = False, self._site.clock.monotonic()
        cameras = {name: camera.state for name, camera in self._cameras.items()}
        write_state(self._site.root, RecorderState(os.getpid(), self._site.clock.now(), cameras))

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
