"""Identity and mandates: that they were looked at, how, when and by whom.  Never a copy, never a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cctv import audit
from cctv.casework import requeststore
from cctv.casework.errors import CheckedLater, RoleUnknown
from cctv.casework.parties import check_party
from cctv.casework.requests import moving
from cctv.casework.states import Move
from cctv.casework.words import checked_text
from cctv.db.engine import writing
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest
from cctv.model.requests import IdentityCheck, IdentityMethod, Party, Role


@dataclass(frozen=True, slots=True)
class NewCheck:
    """What somebody looked at; `role` is None for whoever asks, `checked` for today."""

    method: IdentityMethod
    checker: str
    role: Role | None = None
    checked: date | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A request and the check that was entered."""

    request: AccessRequest
    check: IdentityCheck


def check_identity(site: Site, request_id: str, new: NewCheck, *, dry_run: bool = False) -> Checked:
    """Enter that the identity of a person in a request was checked.

    Raises RequestUnknown, RequestClosed, MoveRefused, RoleUnknown, CheckedLater.
    """
    checker = checked_text(phrase("checker"), new.checker, phrase("name the person who looked: --checker NAME."))
    with writing(site.engine, dry_run=dry_run) as connection:
        request = moving(connection, site, request_id, Move.IDENTITY)
        role = new.role or (request.requester.role if request.requester else Role.SUBJECT)
        if request.party(role) is None:
            raise RoleUnknown(
                id=request.id, role=role.value, roles=", ".join(one.role.value for one in request.parties)
            )
        now = site.clock.now()
        today = now.astimezone(site.settings.site.timezone).date()
        checked = new.checked or today
        if checked > today:
            raise CheckedLater(when=checked)
        check = IdentityCheck(role, new.method, checked, checker, now, site.actor.account)
        requeststore.insert_check(connection, request.id, check)
        facts: audit.Facts = {"role": role.value, "method": check.method.value, "checked": checked.isoformat()}
        audit.append(connection, site, Act.REQUEST_IDENTIFIED, request.id, case_id=request.id, facts=facts)
    return Checked(request, check)


def add_party(site: Site, request_id: str, party: Party, *, dry_run: bool = False) -> AccessRequest:
    """Name a guardian, proxy or nominee with the mandate, in place of an earlier one.

    Raises RequestUnknown, RequestClosed, MoveRefused, MandateUnusable.
    """
    party = check_party(party)
    with writing(site.engine, dry_run=dry_run) as connection:
        request = moving(connection, site, request_id, Move.MANDATE)
        requeststore.put_party(connection, request.id, party)
        mandate = party.mandate.value if party.mandate else "none"
        facts: audit.Facts = {"role": party.role.value, "mandate": mandate}
        audit.append(connection, site, Act.REQUEST_MANDATED, request.id, case_id=request.id, facts=facts)
        found = requeststore.select_request(connection, request.id)
        assert found is not None
        return request if dry_run else found
