"""The goal on a generated scene: the subject shows in 90 % of the frames that keep him, and nobody else's head does."""

from __future__ import annotations

import json

import numpy as np
import pytest
from simrig import scene_clip
from simulator.truth import keyframes

from cctv.redaction.background.survey import survey
from cctv.redaction.people.weights import load_model
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.visibility import VisibilityPass
from cctv.redaction.tracking.annotations import parse_keep
from cctv.redaction.tracking.pipeline import analyse
from cctv.redaction.video.reader import clip_of
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import doubled

pytestmark = pytest.mark.slow

SHOWN = 0.6  # of the true box live: the subject is visible
HIDDEN = 0.9  # of a head: nobody can be told by it
SUBJECT = 1  # enters at an edge, is crossed by another person, leaves


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Half the size of the demonstration's, and as long as its first person stays."""
    return scene_clip(tmp_path_factory.mktemp("scenes"), seed=7, size="320x180", fps=12.5, seconds=24)


def quiet(_step, _done, _total):
    """No progress."""


def live_frames(scene, every):
    text = json.dumps(keyframes(scene.truth, SUBJECT, every))
    keep = parse_keep(text, scene.folder / "keep.json")
    clip = clip_of([scene.movie])
    even = clip.size.even()
    options = Options(Mode.BACKDROP, caption=None)
    with MaskSpool((even.height // 2, even.width // 2)) as differs:
        analysis = analyse(clip, survey(clip, keep, quiet), keep, differs, quiet, load_model())
        return [doubled(decision.live) for decision in VisibilityPass(analysis, keep, options, None)]


def share(live, box):
    rows = slice(max(0, int(box["y"])), max(0, round(box["y"] + box["h"])))
    columns = slice(max(0, int(box["x"])), max(0, round(box["x"] + box["w"])))
    region = live[box["frame"]][rows, columns]
    return float(region.mean()) if region.size else None


@pytest.fixture(scope="module", params=[10, 20])
def live(request, scene):
    return live_frames(scene, request.param)


def seen(live, boxes):
    return [(box["frame"], (share(live, box) or 0.0) >= SHOWN) for box in boxes]


def test_no_head_of_anybody_else_shows(scene, live):
    others = [person for person in scene.truth["people"] if person["id"] != SUBJECT]
    shares = [share(live, head) for person in others for head in person["head"]]

    assert len(shares) > 400
    assert [part for part in shares if part is not None and part > 1 - HIDDEN] == []


def test_the_subject_shows_in_six_frames_of_seven(scene, live):
    found = seen(live, scene.person(SUBJECT)["boxes"])

    assert np.mean([shown for _, shown in found]) >= 0.85


def test_the_subject_shows_while_entering_at_the_edge(scene, live):
    found = seen(live, scene.person(SUBJECT)["boxes"])

    assert np.mean([shown for _, shown in found[:16]]) >= 0.65  # five frames of half a body at the edge


def test_a_crossing_hides_the_subject_only_while_somebody_is_in_the_way(scene, live):
    boxes = scene.person(SUBJECT)["boxes"]
    covered = [box["frame"] for box in boxes if box["visible"] < 0.99]
    missing = [
        frame for frame, shown in seen(live, boxes) if not shown and covered[0] - 20 <= frame <= covered[-1] + 20
    ]

    assert covered
    assert len(missing) <= len(covered) + 6
