"""Overlaps: what of a kept person's box is visible beside everybody else.

Boxes hide.  Whoever stands in front hides as a whole; of whoever stands behind, and of whoever may be there unseen, the
head is hidden, so that the person in front stays visible.  What differs beside the kept person and nobody explains is
somebody unknown, and hides too; somebody unknown who went into the kept box hides all of it until they are out again.
Measured: docs/decisions/0038-boxes-hide-heads.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cctv.redaction.background.model import Backdrop
from cctv.redaction.people.windows import Stature, learned_stature
from cctv.redaction.tracking.foreground import HiddenDifference, connected_components, covered
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.video.geometry import PixelRect, Rect, Size, inner, outer
from cctv.redaction.video.yuv import Mask

MIN_VISIBLE_SHARE = 0.30  # of a kept box; a smaller rest shows no one and risks much
# Of a box's height from its top: the head, and what a box may be off.  At 0.34 one more shows in a generated scene.
_HEAD, _HEAD_PIXELS = 0.36, 1.0  # and half-size pixels: the boxes of small people are off by more of them
_HEAD_WIDTH = 1.0  # of a box's width
_FRONT_WIDTH = 0.85  # of a box's width: the detector's boxes are 14 to 30 % wider than people
_ABOVE = 0.03  # of the height: hair above the box
_BEHIND = 0.02  # of the kept box's height: whose feet are higher by more stands behind
_SAME_PERSON = 0.6  # of the smaller box: a person found in the backdrop who is the kept one
_EXPLAINED = 0.1  # of its sides: what differs so near to a known box is that person's
_UNKNOWN_SHARE, _UNKNOWN_HEIGHT = 0.02, 0.12  # of the kept box's area and height: less is noise or a limb
_UNKNOWN_LOW = 0.25  # of the kept box's height: what is lower than that is a shadow or a reflection
_UNKNOWN_MARGIN = 0.1  # of the kept box's height around somebody unknown
_TOUCHING_PIXELS = 2  # half-size pixels
_SOMEBODY_SHARE, _SOMEBODY_HEIGHT = 0.2, 0.45  # of the kept box's area and height, and upright: as large as a child
_MOVED = 0.6  # of the way to the boxes of the searched frames beside it: there people who were found hide too
_INSIDE_SECONDS = 2.5  # PETS09-S2L1: nobody is wholly inside of another's box for longer than 1
_MOST_BOXES = 4000  # that heights are learned from
_BESIDE_SECONDS = 0.5  # before and after somebody unknown was seen beside the kept box


@dataclass(frozen=True, slots=True)
class OtherPerson:
    """Somebody who is not kept, in one frame: a box (half-size pixels), and whether only the head is hidden."""

    box: Rect
    head_only: bool

    def hides(self, kept: Rect) -> Rect:
        """What is hidden of a kept person whose box this is."""
        box = self.box
        above = _ABOVE * box.h
        if self.head_only or box.bottom < kept.bottom - _BEHIND * kept.h:
            aside = (1 - _HEAD_WIDTH) / 2 * box.w
            return Rect(box.x + aside, box.y - above, box.w - 2 * aside, _HEAD * box.h + _HEAD_PIXELS + above)
        aside = (1 - _FRONT_WIDTH) / 2 * box.w
        return Rect(box.x + aside, box.y - above, box.w - 2 * aside, box.h + above)


class EverybodyElse:
    """Everybody who is not kept, frame by frame."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._own = frozenset(number for numbers in analysis.own for number in numbers)
        self._half = Size(analysis.differs.shape[1], analysis.differs.shape[0])
        self._reach = max(1, analysis.people.spacing, round(analysis.survey.rate / 10))
        self._at = _by_frame(analysis)
        self._hidden: dict[int, frozenset[int]] = {}
        self._stature = _stature_in(analysis)

    def visible_of(self, number: int, frame: int, backdrop: Backdrop) -> Mask:
        """What is visible of the person of a kept path (by index), half size; nothing where too little is."""
        live = np.zeros(self._analysis.differs.shape, np.bool_)
        kept = self.box_of(number, frame)
        if kept is None:
            return live
        at = inner(kept, self._half)
        if at.empty or frame in self._inside(number):
            return live
        live[at.slices()] = True
        for box in self.hiding(number, frame, backdrop):
            live[outer(box, self._half).slices()] = False
        if int(np.count_nonzero(live[at.slices()])) < MIN_VISIBLE_SHARE * at.area:
            live[at.slices()] = False
        return live

    def hiding(self, number: int, frame: int, backdrop: Backdrop) -> Iterator[Rect]:
        """What other people hide of the person of a kept path in a frame, half-size pixels."""
        kept = self.box_of(number, frame)
        if kept is None:
            return
        alone = self._analysis.kept.keep[number].is_alone_at(frame)
        for near, other in self._near(frame, seen_only=alone):
            hidden = other.hides(self.box_of(number, near) or kept)
            if hidden.overlap(kept) > 0:
                yield hidden
        for person in (box.scaled(0.5) for box in backdrop.people):
            if person.overlap(kept) < _SAME_PERSON * min(person.area, kept.area):
                yield person
        if frame in self._inside(number):
            yield kept
        for box in self._unknown(kept, frame):
            yield box.grown(_UNKNOWN_MARGIN * kept.h, _UNKNOWN_MARGIN * kept.h)

    def everybody(self, frame: int) -> Mask:
        """The boxes of everybody who was found in a frame or near it, kept or not, half size.

        As the detector gives them, 14 to 30 % wider than people are: what differs beside a box is hidden without it.
        """
        mask = np.zeros(self._analysis.differs.shape, np.bool_)
        for near in (frame - self._reach, frame, frame + self._reach):
            for _, box in self._at.get(near, ()):
                mask[outer(box.grown(0, _ABOVE * box.h), self._half).slices()] = True
        for place in self._analysis.people.unseen.get(frame, ()):
            mask[outer(place.box, self._half).slices()] = True
        return mask

    def differing(self, frame: int) -> HiddenDifference:
        """What the difference of a frame hides, whoever is kept."""
        mask = self._analysis.differs[frame]
        if self._analysis.lights[frame] is None:
            return HiddenDifference(mask, np.zeros_like(mask))
        return covered(mask, [box for _, box in self._at.get(frame, ())], self._stature)

    def box_of(self, number: int, frame: int) -> Rect | None:
        """The box of a kept path in a frame, half-size pixels."""
        box = self._analysis.kept.keep[number].box_at(frame)
        return None if box is None else box.scaled(0.5)

    def _inside(self, number: int) -> frozenset[int]:
        """The frames in which somebody unknown may be inside of the box of a kept path."""
        if number not in self._hidden:
            path = self._analysis.kept.keep[number]
            beside = [frame for frame in range(path.first, path.last + 1) if self._somebody_beside(number, frame)]
            near, longest = (
                round(seconds * self._analysis.survey.rate) for seconds in (_BESIDE_SECONDS, _INSIDE_SECONDS)
            )
            frames = {near_by for frame in beside for near_by in range(frame - near, frame + near + 1)}
            for before, after in pairwise(beside):
                if after - before <= longest:
                    frames.update(range(before, after))
            self._hidden[number] = frozenset(frames)
        return self._hidden[number]

    def _somebody_beside(self, number: int, frame: int) -> bool:
        kept = self.box_of(number, frame)
        if kept is None or frame >= len(self._analysis.differs) or self._analysis.lights[frame] is None:
            return False
        return any(
            box.area >= _SOMEBODY_SHARE * kept.area and box.h >= max(_SOMEBODY_HEIGHT * kept.h, box.w)
            for box in self._unknown(kept, frame)
        )

    def _near(self, frame: int, *, seen_only: bool) -> Iterator[tuple[int, OtherPerson]]:
        """Everybody else in a frame and near it, each with the frame; those of tracks on the way there.

        `seen_only`: without the persons of tracks who may stand there unseen.
        """
        people = self._analysis.people
        here = dict(self._at.get(frame, ()))
        for near in (frame - self._reach, frame, frame + self._reach):
            for number, box in self._at.get(near, ()):
                if number not in self._own:
                    then = here[number].towards(box, _MOVED) if number in here else box
                    yield near, OtherPerson(then, number in people.doubtful)
        for near in (frame - self._reach, frame, frame + self._reach):
            for place in people.unseen.get(near, ()):
                if not self._own.intersection(place.tracks) and not (seen_only and place.tracks):
                    yield near, OtherPerson(place.box, head_only=True)

    def _unknown(self, kept: Rect, frame: int) -> Iterator[Rect]:
        """What differs beside a kept box, touches it, and is in nobody's box.

        Where the empty scene is not trusted, as under leaves and before shop windows, difference tells of nobody.
        """
        around = outer(kept.grown(kept.w, 0.3 * kept.h), self._half)
        backdrop = self._analysis.survey.backdrops[self._analysis.stretch[frame]]
        mask = self._analysis.differs[frame][around.slices()] & backdrop.trusted[around.slices()]
        explained = [box for _, box in self._at.get(frame, ())]
        explained += [place.box for place in self._analysis.people.unseen.get(frame, ())]
        for box in (kept, *explained):
            _clear(mask, box.grown(_EXPLAINED * box.w + 1, _EXPLAINED * box.h + 1), around)
        if not mask.any():
            return
        touching = kept.grown(_EXPLAINED * kept.w + 1 + _TOUCHING_PIXELS, _EXPLAINED * kept.h + 1 + _TOUCHING_PIXELS)
        for left, top, width, height, area in connected_components(mask.view(np.uint8))[1][1:].tolist():
            box = Rect(left + around.left, top + around.top, width, height)
            large = area >= _UNKNOWN_SHARE * kept.area and height >= _UNKNOWN_HEIGHT * kept.h
            if large and box.y < kept.bottom - _UNKNOWN_LOW * kept.h and box.overlap(touching) > 0:
                yield box


def _by_frame(analysis: Analysis) -> dict[int, list[tuple[int, Rect]]]:
    at: dict[int, list[tuple[int, Rect]]] = {}
    for track in analysis.people.tracks:
        for index, box in enumerate(track.boxes):
            at.setdefault(track.first + index, []).append((track.id, box))
    return at


def _stature_in(analysis: Analysis) -> Stature | None:
    """How tall people are in a clip, by their tracks; full-size pixels."""
    rows, columns = analysis.differs.shape
    every = [box for track in analysis.people.tracks for box in track.boxes]
    boxes = np.array([(box.x, box.y, box.w, box.h) for box in every[:: len(every) // _MOST_BOXES + 1]], np.float32)
    if not len(boxes):
        return None
    return learned_stature(2 * boxes, np.ones(len(boxes), np.float32), Size(2 * columns, 2 * rows))


def _clear(mask: Mask, box: Rect, around: PixelRect) -> None:
    """Set a box of the picture to False in a mask of a part of it."""
    size = Size(mask.shape[1], mask.shape[0])
    mask[outer(box.moved(-around.left, -around.top), size).slices()] = False
