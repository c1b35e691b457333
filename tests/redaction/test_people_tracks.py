"""Tracks of people hold one person each, end at doubt, and say where somebody may stand unseen."""

from __future__ import annotations

import numpy as np
from people_scene import RATE, SIZE, Walker, frames_of, spools, walk

from cctv.redaction.people.detections import DetectionSpool
from cctv.redaction.tracking.association import follow
from cctv.redaction.tracking.crossings import separated
from cctv.redaction.tracking.duplicates import ExpectedHeight, weighed
from cctv.redaction.tracking.people import NOBODY, SearchedClip, people_in
from cctv.redaction.tracking.tracks import TrackBoundary
from cctv.redaction.video.spill import MaskSpool

RED, GREEN, BLUE = 1, 4, 7


def people_of(walkers, count, shown=None):
    detections, differs = spools(walkers, count, shown)
    with detections, differs:
        return people_in(detections, differs, SearchedClip(count, RATE, SIZE))


def trails_of(walkers, count):
    return separated(follow(frames_of(walkers, count), RATE), RATE)


def test_people_who_stay_apart_have_one_track_each():
    walkers = [walk(RED, (20, 100), (400, 120), range(60)), walk(GREEN, (500, 200), (300, 210), range(10, 50))]

    people = people_of(walkers, 60)

    assert [(track.first, track.last) for track in people.tracks] == [(0, 59), (10, 49)]
    box = people.tracks[0].boxes[30].scaled(2)
    true = walkers[0].box(30)
    assert abs(box.x - true.x) < 2
    assert abs(box.bottom - true.bottom) < 2


def test_a_track_goes_on_through_a_crossing_that_clothes_settle():
    crossing = [walk(RED, (100, 100), (300, 100), range(60)), walk(BLUE, (300, 104), (100, 104), range(60))]

    trails = trails_of(crossing, 60)

    for trail in trails:
        assert len(set(np.argmax(trail.looks, axis=1))) == 1


def test_a_track_is_cut_at_a_crossing_of_people_dressed_alike():
    alike = [
        walk(RED, (100, 100), (300, 100), range(60), unseen=range(28, 33)),
        walk(RED, (300, 104), (100, 104), range(60)),
    ]

    trails = trails_of(alike, 60)

    assert all(trail.last <= 36 or trail.first >= 24 for trail in trails)


def test_a_track_whose_person_is_suddenly_dressed_otherwise_is_cut():
    gone = walk(RED, (100, 100), (160, 100), range(30))
    came = walk(BLUE, (162, 100), (220, 100), range(30, 60))

    trails = trails_of([gone, came], 60)

    for trail in trails:
        assert len(set(np.argmax(trail.looks, axis=1))) == 1


def test_nobody_is_followed_where_nobody_is_detected():
    with DetectionSpool() as detections, MaskSpool((180, 320)) as differs:
        assert people_in(detections, differs, SearchedClip(0, RATE, SIZE)) is NOBODY


def test_another_box_of_a_person_is_no_person():
    person = walk(RED, (100, 100), (300, 100), range(60), score=0.7)
    ghost = walk(RED, (112, 92), (312, 92), range(20, 32), score=0.36)

    people = people_of([person, ghost], 60, shown=[person])

    for track in people.tracks:
        for index, box in enumerate(track.boxes):
            assert abs(box.x * 2 - person.box(track.first + index).x) < 6


def test_somebody_behind_another_has_a_hidden_place_on_the_way():
    front = walk(RED, (300, 110), (300, 110), range(80), score=0.8)
    behind = walk(BLUE, (180, 100), (420, 100), range(80), unseen=range(34, 47))

    people = people_of([front, behind], 80)

    for frame in range(38, 43):
        true = behind_box = walk(BLUE, (180, 100), (420, 100), range(80)).box(frame).scaled(0.5)
        places = [place.box for place in people.unseen.get(frame, ())]
        places += [box for _, box in people.at(frame)]
        assert any(place.overlap(true) > 0.5 * behind_box.area for place in places), frame


def test_links_name_tracks_in_order_of_time_and_are_probabilities():
    walker = walk(RED, (100, 100), (400, 100), range(80), unseen=range(40, 49))

    people = people_of([walker], 80)

    assert len(people.tracks) == 2
    [link] = people.links
    assert (link.first, link.second) == (1, 2)
    assert 0.5 < link.probability <= 1.0


def test_why_tracks_begin_and_end_is_told():
    stays = walk(RED, (100, 100), (120, 100), range(40))
    leaves = walk(BLUE, (300, 100), (420, 100), range(30))

    people = people_of([stays, leaves], 40)

    assert [track.began for track in people.tracks] == [TrackBoundary.CLIP, TrackBoundary.CLIP]
    assert [track.ended for track in people.tracks] == [TrackBoundary.CLIP, TrackBoundary.VANISHED]


def test_frames_between_searched_ones_have_boxes_that_are_sure():
    walker = walk(RED, (100, 100), (300, 100), range(60))
    detections, differs = DetectionSpool(), MaskSpool((SIZE.height // 2, SIZE.width // 2))
    whole, masks = spools([walker], 60)
    with detections, differs, whole, masks:
        for frame in range(60):
            if frame % 2 == 0:
                detections.append(frame, whole[frame])
        people = people_in(detections, masks, SearchedClip(60, 2 * RATE, SIZE))

    [track] = people.tracks
    assert (track.first, track.last) == (0, 58)
    assert all(track.sure)
    assert people.spacing == 2


def test_parts_of_a_person_and_boxes_around_two_count_for_less():
    height = ExpectedHeight(0.0, 80.0)
    person = Walker(RED, {0: (100, 100)}, score=0.7)
    legs = Walker(RED, {0: (102, 140)}, score=0.5, height=42)
    beside = Walker(BLUE, {0: (140, 102)}, score=0.65)
    around = Walker(RED, {0: (95, 95)}, score=0.4, width=82, height=95)

    [found] = frames_of([person, legs, beside, around], 1)
    judged = weighed(found, height, SIZE)
    scores = {tuple(box[:2]): score for box, score in zip(judged.boxes.tolist(), judged.scores.tolist(), strict=True)}

    assert abs(scores[100, 100] - 0.7) < 1e-6
    assert abs(scores[140, 102] - 0.65) < 1e-6
    assert scores[102, 140] < 0.3
    assert scores[95, 95] < 0.3
