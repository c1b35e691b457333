"""Workers: threads for everything that blocks on the disk, each running its jobs in the order of submission.

An unexpected failure is reported at once to the owner of the worker: footage that cannot be ingested stops the recorder
and is never only logged.  A full disk is expected: the job waits for space, and all later jobs wait with it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from cctv.core.logs import SHOWN
from cctv.model.ids import CameraId

log = logging.getLogger(__name__)

_SPACE_RETRY_SECONDS = 1.0  # between two attempts on a full disk
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Abandoned(Exception):
    """The storage is missing; nothing is written to what is in its place."""


class Worker:
    """A queue of one thread.  `failed` is called with the exception of any job, in the main thread."""

    def __init__(
        self, failed: Callable[[BaseException], None], is_full: Callable[[BaseException], bool] = lambda _: False
    ) -> None:
        self._failed, self._is_full = failed, is_full
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="ingest")
        self._job_began: float | None = None
        self._stopping, self._abandoned = threading.Event(), False
        self.waits_for_space = False

    def submit(
        self, job: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> asyncio.Future[Result]:
        """Queue a job.  The future may be awaited or left: a failure is reported either way."""

        def timed() -> Result:
            while True:
                if self._abandoned:
                    raise Abandoned
                self._job_began = time.monotonic()
                try:
                    result = job(*args, **kwargs)
                except Exception as error:
                    if not self._is_full(error) or self._stopping.is_set():
                        raise
                    if not self.waits_for_space:
                        log.warning("storage.awaited", extra={"error": type(error).__name__, SHOWN: True})
                else:
                    self.waits_for_space = False
                    return result
                finally:
                    self._job_began = None
                self.waits_for_space = True
                self._stopping.wait(_SPACE_RETRY_SECONDS)

        future = asyncio.get_running_loop().run_in_executor(self._executor, timed)
        future.add_done_callback(self._check_failure)
        return future

    def busy_seconds(self) -> float:
        """How long the job under way has taken: a disk that hangs shows here."""
        began = self._job_began
        return time.monotonic() - began if began is not None else 0.0

    def stop_waiting(self) -> None:
        """Make jobs that find no space fail from now on."""
        self._stopping.set()

    def abandon(self) -> None:
        """Do nothing more: whatever is queued ends with `Abandoned`."""
        self._abandoned = True
        self._stopping.set()

    def close(self) -> None:
        """Finish what is queued."""
        self._executor.shutdown()

    def _check_failure(self, future: asyncio.Future[Result]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self._failed(error)


class WorkerPool:
    """A few workers.  The jobs of one camera stay in order; no camera waits for the disk behind all the others.

    Most of an ingest is waiting for the disk, which flushes several files in the time of one.
    """

    def __init__(
        self, failed: Callable[[BaseException], None], is_full: Callable[[BaseException], bool], size: int = 4
    ) -> None:
        self._workers = [Worker(failed, is_full) for _ in range(size)]
        self._indexes: dict[CameraId, int] = {}

    def of(self, camera: CameraId) -> Worker:
        """The camera's own worker, always the same."""
        return self._workers[self._indexes.setdefault(camera, len(self._indexes)) % len(self._workers)]

    @property
    def waits_for_space(self) -> bool:
        return any(worker.waits_for_space for worker in self._workers)

    def busy_seconds(self) -> float:
        return max(worker.busy_seconds() for worker in self._workers)

    def stop_waiting(self) -> None:
        for worker in self._workers:
            worker.stop_waiting()

    def abandon(self) -> None:
        for worker in self._workers:
            worker.abandon()

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


def run_in_daemon_thread(job: Callable[[], Result]) -> asyncio.Future[Result]:
    """Run a job that may hang on the network in a thread of its own, which never keeps the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def resolve(result: Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def work() -> None:
        result, failure = None, None
        try:
            result = job()
        except BaseException as error:  # noqa: BLE001 - passed to the awaiter
            failure = error
        try:
            loop.call_soon_threadsafe(resolve, result, failure)
        except RuntimeError:
            return  # the loop has ended meanwhile

    threading.Thread(target=work, daemon=True).start()
    return future
