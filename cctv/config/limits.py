"""How long a zone may keep footage: the shortest of what it asks, what the site allows and what the law allows.

Owns the caps of the jurisdictions.  Pure.  Never lengthens a period, and knows no exception: holds are another room.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

REFUSED_BEYOND = timedelta(days=400)  # no camera law knows such a period; a slip, or the terms of a rented photo booth


class Jurisdiction(Enum):
    """Whose law applies at the site."""

    BE = "BE"
    NL = "NL"

    @property
    def cap(self) -> timedelta:
        """The longest ordinary keeping time."""
        return _CAPS[self].period

    @property
    def source(self) -> str:
        """Where the cap comes from, in words."""
        return _CAPS[self].source


class LimitRule(Enum):
    """Which bound decided a limit."""

    ZONE = "zone"
    SITE_CAP = "site cap"
    JURISDICTION_CAP = "jurisdiction cap"


@dataclass(frozen=True, slots=True)
class Limit:
    """The period that a zone runs at, and the bound that decided it."""

    period: timedelta
    rule: LimitRule


@dataclass(frozen=True, slots=True)
class _Cap:
    period: timedelta
    source: str


_CAPS = {
    # A month that begins on 1 February has 28 days: the only fixed period that is never longer than "one month".
    Jurisdiction.BE: _Cap(
        timedelta(days=28), "camera act of 21 March 2007: one month, and the shortest month has 28 days"
    ),
    Jurisdiction.NL: _Cap(timedelta(days=28), "Autoriteit Persoonsgegevens: four weeks"),
}


def retention_limit(declared: timedelta, site_cap: timedelta, jurisdiction: Jurisdiction) -> Limit:
    """The shortest of the three; where they agree, the zone decides before the site, the site before the law."""
    bounds = (
        Limit(declared, LimitRule.ZONE),
        Limit(site_cap, LimitRule.SITE_CAP),
        Limit(jurisdiction.cap, LimitRule.JURISDICTION_CAP),
    )
    return min(bounds, key=lambda bound: bound.period)
