"""Times as people type them, resolved to UTC instants in the site's time zone.

Defines the meaning of `--from`, `--to`, `--at` and review dates; `parser` reads their text.  Pure: `now` and the zone
are arguments.  Never guesses at an hour that summer time doubled or removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cctv.core.clock import months_after, start_of_day, start_of_next_day
from cctv.core.errors import UsageError
from cctv.core.i18n import N_, Message, join_messages
from cctv.core.typed_time.durations import parse_duration, typed_length
from cctv.core.typed_time.parser import TimeUnreadable, Typed, is_day, plain, read, shown
from cctv.core.typed_time.words import NOW

_SURE = timedelta(days=31)  # a date without a year is taken for the nearest one without a question so far off
_LONGEST_NIGHT = timedelta(hours=18)  # from one clock to the next: from closing in the afternoon to the next morning


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


class SpanWraps(UsageError):
    """The end "{text}" is not after the start, {start}, on its own: {first} lies before it, and {second} long after.

    next: type the end with its date: "{second}" where it was meant so; else mend the start or the end.
    """


class TwoReadings(UsageError):
    """The time "{text}" has several readings: {readings}.

    next: type the one that is meant as it stands there, or add a word such as "ochtend", "avond", "matin", "soir" or
    "pm".
    """


class YearUnsure(UsageError):
    """The date "{text}" has no year, and its nearest reading lies more than {days} days off: {first}, or {second}.

    next: type it with its year: {first_typed}, or {second_typed}.
    """


def parse_instant(text: str, *, now: datetime, zone: ZoneInfo, year_sure: bool = False) -> datetime:
    """What a person typed as a UTC instant.

    Without a date, the latest such moment at or before `now`; a date without a year is the nearest one.  Raises
    TwoReadings where that leaves several, and YearUnsure for a nearest date over a month off unless `year_sure`.
    """
    if plain(text) in NOW:
        return now.astimezone(UTC).replace(microsecond=0)
    return _only_reading(read(text), _latest, _When(now, now, zone, year_sure))


def parse_span(
    start: str, end: str, *, now: datetime, zone: ZoneInfo, year_sure: bool = False
) -> tuple[datetime, datetime]:
    """Both ends as UTC instants.

    The start is as in `parse_instant`.  An end without a date is the first such moment after the start, so that
    "za 22u" to "ma 8u" means one weekend, even one that is not over yet; an end without a clock includes that day.
    Raises SpanWraps where the moment before the start is nearer, as in "za 22u" to "za 21u".
    """
    begin = parse_instant(start, now=now, zone=zone, year_sure=year_sure)
    finish = _end(end, begin, now, zone, year_sure)
    if finish <= begin:
        raise EndBeforeStart(start=echo_instant(begin, zone), end=echo_instant(finish, zone))
    return begin, finish


def parse_date(text: str, *, now: datetime, zone: ZoneInfo, year_sure: bool = False) -> date:
    """A day that was typed without a clock, in the site's time zone; without a year, the nearest one."""
    if plain(text) in NOW:
        return now.astimezone(zone).date()
    dates = [typed for typed in read(text) if (typed.clock, typed.part, typed.delta) == (None,) * 3]
    if not dates:
        raise TimeUnreadable(text=text, problem=N_("a date has no time of day"))
    return _only_reading(dates, _latest, _When(now, now, zone, year_sure)).astimezone(zone).date()


def parse_review(text: str, *, now: datetime, zone: ZoneInfo, year_sure: bool = False) -> datetime:
    """When someone must decide again: a period from now (`30d`, `2 weken`) or such a date, always after `now`."""
    length = _period(text)
    instant = now.astimezone(UTC) + length if length is not None else _ahead(text, now, zone, year_sure)
    if instant <= now:
        raise ReviewNotAhead(when=echo_instant(instant, zone))
    return instant


def parse_ahead(text: str, *, now: datetime, zone: ZoneInfo, year_sure: bool = False) -> datetime:
    """A moment with its hour: the next such one where no date was typed; the caller refuses one in the past."""
    if any(typed.clock is None and typed.delta is None for typed in read(text)):
        raise TimeUnreadable(text=text, problem=N_("an appointment has its hour"))
    return _ahead(text, now, zone, year_sure)


def echo_date(day: date) -> Message:
    """`Sat 2026-11-21`; can be typed back."""
    return join_messages((shown(day), f"{day:%Y-%m-%d}"), between=" ")


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


@dataclass(frozen=True, slots=True)
class _When:
    """What a reading is placed by: the moment that it counts from, `now`, the zone, and whether its year is sure."""

    origin: datetime
    now: datetime
    zone: ZoneInfo
    year_sure: bool
    ending: bool = False  # a day and a part of one end with their last moment, not with their first

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def near(self) -> date:
        """The day that a date without a year or a month lies near."""
        return self.origin.astimezone(self.zone).date()


_Place = Callable[[Typed, _When], list[datetime]]  # the instants of a reading: two where summer time made them


def _only_reading(readings: Sequence[Typed], place: _Place, when: _When) -> datetime:
    """The one instant that all readings of a text come to.

    Raises TwoReadings where they differ, HourDoubled or HourMissing where summer time alone makes two of it.
    """
    nights = [night for typed in readings for night in _nights(typed, when, place)]
    asked = replace(when, year_sure=when.year_sure or len(nights) > 1)
    placed: dict[Typed, list[datetime]] = {}
    failure: UsageError | None = None
    for typed in nights:
        try:
            placed[typed] = place(typed, asked)
        except (TimeUnreadable, SpanWraps) as error:  # such as the 22nd, which is no Saturday
            failure = failure or error
    if not placed and failure is not None:
        raise failure
    typed, instants = next(iter(placed.items()))
    if any(other != instants for other in placed.values()):
        every = sorted({instant for some in placed.values() for instant in some})
        echoes = join_messages((echo_instant(instant, when.zone) for instant in every), between=" / ")
        raise TwoReadings(text=typed.text, readings=echoes)
    return _single(typed, place(typed, when), when.zone)


def _period(text: str) -> timedelta | None:
    """A length of time from now; None for a moment.  Hours by themselves are a clock: `9 uur`, not `9h`."""
    typed = plain(text)
    if re.fullmatch(r"\+?[0-9]+[a-z]", typed) and not typed.endswith("u"):
        return parse_duration(typed.removeprefix("+"))
    length = typed_length(typed.removeprefix("+").strip())
    return length if length and (typed[0] == "+" or not length % timedelta(days=1)) else None


def _latest(typed: Typed, when: _When) -> list[datetime]:
    for day in _days(typed, when, step=-1):
        readings = _readings(typed, day, when)
        if not typed.floats or readings[0] <= when.origin:
            return readings
    raise TimeUnreadable(text=typed.text, problem=N_("no such day lies in the past years"))


def _first_after(typed: Typed, when: _When) -> list[datetime]:
    for day in _days(typed, when, step=1):
        readings = _readings(typed, day, when)
        if not (typed.floats or typed.around_now) or readings[-1] > when.origin:
            return readings
    raise TimeUnreadable(text=typed.text, problem=N_("no such day lies in the years ahead"))


def _finish(typed: Typed, when: _When) -> list[datetime]:
    readings = _first_after(typed, when)
    if typed.floats or (typed.week == 0 and typed.weekday is not None):
        _check_wrap(typed, readings[-1], when)
    return readings


def _ahead(text: str, now: datetime, zone: ZoneInfo, year_sure: bool) -> datetime:
    return _only_reading(read(text), _first_after, _When(now, now, zone, year_sure))


def _end(text: str, start: datetime, now: datetime, zone: ZoneInfo, year_sure: bool) -> datetime:
    if plain(text) in NOW:
        return now.astimezone(UTC).replace(microsecond=0)
    if text.strip().startswith("+"):
        typed = plain(text)[1:].strip()
        return start + (typed_length(typed) or parse_duration(typed))
    return _only_reading(read(text), _finish, _When(start, now, zone, year_sure, ending=True))


def _check_wrap(typed: Typed, finish: datetime, when: _When) -> None:
    """Refuse an end that was meant to lie before the start: a mistake in either, or a span of nearly a week or day."""
    local = finish.astimezone(when.zone)
    if typed.day is not None:
        earlier = months_after(local.date(), -1)
    else:
        earlier = local.date() - timedelta(days=1 if typed.weekday is None else 7)
    before = local.replace(year=earlier.year, month=earlier.month, day=earlier.day).astimezone(UTC)
    nearest = _LONGEST_NIGHT if typed.weekday is None and typed.day is None else when.origin - before
    if finish - when.origin > nearest:
        first, second, start = (echo_instant(moment, when.zone) for moment in (before, finish, when.origin))
        raise SpanWraps(text=typed.text, start=start, first=first, second=second)


def _days(typed: Typed, when: _When, *, step: int) -> Iterator[date]:
    """The days that match what was typed, from the origin on in the direction of `step`."""
    if typed.around_now:  # of an end: the first night that is not over
        yield from (when.today - timedelta(days=1), when.today)
    elif typed.week is not None and typed.weekday is not None:
        monday = when.today - timedelta(days=when.today.weekday())
        yield _matching(typed, monday + timedelta(weeks=typed.week, days=typed.weekday))
    elif typed.toward is not None and typed.weekday is not None:
        days = (when.today + timedelta(days=typed.toward * number) for number in range(1, 8))
        yield from (_matching(typed, day) for day in days if day.weekday() == typed.weekday)
    elif typed.shift is not None:
        yield _matching(typed, when.today + timedelta(days=typed.shift))
    elif typed.day is not None and typed.month is not None:
        year = typed.year if typed.year is not None else _nearest_year(typed, typed.day, typed.month, when)
        if is_day(year, typed.month, typed.day):
            yield _matching(typed, date(year, typed.month, typed.day))
    else:
        days = (when.near + timedelta(days=step * number) for number in range(_SURE.days + 2))
        yield from (day for day in days if typed.weekday in (None, day.weekday()) and typed.day in (None, day.day))


def _nights(typed: Typed, when: _When, place: _Place) -> tuple[Typed, ...]:
    """When the night that is nearest to now began: yesterday, today, or in an evening either.

    In the morning it is the night that ends, and in the afternoon that before or to come, by direction.
    """
    hour = when.now.astimezone(when.zone).hour
    if not typed.around_now or when.ending:
        return (typed,)
    yesterday, today = (replace(typed, around_now=False, shift=shift) for shift in (-1, 0))
    if place is _first_after and hour >= 12:
        return (today,)
    return (yesterday, today) if hour >= 18 else (yesterday,)


def _nearest_year(typed: Typed, day: int, month: int, when: _When) -> int:
    """The year in which a date lies nearest; raises YearUnsure over a month off, with the nearest on the other side."""
    near = when.near
    dates = [date(year, month, day) for year in range(near.year - 8, near.year + 9) if is_day(year, month, day)]
    nearest = min(dates, key=lambda other: (abs(other - near), other))
    if abs(nearest - near) > _SURE and not when.year_sure:
        beyond = [other for other in dates if (other > near) != (nearest > near)]
        other = min(beyond, key=lambda other: abs(other - near))
        raise YearUnsure(
            text=typed.text,
            days=_SURE.days,
            first=echo_date(nearest),
            second=echo_date(other),
            first_typed=f"{nearest.day}/{nearest.month}/{nearest.year}",
            second_typed=f"{other.day}/{other.month}/{other.year}",
        )
    return nearest.year


def _matching(typed: Typed, day: date) -> date:
    if typed.weekday not in (None, day.weekday()):
        raise TimeUnreadable(text=typed.text, problem=N_("{day} is a {weekday}", day=day, weekday=shown(day)))
    if any(
        part not in (None, own) for part, own in zip((typed.day, typed.month, typed.year), _parts(day), strict=True)
    ):
        raise TimeUnreadable(text=typed.text, problem=N_("it names two days"))
    return day


def _parts(day: date) -> tuple[int, int, int]:
    return day.day, day.month, day.year


def _readings(typed: Typed, day: date, when: _When) -> list[datetime]:
    """The instants that a wall-clock time may mean, in order: two when summer time doubled or removed it, else one."""
    zone = when.zone
    if typed.delta is not None:
        return [(when.now.astimezone(UTC) + typed.delta).replace(microsecond=0)]
    day += timedelta(days=typed.days_later)
    if typed.clock is None and typed.part is None:
        return [start_of_next_day(day, zone) if when.ending else start_of_day(day, zone)]
    if typed.clock is None:
        assert typed.part is not None
        wall = datetime.combine(day, time()) + timedelta(minutes=typed.part.value[when.ending])
    else:
        wall = datetime.combine(day, typed.clock)
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


def _single(typed: Typed, readings: list[datetime], zone: ZoneInfo) -> datetime:
    if len(readings) == 1:
        return readings[0]
    first, second = (instant.astimezone(zone) for instant in readings)
    kind = HourDoubled if first.replace(tzinfo=None) == second.replace(tzinfo=None) else HourMissing
    raise kind(text=typed.text, day=first.date(), zone=zone.key, first=first.isoformat(), second=second.isoformat())


def _shown_clock(moment: datetime) -> str:
    if moment.microsecond:
        return f"{moment:%H:%M:%S.%f}".rstrip("0")
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
