"""People whom the backdrop itself shows: they are found, marked and filled; a detector that fails stops all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import simrig  # noqa: F401 - puts scripts/ on the path
from scenes import Scene as Plain
from scenes import write
from simulator.scene import Scene, Settings
from simulator.stage import Layout

from cctv.core.errors import Exit
from cctv.redaction.background.model import BackgroundSample, build
from cctv.redaction.background.survey import survey
from cctv.redaction.errors import PeopleSearchFailed
from cctv.redaction.people.detector import Detector, detectors_of
from cctv.redaction.people.weights import load_model
from cctv.redaction.review.artefacts import read_survey, write_survey
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import clip_of

pytestmark = pytest.mark.slow

SIZE = Size(640, 360)


def quiet(_step, _done, _total):
    """No progress."""


def flat(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).ravel()


def samples_of(scene):
    return [BackgroundSample(number, flat(picture), None) for number, picture in enumerate(scene.frames())]


@pytest.mark.parametrize("layout", list(Layout))
def test_somebody_who_stands_still_all_through_a_file_is_found_in_its_backdrop(layout):
    scene = Scene(Settings(seed=7, layout=layout, statue=True, fps=0.5))

    backdrop = build(samples_of(scene), SIZE)

    statue = scene.truth()["people"][-1]["boxes"][0]
    left, top = statue["x"] // 2, statue["y"] // 2
    body = slice(top, top + statue["h"] // 2), slice(left, left + statue["w"] // 2)
    assert len(backdrop.people) == 1
    assert not backdrop.trusted[body].any()
    assert backdrop.doubted[body].all()
    assert backdrop.untrusted_share < 0.15


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("seed", [11, 23])
def test_an_empty_scene_holds_nobody(layout, seed):
    empty = Scene(Settings(seed=seed, layout=layout)).empty
    random = np.random.default_rng(seed)
    noisy = [np.clip(empty + random.normal(0, 3, empty.shape), 0, 255).astype(np.uint8) for _ in range(12)]

    backdrop = build([BackgroundSample(number, flat(picture), None) for number, picture in enumerate(noisy)], SIZE)

    assert backdrop.people == ()


@pytest.mark.parametrize(
    ("broken", "raised", "named"),
    [
        (lambda *_: (_ for _ in ()).throw(cv2.error("no memory")), PeopleSearchFailed, "no memory"),
        (lambda *_: (np.full((1, 1917, 4), np.nan), np.full((1, 1917, 24), np.nan)), PeopleSearchFailed, "no number"),
    ],
    ids=["throws", "no numbers"],
)
def test_a_detector_that_fails_stops_the_redaction(tmp_path, monkeypatch, broken, raised, named):
    clip = clip_of([write(tmp_path / "in.mp4", Plain(frames=12))])
    detector = Detector(load_model())
    monkeypatch.setattr(detector._network, "_network", Broken(broken))
    monkeypatch.setattr(detectors_of(load_model()), "_idle", [detector] * 8)

    with pytest.raises(raised, match=named) as failed:
        survey(clip, NOTHING_KEPT, quiet)

    assert failed.value.exit_code is Exit.UNREADABLE


class Broken:
    """A network that fails."""

    def __init__(self, answer):
        self.forward = answer

    def setInput(self, _blob):  # noqa: N802 - OpenCV's name
        """Takes anything."""


def test_what_was_found_is_kept_with_the_survey(tmp_path):
    scene = Scene(Settings(seed=7, statue=True, fps=0.5))
    samples = [BackgroundSample(number, flat(picture), None) for number, picture in enumerate(scene.frames())]
    found = survey(clip_of([write(tmp_path / "in.mp4", Plain(frames=12))]), NOTHING_KEPT, quiet)
    with_people = type(found)(found.times, (build(samples, SIZE),))

    write_survey(tmp_path / "survey.npz", with_people)

    assert read_survey(tmp_path / "survey.npz").backdrops[0].people == with_people.backdrops[0].people != ()
