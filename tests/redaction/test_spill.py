"""What is set aside for the render, and what the proof reckons with: the same answers as without the short cut."""

from __future__ import annotations

import errno
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scenes import HEIGHT, WIDTH, Person, Scene, keep_of, luma, walk, write

from cctv.redaction.background.lighting_segments import backdrops_of
from cctv.redaction.background.model import BackgroundSample
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.verify import _block_errors, _block_mean, _blocks_without
from cctv.redaction.tracking import foreground
from cctv.redaction.tracking.foreground import compared
from cctv.redaction.video import spill
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.spill import Scratch
from cctv.redaction.video.stillness import PictureRun
from cctv.redaction.video.yuv import Planes

pytestmark = pytest.mark.slow

LEFT, RIGHT = Person(walk(20, 5)), Person(walk(300, -5, 206), luma=200, u=150, v=100)
PLANE = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@pytest.mark.parametrize("budget", [0, 40_000])
def test_a_clip_for_whose_patches_there_is_no_room_is_decoded_again_to_the_same_video(desk, monkeypatch, budget):
    source = write(desk.folder / "in.mp4", Scene([LEFT, RIGHT], frames=20))
    keep = keep_of(desk.folder / "keep.json", LEFT, frames=20)
    desk.redact(source, Options(Mode.BACKDROP), keep)
    with_room, live = luma(desk.output), desk.mask_frames()

    monkeypatch.setattr(spill, "_BUDGET_BYTES", budget)
    desk.redact(source, Options(Mode.BACKDROP), keep)

    assert np.array_equal(desk.mask_frames(), live)
    assert np.abs(luma(desk.output).astype(int) - with_room).mean() < 0.5  # libx264 is not the same to the last bit


def test_a_disk_that_fills_up_costs_the_short_cut_and_nothing_else(tmp_path, monkeypatch):
    class Full(io.FileIO):
        def write(self, data):
            if self.tell() > 40:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(spill.tempfile, "TemporaryFile", lambda **_: Full(tmp_path / "scratch", "w+"))
    planes = Planes(np.zeros((8, 8), np.uint8), *np.zeros((2, 4, 4), np.uint8))

    with Scratch(tmp_path, Size(8, 8), None) as aside:
        seen = list(aside.noting([planes] * 9))

        assert len(seen) == 9
        assert [(run.count, run.pictures, run.bounds) for run in aside.runs()] == [(9, None, None)]
    assert (tmp_path / "scratch").stat().st_size == 0


def test_frames_stay_in_step_after_a_pass_that_broke_off_and_while_two_read(tmp_path):
    pictures = [Planes(np.full((8, 8), n, np.uint8), *np.full((2, 4, 4), n, np.uint8)) for n in range(0, 200, 40)]

    with Scratch(tmp_path, Size(8, 8), None) as broken, Scratch(tmp_path, Size(8, 8), None) as aside:
        next(broken.noting(pictures))
        for one in (broken, aside):
            assert len(list(one.noting(pictures))) == 5
        both = zip(_pictures(aside), _pictures(aside), strict=True)

        assert broken.runs() is None
        assert [(int(one[0, 0, 0]), int(other[0, 0, 0])) for one, other in both] == [(n, n) for n in range(0, 200, 40)]


def test_of_a_scene_that_was_surveyed_before_no_half_size_picture_is_stored(tmp_path):
    pictures = [Planes(np.full((8, 8), n, np.uint8), *np.full((2, 4, 4), n, np.uint8)) for n in range(5)]

    with Scratch(tmp_path, Size(8, 8), None, pictures=False) as once:
        seen = [int(planes.u[0, 0]) for planes in once.noting(pictures)]

        assert seen == [0, 1, 2, 3, 4]
        assert once.runs() is None


def never(_first, _count):
    raise AssertionError("every picture is at hand")


def _pictures(scratch):
    return (picture for run in scratch.runs() for picture in run.pictures())


@given(PLANE)
def test_the_error_of_a_block_is_its_mean(plane):
    exact = _block_mean(plane)

    assert np.abs(_block_errors(plane, np.zeros_like(plane)) - exact).max() <= 1 / 16 + 1e-3


@given(PLANE)
def test_a_block_with_one_live_pixel_is_not_hidden(plane):
    live = plane > 250
    blocks = _blocks_without(live)

    wanted = [
        not live[row : row + 4, column : column + 4].any()
        for row in range(0, live.shape[0], 4)
        for column in range(0, live.shape[1], 4)
    ]
    assert blocks.ravel().tolist() == wanted


def test_frames_after_a_lost_scene_are_judged_as_one_after_the_other(monkeypatch):
    size = Size(WIDTH, HEIGHT)
    scene = Scene([LEFT], frames=24, noise=4)
    pictures = [Planes(*planes) for planes in scene.pictures()]
    samples = [
        BackgroundSample(n, np.concatenate([p.y.ravel(), p.u.ravel(), p.v.ravel()]), None)
        for n, p in enumerate(pictures)
    ]
    backdrops = backdrops_of(samples, size)
    other = np.random.default_rng(1).integers(0, 255, (3, HEIGHT // 2, WIDTH // 2)).astype(np.uint8)
    stacked = [other if n in (7, 8, 15) else planes.stacked() for n, planes in enumerate(pictures)]

    runs = [PictureRun(1, lambda picture=picture: [picture]) for picture in stacked]
    at_once = list(compared(runs, backdrops, None, never))
    monkeypatch.setattr(foreground.os, "cpu_count", lambda: 0)
    one_by_one = list(compared(runs, backdrops, None, never))

    assert [one.difference.light for one in at_once] == [one.difference.light for one in one_by_one]
    assert [n for n, one in enumerate(at_once) if one.difference.light is None] == [7, 8, 15]
    assert all(np.array_equal(a.difference.mask, b.difference.mask) for a, b in zip(at_once, one_by_one, strict=True))
