"""Letters that inform or ask: receipt, identification, time and place, invitation, who looked; and that one was sent.

And the letter that passes a request on to the controller of a customer's footage.

Three letters take effect only when they are sent:

* extension: the deadline moves (Article 12(3) GDPR wants the person informed inside the first period);
* yield: the protected person counts as informed;
* answer: an erasure is closed, and its people are anonymised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from cctv.access.errors import CodeMissing
from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import (
    AnswerNotReady,
    AppointmentUnfit,
    FirstSigned,
    NobodyToWriteTo,
    NothingAsked,
    NothingToAsk,
    NothingToShow,
    NotPassedOn,
    ReleaseAsked,
    RequestForgotten,
    ScopeGiven,
    SentLater,
)
from cctv.cases.footage_status import request_footage
from cctv.cases.letters.request_letters import Draft, address_lines, asked_of, draft, enter, local_day, processing_for
from cctv.cases.requests.block_queries import mark_told
from cctv.cases.requests.blocks import require_usable
from cctv.cases.requests.close import end, ending_of, finish
from cctv.cases.requests.deadlines import apply_extension
from cctv.cases.requests.lifecycle import Transition, find_request, load_for_transition
from cctv.cases.requests.needs import (
    GRANTING,
    Step,
    address_unchecked,
    identities_missing,
    lacking,
    mandates_missing,
    scope_of,
    step_label,
)
from cctv.cases.requests.next_steps import facts_of
from cctv.cases.requests.no_footage import absences
from cctv.cases.requests.outcomes import erases
from cctv.cases.requests.queries import checks_of, letters_of, mark_letters_sent
from cctv.cases.requests.questions import question_of, require_instructed
from cctv.cases.requests.viewings import viewings_of
from cctv.cases.text_input import checked_text
from cctv.cases.two_person import ending_act, sign_release
from cctv.config.schema import SecondFactorUse
from cctv.core.clock import start_of_day
from cctv.core.i18n import N_, join_messages
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import holds_of
from cctv.letters.answers import (
    IdentityAsked,
    IdentityDoubt,
    IdentityWay,
    Proof,
    Receipt,
    ScopeAsked,
    Viewing,
    ViewingInvitation,
    ViewingsAnswer,
)
from cctv.letters.facts import Addressee, Asked, Footage
from cctv.letters.letter import LetterFacts
from cctv.letters.notices import ComplaintAcknowledged, PassedOn
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.requests import IdentityCheck, LetterKind, RequesterRole, Safeguard

ANSWER_BY = timedelta(days=14)  # to prove identity: about half of the time that the controller has
_PROOFS = {
    RequesterRole.PROXY: Proof.MANDATE,
    RequesterRole.GUARDIAN: Proof.REPRESENTATION,
    RequesterRole.NOMINEE: Proof.DEMAND,
}


@dataclass(frozen=True, slots=True)
class Wrote:
    """A letter that was made for a request."""

    request: AccessRequest
    letter: Draft


@dataclass(frozen=True, slots=True)
class Consulted:
    """The consultations of a request's footage, and the letter that lists them."""

    viewings: tuple[Viewing, ...]
    wrote: Wrote


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


def pass_on(site: Storage, request_id: str, *, dry_run: bool = False) -> Wrote:
    """Make the letter that passes a request on to the controller, on a site that records for a customer.

    Raises RequestUnknown, RequestClosed, MoveRefused, NoOtherController, NobodyToWriteTo.
    """
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.PASS_ON)
        held = holds_of(connection, request.id)
    requester, subject = request.requester, request.party(RequesterRole.SUBJECT)
    nominee, processor = request.party(RequesterRole.NOMINEE), site.settings.processor
    if requester is None:
        raise NobodyToWriteTo(id=request.id)
    assert processor.contract is not None  # as `config.checks` requires
    assert processor.contract_date is not None
    acts = requester.role is not RequesterRole.SUBJECT
    facts = PassedOn(
        asked=asked_of(site, request),
        requester=Addressee(
            requester.name, address_lines(requester.contact), requester.role, subject.name if acts and subject else None
        ),
        due=local_day(site, request.due),
        frozen=tuple(Footage(camera, hold.span) for hold in held for camera in sorted(hold.cameras)),
        contract=processor.contract,
        contract_date=processor.contract_date,
        blocked=request.type in {RequestType.RESTRICTION, RequestType.OBJECTION},
        deliver_to=requester.deliver_to,
        nominee=f"{nominee.name}, {nominee.contact}" if nominee else None,
        stated=tuple(said for said in (request.stated.time, request.stated.place, request.stated.appearance) if said),
    )
    return _write(site, request, LetterKind.PASSED_ON, facts, Transition.PASS_ON, dry_run)


def ask_identity(site: Storage, request_id: str, *, dry_run: bool = False) -> Wrote:
    """Ask for the mandate or the proof of identity that is missing; never for a copy of a document.

    Preparing, approving and granting wait until an identity was checked or `withdraw_question` took it back.  Raises
    RequestUnknown, RequestClosed, MoveRefused, NothingToAsk, SenderUnknown.
    """
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.IDENTITY)
        checks = checks_of(connection, request.id)
    by = min(local_day(site, site.clock.now() + ANSWER_BY), local_day(site, request.due))
    facts = identity_question(request, checks, asked_of(site, request), by)
    if facts is None:
        raise NothingToAsk(id=request.id)
    return _write(site, request, LetterKind.IDENTITY, facts, Transition.IDENTITY, dry_run)


def identity_question(
    request: AccessRequest, checks: Sequence[IdentityCheck], asked: Asked, by: date
) -> IdentityAsked | None:
    """What to ask of the requester, and for which reasons; None when nothing is left to ask.  Pure.

    Every reason is a fact of the request: a person who gave no other address is not told that they did.
    """
    unproved = mandates_missing(request)
    unknown = identities_missing(request, checks, erases=erases(request, CaseOutcome.GRANTED))
    requester, nominee = request.requester, request.party(RequesterRole.NOMINEE)
    if not unproved and not unknown and checks:
        return None
    identity_missing = bool(unknown) or not (unproved or checks)
    doubts = tuple(_doubts(request, unproved, unknown)) or (_doubt_of_address(request),)
    ways = [IdentityWay.SHOW_DOCUMENT, IdentityWay.SIGNED_MESSAGE] if identity_missing else []
    if ways and requester is not None and requester.role is RequesterRole.SUBJECT and unknown:
        ways.insert(1, IdentityWay.KNOWN_ADDRESS)  # the contact, where another is given beside it or it is to erase
    receiver = nominee.name if nominee and RequesterRole.NOMINEE in unknown else None
    proofs = tuple(_PROOFS[role] if request.party(role) else Proof.GUARDIAN for role in unproved)
    return IdentityAsked(asked, doubts, tuple(ways), proofs, by, receiver)


def _doubts(
    request: AccessRequest, unproved: Sequence[RequesterRole], unknown: Sequence[RequesterRole]
) -> Iterator[IdentityDoubt]:
    requester, nominee = request.requester, RequesterRole.NOMINEE
    acting = {RequesterRole.GUARDIAN, RequesterRole.PROXY}
    if any(role in acting and request.party(role) for role in unproved):
        yield IdentityDoubt.MANDATE_MISSING
    elif acting.intersection(unknown):
        yield IdentityDoubt.ON_BEHALF
    if RequesterRole.GUARDIAN in unproved and request.party(RequesterRole.GUARDIAN) is None:
        yield IdentityDoubt.GUARDIAN_MISSING
    if requester is not None and requester.role in unknown and requester.deliver_to is not None:
        yield IdentityDoubt.OTHER_ADDRESS
    if request.party(nominee) and ({nominee, RequesterRole.SUBJECT} & {*unproved, *unknown}):
        yield IdentityDoubt.OTHER_RECIPIENT
    if requester is not None and requester.role in unknown and erases(request, CaseOutcome.GRANTED):
        if _is_unsigned(request):
            yield IdentityDoubt.NO_SIGNATURE
        yield IdentityDoubt.ERASURE


def _doubt_of_address(request: AccessRequest) -> IdentityDoubt:
    """Why somebody asks where no rule demands it: what was entered about the request, or the address itself."""
    return IdentityDoubt.NO_SIGNATURE if _is_unsigned(request) else IdentityDoubt.UNKNOWN_ADDRESS


def _is_unsigned(request: AccessRequest) -> bool:
    return request.signed is False or request.dated is False


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

    Raises RequestUnknown, RequestClosed, MoveRefused, NotInstructed, AnswerNotReady where their address was corrected
    and nobody was checked since; AppointmentUnfit, NothingToSee, FootageBlocked, TextUnusable, SenderUnknown,
    WordsUntranslated.
    """
    place = checked_text(N_("place"), appointment.place, N_("say where: --place PLACE."))
    host = checked_text(N_("host"), appointment.host, N_("name whom to ask for at the door: --host NAME."))
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.INVITE)
        require_instructed(site.settings, request, GRANTING)
        _require_checked(request, address_unchecked(request, checks_of(connection, request.id)))
        _check_appointment(site, request, appointment.at)
        if not facts_of(connection, site, request).has_footage:
            raise NothingToShow(id=request.id)
        footage = request_footage(connection, site, request)
    require_usable(site, request, "invite")
    gaps, request_facts = tuple(absence for status in footage for absence in absences(status)), asked_of(site, request)
    processing = processing_for(site, request)
    facts = ViewingInvitation(request_facts, processing, appointment.at, place, host, appointment.safeguard, gaps)
    return _write(site, request, LetterKind.INVITATION, facts, Transition.INVITE, dry_run)


def write_viewings(site: Storage, request_id: str, *, dry_run: bool = False) -> Consulted:
    """Answer "who looked at me": dates and purposes of every consultation of the request's footage, no staff's names.

    It leaves as an answer does, only when mandate and identity are in order.  Raises RequestUnknown, RequestClosed,
    MoveRefused, NotInstructed, ScopeUnknown, AnswerNotReady, SenderUnknown.
    """
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.VIEWINGS)
        require_instructed(site.settings, request, GRANTING)
        role, checks = site.settings.site.role, checks_of(connection, request.id)
        _require_checked(request, lacking(request, checks, question_of(connection, request), role=role))
        viewings = viewings_of(connection, request, site.settings.site.timezone)
    facts = ViewingsAnswer(asked_of(site, request), viewings, local_day(site, scope_of(request).start))
    return Consulted(viewings, _write(site, request, LetterKind.VIEWINGS, facts, Transition.VIEWINGS, dry_run))


def mark_sent(
    site: Storage, request_id: str, kind: LetterKind, day: date | None = None, *, dry_run: bool = False
) -> Sent:
    """Record that a letter was sent, today or on an earlier day.

    Raises RequestUnknown, RequestForgotten, SentLater, NotPassedOn; NotExtended, ExtensionLate for an extension;
    ReleaseAsked, and records nothing, while the policy requires a second person for a hold that ends with it.
    """
    today = site.clock.now().astimezone(site.settings.site.timezone).date()
    day = day or today
    if kind is LetterKind.ANSWER:  # it may end the request, and its holds
        require_code(site, SecondFactorUse.RELEASE, dry_run=dry_run)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = find_request(connection, request_id)
        if request.forgotten is not None:
            raise RequestForgotten(id=request.id)
        if not request.received.astimezone(site.settings.site.timezone).date() <= day <= today:
            raise SentLater(when=day)
        refusal = None if dry_run else _unsigned(connection, site, request, kind)
        released = () if refusal else _enter(connection, site, request, kind, day)
        if dry_run:
            return Sent(request, kind, day)
        request = find_request(connection, request.id)
    if refusal is not None:
        raise refusal
    finish(site, request, released)
    return Sent(request, kind, day)


def _require_checked(request: AccessRequest, missing: Iterable[Step]) -> None:
    """Raises AnswerNotReady while a step is missing: what the letter says is an answer."""
    steps = tuple(missing)
    if steps:
        needs = join_messages(step_label(step) for step in steps)
        raise AnswerNotReady(id=request.id, missing=needs, following=steps[0].line)


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
    if kind is LetterKind.PASSED_ON and all(letter.kind is not kind for letter in letters_of(connection, request.id)):
        raise NotPassedOn(id=request.id)
    mark_letters_sent(connection, request.id, kind, at)
    facts: AuditFacts = {"letter": kind.value, "day": day.isoformat()}
    append_entry(connection, site, Act.LETTER_SENT, request.id, case_id=request.id, facts=facts)
    if kind is LetterKind.EXTENSION:
        apply_extension(connection, site, request, day)
    if kind is LetterKind.YIELD:
        mark_told(connection, request.id, at)
    if _ends(request, kind):
        return end(connection, site, request, ending_of(request, CaseOutcome.GRANTED), Transition.CLOSE)
    return ()


def _ends(request: AccessRequest, kind: LetterKind) -> bool:
    """Whether the request ends when this letter went: an erasure's answer is sent before its people are forgotten."""
    return kind is LetterKind.ANSWER and request.state is RequestState.ANSWERED


def _unsigned(
    connection: Connection, site: Storage, request: AccessRequest, kind: LetterKind
) -> FirstSigned | ReleaseAsked | CodeMissing | None:
    """The answer released the request's holds; one that was placed since ends by the same rule."""
    if not _ends(request, kind):
        return None
    outcome = ending_of(request, CaseOutcome.GRANTED).outcome
    act = ending_act(outcome, given=erases(request, outcome))
    line = f"cctv request sent {request.id} --letter {kind.value}"
    return sign_release(connection, site, holds_of(connection, request.id), reason=None, line=line, act=act)


def _instant(site: Storage, day: date) -> datetime:
    """Now for today, the start of an earlier day."""
    now, zone = site.clock.now(), site.settings.site.timezone
    return now if day == now.astimezone(zone).date() else start_of_day(day, zone)
