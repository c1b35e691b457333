"""The pass that finds the people of a clip: who is found, what is not searched, and what it refuses."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import cv2
import numpy as np
import pytest
import simrig
from scenes import Person, Scene, walk, write

from cctv.core.durable import DurableFiles
from cctv.core.errors import Exit
from cctv.redaction.background.survey import survey
from cctv.redaction.errors import DetectorBlind, PeopleSearchFailed, SourceUnreadable
from cctv.redaction.people import search as search_module
from cctv.redaction.people.appearance import likeness, looks_of
from cctv.redaction.people.detections import DetectionSpool, FrameDetections, SavedDetections, SearchIdentity
from cctv.redaction.people.detector import Detector, Detectors
from cctv.redaction.people.fusion import overlaps
from cctv.redaction.people.search import holds_upright, parts_of, search, search_step
from cctv.redaction.people.weights import load_model
from cctv.redaction.people.windows import Stature
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.tracking.foreground import connected_components
from cctv.redaction.tracking.people import NOBODY
from cctv.redaction.tracking.pipeline import analyse
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import clip_of
from cctv.redaction.video.spill import MaskSpool

IDENTITY = SearchIdentity(("a" * 64,), None, (), "b" * 64, 1)


def quiet(_step, _done, _total):
    """No progress."""


class Prepared:
    """A clip with its empty scene and its foreground."""

    def __init__(self, clip):
        self.clip, even = clip, clip.size.even()
        self.differs = MaskSpool((even.height // 2, even.width // 2))
        self.survey = survey(clip, NOTHING_KEPT, quiet)
        self.lights = analyse(clip, self.survey, NOTHING_KEPT, self.differs, quiet, NOBODY).lights

    def search(self, spool, progress=quiet):
        return search(self.clip, self.survey, self.differs, self.lights, load_model(), spool, progress)

    def found(self):
        with DetectionSpool() as spool:
            return self.search(spool), rows(spool)


def rows(spool):
    return [(frame, spool[number]) for number, frame in enumerate(spool.frames)]


def same(first, second):
    columns = ("boxes", "scores", "differs", "looks")
    return [frame for frame, _ in first] == [frame for frame, _ in second] and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for (_, one), (_, other) in zip(first, second, strict=True)
        for name in columns
    )


@pytest.fixture
def prepare():
    """Prepares clips, and closes their masks at the end."""
    with ExitStack() as stack:

        def prepared(clip):
            made = Prepared(clip)
            stack.enter_context(made.differs)
            return made

        yield prepared


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = simrig.scene_clip(tmp_path_factory.mktemp("scene"), seconds=4, people=4)
    prepared = Prepared(clip_of([made.movie]))
    with prepared.differs:
        yield made.truth, prepared


@pytest.fixture(scope="module")
def found(scene):
    return scene[1].found()


@pytest.fixture
def network(monkeypatch):
    """Has every detector answer by a function instead."""

    def answer(by):
        monkeypatch.setattr(Detector, "_searched", by)
        monkeypatch.setattr(search_module, "detectors_of", Detectors)

    return answer


def nobody(_detector, _picture):
    return np.empty((0, 4), np.float32), np.empty(0, np.float32)


@pytest.mark.slow
def test_everybody_in_a_scene_is_found_in_every_frame(scene, found):
    truth, prepared = scene
    report, frames = found
    seen = []
    for frame, detections in frames:
        sure = detections.boxes[detections.scores >= 0.3]
        for person in truth["people"]:
            for box in person["boxes"]:
                if box["frame"] == frame and box["visible"] >= 0.6:
                    true = np.array([[box["x"], box["y"], box["w"], box["h"]]], np.float32)
                    seen.append(bool((overlaps(true, sure) >= 0.4).any()))

    assert report.step == 1
    assert [frame for frame, _ in frames] == list(range(len(prepared.survey.times)))
    assert len(seen) > 60
    assert np.mean(seen) >= 0.95
    assert report.stature is not None


@pytest.mark.slow
def test_the_number_of_cores_changes_nothing(scene, found, monkeypatch):
    monkeypatch.setattr(search_module.os, "cpu_count", lambda: 1)

    assert same(scene[1].found()[1], found[1])


@pytest.mark.slow
def test_a_search_that_broke_off_goes_on_and_finds_the_same(scene, found, tmp_path, monkeypatch):
    monkeypatch.setattr("cctv.redaction.people.detections._CHUNK_FRAMES", 10)

    def stop(_step, done, _total):
        if done == 35:
            raise KeyboardInterrupt

    with SavedDetections(tmp_path, IDENTITY, DurableFiles()) as spool, pytest.raises(KeyboardInterrupt):
        scene[1].search(spool, stop)
    done = []
    with SavedDetections(tmp_path, IDENTITY, DurableFiles()) as spool:
        assert len(spool) == 20
        scene[1].search(spool, lambda _step, frame, _total: done.append(frame))
        spool.finish()

        assert same(rows(spool), found[1])
    assert done[0] == 21
    with SavedDetections(tmp_path, IDENTITY, DurableFiles()) as spool:
        assert same(rows(spool), found[1])


def test_a_clip_in_which_nothing_moves_is_not_even_decoded(prepare, tmp_path, monkeypatch):
    prepared = prepare(clip_of([write(tmp_path / "in.mp4", Scene(frames=30))]))
    monkeypatch.setattr(search_module, "Reading", None)

    report, frames = prepared.found()

    assert [frame for frame, _ in frames] == list(range(30))
    assert report.windows == 0


def test_a_camera_that_is_masked_entirely_is_not_searched(prepare, tmp_path, monkeypatch):
    clip = clip_of([write(tmp_path / "in.mp4", Scene([Person(walk(20, 5))], frames=20))])
    prepared = prepare(replace(clip, masks=(((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)),)))
    monkeypatch.setattr(search_module, "Reading", None)

    report, everybody = prepared.found()

    assert (report.searched, report.windows) == (20, 0)
    assert all(not len(found.scores) for _, found in everybody)


def test_only_the_files_in_which_something_moves_are_decoded(prepare, tmp_path, monkeypatch):
    walker = Person(walk(40, 6, first=34, last=40))
    still, moving = write(tmp_path / "a.mp4", Scene(frames=30)), write(tmp_path / "b.mp4", Scene([walker], frames=60))
    prepared = prepare(clip_of([still, moving], [0, 3_000_000]))
    read = []
    reading = search_module.Reading
    monkeypatch.setattr(search_module, "Reading", lambda clip: read.append(clip.path.name) or reading(clip))

    _, frames = prepared.found()

    assert read == ["b.mp4"]
    assert len(frames) == 90


def test_a_file_that_became_shorter_is_refused(prepare, tmp_path):
    walker = Person(walk(-20, 6))
    prepared = prepare(clip_of([write(tmp_path / "in.mp4", Scene([walker], frames=40))]))
    write(tmp_path / "in.mp4", Scene([walker], frames=20))

    with pytest.raises(SourceUnreadable, match="fewer pictures"):
        prepared.found()


def test_a_detector_that_finds_nobody_among_people_stops_the_search(prepare, tmp_path, network, monkeypatch):
    prepared = prepare(clip_of([write(tmp_path / "in.mp4", Scene([Person(walk(-20, 6))], frames=60))]))
    monkeypatch.setattr(search_module, "_BLIND_FRAMES", 25)
    network(nobody)

    with pytest.raises(DetectorBlind, match="25 frames") as refused:
        prepared.found()

    assert refused.value.exit_code is Exit.UNREADABLE
    assert "static mask" in str(refused.value.next_step)


def test_an_upright_picture_that_no_backdrop_explains_tells_of_nobody(prepare, tmp_path, network, monkeypatch):
    def turning(frame):
        return cv2.getRotationMatrix2D((96, 160), 37.0 * frame, 1.0)

    scene = Scene(frames=60, width=192, height=320, camera=turning)
    prepared = prepare(clip_of([write(tmp_path / "in.mp4", scene)]))
    monkeypatch.setattr(search_module, "_BLIND_FRAMES", 25)
    network(nobody)

    _, found = prepared.found()

    assert sum(light is None for light in prepared.lights) > 25
    assert [frame for frame, _ in found] == list(range(60))


def test_a_detector_that_fails_in_a_thread_stops_the_search(prepare, tmp_path, network):
    prepared = prepare(clip_of([write(tmp_path / "in.mp4", Scene([Person(walk(-20, 6))], frames=60))]))

    def fail(_detector, _picture):
        raise PeopleSearchFailed(path="model", problem="no memory", following="wait")

    network(fail)

    with pytest.raises(PeopleSearchFailed, match="no memory"):
        prepared.found()


@pytest.mark.parametrize(
    ("rate", "step"), [(4, 1), (10, 1), (12.5, 1), (15, 1), (20, 1), (24.9, 2), (25, 2), (30, 2), (60, 5)]
)
def test_about_twelve_frames_a_second_are_searched(rate, step):
    assert search_step(rate) == step


@pytest.mark.parametrize(
    ("left", "top", "width", "height", "is_person"),
    [(50, 50, 16, 40, True), (50, 50, 60, 40, False), (50, 50, 4, 10, False), (50, 10, 40, 100, False)],
    ids=["a person", "a car", "a speck", "a pole"],
)
def test_what_may_be_a_person(left, top, width, height, is_person):
    mask = np.zeros((120, 160), np.bool_)
    mask[top : top + height, left : left + width] = True
    regions = connected_components(mask.view(np.uint8))[1][1:]

    assert holds_upright(regions, Stature(0.0, 80.0), Size(320, 240)) is is_person


def test_the_frames_of_each_file(tmp_path):
    paths = [write(tmp_path / f"{name}.mp4", Scene(frames=10)) for name in "ab"]
    clip = clip_of(paths, [0, 2_000_000])
    times = [*range(0, 1_000_000, 100_000), *range(2_000_000, 3_000_000, 100_000)]

    assert [(frames, part.path.name) for frames, part in parts_of(clip, times)] == [
        (range(10), "a.mp4"),
        (range(10, 20), "b.mp4"),
    ]
    assert parts_of(replace(clip, parts=clip.parts[:1]), times[:10])[0][0] == range(10)
    assert parts_of(clip_of(paths), times)[0][0] == range(20)


def dressed(trunk, legs):
    """A person of 40 x 100 pixels in L*a*b* at half size, on grey ground, and what differs."""
    picture, differs = np.full((100, 100, 3), 128, np.uint8), np.zeros((100, 100), np.bool_)
    differs[25:75, 44:56] = True
    picture[25:50][differs[25:50]], picture[50:75][differs[50:75]] = trunk, legs
    return looks_of(picture, np.array([[80, 50, 40, 100]], np.float32), differs)[0]


def test_people_dressed_alike_look_alike_wherever_they_stand():
    red_on_black, red_on_white = dressed((120, 180, 160), (30, 128, 128)), dressed((120, 180, 160), (230, 128, 128))

    assert likeness(red_on_black, dressed((124, 178, 158), (33, 128, 128))) > 0.9
    assert likeness(red_on_black, red_on_white) < 0.9
    assert likeness(red_on_black, dressed((120, 110, 90), (230, 128, 128))) < 0.5


def test_a_box_outside_of_the_picture_has_a_look_of_nothing():
    empty = looks_of(
        np.zeros((100, 100, 3), np.uint8), np.array([[400, 0, 20, 50]], np.float32), np.zeros((100, 100), np.bool_)
    )

    assert not empty.any()


def some(number):
    return FrameDetections(
        np.full((number % 3, 4), number, np.float32), np.full(number % 3, 0.5, np.float32),
        np.full(number % 3, 0.2, np.float32), np.full((number % 3, 144), number, np.uint8),
    )  # fmt: skip


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.setattr("cctv.redaction.people.detections._CHUNK_FRAMES", 10)
    with SavedDetections(tmp_path, IDENTITY, DurableFiles()) as spool:
        for number in range(25):
            spool.append(3 * number, some(number))
        spool.finish()
    return tmp_path


def opened(folder, identity=IDENTITY):
    with SavedDetections(folder, identity, DurableFiles()) as spool:
        return rows(spool)


def test_what_was_saved_is_read_back(saved):
    assert same(opened(saved), [(3 * number, some(number)) for number in range(25)])


@pytest.mark.parametrize(
    "other",
    [
        replace(IDENTITY, sources=("c" * 64,)),
        replace(IDENTITY, model="c" * 64),
        replace(IDENTITY, rules=2),
        replace(IDENTITY, span=(0, 1)),
        replace(IDENTITY, masks=(((0.0, 0.0), (10.0, 0.0), (0.0, 10.0)),)),
        replace(IDENTITY, software="0.0.0"),
    ],
    ids=["another file", "another model", "other rules", "another span", "a mask", "another version"],
)
def test_what_another_search_left_is_removed(saved, other):
    assert opened(saved, other) == []
    assert list(saved.iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x00"),
        lambda path: path.write_bytes(path.read_bytes()[:40]),
        lambda path: path.write_bytes(b"[" * 100_000),
        lambda path: path.unlink(),
    ],
    ids=["torn", "another byte", "half a header", "nested", "gone"],
)
def test_only_what_lies_before_a_spoilt_chunk_counts(saved, spoil):
    spoil(sorted(saved.iterdir())[1])

    assert [frame for frame, _ in opened(saved)] == list(range(0, 30, 3))
    assert len(list(saved.iterdir())) == 1


def test_saved_detections_are_removed_when_they_have_served(saved):
    with SavedDetections(saved, IDENTITY, DurableFiles()) as spool:
        spool.remove()

        assert list(saved.iterdir()) == []
        assert len(rows(spool)) == 25
