"""Local days: where a day of a time zone begins and ends, and dates counted in months and days.  Pure.

The only place that turns a date into an instant.  A day has 23, 24 or 25 hours where summer time begins or ends, so no
function adds 24 hours: each counts on the calendar and converts by the zone afterwards.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_ONE_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day, in UTC: midnight, or the end of the jump where summer time skips midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def start_of_next_day(day: date, zone: tzinfo) -> datetime:
    """The first instant after a local day, in UTC: the end of the half-open interval that the day is."""
    return start_of_day(day + _ONE_DAY, zone)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The last second of a local day, in UTC: how a deadline is written, which is met until it has passed."""
    return start_of_next_day(day, zone) - _SECOND


def calendar_days(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Days on the calendar of a zone from one instant to another: 0 on the same day, negative backwards."""
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days


def months_after(day: date, months: int) -> date:
    """The same date so many months on (back when negative), or that month's last day where it does not exist."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
