"""The policy knows instants and periods only: nights of summer time and leap days, order and place change nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cctv.config.schema import retention_limit
from cctv.core.time_range import Span
from cctv.model.footage import Segment
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, ZoneId
from cctv.model.legal import Jurisdiction
from cctv.retention.guards.clock import Witnesses, judge
from cctv.retention.guards.sweep_size import size_of
from cctv.retention.policy import Action, decide, lead

pytestmark = pytest.mark.slow

BRUSSELS = ZoneInfo("Europe/Brussels")
SUMMER_ENDS = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
SUMMER_BEGINS = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
LEAP_DAY = datetime(2028, 2, 28, 12, tzinfo=UTC)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
minutes = st.integers(0, 6 * 366 * 24 * 60).map(lambda count: NEW_YEAR + timedelta(minutes=count))
instants = minutes | st.sampled_from([SUMMER_ENDS, SUMMER_BEGINS, LEAP_DAY])
zones = st.sampled_from([BRUSSELS, ZoneInfo("America/New_York"), timezone(timedelta(hours=14)), UTC])
periods = st.integers(1, 28 * 24 * 60).map(lambda count: timedelta(minutes=count))
lengths = st.integers(1, 3600).map(lambda count: timedelta(seconds=count))
cameras = st.sampled_from([CameraId("gevel-1"), CameraId("foyer-1")])
around = st.integers(-40 * 24 * 60, 40 * 24 * 60).map(lambda count: timedelta(minutes=count))


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    start = draw(instants)
    span = Span(start, start + draw(lengths))
    return Segment(1, draw(cameras), ZoneId("facade"), span, start + draw(periods), "x.mp4", "0" * 64, 1, "p")


@st.composite
def held(draw: st.DrawFn, segment: Segment) -> list[Hold]:
    """Holds about the segment, some of them beside it, of every ground, released or not."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        start = segment.span.start + draw(around)
        ground = Ground(draw(st.sampled_from(GroundKind)), "INC-2026-001")
        released = start if draw(st.booleans()) else None
        span = Span(start, start + draw(lengths) * 100)
        made.append(Hold(HoldId(f"HOLD-2026-{number:03}"), ground, frozenset({draw(cameras)}), span, start, start, "a",
                         released=released))  # fmt: skip
    return made


@st.composite
def questions(draw: st.DrawFn) -> tuple[Segment, list[Hold], datetime]:
    segment = draw(segments())
    return segment, draw(held(segment)), segment.limit + draw(around)


def moved_by(segment: Segment, step: timedelta) -> Segment:
    span = Span(segment.span.start + step, segment.span.end + step)
    return replace(segment, span=span, limit=segment.limit + step)


def shown_in(zone: ZoneInfo, segment: Segment) -> Segment:
    """The same instants as a clock on the wall of that place shows them."""
    span = Span(segment.span.start.astimezone(zone), segment.span.end.astimezone(zone))
    return replace(segment, span=span, limit=segment.limit.astimezone(zone))


@given(questions(), zones)
@example((Segment(1, CameraId("gevel-1"), ZoneId("facade"), Span(SUMMER_ENDS, SUMMER_ENDS + timedelta(hours=1)),
                  SUMMER_ENDS + timedelta(days=7), "x.mp4", "0" * 64, 1, "p"), [], SUMMER_ENDS + timedelta(days=7)),
         BRUSSELS)  # fmt: skip
def test_the_place_whose_clock_shows_the_instants_changes_nothing(question, zone):
    segment, holds, now = question
    here, there = decide(segment, holds, now), decide(shown_in(zone, segment), holds, now.astimezone(zone))
    limit = there.limit.astimezone(UTC)  # Python holds no two zones' times equal in an hour that is shown twice
    assert (here.action, here.reason, here.limit, here.holds) == (there.action, there.reason, limit, there.holds)


@given(questions(), st.integers(-2000, 2000))
def test_the_day_of_the_year_changes_nothing(question, days):
    segment, holds, now = question
    step = timedelta(days=days)
    later = [replace(one, span=Span(one.span.start + step, one.span.end + step)) for one in holds]
    here, there = decide(segment, holds, now), decide(moved_by(segment, step), later, now + step)
    assert (here.action, here.reason, here.holds) == (there.action, there.reason, there.holds)
    assert there.limit - here.limit == step


@given(st.sampled_from([SUMMER_ENDS, SUMMER_BEGINS, LEAP_DAY]), st.integers(1, 28))
def test_a_period_of_days_is_so_many_times_24_hours(start, days):
    limit = start + timedelta(days=days)
    segment = Segment(1, CameraId("gevel-1"), ZoneId("facade"), Span(start, start + timedelta(minutes=1)), limit,
                      "x.mp4", "0" * 64, 1, "p")  # fmt: skip
    due = start + timedelta(seconds=days * 86_400) - lead(timedelta(days=days))
    assert decide(segment, [], due).action is Action.EXPIRE
    assert decide(segment, [], due - timedelta(microseconds=1)).action is Action.KEEP


@given(questions(), st.randoms(use_true_random=False))
def test_a_decision_depends_on_nothing_but_its_arguments(question, chance: random.Random):
    segment, holds, now = question
    first = decide(segment, holds, now)
    shuffled = list(holds)
    chance.shuffle(shuffled)
    again = decide(replace(segment), shuffled, now)
    assert (first.action, first.reason, first.limit) == (again.action, again.reason, again.limit)
    assert set(first.holds) == set(again.holds)
    assert decide(segment, tuple(holds), now) == first


@given(questions(), questions())
def test_what_was_decided_before_changes_nothing(question, other):
    alone = decide(*question)
    decide(*other)
    assert decide(*question) == alone


@given(questions())
def test_a_released_hold_is_as_if_it_had_never_been(question):
    segment, holds, now = question
    in_force: Sequence[Hold] = [one for one in holds if one.released is None]
    assert decide(segment, holds, now) == decide(segment, in_force, now)


@given(questions(), st.sampled_from(GroundKind))
def test_the_ground_of_a_hold_changes_nothing(question, kind):
    segment, holds, now = question
    other = [replace(one, ground=Ground(kind, "REQ-2026-001")) for one in holds]
    assert decide(segment, holds, now) == decide(segment, other, now)


@given(questions(), st.integers(0, 100_000))
def test_what_goes_now_goes_later_too_unless_somebody_holds_it(question, minutes):
    segment, holds, now = question
    later = decide(segment, holds, now + timedelta(minutes=minutes))
    assert not (decide(segment, holds, now).action is Action.EXPIRE and later.action is Action.KEEP)


@given(periods, periods, periods)
def test_a_shorter_bound_never_makes_a_limit_longer(zone, cap, shorter):
    before = retention_limit(zone, cap, Jurisdiction.BE).period
    assert retention_limit(min(zone, shorter), cap, Jurisdiction.BE).period <= before
    assert retention_limit(zone, min(cap, shorter), Jurisdiction.BE).period <= before
    assert before == min(zone, cap, Jurisdiction.BE.cap)


@given(st.lists(segments()), st.lists(segments()), periods, periods)
def test_more_footage_is_never_less_of_a_surprise_and_more_time_never_more(going, more, elapsed, longer):
    whole = size_of([*going, *more], [], elapsed, timedelta(0))
    assert whole.asked >= size_of(going, [], elapsed, timedelta(0)).asked
    assert (
        size_of(going, [], elapsed + longer, timedelta(0)).allowed >= size_of(going, [], elapsed, timedelta(0)).allowed
    )


@given(instants, periods, st.lists(around), st.booleans())
def test_one_more_camera_that_denies_the_clock_never_makes_it_believed(now, gap, offsets, synchronised):
    found = Witnesses(now - gap, offsets=offsets, synchronised=synchronised)
    denied = replace(found, offsets=[*offsets, -gap])
    if gap > timedelta(hours=1):
        assert not (judge(now, denied).believed and not judge(now, found).believed)
