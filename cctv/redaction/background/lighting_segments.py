"""Lighting segments: one backdrop for each segment of like light.

Splits the samples at a lamp, a cloud or an infrared switch, and chooses the backdrop of a frame.  Pure.  Samples of
unlike light are never mixed: their median would be a scene that never existed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.camera_motion import camera_positions
from cctv.redaction.background.illumination import fit
from cctv.redaction.background.model import FEWEST, Backdrop, BackgroundSample, build
from cctv.redaction.people.weights import Model
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.parallel import parallel_map
from cctv.redaction.video.yuv import Mask, Plane, from_buffer

_THUMBNAIL_SIZE = (16, 12)
# levels by which the middle cell of a thumbnail must jump; people never move more than half of the cells
_LIGHT_STEP_LEVELS = 9.0


def backdrops_of(
    samples: Sequence[BackgroundSample],
    size: Size,
    spacing: float = 1.0,
    masked: Mask | None = None,
    model: Model | None = None,
) -> tuple[Backdrop, ...]:
    """A backdrop for each lighting segment among samples in order of time, `spacing` seconds apart.

    All are of one (even) size, and covered where `masked` (half size) is True; `model` as for `build`.

    Stretches that return to an earlier light join it.  A stretch of too few samples gets a backdrop without a trusted
    pixel: everything in it is hidden.  Where the camera was nudged, each of its camera_positions gets a backdrop.
    """
    groups: list[tuple[NDArray[np.float32], list[BackgroundSample]]] = []
    for run, thumbs in _runs(samples, size):
        thumbnail = np.asarray(np.median(thumbs, axis=0), np.float32)
        matching = next((group for thumb, group in groups if _apart(thumb, thumbnail) < _LIGHT_STEP_LEVELS), None)
        if matching is None:
            groups.append((thumbnail, list(run)))
        else:
            matching.extend(run)
    of_clip = [group for _, group in groups if any(sample.own for sample in group)]
    positions = [position for group in of_clip for position in camera_positions(group, size, masked)]
    enough = [position for position in positions if len(position.samples) >= FEWEST] or positions[:1]
    return tuple(
        replace(build(position.samples, size, spacing, masked, model), shift=(position.shift.x, position.shift.y))
        for position in enough
    )


def best(stacked: Plane, backdrops: Sequence[Backdrop], current: int) -> int:
    """The index of the backdrop whose light explains most of a frame; stays with `current` unless another is better."""
    if len(backdrops) == 1:
        return 0
    shares = [_explained(stacked, backdrop) for backdrop in backdrops]
    winner = int(np.argmax(shares))
    return winner if shares[winner] > shares[current] + 0.03 else current


def _explained(stacked: Plane, backdrop: Backdrop) -> float:
    light = fit(stacked, backdrop.stacked, backdrop.trusted)
    if light is None:
        return 0.0
    apart = cv2.absdiff(stacked[:, ::4, ::4].copy(), light.shown(backdrop.stacked[:, ::4, ::4].copy()))
    return float((apart <= 12).all(axis=0).mean())


def _runs(
    samples: Sequence[BackgroundSample], size: Size
) -> list[tuple[list[BackgroundSample], list[NDArray[np.float32]]]]:
    """Samples between two steps of the light, and their thumbnails."""
    runs: list[tuple[list[BackgroundSample], list[NDArray[np.float32]]]] = []
    for sample, thumb in zip(samples, parallel_map(lambda sample: _thumb(sample, size), samples), strict=True):
        if not runs or _apart(np.median(runs[-1][1][-3:], axis=0).astype(np.float32), thumb) >= _LIGHT_STEP_LEVELS:
            runs.append(([], []))
        runs[-1][0].append(sample)
        runs[-1][1].append(thumb)
    return runs


def _thumb(sample: BackgroundSample, size: Size) -> NDArray[np.float32]:
    planes = from_buffer(sample.buffer, size)
    parts = [
        cv2.resize(plane, _THUMBNAIL_SIZE, interpolation=cv2.INTER_AREA) for plane in (planes.y, planes.u, planes.v)
    ]
    return np.stack(parts).astype(np.float32)


def _apart(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """How far two thumbnails lie apart: the middle cell's luma, or four times its chroma (infrared has none)."""
    apart = np.abs(first - second)
    luma = float(np.median(apart[0]))
    chroma = float(np.median(apart[1:].max(axis=0)))
    return max(luma, 3.0 * chroma)
