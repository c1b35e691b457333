"""Time: the injected clock, and instants as integer microseconds.

Reads the system clock for every decision, which takes `now` as an argument; a naive datetime is refused here, so that
none reaches the index.

And local days: where a day of a time zone begins and ends, and dates counted in months and days.  A day has 23, 24 or
25 hours where summer time begins or ends, so no function adds 24 hours: each counts on the calendar and converts by the
zone afterwards.
"""

from __future__ import annotations

import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Wall time and monotonic time; a test passes its own."""

    def now(self) -> datetime:
        """The present instant, UTC-aware."""
        ...

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back, from an arbitrary start."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def to_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC; raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime: {instant!r}")
    return (instant - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The UTC instant of microseconds since 1970-01-01; raises ValueError for one that no calendar has."""
    try:
        return EPOCH + timedelta(0, 0, microseconds)  # by position: a third faster, and a sweep reads 400,000 a day
    except OverflowError as error:
        raise ValueError(f"no instant: {microseconds!s:.40}") from error


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a Z, as in segment names and JSON."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ONE_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day, in UTC: midnight, or the end of the jump where summer time skips midnight."""
    return datetime.combine(day, time_of_day(), zone).astimezone(UTC)


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
