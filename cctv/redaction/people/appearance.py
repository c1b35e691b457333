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
_FEWEST_PIXELS = 20  # of foreground; with fewer the whole part counts
_SMOOTH = np.array([0.25, 0.5, 0.25], np.float32)


def look_of(picture: NDArray[np.uint8], box: Rect, differs: Mask) -> NDArray[np.uint8]:
    """The look (LOOK_VALUES,) of the person in a box (full-size pixels); zeros of a part without pixels.

    picture: CIE L*a*b* as OpenCV has it, uint8, height x width x 3.  differs: the foreground at half size; what is
    ground does not count where enough else is seen.
    """
    histograms = []
    size = Size(picture.shape[1], picture.shape[0])
    for top, bottom in _PARTS:
        part = Rect(box.x + _ASIDE * box.w, box.y + top * box.h, (1 - 2 * _ASIDE) * box.w, (bottom - top) * box.h)
        at = outer(part, size)
        if at.empty:
            histograms.append(np.zeros(3 * _BINS, np.float32))
            continue
        pixels = picture[at.slices()].reshape(-1, 3)
        rows, columns = np.arange(at.top, at.bottom) // 2, np.arange(at.left, at.right) // 2
        seen = differs[np.minimum(rows, differs.shape[0] - 1)[:, None], np.minimum(columns, differs.shape[1] - 1)]
        if int(np.count_nonzero(seen)) > _FEWEST_PIXELS:
            pixels = pixels[seen.reshape(-1)]
        histograms.append(_histograms(pixels))
    return np.asarray(np.round(np.concatenate(histograms) * 255), np.uint8)


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


def _histograms(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    out = []
    for channel in range(3):
        values = pixels[:, channel].astype(np.float32)
        if channel > 0:
            values = np.clip((values - 128) * _CHROMA_SPREAD + 128, 0, 255)
        counts = np.bincount((values * _BINS / 256).astype(np.intp), minlength=_BINS).astype(np.float32)
        out.append(np.convolve(counts / max(counts.sum(), 1), _SMOOTH, "same"))
    return np.concatenate(out).astype(np.float32)
