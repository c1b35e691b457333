"""Hard scenes in mask mode, seeds that nothing was set by: whoever the detector misses is hidden by difference alone.

One walker is found at most, who also says how tall people are; everybody else is missed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scenes import HEIGHT, STILL, WIDTH, Person, Scene, heads_visible, nudged, walk, write

from cctv.redaction.background.survey import survey
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.tracking.people import NOBODY, FoundPeople
from cctv.redaction.tracking.pipeline import analyse
from cctv.redaction.tracking.tracks import Track, TrackBoundary
from cctv.redaction.video.reader import clip_of
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import doubled

pytestmark = pytest.mark.slow

FRAMES = 40
SEEDS = (20261, 20262)
FOUND = Person(walk(10, 7, 225))


def quiet(_step, _done, _total):
    """No progress."""


def tracked(person):
    """The one whom the detector finds, frame by frame."""
    there = [frame for frame in range(FRAMES) if person.box(frame) is not None]
    boxes = tuple(person.box(frame).scaled(0.5) for frame in there)
    return Track(1, there[0], boxes, TrackBoundary.APPEARED, TrackBoundary.VANISHED)


def hidden_in(folder, scene, people):
    clip = clip_of([write(folder / "in.mp4", scene)])
    with MaskSpool((HEIGHT // 2, WIDTH // 2)) as differs:
        analysis = analyse(clip, survey(clip, NOTHING_KEPT, quiet), NOTHING_KEPT, differs, quiet, NOBODY)
        decided = VisibilityPass(replace(analysis, people=people), NOTHING_KEPT, Options(Mode.MASK, caption=None), None)
        return np.stack([~doubled(decision.live) for decision in decided])


def like_the_ground(random):
    """Trousers and coat as bright as the ground, so that the head and some stripes differ."""
    return [Person(walk(random.uniform(280, 310), -6, 190), luma=int(random.uniform(112, 126)), u=126, v=130)]


def never_apart(random):
    """Two who walk shoulder to shoulder, the one behind a little higher."""
    start, feet = random.uniform(-10, 10), random.uniform(180, 190)
    return [Person(walk(start, 6, feet)), Person(walk(start + 14, 6, feet - 5), luma=75)]


def far_off(random):
    """Two of 26 pixels, who walk slowly."""
    small = {"w": 9, "h": 26}
    rows = random.uniform(95, 110, 2)
    return [Person(walk(40, 2.5, rows[0]), **small), Person(walk(260, -3, rows[1]), luma=190, **small)]


def reflected(random):
    """A walker, and upside down below him his reflection, as a person of the ground's light without a head."""
    feet = random.uniform(130, 140)
    return [Person(walk(20, 6, feet), h=64), Person(walk(20, 6, feet + 66), luma=150, u=122, v=134, h=60)]


def crowd(random):
    """Nine at once, in both directions, one before the other."""
    starts, feet = random.uniform(-60, 330, 9), random.uniform(150, 220, 9)
    paths = [walk(*each) for each in zip(starts, random.choice([-5, -4, 4, 5, 6], 9), feet, strict=True)]
    return [Person(inside(path), luma=int(40 + row / 2)) for path, row in zip(paths, feet, strict=True)]


def inside(path):
    """The path while a whole person is in the picture."""
    return lambda frame: path(frame) if 13 <= path(frame)[0] <= WIDTH - 13 else None


def rain(random):
    """Bright streaks anywhere, others in each frame."""
    drops = [
        [(int(x), int(y), 2, 14, 235.0) for x, y in random.uniform((0, 0), (WIDTH - 2, HEIGHT - 14), (40, 2))]
        for _ in range(FRAMES)
    ]
    return lambda frame: drops[frame]


@pytest.mark.parametrize("is_found", [False, True], ids=["nobody found", "one found"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("people", [like_the_ground, never_apart, far_off, reflected, crowd])
def test_nobody_whom_the_detector_misses_shows(tmp_path, people, seed, is_found):
    missed = people(np.random.default_rng(seed))
    scene = Scene([*missed, FOUND], frames=FRAMES, seed=seed)

    hidden = hidden_in(tmp_path, scene, FoundPeople((tracked(FOUND),)) if is_found else NOBODY)

    assert heads_visible(hidden * np.uint8(255), scene.people) == []
    assert hidden.mean() < (0.75 if people is crowd else 0.3)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_rain_people_are_hidden(tmp_path, seed):
    random = np.random.default_rng(seed)
    scene = Scene([Person(walk(300, -6, 190)), FOUND], frames=FRAMES, seed=seed, things=rain(random))

    hidden = hidden_in(tmp_path, scene, FoundPeople((tracked(FOUND),)))

    assert heads_visible(hidden * np.uint8(255), scene.people) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_at_night_in_infrared_people_are_hidden(tmp_path, seed):
    """Little light, no colour, a noisy sensor."""
    scene = Scene(
        [Person(walk(300, -6, 190)), FOUND],
        frames=FRAMES,
        seed=seed,
        noise=6.0,
        light=lambda _frame: -50.0,
        colour=lambda _frame: 0.0,
    )

    hidden = hidden_in(tmp_path, scene, NOBODY)

    assert heads_visible(hidden * np.uint8(255), scene.people) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_from_a_bus_nobody_shows_and_hardly_anything_else(tmp_path, seed):
    """The camera moves by 6 to 10 pixels a frame throughout: no empty scene explains most of the frames."""
    pace = np.random.default_rng(seed).uniform(6, 10)
    scene = Scene([FOUND], frames=FRAMES, seed=seed, camera=lambda frame: nudged(-pace * frame, 0) if frame else STILL)
    shown = Person(inside(lambda frame: (FOUND.at(frame)[0] - pace * frame, FOUND.at(frame)[1])))

    hidden = hidden_in(tmp_path, scene, NOBODY)

    assert heads_visible(hidden * np.uint8(255), [shown]) == []
    assert hidden.mean() > 0.85
