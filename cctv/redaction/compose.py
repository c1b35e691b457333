"""One output picture from a source picture and a decision.

Owns the only place where live pixels pass into an output.  Works in yuv420p planes, whole 2 x 2 blocks at a time, so
that luma and chroma of a block are live together or hidden together.  Pure.
"""

from __future__ import annotations

import cv2
import numpy as np

from cctv.redaction.backdrop import Backdrop
from cctv.redaction.caption import Caption
from cctv.redaction.decide import Cover, FrameDecision
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

    @property
    def needs_source(self) -> bool:
        """Whether a covering is made of the source's own pixels."""
        return self._options.mode is Mode.MASK and self._options.fill in (Fill.PIXELATE, Fill.BLUR)

    def covering(self, source: Planes | None, cover: Cover) -> Planes:
        """The picture as it would be if nothing were live: what stands in place of hidden pixels.

        In the fills `pixelate` and `blur` it depends on the source; otherwise nothing of the source is in it, and
        `source` may be None.  Static masks lie over everything but the caption.
        """
        backdrop = self._backdrops[cover.stretch].planes
        if self._options.mode is Mode.BACKDROP:
            picture = backdrop.copy()
            if cover.shapes is not None:
                _paint(picture, cover.shapes)
        else:
            picture = filled(source or backdrop, backdrop, self._options.fill)
            if self._options.fill is Fill.BACKDROP:
                picture = picture.copy()
        if self._masked is not None:
            self._masked.cover(picture)
        if self._caption is not None:
            self._caption.draw(picture)
        return picture

    def compose(self, source: Planes, decision: FrameDecision) -> Planes:
        """The output picture: the source where live, the covering elsewhere."""
        cover = self.covering(source, decision.cover)
        for rows, columns in _part(decision.live):
            live = decision.live[rows, columns]
            whole = (slice(2 * rows.start, 2 * rows.stop), slice(2 * columns.start, 2 * columns.stop))
            _copy(source.y[whole], cover.y[whole], doubled(live).view(np.uint8))
            _copy(source.u[rows, columns], cover.u[rows, columns], live.view(np.uint8))
            _copy(source.v[rows, columns], cover.v[rows, columns], live.view(np.uint8))
        return cover


def _part(mask: Mask) -> tuple[tuple[slice, slice], ...]:
    """The rectangle around all True pixels; none when there is none."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return ((slice(top, top + height), slice(left, left + width)),) if width and height else ()


def _copy(source: Plane, into: Plane, where: Plane) -> None:
    cv2.copyTo(source, where, into)


def _paint(picture: Planes, shapes: Mask) -> None:
    for rows, columns in _part(shapes):
        part = shapes[rows, columns]
        whole = (slice(2 * rows.start, 2 * rows.stop), slice(2 * columns.start, 2 * columns.stop))
        np.copyto(picture.y[whole], np.uint8(GREY[0]), where=doubled(part))
        np.copyto(picture.u[rows, columns], np.uint8(GREY[1]), where=part)
        np.copyto(picture.v[rows, columns], np.uint8(GREY[2]), where=part)
