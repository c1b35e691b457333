"""Recording hours of a camera: windows of weekdays and wall-clock minutes in the site's time zone.

Owns the notation `mo-fr 08:00-18:00`.  Pure.  Says when a camera may record, never when footage expires.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from cctv.config.values import BadValue
from cctv.kernel.weekdays import WEEKDAYS

ALLOWED = 'days and hours such as "mo-fr 08:00-18:00", "fr,sa 22:00-04:00" or "08:00-24:00"'
_DAY = 24 * 60
_WINDOW = re.compile(r"(?:([a-z,-]+)\s+)?([0-9]{1,2}):([0-9]{2})\s?-\s?([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day on some weekdays (Monday is 0); an end at or before the start lies on the next day."""

    weekdays: tuple[int, ...]
    start_minute: int
    end_minute: int

    def covers(self, local: datetime) -> bool:
        """Whether a local wall-clock time is inside."""
        minute = local.hour * 60 + local.minute
        if self.end_minute > self.start_minute:
            return local.weekday() in self.weekdays and self.start_minute <= minute < self.end_minute
        late = local.weekday() in self.weekdays and minute >= self.start_minute
        return late or ((local.weekday() - 1) % 7 in self.weekdays and minute < self.end_minute)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a camera records; no schedule at all means always."""

    windows: tuple[Window, ...]

    def covers(self, local: datetime) -> bool:
        """Whether the camera records at a local wall-clock time."""
        return any(window.covers(local) for window in self.windows)


def parse_schedule(value: object) -> Schedule:
    """A list of windows; raises BadValue for anything else."""
    if not isinstance(value, list) or not value:
        raise BadValue("it is not a list of windows", f"a list of {ALLOWED}")
    return Schedule(tuple(_window(item) for item in value))


def _window(item: object) -> Window:
    found = _WINDOW.fullmatch(" ".join(item.casefold().split())) if isinstance(item, str) else None
    if found is None:
        raise BadValue(f'"{item}" is not a window', ALLOWED)
    start, end = _minute(found[2], found[3]), _minute(found[4], found[5])
    if start in (end, _DAY):
        raise BadValue(f'"{item}" covers no time', ALLOWED)
    return Window(_weekdays(found[1]) if found[1] else tuple(range(7)), start, end)


def _minute(hour: str, minute: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > _DAY:
        raise BadValue(f'"{hour}:{minute}" is not on a clock of 24 hours', ALLOWED)
    return total


def _weekdays(text: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise BadValue(f'"{part}" is not a weekday or a range of them', ALLOWED)
        length = (WEEKDAYS[last] - WEEKDAYS[first]) % 7 if dash else 0
        days.update((WEEKDAYS[first] + step) % 7 for step in range(length + 1))
    return tuple(sorted(days))
