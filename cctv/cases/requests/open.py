"""Registers a request and its people: mandates and identity checks.

Opening registers the request, starts its deadline at receipt and freezes its footage, all in one transaction.  It is
never refused for a missing signature, mandate, identity check or footage.  More than a day of footage is frozen for 72
hours, until a person confirms it (`scope`).

Responsible for who may act on which mandate (docs/policies/000.txt, 001.txt and 002.txt); whose identity must be
checked is in `needs`.  Records that identity was checked, how, when and by whom; never a copy or a number of a
document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.processors import checked_country
from cctv.cases.errors.compliance import CountryMissing
from cctv.cases.errors.requests import CheckedLater, MandateUnusable, ReceivedLater, RoleUnknown
from cctv.cases.footage_status import FootageStatus, request_footage
from cctv.cases.requests.blocks import place_block
from cctv.cases.requests.deadlines import due
from cctv.cases.requests.lifecycle import Transition, load_for_transition
from cctv.cases.requests.queries import insert_check, insert_request, put_party, select_request
from cctv.cases.requests.scope import check_asked, freeze
from cctv.cases.text_input import checked_text
from cctv.config.schema import Settings
from cctv.core.clock import start_of_day
from cctv.core.i18n import N_, Language, join_messages
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.footage.runs import names_over
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, IdKind, RequestId
from cctv.model.legal import Area
from cctv.model.requests import (
    NOTHING_STATED,
    Block,
    Channel,
    IdentityCheck,
    IdentityMethod,
    Mandate,
    Party,
    Relation,
    RequesterRole,
    Stated,
)

MANDATES: dict[RequesterRole, tuple[Mandate, ...]] = {
    RequesterRole.SUBJECT: (),
    RequesterRole.GUARDIAN: (Mandate.PARENTAL_AUTHORITY, Mandate.GUARDIANSHIP),
    RequesterRole.PROXY: (Mandate.POWER_OF_ATTORNEY, Mandate.GUARDIANSHIP),
    RequesterRole.NOMINEE: (Mandate.EXPRESS_DEMAND, Mandate.POWER_OF_ATTORNEY),
}


RECEIPT_ASKED = timedelta(days=60)  # twice the time for an answer: such a request is late on the day it is registered


@dataclass(frozen=True, slots=True)
class NewCheck:
    """An identity check to enter; `role` is None for the requester, `checked` for today."""

    method: IdentityMethod
    checker: str
    role: RequesterRole | None = None
    checked: date | None = None


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """A request and the check that was entered."""

    request: AccessRequest
    check: IdentityCheck


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a letter states; `received` is its day of receipt, `language` the requester's, where they are known.

    `cameras` is empty and `span` None where the letter says neither where nor when.
    """

    type: RequestType
    parties: tuple[Party, ...]
    cameras: tuple[CameraId, ...]
    span: Span | None
    received: date | None = None
    language: Language | None = None
    relation: Relation = Relation.VISITOR
    channel: Channel | None = None
    signed: bool | None = None
    dated: bool | None = None
    under_16: bool = False
    stated: Stated = NOTHING_STATED


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request, the hold that freezes its footage, the block if it has one, and how much of the footage exists.

    `hold` is None while cameras or time are not known.
    """

    request: AccessRequest
    hold: Hold | None
    block: Block | None
    footage: tuple[FootageStatus, ...]


def open_request(site: Storage, new: NewRequest) -> OpenedRequest:
    """Register a request and freeze its footage until it is closed; the hold is reviewed when the answer is due.

    A restriction and an objection block the footage from this moment too (docs/policies/002.txt, "onmiddellijk").
    Without cameras or time nothing is frozen or blocked until `change_scope`; the deadline runs all the same.
    """
    now = site.clock.now()
    new = check_request(new, now, site.settings)
    with write_transaction(site.engine) as connection:
        new = replace(new, cameras=names_over(connection, site.settings, new.cameras, new.span))
        request = _registered(RequestId(next_short_id(connection, IdKind.REQUEST, now.year)), site, new, now)
        insert_request(connection, request)
        _log(connection, site, request)
        hold = None
        if request.has_scope:
            request, hold = freeze(connection, site, request)
        block = place_block(connection, site, request)
    with read_transaction(site.engine) as connection:
        return OpenedRequest(request, hold, block, request_footage(connection, site, request))


def check_request(new: NewRequest, now: datetime, settings: Settings) -> NewRequest:
    """The same with clean texts.

    Raises ReceivedLater, FootageToCome, FootageAfterReceipt, what `check_party` raises.
    """
    zone = settings.site.timezone
    if new.received and new.received > now.astimezone(zone).date():
        raise ReceivedLater(when=new.received)
    check_asked(new.type, new.span, start_of_day(new.received, zone) if new.received else now, now, zone)
    return replace(
        new,
        parties=tuple(check_party(party, settings.policy.area) for party in new.parties),
        stated=check_stated(new.stated),
    )


def late_receipt(received: date | None, today: date) -> int | None:
    """The days since a receipt that lies so far back that a person says yes to it; None for any other."""
    days = (today - received).days if received is not None else 0
    return days if days > RECEIPT_ASKED.days else None


def add_party(site: Storage, request_id: str, party: Party, *, dry_run: bool = False) -> AccessRequest:
    """Name a guardian, proxy or nominee with the mandate, in place of an earlier one.

    Raises RequestUnknown, RequestClosed, MoveRefused, what `check_party` raises.
    """
    party = check_party(party, site.settings.policy.area)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = load_for_transition(connection, site, request_id, Transition.MANDATE)
        party = replaced_party(request.party(party.role), party, site.clock.now())
        put_party(connection, request.id, party)
        mandate = party.mandate.value if party.mandate else "none"
        facts: AuditFacts = {"role": party.role.value, "mandate": mandate}
        append_entry(connection, site, Act.REQUEST_MANDATED, request.id, case_id=request.id, facts=facts)
        updated = select_request(connection, request.id)
        assert updated is not None
        return request if dry_run else updated


def check_identity(site: Storage, request_id: str, new: NewCheck, *, dry_run: bool = False) -> IdentityResult:
    """Record that the identity of a person in a request was checked.

    Raises RequestUnknown, RequestClosed, MoveRefused, RoleUnknown, CheckedLater.
    """
    checker = checked_text(N_("checker"), new.checker, N_("name the person who looked: --checker NAME."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = load_for_transition(connection, site, request_id, Transition.IDENTITY)
        role = new.role or (request.requester.role if request.requester else RequesterRole.SUBJECT)
        if request.party(role) is None:
            raise role_unknown(request, role)
        now = site.clock.now()
        today = now.astimezone(site.settings.site.timezone).date()
        checked = new.checked or today
        if checked > today:
            raise CheckedLater(when=checked)
        check = IdentityCheck(role, new.method, checked, checker, now, site.actor.account)
        insert_check(connection, request.id, check)
        facts: AuditFacts = {"role": role.value, "method": check.method.value, "checked": checked.isoformat()}
        append_entry(connection, site, Act.REQUEST_IDENTIFIED, request.id, case_id=request.id, facts=facts)
    return IdentityResult(request, check)


def replaced_party(before: Party | None, party: Party, now: datetime) -> Party:
    """The same with the instants at which its name and its addresses replaced others.  Pure.

    A check of identity of another name or address counts no more (`needs`).  That the answer goes to the known address
    after all, and nowhere else, is no other address.
    """
    if before is None:
        return party
    elsewhere = party.deliver_to is not None and party.deliver_to != before.deliver_to
    return replace(
        party,
        renamed=before.renamed if party.name == before.name else now,
        moved=now if party.contact != before.contact or elsewhere else before.moved,
    )


def role_unknown(request: AccessRequest, role: RequesterRole) -> RoleUnknown:
    """The refusal of a role that nobody has in a request."""
    roles = join_messages(party.role for party in request.parties)
    return RoleUnknown(id=request.id, role=role, typed=role.value, roles=roles)


def check_party(party: Party, area: Area) -> Party:
    """The same with clean texts; raises TextUnusable, HiddenSign, NationalNumberTyped, MandateUnusable.

    A nominee is a third party and has a country, inside the area of the policy: CountryMissing, CountryUnreadable,
    OutsideArea.  The area is never asked of the data subject, nor of who acts for them.
    """
    if party.mandate is not None and party.mandate not in MANDATES[party.role]:
        allowed = join_messages(MANDATES[party.role] or [N_("nothing: they ask for themselves")])
        raise MandateUnusable(role=party.role, mandate=party.mandate, known=allowed)
    name = checked_text(N_("name"), party.name, N_('give the name as the letter has it: --name "An Peeters".'))
    contact = checked_text(N_("contact"), party.contact, N_("give the e-mail or postal address: --contact ADDRESS."))
    deliver_to = party.deliver_to
    if deliver_to is not None:
        deliver_to = checked_text(N_("delivery address"), deliver_to, N_("give it, or leave --deliver-to out."))
        deliver_to = None if deliver_to.casefold() == contact.casefold() else deliver_to
    country = party.country
    if party.role is RequesterRole.NOMINEE:
        if not country:
            raise CountryMissing(role=party.role)
        country = checked_country(
            N_("The nominee"), country, area, N_("name somebody inside, or give the copy to them.")
        )
    return replace(party, name=name, contact=contact, deliver_to=deliver_to, country=country)


def check_stated(stated: Stated) -> Stated:
    """The same with clean texts; raises what `check_party` raises of a text."""

    def clean(what: str, text: str | None) -> str | None:
        return None if text is None else checked_text(what, text, N_("say it in the person's words, or leave it out."))

    return Stated(
        time=clean("stated time", stated.time),
        place=clean("stated place", stated.place),
        appearance=clean("appearance", stated.appearance),
    )


def _registered(request_id: RequestId, site: Storage, new: NewRequest, now: datetime) -> AccessRequest:
    zone = site.settings.site.timezone
    received = start_of_day(new.received, zone) if new.received else now
    return AccessRequest(
        id=request_id,
        type=new.type,
        state=RequestState.OPEN,
        language=new.language or site.settings.site.language,
        cameras=new.cameras,
        span=new.span,
        received=received,
        due=due(received, zone),
        opened=now,
        opened_by=site.actor.account,
        parties=new.parties,
        relation=new.relation,
        channel=new.channel,
        signed=new.signed,
        dated=new.dated,
        under_16=new.under_16,
        stated=new.stated,
    )


def _log(connection: Connection, site: Storage, request: AccessRequest) -> None:
    zone = site.settings.site.timezone
    facts: AuditFacts = {
        "type": request.type.value,
        "cameras": list(request.cameras),
        "span": str(request.span) if request.span else "not known",
        "received": str(request.received.astimezone(zone).date()),
        "due": str(request.due.astimezone(zone).date()),
        "relation": request.relation.value,
        "channel": request.channel.value if request.channel else "not recorded",
        "parties": [party.role.value for party in request.parties],
    }
    append_entry(connection, site, Act.REQUEST_OPENED, request.id, case_id=request.id, facts=facts)
