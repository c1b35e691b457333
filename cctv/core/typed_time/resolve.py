"""Times as people type them, resolved to UTC instants in the site's time zone.

Defines the meaning of `--from`, `--to`, `--at` and review dates; `parser` reads their text.  Pure: `now` and the zone
are arguments.  Never guesses at an hour that summer time doubled or removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cctv.core.errors import UsageError
from cctv.core.i18n import N_, Message, join_messages
from cctv.core.local_days import start_of_day, start_of_next_day
from cctv.core.typed_time.durations import parse_duration
from cctv.core.typed_time.parser import TimeUnreadable, Typed, is_day, plain, read, shown

_NOW = frozenset({"nu", "now", "maintenant"})
_MAX_SPAN = timedelta(days=183)  # an end without a year that lies further ahead was meant to be before the start


class HourDoubled(UsageError):
    """The time "{text}" happens twice on {day}, because the clock goes back in {zone}: at {first} and at {second}.

    next: type {first} for the first, or {second} for the second.
    """


class HourMissing(UsageError):
    """The time "{text}" does not exist on {day}, because the clock goes forward in {zone}: it jumps over that time.

    next: type {first}, or {second}, whichever was meant.
    """


class EndBeforeStart(UsageError):
    """The span does not end after it starts: it would run from {start} to {end}.

    next: give an end after the start, or a length such as +2h.
    """


class ReviewNotAhead(UsageError):
    """The review date {when} is not in the future.

    next: give a later date, or a period such as 30d.
    """


def parse_instant(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """What a person typed as a UTC instant; without a full date, the most recent such moment at or before `now`."""
    if plain(text) in _NOW:
        return now.astimezone(UTC).replace(microsecond=0)
    return _latest(read(text), now, zone)


def parse_span(start: str, end: str, *, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both ends as UTC instants.

    The start is as in `parse_instant`.  An end without a full date is the first such moment after the start, so that
    "za 22u" to "ma 8u" means one weekend, even one that is not over yet; an end without a clock includes that day.
    """
    begin = parse_instant(start, now=now, zone=zone)
    finish = _end(end, begin, now, zone)
    if finish <= begin:
        raise EndBeforeStart(start=echo_instant(begin, zone), end=echo_instant(finish, zone))
    return begin, finish


def parse_date(text: str, *, now: datetime, zone: ZoneInfo) -> date:
    """A day that was typed without a clock, in the site's time zone; without a year, the most recent one."""
    if plain(text) in _NOW:
        return now.astimezone(zone).date()
    typed = read(text)
    if typed.clock is not None:
        raise TimeUnreadable(text=text, problem=N_("a date has no time of day"))
    return _latest(typed, now, zone).astimezone(zone).date()


def parse_review(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """When someone must decide again: a period from now (`30d`) or the next such date, always after `now`."""
    if re.fullmatch(r"\s*\+?[0-9]+[a-z]\s*", text) and not text.rstrip().endswith("u"):
        instant = now.astimezone(UTC) + parse_duration(text.strip().removeprefix("+"))
    else:
        typed = read(text)
        instant = _first_after(typed, now, now, zone, start_of_day)
    if instant <= now:
        raise ReviewNotAhead(when=echo_instant(instant, zone))
    return instant


def parse_ahead(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """A moment with its hour: the next such one where no full date was typed; the caller refuses one in the past."""
    typed = read(text)
    if typed.clock is None:
        raise TimeUnreadable(text=text, problem=N_("an appointment has its hour"))
    return _first_after(typed, now, now, zone, start_of_day)


def echo_instant(instant: datetime, zone: ZoneInfo) -> Message:
    """`Sat 2026-11-21 22:00 CET`; can be typed back."""
    local = instant.astimezone(zone)
    return join_messages((shown(local), f"{local:%Y-%m-%d}", _shown_clock(local), local.tzname()), between=" ")


def echo_span(start: datetime, end: datetime, zone: ZoneInfo) -> Message:
    """Both ends in local time and UTC, on one line, for a person to check before anything happens."""
    first, last = (
        f"{moment:%Y-%m-%d}T{_shown_clock(moment)}Z" for moment in (start.astimezone(UTC), end.astimezone(UTC))
    )
    return N_(
        "{start} to {end} (UTC {first} to {last})",
        start=echo_instant(start, zone),
        end=echo_instant(end, zone),
        first=first,
        last=last,
    )


_WholeDay = Callable[[date, ZoneInfo], datetime]


def _latest(typed: Typed, now: datetime, zone: ZoneInfo) -> datetime:
    for day in _days(typed, now.astimezone(zone).date(), now, zone, step=-1):
        readings = _readings(typed, day, zone, start_of_day)
        if not typed.floats or readings[0] <= now:
            return _only(typed, day, readings, zone)
    raise TimeUnreadable(text=typed.text, problem=N_("no such day lies in the past years"))


def _first_after(typed: Typed, after: datetime, now: datetime, zone: ZoneInfo, whole_day: _WholeDay) -> datetime:
    for day in _days(typed, after.astimezone(zone).date(), now, zone, step=1):
        readings = _readings(typed, day, zone, whole_day)
        if not typed.floats or readings[-1] > after:
            return _only(typed, day, readings, zone)
    raise TimeUnreadable(text=typed.text, problem=N_("no such day lies in the years ahead"))


def _end(text: str, start: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    if plain(text) in _NOW:
        return now.astimezone(UTC).replace(microsecond=0)
    if text.strip().startswith("+"):
        return start + parse_duration(text.strip()[1:])
    typed = read(text)
    finish = _first_after(typed, start, now, zone, start_of_next_day)
    if typed.floats and typed.day is not None and finish - start > _MAX_SPAN:
        finish = _latest(typed, start, zone)
    return finish


def _days(typed: Typed, origin: date, now: datetime, zone: ZoneInfo, *, step: int) -> Iterator[date]:
    """The days that match what was typed, from `origin` on in the direction of `step`."""
    if typed.shift is not None:
        yield _matching(typed, now.astimezone(zone).date() + timedelta(days=typed.shift))
    elif typed.day is not None and typed.month is not None:
        years = [typed.year] if typed.year is not None else [origin.year + step * n for n in range(9)]
        for year in years:
            if is_day(year, typed.month, typed.day):
                yield _matching(typed, date(year, typed.month, typed.day))
    else:
        days = (origin + timedelta(days=step * n) for n in range(16))
        yield from (day for day in days if typed.weekday in (None, day.weekday()))


def _matching(typed: Typed, day: date) -> date:
    if typed.weekday not in (None, day.weekday()):
        raise TimeUnreadable(text=typed.text, problem=N_("{day} is a {weekday}", day=day, weekday=shown(day)))
    return day


def _readings(typed: Typed, day: date, zone: ZoneInfo, whole_day: _WholeDay) -> list[datetime]:
    """The instants that a wall-clock time may mean, in order: two when summer time doubled or removed it, else one."""
    if typed.clock is None:
        return [whole_day(day, zone)]
    wall = datetime.combine(day + timedelta(days=typed.past_midnight), typed.clock)
    if isinstance(typed.suffix, tzinfo):
        return [wall.replace(tzinfo=typed.suffix).astimezone(UTC)]
    both = sorted({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    if typed.suffix is None:
        return both
    named = [instant for instant in both if _named(instant, zone) == (wall, typed.suffix)]
    if not named:
        raise TimeUnreadable(
            text=typed.text, problem=N_("{zone} has no {name} at that time", zone=zone.key, name=typed.suffix)
        )
    return named


def _named(instant: datetime, zone: ZoneInfo) -> tuple[datetime, str | None]:
    local = instant.astimezone(zone)
    return local.replace(tzinfo=None, fold=0), local.tzname()


def _only(typed: Typed, day: date, readings: list[datetime], zone: ZoneInfo) -> datetime:
    if len(readings) == 1:
        return readings[0]
    first, second = (instant.astimezone(zone) for instant in readings)
    kind = HourDoubled if first.replace(tzinfo=None) == second.replace(tzinfo=None) else HourMissing
    raise kind(text=typed.text, day=day, zone=zone.key, first=first.isoformat(), second=second.isoformat())


def _shown_clock(moment: datetime) -> str:
    if moment.microsecond:
        return f"{moment:%H:%M:%S.%f}".rstrip("0")
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
