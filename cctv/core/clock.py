"""Time: the injected clock, and instants as integer microseconds.

Owns the only call of the system clock.  Every decision takes `now` as an argument; a naive datetime is refused here, so
that none reaches the index.

The machine under the clock: which start this is, and whether the network keeps its time.  Reads only.
"""

from __future__ import annotations

import ctypes
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Wall time and monotonic time; tests own one."""

    def now(self) -> datetime:
        """The present instant, UTC-aware."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, from an arbitrary start."""
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
    return EPOCH + timedelta(microseconds=microseconds)


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a Z, as in segment names and JSON."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_UNSYNCHRONISED = (
    5  # TIME_ERROR of adjtimex(2); the kernel says so from the moment that somebody sets the clock by hand
)
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; all zero: only ask


def boot_id() -> str | None:
    """A name that every start of the machine has anew: monotonic time compares only under the same one."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return None


def is_synchronised() -> bool:
    """Whether the kernel's clock is kept by NTP, as `timedatectl` shows it."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _UNSYNCHRONISED
