"""Runs of pictures in which nothing changes, told by the bounds of each pixel instead of by the pictures.

Every pixel of every picture of a run lies within its bounds.  So what does not differ from the empty scene at either
bound differs in none of the pictures, and one comparison stands for all (`tracking.foreground.compared`).  What a run
leaves out is only where the pictures are; whether something differs is never decided here.

A run is begun where pictures are near a running mean of the scene.  That is a matter of speed alone: it says where
bounds are likely to be of use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.video.yuv import Plane, Planes, halve

Levels = NDArray[np.float64]
"""The mean of each plane."""

MARGIN = (3, 2)
"""Levels of luma and of chroma by which one picture's light may differ from that of the middle of its run."""
_LENGTH = 8  # pictures that are looked at together: 25 MB at 1080p
_MOST_PICTURES = 1024  # of one run: as many are compared one by one where its bounds do not suffice
_NEAR = (15, 7)  # levels of luma and of chroma around the mean; what is farther off is likely to differ
_FAR_SHARE = 0.0005  # of the picture that may be farther off, as noise and traces of coding are here and there
_BUSY_SHARE = 0.005  # of the picture; where more is farther off, the mean takes nothing over
_LEVEL_RANGE = np.array([2.0, 1.0, 1.0])  # levels by which the mean of a plane may move within a run: a light changes
_LEVEL_ROWS = 8  # every so many rows count for that mean
_PATIENCE = 12  # times _LENGTH pictures that are unlike the mean before another mean is begun
# times _LENGTH pictures, and the share by which the mean moves then: for daylight, and for what each key picture leaves
_RENEWED_EVERY, _RENEWED_SHARE = 8, 0.25


@dataclass(frozen=True, slots=True, eq=False)
class StillBounds:
    """The least and the largest value of each pixel of half-size pictures, (3, height/2, width/2) uint8.

    `darkest` and `lightest` are those of the mean of each plane, levels.
    """

    low: Plane
    high: Plane
    darkest: Levels
    lightest: Levels

    def middle(self) -> Plane:
        """Halfway between."""
        return np.asarray(cv2.addWeighted(self.low, 0.5, self.high, 0.5, 0.0), np.uint8)

    def beyond(self, scene: Plane) -> Plane:
        """How far the pictures are from a scene of their size at most, levels."""
        flat = (-1, scene.shape[2])
        above = cv2.subtract(self.high.reshape(flat), scene.reshape(flat))
        below = cv2.subtract(scene.reshape(flat), self.low.reshape(flat))
        return np.asarray(cv2.max(above, below, above), np.uint8).reshape(scene.shape)

    @property
    def is_of_one_light(self) -> bool:
        """Whether the light of none of the pictures differs from the middle one's by more than MARGIN."""
        return bool((self.lightest - self.darkest <= _LEVEL_RANGE).all())

    def around(self, other: StillBounds) -> StillBounds:
        """The bounds of both."""
        flat = (-1, self.low.shape[2])
        low = cv2.min(self.low.reshape(flat), other.low.reshape(flat))
        high = cv2.max(self.high.reshape(flat), other.high.reshape(flat))
        return StillBounds(
            np.asarray(low, np.uint8).reshape(self.low.shape),
            np.asarray(high, np.uint8).reshape(self.low.shape),
            np.minimum(self.darkest, other.darkest),
            np.maximum(self.lightest, other.lightest),
        )


@dataclass(frozen=True, slots=True, eq=False)
class PictureRun:
    """So many half-size pictures, (3, height/2, width/2) uint8, one after the other.

    `pictures` makes them; None: they are not at hand, and must be decoded again where they are wanted.  `bounds` None:
    something changes in them.
    """

    count: int
    pictures: Callable[[], Iterable[Plane]] | None = None
    bounds: StillBounds | None = None


class RunMaker:
    """Makes runs of pictures that come one by one.  A picture at half size is made where something changes only."""

    def __init__(self) -> None:
        self._waiting: list[Planes] = []
        self._levels: list[list[float]] = []
        self._low: Plane | None = None
        self._high: Plane | None = None
        self._luma: Plane | None = None  # of the last picture at half size: memory that is used again
        self._mean: Plane | None = None
        self._unlike = self._count = 0

    def add(self, picture: Planes) -> PictureRun | None:
        """The run that ends with this picture, which must not change any more; None while it does not end."""
        rows, columns = picture.u.shape
        if self._luma is None:
            self._luma = np.empty((rows, columns), np.uint8)
        halve(picture.y, self._luma)
        planes = self._luma, picture.u, picture.v
        if self._low is None or self._high is None:
            self._low = np.stack(planes)
            self._high = self._low.copy()
        else:
            for plane, low, high in zip(planes, self._low, self._high, strict=True):
                cv2.min(low, plane, low)
                cv2.max(high, plane, high)
        self._levels.append([cv2.mean(plane[::_LEVEL_ROWS])[0] for plane in planes])
        self._waiting.append(picture)
        return self.rest() if len(self._waiting) == _LENGTH else None

    def rest(self) -> PictureRun | None:
        """The run of the pictures that wait; None without any."""
        if self._low is None or self._high is None:
            return None
        pictures, levels = tuple(self._waiting), np.array(self._levels)
        bounds = StillBounds(self._low, self._high, levels.min(axis=0), levels.max(axis=0))
        self._waiting, self._levels, self._low, self._high = [], [], None, None
        is_still = self._is_still(bounds, pictures)
        return PictureRun(len(pictures), lambda: map(Planes.stacked, pictures), bounds if is_still else None)

    def _is_still(self, bounds: StillBounds, pictures: Sequence[Planes]) -> bool:
        if self._mean is None or self._unlike >= _PATIENCE:
            self._mean, self._unlike = _mean(pictures), 0
        far = _far_share(bounds.beyond(self._mean))
        self._count += 1
        if far <= _BUSY_SHARE and self._count % _RENEWED_EVERY == 0:
            share = _RENEWED_SHARE
            self._mean = np.asarray(cv2.addWeighted(self._mean, 1 - share, bounds.middle(), share, 0.0), np.uint8)
        is_still = far <= _FAR_SHARE and bounds.is_of_one_light
        self._unlike = 0 if is_still else self._unlike + 1
        return is_still


def runs_of(pictures: Iterable[Planes]) -> Iterator[PictureRun]:
    """All of the pictures as runs, with the pictures at hand.  Of pictures that break off, those before come out."""
    runs = RunMaker()
    try:
        for picture in pictures:
            if (run := runs.add(picture)) is not None:
                yield run
    except Exception:
        if (run := runs.rest()) is not None:
            yield run
        raise
    if (run := runs.rest()) is not None:
        yield run


def joined(first: PictureRun, second: PictureRun) -> PictureRun | None:
    """Both as one run without pictures; None where something changes in them, or between them."""
    if first.bounds is None or second.bounds is None or first.count + second.count > _MOST_PICTURES:
        return None
    bounds = first.bounds.around(second.bounds)
    return PictureRun(first.count + second.count, None, bounds) if bounds.is_of_one_light else None


def _far_share(apart: Plane) -> float:
    """The largest share of a plane that is farther off than _NEAR."""
    far = [
        int(np.count_nonzero(plane > limit)) if cv2.norm(plane, cv2.NORM_INF) > limit else 0
        for plane, limit in zip(apart, (_NEAR[0], _NEAR[1], _NEAR[1]), strict=True)
    ]
    return max(far) / int(apart[0].size)


def _mean(pictures: Sequence[Planes]) -> Plane:
    total = np.zeros((3, *pictures[0].u.shape), np.uint16)
    for picture in pictures:
        total += picture.stacked()
    return np.asarray((total + len(pictures) // 2) // len(pictures), np.uint8)
