"""How long a zone may keep footage: the shortest of what it asks, what the site allows and what the law allows.

Pure.  Never lengthens a period, and knows no exception: holds are another room.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from cctv.model.jurisdiction import Jurisdiction

REFUSED_BEYOND = timedelta(days=400)  # no camera law knows such a period; a slip, or the terms of a rented photo booth


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


def retention_limit(declared: timedelta, site_cap: timedelta, jurisdiction: Jurisdiction) -> Limit:
    """The shortest of the three; where they agree, the zone decides before the site, the site before the law."""
    bounds = (
        Limit(declared, LimitRule.ZONE),
        Limit(site_cap, LimitRule.SITE_CAP),
        Limit(jurisdiction.cap, LimitRule.JURISDICTION_CAP),
    )
    return min(bounds, key=lambda bound: bound.period)
