"""Covering parts of a backdrop: what a reviewer sees in it that must not be shown, as somebody who stood still.

Pure.  Never leaves a pixel of a covered part live: what the backdrop holds stood there while the subject passed, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cctv.redaction.background.model import Backdrop
from cctv.redaction.render.silhouettes import GREY
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.yuv import doubled


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
