"""The second witness: who shows in a finished picture is found, and nobody is where only scenery and shapes are."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cctv.redaction.background.model import Backdrop
from cctv.redaction.errors import PeopleSearchFailed, PersonShown, WeightsMissing
from cctv.redaction.people import weights
from cctv.redaction.people.detector import Detector
from cctv.redaction.people.weights import load_model
from cctv.redaction.render import render
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.places import Shown
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.render.witness import (
    LIKELY,
    LIKELY_BESIDE,
    SURE,
    Sighting,
    Witness,
    head_of,
    is_part,
    is_scenery,
    is_subject,
    judged,
    persistent,
    ranges,
)
from cctv.redaction.video.geometry import Rect, Size, enclosing, outer
from cctv.redaction.video.reader import Reading, clip_of
from cctv.redaction.video.yuv import Planes, doubled, from_buffer

pytestmark = pytest.mark.slow

WIDTH, HEIGHT, RATE = 480, 270, 12.5
EVERYTHING = Rect(0, 0, WIDTH, HEIGHT)
PERSON = Rect(100, 50, 40, 100)


def silent(_step: str, _done: int, _of: int) -> None:
    pass


@dataclass(frozen=True)
class Filmed:
    """A generated scene: the file, its pictures, its empty scene, and everybody's boxes by frame."""

    path: Path
    frames: tuple[Planes, ...]
    empty: Planes
    people: dict[int, dict[int, Rect]]

    def whole_person(self, frames: int) -> tuple[int, int]:
        """Somebody who is whole in the picture, away from the others, for so many frames; and the first of these."""
        for person, boxes in self.people.items():
            for first in range(2, len(self.frames) - frames):
                span = range(first, first + frames)
                if all(self._is_whole(person, frame) for frame in span if frame in boxes) and first in boxes:
                    return person, first
        raise AssertionError("nobody is alone in this scene")

    def _is_whole(self, person: int, frame: int) -> bool:
        box = self.people[person][frame]
        others = [boxes[frame] for other, boxes in self.people.items() if other != person and frame in boxes]
        inside = box.x > 0 and box.right < WIDTH
        return inside and box.h > 50 and all(other.distance(box) > box.w for other in others)


def filmed(folder: Path) -> Filmed:
    program = Path(__file__).resolve().parents[2] / "scripts" / "scene"
    options = ["--seed", "7", "--size", f"{WIDTH}x{HEIGHT}", "--fps", str(RATE), "--seconds", "2.4", "--people", "2"]
    subprocess.run([sys.executable, str(program), str(folder), *options], check=True, capture_output=True)
    pictures = tuple(planes.copy() for planes in Reading(clip_of([folder / "scene.mp4"])))
    truth = json.loads((folder / "truth.json").read_text())["people"]
    people = {
        person["id"]: {box["frame"]: Rect(box["x"], box["y"], box["w"], box["h"]) for box in person["boxes"]}
        for person in truth
    }
    return Filmed(folder / "scene.mp4", pictures, planes_of(folder / "empty.png"), people)


def planes_of(path: Path) -> Planes:
    flat = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2YUV_I420).ravel()
    return from_buffer(flat, Size(WIDTH, HEIGHT))


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Filmed:
    return filmed(tmp_path_factory.mktemp("scene"))


def backdrop_of(planes: Planes) -> Backdrop:
    nowhere = np.zeros((HEIGHT // 2, WIDTH // 2), np.bool_)
    return Backdrop(planes, planes.stacked(), ~nowhere, nowhere, 60)


def area(*boxes: Rect) -> np.ndarray:
    """A half-size mask, True in these boxes."""
    mask = np.zeros((HEIGHT // 2, WIDTH // 2), np.bool_)
    for box in boxes:
        mask[outer(box.scaled(0.5), Size(WIDTH // 2, HEIGHT // 2)).slices()] = True
    return mask


def result(source: Planes, covering: Planes, live: np.ndarray) -> Planes:
    """The source where live, the covering elsewhere."""
    large = doubled(live)
    pairs = (source.y, covering.y, large), (source.u, covering.u, live), (source.v, covering.v, live)
    return Planes(*(np.where(where, there, other) for there, other, where in pairs))


def looked(scene: Filmed, mode: Mode, live, covering=None, kept=lambda frame: (), backdrop: Planes | None = None):
    """What the witness reports of a scene of which `live(frame)` is live and the rest shows `covering`."""
    empty = backdrop or scene.empty
    with Witness(load_model(), [backdrop_of(empty)], mode, RATE, Path("out.mp4")) as witness:
        for frame, source in enumerate(scene.frames):
            mask = live(frame)
            shown = result(source, covering(frame) if covering else empty, mask)
            witness.look(Shown(frame, shown, mask, kept(frame)))
        return witness.report()


def grown(box: Rect) -> Rect:
    return box.grown(0.06 * box.w, 0.04 * box.h)


def leak(scene: Filmed, frames: int):
    """A person, the first frame, and their grown box in a frame of a leak of so many frames, None in others."""
    person, first = scene.whole_person(frames)
    return first, lambda frame: grown(scene.people[person][frame]) if first <= frame < first + frames else None


def boxes_of(*found: Rect | None) -> list[Rect]:
    return [box for box in found if box is not None]


def test_a_person_shown_for_three_frames_where_nobody_is_kept_stops_the_package(scene):
    first, at = leak(scene, 3)

    with pytest.raises(PersonShown) as refused:
        looked(scene, Mode.BACKDROP, lambda frame: area(*boxes_of(at(frame))))

    assert refused.value.exit_code == 15
    assert f"in the frames {first}" in str(refused.value)


def test_a_person_in_the_live_picture_of_mask_mode_stops_the_package(scene):
    _, at = leak(scene, 3)

    def live(frame):
        hidden = area(*(grown(boxes[frame]) for boxes in scene.people.values() if frame in boxes))
        return ~hidden | area(*boxes_of(at(frame)))

    with pytest.raises(PersonShown, match="somebody who is not kept shows"):
        looked(scene, Mode.MASK, live, lambda frame: grey())


def grey() -> Planes:
    half = (HEIGHT // 2, WIDTH // 2)
    return Planes(np.full((HEIGHT, WIDTH), 112, np.uint8), *(np.full(half, 128, np.uint8) for _ in range(2)))


def test_a_scene_in_which_everybody_is_hidden_passes_in_both_modes(scene):
    def hidden(frame):
        return area(*(boxes[frame].grown(6, 6) for boxes in scene.people.values() if frame in boxes))

    def shapes(frame):
        return result(grey(), scene.empty, hidden(frame))

    masked = looked(scene, Mode.MASK, lambda frame: ~hidden(frame), lambda frame: grey())
    shaped = looked(scene, Mode.BACKDROP, lambda frame: np.zeros_like(hidden(frame)), lambda frame: shapes(frame))

    assert masked.frames_searched == len(scene.frames)
    assert masked.model_sha256 == load_model().sha256
    assert (shaped.frames_searched, shaped.backdrops_searched) == (0, 1)


def test_the_subject_is_found_and_stops_nothing(scene):
    own = scene.people[1]

    report = looked(scene, Mode.BACKDROP, lambda frame: area(grown(own[frame])), kept=lambda frame: (own[frame],))

    assert report.subjects_found > len(scene.frames) / 2


def test_a_box_that_was_shifted_from_the_subject_to_somebody_else_is_found(scene):
    """The boxes say that the subject stands where nobody is; live is another place."""
    _, at = leak(scene, 4)

    with pytest.raises(PersonShown):
        looked(
            scene,
            Mode.BACKDROP,
            lambda frame: area(*boxes_of(at(frame))),
            kept=lambda frame: tuple(box.moved(2 * box.w, 0) for box in boxes_of(at(frame))),
        )


def test_a_person_who_stands_in_the_picture_of_the_empty_scene_stops_the_package(scene):
    person, first = scene.whole_person(3)
    box = grown(scene.people[person][first])
    haunted = result(scene.frames[first], scene.empty, area(box))

    with pytest.raises(PersonShown, match="stands in the picture of the empty scene"):
        looked(scene, Mode.BACKDROP, lambda frame: area(), backdrop=haunted)


def test_a_person_in_the_empty_scene_who_was_covered_by_the_reviewer_stops_nothing(scene):
    person, first = scene.whole_person(3)
    box = grown(scene.people[person][first])
    haunted = backdrop_of(result(scene.frames[first], scene.empty, area(box)))
    covered = replace(haunted, covered=area(box), doubted=area(box))

    with Witness(load_model(), [covered], Mode.BACKDROP, RATE, Path("out.mp4")) as witness:
        assert witness.report().backdrops_searched == 1


def test_scenery_that_looks_like_a_person_is_no_person():
    hit = (PERSON, 0.5)
    sighting = Sighting(3, PERSON, 0.6)

    assert is_scenery(sighting, [hit])
    assert not is_scenery(sighting, [(PERSON, 0.3)])
    assert not is_scenery(sighting, [(PERSON.moved(200, 0), 0.9)])


@pytest.mark.parametrize(
    ("box", "subject", "part"),
    [
        (PERSON, True, False),
        (PERSON.grown(6, 6), True, False),
        (Rect(100, 52, 40, 50), True, False),  # head and trunk alone
        (Rect(105, 105, 30, 42), False, True),  # legs
        (Rect(150, 50, 40, 100), False, False),  # somebody beside
        (Rect(118, 20, 16, 40), False, False),  # somebody behind, whose head is above
    ],
)
def test_who_is_the_subject_and_what_is_a_part_of_one(box, subject, part):
    assert is_subject(box, PERSON) is subject
    if not subject:
        assert is_part(box, PERSON) is part


@pytest.mark.parametrize(
    ("box", "score", "kept", "counts"),
    [
        (PERSON, LIKELY, (), True),
        (PERSON, LIKELY - 0.01, (), False),
        (PERSON, 0.9, (PERSON,), False),
        (PERSON.moved(30, 0), LIKELY, (PERSON,), False),
        (PERSON.moved(30, 0), LIKELY_BESIDE, (PERSON,), True),
    ],
)
def test_a_detection_counts_by_its_score_and_where_it_is(box, score, kept, counts):
    strangers, _ = judged(0, [(box, score)], area(EVERYTHING), kept)

    assert bool(strangers) is counts


def test_a_shape_whose_head_is_not_live_never_counts():
    assert judged(0, [(PERSON, 0.9)], area(), ())[0] == []
    assert judged(0, [(PERSON, 0.9)], ~area(head_of(PERSON)), ())[0] == []


def test_one_spurious_frame_is_nobody_and_two_of_five_are():
    once, again, late = (Sighting(frame, PERSON, 0.3) for frame in (10, 14, 15))

    assert persistent([once], 1) == []
    assert persistent([once, again], 1) == [once, again]
    assert persistent([once, late], 1) == []
    assert persistent([once, late], 2) == [once, late]
    assert persistent([once, replace(again, box=PERSON.moved(100, 0))], 1) == []
    assert persistent([replace(once, score=SURE)], 1) != []


@pytest.mark.parametrize(
    ("other", "score", "counts"),
    [
        (PERSON.moved(45, 4), LIKELY_BESIDE, True),  # beside the subject, and as tall
        (PERSON.moved(45, 4), LIKELY_BESIDE - 0.01, False),
        (PERSON.moved(20, 0), 0.9, False),  # the same person, found twice
        (Rect(145, 50, 30, 50), 0.9, False),  # a bag, an arm: not as tall
    ],
)
def test_a_second_person_in_one_kept_box_counts(other, score, counts):
    drawn = Rect(98, 48, 90, 108)

    strangers, subjects = judged(0, [(PERSON, 0.8), (other, score)], area(EVERYTHING), [drawn])

    assert [sighting.box for sighting in strangers] == [other] * counts
    assert subjects == 2 - counts - (score < LIKELY_BESIDE)


def test_two_people_who_are_kept_in_boxes_of_their_own_are_two_subjects():
    beside = PERSON.moved(45, 4)

    assert judged(0, [(PERSON, 0.8), (beside, 0.8)], area(EVERYTHING), [PERSON, beside]) == ([], 2)


def test_somebody_who_is_kept_by_a_drawn_box_is_the_subject_whoever_that_is(scene):
    """The witness recognises nobody: a box that was drawn on the wrong person is the reviewer's word."""
    person, _ = scene.whole_person(3)
    own = scene.people[person]

    report = looked(
        scene,
        Mode.BACKDROP,
        lambda frame: area(*boxes_of(own.get(frame))),
        kept=lambda frame: tuple(boxes_of(own.get(frame))),
    )

    assert report.subjects_found > 0


def test_two_people_in_one_kept_box_stop_the_package(scene):
    """A box that is drawn around two keeps one of them; a picture of the two side by side is made of one frame."""
    person, first = scene.whole_person(1)
    box = scene.people[person][first]
    beside = 2 * round(0.6 * box.w)  # an even number, somewhat more than the box is wide
    pair = enclosing([box, box.moved(beside, 0)])
    doubled_person = _copied(scene.frames[first], box, beside)

    with Witness(load_model(), [backdrop_of(scene.empty)], Mode.BACKDROP, RATE, Path("out.mp4")) as witness:
        for frame in range(3):
            mask = area(grown(pair))
            witness.look(Shown(frame, result(doubled_person, scene.empty, mask), mask, (pair,)))
        with pytest.raises(PersonShown, match="somebody who is not kept shows"):
            witness.report()


def _copied(picture: Planes, box: Rect, right: int) -> Planes:
    """The picture with what is in a box once more, that many (even) pixels farther right."""
    copy = picture.copy()
    at = outer(box.scaled(0.5), Size(WIDTH // 2, HEIGHT // 2))
    for plane, scale in ((copy.y, 2), (copy.u, 1), (copy.v, 1)):
        high, wide = slice(scale * at.top, scale * at.bottom), slice(scale * at.left, scale * at.right)
        moved = slice(wide.start + scale * right // 2, wide.stop + scale * right // 2)
        plane[high, moved] = plane[high, wide].copy()
    return copy


def test_frames_are_told_as_ranges():
    assert ranges([3, 4, 5, 20, 60], 8) == [(3, 5), (20, 20), (60, 60)]


class _Broken(Detector):
    def in_window(self, picture: object, window: object):
        raise PeopleSearchFailed(path="model", problem="broken", following="mend it")


@pytest.fixture
def another_is_shown(scene, monkeypatch):
    """A fault of the decision: for three frames somebody is live whom nobody keeps."""
    _, at = leak(scene, 3)

    class Faulty(VisibilityPass):
        def __iter__(self):
            for decision in super().__iter__():
                boxes = boxes_of(at(decision.frame))
                yield replace(decision, live=decision.live | area(*boxes)) if boxes else decision

    monkeypatch.setattr(render, "VisibilityPass", Faulty)


@pytest.mark.usefixtures("another_is_shown")
def test_a_fault_of_the_decision_leaves_no_file_and_names_the_frames(scene, desk):
    with pytest.raises(PersonShown, match="in the frames"):
        desk.redact(scene.path, Options(Mode.MASK, caption=None))

    assert list(desk.folder.glob("*out*")) == []
    assert not desk.mask.exists()


def test_a_detector_that_throws_stops_the_package(scene, desk, monkeypatch):
    monkeypatch.setattr("cctv.redaction.render.witness.Detector", _Broken)

    with pytest.raises(PeopleSearchFailed):
        desk.redact(scene.path, Options(Mode.MASK, caption=None))

    assert list(desk.folder.iterdir()) == []


def test_without_weights_nothing_is_begun(scene, desk, monkeypatch, tmp_path):
    weights._default_model.cache_clear()
    monkeypatch.setattr(weights, "_FOLDER", tmp_path / "none")
    monkeypatch.setattr(weights, "_pinned", lambda: {"file": "x.tflite", "sha256": "0" * 64})
    try:
        with pytest.raises(WeightsMissing) as refused:
            desk.redact(scene.path, Options(Mode.MASK, caption=None))
    finally:
        weights._default_model.cache_clear()

    assert refused.value.exit_code == 15
    assert not desk.output.exists()
