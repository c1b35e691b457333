"""The form of the monthly check of workstations: which copies passed one, to tick off and to sign.

docs/policies/001.txt: "één keer per maand op gecontroleerd".

A copy passes a workstation when it is fetched there, or leaves as a ZIP that somebody sends on; both are in the log,
and the account tells whose workstation.  Never looks at a workstation itself.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.audit.log import entries_since
from cctv.core.local_days import months_after, start_of_day
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.letters.facts import Addressee
from cctv.letters.letter import Letter
from cctv.letters.notices import Lent, WorkstationCheckLetter
from cctv.letters.render import RenderedLetter, render
from cctv.letters.sender import sender_of, templates_of
from cctv.model.audit import Act
from cctv.model.disclosures import Delivery, Method
from cctv.packages.queries import find_package


def workstation_form(site: Storage) -> RenderedLetter:
    """The form with the copies of the last month; raises SenderUnknown, TemplateRefused."""
    zone, now = site.settings.site.timezone, site.clock.now()
    today = now.astimezone(zone).date()
    with read_transaction(site.engine) as connection:
        lent = lent_since(connection, start_of_day(months_after(today, -1), zone), zone)
    sender = sender_of(site.settings)
    addressee = Addressee(sender.signatory, sender.address)
    facts = WorkstationCheckLetter(today, lent)
    letter = Letter(site.settings.site.language, f"{today:%Y-%m}", today, sender, addressee, facts)
    return render(letter, templates_of(site.settings))


def lent_since(connection: Connection, at: datetime, zone: ZoneInfo) -> tuple[Lent, ...]:
    """The copies that passed a workstation since an instant, each once for each account and day."""
    found: dict[Lent, None] = {}
    for entry in entries_since(connection, at):
        if entry.act is Act.EXPORT_FETCHED:
            package, way = entry.subject, Delivery.DOWNLOAD
        elif entry.act is Act.DISCLOSURE_HANDED and entry.facts.get("method") == Method.ZIP.value:
            package, way = str(entry.facts["package"]), Delivery.ENCRYPTED_MAIL
        else:
            continue
        one = find_package(connection, package)
        day, gone = entry.at.astimezone(zone).date(), one.expires.astimezone(zone).date()
        found[Lent(one.id, entry.actor.account, day, way, gone)] = None
    return tuple(found)
