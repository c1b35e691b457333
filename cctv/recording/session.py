"""One RTSP session: a single reader from its start to its end, and every file that it made.

Responsible for the anchor of the run and for what becomes of closed files.  Never restarts a reader.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.cameras.errors import CameraDown
from cctv.cameras.rtsp import StreamAddress
from cctv.config.schema import CameraSettings
from cctv.core.clock import Clock
from cctv.core.filesystem import is_disk_full
from cctv.core.time_range import Span
from cctv.db.identity import read_identity
from cctv.db.storage import Storage
from cctv.footage.deletion import discard_header
from cctv.footage.ingest import ingest, unclaimed
from cctv.footage.layout import incoming_directory
from cctv.footage.runs import Run, anchor_run, begin_run, end_run, note_gap
from cctv.model.footage import GapCause, Segment
from cctv.recording.disk_space import DiskFull
from cctv.recording.reader import Opener, Reader
from cctv.recording.segment_file import SegmentFile, Written
from cctv.recording.segmenter import ClosedFile, Task, segment_span
from cctv.recording.workers import Abandoned, Worker

log = logging.getLogger(__name__)

# A stopped reader ends with the next picture, or when that fails to come; one that is still connecting has nothing
# to lose.
STOP_GRACE = timedelta(seconds=4)
CONNECTING_GRACE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class SessionResult:
    """How a session ended.

    `fault` is None when the camera was not at fault, `recorded_until` when nothing was recorded.
    """

    cause: GapCause
    fault: CameraDown | None
    recorded_until: datetime | None
    run: Run | None


@dataclass(frozen=True, slots=True)
class SessionListener:
    """The callbacks of a session, called in the main thread."""

    frames: Callable[[datetime], None]
    anchored: Callable[[datetime], None]
    ingested: Callable[[Segment], None]


class RecordingSession:
    """Records until the camera fails, or until `stop`."""

    def __init__(
        self,
        site: Storage,
        worker: Worker,
        camera: CameraSettings,
        run: Run,
        listener: SessionListener,
        *,
        clock: Clock | None = None,
    ) -> None:
        """`clock` is that of the pictures' arrival; None for the storage's own."""
        self._clock = clock or site.clock
        self._site, self._worker, self._camera, self._run, self._listener = site, worker, camera, run, listener
        self._next_run: Run | None = None  # begun for a camera whose clock drifts, and not used yet
        self._anchor: datetime | None = None
        self._recorded_until: datetime | None = None
        self._jobs: list[asyncio.Task[None]] = []
        self._reader: Reader | None = None
        self._stop_cause: GapCause | None = None
        self._stopped_at = 0.0
        self._reported_at: float | None = None
        self._abandoned = False

    @property
    def open_file(self) -> SegmentFile | None:
        """The file under way, or None."""
        segmenter = self._reader.segmenter if self._reader is not None else None
        return segmenter.file if segmenter is not None else None

    async def record(self, address: StreamAddress, open_stream: Opener | None = None) -> SessionResult:
        """Read the stream and ingest every file of it; raises Abandoned, StorageMissing and what a job raises.

        `open_stream` is None for what the camera sees now.
        """
        directory = incoming_directory(self._site, self._camera.id)
        segment = self._site.settings.recording.segment
        task = Task(self._camera, address, directory, self._run.id, segment)
        self._reader = Reader(task, self, self._site.disk, self._clock, open_stream)
        if self._stop_cause is None:
            self._reader.start()
            fault = await self._end_of_reader(self._reader)
        else:
            fault = None
        if self._abandoned:
            raise Abandoned
        await asyncio.gather(*self._jobs)
        fault = None if self._stop_cause else fault
        cause = self._stop_cause or (fault.cause if fault else GapCause.UNREACHABLE)
        if self._next_run is not None:
            now = self._site.clock.now()
            await self._worker.submit(end_run, self._site, self._next_run, self._recorded_until or now, cause)
        return SessionResult(cause, fault, self._recorded_until, self._run)

    async def _end_of_reader(self, reader: Reader) -> CameraDown | None:
        try:
            return await reader.ended
        except OSError as error:
            if is_disk_full(error):
                return DiskFull(camera=self._camera.id)
            read_identity(self._site.root)  # a lost mount has a clearer error
            raise

    def stop(self, cause: GapCause) -> None:
        """End the recording, with every picture received so far."""
        if self._stop_cause is None:
            self._stop_cause, self._stopped_at = cause, self._site.clock.monotonic()
            if self._reader is not None:
                self._reader.stop()

    def stop_fetching(self) -> None:
        """End what is not live at once: a card has no picture that would be lost."""
        if self._stop_cause is None:
            self._stop_cause = GapCause.RECORDER_STOPPED
            if self._reader is not None:
                self._reader.stop(patience=0)

    def abandon(self) -> None:
        """End it at once and leave what it wrote where it is."""
        self._abandoned = True
        if self._reader is not None:
            self._reader.leave()

    def watch(self) -> None:
        """Check on the reader; called a few times a second, by one timer for all cameras."""
        reader = self._reader
        if reader is None or reader.ended.done():
            return
        if reader.last_picture_at is not None and reader.last_picture_at != self._reported_at:
            self._reported_at = reader.last_picture_at
            ago = timedelta(seconds=self._site.clock.monotonic() - reader.last_picture_at)
            self._listener.frames(self._site.clock.now() - ago)
        if self._stop_cause is not None:
            grace = STOP_GRACE if reader.pictures else CONNECTING_GRACE
            if self._site.clock.monotonic() - self._stopped_at > grace.total_seconds():
                reader.leave()

    def begun(self) -> None:
        self._listener.frames(self._site.clock.now())

    def anchored(self, anchor: datetime) -> None:
        self._anchor = anchor
        log.debug("run.anchored", extra={"camera": self._camera.id, "run": self._run.id})
        self._worker.submit(anchor_run, self._site, self._run, anchor)
        self._listener.anchored(anchor)

    def closed(self, closed: ClosedFile) -> None:
        for start, end in closed.holes:
            span = Span(self._at(start), self._at(end))
            log.info("frames.missed", extra={"camera": self._camera.id, "seconds": span.duration})
            self._worker.submit(note_gap, self._site, self._camera.id, span, GapCause.FRAMES_MISSING)
        if closed.file.until is None:  # a header and no picture: no footage, so no deletion session
            self._worker.submit(discard_header, self._site, closed.file.path)
            return
        self._recorded_until = self._at(closed.end)
        span = segment_span(self._at(closed.start), timedelta(0), closed.end - closed.start)
        self._jobs.append(asyncio.create_task(self._ingest(self._run, closed.file, span)))

    def drifted(self) -> None:
        if self._stop_cause is None:
            log.info("camera.drifted", extra={"camera": self._camera.id, "run": self._run.id})
            self._jobs.append(asyncio.create_task(self._prepare_run()))

    def succeeded(self, anchor: datetime) -> None:
        before, until = self._run, min(self._recorded_until or anchor, anchor)
        assert self._next_run is not None
        self._run, self._next_run, self._anchor = self._next_run, None, anchor
        self._worker.submit(end_run, self._site, before, until, GapCause.CLOCK_STEP)
        self._worker.submit(anchor_run, self._site, self._run, anchor)
        self._listener.anchored(anchor)

    async def _prepare_run(self) -> None:
        self._next_run = await self._worker.submit(begin_run, self._site, self._camera.id)
        assert self._reader is not None
        assert self._reader.segmenter is not None
        self._reader.segmenter.successor = self._next_run.id

    async def _ingest(self, run: Run, file: Written, span: Span) -> None:
        span = await self._worker.submit(unclaimed, self._site, run, span)
        segment = await self._worker.submit(ingest, self._site, run, file.path, span, file.sha256)
        facts = {"camera": segment.camera, "segment": segment.path, "run": run.id, "bytes": segment.size_bytes}
        log.info("segment.closed", extra={**facts, "seconds": segment.span.duration})
        self._listener.ingested(segment)

    def _at(self, media: timedelta) -> datetime:
        assert self._anchor is not None
        return self._anchor + media
