"""Footage in which nothing moves is compared run by run, and finds what a comparison of each picture finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import Person, Scene, walk, write

from cctv.redaction.background.model import Backdrop
from cctv.redaction.background.survey import survey
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.tracking.foreground import ReferenceScene, compared
from cctv.redaction.video import spill
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import HalfSizeAgain, Reading, clip_of
from cctv.redaction.video.spill import MaskSpool, Scratch
from cctv.redaction.video.stillness import PictureRun, runs_of
from cctv.redaction.video.yuv import Planes

WALKER = Person(walk(100, 25, first=60, last=62))
STANDING = Person(walk(160, 0, first=40, last=90))
PALE = Person(walk(160, 6, first=50, last=58), luma=112, u=126, v=131)  # hardly off the ground
STILL = Scene(frames=120, noise=1.0)
SCENES = {
    "nobody": STILL,
    "three frames": replace(STILL, people=[WALKER]),
    "stands for a while": replace(STILL, people=[STANDING]),
    "pale": replace(STILL, people=[PALE]),
    "noise": replace(STILL, noise=6.0, people=[WALKER]),
    "daylight": replace(STILL, light=lambda frame: 0.2 * frame, people=[replace(PALE, luma=105)]),
    "flicker": replace(STILL, light=lambda frame: 3.0 * (frame % 3), people=[PALE]),
    "lamp": replace(STILL, light=lambda frame: 40.0 * (frame >= 70), people=[WALKER]),
}


def quiet(_step, _done, _total):
    """No progress."""


def one_by_one(clip):
    """The pictures of a clip, each for itself."""
    stacked = [planes.stacked() for planes in Reading(clip)]
    return [PictureRun(1, lambda at=at: [stacked[at]]) for at in range(len(stacked))]


def of_clip(clip, folder):
    """What a clip is compared as: its background, its runs, and the comparison of each frame."""
    with Scratch(folder, clip.size.even(), None) as scratch, HalfSizeAgain(clip) as again:
        background = survey(clip, NOTHING_KEPT, quiet, scratch=scratch)
        runs = list(scratch.runs())
        return background, runs, list(compared(scratch.runs(), background.backdrops, None, again))


def never(_first, _count):
    raise AssertionError("every picture is at hand")


def same(these, those):
    return [one.stretch for one in these] == [one.stretch for one in those] and all(
        np.array_equal(one.difference.mask, other.difference.mask)
        and np.array_equal(one.difference.regions, other.difference.regions)
        and (one.difference.light is None) == (other.difference.light is None)
        for one, other in zip(these, those, strict=True)
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_each_frame_differs_as_it_does_when_it_is_compared_alone(tmp_path, name):
    clip = clip_of([write(tmp_path / "in.mp4", SCENES[name], rate=25)])
    background, _, found = of_clip(clip, tmp_path)

    alone = list(compared(one_by_one(clip), background.backdrops, None, never))
    at_once = list(compared(runs_of(Reading(clip)), background.backdrops, None, never))

    assert same(found, alone)
    assert same(at_once, alone)


@pytest.mark.slow
def test_a_still_clip_is_stored_and_compared_as_a_few_runs(tmp_path):
    clip = clip_of([write(tmp_path / "in.mp4", replace(STILL, frames=240), rate=25)])

    _, runs, found = of_clip(clip, tmp_path)

    assert len(runs) < 240 / 8 / 4
    assert sum(run.count for run in runs) == 240
    assert not any(one.difference.mask.any() for one in found)


@pytest.mark.slow
def test_somebody_who_appears_for_three_frames_is_found_in_those_and_the_rest_is_a_few_runs(tmp_path):
    clip = clip_of([write(tmp_path / "in.mp4", replace(STILL, frames=240, people=[WALKER]), rate=25)])

    background, runs, found = of_clip(clip, tmp_path)

    assert [frame for frame, one in enumerate(found) if one.difference.mask.any()] == [60, 61, 62]
    for frame in (60, 61, 62):
        box = WALKER.box(frame).scaled(0.5)
        body = found[frame].difference.mask[round(box.y) + 2 : round(box.bottom) - 2, round(box.x + box.w / 2)]
        assert body.mean() > 0.9
    assert sum(run.count for run in runs if run.bounds is not None) >= 200
    assert background.backdrops[0].trusted.mean() > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("budget", [0, 500_000])
def test_what_there_was_no_room_for_is_decoded_again(tmp_path, monkeypatch, budget):
    clip = clip_of([write(tmp_path / "in.mp4", SCENES["stands for a while"], rate=25)])
    _, _, roomy = of_clip(clip, tmp_path)

    monkeypatch.setattr(spill, "_BUDGET_BYTES", budget)
    _, runs, found = of_clip(clip, tmp_path)

    assert any(run.pictures is None and run.bounds is None for run in runs)
    assert same(found, roomy)


def test_empty_masks_take_no_room_and_come_back_as_they_were():
    mask = np.zeros((6, 10), np.bool_)
    with MaskSpool(mask.shape) as spool:
        spool.append(mask, np.zeros((0, 5), np.int32))
        mask[2, 3] = True
        spool.append(mask.copy(), np.array([[3, 2, 1, 1, 1]], np.int32))
        spool.append(np.zeros((6, 10), np.bool_))

        assert [spool.is_empty(index) for index in range(3)] == [True, False, True]
        assert [int(spool[index].sum()) for index in range(3)] == [0, 1, 0]
        assert [spool.with_regions(index)[1].tolist() for index in range(3)] == [[], [[3, 2, 1, 1, 1]], []]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    noise=st.floats(0, 6),
    step=st.integers(0, 40),
    side=st.integers(1, 20),
    drift=st.floats(-0.4, 0.4),
)
def test_a_run_whose_bounds_hold_has_no_picture_that_differs(seed, noise, step, side, drift):
    random = np.random.default_rng(seed)
    ground = random.uniform(60, 190, (3, 8, 10)).repeat(8, 1).repeat(8, 2)
    pictures = []
    for number in range(16):
        picture = ground + drift * number + random.normal(0, noise, ground.shape)
        if number >= 12:
            picture[0, 20 : 20 + side, 30 : 30 + side] += step
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    backdrop = _backdrop(np.clip(ground + 6 * drift, 0, 255).astype(np.uint8))
    scene = ReferenceScene(backdrop)

    for run in runs_of(_planes(picture) for picture in pictures):
        light = scene.light(run.bounds.middle(), None) if run.bounds is not None else None
        if light is not None and scene.holds(run.bounds, light):
            for picture in run.pictures():
                own = scene.light(picture, None)
                assert own is not None
                assert not scene.difference(picture, own).mask.any()


def _planes(stacked):
    return Planes(stacked[0].repeat(2, 0).repeat(2, 1), stacked[1], stacked[2])


def _backdrop(stacked):
    trusted = np.ones(stacked.shape[1:], np.bool_)
    return Backdrop(_planes(stacked), stacked, trusted, ~trusted, 100)


def test_pictures_that_break_off_come_out_as_far_as_they_came():
    def broken():
        yield from (_planes(np.full((3, 4, 4), 100, np.uint8)) for _ in range(11))
        raise ConnectionError

    made = runs_of(broken())

    assert [next(made).count, next(made).count] == [8, 3]
    with pytest.raises(ConnectionError):
        next(made)


def test_the_size_of_a_picture_is_halved_as_opencv_halves_it():
    random = np.random.default_rng(3)
    for size in (Size(2, 2), Size(322, 242), Size(640, 360)):
        luma = random.integers(0, 256, (size.height, size.width)).astype(np.uint8)
        chroma = luma[::2, ::2].copy()
        mean = luma.reshape(size.height // 2, 2, size.width // 2, 2).astype(np.uint16).sum(axis=(1, 3))

        assert np.array_equal(Planes(luma, chroma, chroma).stacked()[0], (mean + 2) // 4)
