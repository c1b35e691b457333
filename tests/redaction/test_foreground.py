"""What is hidden for a region: its box for a body, itself for a line, its hull for what is too low to be somebody."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cctv.redaction.people.windows import Stature
from cctv.redaction.tracking.foreground import covered, repeated, upright_covered
from cctv.redaction.video.geometry import Rect

TALL = Stature(0.0, 120.0)  # 60 pixels at half size


def drawn(shape=(200, 300), **figures):
    mask = np.zeros(shape, np.uint8)
    for kind, figure in figures.items():
        getattr(cv2, kind)(mask, *figure)
    return mask.view(np.bool_)


def test_a_body_is_hidden_to_its_box_and_a_slanting_tape_to_itself():
    body = drawn((100, 160), ellipse=((30, 50), (8, 25), 0, 0, 360, 1, 3))  # the outline of one dressed like the ground
    tape = drawn((100, 160), line=((80, 20), (150, 80), 1, 2))

    hidden = covered(body | tape).bodies

    assert hidden[25:75, 22:38].all()
    assert hidden[tape].all()
    assert hidden[:, 60:].mean() < 0.1


def test_somebody_who_stands_at_a_tape_is_hidden_to_his_box():
    both = drawn(ellipse=((100, 110), (8, 22), 0, 0, 360, 1, 3), line=((20, 40), (250, 190), 1, 3))

    hidden = covered(both).bodies

    assert hidden[88:133, 92:109].all()
    assert hidden.mean() < 0.1


def test_whoever_was_not_found_and_is_tall_enough_is_hidden_to_his_box():
    body = drawn(ellipse=((100, 110), (8, 25), 0, 0, 360, 1, 3))

    hidden = covered(body, [], TALL)

    assert hidden.bodies[85:136, 92:109].all()
    assert not hidden.rest.any()


def test_what_is_too_low_for_a_person_where_nobody_was_found_is_hidden_to_its_hull():
    flicker = drawn(line=((100, 100), (114, 120), 1, 7))

    hidden = covered(flicker, [], TALL)

    assert (hidden.bodies & ~flicker).sum() == 0  # for longer than its frame, only where it comes again
    assert hidden.rest[flicker].all()
    assert not hidden.rest[100:106, 112:118].any()  # a corner of its box


def test_what_differs_is_hidden_to_its_box_where_somebody_was_found_however_low_it_is():
    head = drawn(line=((100, 100), (106, 124), 1, 5))

    hidden = covered(head, [Rect(95, 110, 24, 60)], TALL)

    assert hidden.bodies[99:126, 98:109].all()
    assert not hidden.rest.any()


def test_a_reflection_below_somebodys_feet_is_no_part_of_his_box():
    """One region: a person, and a reflection aslant, which reaches as far again to the side and down."""
    person = Rect(100, 20, 24, 60)
    both = drawn(rectangle=((104, 22), (119, 79), 1, -1)) | drawn(line=((112, 78), (150, 150), 1, 9))

    hidden = covered(both, [person], TALL).bodies

    assert hidden[22:80, 104:120].all()
    assert hidden[both].all()
    assert not hidden[22:76, 130:].any()
    assert not hidden[130:150, 100:120].any()


def test_a_head_that_starts_below_somebodys_feet_is_hidden():
    """Somebody in front whom the detector missed: hidden to the hull, growth included."""
    body = drawn(ellipse=((112, 130), (9, 40), 0, 0, 360, 1, 3))

    hidden = covered(body, [Rect(100, 20, 24, 66)], TALL).bodies

    assert hidden[drawn(ellipse=((112, 130), (9, 40), 0, 0, 360, 1, -1))].all()


def test_a_place_that_is_not_trusted_is_hidden_to_its_hull_where_it_is_taller_than_wide():
    ring = drawn(ellipse=((100, 100), (10, 40), 0, 0, 360, 1, 2))
    flat = drawn(ellipse=((200, 100), (40, 10), 0, 0, 360, 1, 2))

    hidden = upright_covered(ring | flat)

    assert hidden[100, 100]
    assert not hidden[100, 200]
    assert not hidden[61:66, 90:93].any()


@pytest.mark.parametrize("hold", [2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 12])
def test_what_comes_in_a_quarter_of_the_frames_around_is_held(hold, count):
    random = np.random.default_rng(hold + count)
    masks = [random.random((6, 7)) < 0.2 for _ in range(count)]
    fewest = {2: 2, 5: 3}[hold]

    found = list(repeated(iter(masks), hold))

    expected = [
        mask | (np.sum(masks[max(0, at - hold) : at + hold + 1], axis=0) >= fewest) for at, mask in enumerate(masks)
    ]
    assert len(found) == count
    assert all((one == other).all() for one, other in zip(found, expected, strict=True))
