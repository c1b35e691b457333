"""Tracks end at handovers, jumps in size and splits; what is in doubt of them is told, and given back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from people_scene import RATE, SIZE, Walker, frames_of, look, spools, walk

from cctv.redaction.background.model import Backdrop
from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.people.persons import Doubt
from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.tracking.association import follow
from cctv.redaction.tracking.crossings import separated
from cctv.redaction.tracking.doubts import doubts_of
from cctv.redaction.tracking.handovers import handed_over
from cctv.redaction.tracking.kept import track_paths
from cctv.redaction.tracking.linking import TrailLink, hidden_places, trail_links
from cctv.redaction.tracking.overlap import EverybodyElse, OtherPerson
from cctv.redaction.tracking.people import FoundPeople, SearchedClip, UnseenPlace, people_in
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.tracking.tracks import CERTAIN, Track, TrackBoundary
from cctv.redaction.tracking.trails import Trail
from cctv.redaction.video.geometry import Rect
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import Planes

RED, BLUE = 1, 7


def trail(first, boxes, colour=RED):
    count = len(boxes)
    return Trail(
        np.arange(first, first + count),
        np.array(boxes, np.float64),
        np.full(count, 0.6),
        np.tile(look(colour), (count, 1)),
    )


def along(x, count, pace=4.0, y=100.0, width=30.0, height=80.0):
    return [(x + pace * step, y, width, height) for step in range(count)]


def test_a_trail_ends_where_another_begins_on_it_and_both_are_linked():
    old, new = trail(0, along(100, 30)), trail(27, along(212, 30))

    done = handed_over([old, new], RATE)

    assert [(one.first, one.last) for one in done.trails] == [(0, 26), (27, 56)]
    assert {(place.trails, place.step) for place in done.places} == {((0,), 27), ((0,), 28), ((0,), 29)}
    [link] = trail_links(done.trails, RATE)
    assert link.probability == CERTAIN


@pytest.mark.parametrize("other", [trail(27, along(400, 30)), trail(15, along(160, 40))])
def test_two_who_stand_apart_or_stay_beside_each_other_do_not_take_over(other):
    old = trail(0, along(100, 30))

    assert handed_over([old, other], RATE).trails[0].last == 29


def test_a_box_around_two_ends_before_it_splits_and_is_in_doubt_before_that():
    both = trail(0, along(100, 40, width=50.0))
    left, right = trail(40, along(260, 20)), trail(41, along(284, 20), BLUE)

    done = handed_over([both, left, right], RATE)

    assert done.trails[0].last < 35
    [doubt] = done.doubts
    assert (doubt.trail, doubt.last) == (0, done.trails[0].last)
    assert doubt.first == doubt.last - 30


def test_a_box_that_narrows_when_somebody_comes_out_of_it_was_around_both():
    goes_on = trail(0, along(100, 40, width=50.0) + along(260, 20))
    other = trail(40, along(282, 20), BLUE)

    [doubt] = handed_over([goes_on, other], RATE).doubts

    assert (doubt.trail, doubt.first, doubt.last) == (0, 9, 39)
    steady = trail(0, along(100, 60))
    assert handed_over([steady, other], RATE).doubts == []
    came = trail(20, along(382, 18, pace=-5.0), BLUE)  # the other was seen before
    assert handed_over([goes_on, came, other], RATE).doubts == []


def test_two_who_met_and_part_again_were_no_box_around_two():
    one, other = trail(0, along(100, 40, width=50.0)), trail(0, along(420, 38, pace=-4.0), BLUE)
    left, right = trail(40, along(260, 20)), trail(41, along(284, 20), BLUE)

    assert handed_over([one, other, left, right], RATE).doubts == []


def test_a_track_whose_boxes_are_suddenly_of_somebody_taller_is_cut():
    small = {frame: (100.0 + frame, 100.0) for frame in range(20)}
    tall = {frame: (100.0 + frame, 90.0) for frame in range(20, 40)}
    walkers = [Walker(RED, small, height=60.0), Walker(RED, tall, height=83.0)]

    parts = separated(follow(frames_of(walkers, 40), RATE), RATE)

    assert len(parts) > 1
    assert all(part.last <= 21 or part.first >= 19 for part in parts)
    nearer = [Walker(RED, {frame: (100.0 + frame, 100.0)}, height=60.0 + frame) for frame in range(40)]
    assert len(separated(follow(frames_of(nearer, 40), RATE), RATE)) == 1  # who walks towards the camera


def test_pieces_of_one_chain_are_no_rivals_of_each_other():
    pieces = [trail(0, along(100, 20)), trail(21, along(184, 5)), trail(27, along(208, 20))]

    links = {(link.first, link.second): link for link in trail_links(pieces, RATE)}

    assert links[0, 1].probability == links[1, 2].probability == CERTAIN
    beside = [*pieces, trail(21, along(190, 5, y=106.0))]
    assert all(not link.certain for link in trail_links(beside, RATE) if (link.first, link.second) == (0, 1))


def test_what_only_looks_join_is_less_likely_than_where_somebody_leads():
    looks = TrailLink(0, 1, 1.3, 9.0, hidden=False, known=True)
    leads = TrailLink(0, 1, 0.7, 0.95, hidden=True, known=True)
    assert looks.probability < 0.1 < leads.probability < CERTAIN


def test_nobody_stands_straight_on_from_where_a_track_certainly_goes_on():
    pieces = [trail(0, along(100, 20)), trail(22, along(188, 20))]
    links = trail_links(pieces, RATE)

    steps = {place.step for place in hidden_places(pieces, links, RATE)}

    assert {20, 21} <= steps
    assert not steps & {*range(22, 42)}
    assert {*range(22, 28)} <= {place.step for place in hidden_places(pieces, [], RATE)}


def _track(number, x, frames=40):
    return Track(number, 0, (Rect(x, 50, 20, 60),) * frames, TrackBoundary.CLIP, TrackBoundary.CLIP)


def _met(*tracks, places):
    return FoundPeople(tracks, unseen=dict.fromkeys(range(10, 25), places))


def test_a_stretch_hidden_for_somebody_unseen_is_in_doubt_and_given_back():
    stranger = UnseenPlace((2,), Rect(102, 52, 20, 60))
    people = _met(_track(1, 100), _track(2, 10), places=(stranger,))

    assert doubts_of(people, RATE) == (Doubt(1, 10, 24, (2,)),)

    def live(alone, people=people):
        [path] = track_paths(people.tracks, [1], RATE).values()
        kept = KeepBoxes((replace(path, alone=alone),))
        plane = np.zeros((180, 320), np.uint8)
        backdrop = Backdrop(
            Planes(np.zeros((360, 640), np.uint8), plane, plane), np.zeros((3, 180, 320), np.uint8),
            np.ones((180, 320), np.bool_), np.zeros((180, 320), np.bool_), (),
        )  # fmt: skip
        with MaskSpool((180, 320)) as differs:
            for _ in range(40):
                differs.append(np.zeros((180, 320), np.bool_), np.empty((0, 5), np.int32))
            survey = BackgroundModel(tuple(100_000 * frame for frame in range(40)), (backdrop,))
            analysis = Analysis(survey, differs, (0,) * 40, (object(),) * 40, (), people, kept, (frozenset([1]),))
            return int(np.count_nonzero(EverybodyElse(analysis).visible_of(0, 15, backdrop)))

    assert live(()) < live(((10, 24),)) == 20 * 60
    assert live(((10, 14),)) == live(())  # an answer holds for its frames
    seen = _met(_track(1, 100), _track(2, 102), places=())  # whom a track of their own shows hides all the same
    assert live(((10, 24),), seen) == live((), seen) < 20 * 60


def test_no_doubt_is_told_where_somebody_seen_hides_as_much():
    stranger = UnseenPlace((3,), Rect(102, 52, 20, 60))
    people = _met(_track(1, 100), _track(2, 101), places=(stranger,))

    assert [doubt for doubt in doubts_of(people, RATE) if doubt.track == 1] == []


def test_doubts_of_a_clip_name_frames():
    both = Walker(RED, {frame: (100.0 + 4 * frame, 100.0) for frame in range(40)}, width=50.0)
    left = walk(RED, (258, 100), (358, 100), range(40, 66))
    right = walk(RED, (282, 100), (382, 100), range(40, 66))
    detections, differs = spools([both, left, right], 66)
    with detections, differs:
        people = people_in(detections, differs, SearchedClip(66, RATE, SIZE))

    assert [doubt.track for doubt in people.doubts] == [1]
    assert people.doubts[0].last == people.tracks[0].last < 40


def test_a_path_knows_in_which_frames_somebody_is_alone():
    path = BoxPath("a", (Keyframe(0, Rect(0, 0, 1, 1)),), track=1, alone=((3, 5), (9, 9)))
    assert [frame for frame in range(12) if path.is_alone_at(frame)] == [3, 4, 5, 9]


@pytest.mark.parametrize(("tops", "expected"), [((100.0, 130.0), True), ((100.0, 100.0), False)])
def test_somebody_goes_on_up_or_down_only_where_head_and_feet_did(tops, expected):
    count = 20
    y = np.linspace(*tops, count)
    bottom = np.linspace(180, 210, count)
    boxes = [(100 + 4 * step, y[step], 30, bottom[step] - y[step]) for step in range(count)]

    *_, last = sorted(hidden_places([trail(0, boxes)], [], RATE), key=lambda place: place.step)

    assert last.step == count + 7
    assert (last.box[1] + last.box[3] > 215) == expected


def test_whoever_stands_in_front_hides_as_wide_as_people_are_and_whoever_is_behind_the_head():
    kept, box = Rect(100, 50, 20, 60), Rect(110, 60, 20, 60)

    front, behind = (OtherPerson(there, head_only=False).hides(kept) for there in (box, box.moved(0, -20)))

    assert box.x < front.x < box.x + 0.1 * box.w
    assert (front.bottom, front.y < box.y) == (box.bottom, True)
    assert (behind.x, behind.w) == (box.x, box.w)
    assert 0.3 * box.h < behind.bottom - (box.y - 20) < 0.4 * box.h
