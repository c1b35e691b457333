"""Correspondence: letters that tell or ask and change nothing else: the receipt, and the question who somebody is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cctv import letters
from cctv.casework.errors import NothingToAsk
from cctv.casework.factstore import facts_of
from cctv.casework.lettering import Draft, asked_of, draft, enter, local_day
from cctv.casework.parties import identities_missing, mandates_missing
from cctv.casework.requests import moving
from cctv.casework.states import Move
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.letters.letter import Answer
from cctv.model.casework import AccessRequest, RequestType
from cctv.model.requests import LetterKind

ANSWER_BY = timedelta(days=14)  # to show who one is: half of the time that we have ourselves


@dataclass(frozen=True, slots=True)
class Wrote:
    """A letter that was made for a request."""

    request: AccessRequest
    letter: Draft


def write_receipt(site: Site, request_id: str, *, dry_run: bool = False) -> Wrote:
    """Say that a request was received and when the answer is due; a complaint has a receipt of its own.

    Raises RequestUnknown, RequestClosed, MoveRefused, SenderUnknown.
    """
    with reading(site.engine) as connection:
        request = moving(connection, site, request_id, Move.RECEIPT)
    due = local_day(site, request.due)
    blocked = request.type in {RequestType.RESTRICTION, RequestType.OBJECTION}
    facts = letters.Receipt(asked_of(site, request), due, blocked)
    return _write(site, request, LetterKind.RECEIPT, facts, Move.RECEIPT, dry_run)


def ask_identity(site: Site, request_id: str, *, dry_run: bool = False) -> Wrote:
    """Ask for the mandate or the proof of identity that is missing; never for a copy of a document.

    Raises RequestUnknown, RequestClosed, MoveRefused, NothingToAsk, SenderUnknown.
    """
    with reading(site.engine) as connection:
        request = moving(connection, site, request_id, Move.IDENTITY)
        checks = facts_of(connection, site, request).checks
    asked, way = asked_of(site, request), letters.IdentityWay
    ways: tuple[letters.IdentityWay, ...]
    by = min(local_day(site, site.clock.now() + ANSWER_BY), local_day(site, request.due))
    if mandates_missing(request):
        doubt, ways = letters.IdentityDoubt.MANDATE_MISSING, (way.SEND_MANDATE, way.SHOW_DOCUMENT)
    elif identities_missing(request, checks):
        doubt, ways = letters.IdentityDoubt.OTHER_ADDRESS, (way.SHOW_DOCUMENT, way.KNOWN_ADDRESS, way.SIGNED_MESSAGE)
    elif not checks:
        doubt, ways = letters.IdentityDoubt.UNKNOWN_ADDRESS, (way.SHOW_DOCUMENT, way.SIGNED_MESSAGE)
    else:
        raise NothingToAsk(id=request.id)
    facts = letters.IdentityAsked(asked, doubt, ways, by)
    return _write(site, request, LetterKind.IDENTITY, facts, Move.IDENTITY, dry_run)


def _write(site: Site, request: AccessRequest, kind: LetterKind, facts: Answer, move: Move, dry_run: bool) -> Wrote:
    letter = draft(site, request, kind, [facts], dry_run=dry_run)
    if not dry_run:
        with writing(site.engine) as connection:
            enter(connection, site, moving(connection, site, request.id, move), letter)
    return Wrote(request, letter)
