"""Writing video: the redacted picture as H.264, the mask as FFV1.

Owns the encoding ffmpeg.  Frames keep the times that they are given.  Never writes sound, metadata, chapters or the
encoder's name, and never leaves a file behind that it did not finish.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from subprocess import PIPE
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from cctv.kernel import process
from cctv.redaction.errors import RenderFailed
from cctv.redaction.geometry import Size
from cctv.redaction.matroska import frame_head, header
from cctv.redaction.planes import Planes, widen

CRF = 20
PRESET = "veryfast"
_CLEAN = ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
_CLEAN += ["-metadata:s:v:0", "encoder= "]  # else ffmpeg writes its own name there


@dataclass(frozen=True, slots=True)
class Picture:
    """How the output's picture is described."""

    size: Size  # as displayed; may be odd
    aspect: Fraction = Fraction(1)  # of one pixel
    colour: tuple[tuple[str, str], ...] = ()  # ffmpeg options


class VideoWriter:
    """Encodes pictures to `path` until closed; on any error the file is removed.  Use as a context manager.

    `times` are microseconds, one for each picture, rising from 0 or later.
    """

    def __init__(self, path: Path, command: Sequence[str], head: bytes, times: Sequence[int]) -> None:
        self.path = path
        self.count = 0
        self._times = times
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._child = process.start(command, stdin=PIPE, stderr=self._complaints)
        assert self._child.stdin is not None
        widen(self._child.stdin)
        self._send(head)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
            else:
                self._abandon()
        finally:
            self._complaints.close()

    def write(self, *planes: NDArray[np.uint8]) -> None:
        """Encode the next picture from its planes.  Raises RenderFailed."""
        time = self._times[self.count]
        last = self.count + 1 == len(self._times)
        before = self._times[self.count - 1] if self.count else time - 40_000
        duration = time - before if last else self._times[self.count + 1] - time
        self._send(frame_head(time, duration, sum(plane.size for plane in planes)))
        for plane in planes:
            self._send(np.ascontiguousarray(plane).data.cast("B"))
        self.count += 1

    def _send(self, data: bytes | memoryview) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(data)
        except BrokenPipeError as error:
            self._child.wait()
            raise self._failure() from error

    def _finish(self) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.close()
        except BrokenPipeError:
            self._child.wait()
        if self._child.wait() != 0:
            failure = self._failure()
            self._abandon()
            raise failure

    def _abandon(self) -> None:
        assert self._child.stdin is not None
        self._child.kill()
        self._child.wait()
        try:
            self._child.stdin.close()
        except BrokenPipeError:
            pass  # the child was ended on purpose; what it had not read is of no use
        finally:
            self.path.unlink(missing_ok=True)

    def _failure(self) -> RenderFailed:
        self._complaints.seek(0)
        return RenderFailed(path=self.path, problem=process.last_lines(self._complaints.read()))


def write_planes(writer: VideoWriter, planes: Planes) -> None:
    """Encode one yuv420p picture."""
    writer.write(planes.y, planes.u, planes.v)


def h264_writer(path: Path, picture: Picture, times: Sequence[int]) -> VideoWriter:
    """H.264 in MP4 with the index first.

    yuv420p for even sizes; yuv444p for odd ones, which 4:2:0 cannot express (chroma is repeated, not blended, so that
    no colour crosses the edge of a hidden block).
    """
    even = picture.size.even()
    filters = [f"setsar={picture.aspect.numerator}/{picture.aspect.denominator}"]
    layout = "yuv420p"
    if even != picture.size:
        layout = "yuv444p"
        crop = f"crop={picture.size.width}:{picture.size.height}:0:0:exact=1"
        filters = ["scale=flags=neighbor", f"format={layout}", crop, *filters]
    command = [*_reading(), "-vf", ",".join(filters), "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF)]
    command += ["-pix_fmt", layout, *(word for pair in picture.colour for word in pair)]
    command += ["-enc_time_base", "1:90000", "-video_track_timescale", "90000", "-bsf:v", _bitstream(times)]
    command += [*_CLEAN, "-movflags", "+faststart", "-f", "mp4", "-y", f"file:{path}"]
    return VideoWriter(path, command, header(even, b"I420"), times)


def _bitstream(times: Sequence[int]) -> str:
    """Without the encoder's note, and with a duration for each packet.

    ffmpeg 5.1 gives x264's packets none, and then ends the track at the last frame's time, so that players skip it
    wherever frames were reordered.
    """
    last = times[-1] - times[-2] if len(times) > 1 else 40_000
    return f"filter_units=remove_types=6,setts=pts=PTS:dts=DTS:duration={max(1, round(last * 0.09))}"


def mask_writer(path: Path, size: Size, times: Sequence[int]) -> VideoWriter:
    """FFV1 in Matroska, 8-bit gray, each frame a key frame with checksums."""
    command = [*_reading(), "-c:v", "ffv1", "-level", "3", "-g", "1", "-slicecrc", "1", "-pix_fmt", "gray"]
    command += [*_CLEAN, "-f", "matroska", "-y", f"file:{path}"]
    return VideoWriter(path, command, header(size, b"Y800"), times)


def _reading() -> list[str]:
    """ffmpeg that reads the pipe; times pass through untouched."""
    return [
        *("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-copyts", "-f", "matroska", "-i", "pipe:0"),
        *("-map", "0:v:0", "-an", "-sn", "-dn", "-fps_mode", "passthrough"),
    ]
