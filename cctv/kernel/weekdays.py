"""The days of the week, Monday is 0: as people write them in Dutch, English and French; as they are shown.  Pure."""

from __future__ import annotations

from datetime import date

from cctv.kernel.phrases import Phrase, worded

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


def shown(day: date) -> Phrase:
    """`Sat`; can be typed back in any of the three languages."""
    return worded(CONTEXT, SHOWN[day.weekday()])
