"""Days of a time zone, whatever its clocks do, and months that have no such date."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.core.clock import calendar_days, end_of_day, months_after, start_of_day, start_of_next_day

BRUSSELS = ZoneInfo("Europe/Brussels")
SECOND = timedelta(seconds=1)
ZONES = [
    ZoneInfo(name)
    for name in (
        *("Europe/Brussels", "Europe/Amsterdam", "UTC", "Asia/Kathmandu"),
        *("America/Sao_Paulo", "Asia/Beirut"),  # summer time began at midnight
        *("America/Havana", "Africa/Cairo"),  # an hour after midnight is repeated; midnight is
        "Australia/Lord_Howe",  # half an hour
        "Pacific/Apia",  # 30 December 2011 did not take place
    )
]
days = st.dates(date(1990, 1, 1), date(2199, 12, 1))
zones = st.sampled_from(ZONES)
instants = st.integers(0, 6_000_000_000).map(lambda seconds: datetime(1995, 1, 1, tzinfo=UTC) + seconds * SECOND)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25), ("2026-12-31", 24)]
)
def test_a_day_has_as_many_hours_as_summer_time_leaves_it(day, hours):
    start, stop = (edge(date.fromisoformat(day), BRUSSELS) for edge in (start_of_day, start_of_next_day))
    assert stop - start == timedelta(hours=hours)
    assert end_of_day(date.fromisoformat(day), BRUSSELS) == stop - SECOND


def test_a_day_whose_midnight_is_skipped_begins_with_the_end_of_the_jump():
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    start = start_of_day(date(2018, 11, 4), sao_paulo)
    assert start.astimezone(sao_paulo).isoformat() == "2018-11-04T01:00:00-02:00"


def test_a_day_whose_midnight_is_repeated_begins_with_the_first():
    havana = ZoneInfo("America/Havana")
    start = start_of_day(date(2026, 11, 1), havana)
    assert start.astimezone(havana).isoformat() == "2026-11-01T00:00:00-04:00"
    assert start_of_next_day(date(2026, 11, 1), havana) - start == timedelta(hours=25)


@given(days, zones)
def test_days_follow_on_each_other_without_a_hole_and_none_is_in_utc_by_accident(day, zone):
    start, stop = start_of_day(day, zone), start_of_next_day(day, zone)
    assert start.tzinfo is UTC
    assert stop == start_of_day(day + timedelta(days=1), zone)
    assert timedelta(0) <= stop - start <= timedelta(hours=25)


@given(days, zones, st.integers(0, 999))
def test_every_instant_of_a_day_has_its_date(day, zone, thousandths):
    start, stop = start_of_day(day, zone), start_of_next_day(day, zone)
    if start == stop:
        return  # the day that was left out
    assert start.astimezone(zone).date() == day
    assert (start + (stop - start) * thousandths / 1000).astimezone(zone).date() == day
    assert end_of_day(day, zone).astimezone(zone).date() == day
    assert stop.astimezone(zone).date() > day
    assert (start - SECOND).astimezone(zone).date() < day


@given(instants, st.integers(-800, 800), zones)
def test_calendar_days_are_those_between_the_dates(start, count, zone):
    day = start.astimezone(zone).date() + timedelta(days=count)
    if start_of_day(day, zone) == start_of_next_day(day, zone):
        return
    assert calendar_days(start, start_of_day(day, zone), zone) == count
    assert calendar_days(start, end_of_day(day, zone), zone) == count
    assert calendar_days(end_of_day(day, zone), start, zone) == -count


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-05-05", 0, "2026-05-05"),
    ],
)
def test_a_month_ends_on_the_same_date_or_on_the_last_day(day, months, expected):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(expected)


@given(days, st.integers(-1000, 1000))
def test_months_move_the_month_by_their_number_and_the_day_only_to_the_last(day, months):
    moved = months_after(day, months)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day == min(day.day, monthrange(moved.year, moved.month)[1])


@given(days, days, st.integers(0, 600))
def test_months_keep_the_order_of_dates(first, second, months):
    earlier, later = sorted((first, second))
    assert months_after(earlier, months) <= months_after(later, months)


@given(days, st.integers(0, 300), st.integers(0, 300))
def test_two_steps_never_reach_further_than_one(day, first, second):
    assert months_after(months_after(day, first), second) <= months_after(day, first + second)
