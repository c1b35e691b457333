"""The people of a request: who may act on which mandate, and whose identity must be checked.  Pure.

Owns the rules of docs/policies/000.txt, 001.txt and 002.txt: a copy goes to the known address; elsewhere, or to
somebody else, only after a check of identity.  A mandate or a check that is missing never keeps a request from being
registered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cctv.casework.errors import MandateUnusable
from cctv.casework.words import checked_text
from cctv.kernel.phrases import phrase
from cctv.model.casework import AccessRequest
from cctv.model.requests import IdentityCheck, Mandate, Party, Role, Stated

MANDATES: dict[Role, tuple[Mandate, ...]] = {
    Role.SUBJECT: (),
    Role.GUARDIAN: (Mandate.PARENTAL_AUTHORITY, Mandate.GUARDIANSHIP),
    Role.PROXY: (Mandate.POWER_OF_ATTORNEY, Mandate.GUARDIANSHIP),
    Role.NOMINEE: (Mandate.EXPRESS_DEMAND, Mandate.POWER_OF_ATTORNEY),
}


def check_party(party: Party) -> Party:
    """The same with clean texts; raises TextUnusable, NationalNumberTyped, MandateUnusable."""
    if party.mandate is not None and party.mandate not in MANDATES[party.role]:
        known = ", ".join(one.value for one in MANDATES[party.role]) or phrase("nothing: they ask for themselves")
        raise MandateUnusable(role=party.role, mandate=party.mandate, known=known)
    name = checked_text(phrase("name"), party.name, phrase('give the name as the letter has it: --name "An Peeters".'))
    contact = checked_text(
        phrase("contact"), party.contact, phrase("give the e-mail or postal address: --contact ADDRESS.")
    )
    deliver_to = party.deliver_to
    if deliver_to is not None:
        deliver_to = checked_text(phrase("delivery address"), deliver_to, phrase("give it, or leave --deliver-to out."))
        deliver_to = None if deliver_to.casefold() == contact.casefold() else deliver_to
    return replace(party, name=name, contact=contact, deliver_to=deliver_to)


def check_stated(stated: Stated) -> Stated:
    """The same with clean texts; raises what `check_party` raises of a text."""

    def clean(what: str, text: str | None) -> str | None:
        return (
            None if text is None else checked_text(what, text, phrase("say it in the person's words, or leave it out."))
        )

    return Stated(
        time=clean("stated time", stated.time),
        place=clean("stated place", stated.place),
        appearance=clean("appearance", stated.appearance),
    )


def mandates_missing(request: AccessRequest) -> tuple[Role, ...]:
    """Who acts or receives without a mandate; for a child under 16 (docs/policies/001.txt) a guardian, named or not."""
    missing = [one.role for one in request.parties if one.role is not Role.SUBJECT and one.mandate is None]
    if request.under_16 and request.party(Role.GUARDIAN) is None:
        missing.append(Role.GUARDIAN)
    return tuple(missing)


def identities_needed(request: AccessRequest) -> tuple[Role, ...]:
    """Whose identity must be checked before anything is handed over.

    Whoever acts for somebody else; the nominee, and then who asked for it, always; who wants the answer elsewhere than
    at the known address.
    """
    asking = request.requester
    needed: list[Role] = []
    if asking is not None and (asking.role is not Role.SUBJECT or asking.deliver_to is not None):
        needed.append(asking.role)
    if request.party(Role.NOMINEE) is not None:
        needed += [asking.role] if asking is not None else []
        needed.append(Role.NOMINEE)
    return tuple(dict.fromkeys(needed))


def identities_missing(request: AccessRequest, checks: Iterable[IdentityCheck]) -> tuple[Role, ...]:
    """Those of them that nobody checked yet."""
    checked = {one.role for one in checks}
    return tuple(role for role in identities_needed(request) if role not in checked)
