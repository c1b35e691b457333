"""People whom a shadow or a tape joins into one region are told apart; nothing that differs is lost by that."""

from __future__ import annotations

import numpy as np

from cctv.redaction.tracking.occlusion import Around, frame_neighbourhood
from cctv.redaction.tracking.segmentation import around, bodies_of
from cctv.redaction.video.geometry import PixelRect, Rect, Size

SHAPE = (80, 160)
PLACE = PixelRect(0, 0, 160, 80)
TALL = 50
SUBJECT, OTHER = Rect(40, 15, 16, TALL), Rect(90, 15, 16, TALL)


def mask_of(*boxes):
    mask = np.zeros(SHAPE, np.bool_)
    for box in boxes:
        mask[int(box.y) : int(box.bottom), int(box.x) : int(box.right)] = True
    return mask


def found(mask):
    return bodies_of(mask, PLACE, TALL)


def test_a_shadow_between_two_people_makes_them_no_group():
    bodies = found(mask_of(SUBJECT, OTHER, Rect(56, 61, 34, 4)))

    assert {part.box for part in bodies.parts} == {SUBJECT, OTHER}


def test_two_people_side_by_side_stay_one_body():
    beside = Rect(50, 20, 16, 45)

    assert len(found(mask_of(SUBJECT, beside)).parts) == 1


def test_every_pixel_is_a_body_s_or_a_thin_piece_s():
    mask = mask_of(SUBJECT, OTHER, Rect(56, 61, 34, 4), Rect(100, 30, 40, 5), Rect(130, 5, 3, 30))

    others, thin = found(mask).without(())

    assert ((others | thin) == mask).all()


def test_an_arm_that_touches_only_the_subject_is_the_subject_s():
    others, thin = found(mask_of(SUBJECT, OTHER, Rect(34, 35, 6, 5))).without([SUBJECT])

    assert not thin.any()
    assert (others == mask_of(OTHER)).all()


def test_what_lies_between_the_subject_and_somebody_else_is_hidden():
    between = Rect(56, 35, 34, 5)
    bodies = found(mask_of(SUBJECT, OTHER, between))

    here = frame_neighbourhood(0, SUBJECT, bodies, Around(own=(SUBJECT,)))

    assert {(blob.box, blob.thin) for blob in here.blobs} == {(OTHER, False), (between, True)}


def test_places_are_those_of_the_whole_picture():
    place = around(SUBJECT, 20, Size(160, 80))
    bodies = bodies_of(mask_of(SUBJECT), place, TALL)

    assert place.left > 0
    assert bodies.parts[0].box == SUBJECT
    assert frame_neighbourhood(0, OTHER, bodies, Around()).blobs[0].box == SUBJECT
