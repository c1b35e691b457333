"""The reader of one camera: a thread that opens the stream, cuts it into segment files and closes them.

Owns where a segment begins, and when it reads.  Never touches the index; whatever it has to say, the listener hears in
the main thread.  Never starts again: one reader, one attempt.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias

from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from cctv.cameras import CameraDown, CameraFailed, StreamAddress
from cctv.cameras.live import LiveStream, open_live
from cctv.config import CameraSettings, Transport
from cctv.kernel.clock import Clock
from cctv.kernel.durable import Disk
from cctv.recorder.anchor import Anchoring
from cctv.recorder.parameters import Format, first_format, format_of, is_h265, sequence_parameters
from cctv.recorder.segmentfile import SegmentFile, Written
from cctv.recorder.timeline import Timeline, Times, TimesBroken

ANCHOR_AFTER = 3.0  # seconds of pictures; the earliest of their arrivals counts
_EARLY = 0.05  # seconds; a key picture this much early still closes the segment
_WAITED = 0.002  # seconds; a read that took longer waited for the camera: there is nothing left to read
# After a read that waited, the reader sleeps and then takes several pictures at once: a third of the processor time
# of a recorder is waking up.  Short enough that a camera's own buffer is not needed.
_NAP = 0.13  # seconds
_NAP_BYTES = 100_000  # what may come in meanwhile; the kernel's buffer for a connection takes more
_ADRIFT = 1.0  # seconds between a camera's clock and the time; then a new run begins

_Picture: TypeAlias = "Packet[VideoStream]"


@dataclass(frozen=True, slots=True)
class Task:
    """What to record: the camera, where its stream is, and as which run's files."""

    camera: CameraSettings
    address: StreamAddress
    directory: Path
    run: int
    segment: timedelta


@dataclass(frozen=True, slots=True)
class Closed:
    """A file that is finished: from and until when in the run, and the holes in it, all from media time 0."""

    file: Written
    start: timedelta
    end: timedelta
    holes: tuple[tuple[timedelta, timedelta], ...]


class Listener(Protocol):
    """Who hears what a reader has to say, in the main thread."""

    def begun(self) -> None:
        """The first picture is there."""

    def anchored(self, anchor: datetime) -> None:
        """Media time 0 was then.  Comes before the first `closed`."""

    def closed(self, closed: Closed) -> None: ...


class Reader:
    """A thread.  `ended` is done when it is; its result is the camera's fault, None when it was told to stop."""

    def __init__(self, task: Task, listener: Listener, disk: Disk, clock: Clock) -> None:
        self._task, self._listener, self._disk, self._clock = task, listener, disk, clock
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[CameraDown | None] = self._loop.create_future()
        self._stopping = self._abandoned = False
        self.pictures = 0
        self.heard: float | None = None  # when the last picture came, by the clock that nobody sets
        self.file: SegmentFile | None = None
        self._held: list[tuple[_Picture, float]] = []
        self._anchoring = Anchoring()
        self._zero: float | None = None  # media time 0, by that clock
        self._index = self._start = self._end = self._due = 0
        self._holes: list[tuple[int, int]] = []
        self._nap, self._bytes, self._counted = 0.0, 0, 0.0

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"read-{self._task.camera.id}", daemon=True).start()

    def stop(self) -> None:
        """End with every picture that was received by now."""
        self._stopping = True

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
        try:
            return self._record(stream)
        finally:
            try:
                self._close_file(self._end)
            finally:
                stream.close()

    def _record(self, stream: LiveStream) -> CameraDown | None:
        self._format: Format = first_format(stream.template)
        self._tick = stream.tick
        self._rate = round(1 / stream.tick)
        self._timeline = Timeline(self._rate)
        asked = self._clock.monotonic()
        try:
            for packet in stream:
                arrived = self._clock.monotonic()
                self._hear(packet, arrived)
                if self._abandoned:
                    return None
                if arrived - asked > _WAITED:
                    if self._stopping:
                        break
                    if self._nap:
                        time.sleep(self._nap)
                asked = self._clock.monotonic()
            self._place_rest()
        except CameraDown as fault:
            self._place_rest()
            return None if self._stopping else fault
        except TimesBroken:
            return CameraFailed(camera=self._task.camera.id, detail="its clock was set; a new run begins")
        except FFmpegError as error:
            return CameraFailed(
                camera=self._task.camera.id, detail=f"a picture that no file can hold ({error.strerror})"
            )
        return None

    def _hear(self, packet: _Picture, arrived: float) -> None:
        """Take a picture in; before the first key picture there is nothing to show it with."""
        if not self.pictures and not self._held and not packet.is_keyframe:
            return
        self.heard = arrived
        if self.pictures and not self._held:
            self._take(packet, arrived, *self._timeline.place(packet.pts, packet.dts))
            return
        self._held.append((packet, arrived))
        for times in self._timeline.place(packet.pts, packet.dts):
            self._take(*self._held.pop(0), times)

    def _place_rest(self) -> None:
        for times in self._timeline.rest():
            self._take(*self._held.pop(0), times)

    def _take(self, packet: _Picture, arrived: float, times: Times) -> None:
        self.pictures += 1
        if self.pictures == 1:
            self._post(self._listener.begun)
        media = times.dts / self._rate
        self._anchoring.hear(arrived, media)
        if self._zero is None and media >= ANCHOR_AFTER:
            self._fix_anchor()
        if times.hole:
            self._holes.append((times.dts - times.hole, times.dts))
        self._bytes += packet.size
        if packet.is_keyframe:
            self._at_key(packet, times.dts, arrived)
        if self.file is None:
            self._open_file(times.dts)
        assert self.file is not None
        self.file.write(packet, times.pts, times.dts)
        self._end = times.dts + self._timeline.frame

    def _at_key(self, packet: _Picture, at: int, arrived: float) -> None:
        """A segment begins here if it is time, or if the stream is another one from here on."""
        changed = self._changed(packet)
        if self.file is not None and (changed or at >= self._due):
            self._close_file(at)
            self._look_for_drift()
        if self._zero is not None:
            if self._counted:
                self._nap = self._nap_for(self._bytes / max(arrived - self._counted, 0.1))
            self._bytes, self._counted = 0, arrived

    def _nap_for(self, bytes_a_second: float) -> float:
        if self._task.address.transport is not Transport.TCP:
            return 0.0  # datagrams that find no room are lost
        return min(_NAP, _NAP_BYTES / max(bytes_a_second, 1.0))

    def _changed(self, packet: _Picture) -> bool:
        """Whether size or profile are others than in the header of the file."""
        template = self._format.template
        found = sequence_parameters(bytes(memoryview(packet)[:4096]), is_h265=is_h265(template))
        if found is None or found == self._format.parameters:
            return False
        self._format = format_of(bytes(packet), template)
        return True

    def _fix_anchor(self) -> None:
        zero = self._anchoring.zero(0.0, self._timeline.frame / self._rate)
        if zero is not None and self._zero is None:
            self._zero = zero
            anchor = self._clock.now() - timedelta(seconds=self._clock.monotonic() - zero)
            self._post(self._listener.anchored, anchor)

    def _look_for_drift(self) -> None:
        """Once a segment: a camera whose clock runs away from ours begins a new run."""
        earliest, self._anchoring.earliest = self._anchoring.earliest, None
        if self._zero is not None and earliest is not None and abs(earliest - self._zero) > _ADRIFT:
            raise TimesBroken

    def _open_file(self, at: int) -> None:
        path = self._task.directory / file_name(self._task.run, self._index)
        self.file = SegmentFile(path, self._format, self._tick, self._disk)
        self._index, self._start = self._index + 1, at
        length, early = round(self._task.segment.total_seconds() * self._rate), round(_EARLY * self._rate)
        self._due = ((at + early) // length + 1) * length - early

    def _close_file(self, end: int) -> None:
        """Close the file at `end` and hand it over."""
        if self.file is None:
            return
        file, self.file = self.file, None
        if self._abandoned:
            file.abandon()
            return
        written = file.close(end)
        self._fix_anchor()
        holes, self._holes = [(self._since(one), self._since(two)) for one, two in self._holes], []
        until = written.until if written.until is not None else self._start
        self._post(self._listener.closed, Closed(written, self._since(self._start), self._since(until), tuple(holes)))

    def _since(self, ticks: int) -> timedelta:
        return timedelta(seconds=ticks / self._rate)


def file_name(run: int, index: int) -> str:
    """What a run's files are called; `archive.layout` reads it back."""
    return f"run{run}-{index:06d}.mp4"
