"""Letters that inform or ask: receipt, identification, time and place, invitation to view; and that one was sent.

Three letters take effect only when they are sent:

* extension: the deadline moves (Article 12(3) GDPR wants the person informed inside the first period);
* yield: the protected person counts as informed;
* answer: an erasure is closed, and its people are anonymised.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import (
    AppointmentUnfit,
    NothingAsked,
    NothingToAsk,
    NothingToShow,
    RequestForgotten,
    ScopeGiven,
    SentLater,
)
from cctv.cases.footage_status import request_footage
from cctv.cases.letters.request_letters import Draft, asked_of, draft, enter, local_day, processing_for
from cctv.cases.requests.block_queries import mark_told
from cctv.cases.requests.blocks import require_usable
from cctv.cases.requests.close import end, ending_of, finish
from cctv.cases.requests.deadlines import apply_extension
from cctv.cases.requests.lifecycle import Transition, find_request, load_for_transition
from cctv.cases.requests.needs import identities_missing, mandates_missing
from cctv.cases.requests.next_steps import facts_of
from cctv.cases.requests.no_footage import absences
from cctv.cases.requests.outcomes import erases
from cctv.cases.requests.queries import mark_letters_sent
from cctv.cases.requests.questions import question_of
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_
from cctv.core.local_days import start_of_day
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.letters.answers import IdentityAsked, IdentityDoubt, IdentityWay, Receipt, ScopeAsked, ViewingInvitation
from cctv.letters.letter import LetterFacts
from cctv.letters.notices import ComplaintAcknowledged
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.requests import LetterKind, Safeguard

ANSWER_BY = timedelta(days=14)  # to prove identity: about half of the time that the controller has


@dataclass(frozen=True, slots=True)
class Wrote:
    """A letter that was made for a request."""

    request: AccessRequest
    letter: Draft


@dataclass(frozen=True, slots=True)
class Appointment:
    """When and where a person may view the footage, whom to ask for there, and how others are protected."""

    at: datetime
    place: str
    host: str
    safeguard: Safeguard = Safeguard.HIDDEN


@dataclass(frozen=True, slots=True)
class Sent:
    """A request after a letter of a kind was sent on a day."""

    request: AccessRequest
    kind: LetterKind
    day: date


def write_receipt(site: Storage, request_id: str, *, dry_run: bool = False) -> Wrote:
    """Confirm that a request was received and when the answer is due; a complaint has a receipt of its own.

    Raises RequestUnknown, RequestClosed, MoveRefused, SenderUnknown.
    """
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.RECEIPT)
    due = local_day(site, request.due)
    blocked = request.type in {RequestType.RESTRICTION, RequestType.OBJECTION}
    facts: LetterFacts = Receipt(asked_of(site, request), due, blocked)
    if request.type is RequestType.COMPLAINT:
        facts = ComplaintAcknowledged(local_day(site, request.received), due)
    return _write(site, request, LetterKind.RECEIPT, facts, Transition.RECEIPT, dry_run)


def ask_identity(site: Storage, request_id: str, *, dry_run: bool = False) -> Wrote:
    """Ask for the mandate or the proof of identity that is missing; never for a copy of a document.

    Preparing, approving and granting wait until an identity was checked or `withdraw_question` took it back.  Raises
    RequestUnknown, RequestClosed, MoveRefused, NothingToAsk, SenderUnknown.
    """
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.IDENTITY)
        checks = facts_of(connection, site, request).checks
    request_facts, way = asked_of(site, request), IdentityWay
    ways: tuple[IdentityWay, ...]
    by = min(local_day(site, site.clock.now() + ANSWER_BY), local_day(site, request.due))
    if mandates_missing(request):
        doubt, ways = IdentityDoubt.MANDATE_MISSING, (way.SEND_MANDATE, way.SHOW_DOCUMENT)
    elif identities_missing(request, checks):
        doubt, ways = IdentityDoubt.OTHER_ADDRESS, (way.SHOW_DOCUMENT, way.KNOWN_ADDRESS, way.SIGNED_MESSAGE)
    elif erases(request, CaseOutcome.GRANTED) and identities_missing(request, checks, erases=True):
        doubt, ways = IdentityDoubt.ERASURE, (way.SHOW_DOCUMENT, way.KNOWN_ADDRESS, way.SIGNED_MESSAGE)
    elif not checks:
        doubt, ways = IdentityDoubt.UNKNOWN_ADDRESS, (way.SHOW_DOCUMENT, way.SIGNED_MESSAGE)
    else:
        raise NothingToAsk(id=request.id)
    facts = IdentityAsked(request_facts, doubt, ways, by)
    return _write(site, request, LetterKind.IDENTITY, facts, Transition.IDENTITY, dry_run)


def ask_scope(site: Storage, request_id: str, *, dry_run: bool = False) -> Wrote:
    """Ask for the time, or the place, that a request does not say; its deadline runs on.

    Raises RequestUnknown, RequestClosed, MoveRefused, ScopeGiven, SenderUnknown.
    """
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.SCOPE)
    if request.has_scope:
        raise ScopeGiven(id=request.id)
    by = min(local_day(site, site.clock.now() + ANSWER_BY), local_day(site, request.due))
    facts = ScopeAsked(asked_of(site, request), by)
    return _write(site, request, LetterKind.SCOPE, facts, Transition.SCOPE, dry_run)


def withdraw_question(site: Storage, request_id: str, *, reason: str, dry_run: bool = False) -> AccessRequest:
    """Take back the question about identity; what must be checked in any case is still missing.

    Raises RequestUnknown, RequestClosed, MoveRefused, NothingAsked.
    """
    reason = checked_text(N_("reason"), reason, N_('say why it is not needed any more: --reason "WHY".'))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = load_for_transition(connection, site, request_id, Transition.IDENTITY)
        asked = question_of(connection, request)
        if asked is None:
            raise NothingAsked(id=request.id)
        facts: AuditFacts = {"asked": local_day(site, asked).isoformat()}
        append_entry(
            connection, site, Act.QUESTION_WITHDRAWN, request.id, case_id=request.id, facts=facts, reason=reason
        )
    return request


def invite(site: Storage, request_id: str, appointment: Appointment, *, dry_run: bool = False) -> Wrote:
    """Invite the person to view the footage, with the information of Article 15; its hold keeps it.

    Raises RequestUnknown, RequestClosed, MoveRefused, AppointmentUnfit, NothingToSee, FootageBlocked, TextUnusable,
    SenderUnknown, WordsUntranslated.
    """
    place = checked_text(N_("place"), appointment.place, N_("say where: --place PLACE."))
    host = checked_text(N_("host"), appointment.host, N_("name whom to ask for at the door: --host NAME."))
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.INVITE)
        _check_appointment(site, request, appointment.at)
        if not facts_of(connection, site, request).has_footage:
            raise NothingToShow(id=request.id)
        footage = request_footage(connection, site, request)
    require_usable(site, request, "invite")
    gaps, request_facts = tuple(absence for status in footage for absence in absences(status)), asked_of(site, request)
    processing = processing_for(site, request)
    facts = ViewingInvitation(request_facts, processing, appointment.at, place, host, appointment.safeguard, gaps)
    return _write(site, request, LetterKind.INVITATION, facts, Transition.INVITE, dry_run)


def mark_sent(
    site: Storage, request_id: str, kind: LetterKind, day: date | None = None, *, dry_run: bool = False
) -> Sent:
    """Record that a letter was sent, today or on an earlier day.

    Raises RequestUnknown, RequestForgotten, SentLater; NotExtended, ExtensionLate for an extension.
    """
    today = site.clock.now().astimezone(site.settings.site.timezone).date()
    day = day or today
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = find_request(connection, request_id)
        if request.forgotten is not None:
            raise RequestForgotten(id=request.id)
        if not request.received.astimezone(site.settings.site.timezone).date() <= day <= today:
            raise SentLater(when=day)
        released = _enter(connection, site, request, kind, day)
        if dry_run:
            return Sent(request, kind, day)
        request = find_request(connection, request.id)
    finish(site, request, released)
    return Sent(request, kind, day)


def _check_appointment(site: Storage, request: AccessRequest, at: datetime) -> None:
    """Raises AppointmentUnfit unless it is in the future and before the answer is due: viewing is the answer."""
    due = local_day(site, request.due)
    if not site.clock.now() < at <= request.due:
        raise AppointmentUnfit(id=request.id, when=echo_instant(at, site.settings.site.timezone), due=due)


def _write(
    site: Storage, request: AccessRequest, kind: LetterKind, facts: LetterFacts, move: Transition, dry_run: bool
) -> Wrote:
    letter = draft(site, request, kind, [facts], dry_run=dry_run)
    if not dry_run:
        with write_transaction(site.engine) as connection:
            enter(connection, site, load_for_transition(connection, site, request.id, move), letter)
    return Wrote(request, letter)


def _enter(
    connection: Connection, site: Storage, request: AccessRequest, kind: LetterKind, day: date
) -> tuple[Hold, ...]:
    at = _instant(site, day)
    mark_letters_sent(connection, request.id, kind, at)
    facts: AuditFacts = {"letter": kind.value, "day": day.isoformat()}
    append_entry(connection, site, Act.LETTER_SENT, request.id, case_id=request.id, facts=facts)
    if kind is LetterKind.EXTENSION:
        apply_extension(connection, site, request, day)
    if kind is LetterKind.YIELD:
        mark_told(connection, request.id, at)
    if kind is LetterKind.ANSWER and request.state is RequestState.ANSWERED:
        return end(connection, site, request, ending_of(request, CaseOutcome.GRANTED), Transition.CLOSE)
    return ()


def _instant(site: Storage, day: date) -> datetime:
    """Now for today, the start of an earlier day."""
    now, zone = site.clock.now(), site.settings.site.timezone
    return now if day == now.astimezone(zone).date() else start_of_day(day, zone)
