"""Parse a typed time into its parts (weekday, day, clock, offset); `resolve` makes an instant of them.

The notation is ISO 8601 and the Dutch, French and English forms of docs/decisions/0014-typed-times.md, whatever the
language of the machine.  Weekdays count from 0, Monday.  Pure.  Never reads a date month first.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, time, timedelta, timezone, tzinfo

from cctv.core.errors import UsageError
from cctv.core.i18n import N_, Message, pgettext_lazy

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

CONTEXT = "weekday"  # of their translation
SHOWN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHIFTS = {
    **dict.fromkeys(("eergisteren", "avant-hier"), -2),
    **dict.fromkeys(("gisteren", "hier", "yesterday"), -1),
    **dict.fromkeys(("vandaag", "aujourd'hui", "today"), 0),
    **dict.fromkeys(("morgen", "demain", "tomorrow"), 1),
    **dict.fromkeys(("overmorgen", "apres-demain"), 2),
}
_YEARS = range(1990, 2200)

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


@dataclass(frozen=True, slots=True)
class Typed:
    """The parts of a typed time; a part that was not typed is None."""

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
        """Whether several moments match, so that the caller must choose the nearest in one direction."""
        return self.shift is None and self.year is None


def shown(day: date) -> Message:
    """`Sat`; can be typed back in any of the three languages."""
    return pgettext_lazy(CONTEXT, SHOWN[day.weekday()])


def read(text: str) -> Typed:
    """Weekday, day, clock and offset in that order, each optional; raises TimeUnreadable for anything else."""
    rest = plain(text)
    if not rest:
        raise TimeUnreadable(text=text, problem=N_("it is empty"))
    if re.search(r"[0-9]\s?[ap]\.?m\b", rest):
        raise TimeUnreadable(text=text, problem=N_("am and pm are not used; write the hour from 0 to 24"))
    if rest[0] == "+":
        raise TimeUnreadable(text=text, problem=N_("a length counts from a start, so only an end can have one"))
    typed, rest = _read_words(Typed(text), rest)
    typed, rest = _read_date(typed, rest)
    typed, rest = _read_clock(typed, rest)
    if rest:
        typed = replace(typed, suffix=_read_suffix(typed, rest))
    return typed


def is_day(year: int, month: int, day: int) -> bool:
    """Whether the calendar has the day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def plain(text: str) -> str:
    """Lower case, one kind of blank and apostrophe, no accents."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).split())


def _read_words(typed: Typed, rest: str) -> tuple[Typed, str]:
    rest = rest[_end_of(_FILLER.match(rest)) :]
    while (match := _WORD.match(rest)) is not None:
        word = match[1]
        if word in WEEKDAYS and typed.weekday is None:
            typed = replace(typed, weekday=WEEKDAYS[word])
        elif word in _SHIFTS and typed.shift is None:
            typed = replace(typed, shift=_SHIFTS[word])
        else:
            raise TimeUnreadable(text=typed.text, problem=N_('"{word}" is not a day that is known here', word=word))
        rest = rest[match.end() :]
        rest = rest[_end_of(_FILLER.match(rest)) :]
    return typed, rest


def _read_date(typed: Typed, rest: str) -> tuple[Typed, str]:
    date_match = next((match for pattern in _DATES if (match := pattern.match(rest))), None)
    if date_match is None:
        return typed, rest
    if typed.shift is not None:
        raise TimeUnreadable(text=typed.text, problem=N_("it names two days"))
    day, month = int(date_match["d"]), int(date_match["m"])
    year = None if date_match["y"] is None else int(date_match["y"]) + (2000 if len(date_match["y"]) == 2 else 0)
    if not is_day(2000 if year is None else year, month, day):  # 2000 has a 29 February
        raise TimeUnreadable(
            text=typed.text,
            problem=N_("there is no day {day} in month {month}; the day comes first", day=day, month=month),
        )
    if year is not None and year not in _YEARS:
        raise TimeUnreadable(
            text=typed.text,
            problem=N_(
                "the year {year} is not between {first} and {last}", year=year, first=_YEARS[0], last=_YEARS[-1]
            ),
        )
    rest = rest[date_match.end() :]
    return replace(typed, day=day, month=month, year=year), rest[_end_of(_FILLER.match(rest)) :]


def _read_clock(typed: Typed, rest: str) -> tuple[Typed, str]:
    if not rest:
        return typed, rest
    clock_match = next((match for pattern in _CLOCKS if (match := pattern.match(rest))), None)
    if clock_match is None:
        raise TimeUnreadable(text=typed.text, problem=N_('"{rest}" is not a time of day', rest=rest))
    parts = clock_match.groupdict()
    hour, minute, second = (int(parts.get(name) or 0) for name in "hms")
    fraction = int((parts.get("f") or "0").ljust(6, "0"))
    past_midnight = hour == 24 and not (minute or second or fraction)
    try:
        clock = time(0 if past_midnight else hour, minute, second, fraction)
    except ValueError as error:
        raise TimeUnreadable(
            text=typed.text, problem=N_("{clock} is not on a clock of 24 hours", clock=clock_match[0].strip())
        ) from error
    return replace(typed, clock=clock, past_midnight=past_midnight), rest[clock_match.end() :]


def _read_suffix(typed: Typed, rest: str) -> tzinfo | str:
    suffix = _SUFFIX.fullmatch(rest)
    if suffix is None:
        raise TimeUnreadable(text=typed.text, problem=N_('"{rest}" is left over', rest=rest.strip()))
    if typed.year is None:
        raise TimeUnreadable(text=typed.text, problem=N_('"{rest}" needs a full date before it', rest=rest.strip()))
    if suffix["zulu"]:
        return UTC
    if suffix["name"]:
        return str(suffix["name"]).upper()
    digits = suffix["offset"][1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset > timedelta(hours=14) or int(digits[2:]) > 59:
        raise TimeUnreadable(text=typed.text, problem=N_('no place has the offset "{offset}"', offset=suffix["offset"]))
    return timezone(-offset if suffix["offset"][0] == "-" else offset)


def _end_of(match: re.Match[str] | None) -> int:
    return match.end() if match else 0
