"""Parse a typed time into its readings, each a day and a clock; `resolve` makes instants of them.

The notation is ISO 8601 and the Dutch, French and English forms of docs/decisions/0014-typed-times.md, whatever the
language of the machine; `words` has the vocabulary.  Weekdays count from 0, Monday.  Pure.  Never reads a date month
first, and never chooses between two readings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import product

from cctv.core.errors import UsageError
from cctv.core.i18n import N_, Message, pgettext_lazy
from cctv.core.typed_time import words
from cctv.core.typed_time.durations import length_of
from cctv.core.typed_time.words import WEEKDAYS, DayPart, split_words

CONTEXT = "weekday"  # of their translation
SHOWN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
YEARS = range(1990, 2200)
_LONGEST = 1000  # signs; each word of a time may have several readings
_DAY = 24 * 60
_ANY_DAY = date(2000, 1, 1)


class TimeUnreadable(UsageError):
    """The time "{text}" cannot be used: {problem}.

    next: type for example "za 22u", "22u30", "gisteren 14:00", "21/11 9:30" (day first) or "2026-11-21 22:00".
    """


@dataclass(frozen=True, slots=True)
class Typed:
    """One reading of a typed time; a part that was not typed is None."""

    text: str
    weekday: int | None = None
    week: int | None = None  # calendar weeks from this one
    toward: int | None = None  # -1: the nearest such weekday before today; 1: after it
    shift: int | None = None  # days from today
    delta: timedelta | None = None  # from now
    day: int | None = None
    month: int | None = None
    year: int | None = None
    clock: time | None = None
    days_later: int = 0  # than the day named: 24:00 is 00:00 of the next one, and so is 2:00 of a night
    part: DayPart | None = None  # the whole of it, where no clock was typed
    around_now: bool = False  # "vannacht": the night that is nearest to now
    suffix: tzinfo | str | None = None  # an offset, or the name of one

    @property
    def floats(self) -> bool:
        """Whether the same words match a moment each day or week, so that the caller chooses by direction."""
        fixed = (self.shift, self.week, self.toward, self.delta, self.year, self.month)
        return all(part is None for part in fixed) and not self.around_now


def shown(day: date) -> Message:
    """`Sat`; can be typed back in any of the three languages."""
    return pgettext_lazy(CONTEXT, SHOWN[day.weekday()])


def read(text: str) -> tuple[Typed, ...]:
    """The readings of a text, at least one; raises TimeUnreadable for what has none."""
    rest = split_words(plain(text))
    if not rest:
        raise TimeUnreadable(text=text, problem=N_("it is empty"))
    if rest[0] == "+":
        raise TimeUnreadable(text=text, problem=N_("a length counts from a start, so only an end can have one"))
    return tuple(_Reader(text, rest).readings())


def is_day(year: int, month: int, day: int) -> bool:
    """Whether the calendar has the day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def plain(text: str) -> str:
    """Lower case, one kind of blank and apostrophe, no accents; raises TimeUnreadable for what no person types."""
    if len(text) > _LONGEST:
        raise TimeUnreadable(text=f"{text[:_LONGEST]}...", problem=N_("it is too long"))
    folded = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).split())


@dataclass(frozen=True, slots=True)
class _Meaning:
    """One of the things that an open word or number may mean; a part that it does not mean is None."""

    minutes: tuple[int, ...] = ()  # it is the clock, as in `_Reader.minutes`
    beside: int = 0  # minutes past the hour before it
    day: int | None = None
    month: int | None = None
    shift: int | None = None
    part: DayPart | None = None

    @property
    def names_day(self) -> bool:
        return self.day is not None or self.shift is not None


class _Reader:
    """Takes a text apart from its left end; `readings` settles what the parts mean together."""

    def __init__(self, text: str, rest: str) -> None:
        self.text, self.rest = text, rest
        self.typed = Typed(text)
        self.beside: int | None = None
        self.part: DayPart | None = None
        self.minutes: tuple[int, ...] = ()  # from midnight: each hour that the clock may mean
        self.beyond = timedelta(0)  # seconds and their fraction
        self.half_known = False  # by "am" or "pm"
        self.midnight = self.night_settled = self.evening_too = self.this = self.tuesday_or_march = False
        self.number: tuple[int, bool] | None = None  # a bare number, and whether it has the ending of an ordinal
        self.dotted: list[tuple[int, int]] = []  # "8.11": a clock, or a day and a month
        self.single: int | None = None  # the 5 of "8 uur 5": minutes, or a day
        self.morning_or_tomorrow = False
        takes = (self._take_length, self._take_date, self._take_dial, self._take_clock, self._take_phrase)
        while self.rest:
            if not any(take() for take in takes) and not self._take_number() and not self._take_suffix():
                self._skip_filler()

    def _refuse(self, problem: str) -> TimeUnreadable:
        return TimeUnreadable(text=self.text, problem=problem)

    def _match(self, pattern: str) -> re.Match[str] | None:
        match = re.match(pattern, self.rest)
        if match is not None:
            self.rest = self.rest[match.end() :]
        return match

    def _set(self, **values: object) -> bool:
        """Set parts of the day, each once."""
        if any(getattr(self.typed, name) is not None for name in values):
            raise self._refuse(N_("it names two days"))
        self.typed = replace(self.typed, **values)  # type: ignore[arg-type]  # names and types are those of the callers
        return True

    def _set_minutes(self, *minutes: int) -> bool:
        if self.minutes:
            raise self._refuse(N_("it names two times of day"))
        self.minutes = minutes
        return True

    def _take_length(self) -> bool:
        match, sign = self._match(words.AGO) or self._match(words.AGO_IN_FRENCH), -1
        if match is None:
            match, sign = self._match(words.AHEAD), 1
        if match is None:
            return False
        length = length_of(match)
        if length is None:
            raise self._refuse(N_('"{length}" is not a length', length=match[0].strip()))
        if words.UNITS[match["unit"]] < timedelta(days=1) or length % timedelta(days=1):
            return self._set(delta=sign * length)
        return self._set(shift=sign * length.days)

    def _take_date(self) -> bool:
        match = next((found for pattern in words.DATES if (found := self._match(pattern))), None)
        if match is None:
            return False
        parts = match.groupdict()
        if self.typed.shift is not None:
            raise self._refuse(N_("it names two days"))
        day = int(parts.get("d") or parts["after"])
        month = words.MONTHS[parts["month"]] if parts.get("month") else int(parts["m"])
        year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0) if parts["y"] else None
        if not is_day(2000 if year is None else year, month, day):  # 2000 has a 29 February
            raise self._refuse(N_("there is no day {day} in month {month}; the day comes first", day=day, month=month))
        if year is not None and year not in YEARS:
            first, last = YEARS[0], YEARS[-1]
            raise self._refuse(
                N_("the year {year} is not between {first} and {last}", year=year, first=first, last=last)
            )
        return self._set(day=day, month=month) and (year is None or self._set(year=year))

    def _take_dial(self) -> bool:
        for pattern, factor, extra in words.DIALS:
            match = self._match(pattern)
            if match is not None:
                parts = match.groupdict()
                beside = factor * _number(parts.get("past") or self._minutes_typed(parts) or "0") + extra
                if parts.get("noon") or parts.get("midnight"):
                    self.midnight = not parts["noon"]
                    return self._set_minutes(beside if self.midnight else 720 + beside)
                typed = parts.get("hour") or parts["digits"]
                hour = _number(typed)
                if hour > 24 or abs(beside) > 59:
                    raise self._not_on_clock(match[0])
                minutes: tuple[int, ...] = on_dial(hour * 60 + beside) if hour <= 12 else (hour * 60 + beside,)
                if extra == -30 and typed in words.ENGLISH_NUMBERS:  # "half eight" is half past in English only
                    minutes += on_dial(hour * 60 - beside)
                return self._set_minutes(*minutes)
        return False

    def _take_clock(self) -> bool:
        match = next((found for pattern in words.CLOCKS if (found := self._match(pattern))), None)
        if match is None:
            return False
        parts = match.groupdict()
        hour, minute, second = (int(parts.get(name) or 0) for name in "hms")
        minute = minute or int(self._minutes_typed(parts) or 0)
        fraction = int((parts.get("f") or "0").ljust(6, "0"))
        if match.re.pattern == words.DOTTED and is_day(2000, minute or 13, hour):
            if len(self.dotted) == 2:  # a clock and a date: each more doubles what `_combined` tries
                raise self._refuse(N_('"{rest}" is left over', rest=match[0].strip()))
            self.dotted.append((hour, minute))
            return True
        half = parts.get("half")
        if half:
            if not 1 <= hour <= 12 or minute > 59:
                raise self._refuse(N_("{clock} is not on a clock of 12 hours", clock=match[0].strip()))
            self.half_known, self.midnight = True, hour == 12 and half == "a" and not minute
            return self._set_minutes(hour % 12 * 60 + minute + (half == "p") * 720)
        if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second or fraction)):
            raise self._not_on_clock(match[0])
        self.beyond = timedelta(seconds=second, microseconds=fraction)
        return self._set_minutes(hour * 60 + minute)

    def _minutes_typed(self, parts: dict[str, str | None]) -> str | None:
        """The minutes behind an hour; None where a single digit leaves open whether it is a day."""
        typed = parts.get("mm")
        if typed is not None and len(typed) == 1 and not parts.get("sure"):
            self.single = int(typed)
            return None
        return typed

    def _take_phrase(self) -> bool:
        between = self._match(words.NIGHT_BETWEEN)
        if between is not None:
            first, second = WEEKDAYS[between["first"]], WEEKDAYS[between["second"]]
            if (first + 1) % 7 != second:
                raise self._refuse(N_("no night lies between these days"))
            self.night_settled = True
            return self._set_part(DayPart.NIGHT) and self._set(weekday=first)
        self.this = self._match(words.THIS_WEEKDAY) is not None or self.this
        match = self._match(words.PHRASE)
        return match is not None and self._set_phrase(match["phrase"])

    def _set_phrase(self, phrase: str) -> bool:
        if phrase in WEEKDAYS:
            self.tuesday_or_march = phrase == words.BOTH_DAY_AND_MONTH
            return self._set(weekday=WEEKDAYS[phrase])
        if phrase == words.TOMORROW_OR_MORNING and not self._names_day(self.typed) and self._is_open():
            self.morning_or_tomorrow = True
            return True
        if phrase in words.PARTS or (phrase == words.TOMORROW_OR_MORNING and self._names_day(self.typed)):
            return self._set_part(words.PARTS.get(phrase, DayPart.MORNING))
        if phrase in words.THIS_NIGHT:
            self.typed = replace(self.typed, around_now=True)
            return self._set_part(DayPart.NIGHT)
        if phrase in words.LAST_NIGHT:
            self.night_settled, self.evening_too = True, phrase == "last night"
            return self._set_part(DayPart.NIGHT) and self._set(shift=-1)
        if phrase in words.NOON or phrase in words.MIDNIGHT:
            self.midnight = phrase in words.MIDNIGHT
            return self._set_minutes(0 if self.midnight else 720)
        if phrase in words.BESIDE:
            self.beside = words.BESIDE[phrase]
            return True
        for name, meanings in (("shift", words.SHIFTS), ("week", words.WEEKS), ("toward", words.NEAREST)):
            if phrase in meanings:
                return self._set(**{name: meanings[phrase]})
        return False

    def _set_part(self, part: DayPart) -> bool:
        if self.part is not None:
            raise self._refuse(N_("it names two parts of a day"))
        self.part = part
        return True

    def _take_number(self) -> bool:
        match = self._match(words.NUMBER)
        if match is None:
            return False
        if self.number is not None:
            raise self._refuse(N_('"{rest}" is left over', rest=match[0].strip()))
        self.number = int(match["number"]), match["ordinal"] is not None
        return True

    def _take_suffix(self) -> bool:
        suffix = re.fullmatch(words.SUFFIX, self.rest) if self.minutes else None
        if suffix is None:
            return False
        if self.typed.year is None:
            raise self._refuse(N_('"{rest}" needs a full date before it', rest=self.rest.strip()))
        self.typed, self.rest = replace(self.typed, suffix=self._suffix(suffix)), ""
        return True

    def _suffix(self, suffix: re.Match[str]) -> tzinfo | str:
        if suffix["zulu"]:
            return UTC
        if suffix["name"]:
            return str(suffix["name"]).upper()
        digits = suffix["offset"][1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if offset > timedelta(hours=14) or int(digits[2:]) > 59:
            raise self._refuse(N_('no place has the offset "{offset}"', offset=suffix["offset"]))
        return timezone(-offset if suffix["offset"][0] == "-" else offset)

    def _skip_filler(self) -> None:
        if self._match(words.FILLER) is not None:
            return
        word = re.match(r"[a-z][a-z'-]*", self.rest)
        if word is not None:
            raise self._refuse(N_('"{word}" is not a day that is known here', word=word[0]))
        if self.rest[0].isdigit():
            raise self._refuse(N_('"{rest}" is not a time of day', rest=self.rest))
        raise self._refuse(N_('"{rest}" is left over', rest=self.rest))

    def _not_on_clock(self, clock: str) -> TimeUnreadable:
        return self._refuse(N_("{clock} is not on a clock of 24 hours", clock=clock.strip()))

    @staticmethod
    def _names_day(typed: Typed) -> bool:
        return any(part is not None for part in (typed.weekday, typed.shift, typed.day, typed.week))

    def _is_open(self) -> bool:
        return bool(self.number or self.dotted)

    # What the parts mean together.

    def readings(self) -> list[Typed]:
        """Each meaning of the text; those that the calendar does not have are left to `resolve`."""
        weekday = self.typed.weekday
        if weekday is None and not (self.beside is self.typed.toward is self.typed.week is None):
            raise self._refuse(N_("it names no day"))
        readings: list[Typed] = []
        failure: TimeUnreadable | None = None
        for typed, minutes, part in self._combined():
            for placed in self._placed(typed):
                try:
                    self._check_day(placed)
                    readings += self._with_clock(placed, minutes, part)
                except TimeUnreadable as error:
                    failure = failure or error
        if not readings:
            raise failure or self._refuse(N_('"{rest}" is left over', rest=self._left_over()))
        return list(dict.fromkeys(readings))

    def _placed(self, typed: Typed) -> tuple[Typed, ...]:
        if self.beside is not None:
            return replace(typed, toward=self.beside), replace(typed, week=self.beside)
        return (typed, replace(typed, week=0)) if self.this else (typed,)

    def _check_day(self, typed: Typed) -> None:
        """Refuse a day that is named in two ways, of which `resolve` would follow one."""
        ways = (typed.shift, typed.delta, typed.week, typed.toward, typed.around_now or None)
        counted = typed.shift is not None or typed.delta is not None or typed.around_now
        dated = typed.day is not None or (typed.weekday is not None and typed.shift is None)
        if sum(way is not None for way in ways) > 1 or (counted and dated):
            raise self._refuse(N_("it names two days"))

    def _left_over(self) -> str:
        number = [] if self.number is None else [str(self.number[0])]
        return " ".join((*number, *(f"{hour}.{minute:02}" for hour, minute in self.dotted)))

    def _combined(self) -> Iterator[tuple[Typed, tuple[int, ...], DayPart | None]]:
        """Each choice of what numbers, pairs with a dot and "morgen" mean that names no day, clock or part twice."""
        dated = any(part is not None for part in (self.typed.shift, self.typed.day)) or self.typed.around_now
        for chosen in product(*self._open()):
            minutes = [meaning.minutes for meaning in chosen if meaning.minutes]
            parts = [meaning.part for meaning in chosen if meaning.part]
            days = [meaning for meaning in chosen if meaning.names_day]
            if len(minutes) + bool(self.minutes) > 1 or len(parts) + bool(self.part) > 1 or len(days) + dated > 1:
                continue
            beside = sum(meaning.beside for meaning in chosen)
            clock = tuple(minute + beside for minute in (minutes[0] if minutes else self.minutes))
            typed = self.typed
            if days:
                march = self.tuesday_or_march and self.number is not None and days[0].month == 3
                named = {
                    name: value for name in ("day", "month", "shift") if (value := getattr(days[0], name)) is not None
                }
                typed = replace(typed, weekday=None if march else typed.weekday, **named)
            yield typed, clock, parts[0] if parts else self.part

    def _open(self) -> Iterator[tuple[_Meaning, ...]]:
        if self.number is not None:
            yield tuple(self._of_number(*self.number))
        for hour, minute in self.dotted:
            day = _Meaning(day=hour, month=minute)
            yield (_Meaning(minutes=(hour * 60 + minute,)), day) if hour < 24 else (day,)
        if self.single is not None:
            day_too = () if self.part else (_Meaning(day=self.single),)
            yield _Meaning(beside=self.single), *day_too
        if self.morning_or_tomorrow:
            yield _Meaning(part=DayPart.MORNING), _Meaning(shift=1)

    def _of_number(self, number: int, ordinal: bool) -> Iterator[_Meaning]:
        """An hour, or a day of the month; beside a part of a day a day only where it cannot be the hour."""
        if number <= 24 and not ordinal:
            yield _Meaning(minutes=on_dial(number * 60) if 1 <= number <= 12 else (number * 60,))
        clock_there = bool(self.minutes or self.dotted) or ordinal
        if 1 <= number <= 31 and (clock_there or number > 24 or self.part is None):
            yield _Meaning(day=number)
            if self.tuesday_or_march:
                yield _Meaning(day=number, month=3)

    def _with_clock(self, typed: Typed, minutes: tuple[int, ...], part: DayPart | None) -> Iterator[Typed]:
        alone = typed == Typed(self.text) and not minutes and part is None
        if alone or (typed.delta is not None and (minutes or part is not None)):
            raise self._refuse(N_("it names no time") if alone else N_("it names two times of day"))
        named = self._names_day(typed)
        if part is DayPart.NIGHT:
            yield from self._with_night(typed, minutes, named and not (self.night_settled or typed.around_now))
        elif part is None:
            if self.midnight and not named:
                minutes = tuple(minute % _DAY for minute in minutes)
            for minute in minutes + tuple(minute + _DAY for minute in minutes if self.midnight and named):
                yield self._at(typed, minute)
            if not minutes:
                yield typed
        elif not minutes:
            yield replace(typed, part=part)
        else:
            for minute in self._fitting(minutes, words.HOURS_OF[part]):
                yield self._at(typed, minute)

    def _with_night(self, typed: Typed, minutes: tuple[int, ...], named: bool) -> Iterator[Typed]:
        """The night of a named day began on its evening or ended on its morning: two readings, unless it is settled."""
        settled = self.night_settled or typed.around_now
        if not minutes:
            yield replace(typed, part=DayPart.NIGHT)
            if named:
                yield replace(typed, part=DayPart.NIGHT, days_later=-1)
            if self.evening_too:
                yield replace(typed, part=DayPart.EVENING)
            return
        hours = (*range(words.NIGHT_ENDS), *range(words.NIGHT_BEGINS, _DAY))
        for minute in self._fitting(tuple(minute % _DAY for minute in minutes), hours):
            if minute >= words.NIGHT_BEGINS or not settled:
                yield self._at(typed, minute)
            if minute < words.NIGHT_ENDS and (named or settled):
                yield self._at(typed, minute + _DAY)

    def _fitting(self, minutes: tuple[int, ...], hours: Sequence[int]) -> list[int]:
        """The moments of a part of a day that typed hours may mean; raises TimeUnreadable where there is none.

        One that fits as it was typed does: in a night 7:30 is 07:30.  Otherwise 9 is 21:00 in the evening.
        """
        fitting = [minute for minute in minutes if minute in hours]
        if (len(minutes) > 1 or not fitting) and not self.half_known:
            midnights = [minute + _DAY for minute in minutes if self.midnight]
            fitting = [minute for minute in (*_on_dials(minutes), *midnights) if minute in hours]
        if not fitting:
            raise self._refuse(N_("that hour is not in that part of the day"))
        return fitting

    def _at(self, typed: Typed, minute: int) -> Typed:
        days, rest = divmod(minute, _DAY)
        clock = (datetime.combine(_ANY_DAY, time()) + timedelta(minutes=rest) + self.beyond).time()
        return replace(typed, clock=clock, days_later=days)


def on_dial(minutes: int) -> tuple[int, int]:
    """Both moments of a day, in minutes from midnight, at which a dial of 12 hours shows this."""
    return minutes % 720, minutes % 720 + 720


def _on_dials(minutes: tuple[int, ...]) -> list[int]:
    """The moments that typed hours may mean once a part of the day is named: 9 is 21:00 in the evening, 22 is 22:00."""
    every = {moment for minute in minutes for moment in (on_dial(minute) if minute < 13 * 60 else (minute,))}
    return sorted(every)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else words.NUMBERS[text]
