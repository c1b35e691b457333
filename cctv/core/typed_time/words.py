"""The words in which times are typed: days, months, parts of a day, numbers and lengths, in Dutch, French and English.

Vocabulary of what people type, not of messages: it holds whatever the language of the machine, and is written without
capitals and accents (`parser.plain`).  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import Enum
from typing import TypeVar

_V = TypeVar("_V")


class DayPart(Enum):
    """A part of a day: the minutes from midnight where it begins and ends when no clock is typed beside it.

    A night begins on one day and ends on the next, so its end lies beyond 24 hours.
    """

    MORNING = (6 * 60, 12 * 60)
    AFTERNOON = (12 * 60, 18 * 60)
    EVENING = (18 * 60, 24 * 60)
    NIGHT = (22 * 60, 30 * 60)


# Minutes from midnight in which a typed hour belongs to a part: people say "5 uur 's avonds" and "3 uur 's morgens".
HOURS_OF = {
    DayPart.MORNING: range(1, 12 * 60),
    DayPart.AFTERNOON: range(12 * 60, 19 * 60),
    DayPart.EVENING: range(17 * 60, 24 * 60 + 1),
}
NIGHT_BEGINS, NIGHT_ENDS = 18 * 60, 9 * 60  # an hour of a night: from 18:00 on the first day, before 9:00 on the next


def _numbered(names: Iterable[str], first: int) -> dict[str, int]:
    return {name: number for number, group in enumerate(names, first) for name in group.split()}


def _each(words: str, value: _V) -> dict[str, _V]:
    return dict.fromkeys(words.split("|"), value)


# Two letters are Dutch or English only: the French pairs "ma" and "di" are other days in Dutch.
WEEKDAYS = _numbered(
    (
        "ma maa maandag mo mon monday lun lundi",
        "di din dinsdag tu tue tues tuesday mar mardi",
        "wo woe woensdag we wed weds wednesday mer mercredi",
        "do don donderdag th thu thur thurs thursday jeu jeudi",
        "vr vri vrij vrijdag fr fri friday ven vendredi",
        "za zat zaterdag sa sat saturday sam samedi",
        "zo zon zondag su sun sunday dim dimanche",
    ),
    0,
)
BOTH_DAY_AND_MONTH = "mar"  # mardi, and March
MONTHS = _numbered(
    (
        "januari jan january janvier janv",
        "februari feb february fevrier fevr",
        "maart mrt march mars mar",
        "april apr avril avr",
        "mei may mai",
        "juni jun june juin",
        "juli jul july juillet juil",
        "augustus aug august aout",
        "september sep sept septembre",
        "oktober okt october oct octobre",
        "november nov novembre",
        "december dec decembre",
    ),
    1,
)
NUMBERS = {
    **_numbered(
        (
            "een un une one",
            "twee deux two",
            "drie trois three",
            "vier quatre four",
            "vijf cinq five",
            "zes six",
            "zeven sept seven",
            "acht huit eight",
            "negen neuf nine",
            "tien dix ten",
            "elf onze eleven",
            "twaalf douze twelve",
        ),
        1,
    ),
    **_each("kwart|quart|quarter|a quarter|vijftien|quinze|fifteen", 15),
    **_each("twintig|vingt|twenty", 20),
    **_each("vijfentwintig|vingt-cinq|twenty-five", 25),
    **_each("dertig|trente|thirty", 30),
    **_each("veertig|quarante|forty", 40),
    **_each("vijfenveertig|quarante-cinq|forty-five", 45),
    **_each("vijftig|cinquante|fifty", 50),
}
ENGLISH_NUMBERS = frozenset(
    {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
)
SHIFTS = {
    **_each("eergisteren|eergister|avant-hier|avant hier|day before yesterday", -2),
    **_each("gisteren|gister|hier|yesterday", -1),
    **_each("vandaag|aujourd'hui|aujourdhui|today", 0),
    **_each("morgen|demain|tomorrow", 1),
    **_each("overmorgen|apres-demain|apres demain|day after tomorrow", 2),
}
TOMORROW_OR_MORNING = "morgen"  # after the name of a day it is the morning
PARTS = {
    **_each(
        "ochtend|ochtends|sochtends|morgens|smorgens|voormiddag|voormiddags|matin|matinee|morning", DayPart.MORNING
    ),
    **_each("middag|middags|smiddags|namiddag|namiddags|apres-midi|apres midi|afternoon", DayPart.AFTERNOON),
    **_each("avond|avonds|savonds|soir|soiree|evening", DayPart.EVENING),
    **_each("nacht|nachts|snachts|nuit|night", DayPart.NIGHT),
}
THIS_NIGHT = frozenset({"vannacht"})
LAST_NIGHT = frozenset(
    {"last night", "afgelopen nacht", "voorbije nacht", "vorige nacht", "nuit derniere", "derniere nuit", "nuit passee"}
)
WEEKS = {
    **_each("vorige week|verleden week|afgelopen week|last week|previous week|semaine derniere|semaine passee", -1),
    **_each("deze week|this week|cette semaine", 0),
    **_each("volgende week|next week|semaine prochaine", 1),
}
# The nearest such day before or after today.
NEAREST = {
    **_each("afgelopen|voorbije|laatste|past|dernier|derniere|passe", -1),
    **_each("komende|aanstaande|eerstvolgende|coming|prochain|prochaine", 1),
}
# The nearest such day, or that of the week before or after: two readings wherever those differ.
BESIDE = {**_each("vorige|verleden|last", -1), **_each("volgende|next", 1)}
NOON = frozenset({"midi", "noon", "midday"})
MIDNIGHT = frozenset({"minuit", "middernacht", "midnight"})
NOW = frozenset({"nu", "now", "maintenant"})


def any_of(words: Iterable[str]) -> str:
    """A pattern of any of the words, the longest first, so that none hides one that it begins."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


_DUTCH_DAYS = (
    "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|eergisteren|eergister|gisteren|gister|overmorgen|morgen"
)
_DUTCH_PARTS = "ochtend|morgen|voormiddag|middag|namiddag|avond"
_THIS = "deze|ce|cet|cette|this"
THIS_WEEKDAY = rf"(?:{_THIS}) (?=(?:{any_of(WEEKDAYS)})\b)"
_REWRITTEN = (
    (rf"\bvan({_DUTCH_PARTS})\b", r"vandaag \1"),
    (rf"\b(?:{_THIS}) (?:nacht|nuit|night)\b", "vannacht"),
    (rf"\b(?:{_THIS}) (morgen|{any_of((*PARTS, *NOON, *MIDNIGHT))})\b", r"vandaag \1"),
    (r"\btonight\b", "today evening"),
    (r"\bmorgenvroeg\b", "morgen ochtend"),
    (rf"\b({_DUTCH_DAYS})({_DUTCH_PARTS}|nacht)\b", r"\1 \2"),
)


def split_words(text: str) -> str:
    """A plain text with its compounds taken apart: `gisteravond` is `gister avond`, `ce soir` is `vandaag soir`."""
    for pattern, into in _REWRITTEN:
        text = re.sub(pattern, into, text)
    return text


_DAY = timedelta(days=1)
UNITS = {
    **_each("s|sec|seconde|seconden|secondes|second|seconds", timedelta(seconds=1)),
    **_each("m|min|minuut|minuten|minute|minutes", timedelta(minutes=1)),
    **_each("kwartier|quart d'heure|quarts d'heure|quarter of an hour", timedelta(minutes=15)),
    **_each("u|uur|uren|uurtje|h|heure|heures|hour|hours", timedelta(hours=1)),
    **_each("d|dag|dagen|jour|jours|day|days", _DAY),
    **_each("week|weken|semaine|semaines|weeks", 7 * _DAY),
}
COUNTS = {
    **{name: float(number) for name, number in NUMBERS.items() if number <= 12},
    **_each("een half|half|een halve|halve|une demi|demi|half an|half a|a half", 0.5),
    **_each("anderhalf|anderhalve", 1.5),
    **_each("a|an", 1.0),
}
_DIGITS = r"[0-9]{1,6}(?:[.,][0-9]{1,2})?"
LENGTH = (
    rf"(?:(?P<count>{_DIGITS}|(?:{any_of(COUNTS)})(?=[ -]))[ -]?)?(?P<unit>{any_of(UNITS)})(?![a-z])"
    r"(?:\s?(?P<minutes>[0-9]{2})(?:\s?min(?:uten|utes)?)?(?![0-9a-z:.])|(?P<half> (?:et demie|en een half)))?"
)

# Notations: regular expressions over a plain text.  `re` compiles and keeps them when they are first used, so that
# commands that read no time do not wait for it.

_SMALL = "om|op|at|on|a|le|la|de|het|the|van|du|of|in|en|dit|deze|ce|cet|cette|this|'s|s"
FILLER = rf"(?:(?:{_SMALL})\s|[dl]')\s*"
_END = r"(?![a-z0-9])\.?,?\s*"
_MONTH = rf"(?P<month>{any_of(MONTHS)})(?![a-z])\.?,?"
_YEAR = r"(?:\s(?P<y>[0-9]{4})(?![0-9:.]))?"
_ORDINAL = r"(?:e|de|ste|er|st|nd|rd|th)"
# "14u 28/11" has no minutes, and neither has "14u 2 dagen geleden".
_LONG_UNITS = any_of(name for name, unit in UNITS.items() if unit >= timedelta(hours=1))
_NOT_A_DAY = rf"(?![0-9/-]|[.,][0-9]|\s?(?:{_LONG_UNITS})\b|{_ORDINAL}\b|\s(?:of |de |van )?(?:{any_of(MONTHS)})\b)"
_IN_MINUTES = r"(?P<sure>\s?min(?:uten|utes|uut|ute)?\b)?"

DATES = (
    r"(?P<y>[0-9]{4})[-/](?P<m>[0-9]{1,2})[-/](?P<d>[0-9]{1,2})(?:[t\s,]\s*|$)",
    r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?:t|$)",
    r"(?P<d>[0-9]{1,2})[-/](?P<m>[0-9]{1,2})(?:[-/](?P<y>[0-9]{4}|[0-9]{2}))?(?:,?\s+|$)",
    r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{4}|[0-9]{2})(?:,?\s+|$)",
    rf"(?P<d>[0-9]{{1,2}}){_ORDINAL}?\s?(?:of |de |van )?{_MONTH}{_YEAR},?\s*",
    rf"(?!mar ){_MONTH} (?P<after>[0-9]{{1,2}}){_ORDINAL}?(?![a-z0-9:.]),?{_YEAR},?\s*",
)
CLOCKS = tuple(
    pattern + r"(?![0-9:]|[.,][0-9])[.,]?\s*"
    for pattern in (
        r"(?P<h>[0-9]{1,2})(?:[:.](?P<m>[0-9]{2}))?\s?(?P<half>[ap])\.?m(?![a-z])",
        r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,6}))?",
        r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?:\s?(?:uur|u|h)\b)?",
        r"(?P<h>[0-9]{1,2})\s?(?:uur|u|heures?|h)(?![a-z])"
        rf"(?:(?:(?P<m>[0-9]{{2}})(?![0-9/-]|[.,][0-9])|\s(?P<mm>[0-9]{{1,2}}){_NOT_A_DAY}){_IN_MINUTES})?",
        r"(?P<h>[0-9]{1,2})\.(?P<m>[0-9]{2})\s?(?:uur|u|h)\b",
        r"(?P<h>[0-9]{1,2})\.(?P<m>[0-9]{2})(?![.])",
        r"(?P<h>[0-9]{2})(?P<m>[0-9]{2})(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,6}))?(?=z)",  # as in the names of segments
    )
)
DOTTED = CLOCKS[5]  # or a day and a month
_HOUR_WORDS = any_of(word for word, number in NUMBERS.items() if number <= 12)
_HOUR = rf"(?P<hour>[0-9]{{1,2}}|{_HOUR_WORDS})"
_PAST = rf"(?P<past>[0-9]{{1,2}}|{any_of(NUMBERS)})"
_OF_HOUR = r"(?:\s?(?:uur|u|heures?|hours?|h|o'clock))"
_TWELVE = rf"(?P<noon>{any_of(NOON)})|(?P<midnight>{any_of(MIDNIGHT)})"
# Clocks with a dial, which leave open which half of the day is meant; the number is the minutes beside the hour.
DIALS = tuple(
    (pattern + _END, factor, extra)
    for pattern, factor, extra in (
        (rf"{_PAST}\s(?:minuten )?voor half {_HOUR}", -1, -30),
        (rf"{_PAST}\s(?:minuten )?over half {_HOUR}", 1, -30),
        (rf"{_PAST}\s(?:minuten |minutes )?(?:voor|to) (?:{_TWELVE}|{_HOUR}{_OF_HOUR}?)", -1, 0),
        (rf"{_PAST}\s(?:minuten |minutes )?(?:over|past) (?:{_TWELVE}|{_HOUR}{_OF_HOUR}?)", 1, 0),
        (rf"half past (?:{_TWELVE}|{_HOUR})", 0, 30),
        (rf"half {_HOUR}", 0, -30),
        (rf"(?:{_HOUR}{_OF_HOUR}|{_TWELVE}) et demie?", 0, 30),
        (rf"(?:{_HOUR}{_OF_HOUR}|{_TWELVE}) et (?:un )?{_PAST}", 1, 0),
        (rf"(?:{_HOUR}{_OF_HOUR}|{_TWELVE}) moins (?:le )?{_PAST}", -1, 0),
        (rf"{_HOUR}{_OF_HOUR} (?P<past>{any_of(NUMBERS)}){_NOT_A_DAY}{_IN_MINUTES}", 1, 0),
        (rf"(?P<hour>{_HOUR_WORDS}){_OF_HOUR} (?P<mm>[0-9]{{1,2}}){_NOT_A_DAY}{_IN_MINUTES}", 1, 0),
        (rf"(?:(?P<hour>{_HOUR_WORDS}){_OF_HOUR}|(?P<digits>[0-9]{{1,2}}) o'clock)", 0, 0),
    )
)
AGO = rf"(?:{LENGTH} (?:geleden|ago)){_END}"
AGO_IN_FRENCH = rf"il y a {LENGTH}{_END}"
AHEAD = rf"(?:over|binnen|dans|in) {LENGTH}{_END}"
NIGHT_BETWEEN = (
    rf"(?:nacht|nuit|night) (?:van|de|from|of) (?P<first>{any_of(WEEKDAYS)}) (?:op|a|au|to|on) "
    rf"(?P<second>{any_of(WEEKDAYS)}){_END}"
)
_PHRASES = {*WEEKDAYS, *SHIFTS, *PARTS, *THIS_NIGHT, *LAST_NIGHT, *WEEKS, *NEAREST, *BESIDE, *NOON, *MIDNIGHT}
PHRASE = rf"(?P<phrase>{any_of(_PHRASES)})(?![a-z0-9'-]){_END}"
NUMBER = rf"(?P<number>[0-9]{{1,2}})(?P<ordinal>{_ORDINAL})?(?!\.[0-9]){_END}"
SUFFIX = r"\s*(?:(?P<zulu>z|utc|gmt)|(?P<offset>[+-][0-9]{2}(?::?[0-9]{2})?)|(?P<name>[a-z]{2,5}))$"
