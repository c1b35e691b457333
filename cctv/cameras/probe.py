"""What a camera sends: codec, picture size, frame rate, sound, and the distance of its key frames.

Reads the stream for a moment, decodes nothing and keeps nothing of it.  Always ends: a camera that hangs costs the time
limit.  And one coarse picture of what it sees, to aim it by: 32 columns of blocks, so that a person is a few blocks and
a face less than one.  ffmpeg reduces the picture before it leaves ffmpeg; a finer one never exists here.  Masks hide
every block they touch.

Also responsible for the ffmpeg commands that read a stream, and for the error that the stderr of such a command stands
for (ffmpeg 5.1).
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from time import monotonic
from typing import Any

import av.error
import cv2
import ffmpeg
import numpy as np
from av.container import InputContainer

from cctv.cameras.errors import (
    CameraClosed,
    CameraDown,
    CameraFailed,
    CameraSilent,
    CodecUnsupported,
    require_recordable,
)
from cctv.cameras.relay import Relay
from cctv.cameras.rtsp import PROTOCOLS, StreamAddress, connect, fault_of, options, script
from cctv.config.fields import Polygon
from cctv.config.schema import CameraSettings
from cctv.core.process import last_lines, start_process
from cctv.footage.media import describe

PATIENCE = timedelta(seconds=12)  # a GOP of 10 s and the handshake
GOP_PATIENCE = timedelta(seconds=12)
COLUMNS = 32
Blocks = np.ndarray[Any, np.dtype[np.uint8]]  # rows x COLUMNS x 3, of BGR
_BLOCK_PIXELS = 20  # pixels of the picture for each block
_CHANNELS = 3
STILL_PATIENCE = timedelta(seconds=20)  # a GOP of 10 s, the handshake, and a busy machine
_NO_TIME = -(1 << 63)  # AV_NOPTS_VALUE
_MAX_PACKETS = 40  # enough for a frame rate, as a camera counts it
# The timeout of ffmpeg's RTSP ends in this message, or in none and status 0
# (docs/decisions/0002-one-recorder-process.md).
_SILENT = ("Invalid data found when processing input", "Immediate exit requested")


@dataclass(frozen=True, slots=True)
class Gop:
    """From one key frame to the next: how long that is, and the bits of its pictures a second."""

    length: timedelta
    bits_per_second: float


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a camera sends.  `fps` is None when too few packets came; `sound` is a codec, None without sound."""

    codec: str
    width: int
    height: int
    fps: float | None
    sound: str | None


def probe_camera(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = PATIENCE) -> StreamFacts:
    """Read the start of the stream; raises CameraDown.

    Blocks for `patience` until the format is known, and as long again for the packets that give the frame rate.
    """
    relay = address.relay(camera)
    wanted = options(video_only=False, timeout=patience)
    with closing(relay), connect(camera, address, relay, wanted, opening=patience, reading=patience) as container:
        media = describe(container)
        if media is None and not container.streams.video:
            raise CameraFailed(camera=camera.id, detail="its stream has no picture in it")
        if media is None:
            raise CodecUnsupported(camera=camera.id, address=address.url, codec="an unknown codec")
        require_recordable(camera.id, address.url, media.codec)
        try:
            times = _picture_times(container, relay, monotonic() + patience.total_seconds())
        except (av.error.FFmpegError, OSError) as error:
            raise relay.fault or fault_of(camera, address, error, patience) from error
    if not times:
        raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{patience.total_seconds():.0f}")
    return StreamFacts(media.codec, media.width, media.height, _frame_rate(times), media.sound)


def measure_gop(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = GOP_PATIENCE) -> Gop | None:
    """The first group of pictures; None where no second key frame came in time.  Blocks for `patience` at the most.

    Raises CameraDown for a camera that cannot be connected to.
    """
    relay = address.relay(camera, for_child=True)
    child = start_process(packet_list_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    alarm = threading.Timer(patience.total_seconds(), child.kill)
    with closing(relay), child:
        alarm.start()
        try:
            child.stdin.write(script(relay, timeout=patience))
            child.stdin.close()
            return first_gop(line.decode() for line in child.stdout)
        except BrokenPipeError:
            return None
        finally:
            alarm.cancel()
            child.kill()


def coarse_still(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = STILL_PATIENCE) -> bytes:
    """A PNG of the next picture in blocks, the camera's masks painted over; raises CameraDown."""
    return png_of(coarse_blocks(camera, address, patience=patience))


def coarse_blocks(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = STILL_PATIENCE) -> Blocks:
    """The blocks of the next picture, the camera's masks painted over; raises CameraDown."""
    return blocks_of(_coarse_pixels(camera, address, patience), camera.masks)


def blocks_of(pixels: bytes, masks: Sequence[Polygon]) -> Blocks:
    """COLUMNS x n pixels of BGR, each a block, black wherever a mask touches it.  Pure."""
    small = np.frombuffer(pixels, np.uint8).reshape(-1, COLUMNS, _CHANNELS).copy()
    for polygon in masks:
        small[_touched_blocks(polygon, small.shape[0])] = 0
    return small


def png_of(blocks: Blocks) -> bytes:
    """A PNG in which each block is a square.  Pure."""
    large = blocks.repeat(_BLOCK_PIXELS, axis=0).repeat(_BLOCK_PIXELS, axis=1)
    encoded, png = cv2.imencode(".png", large)
    assert encoded
    return png.tobytes()


def _touched_blocks(polygon: Polygon, rows: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which blocks a polygon in percent touches: drawn finer first, so that an edge within a block counts."""
    size = np.array([COLUMNS, rows]) * _BLOCK_PIXELS
    points = np.rint(np.array(polygon) / 100 * (size - 1)).astype(np.int32)
    drawn = np.zeros((rows * _BLOCK_PIXELS, COLUMNS * _BLOCK_PIXELS), np.uint8)
    cv2.fillPoly(drawn, [points], 1)
    return np.asarray(drawn.reshape(rows, _BLOCK_PIXELS, COLUMNS, _BLOCK_PIXELS).max(axis=(1, 3)), np.bool_)


def _coarse_pixels(camera: CameraSettings, address: StreamAddress, patience: timedelta) -> bytes:
    seconds, relay = patience.total_seconds(), address.relay(camera, for_child=True)
    child = start_process(
        picture_command(COLUMNS), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with closing(relay), child:
        try:
            pixels, stderr = child.communicate(script(relay, timeout=patience), timeout=seconds)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{seconds:.0f}") from error
    if not pixels:
        raise relay.fault or diagnose(camera, address, stderr, waited=seconds)
    if len(pixels) % (COLUMNS * _CHANNELS):
        raise CameraFailed(camera=camera.id, detail="its picture ended in the middle")
    return pixels


def first_gop(lines: Iterable[str]) -> Gop | None:
    """From ffmpeg's list of packets as it comes: from the first key frame to the second.  Pure."""
    unit, first, size_bytes = Fraction(0), None, 0
    for line in lines:
        if line.startswith("#tb 0:"):
            unit = Fraction(line.removeprefix("#tb 0:").strip())
        if line.startswith("#"):
            continue
        fields = line.split(",")
        shown, is_key = int(fields[2]), "F=0x" not in line  # a key frame is a packet without that mark
        if shown == _NO_TIME:  # of a camera that gives its first picture none
            continue
        if is_key and first is not None and shown > first:
            seconds = (shown - first) * unit
            return Gop(timedelta(microseconds=round(seconds * 1_000_000)), float(8 * size_bytes / seconds))
        first = shown if is_key and first is None else first
        size_bytes += int(fields[4]) if first is not None else 0
    return None


def diagnose(camera: CameraSettings, address: StreamAddress, stderr: bytes, *, waited: float) -> CameraDown:
    """The error that a child's stderr stands for, where the relay knows none; `waited` is its time limit in seconds."""
    text = stderr.decode("utf-8", "replace")
    if any(sign in text for sign in _SILENT):
        return CameraSilent(camera=camera.id, address=address.url, seconds=f"{waited:.0f}")
    if not text.strip():
        return CameraClosed(camera=camera.id, address=address.url)
    return CameraFailed(camera=camera.id, detail=last_lines(stderr, 1).removeprefix("pipe:0: ").rstrip("."))


def packet_list_command() -> list[str]:
    """The ffmpeg command that prints a line for each packet of the video, as it comes.  Pure."""
    return _ffmpeg_command(format="framecrc", c="copy", flush_packets=1)


def picture_command(columns: int) -> list[str]:
    """The ffmpeg command that prints one picture of so many columns as raw BGR, each pixel an area mean.  Pure."""
    scale = f"scale={columns}:-1:flags=area"
    return _ffmpeg_command(format="rawvideo", pix_fmt="bgr24", vf=scale, **{"frames:v": 1})


def _picture_times(container: InputContainer, relay: Relay, ends_at: float) -> list[float]:
    """Seconds of the pictures among the first packets, as many as came until `ends_at` on the monotonic clock."""
    video, times = container.streams.video[0], []
    for number, packet in enumerate(container.demux(), 1):
        relay.claim()
        if packet.stream is video and packet.size and packet.pts is not None and packet.time_base:
            times.append(float(packet.pts * packet.time_base))
        if number >= _MAX_PACKETS or monotonic() >= ends_at:
            break
    return times


def _frame_rate(times: Sequence[float]) -> float | None:
    """Frames per second by the median step of the packets, since the first ones come in a burst."""
    steps = sorted(later - earlier for earlier, later in pairwise(sorted(times)))
    if len(steps) < 4 or steps[len(steps) // 2] <= 0:
        return None
    return float(Fraction(1 / steps[len(steps) // 2]).limit_denominator(100))


def _ffmpeg_command(**output: str | int) -> list[str]:
    """The stream comes as an ffconcat script on stdin (`StreamAddress.script`), so no command holds an address."""
    stream: Any = ffmpeg.input(
        "pipe:0", format="concat", safe=0, protocol_whitelist=PROTOCOLS, v="error", hide_banner=None
    )
    command: list[str] = ffmpeg.compile(stream["v:0"].output("pipe:1", **output))
    return command
