"""What a camera sends: codec, picture size, frame rate, sound, and the distance of its key frames.

Reads the stream for a moment, decodes nothing and keeps nothing of it.  Always ends: a camera that hangs costs the time
limit.  And one coarse picture of what it sees, to aim it by: 32 columns of blocks, so that a person is a few blocks and
a face less than one.  ffmpeg reduces the picture before it leaves ffmpeg; a finer one never exists here.  Masks hide
every block they touch.

ffmpeg gets the bytes of one key picture on standard input and is told what they are: it opens no address and guesses no
format.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from time import monotonic
from typing import Any

import av
import av.error
import cv2
import ffmpeg
import numpy as np

from cctv.cameras.errors import CameraDown, CameraFailed, CameraOversized, CameraSilent
from cctv.cameras.rtp import MAX_UNITS, START_CODE, SentPicture, holds_endless_units
from cctv.cameras.rtsp import LiveStream, StreamAddress, open_live
from cctv.cameras.sdp import Codec
from cctv.config.fields import Polygon
from cctv.config.schema import CameraSettings
from cctv.core.confine import Confinement
from cctv.core.process import last_lines, start_process
from cctv.footage.media import MAX_PIXELS, describe

PATIENCE = timedelta(seconds=12)  # a GOP of 10 s and the handshake
COLUMNS = 32
Blocks = np.ndarray[Any, np.dtype[np.uint8]]  # rows x COLUMNS x 3, of BGR
_BLOCK_PIXELS = 20  # pixels of the picture for each block
_CHANNELS = 3
STILL_PATIENCE = timedelta(seconds=20)  # a GOP of 10 s, the handshake, and a busy machine
_COUNTED = 40  # pictures, enough for a frame rate as a camera counts it


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a camera sends.

    `fps` is None when too few pictures came; `gop`, from one key picture to the next, and `bit_rate`, in bits a second,
    when no second key picture came in time; `sound` is a codec, None without sound.
    """

    codec: str
    width: int
    height: int
    fps: float | None
    sound: str | None
    gop: timedelta | None
    bit_rate: float | None


def probe_camera(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = PATIENCE) -> StreamFacts:
    """Read the start of the stream; raises CameraDown.

    Blocks for `patience` until it plays, and as long again for the pictures that give size, frame rate and GOP.
    """
    with closing(open_live(camera, address, patience=patience)) as stream:
        first, times, groups = None, list[int](), list[_Group]()
        for picture in _pictures(stream, patience):
            times.append(picture.pts)
            first = first or picture  # of a stream without key pictures (intra refresh) too
            if picture.is_key:
                first = picture if not groups else first
                groups.append(_Group(picture.pts))
            if groups:
                groups[-1].size_bytes += len(picture.data)
            if len(groups) > 1 and len(times) >= _COUNTED:
                break
        if first is None:
            raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{patience.total_seconds():.0f}")
        width, height = _size(camera, _decodable(stream, first), stream.track.codec)
        gop, bit_rate = _of_groups(groups, stream.tick)
        rate = _frame_rate([float(time * stream.tick) for time in times])
        return StreamFacts(stream.track.codec.value, width, height, rate, stream.sound, gop, bit_rate)


def coarse_still(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = STILL_PATIENCE) -> bytes:
    """A PNG of the next key picture in blocks, the camera's masks painted over; raises CameraDown."""
    return png_of(coarse_blocks(camera, address, patience=patience))


def coarse_blocks(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = STILL_PATIENCE) -> Blocks:
    """The blocks of the next key picture, the camera's masks painted over; raises CameraDown."""
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
    seconds = patience.total_seconds()
    with closing(open_live(camera, address, patience=patience)) as stream:
        picture = next((one for one in _pictures(stream, patience) if one.is_key), None)
        if picture is None:
            raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{seconds:.0f}")
        data, codec = _decodable(stream, picture), stream.track.codec
    command = picture_command(COLUMNS, codec)
    pipe = subprocess.PIPE
    alone = Confinement(programs=("ffmpeg",))
    with start_process(command, stdin=pipe, stdout=pipe, stderr=pipe, confined=alone) as child:
        try:
            pixels, stderr = child.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise CameraFailed(camera=camera.id, detail="its picture could not be decoded in time") from error
    if not pixels or len(pixels) % (COLUMNS * _CHANNELS):
        raise CameraFailed(camera=camera.id, detail=f"its picture cannot be decoded ({_problem(stderr)})")
    return pixels


@dataclass(slots=True)
class _Group:
    """A key picture and those that follow it: its time in ticks, and the bytes of all."""

    time: int
    size_bytes: int = 0


def _of_groups(groups: Sequence[_Group], tick: Fraction) -> tuple[timedelta | None, float | None]:
    """The length of a group of pictures, and the bits a second of all but the last, which is not complete."""
    steps = [later.time - earlier.time for earlier, later in pairwise(groups)]
    if not steps or min(steps) <= 0:
        return None, None
    seconds = float(sum(steps) * tick)
    return timedelta(seconds=float(min(steps) * tick)), 8 * sum(group.size_bytes for group in groups[:-1]) / seconds


def _pictures(stream: LiveStream, patience: timedelta) -> Iterator[SentPicture]:
    """What comes within `patience`; a camera that fails after its first picture has answered all the same.

    Raises CameraDown for one that fails before.
    """
    stream.end_within(patience.total_seconds())
    ends_at, has_come = monotonic() + patience.total_seconds(), False
    try:
        for picture, _ in stream:
            has_come = True
            yield picture
    except CameraDown:
        if not has_come and monotonic() < ends_at:
            raise


def _decodable(stream: LiveStream, picture: SentPicture) -> bytes:
    """A key picture with the parameter sets that were announced; those that it brings itself count."""
    return b"".join(START_CODE + unit for unit in stream.track.sets) + picture.data


def _size(camera: CameraSettings, picture: bytes, codec: Codec) -> tuple[int, int]:
    """Width and height by its parameter sets; raises CameraDown for a picture that cannot be read."""
    if holds_endless_units(picture):
        raise CameraOversized(camera=camera.id, detail=f"more than {MAX_UNITS} NAL units in a picture")
    try:
        with av.open(io.BytesIO(picture), "r", format=codec.value) as container:
            media = describe(container)
    except (av.error.FFmpegError, OSError) as error:
        raise CameraFailed(camera=camera.id, detail="its picture cannot be read") from error
    if media is None:
        raise CameraFailed(camera=camera.id, detail="its stream has no picture in it")
    return media.width, media.height


def _problem(stderr: bytes) -> str:
    return last_lines(stderr, 1).removeprefix("pipe:0: ").rstrip(".") or "ffmpeg says nothing"


def picture_command(columns: int, codec: Codec) -> list[str]:
    """The ffmpeg command that prints the picture on its standard input, so many columns wide, as raw BGR; each pixel is
    an area mean.  Pure."""
    picture: Any = ffmpeg.input(
        "pipe:0", format=codec.value, protocol_whitelist="pipe", max_pixels=MAX_PIXELS, v="error", hide_banner=None
    )
    scale = f"scale={columns}:-1:flags=area"
    output = picture["v:0"].output("pipe:1", format="rawvideo", pix_fmt="bgr24", vf=scale, **{"frames:v": 1})
    command: list[str] = ffmpeg.compile(output)
    return command


def _frame_rate(times: Sequence[float]) -> float | None:
    """Frames per second by the median step of the pictures, since the first ones come in a burst."""
    steps = sorted(later - earlier for earlier, later in pairwise(sorted(times)))
    if len(steps) < 4 or steps[len(steps) // 2] <= 0:
        return None
    return float(Fraction(1 / steps[len(steps) // 2]).limit_denominator(100))
