"""The reader of one camera: a thread that opens the stream and hands its pictures to the cutter until the camera fails.

Owns when it reads and how it ends.  Never touches the index; whatever it has to say, the listener hears in the main
thread.  Never starts again: one reader, one attempt.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from av.error import FFmpegError

from cctv.cameras.errors import CameraClockSet, CameraDown, CameraFailed
from cctv.cameras.rtsp import LiveStream, open_live
from cctv.config.schema import Transport
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.recording.segmenter import Listener, Picture, Segmenter, Task
from cctv.recording.timeline import Timeline, Times, TimesBroken

log = logging.getLogger(__name__)

_WAITED = 0.002  # seconds; a read that took longer waited for the camera: there is nothing left to read
# After a read that waited, the reader sleeps and then takes several pictures at once: a third of the processor time
# of a recorder is waking up.  Short enough that a camera's own buffer is not needed.
_NAP = 0.13  # seconds
_PATIENCE = 2.0  # seconds for what a slow network still holds back when we are told to stop
_NAP_BYTES = 100_000  # what may come in meanwhile; the kernel's buffer for a connection takes more


class Reader:
    """A thread.  `ended` is done when it is; its result is the camera's fault, None when it was told to stop."""

    def __init__(self, task: Task, listener: Listener, disk: DurableFiles, clock: Clock) -> None:
        self._task, self._listener, self._disk, self._clock = task, listener, disk, clock
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[CameraDown | None] = self._loop.create_future()
        self._stopping = self._abandoned = self._begun = False
        self.pictures, self._stopped_at = 0, 0.0
        self.heard: float | None = None  # when the last picture came, by the clock that nobody sets
        self.cutter: Segmenter | None = None
        self._held: list[tuple[Picture, float]] = []
        self._nap, self._bytes, self._counted = 0.0, 0, 0.0

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"read-{self._task.camera.id}", daemon=True).start()

    def stop(self) -> None:
        """End with every picture that was sent by now."""
        self._stopped_at, self._stopping = self._clock.monotonic(), True

    def abandon(self) -> None:
        """The storage is gone: write nothing more."""
        self._abandoned = self._stopping = True

    def leave(self) -> None:
        """Wait for it no longer: it hangs in a call that nothing interrupts."""
        if not self.ended.done():
            self.abandon()
            self.ended.set_result(None)

    def _run(self) -> None:
        fault: CameraDown | None = None
        failure: BaseException | None = None
        try:
            fault = self._attempt()
        except CameraDown as down:
            fault = down
        except BaseException as error:  # noqa: BLE001 - handed over to whoever awaits the end
            failure = error
        self._post(self._settle, fault, failure)

    def _settle(self, fault: CameraDown | None, failure: BaseException | None) -> None:
        if self.ended.done():
            return
        if failure is not None:
            self.ended.set_exception(failure)
        else:
            self.ended.set_result(fault)

    def _post(self, call: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            self._abandoned = True  # the loop has ended: nobody waits for us any more

    def _attempt(self) -> CameraDown | None:
        if self._stopping:
            return None
        stream = open_live(self._task.camera, self._task.address)
        facts = {"camera": self._task.camera.id, "transport": self._task.address.transport, "run": self._task.run}
        log.debug("stream.opened", extra=facts)
        try:
            cutter = Segmenter(
                self._task, stream.template, stream.tick, self._listener, self._post, self._disk, self._clock
            )
            self.cutter = cutter
            try:
                return self._record(stream, cutter)
            finally:
                if self._abandoned:
                    cutter.abandon()
                else:
                    cutter.close()
        finally:
            stream.close()

    def _record(self, stream: LiveStream, cutter: Segmenter) -> CameraDown | None:
        self._timeline = Timeline(round(1 / stream.tick))
        asked = self._clock.monotonic()
        try:
            for packet in stream:
                arrived = self._clock.monotonic()
                self._hear(cutter, packet, arrived)
                if self._abandoned:
                    return None
                if self._stopping:
                    if self._is_through(cutter, arrived, waited=arrived - asked > _WAITED):
                        break
                elif self._nap and arrived - asked > _WAITED:
                    time.sleep(self._nap)
                asked = self._clock.monotonic()
            self._place_rest(cutter)
        except CameraDown as fault:
            self._place_rest(cutter)
            return None if self._stopping else fault
        except TimesBroken:
            return CameraClockSet(camera=self._task.camera.id)
        except FFmpegError as error:
            return CameraFailed(
                camera=self._task.camera.id, detail=f"a picture that no file can hold ({error.strerror})"
            )
        return None

    def _is_through(self, cutter: Segmenter, arrived: float, *, waited: bool) -> bool:
        """Whether every picture is there that the camera sent before we were told to stop."""
        if cutter.is_anchored and arrived < self._stopped_at + _PATIENCE:
            return cutter.reaches(self._stopped_at)
        return waited or cutter.is_anchored

    def _hear(self, cutter: Segmenter, packet: Picture, arrived: float) -> None:
        """Take a picture in; before the first key picture there is nothing to show it with."""
        if (not self.pictures and not packet.is_keyframe) or not cutter.holds_picture(packet):
            return
        self.heard = arrived
        if self._begun and not self._held:
            (times,) = self._timeline.place(packet.pts, packet.dts)
            cutter.take(packet, arrived, times, self._timeline.frame)
        else:
            self._held.append((packet, arrived))
            self._take_held(cutter, self._timeline.place(packet.pts, packet.dts))
        self.pictures += 1
        self._set_nap(cutter, packet, arrived)

    def _place_rest(self, cutter: Segmenter) -> None:
        self._take_held(cutter, self._timeline.rest())

    def _take_held(self, cutter: Segmenter, placed: list[Times]) -> None:
        for times in placed:
            if not self._begun:
                self._begun = True
                self._post(self._listener.begun)
            cutter.take(*self._held.pop(0), times, self._timeline.frame)

    def _set_nap(self, cutter: Segmenter, packet: Picture, arrived: float) -> None:
        """Once a GOP, by what came in since the last key picture."""
        self._bytes += packet.size
        if packet.is_keyframe and cutter.is_anchored:
            if self._counted:
                self._nap = self._nap_for(self._bytes / max(arrived - self._counted, 0.1))
            self._bytes, self._counted = 0, arrived

    def _nap_for(self, bytes_a_second: float) -> float:
        if self._task.address.transport is not Transport.TCP:
            return 0.0  # datagrams that find no room are lost
        return min(_NAP, _NAP_BYTES / max(bytes_a_second, 1.0))
