"""The resident sweeper's pace: when to wake next.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST_SLEEP = timedelta(seconds=60)
SHORTEST_SLEEP = timedelta(milliseconds=50)
PERIOD_SHARE = 10  # footage that is recorded while the sweeper sleeps must not come due before it wakes


def sleep_for(next_due: datetime | None, now: datetime, shortest_period: timedelta) -> timedelta:
    """Until the next footage is due; never so long that a released hold or footage still to come would wait past it."""
    longest = min(LONGEST_SLEEP, shortest_period / PERIOD_SHARE)
    if next_due is None:
        return longest
    return max(SHORTEST_SLEEP, min(longest, next_due - now))
