"""Reading footage: what a file contains, and its pictures in order.

Turns a probe and decoded pictures into `Stream`, `Clip` and `Reading`.  Every frame comes out once, in presentation
order, as displayed (rotation applied), with its own time, and with its camera's privacy masks covered: no other module
sees what they hide.  Never repairs, repeats, drops or guesses a frame; what cannot be decoded raises SourceUnreadable.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from math import atan2, degrees, hypot
from pathlib import Path
from types import TracebackType

from cctv.config.fields import Polygon
from cctv.core.i18n import N_
from cctv.core.process import available_memory
from cctv.footage.media import MAX_PIXELS, Media, MediaUnreadable, NoVideo, probe
from cctv.redaction.errors import InputMissing, MemoryShort, SourceUnreadable
from cctv.redaction.render.privacy_masks import MaskedArea, masked_area
from cctv.redaction.video.decoder import Decoder, Undecodable
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.parallel import prefetch
from cctv.redaction.video.yuv import Plane, Planes

log = logging.getLogger(__name__)

_ANOTHER_COPY = N_("copy the file from its source again, or leave it out of the redaction.")
_MEMORY_BYTES, _MEMORY_PER_PIXEL_BYTES = 210_000_000, 190
_DETECTOR_BYTES, _MOST_DETECTORS = 60_000_000, 4  # of the search for people; the second witness has half as many
_REPEATED_TIME_US = 100  # microseconds by which a frame that repeats its predecessor's time follows it


@dataclass(frozen=True, slots=True)
class Stream:
    """A file's video as redaction reads it."""

    path: Path
    size: Size  # as displayed, rotation applied; stored pixels, whatever their aspect
    aspect: Fraction  # of one pixel (SAR); 1 when unknown
    rate: Fraction  # nominal frames a second; only for a stream that carries no times, and for estimates
    frames_estimate: int  # 0 when unknown
    frames_declared: int | None  # frames that the container vows to hold, where that is exact (AVI)
    colour: tuple[tuple[str, str], ...]  # ffmpeg options that carry the colour description on
    turn: tuple[str, ...] = ()  # filters that turn the picture as it is displayed
    further_videos: int = 0  # in the file, and not read


@dataclass(frozen=True, slots=True)
class ClipPart:
    """One file of a clip and where its first frame stands on the clip's time line, in microseconds.

    Of a part with a `window`, only the frames count whose time on that line lies in `[from, to)`: they alone come out,
    and are numbered; the others are decoded and dropped.
    """

    stream: Stream
    starts_at: int | None  # None: straight after the part before, or at its own time when it is the first
    window: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Clip:
    """Files of one camera, read as one sequence whose frame numbers continue.  At least one; all of one size.

    `masks` are polygons in percent of the picture that every reading covers.
    """

    parts: tuple[ClipPart, ...]
    masks: tuple[Polygon, ...] = ()

    @property
    def size(self) -> Size:
        """The size of every picture, as displayed."""
        return self.parts[0].stream.size

    @property
    def masked(self) -> MaskedArea | None:
        """The pixels that the masks hide; None without masks."""
        return masked_area(self.masks, self.size)

    @property
    def path(self) -> Path:
        """The first file: what messages name."""
        return self.parts[0].stream.path

    def within(self, start: int, end: int) -> Clip:
        """The same, of which only frames at `[start, end)` microseconds of its time line come out."""
        return replace(self, parts=tuple(replace(part, window=(start, end)) for part in self.parts))

    @property
    def frames_estimate(self) -> int:
        """About how many frames to expect; 0 when unknown."""
        return sum(part.stream.frames_estimate for part in self.parts)


def stream_of(path: Path) -> Stream:
    """The video of a file.  Raises InputMissing (2) when there is none, SourceUnreadable (15) when it is no video."""
    if not path.is_file():
        raise InputMissing(path=path, problem=N_("it is not a file") if path.exists() else N_("it does not exist"))
    try:
        media = probe(path)
    except NoVideo as error:
        raise SourceUnreadable(
            path=path, problem=N_("it holds no video"), following=N_("give a file with a picture.")
        ) from error
    except MediaUnreadable as error:
        raise SourceUnreadable(
            path=path, problem=N_("it is no video ({error})", error=error), following=_ANOTHER_COPY
        ) from error
    return _stream(path, media)


def clip_of(paths: Sequence[Path], starts_at: Sequence[int] | None = None) -> Clip:
    """The files as one clip.  `starts_at` gives each file's first time in microseconds; without it they follow on.

    Raises InputMissing, SourceUnreadable (also when the sizes differ).
    """
    streams = [stream_of(path) for path in paths]
    for stream in streams[1:]:
        if stream.size != streams[0].size:
            raise SourceUnreadable(
                path=stream.path,
                problem=N_(
                    "its picture is {size}, the one before is {before}", size=stream.size, before=streams[0].size
                ),
                following=N_("redact the files before and after the change of size apart."),
            )
    starts: Sequence[int | None] = starts_at if starts_at is not None else [None] * len(streams)
    return Clip(tuple(ClipPart(stream, start) for stream, start in zip(streams, starts, strict=True)))


class Reading:
    """One pass over a clip: iterate over it for the pictures, then ask for `times`."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.times: list[int] = []
        """Microseconds of each frame, rising; complete when the pass has ended."""
        self.lost = 0
        """Pictures that no decoder can show, as the file before is gone whose pictures they refer to."""

    def __iter__(self) -> Iterator[Planes]:
        """Every picture, padded to an even size.  Raises SourceUnreadable at the first that cannot be decoded.

        Yields nothing when no picture lies in the windows.
        """
        masked = self.clip.masked
        for part in self.clip.parts:
            own: list[int] = []
            lost: list[int] = []
            with closing(prefetch(_decode(part, own, lost))) as pictures:
                for planes in pictures:
                    yield masked.covered(planes) if masked is not None else planes
            self.lost += sum(lost)
            if own:
                self.times.extend(self._placed(part, own))

    def _placed(self, part: ClipPart, own: list[int]) -> list[int]:
        """The times of a part's frames on the clip's line; those of a part with a window stand on it already."""
        if part.window is not None:
            shift = 0
        elif part.starts_at is not None:
            shift = part.starts_at - own[0]
        elif self.times:
            step = self.times[-1] - self.times[-2] if len(self.times) > 1 else round(1e6 / part.stream.rate)
            shift = self.times[-1] + step - own[0]
        else:
            shift = -own[0]  # a late start would be an empty edit in MP4, which players show as a still or as black
        placed = [time + shift for time in own]
        if self.times and placed[0] <= self.times[-1]:
            raise SourceUnreadable(
                path=part.stream.path,
                problem=N_("it starts before the file that comes before it ends"),
                following=N_("give the files in order of time."),
            )
        return placed


class HalfSizeAgain:
    """The half-size pictures of a clip, some of them, decoded again while their numbers rise.  A context manager."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._pictures = _decoded(clip)
        self._next = 0

    def __enter__(self) -> HalfSizeAgain:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pictures.close()

    def __call__(self, first: int, count: int) -> Iterator[Plane]:
        """So many pictures from one on, (3, height/2, width/2) uint8 each; raises SourceUnreadable."""
        while self._next < first + count:
            planes = next(self._pictures, None)
            if planes is None:
                raise shorter(self._clip)
            self._next += 1
            if self._next > first:
                yield planes.stacked()


def shorter(clip: Clip) -> SourceUnreadable:
    """A clip that ends before it did when it was read first."""
    return SourceUnreadable(
        path=clip.path,
        problem=N_("it holds fewer pictures than when it was first read"),
        following=N_("run the command again when nothing changes the file."),
    )


def _decoded(clip: Clip) -> Generator[Planes, None, None]:
    yield from Reading(clip)


def _stream(path: Path, media: Media) -> Stream:
    width, height = media.width, media.height
    if width < 1 or height < 1:
        raise SourceUnreadable(path=path, problem=N_("its picture has no size"), following=_ANOTHER_COPY)
    if width * height > MAX_PIXELS:
        problem = N_("its picture of {width} x {height} is larger than any camera's", width=width, height=height)
        raise SourceUnreadable(path=path, problem=problem, following=_ANOTHER_COPY)
    if media.display_matrix is not None and _clockwise(media.display_matrix) % 180 == 90:
        width, height = height, width
    rate = media.frame_rate or Fraction(25)
    seconds = media.declared_duration.total_seconds() if media.declared_duration is not None else 0
    estimate = media.declared_frames or round(seconds * rate)
    exact = media.declared_frames if media.container == "avi" else None
    turn = _turn(media.display_matrix) if media.display_matrix is not None else ()
    size, aspect = Size(width, height), media.pixel_aspect
    return Stream(path, size, aspect, rate, estimate, exact, media.colour, turn, media.further_videos)


def needed_memory(size: Size) -> int:
    """Bytes that a redaction takes for pictures of a size, at the most, whatever the length of the clip.

    Measured on two cores: 384 MB at 384 x 288, 458 at 768 x 576, 651 at 1920 x 1080, 1,929 at 3840 x 2160;
    3,444 for ten pictures of 7680 x 4320, which hold fewer of them at once than a clip does.
    """
    searching = min(os.cpu_count() or 1, _MOST_DETECTORS)
    detectors = searching + max(searching // 2, 1)
    return _MEMORY_BYTES + _DETECTOR_BYTES * detectors + _MEMORY_PER_PIXEL_BYTES * size.width * size.height


def require_memory(clip: Clip) -> None:
    """Raises MemoryShort before anything is decoded where the machine does not have what a redaction takes."""
    needed, free = needed_memory(clip.size), available_memory()
    if free is not None and needed > free:
        size = size_text(clip.size)
        raise MemoryShort(path=clip.path, size=size, needed=needed // 1_000_000, free=free // 1_000_000)


def size_text(size: Size) -> str:
    """`1920 x 1080`."""
    return f"{size.width} x {size.height}"


def _clockwise(matrix: tuple[int, ...]) -> int:
    """Degrees from 0 to 359 by which a display matrix turns a picture."""
    a, b, _, c, d, *_ = matrix
    across, down = hypot(a, c), hypot(b, d)
    return round(degrees(atan2(b / down, a / across))) % 360 if across and down else 0


def _turn(matrix: tuple[int, ...]) -> tuple[str, ...]:
    """The filters that turn the picture as it is to be displayed: those that ffmpeg 5.1 sets up by itself."""
    a, _, _, c, d, *_ = matrix
    clockwise = _clockwise(matrix)
    if clockwise == 90:
        return ("transpose=cclock_flip" if c > 0 else "transpose=clock",)
    if clockwise == 270:
        return ("transpose=clock_flip" if c < 0 else "transpose=cclock",)
    if clockwise == 180:
        return (*(("hflip",) if a < 0 else ()), *(("vflip",) if d < 0 else ()))
    if clockwise:
        return (f"rotate={clockwise}*PI/180",)
    return ("vflip",) if d < 0 else ()


def _decode(part: ClipPart, times: list[int], lost: list[int]) -> Iterator[Planes]:
    """Pictures of one file, of its window if it has one; fills `times` (microseconds) and `lost` at the end.

    Raises SourceUnreadable.
    """
    stream = part.stream
    decoded_times: list[int | None] = []
    try:
        with Decoder(stream.path, stream.size.even(), stream.turn, is_alone=part.starts_at is None) as decoder:
            first = decoder.starts_at
            for planes, time in decoder:
                decoded_times.append(time)
                first = time if first is None else first
                if part.window is None or _inside(part, first, time):
                    yield planes
            if decoder.lost:
                log.warning("picture.undecodable", extra={"segment": stream.path.name, "frames": decoder.lost})
                lost.append(decoder.lost)
    except Undecodable as error:
        problem = N_("frame {frame} or one near it cannot be decoded ({error})", frame=len(decoded_times), error=error)
        raise SourceUnreadable(path=stream.path, problem=problem, following=_ANOTHER_COPY) from error
    _check(stream, len(decoded_times))
    times.extend(_frame_times(part, decoded_times, first))


def _check(stream: Stream, count: int) -> None:
    """Raises SourceUnreadable unless all of a file's frames, `count` of them, were decoded."""
    problem = None
    if count == 0:
        problem = N_("it holds no frame")
    elif stream.frames_declared is not None and count < stream.frames_declared:
        problem = N_(
            "it breaks off after {count} of {declared} frames",
            count=count,
            declared=stream.frames_declared,
        )
    if problem is not None:
        raise SourceUnreadable(path=stream.path, problem=problem, following=_ANOTHER_COPY)


def _inside(part: ClipPart, first: int | None, time: int | None) -> bool:
    """Whether a frame lies in the part's window; `first` is the time of the file's first frame, decoded or not."""
    assert part.window is not None
    if first is None or time is None:
        problem = N_("its pictures carry no times, so none can be left out")
        raise SourceUnreadable(path=part.stream.path, problem=problem, following=_ANOTHER_COPY)
    return part.window[0] <= time - first + (part.starts_at or 0) < part.window[1]


def _frame_times(part: ClipPart, decoded_times: Sequence[int | None], first: int | None) -> list[int]:
    """The times of a file's frames, or of those in its window, on the clip's line then; `first` as for `_inside`."""
    if None in decoded_times and part.window is None:
        return [round(index * 1_000_000 / part.stream.rate) for index in range(len(decoded_times))]
    present_times = [time for time in decoded_times if time is not None]
    if part.window is not None:
        present_times = [
            time - (first or 0) + (part.starts_at or 0) for time in present_times if _inside(part, first, time)
        ]
    times: list[int] = []
    for time in present_times:
        if times and time < times[-1] - _REPEATED_TIME_US:
            problem = N_("frame {frame} lies before the frame that it follows", frame=len(times))
            raise SourceUnreadable(path=part.stream.path, problem=problem, following=_ANOTHER_COPY)
        times.append(max(time, times[-1] + _REPEATED_TIME_US) if times else time)
    return times
