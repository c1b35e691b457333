"""The empty scene: what it shows, what it does not trust."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import HEIGHT, WIDTH, Person, Scene, head, walk

from cctv.redaction.background.lighting_segments import backdrops_of
from cctv.redaction.background.model import BackgroundSample, Sampler, build
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.yuv import from_buffer

pytestmark = pytest.mark.slow

SIZE = Size(WIDTH, HEIGHT)


def samples(scene, **excluded):
    return [
        BackgroundSample(frame, np.concatenate([plane.ravel() for plane in planes]), excluded.get(f"f{frame}"))
        for frame, planes in enumerate(scene.pictures())
    ]


def test_walkers_leave_no_trace():
    empty = build(samples(Scene(frames=24)), SIZE)
    walked = build(samples(Scene([Person(walk(-20, 15))], frames=24)), SIZE)

    assert walked.untrusted_share < 0.01
    assert np.abs(walked.planes.y.astype(int) - empty.planes.y).mean() < 2


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_somebody_who_stood_still_for_a_while_is_neither_trusted_nor_shown(share):
    stays = int(40 * share)
    person = Person(lambda frame: (150, 200) if frame < stays else None)

    backdrop = build(samples(Scene([person], frames=40)), SIZE)

    rows, columns = head(person.box(0))
    trusted = backdrop.trusted[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2]
    assert not trusted.any()
    assert backdrop.planes.y[rows, columns].mean() < 160  # a head is 190


def test_drawn_boxes_do_not_count():
    person = Person(lambda frame: (150, 200) if frame < 30 else None)
    mask = np.zeros((HEIGHT // 2, WIDTH // 2), bool)
    mask[55:105, 60:90] = True

    backdrop = build(samples(Scene([person], frames=42), **{f"f{n}": mask for n in range(30)}), SIZE)

    assert backdrop.trusted[60:100, 65:85].mean() > 0.95
    assert backdrop.planes.y[head(person.box(0))].mean() < 160


def test_the_clothes_of_somebody_who_sways_where_he_stands_are_not_the_ground():
    """The outline differs from sample to sample, the middle never: one colour with nothing trusted around it."""
    person = Person(lambda frame: (150 + 6 * (frame % 5 - 2), 200 + 8 * (frame % 3 - 1)))

    backdrop = build(samples(Scene([person], frames=40)), SIZE)

    rows, columns = head(person.box(2))
    trusted = backdrop.trusted[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2]
    assert not trusted.any()
    body = person.box(2)
    middle = backdrop.planes.y[int(body.y + 0.4 * body.h) : int(body.y + 0.6 * body.h), 145:155]
    ground = build(samples(Scene(frames=24)), SIZE).planes.y[int(body.y) : int(body.y + body.h), 145:155]
    assert abs(float(middle.mean()) - float(ground.mean())) < 20


def test_too_few_samples_are_not_trusted():
    assert build(samples(Scene(frames=3)), SIZE).untrusted_share == 1.0


def test_a_lamp_makes_two_backdrops():
    lit = Scene(frames=40, light=lambda frame: 45.0 if frame >= 20 else 0.0)

    found = backdrops_of(samples(lit), SIZE)

    assert len(found) == 2
    assert all(backdrop.untrusted_share < 0.02 for backdrop in found)
    assert found[1].planes.y.mean() - found[0].planes.y.mean() > 35


def test_sampling_is_even_and_bounded():
    sampler = Sampler(Size(64, 48))
    planes = from_buffer(np.zeros(64 * 48 * 3 // 2, np.uint8), Size(64, 48))
    for frame in range(5000):
        if sampler.wants(frame):
            sampler.add(frame, planes, None)

    frames = [sample.frame for sample in sampler.kept]
    assert 60 <= len(frames) <= 128
    assert set(np.diff(frames)) == {sampler.stride}
