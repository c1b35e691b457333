"""Background model: the picture of the empty scene, and which of its pixels can be trusted.

Input: sampled frames of like light.  Output: a `Backdrop`, their vetted per-pixel median.  Pure.  A pixel is never
trusted where samples disagree, where too few samples saw it, or where something stood still for part of the time: such
a pixel may be a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.illumination import SAME, Light, fit
from cctv.redaction.background.inpaint import inpainted
from cctv.redaction.background.person_detector import people_in
from cctv.redaction.people.weights import Model, load_model
from cctv.redaction.render.privacy_masks import MaskedArea
from cctv.redaction.render.silhouettes import GREY
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.parallel import parallel_map
from cctv.redaction.video.yuv import Mask, Plane, Planes, doubled, frame_bytes, from_buffer

# Vetting with these two keeps 100 % of heads hidden on clips where people stand still; without it 93 to 99 %
# (docs/decisions/0015-nothing-live-by-default.md).
LIKE = 20  # levels within which two samples of a pixel agree
AGREEMENT = 0.70  # share of the samples that must agree with the median
FEWEST = 10  # samples that must have seen a pixel outside of every drawn box
_RUN_SHARE = 0.06  # share of all samples, in a row, that show one other thing: a person stood still
_STILL_SECONDS = 1.5  # seconds; someone who walks has left a pixel sooner
_ISLAND_SHARE = 0.05  # of the picture: a trusted place that is smaller, with none around, may be somebody's clothes
_BUDGET_BYTES = 256 << 20  # bytes of samples held at once: 700 MiB in all at 1080p
_MAX_SAMPLES = 128
_BAND_ROWS = 16  # rows of the half-size picture that are sorted at once


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The empty scene in one lighting segment.

    `planes` is the vetted picture at full size, its untrusted pixels filled from around them; `stacked` is the raw
    median at half size, (3, height/2, width/2) uint8; `trusted` is a half-size mask, True where the median may be
    believed; `doubted` is one, True where the samples outside of every drawn box contradict each other, so that
    a person may have stood there; a pixel that only drawn boxes covered is neither trusted nor doubted.
    `covered` is one of what a reviewer covered (`cover`): flat, and never live.
    `shift` is how far right and down (pixels) its scene stands from that of another backdrop of like light: the camera
    was nudged.  `people` are boxes (full-size pixels) of people found in the median itself; what they cover is doubted.
    """

    planes: Planes
    stacked: Plane
    trusted: Mask
    doubted: Mask
    samples: int
    covered: Mask | None = None
    shift: tuple[float, float] = (0.0, 0.0)
    people: tuple[Rect, ...] = ()

    @property
    def untrusted_share(self) -> float:
        """Share of the picture that is not trusted, 0 to 1."""
        return 1.0 - float(self.trusted.mean())


@dataclass(frozen=True, slots=True)
class BackgroundSample:
    """One stored frame: its number, flat yuv420p buffer, and half-size mask of the pixels that must not count.

    `own` is False for footage from around a clip: no frame of the clip needs a backdrop that only such samples make.
    """

    frame: int
    buffer: NDArray[np.uint8]
    excluded: Mask | None
    own: bool = True


class Sampler:
    """Keeps every `stride`th frame, or fewer, of a sequence of unknown length: evenly, in bounded memory."""

    def __init__(self, size: Size, stride: int = 1) -> None:
        self.size = size
        self.kept: list[BackgroundSample] = []
        self.stride = stride
        self._most = max(40, min(_MAX_SAMPLES, _BUDGET_BYTES // frame_bytes(size)))

    def wants(self, frame: int) -> bool:
        """True when this frame number would be kept now."""
        return frame % self.stride == 0

    def add(self, frame: int, planes: Planes, excluded: Mask | None, *, own: bool = True) -> None:
        """Keep a frame; thins out the others when there are too many."""
        buffer = np.concatenate([planes.y.ravel(), planes.u.ravel(), planes.v.ravel()])
        self.kept.append(BackgroundSample(frame, buffer, excluded, own))
        if len(self.kept) > self._most:
            self.stride *= 2
            self.kept = [sample for sample in self.kept if sample.frame % self.stride == 0]


def build(
    samples: Sequence[BackgroundSample],
    size: Size,
    spacing: float = 1.0,
    masked: Mask | None = None,
    model: Model | None = None,
) -> Backdrop:
    """The backdrop of like-lit samples of one (even) size, `spacing` seconds apart; needs at least one.

    Pixels where `masked` (half size) is True are covered in every sample: they do not depend on the light.
    People whom the median shows are marked and filled; `model` finds them, the default one where it is None.  Raises
    PeopleSearchFailed, WeightsMissing, WeightsDiffer.
    """
    excluded = _excluded(samples, size)
    seen = len(samples) - excluded.sum(axis=0, dtype=np.int32)
    frames = [from_buffer(sample.buffer, size) for sample in samples]
    luma = _median([frame.y for frame in frames], excluded, 2)
    u = _median([frame.u for frame in frames], excluded, 1)
    v = _median([frame.v for frame in frames], excluded, 1)
    rough = Planes(luma, u, v)
    hidden = np.zeros(excluded.shape[1:], np.bool_) if masked is None else masked
    area = MaskedArea(hidden, doubled(hidden))
    area.cover(rough)  # where only drawn boxes were, there is no median
    stacked = rough.stacked()
    agreed = _vetted(parallel_map(Planes.stacked, frames), stacked, excluded, spacing, hidden) | hidden
    trusted = agreed & (seen >= FEWEST) | hidden
    agreed &= ~_islands(trusted) | hidden
    trusted &= agreed
    believed = trusted & ~hidden
    people = people_in(rough, frames, believed, model or load_model()) if believed.any() else ()
    if people:
        agreed &= ~_around(people, trusted.shape) | hidden
        trusted &= agreed
    picture = inpainted(rough, ~trusted | hidden)  # a mask is not spread into what is filled beside it
    area.cover(picture)
    return Backdrop(picture, stacked, trusted, ~agreed, len(samples), people=people)


def cover(backdrop: Backdrop, boxes: Sequence[Rect]) -> Backdrop:
    """The backdrop with boxes (full-size pixels) flat grey and never live, rounded outwards to whole 2 x 2 blocks."""
    if not boxes:
        return backdrop
    rows, columns = backdrop.trusted.shape
    covered = np.zeros((rows, columns), np.bool_)
    for box in boxes:
        covered[outer(box.scaled(0.5), Size(columns, rows)).slices()] = True
    picture = backdrop.planes.copy()
    picture.y[doubled(covered)] = GREY[0]
    picture.u[covered] = GREY[1]
    picture.v[covered] = GREY[2]
    return replace(
        backdrop,
        planes=picture,
        trusted=backdrop.trusted & ~covered,
        doubted=backdrop.doubted | covered,
        covered=covered,
    )


def alike(first: Plane, second: Plane) -> Mask:
    """True where two half-size pictures, (3, height, width), agree within LIKE levels in every plane."""
    return np.asarray((cv2.absdiff(first, second) <= LIKE).all(axis=0))


def _islands(trusted: Mask) -> Mask:
    """Trusted places with nothing trusted around them.

    Of somebody who stood there samples disagree along the outline, while clothes of one colour agree in the middle.
    The ground is one large place; what hangs on it by a thread does not belong to it.
    """
    firm = np.asarray(cv2.morphologyEx(trusted.view(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    _, found, stats, _ = cv2.connectedComponentsWithStats(firm, connectivity=4)
    labels, large = np.asarray(found, np.int32), stats[:, cv2.CC_STAT_AREA] >= _ISLAND_SHARE * trusted.size
    large[0] = False
    ground = large[np.asarray(labels, np.int32)].view(np.uint8)
    near = np.asarray(cv2.dilate(ground, np.ones((3, 3), np.uint8)), np.uint8).view(np.bool_)
    return trusted & ~near


def _around(people: Sequence[Rect], shape: tuple[int, ...]) -> Mask:
    half = Size(shape[1], shape[0])
    mask = np.zeros(shape, np.bool_)
    for box in people:
        mask[outer(box.scaled(0.5), half).slices()] = True
    return mask


def _excluded(samples: Sequence[BackgroundSample], size: Size) -> Mask:
    out = np.zeros((len(samples), size.height // 2, size.width // 2), np.bool_)
    for row, sample in zip(out, samples, strict=True):
        if sample.excluded is not None:
            row[:] = sample.excluded
    return out


def _median(planes: Sequence[Plane], excluded: Mask, scale: int) -> Plane:
    """The per-pixel lower median of the samples that count, found bit by bit: no sorting, bounded memory."""
    out = np.empty_like(planes[0])

    def fill(top: int) -> None:
        rows = slice(top * scale, (top + _BAND_ROWS) * scale)
        band = np.stack([plane[rows] for plane in planes])
        left_out = excluded[:, top : top + _BAND_ROWS]
        out[rows] = _band_median(band, left_out.repeat(scale, 1).repeat(scale, 2) if left_out.any() else None)

    parallel_map(fill, range(0, excluded.shape[1], _BAND_ROWS))
    return out


def _band_median(band: Plane, left_out: Mask | None) -> Plane:
    rank: NDArray[np.uint8] | int = (band.shape[0] - 1) // 2
    if left_out is not None:
        counted = (~left_out).sum(axis=0, dtype=np.uint8)
        rank = np.where(counted > 0, (counted.astype(np.int16) - 1) // 2, 0).astype(np.uint8)
        band = np.where(left_out, np.uint8(255), band)  # above every candidate, so never counted as below one
    value = np.zeros(band.shape[1:], np.uint8)
    for bit in (128, 64, 32, 16, 8, 4, 2, 1):
        candidate = value | np.uint8(bit)
        below = np.add.reduce((band < candidate).view(np.uint8), axis=0, dtype=np.uint8)
        value = np.where(below <= rank, candidate, value)
    return value


def _vetted(samples: Sequence[Plane], median: Plane, excluded: Mask, spacing: float, hidden: Mask) -> Mask:
    """True where enough samples agree with the median and no other thing stood still for long.  Half size."""
    shape = median.shape[1:]
    agree, count = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    run, longest = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    before = samples[0]

    def likeness(pair: tuple[Plane, Mask]) -> Mask:
        sample, left_out = pair
        light: Light = fit(sample, median, ~(left_out | hidden), None) or SAME
        return alike(sample, light.shown(median)) | hidden

    likes = parallel_map(likeness, zip(samples, excluded, strict=True))
    for sample, left_out, like in zip(samples, excluded, likes, strict=True):
        agree += like & ~left_out
        count += ~left_out
        run = np.where(~like & ~left_out & alike(sample, before), run + 1, 0)
        np.maximum(longest, run, out=longest)
        before = sample
    stood = cv2.morphologyEx(
        (longest >= max(3.0, _RUN_SHARE * len(samples), _STILL_SECONDS / spacing)).view(np.uint8),
        cv2.MORPH_OPEN,
        np.ones((3, 3)),
    )
    trusted = (agree >= AGREEMENT * np.maximum(count, 1)) & ~np.asarray(stood, np.uint8).view(np.bool_)
    wide = cv2.dilate((~trusted).view(np.uint8), np.ones((3, 3), np.uint8))
    return ~np.asarray(wide, np.uint8).view(np.bool_)
