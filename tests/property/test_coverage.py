"""Properties of coverage that no example can show: the parts make the whole, and what is missing has a cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.core.time_range import Span, merged, total
from cctv.footage.coverage import SEAM, split_span, unexplained
from cctv.model.footage import Gap, GapCause
from cctv.model.ids import CameraId

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LONG = 600  # of the units below: a span of a minute and a half, where seams and holes are met alike
UNIT = timedelta(milliseconds=150)
ticks = st.integers(0, LONG)


def at(tick):
    return NOON + tick * UNIT


@st.composite
def spans(draw, longest=120):
    start = draw(ticks)
    return Span(at(start), at(start + draw(st.integers(1, longest))))


@st.composite
def gaps(draw):
    span, lasts = draw(spans()), draw(st.integers(0, 9)) == 0
    return Gap(CameraId("gevel-1"), span.start, None if lasts else span.end, draw(st.sampled_from(GapCause)))


footage = st.lists(spans(), max_size=12)
noted = st.lists(gaps(), max_size=8)
whole_spans = spans(longest=LONG)


def inside(whole, span):
    return [shared] if (shared := span.intersection(whole)) else []


def covers(gap, span):
    return gap.start <= span.start and (gap.end is None or span.end <= gap.end)


@given(whole_spans, footage, footage, noted)
def test_the_parts_make_the_whole_and_no_instant_lies_in_two(whole, segments, deleted, gaps_noted):
    parts = split_span(whole, segments, deleted, gaps_noted)

    every = [*parts.saved, *parts.deleted, *(hole.span for hole in parts.missing)]
    assert sum((one.duration for one in every), timedelta(0)) == whole.duration
    assert merged(every) == [whole]


@given(whole_spans, footage, footage, noted)
def test_every_cause_is_of_a_gap_that_was_noted_there(whole, segments, deleted, gaps_noted):
    for hole in split_span(whole, segments, deleted, gaps_noted).missing:
        if hole.cause is not None:
            said = [Span(gap.start, gap.end or whole.end + SEAM) for gap in gaps_noted
                    if gap.cause is hole.cause and (gap.end or gap.start < whole.end)]  # fmt: skip
            assert total(piece for one in said for piece in inside(hole.span, one)) > timedelta(0)
            reach = merged((Span(one.start - SEAM, one.end + SEAM) for one in said), SEAM)
            assert any(covers(Gap(CameraId("x"), one.start, one.end, hole.cause), hole.span) for one in reach)


@given(whole_spans, footage, footage, noted)
def test_what_has_no_cause_is_neither_footage_nor_a_gap(whole, segments, deleted, gaps_noted):
    told = [*segments, *deleted, *(Span(gap.start, gap.end or at(10 * LONG)) for gap in gaps_noted)]

    for hole in split_span(whole, segments, deleted, gaps_noted).missing:
        if hole.cause is None:
            assert not any(hole.span.overlaps(one) for one in told)


@given(whole_spans, footage, noted)
def test_every_pause_longer_than_a_seam_that_nobody_noted_is_told(whole, segments, gaps_noted):
    parts = split_span(whole, segments, [], gaps_noted)
    silent = [whole]
    for one in [*segments, *(Span(gap.start, gap.end or at(10 * LONG)) for gap in gaps_noted)]:
        silent = [rest for left in silent for rest in _without(left, one)]

    told = unexplained(parts.missing, whole)
    assert [hole for hole in silent if hole.duration > SEAM and hole not in told] == []


@given(whole_spans, spans(), st.lists(gaps(), min_size=1, max_size=8))
def test_a_gap_within_a_segment_is_not_recorded_and_the_rest_of_it_is(whole, segment, gaps_noted):
    holes = merged(Span(gap.start, gap.end or at(10 * LONG)) for gap in gaps_noted)
    saved = split_span(whole, [segment], [], gaps_noted).saved

    if any(hole.start <= segment.start and segment.end <= hole.end for hole in holes):
        assert list(saved) == inside(whole, segment)  # its file is there, so it holds something
    else:
        assert not any(one.overlaps(hole) for one in saved for hole in holes)
        pictures = [rest for rest in _less(segment, holes) if rest.overlaps(whole)]
        assert total(saved) == total(piece for rest in pictures for piece in inside(whole, rest))


@given(whole_spans, footage, footage, noted)
def test_the_order_in_which_things_are_told_does_not_matter(whole, segments, deleted, gaps_noted):
    assert split_span(whole, segments, deleted, gaps_noted) == split_span(
        whole, segments[::-1], deleted[::-1], gaps_noted[::-1]
    )


@given(footage, noted)
def test_nothing_is_unexplained_before_the_first_footage_or_after_the_last(segments, gaps_noted):
    whole = Span(at(0), at(2 * LONG))
    missing = split_span(whole, segments, [], gaps_noted).missing
    known = Span(min(one.start for one in segments), max(one.end for one in segments)) if segments else None

    holes = unexplained(missing, known)

    assert all(known.start <= hole.start and hole.end <= known.end for hole in holes)
    assert unexplained(missing, None) == []


def _without(left, taken):
    if not left.overlaps(taken):
        return [left]
    return [Span(a, b) for a, b in ((left.start, taken.start), (taken.end, left.end)) if a < b]


def _less(span, holes):
    left = [span]
    for hole in holes:
        left = [rest for one in left for rest in _without(one, hole)]
    return left
