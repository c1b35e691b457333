"""Reading what the board needs, at the cost of what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from cctv import holds
from cctv.casework.board import items
from cctv.casework.board.items import Item
from cctv.casework.disclosurestore import select_disclosures
from cctv.casework.duties import declaration_due, list_breaches, list_declarations, workstations_due
from cctv.casework.duties.store import last_check_on
from cctv.casework.factstore import open_facts
from cctv.casework.store import first_recorded
from cctv.db.engine import reading
from cctv.db.site import Site


def board(site: Site, rotated: Sequence[tuple[str, date | None]]) -> tuple[Item, ...]:
    """Everything owed, the first due first.  `rotated` are the credentials and when each was last changed."""
    settings, now = site.settings, site.clock.now()
    zone = settings.site.timezone
    with reading(site.engine) as connection:
        facts = open_facts(connection, site)
        in_force = holds.in_force(connection)
        disclosures = select_disclosures(connection, closed_too=False)
        first, today = _first_use(connection, site), now.astimezone(zone).date()
        declared = list_declarations(site)
        checked = last_check_on(connection, today)
    found = [
        *items.request_items(facts, settings, now),
        *items.breach_items(list_breaches(site, closed_too=False)),
        *items.hold_items(in_force, now),
        *items.lease_items(disclosures),
        *items.declaration_item(declaration_due(declared, settings.site.jurisdiction, today, first), zone),
        *items.workstations_item(workstations_due(checked, first), zone),
        *items.credential_items(rotated, now, zone),
    ]
    return tuple(sorted(found, key=lambda item: (item.due, item.id)))


def _first_use(connection: Connection, site: Site) -> date | None:
    """The day of the oldest footage that a camera of today ever had."""
    known = [first_recorded(connection, camera) for camera in site.settings.cameras]
    first = min((at for at in known if at is not None), default=None)
    return first.astimezone(site.settings.site.timezone).date() if first is not None else None
