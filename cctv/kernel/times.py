"""Times as people type them, resolved to UTC instants in the site's time zone.

Owns the notation of `--from`, `--to`, `--at` and review dates: ISO 8601 and the Dutch, French and English forms of
DESIGN.md, whatever the language of the machine.  Pure: `now` and the zone are arguments.  Never guesses at an hour that
summer time doubled or removed, and never reads a date month first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from cctv.kernel.durations import parse_duration
from cctv.kernel.errors import UsageError

# Two letters are Dutch or English only: the French pairs "ma" and "di" are other days in Dutch.
_WEEKDAY_NAMES = (
    "ma maa maandag mo mon monday lun lundi",
    "di din dinsdag tu tue tues tuesday mar mardi",
    "wo woe woensdag we wed weds wednesday mer mercredi",
    "do don donderdag th thu thur thurs thursday jeu jeudi",
    "vr vri vrij vrijdag fr fri friday ven vendredi",
    "za zat zaterdag sa sat saturday sam samedi",
    "zo zon zondag su sun sunday dim dimanche",
)
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names.split()}
_SHOWN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHIFTS = {
    **dict.fromkeys(("eergisteren", "avant-hier"), -2),
    **dict.fromkeys(("gisteren", "hier", "yesterday"), -1),
    **dict.fromkeys(("vandaag", "aujourd'hui", "today"), 0),
    **dict.fromkeys(("morgen", "demain", "tomorrow"), 1),
    **dict.fromkeys(("overmorgen", "apres-demain"), 2),
}
_NOW = frozenset({"nu", "now", "maintenant"})
_YEARS = range(1990, 2200)
_FAR = timedelta(days=183)  # an end without a year that lies further ahead was meant to be before the start

_FILLER = re.compile(r"(?:(?:om|op|at|on|a|le)\s+)?")
_WORD = re.compile(r"([a-z][a-z'-]*)\.?,?(?:\s+|$)")
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<y>[0-9]{4})[-/](?P<m>[0-9]{1,2})[-/](?P<d>[0-9]{1,2})(?:[t\s]\s*|$)",
        r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?:t|$)",
        r"(?P<d>[0-9]{1,2})[-/](?P<m>[0-9]{1,2})(?:[-/](?P<y>[0-9]{4}|[0-9]{2}))?(?:\s+|$)",
    )
)
_CLOCKS = tuple(
    re.compile(pattern + r"(?![0-9:])")
    for pattern in (
        r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,6}))?",
        r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?:\s?(?:uur|u|h)\b)?",
        r"(?P<h>[0-9]{1,2})\s?(?:uur|u|heures?|h)\s?(?P<m>[0-9]{2})?",
        r"(?P<h>[0-9]{2})(?P<m>[0-9]{2})(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,6}))?(?=z)",  # as in the names of segments
    )
)
_SUFFIX = re.compile(r"\s*(?:(?P<zulu>z|utc|gmt)|(?P<offset>[+-][0-9]{2}(?::?[0-9]{2})?)|(?P<name>[a-z]{2,5}))$")


class TimeUnreadable(UsageError):
    """The time "{text}" cannot be used: {problem}.

    next: type for example "za 22u", "22u30", "gisteren 14:00", "21/11 9:30" (day first) or "2026-11-21 22:00".
    """


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


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed, before it has a place in time; a part that was not typed is None."""

    text: str
    weekday: int | None = None
    shift: int | None = None  # days from today
    day: int | None = None
    month: int | None = None
    year: int | None = None
    clock: time | None = None
    past_midnight: bool = False  # 24:00: the clock says 00:00 of the next day
    suffix: tzinfo | str | None = None  # an offset, or the name of one

    @property
    def floats(self) -> bool:
        """Whether several moments answer to it, so that a direction must choose."""
        return self.shift is None and self.year is None


def parse_instant(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """What a person typed as a UTC instant; without a full date, the most recent such moment at or before `now`."""
    if _plain(text) in _NOW:
        return now.astimezone(UTC).replace(microsecond=0)
    return _latest(_read(text), now, zone)


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
    if _plain(text) in _NOW:
        return now.astimezone(zone).date()
    typed = _read(text)
    if typed.clock is not None:
        raise TimeUnreadable(text=text, problem="a date has no time of day")
    return _latest(typed, now, zone).astimezone(zone).date()


def parse_review(text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """When someone must decide again: a period from now (`30d`) or the next such date, always after `now`."""
    if re.fullmatch(r"\s*\+?[0-9]+[a-z]\s*", text) and not text.rstrip().endswith("u"):
        instant = now.astimezone(UTC) + parse_duration(text.strip().removeprefix("+"))
    else:
        typed = _read(text)
        instant = _first_after(typed, now, now, zone, _start_of_day)
    if instant <= now:
        raise ReviewNotAhead(when=echo_instant(instant, zone))
    return instant


def echo_instant(instant: datetime, zone: ZoneInfo) -> str:
    """`Sat 2026-11-21 22:00 CET`; can be typed back."""
    local = instant.astimezone(zone)
    return f"{_SHOWN[local.weekday()]} {local:%Y-%m-%d} {_shown_clock(local)} {local.tzname()}"


def echo_span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Both ends in local time and UTC, on one line, for a person to check before anything happens."""
    local = f"{echo_instant(start, zone)} to {echo_instant(end, zone)}"
    first, last = (
        f"{moment:%Y-%m-%d}T{_shown_clock(moment)}Z" for moment in (start.astimezone(UTC), end.astimezone(UTC))
    )
    return f"{local} (UTC {first} to {last})"


def _plain(text: str) -> str:
    """Lower case, one kind of blank and apostrophe, no accents."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).split())


def _read(text: str) -> _Typed:
    """Weekday, day, clock and offset in that order, each optional, nothing else."""
    rest = _plain(text)
    if not rest:
        raise TimeUnreadable(text=text, problem="it is empty")
    if re.search(r"[0-9]\s?[ap]\.?m\b", rest):
        raise TimeUnreadable(text=text, problem="am and pm are not used; write the hour from 0 to 24")
    if rest[0] == "+":
        raise TimeUnreadable(text=text, problem="a length counts from a start, so only an end can have one")
    typed, rest = _read_words(_Typed(text), rest)
    typed, rest = _read_date(typed, rest)
    typed, rest = _read_clock(typed, rest)
    if rest:
        typed = replace(typed, suffix=_read_suffix(typed, rest))
    return typed


def _read_words(typed: _Typed, rest: str) -> tuple[_Typed, str]:
    rest = rest[_end_of(_FILLER.match(rest)) :]
    while (found := _WORD.match(rest)) is not None:
        word = found[1]
        if word in WEEKDAYS and typed.weekday is None:
            typed = replace(typed, weekday=WEEKDAYS[word])
        elif word in _SHIFTS and typed.shift is None:
            typed = replace(typed, shift=_SHIFTS[word])
        else:
            raise TimeUnreadable(text=typed.text, problem=f'"{word}" is not a day that is known here')
        rest = rest[found.end() :]
        rest = rest[_end_of(_FILLER.match(rest)) :]
    return typed, rest


def _read_date(typed: _Typed, rest: str) -> tuple[_Typed, str]:
    found = next((match for pattern in _DATES if (match := pattern.match(rest))), None)
    if found is None:
        return typed, rest
    if typed.shift is not None:
        raise TimeUnreadable(text=typed.text, problem="it names two days")
    day, month = int(found["d"]), int(found["m"])
    year = None if found["y"] is None else int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
    if not _is_day(2000 if year is None else year, month, day):  # 2000 has a 29 February
        raise TimeUnreadable(text=typed.text, problem=f"there is no day {day} in month {month}; the day comes first")
    if year is not None and year not in _YEARS:
        raise TimeUnreadable(text=typed.text, problem=f"the year {year} is not between {_YEARS[0]} and {_YEARS[-1]}")
    rest = rest[found.end() :]
    return replace(typed, day=day, month=month, year=year), rest[_end_of(_FILLER.match(rest)) :]


def _read_clock(typed: _Typed, rest: str) -> tuple[_Typed, str]:
    if not rest:
        return typed, rest
    found = next((match for pattern in _CLOCKS if (match := pattern.match(rest))), None)
    if found is None:
        raise TimeUnreadable(text=typed.text, problem=f'"{rest}" is not a time of day')
    parts = found.groupdict()
    hour, minute, second = (int(parts.get(name) or 0) for name in "hms")
    fraction = int((parts.get("f") or "0").ljust(6, "0"))
    past_midnight = hour == 24 and not (minute or second or fraction)
    try:
        clock = time(0 if past_midnight else hour, minute, second, fraction)
    except ValueError as error:
        raise TimeUnreadable(text=typed.text, problem=f"{found[0].strip()} is not on a clock of 24 hours") from error
    return replace(typed, clock=clock, past_midnight=past_midnight), rest[found.end() :]


def _read_suffix(typed: _Typed, rest: str) -> tzinfo | str:
    found = _SUFFIX.fullmatch(rest)
    if found is None:
        raise TimeUnreadable(text=typed.text, problem=f'"{rest.strip()}" is left over')
    if typed.year is None:
        raise TimeUnreadable(text=typed.text, problem=f'"{rest.strip()}" needs a full date before it')
    if found["zulu"]:
        return UTC
    if found["name"]:
        return str(found["name"]).upper()
    digits = found["offset"][1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset > timedelta(hours=14) or int(digits[2:]) > 59:
        raise TimeUnreadable(text=typed.text, problem=f'no place has the offset "{found["offset"]}"')
    return timezone(-offset if found["offset"][0] == "-" else offset)


def _end_of(found: re.Match[str] | None) -> int:
    return found.end() if found else 0


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


_WholeDay = Callable[[date, ZoneInfo], datetime]


def _latest(typed: _Typed, now: datetime, zone: ZoneInfo) -> datetime:
    for day in _days(typed, now.astimezone(zone).date(), now, zone, step=-1):
        readings = _readings(typed, day, zone, _start_of_day)
        if not typed.floats or readings[0] <= now:
            return _only(typed, day, readings, zone)
    raise TimeUnreadable(text=typed.text, problem="no such day lies in the past years")


def _first_after(typed: _Typed, after: datetime, now: datetime, zone: ZoneInfo, whole_day: _WholeDay) -> datetime:
    for day in _days(typed, after.astimezone(zone).date(), now, zone, step=1):
        readings = _readings(typed, day, zone, whole_day)
        if not typed.floats or readings[-1] > after:
            return _only(typed, day, readings, zone)
    raise TimeUnreadable(text=typed.text, problem="no such day lies in the years ahead")


def _end(text: str, start: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    if _plain(text) in _NOW:
        return now.astimezone(UTC).replace(microsecond=0)
    if text.strip().startswith("+"):
        return start + parse_duration(text.strip()[1:])
    typed = _read(text)
    finish = _first_after(typed, start, now, zone, _end_of_day)
    if typed.floats and typed.day is not None and finish - start > _FAR:
        finish = _latest(typed, start, zone)
    return finish


def _days(typed: _Typed, origin: date, now: datetime, zone: ZoneInfo, *, step: int) -> Iterator[date]:
    """The days that answer to what was typed, from `origin` on in the direction of `step`."""
    if typed.shift is not None:
        yield _matching(typed, now.astimezone(zone).date() + timedelta(days=typed.shift))
    elif typed.day is not None and typed.month is not None:
        years = [typed.year] if typed.year is not None else [origin.year + step * n for n in range(9)]
        for year in years:
            if _is_day(year, typed.month, typed.day):
                yield _matching(typed, date(year, typed.month, typed.day))
    else:
        days = (origin + timedelta(days=step * n) for n in range(16))
        yield from (day for day in days if typed.weekday in (None, day.weekday()))


def _matching(typed: _Typed, day: date) -> date:
    if typed.weekday not in (None, day.weekday()):
        raise TimeUnreadable(text=typed.text, problem=f"{day} is a {_SHOWN[day.weekday()]}")
    return day


def _readings(typed: _Typed, day: date, zone: ZoneInfo, whole_day: _WholeDay) -> list[datetime]:
    """The instants that the wall clock may mean, in order: two when summer time doubled or removed it, else one."""
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
        raise TimeUnreadable(text=typed.text, problem=f"{zone.key} has no {typed.suffix} at that time")
    return named


def _named(instant: datetime, zone: ZoneInfo) -> tuple[datetime, str | None]:
    local = instant.astimezone(zone)
    return local.replace(tzinfo=None, fold=0), local.tzname()


def _only(typed: _Typed, day: date, readings: list[datetime], zone: ZoneInfo) -> datetime:
    if len(readings) == 1:
        return readings[0]
    first, second = (instant.astimezone(zone) for instant in readings)
    kind = HourDoubled if first.replace(tzinfo=None) == second.replace(tzinfo=None) else HourMissing
    raise kind(text=typed.text, day=day, zone=zone.key, first=first.isoformat(), second=second.isoformat())


def _start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day: midnight, or where summer time begins at midnight the end of the jump."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def _end_of_day(day: date, zone: ZoneInfo) -> datetime:
    return _start_of_day(day + timedelta(days=1), zone)


def _shown_clock(moment: datetime) -> str:
    if moment.microsecond:
        return f"{moment:%H:%M:%S.%f}".rstrip("0")
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
