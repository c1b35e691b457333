"""The periods to which people shortened the limits of stored footage (`cctv retention adopt`), by the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import Connection

from cctv.audit.chain import Fact
from cctv.audit.log import entries_about
from cctv.model.audit import Act
from cctv.model.ids import ZoneId


def adopted_periods(facts: Iterable[Mapping[str, Fact]]) -> dict[ZoneId, frozenset[timedelta]]:
    """Pure: the periods by zone, from the facts of the entries `policy.adopted`."""
    periods: defaultdict[ZoneId, set[timedelta]] = defaultdict(set)
    for fact in facts:
        zones = fact.get("zones")
        for text in zones if isinstance(zones, list) else ():
            zone, _, seconds = text.removesuffix(" s").rpartition(": ")
            periods[ZoneId(zone)].add(timedelta(seconds=int(seconds)))
    return {zone: frozenset(of_zone) for zone, of_zone in periods.items()}


def adopted_limits(connection: Connection) -> dict[ZoneId, frozenset[timedelta]]:
    """The same from the log of a database."""
    entries = entries_about(connection, "policy")
    return adopted_periods(entry.facts for entry in entries if entry.act is Act.POLICY_ADOPTED)
