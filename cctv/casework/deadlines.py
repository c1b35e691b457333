"""Deadlines: when a request must be answered.  Pure.

Two promises run at once, and the earlier one binds: "binnen 30 dagen na ontvangst" of the published policies, and one
month of Article 12(3) GDPR.  Both are counted as Regulation (EEC, Euratom) No 1182/71, Article 3, says:

* the day of receipt is not counted (3(1)), and the hour of receipt does not matter;
* a period ends with the last hour of its last day (3(2)(b) and (c)), here in the site's time zone;
* a month ends on the same date of the next month, or on its last day where that date does not exist (3(2)(c)).

One extension is "two further months where necessary" (Article 12(3)): two months after the day on which the first
period ends, and never later than three months after receipt.

Article 3(4) would move an end on a Saturday, Sunday or holiday to the next working day.  That grace is not taken: the
published promise of 30 days has none, and an answer may always come early.  Must never yield a day later than either
rule.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cctv.kernel.local_days import calendar_days, end_of_day, months_after

PROMISED = timedelta(days=30)  # docs/policies/000.txt and 002.txt: "binnen 30 dagen na ontvangst"
EXTENSION = 2  # months, Article 12(3)


def due_date(received: date) -> date:
    """The last day on which a request received that day may be answered."""
    return min(received + PROMISED, months_after(received, 1))


def due(received: datetime, zone: ZoneInfo) -> datetime:
    """The last second of the last day, for a request received at an instant."""
    return end_of_day(due_date(received.astimezone(zone).date()), zone)


def extended_date(received: date) -> date:
    """The last day once the one extension was given and told."""
    return min(months_after(due_date(received), EXTENSION), months_after(received, 1 + EXTENSION))


def extended(received: datetime, zone: ZoneInfo) -> datetime:
    """The last second of that day."""
    return end_of_day(extended_date(received.astimezone(zone).date()), zone)


def days_left(due_at: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Days until the last day: 0 on that day itself, negative after it."""
    return calendar_days(now, due_at, zone)
