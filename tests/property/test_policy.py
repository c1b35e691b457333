"""Properties of the retention policy that no example can show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cctv.core.time_range import Span, merged, total, without
from cctv.model.footage import Segment
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, ZoneId
from cctv.retention.policy import Action, decide, lead

EPOCH = datetime(2026, 2, 20, tzinfo=UTC)
minutes = st.integers(0, 60 * 24 * 60).map(lambda count: EPOCH + timedelta(minutes=count))
cameras = st.sampled_from([CameraId("gevel-1"), CameraId("foyer-1")])


@st.composite
def spans(draw):
    start = draw(minutes)
    return Span(start, start + timedelta(minutes=draw(st.integers(1, 600))))


@st.composite
def segments(draw):
    span = draw(spans())
    period = timedelta(hours=draw(st.integers(1, 28 * 24)))
    return Segment(1, draw(cameras), ZoneId("facade"), span, span.start + period, "x.mp4", "0" * 64, 1, "p")


@st.composite
def holds(draw):
    return Hold(
        HoldId("HOLD-2026-001"),
        Ground(draw(st.sampled_from(GroundKind)), "INC-2026-001"),
        frozenset(draw(st.sets(cameras, min_size=1))),
        draw(spans()),
        EPOCH,
        EPOCH,
        "test",
    )


@given(segments(), st.lists(holds()), holds(), minutes)
def test_one_more_hold_never_deletes_more(segment, some, another, now):
    before, after = decide(segment, some, now), decide(segment, [*some, another], now)
    assert not (before.action is Action.KEEP and after.action is Action.EXPIRE)


@given(segments(), st.lists(holds()), minutes, st.integers(1, 10_000))
def test_a_shorter_period_never_keeps_more(segment, some, now, shorter):
    cut = Segment(
        segment.id, segment.camera, segment.zone, segment.span,
        max(segment.span.start + timedelta(minutes=1), segment.limit - timedelta(minutes=shorter)),
        segment.path, segment.sha256, segment.size_bytes, segment.policy,
    )  # fmt: skip
    long, short = decide(segment, some, now), decide(cut, some, now)
    assert not (long.action is Action.EXPIRE and short.action is Action.KEEP)


@given(segments(), st.lists(holds()), minutes)
def test_held_footage_is_kept_and_names_its_holds(segment, some, now):
    decision = decide(segment, some, now)
    covering = [hold.id for hold in some if hold.covers(segment.camera, segment.span)]
    assert list(decision.holds) == covering
    assert decision.action is Action.KEEP or not covering


@given(segments(), minutes)
def test_what_no_hold_covers_is_due_before_its_limit(segment, now):
    decision = decide(segment, [], now)
    early = lead(segment.limit - segment.span.start)
    assert timedelta(0) < early <= timedelta(minutes=10)
    assert (decision.action is Action.EXPIRE) == (now >= segment.limit - early)


@given(spans(), st.lists(spans()))
def test_what_is_left_and_what_is_taken_make_the_whole(whole, taken):
    left = without(whole, taken)
    inside = [shared for span in taken if (shared := span.intersection(whole))]
    assert total(left) + total(inside) == whole.duration
    assert all(not one.overlaps(other) for one in left for other in taken)
    assert merged(left) == left
