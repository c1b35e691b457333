"""What goes wrong in front of a camera: it is nudged, turned or shaken, light changes, people stand still."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from scenes import HEIGHT, STILL, WIDTH, Person, Scene, heads_visible, keep_of, nudged, walk, write

from cctv.core.errors import Exit
from cctv.redaction.background.camera_motion import CameraMotion, ReferenceView, measure, relief
from cctv.redaction.background.scene_changes import ChangeKind, scenery_changes
from cctv.redaction.background.survey import survey
from cctv.redaction.errors import SceneLost
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.render import Work, redact
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.review.artefacts import read_survey, write_survey
from cctv.redaction.tracking.annotations import NOTHING_KEPT, parse_keep
from cctv.redaction.tracking.people import NOBODY
from cctv.redaction.tracking.pipeline import Analysis, analyse
from cctv.redaction.video.reader import clip_of
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import doubled

pytestmark = pytest.mark.slow

LEFT = Person(walk(20, 5))
RIGHT = Person(walk(300, -5, 206), luma=200, u=150, v=100)
AT = 24
FRAMES = 40


@dataclass
class Masked:
    """A scene in mask mode: its hidden pixels, frame by frame, and how it was analysed."""

    hidden: np.ndarray
    analysis: Analysis

    def visible_heads(self, scene):
        return heads_visible(self.hidden * np.uint8(255), [seen(person, scene.camera) for person in scene.people])


def quiet(_step, _done, _total):
    """No progress."""


def seen(person, camera):
    """The person where the camera has him in its picture."""

    def at(frame):
        foot = person.at(frame)
        return None if foot is None else tuple(camera(frame) @ np.array([*foot, 1]))

    return replace(person, at=at)


def masked(folder, scene, *elsewhere):
    clip = clip_of([write(folder / "in.mp4", scene)])
    others = [clip_of([write(folder / f"{number}.mp4", each)]) for number, each in enumerate(elsewhere)]
    with MaskSpool((HEIGHT // 2, WIDTH // 2)) as differs:
        analysis = analyse(clip, survey(clip, NOTHING_KEPT, quiet, others), NOTHING_KEPT, differs, quiet, NOBODY)
        decided = VisibilityPass(analysis, NOTHING_KEPT, Options(Mode.MASK, caption=None), None)
        return Masked(np.stack([~doubled(decision.live) for decision in decided]), analysis)


def changes(done):
    """What a reviewer is told, as the sheet asks for it."""
    analysis = done.analysis
    lit = [light is not None for light in analysis.lights]
    shifts = [backdrop.shift for backdrop in analysis.survey.backdrops]
    rate = analysis.survey.rate
    return scenery_changes(analysis.regions, analysis.stretch, lit, rate, NOTHING_KEPT, shifts)


def turned(degrees, scale=1.0):
    return cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, scale).astype(np.float32)


def after(frame, then):
    return lambda now: then(now) if now >= frame else STILL


@pytest.mark.parametrize(("x", "y"), [(0, 0), (2, 1), (-3, 2), (7, -4), (20, 9)])
def test_a_nudge_is_measured_among_people_who_walk(x, y):
    before = Scene([LEFT, RIGHT], frames=1).pictures()[0][0]
    later = Scene([LEFT, RIGHT], frames=20, camera=lambda _frame: nudged(x, y)).pictures()[-1][0]

    found = measure(ReferenceView(relief(before)), relief(later), WIDTH)

    assert (found.x, found.y) == pytest.approx((x, y), abs=0.3)
    assert found.kind is (CameraMotion.SHIFTED if x or y else CameraMotion.SAME)


@pytest.mark.parametrize("view", [turned(4), turned(0, 1.2)], ids=["turned", "zoomed"])
def test_another_view_is_no_nudge(view):
    scene = Scene([LEFT], frames=1)
    before, later = (s.pictures()[0][0] for s in (scene, replace(scene, camera=lambda _frame: view)))

    assert measure(ReferenceView(relief(before)), relief(later), WIDTH).kind is CameraMotion.ANOTHER_VIEW


def test_a_nudged_camera_gets_a_backdrop_of_its_own(tmp_path):
    pixels = 6
    scene = Scene([LEFT, RIGHT], frames=FRAMES, camera=after(AT, lambda _: nudged(pixels, -pixels / 2)))

    done = masked(tmp_path, scene)

    assert done.visible_heads(scene) == []
    assert done.hidden[AT:].mean() < done.hidden[:AT].mean() + 0.05
    assert [backdrop.shift for backdrop in done.analysis.survey.backdrops] == [
        (0, 0),
        pytest.approx((pixels, -pixels / 2), abs=0.3),
    ]
    assert (ChangeKind.NUDGED, AT) in [(change.kind, change.first) for change in changes(done)]
    write_survey(tmp_path / "survey.npz", done.analysis.survey)
    assert read_survey(tmp_path / "survey.npz").backdrops[1].shift == done.analysis.survey.backdrops[1].shift


def test_a_nudge_just_before_the_end_borrows_the_scene_from_before(tmp_path):
    scene = Scene([LEFT], frames=FRAMES, camera=after(FRAMES - 5, lambda _: nudged(6, -3)))

    done = masked(tmp_path, scene)

    assert done.visible_heads(scene) == []
    assert done.hidden[-5:].mean() < 0.2


@pytest.mark.parametrize(
    "view",
    [lambda _: turned(0, 1.15), lambda now: nudged(9.0 * (now - AT + 2), 0), lambda now: turned(now - AT + 5)],
    ids=["zoom", "pan", "roll"],
)
def test_a_camera_that_looks_elsewhere_hides_everything_and_says_so(tmp_path, view):
    scene = Scene([LEFT, RIGHT], frames=FRAMES, camera=after(AT, view))

    done = masked(tmp_path, scene)

    assert done.visible_heads(scene) == []
    assert done.hidden[AT + 1 :].mean() > 0.9
    assert ChangeKind.UNEXPLAINED in {change.kind for change in changes(done)}


def test_a_shaking_camera_shows_nobody(tmp_path):
    sway = after(16, lambda now: nudged(5 * np.sin(2.1 * now), 4 * np.cos(1.7 * now)))
    scene = Scene([LEFT, RIGHT], frames=FRAMES, camera=sway)

    assert masked(tmp_path, scene).visible_heads(scene) == []


def test_a_case_is_refused_where_the_camera_was_turned_and_somebody_is_kept(tmp_path):
    scene = Scene([LEFT], frames=FRAMES, camera=after(AT, lambda _: turned(0, 1.2)))
    clip = clip_of([write(tmp_path / "in.mp4", scene)])
    found = survey(clip, NOTHING_KEPT, quiet)
    keep = parse_keep(keep_of(tmp_path / "keep.json", LEFT, frames=FRAMES).read_text(), tmp_path / "keep.json")
    work = Work(clip, keep, Options(caption=None), tmp_path / "out.mp4", survey=found)

    with pytest.raises(SceneLost, match=r"from 2\.\d s to 3\.9 s") as refused:
        redact(work, quiet)

    assert refused.value.exit_code is Exit.UNREADABLE
    assert not work.output.exists()
    short = parse_keep(json.dumps({"schema": 1, "boxes": [], "hide": []}), tmp_path / "keep.json")
    assert redact(replace(work, keep=short), quiet).frames == FRAMES


def test_who_stands_still_all_through_is_found_by_footage_from_around(tmp_path):
    person = Person(lambda _frame: (150, 200))

    done = masked(tmp_path, Scene([person], frames=12), Scene(frames=30))

    assert done.visible_heads(Scene([person])) == []


def test_footage_from_around_helps_though_the_camera_stood_otherwise(tmp_path):
    person = Person(lambda _frame: (150, 200))
    around = Scene(frames=30, camera=lambda _frame: nudged(8, 5))

    done = masked(tmp_path, Scene([person], frames=12), around)

    assert done.visible_heads(Scene([person])) == []
    assert done.hidden.mean() < 0.4
    assert len(done.analysis.survey.backdrops) == 1


def test_footage_of_another_view_does_not_poison_the_backdrop(tmp_path):
    around = Scene(frames=14, camera=lambda _frame: turned(0, 1.3))

    done = masked(tmp_path, Scene([LEFT], frames=30), around)

    assert done.hidden.mean() < 0.2
    assert done.analysis.survey.backdrops[0].untrusted_share < 0.05


def test_a_group_that_merges_and_splits_is_hidden(tmp_path):
    people = [Person(walk(20, 5)), Person(walk(300, -6, 204), luma=190, u=150), Person(walk(150, 0.5, 210), luma=30)]
    scene = Scene([*people, Person(walk(60, 4, 203), luma=90, v=110, h=60)], frames=FRAMES)

    assert masked(tmp_path, scene).visible_heads(scene) == []


def test_a_switch_to_infrared_hides_people_and_not_the_scene(tmp_path):
    scene = Scene(
        [LEFT, RIGHT],
        frames=FRAMES,
        light=lambda frame: 25.0 if frame >= AT else 0.0,
        colour=lambda frame: 0.0 if frame >= AT else 1.0,
    )

    done = masked(tmp_path, scene)

    assert done.visible_heads(scene) == []
    assert done.hidden.mean() < 0.3
