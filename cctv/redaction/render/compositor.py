"""Composition of one output picture from a source picture and a decision.

The only place where live pixels pass into an output.  Works in yuv420p planes, 2 x 2 blocks at a time, so that luma and
chroma of a block are live together or hidden together.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from cctv.redaction.background.inpaint import Fill, filled
from cctv.redaction.background.model import Backdrop
from cctv.redaction.render.caption import Caption
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.privacy_masks import MaskedArea
from cctv.redaction.render.silhouettes import GREY
from cctv.redaction.render.visibility import Cover, FrameDecision
from cctv.redaction.video.geometry import PixelRect
from cctv.redaction.video.spill import Patch
from cctv.redaction.video.yuv import Mask, Plane, Planes, doubled

_STRIP_PIXELS = 64  # half-size pixels: shapes stand apart, and one rectangle around all of them is most of the picture


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
        """Whether a covering depends on the source's own pixels."""
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
            self._caption.draw(picture, cover.frame)
        return picture

    def compose(self, source: Patch, decision: FrameDecision) -> Planes:
        """The output picture: the source where live and known, the covering elsewhere."""
        cover = self.covering(source.planes, decision.cover)
        around = source.rect
        visible = decision.live[around.slices()]
        for rows, columns in _parts(visible, visible.shape[1]):
            live = visible[rows, columns]
            large = doubled(live).view(np.uint8)
            _copy(source.planes.y[_twice(rows, columns)], _there(cover.y, rows, columns, around, 2), large)
            for plane, into in ((source.planes.u, cover.u), (source.planes.v, cover.v)):
                _copy(plane[rows, columns], _there(into, rows, columns, around, 1), live.view(np.uint8))
        return cover


def _twice(rows: slice, columns: slice) -> tuple[slice, slice]:
    return slice(2 * rows.start, 2 * rows.stop), slice(2 * columns.start, 2 * columns.stop)


def _there(plane: Plane, rows: slice, columns: slice, around: PixelRect, scale: int) -> Plane:
    """The same pixels in a plane of the whole picture."""
    top, left = around.top, around.left
    return plane[
        scale * (rows.start + top) : scale * (rows.stop + top),
        scale * (columns.start + left) : scale * (columns.stop + left),
    ]


def _parts(mask: Mask, strip: int) -> Iterator[tuple[slice, slice]]:
    """Rectangles that hold all True pixels: one in each strip of the picture, `strip` pixels wide."""
    for left in range(0, mask.shape[1], max(strip, 1)):
        across, top, wide, high = cv2.boundingRect(mask[:, left : left + strip].view(np.uint8))
        if wide and high:
            yield slice(top, top + high), slice(left + across, left + across + wide)


def _copy(source: Plane, into: Plane, where: Plane) -> None:
    cv2.copyTo(source, where, into)


def _paint(picture: Planes, shapes: Mask) -> None:
    for rows, columns in _parts(shapes, _STRIP_PIXELS):
        part = shapes[rows, columns]
        luma = picture.y[_twice(rows, columns)]
        _copy(np.full_like(luma, GREY[0]), luma, doubled(part).view(np.uint8))
        for plane, level in ((picture.u, GREY[1]), (picture.v, GREY[2])):
            _copy(np.full_like(plane[rows, columns], level), plane[rows, columns], part.view(np.uint8))
