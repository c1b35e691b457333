"""The segmenter: a camera's pictures become segment files, each with its place in time.

Responsible for where a segment begins, its name, and the anchor of its run.  Knows neither the network nor the index;
reports through its listener.  Lives in the reader's thread.

The anchor is the wall time of a run's media time 0.  A run is anchored once and only media time advances it, so that
setting the clock in the middle of a run moves no picture.  A picture arrives when its first packet is read; delays only
ever make that later.  The anchor is therefore the earliest of many arrivals, less the media time of the picture: within
2 ms of the send time.  `Anchoring` is pure: arrivals are arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Protocol, TypeAlias

from av.packet import Packet
from av.video.stream import VideoStream

from cctv.cameras.errors import CameraOversized, KeyPictureMissing
from cctv.cameras.rtsp import StreamAddress
from cctv.config.schema import CameraSettings
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.model.ids import CameraId
from cctv.recording.access_units import Entry, ParameterSets, entry_of, holds_picture, parameter_sets
from cctv.recording.codec_params import first_format, format_of, is_h265
from cctv.recording.segment_file import SegmentFile, Written
from cctv.recording.timeline import Times, TimesBroken

ANCHOR_AFTER_SECONDS = 3.0  # of pictures; the earliest of their arrivals counts
# Clocks of cameras drift by seconds a day.  The earliest arrival of half a minute is sure to a few milliseconds; beyond
# this, the segments that follow are those of a new run, with an anchor of its own.  A leap ends the run.
DRIFT_CHECK_SECONDS = 30.0  # of pictures
_MAX_DRIFT_SECONDS, _MAX_LEAP_SECONDS = 0.045, 1.0
_EARLY_SECONDS = 0.05  # a key picture this much early still closes the segment
# A file that cannot be closed grows past the limit of its first frame; a new connection begins with a key picture.
_KEY_PICTURE_SECONDS = 10.0  # beyond the segment's length; cameras send one every 1 to 10 s
_CLOSED_SECONDS = 8.0  # beyond the segment's length, a better picture to begin at is waited for
# Then a run begins without a key picture: some cameras send one every few minutes ("smart" codecs) or never.  What
# comes before it cannot be decoded, or not wholly; so it is waited for longer than a usual GOP lasts.
_WAIT_SECONDS = 12.0
_MOST_SET_BYTES = 32 << 10  # of all parameter sets; the header of a file must stay readable (cctv.footage.media)
_HEAD_BYTES = 1024  # of a picture; what stands before its first slice is mostly shorter
_MIN_SPAN = timedelta(milliseconds=1)
Picture: TypeAlias = "Packet[VideoStream]"
Post: TypeAlias = Callable[..., None]  # calls a function in the main thread


@dataclass(frozen=True, slots=True)
class Task:
    """What to record: the camera, where its stream is, and as which run's files."""

    camera: CameraSettings
    address: StreamAddress
    directory: Path
    run: int
    segment: timedelta


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A file that is finished: its start and end in the run, and the holes in it, all from media time 0."""

    file: Written
    start: timedelta
    end: timedelta
    holes: tuple[tuple[timedelta, timedelta], ...]


class Listener(Protocol):
    """Notified of the events of a recording, in the main thread."""

    def begun(self) -> None:
        """The first picture has arrived."""

    def anchored(self, anchor: datetime) -> None:
        """Media time 0 was then.  Comes before the first `closed`."""

    def closed(self, closed: ClosedFile) -> None:
        """A file of the run is finished."""

    def drifted(self) -> None:
        """The camera's clock and ours drift apart: a `successor` is needed."""

    def succeeded(self, anchor: datetime) -> None:
        """The successor's run begins at `anchor`, without a picture between the two."""


@dataclass(slots=True)
class EntryPoints:
    """When the pictures came at which decoding can begin, and how far those of each kind are apart.  Pure; in ticks."""

    _last: dict[Entry, int] = field(default_factory=dict)
    _step: dict[Entry, int] = field(default_factory=dict)

    def note(self, entry: Entry, at: int) -> None:
        """A picture at which decoding can begin so well; it counts for the lesser kinds too."""
        for kind in Entry:
            if Entry.NONE < kind <= entry:
                if kind in self._last:
                    self._step[kind] = at - self._last[kind]
                self._last[kind] = at

    def promise_better(self, entry: Entry, at: int, until: int) -> bool:
        """Whether a better picture is to come by then."""
        return any(at < self._last[kind] + step <= until for kind, step in self._step.items() if kind > entry)


@dataclass(slots=True)
class Beginning:
    """At which picture a run begins: at the first key picture, or after a while at any.  Pure."""

    camera: CameraId
    _since: float | None = None

    def is_at(self, entry: Entry, arrived: float, *, knows_format: bool) -> bool:
        """Whether it begins at a picture that arrived then, in seconds of the monotonic clock.

        Raises KeyPictureMissing of a stream that has neither a key picture nor parameter sets for long.
        """
        self._since = arrived if self._since is None else self._since
        if (waited := arrived - self._since) > _WAIT_SECONDS + _KEY_PICTURE_SECONDS and not knows_format:
            raise KeyPictureMissing(camera=self.camera, seconds=f"{waited:.0f}")
        return entry is not Entry.NONE or (knows_format and arrived - self._since >= _WAIT_SECONDS)


class Segmenter:
    """Writes the pictures of one stream, from a key picture on where one comes.  Raises TimesBroken or
    KeyPictureMissing when the run must end."""

    def __init__(
        self,
        task: Task,
        template: VideoStream,
        tick: Fraction,
        listener: Listener,
        post: Post,
        disk: DurableFiles,
        clock: Clock,
    ) -> None:
        self._task, self._listener, self._post, self._disk, self._clock = task, listener, post, disk, clock
        self._format, self._is_h265 = first_format(template), is_h265(template)
        self._tick, self._rate = tick, round(1 / tick)
        self.file: SegmentFile | None = None
        self.successor: int | None = None  # the run that follows when the camera's clock has drifted
        self._run, self._wants_successor, self._drift_checked_at = task.run, False, 0
        self._anchoring = Anchoring()
        self._zero: float | None = None  # media time 0 on the monotonic clock
        self._base = self._index = self._start = self._due = 0
        self._end, self._opened_at = 0, 0.0
        self._points, self._file_entry = EntryPoints(), Entry.NONE  # the latter: at which the file under way began
        self._began_without_key = False
        self._holes: list[tuple[int, int]] = []

    @property
    def is_anchored(self) -> bool:
        return self._zero is not None

    def reaches(self, monotonic: float) -> bool:
        """Whether every picture that was sent before that instant has been taken."""
        return self._zero is not None and self._zero + self._end / self._rate >= monotonic

    def take(self, packet: Picture, arrived: float, times: Times, frame: int) -> None:
        """Write a picture that arrived then; `frame` is the usual distance of two pictures, in ticks."""
        media = times.dts / self._rate
        if times.hole:
            if self._is_ahead(arrived, media):
                raise TimesBroken
            self._holes.append((times.dts - times.hole, times.dts))
        self._anchoring.hear(arrived, media)
        if self._zero is None and media >= ANCHOR_AFTER_SECONDS:
            self._fix_anchor()
        entry = self._entry(packet, data := self._examined(packet))
        if not self._index:
            self._began_without_key = entry is Entry.NONE
        sets = self._sets_of(data)
        known = self._format.parameters | sets
        has_changed = known != self._format.parameters
        self._points.note(entry, times.dts)
        if self.file is not None and self._begins_file(entry, times.dts, arrived, has_changed=has_changed):
            self._close(times.dts - times.hole)
            self._check_drift(times.dts)
        if has_changed:
            self._note_sets(known)
        if self.file is None:
            if self._format.is_late:
                sent, template = bytes(packet), self._format.template
                self._format = format_of(sent, template, known, has_changed=self._format.has_changed)
            self._open(times.dts, arrived, entry)
            has_changed = False  # the header has them all
        assert self.file is not None
        self._require_key_picture(arrived)
        packet.is_keyframe = entry > Entry.NONE
        self.file.write(packet, times.pts, times.dts, repeats_sets=bool(sets) and not has_changed)
        self._end = times.dts + frame

    def _begins_file(self, entry: Entry, at: int, arrived: float, *, has_changed: bool) -> bool:
        """Whether the file under way ends before a picture."""
        if entry >= Entry.OPEN and (has_changed or self._file_entry is Entry.NONE):
            return True
        if entry is Entry.NONE:  # such a camera gives none if it is asked anew either
            return self._began_without_key and self._is_overdue(arrived)
        return at >= self._due and not self._points.promise_better(
            entry, at, self._due + round(_CLOSED_SECONDS * self._rate)
        )

    def _examined(self, packet: Picture) -> bytes:
        """The bytes that tell what a picture is: its first ones, unless it may be a key picture."""
        if packet.size <= _HEAD_BYTES:
            return bytes(packet)
        head = bytes(memoryview(packet)[:_HEAD_BYTES])
        is_enough = holds_picture(head, is_h265=self._is_h265) and entry_of(head, is_h265=self._is_h265) is Entry.NONE
        return head if is_enough else bytes(packet)

    def _entry(self, packet: Picture, data: bytes) -> Entry:
        entry = entry_of(data, is_h265=self._is_h265)
        return Entry.GRADUAL if packet.is_keyframe and entry < Entry.GRADUAL else entry

    def _sets_of(self, data: bytes) -> ParameterSets:
        return parameter_sets(data, is_h265=self._is_h265)

    def _note_sets(self, known: ParameterSets) -> None:
        """Other sets hold from now on: in the header of the file to come, or in the picture, where none can begin."""
        if sum(map(len, known.values())) > _MOST_SET_BYTES:
            detail = f"more than {_MOST_SET_BYTES >> 10} kB of parameter sets"
            raise CameraOversized(camera=self._task.camera.id, detail=detail)
        is_in_picture = self.file is not None
        self._format = self._format.with_sets(known, has_changed=is_in_picture or self._format.has_changed)

    def _is_ahead(self, arrived: float, media: float) -> bool:
        """Whether a picture came before its time, because the camera's clock leapt."""
        zero = self._zero if self._zero is not None else self._anchoring.earliest
        return zero is not None and zero + media > arrived + _MAX_LEAP_SECONDS

    def close(self) -> None:
        """Close the file under way after its last picture."""
        self._close(self._end)

    def abandon(self) -> None:
        """Leave the file under way as it is."""
        if self.file is not None:
            file, self.file = self.file, None
            file.abandon()

    def _fix_anchor(self) -> None:
        zero = self._anchoring.earliest
        if zero is not None and self._zero is None:
            self._zero = zero
            self._post(self._listener.anchored, self._wall(zero))

    def _check_drift(self, at: int) -> None:
        """Between two segments, check whether media time still matches the clock."""
        if self._zero is None or (at - self._drift_checked_at) < DRIFT_CHECK_SECONDS * self._rate:
            return
        self._drift_checked_at = at
        earliest, self._anchoring.earliest = self._anchoring.earliest, None
        drift = abs(earliest - self._zero) if earliest is not None else 0.0
        if drift > _MAX_LEAP_SECONDS:
            raise TimesBroken
        if earliest is None or drift <= _MAX_DRIFT_SECONDS:
            return
        if self.successor is not None:
            self._succeed(at, earliest)
        elif not self._wants_successor:
            self._wants_successor = True
            self._post(self._listener.drifted)

    def _succeed(self, at: int, zero: float) -> None:
        assert self.successor is not None
        self._run, self.successor, self._wants_successor = self.successor, None, False
        self._base, self._index, self._zero = at, 0, zero
        self._post(self._listener.succeeded, self._wall(zero + at / self._rate))

    def _wall(self, monotonic: float) -> datetime:
        return self._clock.now() - timedelta(seconds=self._clock.monotonic() - monotonic)

    def _require_key_picture(self, arrived: float) -> None:
        """Raise KeyPictureMissing when the file could not be closed for long, by our clock: times may stand still."""
        if self._is_overdue(arrived):
            raise KeyPictureMissing(camera=self._task.camera.id, seconds=f"{arrived - self._opened_at:.0f}")

    def _is_overdue(self, arrived: float) -> bool:
        return arrived - self._opened_at > self._task.segment.total_seconds() + _KEY_PICTURE_SECONDS

    def _open(self, at: int, arrived: float, entry: Entry) -> None:
        self._opened_at, self._file_entry = arrived, entry
        path = self._task.directory / file_name(self._run, self._index)
        self.file = SegmentFile(path, self._format, self._tick, self._disk)
        self._index, self._start = self._index + 1, at
        length, early = round(self._task.segment.total_seconds() * self._rate), round(_EARLY_SECONDS * self._rate)
        self._due = ((at + early) // length + 1) * length - early

    def _close(self, end: int) -> None:
        """Close the file at `end` and hand it over."""
        if self.file is None:
            return
        file, self.file = self.file, None
        written = file.close(end)
        self._fix_anchor()
        holes, self._holes = [(self._since(start), self._since(stop)) for start, stop in self._holes], []
        until = written.until if written.until is not None else self._start
        self._post(
            self._listener.closed, ClosedFile(written, self._since(self._start), self._since(until), tuple(holes))
        )

    def _since(self, ticks: int) -> timedelta:
        return timedelta(seconds=(ticks - self._base) / self._rate)


@dataclass(slots=True)
class Anchoring:
    """The arrivals of a run's pictures, in seconds of the monotonic clock."""

    earliest: float | None = None  # of all starts that arrivals gave; None before any

    def hear(self, arrived: float, media: float) -> None:
        """Note the arrival of the picture at a media time in seconds; those of a burst are late and do no harm."""
        start = arrived - media
        if self.earliest is None or start < self.earliest:
            self.earliest = start


def segment_span(anchor: datetime, start: timedelta, end: timedelta) -> Span:
    """The span of a segment between two media times; one that holds a single frame still has a length."""
    return Span(anchor + start, anchor + max(end, start + _MIN_SPAN))


def file_name(run: int, index: int) -> str:
    """The name of a run's file; `cctv.footage.layout` parses it."""
    return f"run{run}-{index:06d}.mp4"
