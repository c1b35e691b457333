"""The monthly check of the workstations: that somebody looked for copies, and what became of those that were found.

Owns the record, not the looking: a person looks, on paper or at the desk, and signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cctv import audit
from cctv.casework.duties import store
from cctv.casework.duties.errors import CheckStillToCome
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.phrases import phrase
from cctv.model.accountability import WorkstationCheck
from cctv.model.acts import Act
from cctv.model.ids import CheckId, IdKind

_FOUND = phrase('say where and what became of it, for example --found "two files on the porter\'s, removed".')


def check_workstations(
    site: Site, *, on: date, checker: str, found: str | None, dry_run: bool = False
) -> WorkstationCheck:
    """Write down that the workstations were checked; `found` is None where no copy was left.

    Raises TextUnusable, CheckStillToCome.
    """
    checker = checked_text(phrase("checker"), checker, phrase("name who looked and signed: --checker NAME."))
    found = checked_text(phrase("finding"), found, _FOUND) if found is not None else None
    now = site.clock.now()
    if on > now.astimezone(site.settings.site.timezone).date():
        raise CheckStillToCome(when=f"{on:%d/%m/%Y}")
    with writing(site.engine, dry_run=dry_run) as connection:
        check_id = CheckId(next_short_id(connection, IdKind.CHECK, now.year))
        check = WorkstationCheck(check_id, on, checker, found, now, site.actor.account)
        store.insert_check(connection, check)
        facts: audit.Facts = {"on": on.isoformat(), "result": "clean" if found is None else "found"}
        said = "; ".join(filter(None, (checker, found)))
        audit.append(connection, site, Act.WORKSTATIONS_CHECKED, check.id, facts=facts, reason=said)
    return check


def list_checks(site: Site) -> Sequence[WorkstationCheck]:
    """All of them, the oldest first."""
    with reading(site.engine) as connection:
        return store.select_checks(connection)
