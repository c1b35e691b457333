"""The detector of people: whom it finds, what it refuses to run, and that a failure never passes for nobody."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import simrig  # noqa: F401 - puts scripts/ on the path
from onnx_model import write_model
from simulator.scene import Scene, Settings
from simulator.stage import Layout

from cctv.core.errors import Exit
from cctv.redaction.errors import ModelRefused, PeopleSearchFailed, WeightsDiffer, WeightsMissing
from cctv.redaction.people import weights
from cctv.redaction.people.detector import LEAST_SCORE, Detector, suppressed
from cctv.redaction.people.weights import load_model
from cctv.redaction.video.geometry import Rect

pytestmark = pytest.mark.slow

SURE = 0.3
OVERLAP = 0.4  # of a detection with a true box, intersection over union


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(load_model())


def windows(width, height):
    """The whole picture, and four windows of which each is 60 % as wide and as high."""
    yield Rect(0, 0, width, height)
    for x in (0.0, 0.4):
        for y in (0.0, 0.4):
            yield Rect(x * width, y * height, 0.6 * width, 0.6 * height)


def likeness(one: Rect, other: Rect) -> float:
    shared = one.overlap(other)
    return shared / (one.area + other.area - shared)


def people_of(scene):
    """The pictures, RGB, each with the true boxes of those who are mostly in view and not cut off by an edge."""
    pictures = [cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) for picture in scene.frames()]
    boxes = [box for person in scene.truth()["people"] for box in person["boxes"] if box["visible"] >= 0.5]
    for number, picture in enumerate(pictures):
        rects = [Rect(box["x"], box["y"], box["w"], box["h"]) for box in boxes if box["frame"] == number]
        yield picture, [rect for rect in rects if rect.x > 0 and rect.right < picture.shape[1] and rect.w >= 16]


def rects(boxes):
    return [Rect(*(float(number) for number in box)) for box in boxes]


@pytest.mark.parametrize(("layout", "seed"), [(Layout.FOYER, 7), (Layout.FACADE, 11), (Layout.FOYER, 211)])
def test_every_person_of_a_generated_scene_is_found_where_they_are(detector, layout, seed):
    people, missed = 0, []
    for picture, true in people_of(Scene(Settings(seed=seed, layout=layout, fps=0.5))):
        height, width = picture.shape[:2]
        found = [detector.in_window(picture, window) for window in windows(width, height)]
        sure = rects(np.concatenate([boxes[scores >= SURE] for boxes, scores in found]))
        people += len(true)
        missed += [box for box in true if not any(likeness(box, one) >= OVERLAP for one in sure)]

    assert people >= 15
    assert missed == []


def test_boxes_stand_up_and_hold_the_figures(detector):
    """OpenCV transposes the boxes of each layer: in its order they lie anywhere, and no test of scores would tell."""
    tall = inside = 0
    for picture, true in people_of(Scene(Settings(seed=7, fps=0.5))):
        height, width = picture.shape[:2]
        boxes, scores = detector.in_window(picture, Rect(0, 0, width, height))
        best = rects(boxes[suppressed(boxes, scores, 0.5)])[: len(true)]
        tall += sum(box.h > 1.5 * box.w for box in best)
        inside += sum(max(box.overlap(one) for one in true) > 0.6 * box.area for box in best)

    assert tall >= 15
    assert inside >= 15


def test_an_empty_scene_holds_nobody(detector):
    for layout in Layout:
        empty = cv2.cvtColor(Scene(Settings(seed=11, layout=layout)).empty, cv2.COLOR_BGR2RGB)
        _, scores = detector.in_window(empty, Rect(0, 0, empty.shape[1], empty.shape[0]))
        assert (scores < SURE).all()


def test_boxes_stay_in_their_window_and_in_the_picture(detector):
    picture, true = max(people_of(Scene(Settings(seed=7, fps=0.5))), key=lambda item: len(item[1]))
    height, width = picture.shape[:2]
    person = true[0]

    boxes, scores = detector.in_window(picture, person.grown(40, 20).moved(0.3, 0.7))
    beyond = detector.in_window(picture, Rect(-500, -500, 3 * width, 3 * height))
    whole = detector.in_window(picture, Rect(0, 0, width, height))

    around = person.grown(41, 21)
    assert scores.max() >= SURE
    assert likeness(person, rects(boxes[[scores.argmax()]])[0]) >= OVERLAP
    assert (boxes[:, :2] >= [around.x, around.y]).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= [around.right + 1.01, around.bottom + 1.01]).all()
    assert (scores >= LEAST_SCORE - 1e-6).all()
    assert (boxes.dtype, scores.dtype) == (np.float32, np.float32)
    assert all(np.array_equal(one, other) for one, other in zip(beyond, whole, strict=True))


@pytest.mark.parametrize("window", [Rect(700, 10, 50, 50), Rect(-60, 10, 50, 50), Rect(10, 10, 0, 0)])
def test_nobody_is_found_outside_of_the_picture(detector, window):
    boxes, scores = detector.in_window(np.zeros((360, 640, 3), np.uint8), window)

    assert (boxes.shape, scores.shape) == ((0, 4), (0,))


def test_of_boxes_that_overlap_the_best_stays():
    boxes = np.array([[0, 0, 10, 20], [1, 0, 10, 20], [50, 0, 10, 20], [4, 0, 10, 20]], np.float32)
    scores = np.array([0.4, 0.9, 0.2, 0.3], np.float32)

    assert suppressed(boxes, scores, 0.5).tolist() == [1, 2]
    assert suppressed(boxes, scores, 0.6).tolist() == [1, 3, 2]
    assert suppressed(boxes[:0], scores[:0], 0.5).tolist() == []


# --- a site's own model


def test_a_model_of_the_site_s_own_answers_in_pixels_of_the_picture(tmp_path):
    """A picture of another form than the input keeps its form: 384 x 192 in 128 x 96 is a third as large."""
    own = Detector(load_model(write_model(tmp_path / "own.onnx", width=128, height=96, bias=(0, 0, 20, 40, 0, 0.9))))
    picture = np.zeros((192, 384, 3), np.uint8)
    picture[:96, 96:192, 0] = 255  # red, in the second cell of the first row

    boxes, scores = own.in_window(picture, Rect(0, 0, 384, 192))

    best = boxes[scores.argmax()]
    assert scores.max() == pytest.approx(0.9)
    assert best.tolist() == pytest.approx([114, 0, 60, 108])  # 48 +- 10, 16 +- 20 three times as large, cut at the top


def test_persons_are_the_first_class_of_a_model(tmp_path):
    others = write_model(tmp_path / "own.onnx", bias=(0, 0, 20, 40, 0.9, 0.01, 0.99), red=(0,) * 7)

    boxes, _ = Detector(load_model(others)).in_window(np.zeros((96, 128, 3), np.uint8), Rect(0, 0, 128, 96))

    assert len(boxes) == 0


REFUSED = {
    "without decoding": ({"decoded": False}, "exported without its decoding"),
    "scores as logits": ({"bias": (0, 0, 20, 40, 0, 7)}, "not between 0 and 1"),
    "no class": ({"bias": (0, 0, 20, 40, 0.5), "red": (0,) * 5}, "and not 1 x N"),
    "grey pictures": ({"shape": (1, 1, 96, 128)}, "its input is 1 x 1 x 96 x 128"),
    "any batch": ({"shape": (0, 3, 96, 128)}, r"its input is \? x 3"),
    "any size": ({"shape": (1, 3, 0, 0)}, "a side has 32 to 2048"),
    "huge": ({"shape": (1, 3, 96, 2**40)}, "a side has 32 to 2048"),
    "no picture": ({"shape": (1, 10)}, "its input is 1 x 10"),
    "another size than it works with": ({"shape": (1, 3, 64, 64)}, "Reshape"),
    "unknown operator": ({"operator": "Rot13"}, "Rot13"),
    "endless numbers": ({"bias": (0, 0, float("inf"), 40, 0, 0.9)}, "no number"),
}


@pytest.mark.parametrize(("changed", "named"), REFUSED.values(), ids=REFUSED)
def test_a_model_of_another_form_is_refused_before_it_sees_a_picture(tmp_path, capfd, changed, named):
    path = write_model(tmp_path / "own.onnx", **changed)

    with pytest.raises(ModelRefused, match=named) as refused:
        Detector(load_model(path))

    assert refused.value.exit_code is Exit.UNREADABLE
    assert "[redaction] detector" in refused.value.next_step
    assert capfd.readouterr().err == ""  # OpenCV writes there by itself


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "its input is -"),
        (b"a text and no model", "no ONNX model"),
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "no ONNX model"),
        (b"\xff" * 11, "no ONNX model"),
    ],
    ids=["empty", "text", "longer than the file", "endless number"],
)
def test_a_file_that_is_no_model_is_refused(tmp_path, data, named):
    path = tmp_path / "own.onnx"
    path.write_bytes(data)

    with pytest.raises(ModelRefused, match=named):
        load_model(path)


def test_a_model_on_which_opencv_crashes_is_refused(tmp_path):
    """An operator's name that is no UTF-8 ends the process that reads it: OpenCV 4.14."""
    path = write_model(tmp_path / "own.onnx")
    path.write_bytes(path.read_bytes().replace(b"Conv", b"Con\xff"))

    with pytest.raises(ModelRefused, match="OpenCV breaks off on it") as refused:
        Detector(load_model(path))

    assert refused.value.exit_code is Exit.UNREADABLE


def test_every_beginning_of_a_model_is_refused(tmp_path):
    whole = write_model(tmp_path / "own.onnx").read_bytes()
    path = tmp_path / "part.onnx"
    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelRefused):
            load_model(path)


def test_a_file_that_is_much_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "own.onnx"
    with path.open("wb") as file:
        file.truncate(2**40)

    with pytest.raises(ModelRefused, match="larger than 512 MiB"):
        load_model(path)


def test_a_folder_or_a_pipe_is_no_model(tmp_path):
    os.mkfifo(tmp_path / "own.onnx")

    with pytest.raises(ModelRefused, match="directory"):
        load_model(tmp_path)
    with pytest.raises(ModelRefused, match="not a file"):
        load_model(tmp_path / "own.onnx")


def test_a_model_that_others_can_replace_is_refused(tmp_path):
    path = write_model(tmp_path / "own.onnx")
    path.chmod(0o666)

    with pytest.raises(ModelRefused, match="other accounts can write it") as refused:
        load_model(path)

    assert refused.value.next_step.startswith("chmod go-w")


def test_a_model_whose_answer_is_no_number_on_a_picture_fails_there(tmp_path):
    """A grey picture, on which it is tried, gives it large sizes; red, infinite ones."""
    own = Detector(load_model(write_model(tmp_path / "own.onnx", red=(0, 0, 2e36, 0, 0, 0))))
    red = np.zeros((96, 128, 3), np.uint8)
    red[..., 0] = 255

    with pytest.raises(PeopleSearchFailed, match="no number") as failed:
        own.in_window(red, Rect(0, 0, 128, 96))

    assert failed.value.exit_code is Exit.UNREADABLE


# --- the default model


@pytest.fixture
def packed(tmp_path, monkeypatch) -> Path:
    """Where the default weights would be, in a folder of the test's own."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights.json").write_bytes((weights._FOLDER / "weights.json").read_bytes())
    monkeypatch.setattr(weights, "_FOLDER", tmp_path)
    weights._default_model.cache_clear()
    yield weights.default_weights()
    weights._default_model.cache_clear()


def test_weights_that_are_missing_stop_the_search(packed):
    with pytest.raises(WeightsMissing, match="No such file") as missing:
        load_model()

    assert missing.value.exit_code is Exit.UNREADABLE
    assert "./scripts/weights" in missing.value.next_step


def test_weights_with_one_other_byte_stop_the_search(packed):
    data = bytearray(Path(weights.__file__).with_name("weights").joinpath(packed.name).read_bytes())
    data[5_000_000] ^= 1
    packed.write_bytes(data)

    with pytest.raises(WeightsDiffer, match="SHA-256") as differs:
        load_model()

    assert differs.value.exit_code is Exit.UNREADABLE


def test_the_default_weights_are_read_once(detector):
    assert load_model() is load_model()


def test_a_detector_that_throws_stops_the_search(detector, monkeypatch):
    def throw(*_arguments):
        raise cv2.error("no memory")

    monkeypatch.setattr(cv2.dnn, "blobFromImage", throw)

    with pytest.raises(PeopleSearchFailed, match="no memory") as failed:
        detector.in_window(np.zeros((360, 640, 3), np.uint8), Rect(0, 0, 640, 360))

    assert failed.value.exit_code is Exit.UNREADABLE


# --- doors: cctv config check, cctv doctor


def with_detector(site, name: str) -> None:
    site.config.write_text(site.config.read_text() + f'\n[redaction]\ndetector = "{name}"\n')


def finding(site, exit: int = 0):
    (found,) = site.cctv("doctor --only detector --json", exit=exit).json["findings"]
    return found


def test_the_doctor_finds_that_people_can_be_found(site):
    found = finding(site)

    assert found["severity"] == "ok"
    assert weights.default_weights().name in found["text"]


def test_the_doctor_finds_weights_that_are_missing_or_damaged(site, packed):
    missing = finding(site, exit=Exit.UNSOUND)
    packed.write_bytes(b"TFL3")
    damaged = finding(site, exit=Exit.UNSOUND)

    assert "cannot be read" in missing["text"]
    assert "SHA-256" in damaged["text"]
    for found in (missing, damaged):
        assert found["next"].startswith("apt-get install --reinstall cctv")


def test_a_detector_of_the_site_s_own_stands_beside_cameras_toml(site):
    (site.folder / "models").mkdir(mode=0o755)
    write_model(site.folder / "models" / "own.onnx")
    with_detector(site, "models/own.onnx")

    site.cctv("config check")

    assert str(site.folder / "models" / "own.onnx") in finding(site)["text"]


@pytest.mark.parametrize(
    ("data", "changed", "named"),
    [
        (None, {}, "No such file"),
        (b"text", {}, "no ONNX model"),
        (None, {"decoded": False}, "without its decoding"),
        (None, {"operator": "Rot13"}, "Rot13"),
    ],
    ids=["missing", "no model", "another form", "unknown operator"],
)
def test_a_detector_that_cannot_be_used_is_refused_with_the_settings(site, data, changed, named):
    path = site.folder / "own.onnx"
    if data is not None:
        path.write_bytes(data)
    if changed:
        write_model(path, **changed)
    with_detector(site, "own.onnx")

    refused = site.cctv("config check", exit=Exit.UNREADABLE)
    found = finding(site, exit=Exit.UNSOUND)

    assert named in refused.err
    assert str(path) in refused.err
    assert "[redaction] detector" in refused.err
    assert named in found["text"]
    assert found["next"] == "cctv config check"
