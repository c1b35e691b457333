"""In which frames the subject is visible, and why not in the others; and what is not one person's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cctv.core.time_range import Span
from cctv.letters.facts import PackageFacts, ShownFacts
from cctv.model.disclosures import Delivery
from cctv.model.ids import CameraId, ExportId, RequestId
from cctv.model.requests import Consent, HiddenCause
from cctv.redaction.background.illumination import Light
from cctv.redaction.background.model import Backdrop
from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.people.persons import Answer, AnswerKind, TrackRef, Verdict
from cctv.redaction.render.options import Options
from cctv.redaction.render.privacy_masks import masked_area
from cctv.redaction.render.visibility import Cover, FrameDecision, VisibilityPass
from cctv.redaction.review.plan import (
    CasePlan,
    Companion,
    HiddenStretch,
    PartDecisions,
    PartSource,
    SubjectVisibility,
)
from cctv.redaction.review.sheet.labels import visible_words
from cctv.redaction.review.subject import (
    KeptPath,
    SubjectMeter,
    consents_needed,
    little_shown,
    only_kept,
    two_people,
    with_companion,
)
from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.tracking.people import FoundPeople
from cctv.redaction.tracking.pipeline import Analysis
from cctv.redaction.tracking.tracks import Track, TrackBoundary
from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.spill import MaskSpool
from cctv.redaction.video.yuv import Planes

FRAMES, HALF = 20, (60, 80)
DAY = date(2026, 11, 1)
SPAN = Span(datetime(2026, 11, 1, 11, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC))
OTHER = 9  # the number of a track that is nobody's who is kept
NOTHING = Planes(*(np.zeros((2, 2), np.uint8) for _ in "yuv"))


def path(name: str, first: int, last: int, x: float = 40, y: float = 40) -> BoxPath:
    box = Rect(x, y, 20, 50)
    return BoxPath(name, (Keyframe(first, box), Keyframe(last, box)) if last > first else (Keyframe(first, box),))


def track(
    number: int,
    first: int,
    last: int,
    began: TrackBoundary = TrackBoundary.APPEARED,
    ended: TrackBoundary = TrackBoundary.VANISHED,
    x: float = 20,
) -> Track:
    return Track(number, first, (Rect(x, 20, 10, 25),) * (last - first + 1), began, ended)


def kept(of: Track) -> BoxPath:
    return path(f"track-{of.id}", of.first, of.last, x=2 * of.boxes[0].x)


@pytest.fixture
def spool() -> Iterator[MaskSpool]:
    with MaskSpool(HALF) as differs:
        for _ in range(FRAMES):
            differs.append(np.zeros(HALF, np.bool_))
        yield differs


def in_front(first: int, last: int) -> Track:
    box = Rect(18, 19, 14, 28)
    return Track(OTHER, first, (box,) * (last - first + 1), TrackBoundary.APPEARED, TrackBoundary.VANISHED)


def analysis_of(spool: MaskSpool, keep: KeepBoxes, somebody: Sequence[int] = (), **more: object) -> Analysis:
    """An analysis in which somebody else stands before the kept box in these frames."""
    planes = Planes(*(np.zeros(shape, np.uint8) for shape in ((120, 160), HALF, HALF)))
    no, yes = np.zeros(HALF, np.bool_), np.ones(HALF, np.bool_)
    backdrop = Backdrop(planes, np.zeros((3, *HALF), np.uint8), yes, no, 10)
    people = FoundPeople((in_front(somebody[0], somebody[-1]),)) if somebody else FoundPeople()
    survey = BackgroundModel(tuple(range(0, FRAMES * 100_000, 100_000)), (backdrop,))
    whole = Analysis(
        survey, spool, (0,) * FRAMES, (Light(),) * FRAMES, (), people, keep, (frozenset(),) * len(keep.keep)
    )
    return replace(whole, **more)  # type: ignore[arg-type]


def measured(
    analysis: Analysis,
    live: Sequence[int],
    decisions: PartDecisions = PartDecisions(),
    tracks: Sequence[Track] = (),
) -> SubjectVisibility:
    """What a meter says of a clip that is live in these frames, and in no other."""
    if not decisions.keep and not decisions.boxes.keep:
        decisions = replace(decisions, boxes=analysis.kept)
    meter = SubjectMeter(analysis, decisions, tracks)
    for frame in range(FRAMES):
        meter.see(FrameDecision(frame, np.full(HALF, frame in live), Cover(None, 0, frame)), NOTHING)
    return meter.result()


def test_a_box_that_is_hidden_while_somebody_is_in_it_is_counted_with_its_frames(spool):
    analysis = analysis_of(spool, KeepBoxes((path("an", 2, 17),)), somebody=range(10, 15))

    found = measured(analysis, live=[*range(10), 16, 17])

    assert found == SubjectVisibility(10, 16, (HiddenStretch(10, 15, HiddenCause.PEOPLE),))


def test_nothing_kept_is_visible_in_no_frame(spool):
    assert measured(analysis_of(spool, KeepBoxes()), live=range(FRAMES)) == SubjectVisibility(0, 0, ())


def covered_by_a_hide_box(spool):
    box = BoxPath("screen", (Keyframe(0, Rect(30, 30, 50, 70)), Keyframe(FRAMES - 1, Rect(30, 30, 50, 70))))
    return analysis_of(spool, KeepBoxes((path("an", 0, FRAMES - 1),), (box,)))


def behind_a_mask(spool):
    whole = (((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)),)
    return analysis_of(spool, KeepBoxes((path("an", 0, FRAMES - 1),)), masked=masked_area(whole, Size(160, 120)))


def in_unknown_light(spool):
    return analysis_of(spool, KeepBoxes((path("an", 0, FRAMES - 1),)), lights=(None,) * FRAMES)


def beside_somebody(spool):
    return analysis_of(spool, KeepBoxes((path("an", 0, FRAMES - 1),)), somebody=range(FRAMES))


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (covered_by_a_hide_box, HiddenCause.COVERED),
        (behind_a_mask, HiddenCause.MASKED),
        (in_unknown_light, HiddenCause.LIGHT),
        (beside_somebody, HiddenCause.PEOPLE),
    ],
)
def test_why_a_kept_box_is_hidden(spool, make, cause):
    assert measured(make(spool), live=()) == SubjectVisibility(0, FRAMES, (HiddenStretch(0, FRAMES - 1, cause),))


def test_a_box_outside_of_the_picture_counts_neither_way(spool):
    outside = BoxPath("an", (Keyframe(0, Rect(200, 40, 20, 50)), Keyframe(FRAMES - 1, Rect(200, 40, 20, 50))))
    analysis = analysis_of(spool, KeepBoxes((outside,)))

    assert measured(analysis, live=range(FRAMES)) == SubjectVisibility(
        0, 0, (HiddenStretch(0, FRAMES - 1, HiddenCause.OUTSIDE),)
    )


@pytest.mark.parametrize(
    ("x", "ended", "began", "cause", "frames"),
    [
        (0, TrackBoundary.VANISHED, TrackBoundary.APPEARED, HiddenCause.OUTSIDE, 15),
        (20, TrackBoundary.VANISHED, TrackBoundary.APPEARED, HiddenCause.LOST, 20),
        (20, TrackBoundary.MERGED, TrackBoundary.SPLIT, HiddenCause.PEOPLE, 20),
    ],
)
def test_between_two_kept_tracks_the_subject_left_was_lost_or_met_somebody(spool, x, ended, began, cause, frames):
    tracks = (track(1, 0, 7, ended=ended, x=x), track(2, 13, 19, began=began, x=x))
    decisions = PartDecisions(keep=(1, 2))
    analysis = analysis_of(spool, KeepBoxes(tuple(kept(one) for one in tracks)))

    found = measured(analysis, range(FRAMES), decisions, tracks)

    assert found == SubjectVisibility(15, frames, (HiddenStretch(8, 12, cause),))


def test_the_group_that_a_kept_track_went_into_and_the_shorter_of_what_came_out_are_counted(spool):
    tracks = (
        track(1, 0, 9, ended=TrackBoundary.MERGED),
        track(2, 0, 9, ended=TrackBoundary.MERGED, x=26),
        track(3, 10, 13, TrackBoundary.MERGED, TrackBoundary.SPLIT),
        track(4, 14, 16, TrackBoundary.SPLIT),
        track(5, 14, 19, TrackBoundary.SPLIT, x=26),
    )
    analysis = analysis_of(spool, KeepBoxes((kept(tracks[0]),)))

    open_ = measured(analysis, range(10), PartDecisions(keep=(1,)), tracks)
    decided = measured(analysis, range(10), PartDecisions(keep=(1,), hide=(4,)), tracks)

    assert open_ == SubjectVisibility(10, 17, (HiddenStretch(10, 16, HiddenCause.PEOPLE),))
    assert decided == SubjectVisibility(10, 20, (HiddenStretch(10, 19, HiddenCause.PEOPLE),))


def test_a_companion_who_is_visible_does_not_make_the_subject_visible(spool):
    boxes = KeepBoxes((path("an", 0, FRAMES - 1), path("son", 0, FRAMES - 1, x=100)))
    decisions = PartDecisions(boxes=boxes, companions=(Companion(1, boxes=("son",)),))
    analysis = analysis_of(spool, boxes)
    meter = SubjectMeter(analysis, decisions, ())
    live = np.zeros(HALF, np.bool_)
    live[:, 45:] = True
    for frame in range(FRAMES):
        meter.see(FrameDecision(frame, live, Cover(None, 0, frame)), NOTHING)

    assert meter.result().visible == 0


def test_the_share_is_whole_percents_rounded_down_and_the_letters():
    for frames in range(1, 130):
        for visible in range(frames + 1):
            percent = max(whole for whole in range(101) if whole * frames <= 100 * visible)
            video = ShownFacts(CameraId("foyer-1"), SPAN, visible, frames, ())
            assert f"({percent} %)" in visible_words(SubjectVisibility(visible, frames))
            assert (
                PackageFacts(ExportId("EXP-2026-001"), DAY, 1, "", DAY, Delivery.DOWNLOAD, (video,)).percent == percent
            )


def people(*paths: BoxPath, drawn: bool = True) -> tuple[KeptPath, ...]:
    return tuple(
        KeptPath(one.id, one, None) if drawn else KeptPath(number, one, track(number, one.first, one.last))
        for number, one in enumerate(paths, 1)
    )


def test_two_ids_at_one_time_are_two_people_wherever_they_stand():
    together, later = path("b", 3, 9, x=42), path("b", 12, 15)

    found = two_people(PartDecisions(), people(path("a", 0, 9), together))

    assert found is not None
    assert (found.first, found.second, found.frame) == ("a", "b", 3)
    assert two_people(PartDecisions(), people(path("a", 0, 9), later)) is None


def test_tracks_side_by_side_are_two_people_and_head_and_legs_are_one():
    beside, below = path("2", 0, 9, x=60), path("2", 0, 9, y=95)

    assert two_people(PartDecisions(), people(path("1", 0, 9), beside, drawn=False)) is not None
    assert two_people(PartDecisions(), people(path("1", 0, 9), below, drawn=False)) is None


@pytest.mark.parametrize(
    ("x", "y", "two"),
    [
        (59, 40, True),  # side by side, their boxes overlap by a pixel
        (48, 60, True),  # one before the other
        (40, 40, True),  # a child before an adult
        (56, 92, True),  # below and aside
        (44, 84, False),  # legs below a trunk, their regions filled out
        (44, 113, False),
        (44, 116, True),  # too far below
    ],
)
def test_only_what_stands_straight_above_the_other_is_one_body(x, y, two):
    kept = people(path("1", 0, 9), path("2", 0, 9, x=x, y=y), drawn=False)

    assert (two_people(PartDecisions(), kept) is not None) == two
    assert (two_people(PartDecisions(), kept[::-1]) is not None) == two


@pytest.mark.parametrize(("x", "two"), [(42, False), (49, False), (52, True), (60, True)])
def test_a_drawn_box_around_a_kept_track_is_the_same_person(x, two):
    (drawn,) = people(path("an", 0, 9))
    (tracked,) = people(path("1", 0, 9, x=x), drawn=False)

    assert (two_people(PartDecisions(), (drawn, tracked)) is not None) == two


def test_a_consent_or_a_mirror_ends_it():
    both = people(path("a", 0, 9), path("b", 0, 9, x=80))

    assert two_people(PartDecisions(companions=(Companion(1, boxes=("b",)),)), both) is None
    assert two_people(PartDecisions(one_person=("a", "b")), both) is None
    assert two_people(PartDecisions(one_person=("a", "c")), both) is not None


def test_a_consent_lasts_as_long_as_something_is_kept_on_it():
    son, aunt = Consent("Jan", date(2026, 11, 1), "form"), Consent("Els", date(2026, 11, 2), "letter")
    decisions = PartDecisions(keep=(1, 2, 3), companions=(Companion(1, (2,)), Companion(2, (3,))))

    left, consents = consents_needed(only_kept(replace(decisions, keep=(1, 3))), (son, aunt))
    moved = with_companion(decisions, Companion(1, (3,)))

    assert (left.companions, consents) == ((Companion(1, (3,)),), (aunt,))
    assert moved.companions == (Companion(1, (2,)), Companion(1, (3,)))


def plan(position: int, visible: int, frames: int) -> CasePlan:
    start = datetime(2026, 11, 1, 10, tzinfo=UTC)
    span = Span(start, start + timedelta(minutes=1))
    subject = SubjectVisibility(visible, frames)
    return CasePlan(RequestId("REQ-2026-001"), CameraId("foyer-1"), position, (), span, subject=subject)


def test_each_part_with_the_subject_must_show_enough_of_them():
    whole, little, nobody = plan(1, 80, 100), plan(2, 79, 100), plan(3, 0, 0)

    assert little_shown([whole, little, nobody], 0.8) == (little,)
    assert little_shown([whole, nobody], 0.8) == ()
    assert little_shown([nobody], 0.8) == (nobody,)
    assert little_shown([little, nobody], 0.0) == ()


def test_a_plan_without_answers_is_written_as_before_there_were_any():
    plan = CasePlan(RequestId("REQ-2026-001"), CameraId("foyer-1"), 1, (), SPAN)
    assert "answers" not in plan.to_json()
    assert "companions" not in {*json.loads(plan.to_json())}
    assert CasePlan.from_json(plan.to_json()) == plan


def test_only_answers_that_show_something_change_what_is_shown():
    source = PartSource("a.mp4", "0", 1, SPAN.start, SPAN.end)
    plan = CasePlan(RequestId("REQ-2026-001"), CameraId("foyer-1"), 1, (source,), SPAN)
    first, second = TrackRef(plan.analysis, 1), TrackRef(plan.analysis, 2)
    answers = {
        verdict: (
            Answer("q", AnswerKind.SAME, verdict, first, second),
            Answer("r", AnswerKind.SECOND, verdict, first, None, (3, 9)),
        )
        for verdict in Verdict
    }
    shown = {verdict: replace(plan, decisions=PartDecisions(answers=given)) for verdict, given in answers.items()}
    assert shown[Verdict.YES].shown == shown[Verdict.UNSURE].shown == plan.shown
    assert shown[Verdict.NO].shown != plan.shown
    assert len({other.digest for other in (plan, *shown.values())}) == 4
    assert all(CasePlan.from_json(other.to_json()) == other for other in shown.values())


def test_a_hide_box_hides_where_it_was_drawn_and_where_its_track_stands(spool):
    whole = BoxPath("an", (Keyframe(0, Rect(0, 0, 160, 120)), Keyframe(FRAMES - 1, Rect(0, 0, 160, 120))))
    drawn, stands = path("door", 0, FRAMES - 1, x=20), path("door", 0, FRAMES - 1, x=100)
    analysis = analysis_of(spool, KeepBoxes((whole,), (stands,)))

    decided = VisibilityPass(analysis, KeepBoxes((whole,), (drawn,)), Options(caption=None), None)

    live = next(iter(decided)).live
    assert not live[20:45, 10:20].any()
    assert not live[20:45, 50:60].any()
    assert live[20:45, 32:40].all()
