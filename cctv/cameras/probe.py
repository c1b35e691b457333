"""Asking a camera what it sends: codec, picture size, frame rate, sound.

Looks at the stream for a moment and keeps nothing of it.  Always ends: a camera that hangs costs the time given.

Why ffmpeg ended: from what it printed to one of the errors of cameras.

Pure.  Owns the knowledge of its messages (ffmpeg 5.1).  Never repeats a line that still holds a credential.

How far apart a camera's key frames are: the least that a lost connection costs, and where segments can be cut.

Looks at the stream until the second key frame and keeps nothing of it.  Decodes nothing.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from time import monotonic

import av.error
from av.container import InputContainer

from cctv.cameras.commands import packet_list_command
from cctv.cameras.errors import (
    CameraClosed,
    CameraDown,
    CameraFailed,
    CameraRefused,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
    StreamUnknown,
)
from cctv.cameras.rtsp import StreamAddress, connect, fault_of
from cctv.config.schema import CameraSettings
from cctv.core.process import last_lines, start_process
from cctv.footage.media import describe

_UNREACHABLE = {
    "Failed to resolve hostname": "the name is not known",
    "No route to host": "no route to it",
    "Network is unreachable": "the network is unreachable",
    "Host is unreachable": "it does not answer",
    "Connection timed out": "it does not answer",
    "Operation timed out": "it does not answer",
    "Connection reset by peer": "it broke the connection off",
}
# The timeout of ffmpeg's RTSP ends in this message, or in none and status 0
# (docs/decisions/0002-one-recorder-process.md).
_SILENT = ("Invalid data found when processing input", "Immediate exit requested")


def diagnose(camera: CameraSettings, address: StreamAddress, stderr: bytes, *, waited: float) -> CameraDown:
    """The error that a child's stderr stands for; `waited` is how long the camera was given, in seconds."""
    said = stderr.decode("utf-8", "replace")
    named = {"camera": camera.id, "address": address.url}
    if "401 Unauthorized" in said or "403 Forbidden" in said:
        return CameraUnauthorised(**named, credential=camera.credential or "(none is named)")
    if "404 Not Found" in said or "454 Session Not Found" in said:
        return StreamUnknown(**named)
    if "Connection refused" in said:
        return CameraRefused(**named)
    for sign, detail in _UNREACHABLE.items():
        if sign in said:
            return CameraUnreachable(**named, detail=detail)
    if any(sign in said for sign in _SILENT):
        return CameraSilent(**named, seconds=f"{waited:.0f}")
    if "Server returned 5XX" in said:  # 503 from many a camera that has all the viewers it can serve
        return CameraFailed(camera=camera.id, detail="it answers with a server error (too many viewers, perhaps)")
    if not said.strip():
        return CameraClosed(**named)
    return CameraFailed(camera=camera.id, detail=last_lines(stderr, 1).removeprefix("pipe:0: ").rstrip("."))


GOP_SECONDS = timedelta(seconds=12)


def measure_gop(address: StreamAddress, *, patience: timedelta = GOP_SECONDS) -> timedelta | None:
    """The time between two key frames; None where no second one came in time.  Blocks for `patience` at the most."""
    child = start_process(packet_list_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    alarm = threading.Timer(patience.total_seconds(), child.kill)
    with child:
        alarm.start()
        try:
            child.stdin.write(address.script(timeout=patience))
            child.stdin.close()
            return key_frame_distance(line.decode() for line in child.stdout)
        except BrokenPipeError:
            return None
        finally:
            alarm.cancel()
            child.kill()


def key_frame_distance(lines: Iterable[str]) -> timedelta | None:
    """From ffmpeg's list of packets as it comes: the time between the first two key frames.  Pure."""
    unit, first = Fraction(0), None
    for line in lines:
        if line.startswith("#tb 0:"):
            unit = Fraction(line.removeprefix("#tb 0:").strip())
        if line.startswith("#") or "F=0x" in line:  # a key frame is a packet without that mark
            continue
        shown = int(line.split(",")[2])
        if first is not None and shown > first:
            return timedelta(microseconds=round((shown - first) * unit * 1_000_000))
        first = shown if first is None else first
    return None


PATIENCE = timedelta(seconds=12)  # a GOP of 10 s and the handshake
_PACKETS = 40  # enough for a frame rate, as a camera counts it


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a camera sends.  `fps` is None where too little came to tell; `sound` is a codec, None without sound."""

    codec: str
    width: int
    height: int
    fps: float | None
    sound: str | None


def probe_camera(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = PATIENCE) -> StreamFacts:
    """Look at the stream; raises CameraDown.

    Blocks for `patience` until the format is known, and as long again for the packets that tell the frame rate.
    """
    options = address.options(video_only=False, timeout=patience)
    with connect(camera, address, options, opening=patience, reading=patience) as container:
        media = describe(container)
        if media is None:
            raise CameraFailed(camera=camera.id, detail="its stream has no picture in it")
        try:
            times = _times(container, monotonic() + patience.total_seconds())
        except (av.error.FFmpegError, OSError) as error:
            raise fault_of(camera, address, error, patience) from error
    if not times:
        raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{patience.total_seconds():.0f}")
    return StreamFacts(media.codec, media.width, media.height, _rate(times), media.sound)


def _times(container: InputContainer, ends_at: float) -> list[float]:
    """Seconds of the pictures among the first packets, as many as came until an instant of the monotonic clock."""
    video, times = container.streams.video[0], []
    for number, packet in enumerate(container.demux(), 1):
        if packet.stream is video and packet.size and packet.pts is not None and packet.time_base:
            times.append(float(packet.pts * packet.time_base))
        if number >= _PACKETS or monotonic() >= ends_at:
            break
    return times


def _rate(times: Sequence[float]) -> float | None:
    """Frames a second over the packets seen; the median step, since the first ones come in a burst."""
    steps = sorted(later - earlier for earlier, later in pairwise(sorted(times)))
    if len(steps) < 4 or steps[len(steps) // 2] <= 0:
        return None
    return float(Fraction(1 / steps[len(steps) // 2]).limit_denominator(100))
