"""Correspondence: letters that tell or ask and change nothing else.

The receipt, the question who somebody is, the invitation to come and look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv import letters
from cctv.casework.absence import absences
from cctv.casework.blocks import require_usable
from cctv.casework.errors import AppointmentUnfit, NothingToAsk, NothingToSee
from cctv.casework.factstore import facts_of
from cctv.casework.found import look
from cctv.casework.lettering import Draft, asked_of, draft, enter, local_day, processing_for
from cctv.casework.parties import identities_missing, mandates_missing
from cctv.casework.requests import moving
from cctv.casework.states import Move
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.kernel.times import echo_instant
from cctv.letters.letter import Facts
from cctv.model.casework import AccessRequest, RequestType
from cctv.model.requests import LetterKind, Safeguard

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
    facts: Facts = letters.Receipt(asked_of(site, request), due, blocked)
    if request.type is RequestType.COMPLAINT:
        facts = letters.ComplaintAcknowledged(local_day(site, request.received), due)
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


@dataclass(frozen=True, slots=True)
class Appointment:
    """When and where a person may come and look, whom to ask for at the door, and how others are spared."""

    at: datetime
    place: str
    host: str
    safeguard: Safeguard = Safeguard.HIDDEN


def invite(site: Site, request_id: str, wanted: Appointment, *, dry_run: bool = False) -> Wrote:
    """Invite the person to come and look at the footage, with the information of Article 15; its hold keeps it.

    Raises RequestUnknown, RequestClosed, MoveRefused, AppointmentUnfit, NothingToSee, FootageBlocked, TextUnusable,
    SenderUnknown, WordsUntranslated.
    """
    place = checked_text(phrase("place"), wanted.place, phrase("say where: --place PLACE."))
    host = checked_text(phrase("host"), wanted.host, phrase("name whom to ask for at the door: --host NAME."))
    with reading(site.engine) as connection:
        request = moving(connection, site, request_id, Move.INVITE)
        _check_appointment(site, request, wanted.at)
        if not facts_of(connection, site, request).has_footage:
            raise NothingToSee(id=request.id)
        found = look(connection, site, request.cameras, request.span)
    require_usable(site, request, "invite")
    gaps, asked = tuple(one for camera in found for one in absences(camera)), asked_of(site, request)
    processing = processing_for(site, request)
    facts = letters.ViewingInvitation(asked, processing, wanted.at, place, host, wanted.safeguard, gaps)
    return _write(site, request, LetterKind.INVITATION, facts, Move.INVITE, dry_run)


def _check_appointment(site: Site, request: AccessRequest, at: datetime) -> None:
    """Ahead, and in time: looking is the answer, which is due."""
    due = local_day(site, request.due)
    if not site.clock.now() < at <= request.due:
        raise AppointmentUnfit(id=request.id, when=echo_instant(at, site.settings.site.timezone), due=due)


def _write(site: Site, request: AccessRequest, kind: LetterKind, facts: Facts, move: Move, dry_run: bool) -> Wrote:
    letter = draft(site, request, kind, [facts], dry_run=dry_run)
    if not dry_run:
        with writing(site.engine) as connection:
            enter(connection, site, moving(connection, site, request.id, move), letter)
    return Wrote(request, letter)
