"""Whether the second witness finds people who are shown by mistake: leaks of three frames, planted on purpose.

Every few frames another person is live for three frames, at the true box; in backdrop mode nothing else is, in mask
mode all that the engine itself shows of the clip.  The witness looks at what a render without an encoder would give.
Counted are the plants at whose place and time it reports somebody, and, with nothing planted, whom it reports though
everybody is hidden, or nobody but the person who is kept shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cctv.redaction.people.weights import load_model
from cctv.redaction.render.compositor import Composer
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.places import Shown
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.render.witness import Sighting, Witness
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.reader import Reading, clip_of
from cctv.redaction.video.spill import whole
from redaction_bench.counting import Annotated
from redaction_bench.engine import Prepared
from redaction_bench.figures import Figure, at_least, at_most, tells

_FOUND = 95  # % of the plants
_FRAMES, _EVERY = 3, 7  # frames of a plant, and from one to the next
_LEAST_LIVE = 0.95  # of a box inside of the picture


@dataclass(frozen=True)
class Plant:
    """Somebody who is live by mistake: true boxes by frame."""

    person: int
    boxes: dict[int, Rect]

    def is_seen_by(self, sighting: Sighting) -> bool:
        """Whether a sighting is of this plant."""
        box = self.boxes.get(sighting.frame)
        return box is not None and box.overlap(sighting.box) >= 0.3 * min(box.area, sighting.box.area)


def planted_leaks(on: Annotated, prepared: Prepared) -> Iterator[Figure]:
    """The rows of one clip, in both modes."""
    plants = list(_plants(on))
    yield tells("planted leaks", len(plants))
    for mode in Mode:
        alarms = {(sighting.frame, sighting.box) for sighting in _sightings(on, prepared, mode, [])}
        seen = _sightings(on, prepared, mode, plants)
        found = sum(any(plant.is_seen_by(sighting) for sighting in seen) for plant in plants)
        name = f"planted leaks: {mode.value} mode"
        yield at_least(f"{name}: found, %", round(100 * found / max(len(plants), 1), 1), _FOUND)
        yield at_most(f"{name}: reported where nothing is planted", len(alarms), 0)


def _plants(on: Annotated) -> Iterator[Plant]:
    """Every few frames the next person, by number, who is in the picture for all of a plant's frames."""
    picture = Rect(0, 0, on.size.width, on.size.height)
    last = 0
    for first in range(0, on.frames - _FRAMES, _EVERY):
        frames = range(first, first + _FRAMES)
        there = [
            person
            for person, boxes in sorted(on.people.items())
            if all(f in boxes and boxes[f].overlap(picture) >= _LEAST_LIVE * boxes[f].area for f in frames)
        ]
        if there:
            last = next((person for person in there if person > last), there[0])
            yield Plant(last, {frame: on.people[last][frame] for frame in frames})


def _sightings(on: Annotated, prepared: Prepared, mode: Mode, plants: list[Plant]) -> list[Sighting]:
    """Whom the witness reports in a clip in which nobody is kept, and these are live by mistake."""
    analysis, options, size = prepared.analysis, Options(mode, caption=None), on.size.even()
    composer = Composer(analysis.survey.backdrops, options, None)
    live = {frame: box for plant in plants for frame, box in plant.boxes.items()}
    pictures = zip(Reading(clip_of([on.clip])), VisibilityPass(analysis, NOTHING_KEPT, options, None), strict=True)
    with Witness(load_model(), analysis.survey.backdrops, mode, analysis.survey.rate, Path("planted")) as witness:
        for planes, decision in pictures:
            mask = decision.live.copy()
            if decision.frame in live:
                mask[outer(live[decision.frame].scaled(0.5), Size(size.width // 2, size.height // 2)).slices()] = True
            decided = type(decision)(decision.frame, mask, decision.cover)
            shown = composer.compose(whole(planes), decided)
            witness.look(Shown(decision.frame, shown, mask, (), decision.cover.stretch))
        return witness.sightings()
