"""Whether the second witness finds people who are shown by mistake: leaks of three frames, planted on purpose.

Every few frames another person is live for three frames, at the true box; in backdrop mode nothing else is, in mask
mode all that the engine itself shows of the clip.  The witness looks at what a render without an encoder would give.
Counted are the plants at whose place and time it reports somebody, and whom it reports where nothing is planted.  A
second row plants two people who stand beside each other, in one box that keeps one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from cctv.redaction.people.weights import load_model
from cctv.redaction.render.compositor import Composer
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.places import Shown
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.render.witness import Sighting, Witness
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.video.geometry import Rect, Size, enclosing, outer
from cctv.redaction.video.reader import Reading, clip_of
from cctv.redaction.video.spill import whole
from redaction_bench.counting import Annotated
from redaction_bench.engine import Prepared
from redaction_bench.figures import Figure, at_least, at_most, tells

_FOUND = 95  # % of the plants
_FRAMES, _EVERY = 3, 7  # frames of a plant, and from one to the next
_LEAST_INSIDE = 0.95  # of a box inside of the picture
_NEAR, _APART = (1.6, 1.3), 0.1  # width and height of a pair by those of the two; what they have in common
_SAME = 0.3  # of the smaller of a plant and a sighting


@dataclass(frozen=True)
class Plant:
    """Who is live by mistake: boxes by frame, of one person or around two."""

    boxes: dict[int, Rect]

    def is_seen_by(self, sighting: Sighting) -> bool:
        """Whether a sighting is of this plant."""
        box = self.boxes.get(sighting.frame)
        return box is not None and box.overlap(sighting.box) >= _SAME * min(box.area, sighting.box.area)


def planted_leaks(on: Annotated, prepared: Prepared) -> Iterator[Figure]:
    """The rows of one clip: somebody live in both modes, and two people live in a box that keeps one."""
    leaks, pairs = list(_leaks(on)), list(_pairs(on))
    yield tells("planted leaks", len(leaks))
    for mode in Mode:
        name = f"planted leaks: {mode.value} mode"
        found = _found(leaks, _sightings(on, prepared, mode, leaks))
        yield at_least(f"{name}: found, %", found, _FOUND)
        alarms = _sightings(on, prepared, mode, [])
        yield at_most(f"{name}: reported where nothing is planted", len(alarms), 0)
    yield tells("two people in one kept box", len(pairs))
    found = _found(pairs, _sightings(on, prepared, Mode.BACKDROP, pairs, is_kept=True))
    yield tells("two people in one kept box: found, %", found)


def _found(plants: Sequence[Plant], seen: Sequence[Sighting]) -> float:
    """How many plants a witness saw, in %."""
    count = sum(any(plant.is_seen_by(sighting) for sighting in seen) for plant in plants)
    return round(100 * count / max(len(plants), 1), 1)


def _leaks(on: Annotated) -> Iterator[Plant]:
    """Every few frames the next person, by number, who is in the picture for all of a plant's frames."""
    last = 0
    for frames in _times(on):
        there = [person for person, boxes in sorted(on.people.items()) if all(_is_in(on, boxes, f) for f in frames)]
        if there:
            last = next((person for person in there if person > last), there[0])
            yield Plant({frame: on.people[last][frame] for frame in frames})


def _pairs(on: Annotated) -> Iterator[Plant]:
    """Every few frames the next two people who stand beside each other."""
    last = (0, 0)
    for frames in _times(on):
        there = [
            pair for pair in combinations(sorted(on.people), 2) if all(_are_beside(on, pair, frame) for frame in frames)
        ]
        if there:
            last = next((pair for pair in there if pair > last), there[0])
            yield Plant({frame: enclosing(on.people[person][frame] for person in last) for frame in frames})


def _times(on: Annotated) -> Iterator[range]:
    for first in range(0, on.frames - _FRAMES, _EVERY):
        yield range(first, first + _FRAMES)


def _is_in(on: Annotated, boxes: dict[int, Rect], frame: int) -> bool:
    picture = Rect(0, 0, on.size.width, on.size.height)
    return frame in boxes and boxes[frame].overlap(picture) >= _LEAST_INSIDE * boxes[frame].area


def _are_beside(on: Annotated, pair: tuple[int, int], frame: int) -> bool:
    """Whether two people stand side by side, apart, and neither much higher in the picture."""
    if not all(_is_in(on, on.people[person], frame) for person in pair):
        return False
    one, other = (on.people[person][frame] for person in pair)
    around = enclosing([one, other])
    near = around.w <= _NEAR[0] * (one.w + other.w) and around.h <= _NEAR[1] * max(one.h, other.h)
    return near and one.overlap(other) <= _APART * min(one.area, other.area)


def _sightings(
    on: Annotated, prepared: Prepared, mode: Mode, plants: Sequence[Plant], *, is_kept: bool = False
) -> list[Sighting]:
    """Whom the witness reports in a clip in which these are live by mistake.

    `is_kept`: they are live since a box was drawn around them, and only then is anything.
    """
    analysis, options, size = prepared.analysis, Options(mode, caption=None), on.size.even()
    composer = Composer(analysis.survey.backdrops, options, None)
    live = {frame: box for plant in plants for frame, box in plant.boxes.items()}
    pictures = zip(Reading(clip_of([on.clip])), VisibilityPass(analysis, NOTHING_KEPT, options, None), strict=True)
    with Witness(load_model(), analysis.survey.backdrops, mode, analysis.survey.rate, Path("planted")) as witness:
        for planes, decision in pictures:
            mask, box = decision.live.copy(), live.get(decision.frame)
            if box is not None:
                mask[outer(box.scaled(0.5), Size(size.width // 2, size.height // 2)).slices()] = True
            shown = composer.compose(whole(planes), replace(decision, live=mask))
            kept = (box,) if is_kept and box is not None else ()
            witness.look(Shown(decision.frame, shown, mask, kept, decision.cover.stretch))
        return witness.sightings()
