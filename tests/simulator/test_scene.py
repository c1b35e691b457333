"""The generated scene is what its truth says, and hard in the ways that it claims."""

import itertools
import subprocess

import cv2
import numpy as np
import pytest
import simrig
from simulator.clips import Codec, load_clip
from simulator.truth import keyframes, person

pytestmark = pytest.mark.slow

CONTRAST = 25
LAYOUTS = pytest.mark.parametrize("layout", ["foyer", "facade"])


@pytest.fixture(scope="module")
def whole(small):
    """A scene of 24 seconds with its frames and its empty picture."""
    made = {}

    def make(layout):
        if layout not in made:
            clip = small(layout=layout, seconds=24, size="480x270", noise=2)
            made[layout] = clip, simrig.pictures(clip.movie), cv2.imread(str(clip.folder / "empty.png"))
        return made[layout]

    return make


@LAYOUTS
def test_whatever_differs_from_the_empty_scene_is_a_person_or_a_shadow(whole, layout):
    clip, frames, empty = whole(layout)
    for number in range(0, clip.frames, 3):
        difference = grey(cv2.absdiff(frames[number], empty))
        for box in boxes_at(clip, number, "boxes"):
            margin = round(0.36 * max(box["h"], box["w"]))
            left, right = max(0, box["x"] - margin), box["x"] + box["w"] + margin
            difference[max(0, box["y"] - 2) : box["y"] + box["h"] + margin // 3, left:right] = 0
        assert cv2.blur(difference, (3, 3)).max() < CONTRAST


@LAYOUTS
def test_every_head_stands_out_from_what_is_behind_it(whole, layout):
    clip, frames, empty = whole(layout)
    seen = 0
    for entry in clip.truth["people"]:
        for head in entry["head"]:
            if head["visible"] < 1 or head["w"] < 8:
                continue
            seen += 1
            rows, columns = slice(head["y"], head["y"] + head["h"]), slice(head["x"], head["x"] + head["w"])
            oval = cv2.ellipse(
                np.zeros((head["h"], head["w"]), np.uint8),
                (head["w"] // 2, head["h"] // 2),
                (head["w"] // 2 - 1, head["h"] // 2 - 1),
                *(0, 0, 360, 255, -1),
            )
            contrast = cv2.absdiff(grey(frames[head["frame"]][rows, columns]), grey(empty[rows, columns]))[oval > 0]
            assert np.median(contrast) >= CONTRAST
            assert np.mean(contrast >= CONTRAST - 8) > 0.6
    assert seen > 100


@LAYOUTS
def test_a_head_is_the_top_of_its_person(whole, layout):
    clip, _, _ = whole(layout)
    for entry in clip.truth["people"]:
        bodies = {box["frame"]: box for box in entry["boxes"]}
        for head in entry["head"]:
            body = bodies[head["frame"]]
            assert abs(head["y"] - body["y"]) <= 1
            assert head["h"] <= body["h"] / 5 + 2


@LAYOUTS
def test_the_median_of_the_clip_is_the_empty_scene(whole, layout):
    _, frames, empty = whole(layout)
    median = np.median(np.stack([grey(frame) for frame in frames[::3]]), axis=0)
    assert np.abs(median - grey(empty).astype(float)).max() < CONTRAST


@LAYOUTS
def test_nobody_hides_a_pixel_for_more_than_two_fifths_of_the_time(whole, layout):
    clip, _, empty = whole(layout)
    taken = np.zeros(empty.shape[:2], int)
    for number in range(clip.frames):
        covered = np.zeros(empty.shape[:2], bool)
        for box in boxes_at(clip, number, "boxes"):
            covered[box["y"] : box["y"] + box["h"], box["x"] : box["x"] + box["w"]] = True
        taken += covered
    assert taken.max() <= 0.4 * clip.frames


@LAYOUTS
def test_the_subject_is_crossed_and_otherwise_alone(whole, layout):
    clip, _, _ = whole(layout)
    walked = person(clip.truth, 1)["boxes"]
    others = {(entry["id"], box["frame"]): box for entry in clip.truth["people"][1:] for box in entry["boxes"]}
    near = [
        box for box in walked if any(frame == box["frame"] and meet(box, other) for (_, frame), other in others.items())
    ]

    assert min(box["visible"] for box in walked) < 0.5
    assert len(near) < 0.4 * len(walked)
    assert min(box["x"] for box in walked) <= 2
    assert max(box["x"] + box["w"] for box in walked) >= clip.truth["width"] - 2


def test_somebody_stands_still_for_seconds_and_wears_the_tone_of_the_floor(whole):
    clip, frames, empty = whole("foyer")
    stander = next(entry for entry in clip.truth["people"] if entry["role"] == "stander")
    steps = [abs(later["x"] - earlier["x"]) for earlier, later in itertools.pairwise(stander["boxes"])]
    longest = max(len(list(run)) for still, run in itertools.groupby(steps, lambda step: step <= 1) if still)
    assert longest / clip.fps > 4

    box = stander["boxes"][len(stander["boxes"]) // 2]
    legs = slice(box["y"] + box["h"] // 2, box["y"] + box["h"] - 8), slice(box["x"] + 6, box["x"] + box["w"] - 6)
    assert np.median(cv2.absdiff(grey(frames[box["frame"]][legs]), grey(empty[legs]))) < CONTRAST


@LAYOUTS
def test_a_clip_begins_and_ends_empty_so_that_it_plays_in_a_circle(whole, layout):
    clip, _, _ = whole(layout)
    assert boxes_at(clip, 0, "boxes") == []
    assert boxes_at(clip, clip.frames - 1, "boxes") == []


def test_a_seed_always_gives_the_same_stream_and_another_seed_another(small, tmp_path_factory):
    first = small(seconds=1)
    second = simrig.scene_clip(tmp_path_factory.mktemp("again"), size="320x180", seconds=1, gop=0.48, noise=1)
    third = small(seconds=1, seed=8)

    assert first.stream.read_bytes() == second.stream.read_bytes()
    assert first.truth == second.truth
    assert first.stream.read_bytes() != third.stream.read_bytes()


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_the_stream_and_the_movie_are_the_same_frames(small, codec):
    clip = small(codec=codec)
    stream = load_clip(clip.stream)

    assert stream.codec is Codec(codec)
    assert len(stream) == clip.frames == len(simrig.pictures(clip.movie))
    assert [place for place, unit in enumerate(stream.units) if unit.key] == list(range(0, clip.frames, 6))
    assert all(unit.parameter_sets for unit in stream.units if unit.key)
    probe = ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", clip.movie]
    times = subprocess.run(probe, capture_output=True, text=True, check=True).stdout.replace(",", "").split()
    assert [float(time) for time in times] == pytest.approx([number / 12.5 for number in range(clip.frames)], abs=0.001)


def test_a_statue_never_leaves_and_a_pair_stays_together(small):
    clip = small(seconds=24, size="160x90", fps=5, pair=True, statue=True, people=3)
    roles = [entry["role"] for entry in clip.truth["people"]]
    assert roles == ["walker", "crosser", "stander", "pair", "pair", "statue"]

    assert [box["frame"] for box in clip.person(6)["boxes"]] == list(range(clip.frames))
    left, right = ({box["frame"]: box for box in clip.person(number)["boxes"]} for number in (4, 5))
    together = left.keys() & right.keys()
    assert len(together) > 0.8 * len(left)
    assert all(abs(left[frame]["x"] - right[frame]["x"]) <= 14 for frame in together)


def test_keyframes_are_the_first_the_last_and_every_nth_of_each_stretch():
    def box(frame):
        return {"frame": frame, "x": 10 + frame, "y": 5, "w": 4, "h": 9, "visible": 1.0}

    truth = {"people": [{"id": 3, "boxes": [box(frame) for frame in (2, 3, 4, 5, 9)]}]}

    keep = keyframes(truth, 3, every=2)

    assert keep["schema"] == 1
    assert keep["hide"] == []
    assert [(entry["id"], entry["frame"]) for entry in keep["boxes"]] == [
        ("p3-1", 2),
        ("p3-1", 4),
        ("p3-1", 5),
        ("p3-2", 9),
    ]
    assert keep["boxes"][0] == {"id": "p3-1", "frame": 2, "x": 12, "y": 5, "w": 4, "h": 9}


def grey(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


def boxes_at(clip, frame, kind):
    return [box for entry in clip.truth["people"] for box in entry[kind] if box["frame"] == frame]


def meet(one, other):
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )
