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
from cctv.redaction.background.person_detector import people_in
from cctv.redaction.background.survey import survey
from cctv.redaction.errors import SearchFailed
from cctv.redaction.review.artefacts import read_survey, write_survey
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import clip_of
from cctv.redaction.video.yuv import from_buffer

pytestmark = pytest.mark.slow

SIZE = Size(640, 360)


def quiet(_step, _done, _total):
    """No progress."""


def flat(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).ravel()


@pytest.mark.parametrize("layout", list(Layout))
def test_somebody_who_stands_still_all_through_a_file_is_found_in_its_backdrop(layout):
    scene = Scene(Settings(seed=7, layout=layout, statue=True, fps=0.5))
    samples = [BackgroundSample(number, flat(picture), None) for number, picture in enumerate(scene.frames())]

    backdrop = build(samples, SIZE)

    statue = scene.truth()["people"][-1]["boxes"][0]
    left, top = statue["x"] // 2, statue["y"] // 2
    body = slice(top, top + statue["h"] // 2), slice(left, left + statue["w"] // 2)
    assert len(backdrop.people) == 1
    assert not backdrop.trusted[body].any()
    assert backdrop.doubted[body].all()
    assert backdrop.untrusted_share < 0.15
    assert people_in(backdrop.planes) == ()


@pytest.mark.parametrize("layout", list(Layout))
def test_an_empty_scene_holds_nobody(layout):
    empty = Scene(Settings(seed=11, layout=layout)).empty

    assert people_in(from_buffer(flat(empty), SIZE)) == ()


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (lambda: np.ones(3781, np.float32), "another detector"),
        (lambda: (_ for _ in ()).throw(cv2.error("no memory")), "no memory"),
    ],
    ids=["other weights", "throws"],
)
def test_a_detector_that_fails_stops_the_redaction(tmp_path, monkeypatch, broken, named):
    clip = clip_of([write(tmp_path / "in.mp4", Plain(frames=12))])
    monkeypatch.setattr(cv2.HOGDescriptor, "getDefaultPeopleDetector", staticmethod(broken))

    with pytest.raises(SearchFailed, match=named) as failed:
        survey(clip, NOTHING_KEPT, quiet)

    assert failed.value.exit_code is Exit.UNREADABLE


def test_what_was_found_is_kept_with_the_survey(tmp_path):
    scene = Scene(Settings(seed=7, statue=True, fps=0.5))
    samples = [BackgroundSample(number, flat(picture), None) for number, picture in enumerate(scene.frames())]
    found = survey(clip_of([write(tmp_path / "in.mp4", Plain(frames=12))]), NOTHING_KEPT, quiet)
    with_people = type(found)(found.times, (build(samples, SIZE),))

    write_survey(tmp_path / "survey.npz", with_people)

    assert read_survey(tmp_path / "survey.npz").backdrops[0].people == with_people.backdrops[0].people != ()
