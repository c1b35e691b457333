"""Durations as people type them: an integer and one of s, m, h or d.

The only notation of cameras.toml, the command line and messages.  Pure.  Never guesses a unit: months and years have
no fixed length, so they are refused rather than approximated.
"""

from __future__ import annotations

import re
from datetime import timedelta

from cctv.core.errors import UsageError
from cctv.core.i18n import N_, Message
from cctv.core.typed_time.words import COUNTS, LENGTH, UNITS

ALLOWED = N_('an integer and one of s, m, h or d, such as "90s", "5m", "72h" or "7d"')
LONGEST = timedelta(days=36_500)  # keeps every later addition inside the calendar

_TYPED = re.compile(r"([0-9]{1,12})([smhd])")
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


class DurationUnreadable(UsageError):
    """The duration "{text}" cannot be read: {problem}. Allowed: {allowed}.

    next: {following}
    """


def parse_duration(text: str) -> timedelta:
    """`72h` as a timedelta; raises DurationUnreadable for anything else."""
    match = _TYPED.fullmatch(text.strip())
    if match is None:
        raise _unreadable(text, _problem(text.strip()))
    count, unit = int(match[1]), _UNITS[match[2]]
    if count > LONGEST // unit:
        raise _unreadable(text, N_("it is longer than 100 years"))
    return count * unit


def format_duration(duration: timedelta) -> str:
    """The shortest exact notation, in the largest unit that divides it: 72 hours are `3d`, 90 minutes are `90m`."""
    if duration < timedelta(0):
        return "-" + format_duration(-duration)
    for name, unit in _UNITS.items():
        if duration and not duration % unit:
            return f"{duration // unit}{name}"
    seconds = f"{duration.total_seconds():.6f}".rstrip("0").rstrip(".")
    return f"{seconds}s"


def length_of(match: re.Match[str]) -> timedelta | None:
    """The length that `words.LENGTH` matched; None where it is none: no number, minutes beside days, over 100 years."""
    unit = UNITS[match["unit"]]
    if (match["minutes"] and unit != _UNITS["h"]) or not (match["count"] or match["unit"] == "kwartier"):
        return None
    count = match["count"] or "1"
    number = COUNTS[count] if count in COUNTS else float(count.replace(",", "."))
    length = number * unit + timedelta(minutes=int(match["minutes"] or 0)) + (unit / 2 if match["half"] else 0 * unit)
    return length if length <= LONGEST else None


def typed_length(text: str) -> timedelta | None:
    """A length in words, `2 uur` or `une demi-heure`, of a text without capitals and accents; None for another text."""
    match = re.fullmatch(LENGTH, text)
    return None if match is None else length_of(match)


def _problem(text: str) -> Message:
    unit = text.lstrip("0123456789.,- ")
    if not text:
        return N_("it is empty")
    if text[0] == "-":
        return N_("it is negative")
    if not unit:
        return N_("it has no unit")
    if text[0] not in "0123456789":
        return N_("it does not start with an integer")
    if unit not in _UNITS:
        return N_('"{unit}" is not a unit', unit=unit)
    return N_("it is not an integer and a unit, written together")


def _unreadable(text: str, problem: str) -> DurationUnreadable:
    following = (
        N_("weeks, months and years have no unit here: write four weeks as 28d.")
        if _is_long(text)
        else N_("write it as in 7d.")
    )
    return DurationUnreadable(text=text, problem=problem, allowed=ALLOWED, following=following)


def _is_long(text: str) -> bool:
    return re.search(r"[0-9 ](w|y|j|mo|maand|month|mois|an)", text.casefold()) is not None
