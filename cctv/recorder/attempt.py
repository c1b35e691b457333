"""One attempt at recording: a single ffmpeg from its start to its end, and every file that it made.

Owns stall detection, the anchor of the run, and the tail that a killed ffmpeg leaves.  Never restarts anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cctv import archive
from cctv.archive import Run
from cctv.archive.runs import note_gap
from cctv.cameras import CameraDown, CameraSilent, StreamAddress, diagnose
from cctv.config import CameraSettings
from cctv.db.site import Site
from cctv.kernel.errors import FileUnreadable
from cctv.kernel.span import Span
from cctv.model.footage import GapCause, Segment
from cctv.recorder.anchor import Anchoring, Report, span_of
from cctv.recorder.child import Child, ClosedFile
from cctv.recorder.command import file_pattern, record_command
from cctv.recorder.fragments import HOLE
from cctv.recorder.mending import Examined, Part, examine
from cctv.recorder.openfiles import OpenFiles
from cctv.recorder.room import DiskFull
from cctv.recorder.worker import Abandoned, Worker

# -progress falls silent at once when frames stop (MEASURED.md).  With half a second between reports, the supervisor's
# tick and the first wait, a new ffmpeg starts within 3 s of the last frame.
STALL = timedelta(seconds=1.8)
CONNECT = timedelta(seconds=12)  # a handshake and a GOP of 10 s
GRACE = timedelta(seconds=2)  # an ffmpeg that is hung up on ends in 30 ms; a frozen one without that never
ANCHOR_AFTER = timedelta(seconds=3)  # six reports; the earliest of them counts
_NO_ROOM = b"No space left on device"
_HEADER_LIMIT = 65536  # a file's header takes some 1,500 bytes
_RTSP_TIMEOUT = timedelta(seconds=5)  # longer ones never fire (MEASURED.md)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: why, what the camera's fault was, if it was one, and until when it recorded, if it did."""

    cause: GapCause
    fault: CameraDown | None
    recorded_until: datetime | None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the camera's recorder wants to hear of an attempt, in the main thread."""

    frames: Callable[[datetime], None]
    anchored: Callable[[datetime], None]
    taken_in: Callable[[Segment], None]
    unreadable: Callable[[FileUnreadable], None]


class Attempt:
    """Records until the camera fails, or until `stop`."""

    def __init__(self, site: Site, worker: Worker, camera: CameraSettings, run: Run, hooks: Hooks) -> None:
        self._site, self._worker, self._camera, self._run, self._hooks = site, worker, camera, run, hooks
        self._directory = archive.incoming_directory(site, camera.id)
        self._anchoring = Anchoring()
        self._anchor: datetime | None = None
        self._lead_in = timedelta(0)
        self._frames = 0
        self._media_end = timedelta(0)
        self._listed: set[str] = set()
        self._jobs: list[asyncio.Task[None]] = []
        self._parameters: bytes | None = None  # of the run's first key frame; the worker's
        self.open_files = OpenFiles(self._directory, f"run{run.id}-", site.disk)
        self._stopped_for: GapCause | None = None
        self._ending_since: float | None = None
        self._child = Child(self, site.clock)
        self._started = self._abandoned = False

    async def record(self, address: StreamAddress) -> Ending:
        """Start ffmpeg, hear it out, and see every file of it into the archive."""
        self._began = self._heard = self._site.clock.monotonic()
        pattern = self._directory / file_pattern(self._run.id)
        segment = self._site.settings.recording.segment
        script = address.script(timeout=_RTSP_TIMEOUT, video_only=True)
        self._child.start(lambda progress: record_command(pattern, progress, segment), script)
        self._started = True
        if self._stopped_for is not None:
            self._end_child()
        await self._child.exited
        if self._abandoned:
            raise Abandoned
        await self._tail()
        await asyncio.gather(*self._jobs)
        fault = None if self._stopped_for else self._fault(address)
        cause = self._stopped_for or (fault.cause if fault else GapCause.UNREACHABLE)
        recorded = self._anchor is not None and bool(self._jobs)
        return Ending(cause, fault, self._at(self._media_end) if recorded else None)

    def stop(self, cause: GapCause) -> None:
        """End the recording, with every frame received so far."""
        if self._stopped_for is None:
            self._stopped_for = cause
            if self._started:
                self._end_child()

    def abandon(self) -> None:
        """Kill it and leave what it wrote where it is."""
        self._abandoned = True
        if self._started:
            self._child.kill()

    def watch(self) -> None:
        """Look for silence; called a few times a second, by one timer for all cameras."""
        if not self._started or self._child.exited.done():
            return
        now = self._site.clock.monotonic()
        if self._ending_since is not None:
            if now - self._ending_since > GRACE.total_seconds():
                self._child.kill()
        elif now - self._heard > (STALL if self._frames else CONNECT).total_seconds():
            self._end_child()

    def reported(self, report: Report) -> None:
        if report.frames <= self._frames:
            return
        self._frames = report.frames
        self._heard = self._site.clock.monotonic()
        self._anchoring.hear(report)
        if self._anchor is None and report.media >= ANCHOR_AFTER:
            self._fix(self._anchoring.anchor())
        self._hooks.frames(report.arrived)

    def closed(self, file: ClosedFile) -> None:
        if self._anchor is None:
            self._fix(self._anchoring.anchor(line_arrived=file.arrived, line_end=file.end))
        self._take_in(self._directory / file.name, file.start, file.end)

    def _end_child(self) -> None:
        if self._ending_since is None:
            self._ending_since = self._site.clock.monotonic()
            self._child.end()

    def _fault(self, address: StreamAddress) -> CameraDown:
        if self._ending_since is not None:
            waited = STALL if self._frames else CONNECT
            return CameraSilent(camera=self._camera.id, address=address.url, seconds=f"{waited.total_seconds():g}")
        if _NO_ROOM in self._child.stderr:
            return DiskFull(camera=self._camera.id)
        waited_seconds = self._site.clock.monotonic() - self._began
        return diagnose(self._camera, address, self._child.stderr, waited=waited_seconds)

    def _fix(self, anchor: datetime | None) -> None:
        if anchor is not None:
            self._anchor, self._lead_in = anchor, self._anchoring.lead_in
            self._worker.submit(archive.anchor_run, self._site, self._run, anchor)
            self._hooks.anchored(anchor - self._lead_in)

    def _at(self, media: timedelta) -> datetime:
        assert self._anchor is not None
        return self._anchor + media

    def _take_in(self, path: Path, start: timedelta, end: timedelta) -> None:
        self._listed.add(path.name)
        if not self._media_end:
            start -= self._lead_in
        elif start - self._media_end > HOLE:
            self._missing(self._media_end, start)
        self._media_end = max(self._media_end, end)
        self._jobs.append(asyncio.create_task(self._enter(self._worker.submit(self._examine, path), start, end)))

    def _examine(self, path: Path) -> Examined:
        """In the worker's thread, where files come in order."""
        found = examine(path, self._parameters, self._site.disk)
        self._parameters = found.parameters
        return found

    async def _enter(self, examining: asyncio.Future[Examined], start: timedelta, end: timedelta) -> None:
        found = await examining
        for part in found.parts:
            await self._enter_part(part, start, end)
        if found.changed and not self._child.exited.done():
            self.stop(GapCause.FRAMES_MISSING)

    async def _enter_part(self, part: Part, start: timedelta, end: timedelta) -> None:
        assert self._anchor is not None
        first, last = start + part.start, start + part.end if part.end is not None else end
        if part.holds is not None and first + part.holds < last - HOLE:  # the disk was full before ffmpeg was done
            last = first + part.holds
            self._media_end = last if self._media_end == end else self._media_end
        span = span_of(self._anchor, first, last)
        self._hooks.taken_in(await self._worker.submit(archive.ingest, self._site, self._run, part.path, span))
        for begin, until in part.holes:
            self._missing(first + begin, first + until)

    def _missing(self, start: timedelta, end: timedelta) -> None:
        span = Span(self._at(start), self._at(end))
        self._worker.submit(note_gap, self._site, self._camera.id, span, GapCause.FRAMES_MISSING)

    async def _tail(self) -> None:
        """Take in what a killed ffmpeg left open; a file that never got a frame is no footage and goes."""
        for path in sorted(self._directory.glob(f"run{self._run.id}-*.mp4")):
            if path.name in self._listed:
                continue
            found = await self._worker.submit(_length, path)
            if isinstance(found, FileUnreadable):  # start-up puts it in quarantine, with the reason
                self._hooks.unreadable(found)
                continue
            if found is None:
                path.unlink()
                continue
            if self._anchor is None:
                self._fix(self._anchoring.anchor() or self._site.clock.now() - found)
            self._take_in(path, self._media_end, self._media_end + found)


def _length(path: Path) -> timedelta | FileUnreadable | None:
    """How much footage a file holds: None for one without a single fragment, which is a header only."""
    if path.stat().st_size < _HEADER_LIMIT and b"moof" not in path.read_bytes():
        return None
    try:
        return archive.probe(path).duration
    except FileUnreadable as error:
        return error
