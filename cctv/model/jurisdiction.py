"""Jurisdictions: whose law applies, and how long it lets footage be kept.  No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


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
