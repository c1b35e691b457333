"""The bench's person who knows the truth, and how heads are told to be behind the subject: pure."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from simrig import SCRIPTS

sys.path.insert(0, str(SCRIPTS))

from redaction_bench.answers import Asking, decided_by_answers
from redaction_bench.counting import is_behind, live_share
from redaction_bench.engine import Prepared
from redaction_bench.oracle import matched, oracle_of
from redaction_bench.pixels import EmptyScene, judge

from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.people.persons import Doubt
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.tracking.people import FoundPeople
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.tracking.tracks import Link, Track, TrackBoundary
from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.spill import MaskSpool

ANNA, BART = 1, 2
FRAMES = 120


def walks(row):
    return {frame: Rect(20 + 2 * frame, row, 20, 50) for frame in range(FRAMES)}


PEOPLE = {ANNA: walks(20), BART: walks(120)}


def track(number, person, first, last):
    boxes = tuple(PEOPLE[person][frame].scaled(0.5) for frame in range(first, last + 1))
    return Track(number, first, boxes, TrackBoundary.APPEARED, TrackBoundary.VANISHED)


def asking(tracks, links=(), doubts=(), people=PEOPLE):
    survey = BackgroundModel(tuple(40_000 * frame for frame in range(FRAMES)), ())
    with MaskSpool((100, 200)) as differs:
        analysis = Analysis(survey, differs, (), (), (), FoundPeople(tuple(tracks), tuple(links)), NOTHING_KEPT, ())
    return Asking(Prepared(analysis, tuple(doubts)), people)


def test_a_track_that_goes_over_from_one_person_to_another_holds_two():
    over = Track(
        1,
        0,
        tuple(PEOPLE[ANNA if frame < 60 else BART][frame].scaled(0.5) for frame in range(FRAMES)),
        TrackBoundary.CLIP,
        TrackBoundary.CLIP,
    )

    oracle = oracle_of([over, track(2, BART, 0, 59)], PEOPLE)

    assert oracle.mixed() == [1]
    assert oracle.frames(1) == {ANNA: 60, BART: 60}
    assert oracle.holder(2) == BART


def test_of_two_tracks_on_one_person_only_the_better_one_holds_the_person_in_a_frame():
    truth = {ANNA: Rect(0, 0, 20, 50), BART: Rect(60, 0, 20, 50)}

    pairs = matched([(1, Rect(4, 0, 20, 50)), (2, Rect(1, 0, 20, 50)), (3, Rect(30, 0, 20, 50))], truth)

    assert pairs == [(2, ANNA)]


def test_a_person_is_kept_by_a_click_on_the_list_and_a_true_answer_to_each_question():
    tracks = [track(1, ANNA, 0, 69), track(2, ANNA, 80, 119), track(3, BART, 80, 119)]

    decided = decided_by_answers(asking(tracks, [Link(1, 2, 0.6), Link(1, 3, 0.7)]), ANNA)

    assert decided.answers == 3  # the click, not Bart, Anna again
    assert sorted(path.id for path in decided.keep.keep) == ["track-1", "track-2"]


def test_what_is_certain_is_not_asked():
    tracks = [track(1, ANNA, 0, 69), track(2, ANNA, 80, 119), track(3, BART, 80, 119)]

    decided = decided_by_answers(asking(tracks, [Link(1, 2, 0.995)]), ANNA)

    assert decided.answers == 1
    assert sorted(path.id for path in decided.keep.keep) == ["track-1", "track-2"]


def test_frames_in_which_a_second_person_is_seen_are_not_shown_and_those_without_are():
    beside = PEOPLE[BART] | {frame: PEOPLE[ANNA][frame].moved(8, 0) for frame in range(20, 50)}
    doubts = [Doubt(1, 20, 49), Doubt(1, 60, 89)]

    decided = decided_by_answers(asking([track(1, ANNA, 0, 119)], doubts=doubts, people=PEOPLE | {BART: beside}), ANNA)

    assert decided.answers == 3
    shown = {frame for frame in range(FRAMES) if decided.keep.kept_at(frame) and not decided.keep.hidden_at(frame)}
    assert shown == {*range(FRAMES)} - {*range(20, 50)}


def test_somebody_whom_no_track_holds_costs_a_click_and_is_hidden():
    decided = decided_by_answers(asking([track(1, BART, 0, 119)]), ANNA)

    assert decided.answers == 1
    assert decided.keep.keep == ()


def test_behind_is_whose_head_is_in_the_subjects_box_and_whose_feet_are_higher():
    subject = Rect(100, 100, 40, 100)

    assert is_behind(Rect(110, 110, 30, 80), subject)
    assert not is_behind(Rect(110, 110, 30, 95), subject)  # stands in front
    assert not is_behind(Rect(110, 80, 30, 80), subject)  # the head looks out above
    assert not is_behind(Rect(135, 110, 30, 80), subject)  # and beside


BLACK, WHITE = 20, 220
BOX = Rect(20, 20, 12, 24)
HEAD_PIXELS = [(row, column) for row in range(10, 13) for column in range(11, 15)]


def plain(level, of=np.uint8):
    return np.full((3, 40, 40), level, of)


def seen_pixels(ground, equal):
    """The head of one person, white on that ground, of which the output shows so many pixels."""
    shown = plain(BLACK)
    for row, column in HEAD_PIXELS[:equal]:
        shown[:, row, column] = WHITE
    return judge(plain(WHITE), shown, EmptyScene(ground, np.ones((40, 40), np.bool_)), {ANNA: BOX})


@pytest.mark.parametrize(("equal", "is_shown"), [(0, False), (1, False), (2, False), (3, True), (12, True)])
def test_a_head_shows_by_more_pixels_than_chance_makes_equal(equal, is_shown):
    """One of twelve is under a tenth; two are so by chance in 1 of 150 fillings of colours that are not around."""
    assert seen_pixels(plain(BLACK, np.int16), equal).shown == is_shown


def test_where_the_ground_beside_a_head_has_its_colour_as_many_equal_pixels_show_nothing():
    """The head lies on black, and what is above it is white: a filling of it is white in part."""
    ground = plain(BLACK, np.int16)
    ground[:, 7:10] = WHITE

    assert seen_pixels(ground, 3).shown == 0
    assert seen_pixels(ground, 12).shown == 1


def test_the_ground_beside_a_head_tells_nothing_where_somebody_else_always_stands_there():
    """Nobody ever saw the place empty; while this person is away it is as white as what the output shows."""
    nowhere = np.zeros((40, 40), np.bool_)
    away = plain(WHITE, np.int16), np.ones((40, 40), np.bool_)

    alone = judge(plain(WHITE), plain(WHITE), EmptyScene(plain(BLACK, np.int16), nowhere), {ANNA: BOX})
    beside = judge(plain(WHITE), plain(WHITE), EmptyScene(plain(BLACK, np.int16), nowhere, {ANNA: away}), {ANNA: BOX})

    assert (alone.judged, alone.shown) == (1, 1)
    assert beside.judged == 0


def test_the_live_share_of_a_box_is_of_what_of_it_is_in_the_picture():
    hidden = np.zeros((100, 100), np.bool_)
    hidden[:, :10] = True

    assert live_share(hidden, Rect(-20, 0, 40, 100), Size(100, 100)) == 0.5
    assert live_share(hidden, Rect(200, 0, 40, 100), Size(100, 100)) == 0
