"""The resident sweeper's pace: when to wake next.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST_SLEEP = timedelta(seconds=60)
SHORTEST_SLEEP = timedelta(milliseconds=50)


def sleep_for(next_due: datetime | None, now: datetime) -> timedelta:
    """Until the next footage is due, a minute at the most: what a released hold frees must not wait longer."""
    if next_due is None:
        return LONGEST_SLEEP
    return max(SHORTEST_SLEEP, min(LONGEST_SLEEP, next_due - now))
