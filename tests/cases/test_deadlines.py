"""When a request must be answered, at De Grote Post."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.cases.requests.deadlines import days_left, due, due_date, extended, extended_date
from cctv.core.clock import end_of_day

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        # a month of 31 days: 30 days end first
        ("2026-01-01", "2026-01-31"),
        ("2026-03-05", "2026-04-04"),
        ("2026-05-31", "2026-06-30"),
        ("2026-08-31", "2026-09-30"),
        ("2026-10-01", "2026-10-31"),
        # a month of 30 days: both end together
        ("2026-03-31", "2026-04-30"),
        ("2026-04-30", "2026-05-30"),
        ("2026-11-20", "2026-12-20"),
        # February: the month ends first
        ("2026-01-29", "2026-02-28"),
        ("2026-01-30", "2026-02-28"),
        ("2026-01-31", "2026-02-28"),
        ("2026-02-01", "2026-03-01"),
        ("2026-02-28", "2026-03-28"),
        # leap years
        ("2028-01-29", "2028-02-28"),
        ("2028-01-30", "2028-02-29"),
        ("2028-01-31", "2028-02-29"),
        ("2028-02-01", "2028-03-01"),
        ("2028-02-28", "2028-03-28"),
        ("2028-02-29", "2028-03-29"),
        ("2100-01-31", "2100-02-28"),
        # year ends
        ("2026-12-01", "2026-12-31"),
        ("2026-12-02", "2027-01-01"),
        ("2026-12-31", "2027-01-30"),
        ("2027-12-31", "2028-01-30"),
        # an end on a Saturday, a Sunday or Christmas is not moved
        ("2026-11-21", "2026-12-21"),
        ("2026-11-25", "2026-12-25"),
        ("2026-11-19", "2026-12-19"),
    ],
)
def test_the_earlier_of_thirty_days_and_one_month_is_the_last_day(received, last_day):
    assert due_date(date.fromisoformat(received)) == date.fromisoformat(last_day)


@pytest.mark.parametrize(
    ("received", "due_utc"),
    [
        ("2026-11-20 00:00", "2026-12-20T22:59:59"),
        ("2026-11-20 23:59", "2026-12-20T22:59:59"),
        ("2026-09-25 12:00", "2026-10-25T22:59:59"),  # the last day has 25 hours
        ("2026-09-24 12:00", "2026-10-24T21:59:59"),  # the last one of summer
        ("2026-02-28 12:00", "2026-03-28T22:59:59"),  # the last one of winter
        ("2026-03-01 12:00", "2026-03-31T21:59:59"),
        ("2026-12-31 23:59", "2027-01-30T22:59:59"),
    ],
)
def test_a_deadline_is_the_last_second_of_its_day_in_local_time(received, due_utc):
    at = datetime.fromisoformat(received).replace(tzinfo=BRUSSELS)
    assert due(at, BRUSSELS) == datetime.fromisoformat(due_utc).replace(tzinfo=UTC)


def test_a_letter_just_after_local_midnight_counts_from_the_new_day():
    assert due(datetime(2026, 8, 31, 22, 30, tzinfo=UTC), BRUSSELS).astimezone(BRUSSELS).date() == date(2026, 10, 1)


def test_days_are_counted_on_the_calendar_whatever_summer_time_does():
    last = end_of_day(date(2026, 10, 25), BRUSSELS)
    assert days_left(last, datetime(2026, 10, 24, 12, 0, tzinfo=UTC), BRUSSELS) == 1
    assert days_left(last, datetime(2026, 10, 25, 22, 0, tzinfo=UTC), BRUSSELS) == 0
    assert days_left(last, datetime(2026, 10, 25, 23, 0, tzinfo=UTC), BRUSSELS) == -1


@pytest.mark.parametrize(
    ("received", "first_day", "last_day"),
    [
        ("2026-03-05", "2026-04-04", "2026-06-04"),  # two months after the first period, not three after receipt
        ("2026-11-20", "2026-12-20", "2027-02-20"),
        ("2026-12-02", "2027-01-01", "2027-03-01"),
        ("2026-12-01", "2026-12-31", "2027-02-28"),  # no 31st of February
        ("2027-12-01", "2027-12-31", "2028-02-29"),
        ("2026-01-31", "2026-02-28", "2026-04-28"),  # the first period's end decides, not the day of receipt
        ("2028-01-30", "2028-02-29", "2028-04-29"),
        ("2026-02-28", "2026-03-28", "2026-05-28"),
        ("2026-08-01", "2026-08-31", "2026-10-31"),
        ("2026-10-01", "2026-10-31", "2026-12-31"),
    ],
)
def test_the_one_extension_adds_two_months_to_the_first_period(received, first_day, last_day):
    assert due_date(date.fromisoformat(received)) == date.fromisoformat(first_day)
    assert extended_date(date.fromisoformat(received)) == date.fromisoformat(last_day)


@pytest.mark.parametrize(
    ("received", "due_utc"),
    [
        ("2026-08-26 12:00", "2026-11-25T22:59:59"),  # the clock went back in between
        ("2026-02-01 12:00", "2026-05-01T21:59:59"),  # and forward
        ("2026-11-20 23:59", "2027-02-20T22:59:59"),
    ],
)
def test_an_extension_too_ends_with_its_day_in_local_time(received, due_utc):
    at = datetime.fromisoformat(received).replace(tzinfo=BRUSSELS)
    assert extended(at, BRUSSELS) == datetime.fromisoformat(due_utc).replace(tzinfo=UTC)


def months_after(day, months):
    """The same, counted the slow way: back from a date that does not exist."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


@given(st.dates(date(1990, 1, 1), date(2199, 9, 1)))
def test_no_extension_is_later_than_two_months_on_the_first_period_or_three_on_receipt(received):
    last = extended_date(received)
    assert last <= months_after(received, 3)
    assert last <= months_after(due_date(received), 2)
    assert last in {months_after(received, 3), months_after(due_date(received), 2)}


@given(st.dates(date(1990, 1, 1), date(2199, 12, 1)))
def test_no_deadline_is_later_than_either_rule(received):
    last = due_date(received)
    months = (last.year - received.year) * 12 + last.month - received.month
    assert received + timedelta(days=28) <= last <= received + timedelta(days=30)
    assert months == 0 or (months == 1 and last.day <= received.day)
