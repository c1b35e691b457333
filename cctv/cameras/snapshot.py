"""One coarse picture of what a camera sees, to aim it by.

Responsible for the resolution: 32 columns of blocks, so that a person is a few blocks and a face less than one.  ffmpeg
reduces the picture before it leaves ffmpeg; a finer one never exists here.  Masks hide every block they touch.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import cv2
import numpy as np

from cctv.cameras.errors import CameraFailed, CameraSilent
from cctv.cameras.probe import diagnose, picture_command
from cctv.cameras.rtsp import StreamAddress
from cctv.config.fields import Polygon
from cctv.config.schema import CameraSettings
from cctv.core.process import start_process

COLUMNS = 32
_BLOCK_PIXELS = 20  # pixels of the picture for each block
_CHANNELS = 3
PATIENCE = timedelta(seconds=20)  # a GOP of 10 s, the handshake, and a busy machine


def coarse_still(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = PATIENCE) -> bytes:
    """A PNG of the next picture in blocks, the camera's masks painted over; raises CameraDown."""
    return in_blocks(_coarse_pixels(camera, address, patience), camera.masks)


def in_blocks(pixels: bytes, masks: Sequence[Polygon]) -> bytes:
    """A PNG of COLUMNS x n pixels of BGR, each a block, black wherever a mask touches it.  Pure."""
    small = np.frombuffer(pixels, np.uint8).reshape(-1, COLUMNS, _CHANNELS).copy()
    for polygon in masks:
        small[_touched_blocks(polygon, small.shape[0])] = 0
    large = small.repeat(_BLOCK_PIXELS, axis=0).repeat(_BLOCK_PIXELS, axis=1)
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
    child = start_process(
        picture_command(COLUMNS), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with child:
        try:
            pixels, stderr = child.communicate(address.script(timeout=patience), timeout=seconds)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{seconds:.0f}") from error
    if not pixels:
        raise diagnose(camera, address, stderr, waited=seconds)
    if len(pixels) % (COLUMNS * _CHANNELS):
        raise CameraFailed(camera=camera.id, detail="its picture ended in the middle")
    return pixels
