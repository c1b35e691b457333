"""Dates, times, periods, numbers, lists and countries as Dutch, French and English write them.

Names and numbers are Babel's; the patterns of times and the sentences around them are in the catalogs, because letters
write times out ("22.30 uur", "22 h 30") where CLDR has 22:30.  Pure: the time zone is an argument.  A wall time that
occurs twice at the end of summer time is marked as summer or winter time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal

from cctv.core.i18n import N_, Language, pgettext_lazy, translate_to
from cctv.core.time_range import Span

_LOCALES = {Language.NL: Locale("nl"), Language.FR: Locale("fr"), Language.EN: Locale("en", "GB")}
_UNITS: dict[Literal["day", "hour", "minute", "second"], timedelta] = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
# Patterns of CLDR: https://unicode.org/reports/tr35/tr35-dates.html
_ON_THE_HOUR = pgettext_lazy("time on the hour", "HH:mm")
_TO_THE_MINUTE = pgettext_lazy("time to the minute", "HH:mm")
_TO_THE_SECOND = pgettext_lazy("time to the second", "HH:mm:ss")
_SUMMER = pgettext_lazy("clock", "summer time")
_WINTER = pgettext_lazy("clock", "winter time")
_GAP = "\u00a0"  # keeps a number and its word on one line


def day(when: date, language: Language) -> str:
    """`25 november 2026`, `1er novembre 2026`, `25 November 2026`."""
    number = "1er" if language is Language.FR and when.day == 1 else str(when.day)  # CLDR has no ordinal for it
    return f"{number}{_GAP}{month(when, language)}"


def weekday_name(when: date, language: Language) -> str:
    """`woensdag`."""
    return format_date(when, "EEEE", _LOCALES[language])


def weekday(when: date, language: Language) -> str:
    """`woensdag 25 november 2026`."""
    return f"{weekday_name(when, language)} {day(when, language)}"


def month(when: date, language: Language) -> str:
    """`november 2026`."""
    return format_date(when, "MMMM y", _LOCALES[language])


def clock(instant: datetime, language: Language, zone: ZoneInfo) -> str:
    """`22.30 uur`, `22 h 30`, `22:30`; seconds only where there are any."""
    local = instant.astimezone(zone)
    pattern = _TO_THE_SECOND if local.second else _TO_THE_MINUTE if local.minute else _ON_THE_HOUR
    text = format_time(local, translate_to(pattern, language), zone, _LOCALES[language])
    return f"{text} ({translate_to(_SUMMER if local.dst() else _WINTER, language)})" if _is_doubled(local) else text


def moment(instant: datetime, language: Language, zone: ZoneInfo) -> str:
    """`woensdag 25 november 2026 om 22.30 uur`."""
    local = instant.astimezone(zone)
    at = N_("{day} at {time}", day=weekday(local, language), time=clock(local, language, zone))
    return translate_to(at, language)


def period(span: Span, language: Language, zone: ZoneInfo) -> str:
    """`zaterdag 21 november 2026 van 22.30 uur tot 23.00 uur`; both days where it runs into another."""
    first, last = span.start.astimezone(zone), span.end.astimezone(zone)
    if first.date() == last.date():
        start, end = clock(first, language, zone), clock(last, language, zone)
        text = N_("{day}, from {start} to {end}", day=weekday(first, language), start=start, end=end)
    else:
        start, end = moment(first, language, zone), moment(last, language, zone)
        text = N_("from {start} to {end}", start=start, end=end)
    return translate_to(text, language)


def duration(length: timedelta, language: Language) -> str:
    """`28 dagen`, `1 heure et 30 minutes`; the units that are not zero, to the second."""
    parts: list[str] = []
    left = length
    for unit, size in _UNITS.items():
        count, left = divmod(left, size)
        if count or (unit == "second" and not parts):
            text = format_timedelta(count * size, unit, threshold=math.inf, locale=_LOCALES[language])
            parts.append(text.replace(" ", _GAP))
    return listed(parts, language)


def number(count: int, language: Language) -> str:
    """`1.234`, `1 234`, `1,234`."""
    return format_decimal(count, locale=_LOCALES[language])


def listed(items: Sequence[str], language: Language) -> str:
    """`a, b en c`."""
    return format_list(items, locale=_LOCALES[language])


def country_name(code: str, language: Language) -> str:
    """`BE` as "Belgique"; raises KeyError for what is no ISO 3166 code."""
    name: str = _LOCALES[language].territories[code.upper()]
    return name


def _is_doubled(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset() and _exists(local)


def _exists(local: datetime) -> bool:
    """Whether a wall time is one that the clock shows: both folds differ in spring too, where it jumps."""
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
