"""Durations: one notation, no guesses."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.core.errors import Exit
from cctv.core.typed_time.durations import DurationUnreadable, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("72h", timedelta(hours=72)),
        ("7d", timedelta(days=7)),
        (" 0s ", timedelta(0)),
        ("36500d", timedelta(days=36_500)),
    ],
)
def test_an_integer_and_a_unit_are_a_duration(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("7", "no unit"),
        ("d", "does not start with an integer"),
        ("-7d", "negative"),
        ("4w", '"w" is not a unit'),
        ("7D", '"D" is not a unit'),
        ("30 days", '"days" is not a unit'),
        ("1.5h", "not an integer and a unit"),
        ("7 d", "not an integer and a unit"),
        ("36501d", "longer than 100 years"),
        ("٧d", "does not start|not an integer"),
        ("{x}", "does not start"),
    ],
)
def test_anything_else_is_refused_and_says_what_is_allowed(text, problem):
    with pytest.raises(DurationUnreadable, match=problem) as refusal:
        parse_duration(text)
    assert "s, m, h or d" in refusal.value.message
    assert refusal.value.next_step
    assert refusal.value.exit_code is Exit.USAGE


def test_weeks_get_the_way_to_write_them():
    with pytest.raises(DurationUnreadable) as refusal:
        parse_duration("4w")
    assert "28d" in (refusal.value.next_step or "")


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(hours=72), "3d"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=61), "61s"),
        (timedelta(0), "0s"),
        (timedelta(milliseconds=1500), "1.5s"),
        (timedelta(minutes=-5), "-5m"),
    ],
)
def test_a_duration_is_shown_in_the_largest_exact_unit(duration, text):
    assert format_duration(duration) == text


@given(st.integers(0, 36_500 * 86_400))
def test_what_is_shown_can_be_typed_back(seconds):
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@given(st.text(max_size=12))
def test_no_text_breaks_the_reader(text):
    with suppress(DurationUnreadable):
        assert parse_duration(text) >= timedelta(0)
