"""Appearance: how a person is dressed, as histograms of colour in three body parts, and how alike two people are.

Nobody is recognised by it: no face, no gait, no identity.  Looks are compared within one request only, and are deleted
with its case.  Pure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.detections import LOOK_VALUES
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.yuv import Mask

_PARTS = ((0.0, 0.22), (0.2, 0.55), (0.5, 1.0))  # of the height: head, trunk, legs
_ASIDE = 0.18  # of the width, left out on each side: mostly ground
_BINS = 16
_CHROMA_SPREAD = 2.5  # clothes fill less than half of what chroma could be
_FEWEST_PIXELS = 5  # of foreground, at half size; with fewer the whole part counts
_ROW = 3 * _BINS  # values of a part
_LEVELS = np.arange(256, dtype=np.float32)
_SPREAD = np.clip((_LEVELS - 128) * _CHROMA_SPREAD + 128, 0, 255)
_PLACES = np.stack(
    [
        (levels * _BINS / 256).astype(np.uint8) + _BINS * channel
        for channel, levels in enumerate((_LEVELS, _SPREAD, _SPREAD))
    ]
)
"""(3, 256): the bin of a part's histograms into which each level of each channel falls."""


def looks_of(picture: NDArray[np.uint8], boxes: NDArray[np.float32], differs: Mask) -> NDArray[np.uint8]:
    """The looks (n, LOOK_VALUES) of people in boxes (n x 4, full-size pixels); zeros of a part without pixels.

    picture: CIE L*a*b* as OpenCV has it, uint8, height x width x 3, at half size.  differs: the foreground, of that
    size; what is ground does not count where enough else is seen.
    """
    places = np.stack([np.take(row, picture[..., channel]) for channel, row in enumerate(_PLACES)], axis=2)
    size = Size(picture.shape[1], picture.shape[0])
    counts = np.zeros((len(boxes), len(_PARTS), _ROW), np.float32)
    for number, (x, y, width, height) in enumerate((boxes / 2).tolist()):
        for part, (top, bottom) in enumerate(_PARTS):
            at = outer(
                Rect(x + _ASIDE * width, y + top * height, (1 - 2 * _ASIDE) * width, (bottom - top) * height), size
            )
            if at.empty:
                continue
            pixels, seen = places[at.slices()], differs[at.slices()]
            if int(np.count_nonzero(seen)) > _FEWEST_PIXELS:
                pixels = pixels[seen]
            counts[number, part] = np.bincount(pixels.ravel(), minlength=_ROW)
    histograms = counts.reshape(-1, _BINS)
    histograms = histograms / np.maximum(histograms.sum(axis=1, keepdims=True), 1)
    smooth = histograms / 2
    smooth[:, 1:] += histograms[:, :-1] / 4
    smooth[:, :-1] += histograms[:, 1:] / 4
    return np.asarray(np.round(smooth * 255), np.uint8).reshape(len(boxes), LOOK_VALUES)


def likeness(look: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How alike two looks are, 0 to 1: the mean Bhattacharyya coefficient of their histograms."""
    return float(likenesses(look[None], other[None])[0, 0])


def likenesses(looks: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The likeness of each of n looks (n, LOOK_VALUES) with each of m: (n, m)."""
    return np.asarray(_roots(looks) @ _roots(others).T / (LOOK_VALUES // _BINS), np.float32)


def _roots(looks: NDArray[np.uint8]) -> NDArray[np.float32]:
    histograms = looks.reshape(-1, LOOK_VALUES // _BINS, _BINS).astype(np.float32)
    totals = np.maximum(histograms.sum(axis=2, keepdims=True), 1)
    return np.asarray(np.sqrt(histograms / totals), np.float32).reshape(-1, LOOK_VALUES)
