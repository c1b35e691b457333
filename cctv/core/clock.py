"""Time: the injected clock, and instants as integer microseconds.

Has the only call of the system clock.  Every decision takes `now` as an argument; a naive datetime is refused here, so
that none reaches the index.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
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
    """The UTC instant of microseconds since 1970-01-01."""
    return EPOCH + timedelta(0, 0, microseconds)  # by position: a third faster, and a sweep reads 400,000 a day


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a Z, as in segment names and JSON."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
