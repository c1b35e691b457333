"""Regions: where a frame differs from the empty scene.

Owns the difference and its clean-up.  Pure.  Recall comes first: a pixel that may be a person counts as one, and a
frame whose light cannot be explained counts as person throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cctv.redaction.backdrop import Backdrop
from cctv.redaction.light import Light, fit
from cctv.redaction.planes import Mask, Plane

LUMA = 20  # levels of difference that count (REDACTION.md: 25 leaks once a backdrop is vetted, 20 does not)
CHROMA = 9  # chroma varies less than luma, and dark clothes on dark ground often differ only there
_SPECK = 12  # half-size pixels; a smaller region is noise of the camera
HOLD = 2  # frames before and after for which a region counts (REDACTION.md: +-2)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs in one frame: a half-size mask, True = differs or cannot be known; and the light it was judged in."""

    mask: Mask
    light: Light | None  # None: unknown, and the mask is True throughout


def difference(stacked: Plane, backdrop: Backdrop, before: Light | None) -> Difference:
    """Compare one frame, (3, height/2, width/2) uint8, with the backdrop."""
    light = fit(stacked, backdrop.stacked, backdrop.trusted, before)
    if light is None:
        return Difference(np.ones(backdrop.trusted.shape, np.bool_), None)
    apart = cv2.absdiff(stacked, light.shown(backdrop.stacked))
    differs = (apart[0] > LUMA) | (apart[1] > CHROMA) | (apart[2] > CHROMA)
    return Difference(cleaned(differs), light)


def cleaned(differs: Mask) -> Mask:
    """Without specks, and with the gaps inside a body closed."""
    closed = cv2.morphologyEx(differs.view(np.uint8), cv2.MORPH_CLOSE, _CLOSE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    large = np.zeros(count, np.bool_)
    large[1:] = stats[1:, cv2.CC_STAT_AREA] >= _SPECK
    return np.asarray(large[labels])


_CLOSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 9))


def grown(mask: Mask, across: int, along: int) -> Mask:
    """The mask, each True pixel spread `across` pixels sideways and `along` up and down."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * across + 1, 2 * along + 1))
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), np.uint8).view(np.bool_)
