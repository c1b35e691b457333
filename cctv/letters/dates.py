"""Dates, times, periods, numbers and lists as Dutch, French and English write them.

Owns their spelling.  Pure: the time zone is an argument.  A wall time that summer time doubled says which one it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cctv.kernel.span import Span
from cctv.model.language import Language

_MONTHS = {
    Language.NL: "januari februari maart april mei juni juli augustus september oktober november december",
    Language.FR: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    Language.EN: "January February March April May June July August September October November December",
}
_DAYS = {
    Language.NL: "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    Language.FR: "lundi mardi mercredi jeudi vendredi samedi dimanche",
    Language.EN: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
_AND = {Language.NL: "en", Language.FR: "et", Language.EN: "and"}
_UNITS = {  # singular and plural; "uur" has one form after a number
    Language.NL: (("dag", "dagen"), ("uur", "uur"), ("minuut", "minuten"), ("seconde", "seconden")),
    Language.FR: (("jour", "jours"), ("heure", "heures"), ("minute", "minutes"), ("seconde", "secondes")),
    Language.EN: (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
}
_SIZES = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))
_SEASONS = {
    Language.NL: ("wintertijd", "zomertijd"),
    Language.FR: ("heure d’hiver", "heure d’été"),
    Language.EN: ("winter time", "summer time"),
}
_GROUPS = {Language.NL: ".", Language.FR: "\u202f", Language.EN: ","}
_GAP = "\u00a0"  # keeps a number and its word on one line


def day(when: date, language: Language) -> str:
    """`25 november 2026`, `1er novembre 2026`, `25 November 2026`."""
    number = "1er" if language is Language.FR and when.day == 1 else str(when.day)
    return f"{number}{_GAP}{_MONTHS[language].split()[when.month - 1]} {when.year}"


def weekday(when: date, language: Language) -> str:
    """`woensdag 25 november 2026`."""
    return f"{_DAYS[language].split()[when.weekday()]} {day(when, language)}"


def month(when: date, language: Language) -> str:
    """`november 2026`."""
    return f"{_MONTHS[language].split()[when.month - 1]} {when.year}"


def clock(instant: datetime, language: Language, zone: ZoneInfo) -> str:
    """`22.30 uur`, `22 h 30`, `22:30`; seconds only where there are any."""
    local = instant.astimezone(zone)
    hour, minute, second = local.hour, f"{local.minute:02d}", f"{local.second:02d}"
    exact = local.second != 0
    if language is Language.NL:
        said = f"{hour}.{minute}{f'.{second}' if exact else ''}{_GAP}uur"
    elif language is Language.FR:
        said = f"{hour}{_GAP}h{f'{_GAP}{minute}' if local.minute or exact else ''}"
        said += f"{_GAP}min{_GAP}{second}{_GAP}s" if exact else ""
    else:
        said = f"{hour:02d}:{minute}{f':{second}' if exact else ''}"
    return f"{said} ({_SEASONS[language][bool(local.dst())]})" if _is_doubled(local) else said


def moment(instant: datetime, language: Language, zone: ZoneInfo) -> str:
    """`woensdag 25 november 2026 om 22.30 uur`."""
    at = {Language.NL: "om", Language.FR: "à", Language.EN: "at"}[language]
    return f"{weekday(instant.astimezone(zone).date(), language)} {at} {clock(instant, language, zone)}"


def period(span: Span, language: Language, zone: ZoneInfo) -> str:
    """`zaterdag 21 november 2026 van 22.30 uur tot 23.00 uur`; both days where it runs into another."""
    first, last = span.start.astimezone(zone).date(), span.end.astimezone(zone).date()
    start, end = clock(span.start, language, zone), clock(span.end, language, zone)
    words = {Language.NL: ("van", "tot"), Language.FR: ("de", "à"), Language.EN: ("from", "to")}[language]
    if first == last:
        comma = "," if language is not Language.NL else ""
        return f"{weekday(first, language)}{comma} {words[0]} {start} {words[1]} {end}"
    begin, finish = (moment(one, language, zone) for one in (span.start, span.end))
    lead = {Language.NL: "van", Language.FR: "du", Language.EN: "from"}[language]
    until = {Language.NL: "tot", Language.FR: "au", Language.EN: "to"}[language]
    return f"{lead} {begin} {until} {finish}"


def duration(length: timedelta, language: Language) -> str:
    """`28 dagen`, `1 heure et 30 minutes`; the units that are not zero, to the second."""
    parts, left = [], length
    for size, (one, many) in zip(_SIZES, _UNITS[language], strict=True):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{_GAP}{one if count == 1 else many}")
    return listed(parts or [f"0{_GAP}{_UNITS[language][-1][1]}"], language)


def number(count: int, language: Language) -> str:
    """`1.234`, `1 234`, `1,234`."""
    return f"{count:,}".replace(",", _GROUPS[language])


def listed(items: Sequence[str], language: Language) -> str:
    """`a, b en c`."""
    *most, last = items
    return f"{', '.join(most)} {_AND[language]} {last}" if most else last


def _is_doubled(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset() and _exists(local)


def _exists(local: datetime) -> bool:
    """Whether a wall time is one that the clock shows: both folds differ in spring too, where it jumps."""
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
