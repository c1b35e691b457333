"""The form of the monthly check of workstations: which copies passed one, to tick off and to sign.

docs/policies/001.txt: "één keer per maand op gecontroleerd".

A copy passes a workstation when it is fetched there, or leaves as a ZIP that somebody sends on; both are in the log,
and the account tells whose workstation.  Never looks at a workstation itself.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv import audit, letters
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.export.store import find_package
from cctv.kernel.local_days import months_after, start_of_day
from cctv.model.acts import Act
from cctv.model.disclosures import Delivery, Method


def workstation_form(site: Site) -> letters.Rendered:
    """The form with the copies of the last month; raises SenderUnknown, TemplateRefused."""
    zone, now = site.settings.site.timezone, site.clock.now()
    today = now.astimezone(zone).date()
    with reading(site.engine) as connection:
        lent = lent_since(connection, start_of_day(months_after(today, -1), zone), zone)
    sender = letters.sender_of(site.settings)
    addressee = letters.Addressee(sender.signatory, sender.address)
    facts = letters.WorkstationCheck(today, lent)
    letter = letters.Letter(site.settings.site.language, f"{today:%Y-%m}", today, sender, addressee, facts)
    return letters.render(letter, letters.templates_of(site.settings))


def lent_since(connection: Connection, at: datetime, zone: ZoneInfo) -> tuple[letters.Lent, ...]:
    """The copies that passed a workstation since an instant, each once for each account and day."""
    found: dict[letters.Lent, None] = {}
    for entry in audit.since(connection, at):
        if entry.act is Act.EXPORT_FETCHED:
            package, way = entry.subject, Delivery.DOWNLOAD
        elif entry.act is Act.DISCLOSURE_HANDED and entry.facts.get("method") == Method.ZIP.value:
            package, way = str(entry.facts["package"]), Delivery.ENCRYPTED_MAIL
        else:
            continue
        one = find_package(connection, package)
        day, gone = entry.at.astimezone(zone).date(), one.expires.astimezone(zone).date()
        found[letters.Lent(one.id, entry.actor.account, day, way, gone)] = None
    return tuple(found)
