"""Which pixels may be live: the kept boxes, less everything that may belong to somebody else.

Owns the rule that overlap with anyone else is always hidden.  Pure.  Never shows a pixel outside of a kept box, and in
doubt shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.bodies import Bodies
from cctv.redaction.contacts import Verdict
from cctv.redaction.fitting import at_border
from cctv.redaction.geometry import Box, PixelRect, Size, inner, outer
from cctv.redaction.planes import Mask
from cctv.redaction.regions import labelled
from cctv.redaction.walkers import Blob, Scene

SLACK = 0.20  # of the kept box's width, at least _SLACK_PIXELS: by so much its own body may stick out of a drawn box
_SLACK_PIXELS = 2.0
HIDE_MARGIN = 0.12  # of a hide box's sides: a drawn box is not exact between its keyframes
_SPECK = 12  # half-size pixels
_BORDERS = 3.0  # half-size pixels between a region and the hide box that explains it
_ADJACENT = 2  # half-size pixels
_WITHIN = 0.6  # of a region's box
_WORTHWHILE = 0.30  # of a kept box; a smaller rest shows nobody and risks much


def slack(kept: Box) -> Box:
    """The kept box grown by what its own body may stick out."""
    room = max(_SLACK_PIXELS, SLACK * kept.w)
    return kept.grown(room, room)


def margin(hide: Box) -> Box:
    """A hide box grown by what it may be off."""
    return hide.grown(HIDE_MARGIN * hide.w + 1, HIDE_MARGIN * hide.h + 1)


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known of a frame, half size: other kept boxes, hide boxes, and the subject's own regions.

    `own` is empty unless these stand apart from everybody else's; `drawn` says that the kept box is not
    interpolated.
    """

    others: tuple[Box, ...] = ()
    hides: tuple[Box, ...] = ()
    own: tuple[Box, ...] = ()
    drawn: bool = False


def scene(frame: int, kept: Box, bodies: Bodies, around: Around) -> Scene:
    """The surroundings of one kept box; boxes and the bodies at half size.

    Where the subject's own regions are known, everything else is somebody else's, inside of the kept box too.
    """
    left, top = bodies.place.left, bodies.place.top
    size = Size(bodies.bodies.shape[1], bodies.bodies.shape[0])
    upright, thin = bodies.without(around.own)
    room = slack(kept).moved(-left, -top)
    known = [margin(each).moved(-left, -top) for each in around.hides]
    covered = [*(slack(each).moved(-left, -top) for each in around.others), *known]
    ring = PixelRect(0, 0, 0, 0)
    if not around.own:
        covered.append(room)
        own = outer(room, size)
        ring = PixelRect(
            max(own.left - _ADJACENT, 0),
            max(own.top - _ADJACENT, 0),
            min(own.right + _ADJACENT, size.width),
            min(own.bottom + _ADJACENT, size.height),
        )
    blobs: list[Blob] = []
    for mask, is_thin in ((upright, False), (thin, True)):
        for box in covered:
            mask[outer(box, size).slices()] = False
        labels, stats = labelled(mask.view(np.uint8))
        for label in (np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= _SPECK) + 1).tolist():
            found = _blob(labels, label, tuple(stats[label].tolist()), ring, known, room)
            blobs.append(replace(found, box=found.box.moved(left, top), thin=is_thin))
    return Scene(frame, kept, tuple(blobs), around.drawn, bool(around.own))


def _blob(
    labels: NDArray[np.int32], label: int, stats: tuple[int, ...], ring: PixelRect, known: Sequence[Box], kept: Box
) -> Blob:
    left, top, width, height, area = stats
    box = Box(left, top, width, height)
    cut_off = at_border(box, Box(0, 0, labels.shape[1], labels.shape[0]))
    explained = any(box.grown(_BORDERS, _BORDERS).overlap(hide) > 0 for hide in known)
    near = PixelRect(
        max(left, ring.left), max(top, ring.top), min(left + width, ring.right), min(top + height, ring.bottom)
    )
    if near.empty:
        inside = box.overlap(kept) >= _WITHIN * box.area
        return Blob(box, area, touches=False, explained=explained, inside=inside, at_edge=cut_off)
    rows, columns = np.nonzero(labels[near.slices()] == label)
    if rows.size == 0:
        return Blob(box, area, touches=False, explained=explained)
    columns, rows = columns + near.left, rows + near.top
    edge = 2
    return Blob(
        box,
        area,
        touches=True,
        explained=explained,
        at_edge=cut_off,
        cut_left=bool((columns < left + edge).any()),
        cut_top=bool((rows < top + edge).any()),
        cut_right=bool((columns >= left + width - edge).any()),
        cut_bottom=bool((rows >= top + height - edge).any()),
    )


def live_area(kept: Box, here: Verdict, around: Sequence[Verdict], hides: Iterable[Box], never: Mask) -> Mask:
    """The live pixels of one kept box in one frame: half-size mask, True = live.

    `around` are the verdicts of the frame and its neighbours; `never` (half size, True) is never shown.  Where the
    subject stands apart, what its neighbours only guess at does not count.
    """
    size = Size(never.shape[1], never.shape[0])
    live = np.zeros(never.shape, np.bool_)
    if any(verdict.everything for verdict in around):
        return live
    own = inner(kept, size)
    if own.empty:
        return live
    live[own.slices()] = ~never[own.slices()]
    others = [box for verdict in around if verdict.sure or not here.sure for box in verdict.boxes]
    for box in (*others, *(margin(each) for each in hides)):
        live[outer(box, size).slices()] = False
    if np.count_nonzero(live) < _WORTHWHILE * own.area:
        live[own.slices()] = False
    return live
