"""Whether an output still shows a head, by its pixels alone.

Never asks the mask, the decisions or the engine's backdrop.  A pixel can only tell when the person's colour differs
from all that may lawfully stand there: the empty scene, as seen whenever nobody's true box lay over the place, and the
flat grey of the mode.  Where somebody else stands throughout, so that no empty scene was ever seen, it is what is seen
there while this person is away: the ground beside a head lies in the head's box, and equals itself.  Where clothes or
hair equal the ground, showing the ground shows nothing, and nothing is counted.

A head shows when of the pixels that tell over 10 % equal the source, as much as of a head by the mask, and more than
chance explains.  Chance is what the ground beside the head gives: whatever fills a place is made of what is around it,
and the grey of a wall may be that of somebody's hair.  The head is laid over the empty scene at eight places, one head
away; the share p of telling pixels that equal the ground there is what a filling gives, and the binomial chance of so
many of n must be below 1 in 1,000.  Neighbouring pixels are alike, so the true chance is larger: the rule finds too
much rather than too little.  A smear in a colour that is nowhere around counts.  How many heads could be judged is a
figure of its own, and so is how many are found when nothing is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.inpaint import GREY as SOLID_GREY
from cctv.redaction.render.silhouettes import GREY as SHAPE_GREY
from cctv.redaction.video.geometry import Rect, Size
from redaction_bench.pictures import Picture, pictures
from redaction_bench.truth import People, boxes_in, head, place

Apart = NDArray[np.int16]
Ground = NDArray[np.int16]
Seen = NDArray[np.bool_]
TELLING = 30  # levels between a person and all that may stand there; a median of the ground is off by under 10
SAME = 10  # levels; H.264 at the engine's settings is off by 2 to 3 in the mean
_SHOWN = 0.10  # of the pixels that tell: a head counts as hidden when 90 % of it is
_CHANCE = 0.001  # that a filling of the colours around equals so many of them
_ENOUGH = 0.05  # of the head must tell, and ...
_LEAST = 4  # ... so many pixels of the half-size picture: of fewer, one is a quarter
_SAMPLES = 120  # of the clip, for the empty scene
_AROUND = 0.2  # of a true box's sides: PETS09-S2L1's are up to 10 pixels off, and people throw shadows
_NEVER = np.int16(32767)


@dataclass(frozen=True)
class EmptyScene:
    """The ground at half size: int16 (3, height, width), and where it was ever seen.

    `without`: for somebody who comes where it never was, what is seen while they are away, and where it is.
    """

    ground: Ground
    seen: Seen
    without: Mapping[int, tuple[Ground, Seen]] = field(default_factory=dict)

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
    samples = [
        (frame, picture.astype(np.int16)) for frame, picture in enumerate(pictures(clip, size)) if frame % stride == 0
    ]
    ground, seen = _median([_left_out(sample, boxes_in(people, frame)) for frame, sample in samples])
    unseen, without = ~seen, {}
    for person, boxes in people.items() if unseen.any() else ():
        own = ([boxes[frame]] if frame in boxes else [] for frame, _ in samples)
        left = [_left_out(sample, box)[:, unseen] for (_, sample), box in zip(samples, own, strict=True)]
        other, away = ground.copy(), seen.copy()
        other[:, unseen], away[unseen] = _median(left)
        without[person] = other, away
    return EmptyScene(ground, seen, without)


def _left_out(sample: NDArray[np.int16], boxes: Iterable[Rect]) -> NDArray[np.int16]:
    """A sample without what lies in some boxes or near them."""
    sample = sample.copy()
    for box in boxes:
        rows, columns = place(box.grown(_AROUND * box.w, _AROUND * box.h).scaled(0.5))
        sample[:, rows, columns] = _NEVER
    return sample


def _median(samples: Sequence[NDArray[np.int16]]) -> tuple[Ground, Seen]:
    """The median of what was not left out of samples, and where there is any."""
    stack = np.sort(np.stack(samples), axis=0)
    count = (stack[:, 0] != _NEVER).sum(axis=0)
    middle = np.broadcast_to(count // 2, stack.shape[1:])[np.newaxis]
    return np.take_along_axis(stack, np.minimum(middle, len(stack) - 1), axis=0)[0], count > 0


def judge(source: Picture, shown: Picture, scene: EmptyScene, boxes: Mapping[int, Rect]) -> Heads:
    """The heads of one frame, of those who should be hidden, by person."""
    heads = Heads()
    for person, box in boxes.items():
        where = place(head(box).scaled(0.5))
        ground, seen = scene.without.get(person, (scene.ground, scene.seen))
        own = source[:, *where]
        telling = _tells(own, ground[:, *where], seen[where])
        count = int(np.count_nonzero(telling))
        if count >= max(_LEAST, _ENOUGH * telling.size):
            equal = int(np.count_nonzero(telling & (apart(own, shown[:, *where]) <= SAME)))
            is_shown = equal > _SHOWN * count
            if is_shown:
                is_shown = _at_least(equal, count, _like_ground(own, telling, where, ground, seen)) < _CHANCE
            heads += Heads(1, int(is_shown))
    return heads


def _like_ground(own: Picture, telling: Seen, where: tuple[slice, slice], ground: Ground, seen: Seen) -> float:
    """How likely a telling pixel of a head equals the ground beside it, by the rule of succession."""
    rows, columns = telling.shape
    equal = compared = 0
    for down, right in product((-1, 0, 1), repeat=2):
        top, left = where[0].start + down * rows, where[1].start + right * columns
        beside = slice(max(top, 0), top + rows), slice(max(left, 0), left + columns)
        if (down or right) and seen[beside].shape == telling.shape:
            counted = telling & seen[beside]
            compared += int(np.count_nonzero(counted))
            equal += int(np.count_nonzero(counted & (apart(own, ground[:, *beside]) <= SAME)))
    return (equal + 1) / (compared + 2)


def _at_least(successes: int, of: int, chance: float) -> float:
    """The binomial chance of so many or more."""
    return sum(math.comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(successes, of + 1))


def _tells(source: Picture, ground: Ground, seen: Seen) -> Seen:
    """Which pixels are unlike all that may lawfully stand there."""
    tells = ~seen | (apart(source, ground) >= TELLING)
    for grey in (SOLID_GREY, SHAPE_GREY):
        tells &= apart(source, np.array(grey, np.int16).reshape(3, 1, 1)) >= TELLING
    return tells


def apart(picture: NDArray[np.integer], other: NDArray[np.integer]) -> Apart:
    """How far two pictures are apart at each pixel: levels of luma, or twice those of a chroma plane."""
    gap = np.abs(picture.astype(np.int16) - other)
    return np.asarray(np.maximum(gap[0], 2 * np.maximum(gap[1], gap[2])), np.int16)
