"""Camera motion between pictures of one camera, and samples grouped by camera position.

`measure` estimates one translation for the whole picture by phase correlation; a shift counts only when it explains the
edges of the scene much better than no shift does, so that people who walk or a change of light are no motion.  A turn,
a zoom or another view is reported as such and never corrected.

`camera_positions` groups samples of like light by where the camera stood, and aligns samples of other positions to one
that has too few.  Samples that show another view than the rest (turned, zoomed, covered) are left out, and frames like
them are hidden.  Pure.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.model import FEWEST, BackgroundSample
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.parallel import parallel_map
from cctv.redaction.video.yuv import Mask, Plane, from_buffer, median

Relief = NDArray[np.float32]
"""A small grey picture without its light: local contrast alone, about zero."""
_RELIEF_WIDTH = 320  # pixels across a relief: half a millisecond for a phase correlation
_LIGHT_SIGMA_PIXELS = 4.0  # relief pixels (sigma) around which light is evened out
_PEAK_COUNT = 4
_MAX_FREQUENCY = 0.2  # cycles a relief pixel; finer detail is noise
_CELLS_PER_SIDE = 4  # each way; at least as many cells must have enough edges
_MIN_CELL_PIXELS = 8  # pixels of a cell
_EDGE_SHARE = 0.15  # share of a cell's pixels, those with most contrast, that a shift is measured on
_MIN_CONTRAST_LEVELS = 4.0  # levels; a picture with less at its edges (night, fog) has too few edges
# picture pixels; smaller ones are the sway of a mast, and a backdrop's vetting takes care of them
_MIN_SHIFT_PIXELS = 0.6
_MAX_MISFIT_RATIO = 0.75  # of the misfit without the shift that must be left with it: a true shift leaves 0.2-0.6
# misfit below which a shift is below a pixel or two, so the slopes suffice: the FFT costs 30 times
_CLEAR_MISFIT = 0.5
_MAX_SHIFTED_MISFIT = 0.75  # misfit by contrast, of one view under another light at most 0.6, of two views over 0.9
_OTHER_VIEW_MISFIT = 0.9
_MAX_POSITIONS = 6  # camera positions; a camera that sways shows more, and is no scenery
_MIN_COHERENT_SAMPLES = 3  # samples that must agree with each other before they count as a camera position
_MAX_BORROWED_SAMPLES = 40  # samples at most; the median needs no more


class CameraMotion(Enum):
    """What lies between two pictures of one camera."""

    SAME = "same"
    SHIFTED = "shifted"
    ANOTHER_VIEW = "another view"


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the second picture's scene stands against the first's: right and down, in pixels of the picture."""

    kind: CameraMotion
    x: float = 0.0
    y: float = 0.0

    @property
    def length(self) -> float:
        """Pixels."""
        return float(np.hypot(self.x, self.y))


UNMOVED = Shift(CameraMotion.SAME)


class ReferenceView:
    """A relief that others are compared with, and what each comparison needs of it."""

    def __init__(self, relief: Relief) -> None:
        self.relief = relief

    @cached_property
    def edges(self) -> Mask | None:
        """Where each cell of the scene has most contrast; None where too few cells have enough of it."""
        return _edges(self.relief)

    @cached_property
    def cells(self) -> tuple[_Cell, ...]:
        """The edges cell by cell."""
        return () if self.edges is None else _at_edges(self.relief, self.edges)

    @cached_property
    def slopes(self) -> tuple[Relief, Relief]:
        """How steep the relief is at its edges, across and along."""
        assert self.edges is not None  # only what has edges is compared
        across = cv2.Sobel(self.relief, cv2.CV_32F, 1, 0, scale=0.125)
        along = cv2.Sobel(self.relief, cv2.CV_32F, 0, 1, scale=0.125)
        return np.asarray(across[self.edges], np.float32), np.asarray(along[self.edges], np.float32)


@dataclass(frozen=True, slots=True)
class _Cell:
    """The edges of one cell: their places in the flat relief, what stands there, and its contrast."""

    places: NDArray[np.intp]
    here: Relief
    contrast: float


@dataclass(frozen=True, slots=True)
class CameraPosition:
    """Samples taken from one position of the camera, and its shift from the position with most samples."""

    samples: tuple[BackgroundSample, ...]
    shift: Shift = UNMOVED


def relief(luma: Plane, masked: Mask | None = None) -> Relief:
    """What a shift is measured on, from a luma plane of any size; nothing stands out where `masked` (half size)."""
    rows, columns = luma.shape
    factor = min(1.0, _RELIEF_WIDTH / columns)
    size = (max(round(columns * factor), 16), max(round(rows * factor), 16))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    out = small - cv2.GaussianBlur(small, (0, 0), _LIGHT_SIGMA_PIXELS)
    if masked is not None and masked.any():
        cover = cv2.dilate(masked.view(np.uint8), np.ones((3, 3), np.uint8))
        out[cv2.resize(cover, size, interpolation=cv2.INTER_NEAREST) > 0] = 0
    return np.asarray(out, np.float32)


def misfit(before: Relief, after: Relief) -> float:
    """How unlike two reliefs are at the first one's edges: 0 for one scene, about 1 for two; 0 without enough edges."""
    view = ReferenceView(before)
    return 0.0 if view.edges is None else _misfit(view.cells, after)


def same(before: ReferenceView, after: Relief, width: int) -> bool:
    """Whether two reliefs show one scene from one place; quicker than `measure`, which it agrees with."""
    if before.edges is None:
        return True
    unmoved_misfit = _misfit(before.cells, after)
    if unmoved_misfit < _CLEAR_MISFIT and _slope(before, after) * width / after.shape[1] < _MIN_SHIFT_PIXELS / 2:
        return True
    return unmoved_misfit <= _OTHER_VIEW_MISFIT and measure(before, after, width).kind is CameraMotion.SAME


def measure(before: ReferenceView, after: Relief, width: int) -> Shift:
    """The shift from one relief to another of the same shape, in pixels of the picture, which is `width` wide."""
    edges = before.edges
    if edges is None:
        return UNMOVED
    unmoved_misfit = _misfit(before.cells, after)
    scale = width / after.shape[1]
    if unmoved_misfit < _CLEAR_MISFIT and _slope(before, after) * scale < _MIN_SHIFT_PIXELS / 2:
        return UNMOVED
    candidates = [
        (_misfit(_at_edges(before.relief, _inside(edges, x, y)), _moved(after, -x, -y)), x, y)
        for x, y in _peaks(before.relief, after)
    ]
    moved_misfit, x, y = min(candidates)
    if (
        np.hypot(x, y) * scale >= _MIN_SHIFT_PIXELS
        and moved_misfit < _MAX_MISFIT_RATIO * unmoved_misfit
        and moved_misfit < _MAX_SHIFTED_MISFIT
    ):
        return Shift(CameraMotion.SHIFTED, x * scale, y * scale)
    return Shift(CameraMotion.ANOTHER_VIEW) if unmoved_misfit > _OTHER_VIEW_MISFIT else UNMOVED


def aligned(sample: BackgroundSample, size: Size, shift: Shift) -> BackgroundSample:
    """The sample as it would look from where the camera stands after `shift`; what it did not see does not count."""
    planes = from_buffer(sample.buffer, size)
    parts = [
        _warped(plane, shift.x * factor, shift.y * factor, cv2.INTER_CUBIC)
        for plane, factor in ((planes.y, 1.0), (planes.u, 0.5), (planes.v, 0.5))
    ]
    shape = planes.u.shape
    unseen = sample.excluded if sample.excluded is not None else np.zeros(shape, np.bool_)
    unseen = _warped(unseen.view(np.uint8), shift.x / 2, shift.y / 2, cv2.INTER_NEAREST).view(np.bool_).copy()
    across, along = int(np.ceil(abs(shift.x) / 2)) + 1, int(np.ceil(abs(shift.y) / 2)) + 1
    unseen[:along] |= shift.y > 0
    unseen[shape[0] - along :] |= shift.y < 0
    unseen[:, :across] |= shift.x > 0
    unseen[:, shape[1] - across :] |= shift.x < 0
    return BackgroundSample(sample.frame, np.concatenate([part.ravel() for part in parts]), unseen)


def camera_positions(
    samples: Sequence[BackgroundSample], size: Size, masked: Mask | None = None
) -> tuple[CameraPosition, ...]:
    """Camera positions of samples of like light, in order of time; that with the most own samples of the clip first.

    Where the samples do not cohere (night, noise, a camera that sways) they stay together: the vetting of their
    backdrop then doubts what disagrees, as it does without any camera position.
    """
    clusters = _clusters(samples, size, masked)
    sure = [(view, members) for view, members in clusters if len(members) >= _MIN_COHERENT_SAMPLES]
    if len(clusters) == 1 or 2 * sum(len(members) for _, members in sure) < len(samples):
        return (CameraPosition(tuple(samples)),)
    sure.sort(key=lambda cluster: -sum(1 + 1000 * sample.own for sample in cluster[1]))
    main, _ = sure[0]
    placed = [(measure(main, view.relief, size.width), members) for view, members in sure]
    positions = [
        CameraPosition(tuple(members), shift)
        for shift, members in placed
        if shift.kind is not CameraMotion.ANOTHER_VIEW
    ]
    return tuple(
        _complete(position, positions, size) for position in positions if any(sample.own for sample in position.samples)
    ) or (CameraPosition(tuple(samples)),)


def _slope(before: ReferenceView, after: Relief) -> float:
    """Length of a small shift, relief pixels, from brightness along the edges' slopes (Lucas, Kanade 1981)."""
    (gx, gy), edges = before.slopes, before.edges
    change = (before.relief - after)[edges]
    bound = 4 * median(np.abs(change))
    change = np.clip(change, -bound, bound)  # people change more
    matrix = np.array([[gx @ gx, gx @ gy], [gx @ gy, gy @ gy]], np.float64) + np.eye(2)
    return float(np.hypot(*np.linalg.solve(matrix, np.array([gx @ change, gy @ change], np.float64))))


def _edges(picture: Relief) -> Mask | None:
    strength = np.abs(picture)
    edges = np.zeros(picture.shape, np.bool_)
    telling = 0
    for cell in _cells(picture.shape):
        level = float(np.quantile(strength[cell], 1 - _EDGE_SHARE))
        if level >= _MIN_CONTRAST_LEVELS:
            edges[cell] = strength[cell] >= level
            telling += 1
    return edges if telling >= _CELLS_PER_SIDE else None


def _peaks(before: Relief, after: Relief) -> list[tuple[float, float]]:
    """The likeliest shifts by phase correlation, smoothed: the scene's own may stand behind that of people."""
    rows, columns = before.shape
    window = cv2.createHanningWindow((columns, rows), cv2.CV_32F)
    cross = np.fft.rfft2(after * window) * np.conj(np.fft.rfft2(before * window))
    far = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    phase = cross / (np.abs(cross) + 1e-6) * np.exp(-((far / _MAX_FREQUENCY) ** 2))
    surface = np.fft.fftshift(np.fft.irfft2(phase, s=before.shape)).astype(np.float32)
    shifts: list[tuple[float, float]] = []
    for _ in range(_PEAK_COUNT):
        _, _, _, (column, row) = cv2.minMaxLoc(surface)
        near = surface[row - 1 : row + 2, column - 1 : column + 2].copy()
        if near.shape == (3, 3):
            x, y = column - columns // 2 + _top(near[1]), row - rows // 2 + _top(near[:, 1])
            shifts.append((x, y))
        cv2.circle(surface, (column, row), 3, float(surface.min()), -1)
    return shifts or [(0.0, 0.0)]


def _top(values: NDArray[np.float32]) -> float:
    """Where a parabola through three values has its top, -0.5 to 0.5."""
    left, middle, right = (float(value) for value in values)
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else min(max(0.5 * (left - right) / bend, -0.5), 0.5)


def _at_edges(before: Relief, edges: Mask) -> tuple[_Cell, ...]:
    """The edges of each cell that has enough of them."""
    cells = []
    for cell in _cells(before.shape):
        inside = np.zeros(edges.shape, np.bool_)
        inside[cell] = edges[cell]
        places = np.flatnonzero(inside)
        if places.size >= _MIN_CELL_PIXELS:
            here = before.ravel()[places]
            cells.append(_Cell(places, here, max(median(np.abs(here)), 1e-3)))
    return tuple(cells)


def _misfit(cells: Sequence[_Cell], after: Relief) -> float:
    """The difference at edges as a share of their contrast: 0 for the same scene, 1 for an unlike one.

    The median over the picture's cells of each cell's median, so that a person is outvoted by the scene around them.
    """
    flat = after.ravel()
    misfits = [median(np.abs(cell.here - flat[cell.places])) / cell.contrast for cell in cells]
    return statistics.median(misfits) if len(misfits) >= _CELLS_PER_SIDE else 1.0


def _cells(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    rows, columns = (np.linspace(0, side, _CELLS_PER_SIDE + 1).astype(int) for side in shape[:2])
    return [
        (slice(top, bottom), slice(left, right)) for top, bottom in pairwise(rows) for left, right in pairwise(columns)
    ]


def _moved(picture: Relief, x: float, y: float) -> Relief:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, (picture.shape[1], picture.shape[0])), np.float32)


def _inside(edges: Mask, x: float, y: float) -> Mask:
    """Without the border that the shift takes out of the picture."""
    out = edges.copy()
    rows, columns = int(np.ceil(abs(y))), int(np.ceil(abs(x)))
    for side in (slice(0, rows), slice(edges.shape[0] - rows, None) if rows else slice(0, 0)):
        out[side] = False
    for side in (slice(0, columns), slice(edges.shape[1] - columns, None) if columns else slice(0, 0)):
        out[:, side] = False
    return out


def _warped(plane: Plane, x: float, y: float, interpolation: int) -> Plane:
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    size = (plane.shape[1], plane.shape[0])
    return np.asarray(
        cv2.warpAffine(plane, matrix, size, flags=interpolation, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _clusters(
    samples: Sequence[BackgroundSample], size: Size, masked: Mask | None
) -> list[tuple[ReferenceView, list[BackgroundSample]]]:
    clusters: list[tuple[ReferenceView, list[BackgroundSample]]] = []
    current = 0
    views = parallel_map(lambda sample: relief(from_buffer(sample.buffer, size).y, masked), samples)
    for sample, view in zip(samples, views, strict=True):
        order = sorted(range(len(clusters)), key=lambda number: number != current)
        index = next((n for n in order if same(clusters[n][0], view, size.width)), None)
        if index is None and len(clusters) < _MAX_POSITIONS:
            index = len(clusters)
            clusters.append((ReferenceView(view), []))
        if index is not None:
            current = index
            clusters[index][1].append(sample)
    return clusters


def _complete(position: CameraPosition, every: Sequence[CameraPosition], size: Size) -> CameraPosition:
    """The camera position with samples that it lacks borrowed from the others, moved along the shift."""
    others = [other for other in every if other is not position]
    lent = [(sample, other) for other in others for sample in other.samples]
    if len(position.samples) >= FEWEST:
        around = [(sample, other) for sample, other in lent if not sample.own]
        lent = around if len(around) >= FEWEST and all(sample.own for sample in position.samples) else []
    if not lent:
        return position
    chosen = lent[:: -(-len(lent) // _MAX_BORROWED_SAMPLES)]
    moved = [aligned(sample, size, _between(other.shift, position.shift)) for sample, other in chosen]
    return CameraPosition((*position.samples, *moved), position.shift)


def _between(start: Shift, end: Shift) -> Shift:
    return Shift(CameraMotion.SHIFTED, end.x - start.x, end.y - start.y)
