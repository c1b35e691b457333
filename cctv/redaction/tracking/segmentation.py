"""Segmentation of a foreground mask into upright bodies and thin pieces.

Separates people whom a shadow, a barrier tape or a stretched arm joins into one component.  Pure.  Discards no pixel:
what belongs to no body is thin, and is hidden like any other person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.tracking.foreground import connected_components
from cctv.redaction.tracking.matching import Component
from cctv.redaction.video.geometry import PixelRect, Rect, Size, outer
from cctv.redaction.video.yuv import Mask

THIN = 0.15  # of the subject's height: a head is as tall; shadows on the ground, tapes and arms are not
_MIN_KERNEL_PIXELS = 3  # half-size pixels
_ASIDE_HEIGHTS = 1.5  # of the subject's height to each side, and ...
_ABOVE_HEIGHTS = 0.8  # ... above and below: people farther away are met later, or never


@dataclass(frozen=True, slots=True, eq=False)
class UprightComponents:
    """A part of a mask cut into bodies and thin pieces, all at half size, labels from 1.

    `place` is where in the picture the part lies; its arrays have that shape.
    """

    place: PixelRect
    bodies: NDArray[np.int32]
    thin: Mask
    parts: tuple[Component, ...]  # of each body, in the picture

    def without(self, own: Sequence[Rect]) -> tuple[Mask, Mask]:
        """The bodies and the thin pieces of everyone but those with these boxes.

        A thin piece is theirs when it touches no other body: an arm, a shadow.
        """
        others, thin = self.bodies > 0, self.thin.copy()
        mine = np.zeros(len(self.parts) + 1, np.bool_)
        mine[1:] = [part.box in own for part in self.parts]
        if mine.any():
            others = others & ~mine[self.bodies]
            thin = _touched(thin, near=others) | (thin & ~_touched(thin, near=mine[self.bodies]))
        return others, thin


def around(box: Rect, height: float, picture: Size) -> PixelRect:
    """The part of the picture in which a subject of this height can meet anyone soon."""
    return outer(box.grown(_ASIDE_HEIGHTS * height, _ABOVE_HEIGHTS * height), picture)


def bodies_of(mask: Mask, place: PixelRect, height: float) -> UprightComponents:
    """Cut a part of a mask, True = differs, where it is thin for a subject of this height (half-size pixels)."""
    part = np.ascontiguousarray(mask[place.slices()]).view(np.uint8)
    reach = max(_MIN_KERNEL_PIXELS, round(THIN * height)) | 1  # an even kernel would move what it opens
    opened = cv2.morphologyEx(part, cv2.MORPH_OPEN, np.ones((reach, 1), np.uint8))
    upright = np.asarray(opened, np.uint8)
    labels, stats = connected_components(upright)
    parts = tuple(Component(Rect(x + place.left, y + place.top, w, h), area) for x, y, w, h, area in stats[1:].tolist())
    return UprightComponents(place, labels, (part & ~upright).view(np.bool_), parts)


def _touched(thin: Mask, near: Mask) -> Mask:
    """The thin pieces that touch what is near them."""
    wide = cv2.dilate(near.view(np.uint8), np.ones((3, 3), np.uint8))
    labels, stats = connected_components(thin.view(np.uint8))
    touching = np.zeros(len(stats), np.bool_)
    touching[np.unique(labels[np.asarray(wide).view(np.bool_)])] = True
    touching[0] = False
    return np.asarray(touching[labels])
