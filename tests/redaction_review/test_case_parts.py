"""A request's footage becomes unbroken parts: joined where recording went on, cut at every gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cctv.core.time_range import Span
from cctv.model.footage import Segment
from cctv.model.ids import CameraId, ZoneId
from cctv.redaction.review.background_samples import spread
from cctv.redaction.review.prepare import split_into_parts

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 1, 13, tzinfo=UTC)


def _segment(number: int, start: float, end: float) -> Segment:
    span = Span(START + timedelta(seconds=start), START + timedelta(seconds=end))
    return Segment(number, CameraId("gevel-1"), ZoneId("facade"), span, span.end, f"{number}.mp4", "", 1, "")


def _parts(*spans: tuple[float, float]) -> list[list[int]]:
    segments = [_segment(number, start, end) for number, (start, end) in enumerate(spans)]
    return [[segment.id for segment in part] for part in split_into_parts(segments)]


def test_recording_that_went_on_is_one_part():
    assert _parts((0, 60), (60, 120), (120.4, 180)) == [[0, 1, 2]]


def test_a_pause_of_more_than_a_second_starts_a_new_part():
    assert _parts((0, 60), (61.001, 120), (120, 180)) == [[0], [1, 2]]


def test_recordings_that_overlap_are_never_joined():
    assert _parts((0, 60), (59.9, 120)) == [[0], [1]]
    assert _parts((0, 60), (59.999, 120)) == [[0, 1]]


def test_order_of_the_rows_does_not_matter_and_nothing_gives_nothing():
    assert _parts((60, 120), (0, 60)) == [[1, 0]]
    assert split_into_parts([]) == []


def test_samples_are_spread_over_all_that_there_is():
    segments = [_segment(number, number, number + 1) for number in range(100)]

    chosen = [segment.id for segment in spread(segments, 5)]

    assert chosen == [0, 25, 50, 74, 99]
    assert spread(segments[:3], 5) == segments[:3]
