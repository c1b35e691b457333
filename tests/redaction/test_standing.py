"""Somebody who stands in the empty scene is followed by weak detections, though nothing of them differs."""

from __future__ import annotations

import numpy as np
from people_scene import RATE, SIZE, spools, walk

from cctv.redaction.people.detections import FrameDetections
from cctv.redaction.tracking.people import SearchedClip, people_in
from cctv.redaction.tracking.standing import of_standing
from cctv.redaction.video.geometry import Rect

RED, BLUE = 1, 7
PLACE = Rect(297, 92, 36, 104)  # as the search in the empty scene gives it, with its margin
STANDING = walk(RED, (300, 100), (300, 100), range(60), score=0.18)
PASSING = walk(BLUE, (100, 140), (500, 140), range(60))


def people_of(places):
    detections, differs = spools([STANDING, PASSING], 60, shown=[PASSING])
    with detections, differs:
        return people_in(detections, differs, SearchedClip(60, RATE, SIZE, [places] * 60)).tracks


def test_who_stands_in_the_empty_scene_has_a_track():
    tracks = people_of([PLACE])

    standing = [track for track in tracks if track.boxes[0].scaled(2).overlap(PLACE) > 0.5 * 30 * 80]
    assert standing
    assert all(abs(box.x * 2 - 300) < 8 for track in standing for box in track.boxes)


def test_weak_detections_where_nobody_stands_are_nobody():
    tracks = people_of([])

    assert all(track.boxes[0].scaled(2).overlap(PLACE) == 0 for track in tracks)


def test_boxes_beside_each_other_at_one_place_are_one_person():
    boxes = np.array([(293, 100, 30, 80), (309, 100, 30, 80), (100, 100, 30, 80)], np.float32)
    looks = np.zeros((3, spooled_width()), np.uint8)
    found = FrameDetections(boxes, np.full(3, 0.2, np.float32), np.zeros(3, np.float32), looks)

    seen = of_standing(found, [Rect(290, 92, 52, 104)])

    sure = seen.scores > 0.3
    assert np.count_nonzero(sure) == 1
    assert abs(seen.boxes[sure][0][0] - 301) < 1e-3
    assert (seen.scores[2], seen.boxes[2][0]) == (np.float32(0.2), 100)


def test_a_box_that_is_not_of_the_place_keeps_its_score():
    legs = FrameDetections(
        np.array([(300, 150, 30, 34)], np.float32), np.array([0.2], np.float32), np.zeros(1, np.float32),
        np.zeros((1, spooled_width()), np.uint8),
    )  # fmt: skip

    assert of_standing(legs, [PLACE]).scores[0] < 0.3


def spooled_width():
    return FrameDetections.none().looks.shape[1]
