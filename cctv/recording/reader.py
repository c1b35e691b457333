"""The reader of one camera: a thread that passes the pictures of a stream to the segmenter until the camera fails.

Responsible for when it reads and how it ends.  Never touches the index; its listener is called in the main thread.
Never restarts: one reader per session.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Protocol, TypeAlias, cast

import av.logging
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from cctv.cameras.errors import CameraClockSet, CameraDown, CameraFailed
from cctv.cameras.reorder import Timed
from cctv.cameras.rtp import SentPicture
from cctv.cameras.rtsp import LiveStream, open_live
from cctv.cameras.sdp import Codec, VideoTrack
from cctv.config.schema import Transport
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError
from cctv.recording.access_units import Entry, entry_of, parameter_sets
from cctv.recording.codec_params import announced_format
from cctv.recording.segmenter import Beginning, Listener, Picture, Segmenter, Task
from cctv.recording.timeline import Timeline, TimesBroken

log = logging.getLogger(__name__)

# The stream sleeps after a read, and then several pictures are read at once: a third of the processor time of a
# recorder is waking up.  Short enough that a camera's own buffer is not needed.
_NAP_SECONDS = 0.13
_PATIENCE_SECONDS = 2.0  # for what a slow network still holds back at `stop`
_NAP_BYTES = 100_000  # what may come in meanwhile; the kernel's buffer for a connection takes more

av.logging.set_level(None)  # waking Python for each of libav's lines costs what a picture costs


class PictureStream(Protocol):
    """What a camera sends now, or plays from its card; `LiveStream` says what each part means."""

    nap: float

    @property
    def track(self) -> VideoTrack: ...

    @property
    def tick(self) -> Fraction: ...

    @property
    def lost(self) -> int: ...

    def __iter__(self) -> Iterator[Timed]: ...

    def end_within(self, seconds: float) -> None: ...

    def close(self) -> None: ...


Opener: TypeAlias = Callable[[], PictureStream]
"""Opens a stream; raises CameraDown."""


class Reader:
    """A thread.  `ended` is done when it is; its result is the camera's fault, None after `stop`."""

    def __init__(
        self, task: Task, listener: Listener, disk: DurableFiles, clock: Clock, open_stream: Opener | None = None
    ) -> None:
        """`open_stream` is None for what the camera sees now."""
        self._task, self._listener, self._disk, self._clock = task, listener, disk, clock
        self._open_stream = open_stream or self._open_live
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[CameraDown | None] = self._loop.create_future()
        self._stopping = self._abandoned = False
        self.pictures, self._stopped_at, self._patience = 0, 0.0, _PATIENCE_SECONDS
        self.last_picture_at: float | None = None  # on the monotonic clock
        self.segmenter: Segmenter | None = None
        self._beginning = Beginning(task.camera.id)
        self._bytes, self._counted_from = 0, 0.0
        self._stream: PictureStream | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"read-{self._task.camera.id}", daemon=True).start()

    def stop(self, patience: float = _PATIENCE_SECONDS) -> None:
        """End with every picture that was sent by now, and wait for those for so many seconds at the most."""
        self._stopped_at, self._stopping, self._patience = self._clock.monotonic(), True, patience
        if self._stream is not None:
            self._stream.end_within(patience)

    def abandon(self) -> None:
        """The storage is gone: write nothing more."""
        self._abandoned = self._stopping = True

    def leave(self) -> None:
        """Stop waiting for a thread that hangs in a call that cannot be interrupted."""
        if not self.ended.done():
            self.abandon()
            self.ended.set_result(None)

    def _run(self) -> None:
        fault: CameraDown | None = None
        failure: BaseException | None = None
        try:
            fault = self._read()
        except CameraDown as down:
            fault = down
        except FFmpegError as error:
            fault = self._unreadable(error)
        except (OSError, CctvError) as error:  # the storage's
            failure = error
        except Exception as error:
            # What a camera sends ends its own recording, never that of others.
            log.warning("stream.unreadable", extra={"camera": self._task.camera.id}, exc_info=error)
            fault = self._unreadable(error)
        except BaseException as error:  # noqa: BLE001 - passed to the awaiter of `ended`
            failure = error
        self._post(self._finish, fault, failure)

    def _finish(self, fault: CameraDown | None, failure: BaseException | None) -> None:
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
            self._abandoned = True  # the loop has ended: no one waits any more

    def _read(self) -> CameraDown | None:
        if self._stopping:
            return None
        stream = self._open_stream()
        facts = {"camera": self._task.camera.id, "transport": self._task.address.transport, "run": self._task.run}
        log.debug("stream.opened", extra=facts)
        try:
            return self._record(stream)
        finally:
            try:
                if self.segmenter is not None:
                    (self.segmenter.abandon if self._abandoned else self.segmenter.close)()
            finally:
                if stream.lost:
                    log.info("packets.lost", extra={"camera": self._task.camera.id, "lost": stream.lost})
                stream.close()

    def _open_live(self) -> LiveStream:
        return open_live(self._task.camera, self._task.address, monotonic=self._clock.monotonic)

    def _record(self, stream: PictureStream) -> CameraDown | None:
        self._stream = stream
        if self._stopped_at:  # meanwhile
            return None
        timeline = Timeline(stream.track.clock_rate)
        try:
            for timed in stream:
                arrived = timed[0].arrived
                self._receive(stream, timeline, timed)
                if self._abandoned:
                    return None
                if self._stopping and self._is_through(arrived):
                    break
        except CameraDown as fault:
            return None if self._stopping else fault
        except TimesBroken:
            return CameraClockSet(camera=self._task.camera.id)
        return None

    def _unreadable(self, error: Exception) -> CameraFailed:
        problem = error.strerror if isinstance(error, FFmpegError) else type(error).__name__
        fault = CameraFailed(camera=self._task.camera.id, detail=f"a picture that no file can hold ({problem})")
        fault.__cause__ = error
        return fault

    def _is_through(self, arrived: float) -> bool:
        """Whether every picture is there that the camera sent before `stop`."""
        segmenter = self.segmenter
        if segmenter is not None and segmenter.is_anchored and arrived < self._stopped_at + self._patience:
            return segmenter.reaches(self._stopped_at)
        return arrived > self._stopped_at

    def _receive(self, stream: PictureStream, timeline: Timeline, timed: Timed) -> None:
        """Accept a picture; those before the first key picture cannot be decoded and are dropped."""
        picture, decoded = timed
        if self.segmenter is None:
            if not self._begins_at(stream.track, picture):
                return
            self.segmenter = self._begin(stream, picture.data)
        packet = cast(Picture, Packet(picture.data))
        packet.is_keyframe = picture.is_key
        self.last_picture_at = picture.arrived
        times = timeline.place(picture.pts, decoded, picture.arrived)
        if not self.pictures:
            self._post(self._listener.begun)
        self.segmenter.take(packet, picture.arrived, times, timeline.frame)
        self.pictures += 1
        self._set_nap(stream, self.segmenter, packet, picture.arrived)

    def _begins_at(self, track: VideoTrack, picture: SentPicture) -> bool:
        """Whether the run begins at a picture; raises KeyPictureMissing of a stream at which none can."""
        is_h265 = track.codec is Codec.H265
        knows_format = bool(track.sets or parameter_sets(picture.data, is_h265=is_h265))
        entry = entry_of(picture.data, is_h265=is_h265) if knows_format or picture.is_key else Entry.NONE
        entry = max(entry, Entry.GRADUAL) if picture.is_key else entry
        return self._beginning.is_at(entry, picture.arrived, knows_format=knows_format)

    def _begin(self, stream: PictureStream, picture: bytes) -> Segmenter:
        """The segmenter of a stream whose first key picture that is."""
        track = stream.track
        template: VideoStream = announced_format(picture, track.sets, is_h265=track.codec is Codec.H265).template
        return Segmenter(self._task, template, stream.tick, self._listener, self._post, self._disk, self._clock)

    def _set_nap(self, stream: PictureStream, segmenter: Segmenter, packet: Picture, arrived: float) -> None:
        """Once a GOP, by what came in since the last key picture."""
        self._bytes += packet.size
        if packet.is_keyframe and segmenter.is_anchored:
            if self._counted_from:
                stream.nap = self._nap_seconds(self._bytes / max(arrived - self._counted_from, 0.1))
            self._bytes, self._counted_from = 0, arrived

    def _nap_seconds(self, bytes_a_second: float) -> float:
        if self._task.address.transport is not Transport.TCP:
            return 0.0  # datagrams that find the buffer full are lost
        return min(_NAP_SECONDS, _NAP_BYTES / max(bytes_a_second, 1.0))
