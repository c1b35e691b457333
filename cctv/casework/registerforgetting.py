"""Forgetting in the registers: an entry that has ended loses its names and its free text, each after its own time.

Owns which register forgets after which `[policy] forget_*`.  What stays says that something was done, when, under which
account, and what kind it was.  Requests and complaints are `forgetting`; declarations name nobody, and the two
registers of processing are made of cameras.toml.
"""

from __future__ import annotations

from datetime import timedelta

from cctv import audit
from cctv.casework import registerstore as store
from cctv.casework.registerstore import Forgettable
from cctv.config.schema import PolicySettings
from cctv.db.engine import fold_log, reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act


def forget_registers(site: Site) -> tuple[str, ...]:
    """Forget every entry whose time has come; the sweep calls it.  Answers the ids of those that were forgotten.

    Each is a transaction of its own, with its audit entry; the database's log is folded at the end, so that no page of
    it names anybody.
    """
    now, zone = site.clock.now(), site.settings.site.timezone
    forgotten: list[str] = []
    for register, keep in _kept(site.settings.policy):
        ended = now - keep
        with reading(site.engine) as connection:
            due = store.due(connection, register, ended, ended.astimezone(zone).date())
        for entry in due:
            _forget(site, register, entry)
        forgotten += due
    if forgotten:
        fold_log(site.engine)
    return tuple(forgotten)


def _kept(policy: PolicySettings) -> tuple[tuple[Forgettable, timedelta], ...]:
    return (
        (store.INCIDENTS, policy.forget_incidents),
        (store.DISCLOSURES, policy.forget_disclosures),
        (store.BREACHES, policy.forget_breaches),
        (store.PROCESSORS, policy.forget_processors),
        (store.GRANTS, policy.forget_grants),
        (store.CHECKS, policy.forget_checks),
    )


def _forget(site: Site, register: Forgettable, entry: str) -> None:
    with writing(site.engine) as connection:
        store.erase(connection, register, entry, site.clock.now())
        others = store.remembered_disclosures(connection, entry)  # what an incident's disclosures say has its own time
        audit.forget_about(connection, entry, but=others)
        audit.append(connection, site, Act.REGISTER_FORGOTTEN, entry)
