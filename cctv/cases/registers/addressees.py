"""Whom to inform when the policy changes: everyone whom the registers can still reach.

docs/policies/002.txt promises it "per e-mail".

Responsible for who is on the list: requesters who are not anonymised, and recipients of a copy on loan.  Each appears
once, with the address where their letters are sent.  Sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from cctv.cases.disclosures.leases import FOR_SUBJECT
from cctv.cases.disclosures.queries import select_disclosures
from cctv.cases.registers.register import Register, RegisterName
from cctv.cases.requests.needs import letter_address
from cctv.cases.requests.queries import checks_of, select_requests
from cctv.config.schema import Settings
from cctv.core.i18n import N_, Language
from cctv.db import schema
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.model.cases import AccessRequest
from cctv.model.disclosures import Disclosure, Recipient
from cctv.model.requests import IdentityCheck, Party, RequesterRole

_ROLES = {Recipient.NOMINEE: RequesterRole.NOMINEE, Recipient.PROXY: RequesterRole.PROXY}


@dataclass(frozen=True, slots=True)
class ReachedRequester:
    """A person to inform: `contact` is empty where the registers have no address, `cases` are the ids of theirs."""

    name: str
    contact: str
    language: Language
    cases: tuple[str, ...]


def reached(
    requests: Sequence[AccessRequest],
    disclosures: Iterable[Disclosure],
    language: Language,
    checks: Mapping[str, Sequence[IdentityCheck]],
) -> tuple[ReachedRequester, ...]:
    """Each person once; `language` is the site's, for a recipient of a lease without a request.

    `checks` are the checks of identity by the id of their request.
    """
    lent = [
        disclosure
        for disclosure in disclosures
        if disclosure.lease_end is not None and disclosure.handed and disclosure.closed is None
    ]
    by_id: dict[str, AccessRequest] = {request.id: request for request in requests}
    people: dict[tuple[str, str], ReachedRequester] = {}
    for person in (*_requesters(requests, checks), *_lessees(lent, by_id, language, checks)):
        key = (person.name.casefold(), person.contact.casefold())
        before = people.get(key)
        people[key] = replace(person, cases=(*before.cases, *person.cases)) if before else person
    return tuple(people.values())


def reachable_people(site: Storage) -> tuple[ReachedRequester, ...]:
    """Everyone whom the registers can reach now."""
    with read_transaction(site.engine) as connection:
        requests = select_requests(connection, closed_too=True)
        disclosures = select_disclosures(connection, closed_too=False)
        asked = (request.id for request in requests if request.parties)
        checks: dict[str, Sequence[IdentityCheck]] = {case: checks_of(connection, case) for case in asked}
    return reached(requests, disclosures, site.settings.site.language, checks)


def addressees(people: Sequence[ReachedRequester]) -> Register:
    """Name, address, language and cases of each."""
    rows = tuple((person.name, person.contact, person.language.value, ", ".join(person.cases)) for person in people)
    missing = tuple(
        N_(
            "the address of {name} ({case}): look where the copy was sent",
            name=person.name,
            case=", ".join(person.cases),
        )
        for person in people
        if not person.contact
    )
    return Register(RegisterName.ADDRESSEES, ("name", "contact", "language", "case"), rows, missing)


def policy_since(connection: Connection, settings: Settings) -> datetime | None:
    """Since when the policy version of cameras.toml is in force; None while nothing was recorded under it."""
    table = schema.policies.c
    query = select(table.first_seen_us).where(table.digest == settings.policy_digest)
    since: datetime | None = connection.execute(query).scalar()
    return since


def _requesters(
    requests: Iterable[AccessRequest], checks: Mapping[str, Sequence[IdentityCheck]]
) -> Iterator[ReachedRequester]:
    for request in requests:
        if request.requester is not None:
            yield _reached(request, request.requester, request.id, checks)


def _lessees(
    lent: Iterable[Disclosure],
    by_id: dict[str, AccessRequest],
    language: Language,
    checks: Mapping[str, Sequence[IdentityCheck]],
) -> Iterator[ReachedRequester]:
    for disclosure in lent:
        if disclosure.recipient not in FOR_SUBJECT:
            yield ReachedRequester(disclosure.receiver.authority, "", language, (disclosure.id,))
            continue
        request = by_id.get(disclosure.case_id or "")
        party = request.party(_ROLES[disclosure.recipient]) if request else None
        if request is not None and party is not None:
            yield _reached(request, party, disclosure.id, checks)


def _reached(
    request: AccessRequest, party: Party, case: str, checks: Mapping[str, Sequence[IdentityCheck]]
) -> ReachedRequester:
    address = letter_address(request, party, checks.get(request.id, ()))
    return ReachedRequester(party.name, address, request.language, (case,))
