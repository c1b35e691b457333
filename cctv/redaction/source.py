"""Reading footage: what a file holds, and its pictures one by one.

Owns ffprobe and the decoding ffmpeg.  Every frame comes out once, in presentation order, as displayed (rotation
applied), with its own time, and with its camera's static masks covered: no other module sees what they hide.  Never
repairs, repeats, drops or guesses a frame: what cannot be decoded is refused.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from subprocess import PIPE
from typing import IO

import numpy as np

from cctv.config.values import Polygon
from cctv.kernel import process
from cctv.kernel.errors import ToolFailed
from cctv.redaction.errors import InputMissing, SourceUnreadable
from cctv.redaction.geometry import Size
from cctv.redaction.masks import MaskedArea, masked_area
from cctv.redaction.planes import Planes, frame_bytes, from_buffer, widen

_PTS = re.compile(rb"pts:(-?\d+|NOPTS)")
_ANOTHER_COPY = "copy the file from its source again, or leave it out of the redaction."
_LATE_START = 60_000_000  # microseconds; a later first time is a camera's clock, and players would wait for it
_SAME_TIME = 100  # microseconds by which a frame that repeats its predecessor's time follows it


@dataclass(frozen=True, slots=True)
class Stream:
    """What ffprobe says of a file's video."""

    path: Path
    size: Size  # as displayed, rotation applied; stored pixels, whatever their aspect
    aspect: Fraction  # of one pixel (SAR); 1 when unknown
    rate: Fraction  # nominal frames a second; only for a stream that carries no times, and for estimates
    frames_estimate: int  # 0 when unknown
    frames_declared: int | None  # frames that the container vows to hold, where that is exact (AVI)
    colour: tuple[tuple[str, str], ...]  # ffmpeg options that carry the colour description on


@dataclass(frozen=True, slots=True)
class Part:
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

    parts: tuple[Part, ...]
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


def probe(path: Path) -> Stream:
    """What a file holds.  Raises InputMissing (2) when there is none, SourceUnreadable (15) when it is no video."""
    if not path.is_file():
        raise InputMissing(path=path, problem="it is not a file" if path.exists() else "it does not exist")
    entries = (
        "stream=width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,nb_frames,duration,color_range,color_space"
        ",color_primaries,color_transfer:stream_side_data=rotation:stream_tags=rotate:format=format_name,duration"
    )
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "json", "-i"]
    try:
        found = json.loads(process.run([*command, f"file:{path}"], timeout=60))
    except (ToolFailed, ValueError) as error:
        raise SourceUnreadable(path=path, problem=f"it is no video ({error})", following=_ANOTHER_COPY) from error
    if not found.get("streams"):
        raise SourceUnreadable(path=path, problem="it holds no video", following="give a file with a picture.")
    return _stream(path, found["streams"][0], found.get("format", {}))


def clip_of(paths: Sequence[Path], starts_at: Sequence[int] | None = None) -> Clip:
    """The files as one clip.  `starts_at` gives each file's first time in microseconds; without it they follow on.

    Raises InputMissing, SourceUnreadable (also when the sizes differ).
    """
    streams = [probe(path) for path in paths]
    for stream in streams[1:]:
        if stream.size != streams[0].size:
            raise SourceUnreadable(
                path=stream.path,
                problem=f"its picture is {stream.size}, the one before is {streams[0].size}",
                following="redact the files before and after the change of size apart.",
            )
    starts: Sequence[int | None] = starts_at if starts_at is not None else [None] * len(streams)
    return Clip(tuple(Part(stream, start) for stream, start in zip(streams, starts, strict=True)))


class Reading:
    """One pass over a clip: iterate over it for the pictures, then ask for `times`."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.times: list[int] = []
        """Microseconds of each frame, rising; complete when the pass has ended."""

    def __iter__(self) -> Iterator[Planes]:
        """Every picture, padded to an even size.  Raises SourceUnreadable at the first that cannot be decoded.

        Yields nothing when no picture lies in the windows.
        """
        masked = self.clip.masked
        for part in self.clip.parts:
            own: list[int] = []
            for planes in _decode(part, own):
                if masked is not None:
                    masked.cover(planes)
                yield planes
            if own:
                self.times.extend(self._placed(part, own))

    def _placed(self, part: Part, own: list[int]) -> list[int]:
        """The times of a part's frames on the clip's line; those of a part with a window stand on it already."""
        if part.window is not None:
            shift = 0
        elif part.starts_at is not None:
            shift = part.starts_at - own[0]
        elif self.times:
            step = self.times[-1] - self.times[-2] if len(self.times) > 1 else round(1e6 / part.stream.rate)
            shift = self.times[-1] + step - own[0]
        else:
            shift = 0 if 0 <= own[0] < _LATE_START else -own[0]
        placed = [time + shift for time in own]
        if self.times and placed[0] <= self.times[-1]:
            raise SourceUnreadable(
                path=part.stream.path,
                problem="it starts before the file that comes before it ends",
                following="give the files in order of time.",
            )
        return placed


def _stream(path: Path, found: dict[str, object], container: dict[str, object]) -> Stream:
    width, height = int(str(found.get("width", 0))), int(str(found.get("height", 0)))
    if width < 1 or height < 1:
        raise SourceUnreadable(path=path, problem="its picture has no size", following=_ANOTHER_COPY)
    if _rotation(found) % 180 == 90:
        width, height = height, width
    rate = _fraction(found.get("avg_frame_rate")) or _fraction(found.get("r_frame_rate")) or Fraction(25)
    seconds = found.get("duration") or container.get("duration") or 0
    declared = str(found.get("nb_frames", ""))
    exact = int(declared) if declared.isdigit() and container.get("format_name") == "avi" else None
    aspect = _fraction(str(found.get("sample_aspect_ratio", "")).replace(":", "/")) or Fraction(1)
    options = {"-colorspace": "color_space", "-color_primaries": "color_primaries", "-color_trc": "color_transfer"}
    colour = tuple(
        (option, str(found[key])) for option, key in options.items() if found.get(key, "unknown") != "unknown"
    )
    estimate = int(declared) if declared.isdigit() else round(float(str(seconds)) * rate)
    return Stream(path, Size(width, height), aspect, rate, estimate, exact, colour)


def _rotation(found: dict[str, object]) -> int:
    side, tags = found.get("side_data_list"), found.get("tags")
    if isinstance(side, list):
        for entry in side:
            if isinstance(entry, dict) and "rotation" in entry:
                return round(float(entry["rotation"]))
    return round(float(tags.get("rotate", 0))) if isinstance(tags, dict) else 0


def _fraction(value: object) -> Fraction | None:
    try:
        found = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return None
    return found if found > 0 else None


def _decode(part: Part, times: list[int]) -> Iterator[Planes]:
    """Pictures of one file, of its window if it has one; fills `times` (microseconds) at the end.

    Raises SourceUnreadable.
    """
    stream = part.stream
    size = stream.size.even()
    with tempfile.TemporaryFile() as clock, tempfile.TemporaryFile() as complaints:
        command = _decode_command(part, clock.fileno())
        child = process.start(command, stdout=PIPE, stderr=complaints, pass_fds=(clock.fileno(),))
        assert child.stdout is not None
        widen(child.stdout)
        count = 0
        try:
            while (buffer := _read_picture(child.stdout, frame_bytes(size), stream)) is not None:
                yield from_buffer(buffer, size)
                count += 1
            child.wait()
        finally:
            child.stdout.close()
            if child.poll() is None:
                child.kill()
            child.wait()
        found = _printed(clock)
        _check(stream, child.returncode, complaints, len(found) if part.window else count)
        times.extend(_frame_times(stream, found, count) if part.window is None else _times_within(part, found, count))


def _decode_command(part: Part, clock: int) -> list[str]:
    """ffmpeg that prints each frame's time to descriptor `clock` and each picture to stdout, padded to even sides.

    Of a part with a window every time is printed, and the pictures inside of it: `_times_within` compares the two.
    """
    stream = part.stream
    even = stream.size.even()
    filters = f"settb=AVTB,metadata=add:key=k:value=v,metadata=print:key=k:file=pipe\\\\:{clock}"
    if part.window is not None:
        first, last = (edge - (part.starts_at or 0) for edge in part.window)
        filters += f",select='gte(pts-start_pts,{first})*lt(pts-start_pts,{last})'"
    filters += ",settb=1/25,setpts=N"
    if even != stream.size:
        filters += f",pad={even.width}:{even.height}:0:0"
    strict = ["-xerror", "-err_detect", "explode", "-copyts"]
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-v", "error", *strict, "-i", f"file:{stream.path}"]
    command += ["-map", "0:v:0", "-an", "-sn", "-dn", "-vf", filters]
    command += ["-fps_mode", "passthrough", "-enc_time_base", "1:25"]  # one tick a frame: equal times are no error here
    return [*command, "-pix_fmt", "yuv420p", "-s", f"{even.width}x{even.height}", "-f", "rawvideo", "pipe:1"]


def _read_picture(pipe: IO[bytes], wanted: int, stream: Stream) -> np.ndarray[tuple[int], np.dtype[np.uint8]] | None:
    buffer = np.empty(wanted, np.uint8)
    view = buffer.data
    got = 0
    while got < wanted:
        more = pipe.readinto(view[got:])  # type: ignore[attr-defined]
        if not more:
            break
        got += more
    if got == 0:
        return None
    if got < wanted:
        raise SourceUnreadable(path=stream.path, problem="a picture broke off in the middle", following=_ANOTHER_COPY)
    return buffer


def _check(stream: Stream, status: int, complaints: IO[bytes], count: int) -> None:
    """Raises SourceUnreadable unless all of a file's frames, `count` of them, were decoded without complaint."""
    complaints.seek(0)
    said = complaints.read()
    problem = None
    if status != 0 or said.strip():
        problem = f"frame {count} or one near it cannot be decoded ({process.last_lines(said)})"
    elif count == 0:
        problem = "it holds no frame"
    elif stream.frames_declared is not None and count < stream.frames_declared:
        problem = f"it breaks off after {count} of {stream.frames_declared} frames"
    if problem is not None:
        raise SourceUnreadable(path=stream.path, problem=problem, following=_ANOTHER_COPY)


def _printed(clock: IO[bytes]) -> list[bytes]:
    clock.seek(0)
    return _PTS.findall(clock.read())


def _times_within(part: Part, found: list[bytes], count: int) -> list[int]:
    """The times of the pictures in a part's window, on the clip's line; as many as came out of ffmpeg."""
    assert part.window is not None
    if b"NOPTS" in found:
        problem = "its pictures carry no times, so none can be left out"
        raise SourceUnreadable(path=part.stream.path, problem=problem, following=_ANOTHER_COPY)
    start, end = part.window
    placed = [int(time) - int(found[0]) + (part.starts_at or 0) for time in found]
    inside = [b"%d" % time for time in placed if start <= time < end]
    return _frame_times(part.stream, inside, count)


def _frame_times(stream: Stream, found: list[bytes], count: int) -> list[int]:
    if len(found) != count:
        problem = f"{count} pictures came with {len(found)} times"
        raise SourceUnreadable(path=stream.path, problem=problem, following=_ANOTHER_COPY)
    if b"NOPTS" in found:
        return [round(index * 1_000_000 / stream.rate) for index in range(count)]
    times: list[int] = []
    for text in found:
        time = int(text)
        if times and time < times[-1] - _SAME_TIME:
            problem = f"frame {len(times)} lies before the frame that it follows"
            raise SourceUnreadable(path=stream.path, problem=problem, following=_ANOTHER_COPY)
        times.append(max(time, times[-1] + _SAME_TIME) if times else time)
    return times
