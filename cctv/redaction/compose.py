"""One output picture from a source picture and a decision.

Owns the only place where live pixels pass into an output.  Works in yuv420p planes, whole 2 x 2 blocks at a time, so
that luma and chroma of a block are live together or hidden together.  Pure.
"""

from __future__ import annotations

import cv2
import numpy as np

from cctv.redaction.backdrop import Backdrop
from cctv.redaction.caption import Caption
from cctv.redaction.decide import FrameDecision
from cctv.redaction.fill import Fill, filled
from cctv.redaction.masks import MaskedArea
from cctv.redaction.options import Mode, Options
from cctv.redaction.planes import Mask, Plane, Planes, doubled
from cctv.redaction.shapes import GREY


class Composer:
    """Composes pictures of one clip.  Keeps what does not change from frame to frame."""

    def __init__(
        self,
        backdrops: tuple[Backdrop, ...],
        options: Options,
        caption: Caption | None,
        masked: MaskedArea | None = None,
    ) -> None:
        self._backdrops = backdrops
        self._options = options
        self._caption = caption
        self._masked = masked

    def covering(self, source: Planes, decision: FrameDecision) -> Planes:
        """The picture as it would be if nothing were live: what stands in place of hidden pixels.

        In the fills `pixelate` and `blur` it depends on the source; otherwise nothing of the source is in it.  Static
        masks lie over everything but the caption.
        """
        backdrop = self._backdrops[decision.stretch].planes
        if self._options.mode is Mode.BACKDROP:
            picture = backdrop.copy()
            if decision.shapes is not None:
                _paint(picture, decision.shapes)
        else:
            picture = filled(source, backdrop, self._options.fill)
            if self._options.fill is Fill.BACKDROP:
                picture = picture.copy()
        if self._masked is not None:
            self._masked.cover(picture)
        if self._caption is not None:
            self._caption.draw(picture)
        return picture

    def compose(self, source: Planes, decision: FrameDecision) -> Planes:
        """The output picture: the source where live, the covering elsewhere."""
        cover = self.covering(source, decision)
        live = decision.live.view(np.uint8)
        _copy(source.y, cover.y, doubled(decision.live).view(np.uint8))
        _copy(source.u, cover.u, live)
        _copy(source.v, cover.v, live)
        return cover


def _copy(source: Plane, into: Plane, where: Plane) -> None:
    cv2.copyTo(source, where, into)


def _paint(picture: Planes, shapes: Mask) -> None:
    picture.y[doubled(shapes)] = GREY[0]
    picture.u[shapes] = GREY[1]
    picture.v[shapes] = GREY[2]
