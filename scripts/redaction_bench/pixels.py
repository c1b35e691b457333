"""Whether an output still shows a head, by its pixels alone.

Never asks the mask, the decisions or the engine's backdrop.  A pixel can only tell when the person's colour differs
from all that may lawfully stand there: the empty scene, as seen whenever nobody's true box lay over the place, and the
flat grey of the mode.  Where clothes or hair equal the ground, showing the ground shows nothing, and nothing is
counted; how many heads could be judged is a figure of its own, and so is how many are found when nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.inpaint import GREY as SOLID_GREY
from cctv.redaction.render.silhouettes import GREY as SHAPE_GREY
from cctv.redaction.video.geometry import Rect, Size
from redaction_bench.pictures import Picture, pictures
from redaction_bench.truth import People, boxes_in, head, place

Apart = NDArray[np.int16]
TELLING = 30  # levels between a person and all that may stand there; a median of the ground is off by under 10
SAME = 10  # levels; H.264 at the engine's settings is off by 2 to 3 in the mean
_SHOWN = 0.10  # of the pixels that tell: a head counts as hidden when 90 % of it is
_ENOUGH = 0.05  # of the head must tell, and ...
_LEAST = 4  # ... so many pixels of the half-size picture, and so many must show: fewer are a speck, equal by chance
_SAMPLES = 120  # of the clip, for the empty scene
_AROUND = 0.2  # of a true box's sides: PETS09-S2L1's are up to 10 pixels off, and people throw shadows
_NEVER = np.int16(32767)


@dataclass(frozen=True)
class EmptyScene:
    """The ground at half size: int16 (3, height, width), and where it was ever seen."""

    ground: NDArray[np.int16]
    seen: NDArray[np.bool_]

    @property
    def filled(self) -> Picture:
        """The ground as a picture, grey where it was never seen."""
        return np.where(self.seen, self.ground, 128).astype(np.uint8)


@dataclass(frozen=True)
class Heads:
    """Heads that could be judged by their pixels, and those that show."""

    judged: int = 0
    shown: int = 0

    def __add__(self, other: Heads) -> Heads:
        return Heads(self.judged + other.judged, self.shown + other.shown)


def empty_scene(clip: Path, size: Size, people: People, frames: int) -> EmptyScene:
    """The median of the frames in which nobody's true box lies over a pixel."""
    stride = max(1, frames // _SAMPLES)
    samples = []
    for frame, picture in enumerate(pictures(clip, size)):
        if frame % stride == 0:
            sample = picture.astype(np.int16)
            for box in boxes_in(people, frame):
                rows, columns = place(box.grown(_AROUND * box.w, _AROUND * box.h).scaled(0.5))
                sample[:, rows, columns] = _NEVER
            samples.append(sample)
    stack = np.sort(np.stack(samples), axis=0)
    count = (stack[:, 0] != _NEVER).sum(axis=0)
    middle = np.broadcast_to(count // 2, stack.shape[1:])[np.newaxis]
    ground = np.take_along_axis(stack, np.minimum(middle, len(stack) - 1), axis=0)[0]
    return EmptyScene(ground, count > 0)


def judge(source: Picture, shown: Picture, scene: EmptyScene, boxes: Iterable[Rect]) -> Heads:
    """The heads of one frame, of those who should be hidden."""
    tells = ~scene.seen | (apart(source, scene.ground) >= TELLING)
    for grey in (SOLID_GREY, SHAPE_GREY):
        tells &= apart(source, np.array(grey, np.int16).reshape(3, 1, 1)) >= TELLING
    matches = tells & (apart(source, shown) <= SAME)
    heads = Heads()
    for box in boxes:
        where = place(head(box).scaled(0.5))
        telling = int(np.count_nonzero(tells[where]))
        if telling >= max(_LEAST, _ENOUGH * tells[where].size):
            equal = int(np.count_nonzero(matches[where]))
            heads += Heads(1, int(equal >= _LEAST and equal > _SHOWN * telling))
    return heads


def apart(picture: NDArray[np.integer], other: NDArray[np.integer]) -> Apart:
    """How far two pictures are apart at each pixel: levels of luma, or twice those of a chroma plane."""
    gap = np.abs(picture.astype(np.int16) - other)
    return np.asarray(np.maximum(gap[0], 2 * np.maximum(gap[1], gap[2])), np.int16)
