"""Adoption: a shortened policy binds new footage at once, and stored footage when a person says so.

What was promised at recording is never lengthened, and is shortened only here: after showing how much would go, by
a named person, with a reason in the log.  Until then the old limits stand and `cctv status` says so.  The lines of
index.jsonl keep the first promise: an index made again from them asks for adoption once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cctv import archive, audit
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.errors import CctvError, Exit, UsageError
from cctv.model.acts import Act
from cctv.model.ids import ZoneId
from cctv.retention import adoptionstore
from cctv.retention.adoptionstore import Longer
from cctv.retention.large import allow
from cctv.retention.persons import require_person
from cctv.retention.policy import lead

_BATCH = 500


class NothingToAdopt(UsageError):
    """No stored footage was promised a longer period than cameras.toml gives today: there is nothing to adopt.

    next: cctv retention plan
    """


class AdoptionUndecided(CctvError):
    """{count} segments would go at the next sweep that were promised a longer time; nothing was changed.

    next: look with --dry-run, then repeat the command with --yes.
    """

    exit_code = Exit.DECISION_MISSING


@dataclass(frozen=True, slots=True)
class Adoption:
    """What adopting the policy of today shortens, zone by zone."""

    zones: tuple[Longer, ...]

    @property
    def due(self) -> int:
        """How many segments the next sweep would take that it would not take otherwise."""
        return sum(one.due for one in self.zones)

    @property
    def due_footage(self) -> timedelta:
        return sum((one.due_footage for one in self.zones), timedelta(0))


def zones_to_adopt(site: Site) -> tuple[ZoneId, ...]:
    """The zones whose stored footage has a longer limit than today's policy; costs a few look-ups."""
    now = site.clock.now()
    with reading(site.engine) as connection:
        return tuple(
            zone
            for zone in site.settings.zones
            if adoptionstore.has_longer(connection, zone, site.settings.limit_for(zone), now)
        )


def plan_adoption(site: Site) -> Adoption:
    """Count what would be shortened and what would go; reads every segment.  Raises NothingToAdopt."""
    now = site.clock.now()
    with reading(site.engine) as connection:
        counted = [
            adoptionstore.count_longer(connection, zone, period, now + lead(period))
            for zone in site.settings.zones
            for period in [site.settings.limit_for(zone)]
        ]
    found = tuple(one for one in counted if one.segments)
    if not found:
        raise NothingToAdopt
    return Adoption(found)


def adopt(site: Site, *, reason: str) -> Adoption:
    """Shorten the limits of stored footage to today's policy; raises NothingToAdopt, NobodyNamed, LockHeld.

    In batches, so that the recorder is not kept waiting; interrupted, it can be repeated.  Deletes nothing itself.
    """
    with archive.sweeper_lock(site):
        plan = plan_adoption(site)
        require_person(site)
        facts: audit.Facts = {
            "zones": [f"{one.zone}: {int(one.period.total_seconds())} s" for one in plan.zones],
            "segments": sum(one.segments for one in plan.zones),
            "due": plan.due,
        }
        with writing(site.engine) as connection:
            audit.append(connection, site, Act.POLICY_ADOPTED, "policy", facts=facts, reason=reason)
            following = {one.zone: adoptionstore.shorten(connection, one.zone, one.period, 0, _BATCH)
                         for one in plan.zones}  # fmt: skip
        for one in plan.zones:
            after = following[one.zone]
            while after is not None:
                with writing(site.engine) as connection:
                    after = adoptionstore.shorten(connection, one.zone, one.period, after, _BATCH)
            with writing(site.engine) as connection:
                adoptionstore.shorten_runs(connection, one.zone, one.period)
        allow(site, plan.due_footage)
    return plan
