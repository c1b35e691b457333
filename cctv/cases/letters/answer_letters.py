"""Which letter answers a request, by its type and outcome, and that letter's facts.  Reads the case; decides nothing.

An answer without a copy still says that the processing exists, why, how long and who receives what
(docs/policies/000.txt): "no footage" and "not identifiable" do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from cctv.audit.log import audit_entries
from cctv.cases.errors.requests import (
    BalanceMissing,
    BasisMissing,
    GroundMissing,
    InvitationMissing,
    MeasuresMissing,
    PassphraseAlongside,
    PassphraseWithoutZip,
    ReasonMissing,
    RecipientsUntold,
)
from cctv.cases.footage_status import request_footage
from cctv.cases.letters.request_letters import asked_of, local_day, processing_for, recipients_of, what_becomes
from cctv.cases.requests.answer import AnswerPlan
from cctv.cases.requests.block_queries import blocks_of
from cctv.cases.requests.close import ErasurePlan
from cctv.cases.requests.no_footage import FILE, absences, signed_statement
from cctv.cases.requests.outcomes import GROUNDS, RequestOutcome
from cctv.cases.requests.queries import letters_of, statements_of
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_, join_messages
from cctv.core.time_range import Span
from cctv.db.storage import Storage
from cctv.holds.store import find_hold
from cctv.letters.answers import (
    AccessAnswer,
    ErasureConfirmed,
    ErasurePartly,
    NoFootageLetter,
    NotIdentifiable,
    ObjectionRejected,
    ObjectionUpheld,
    PortabilityAnswer,
    RectificationRecorded,
    Refusal,
    RestrictionConfirmed,
    Waiting,
)
from cctv.letters.facts import Asked, Footage, PackageFacts, RecipientFacts, ShownFacts
from cctv.letters.letter import Answer, LetterFacts
from cctv.letters.notices import ComplaintDecided
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.disclosures import Delivery, PasswordWay
from cctv.model.footage import Segment
from cctv.model.ids import CameraId, ExportId
from cctv.model.requests import Consent, LetterKind, RequesterRole, RestrictionGround

_SAME_WAY: dict[Delivery | None, PasswordWay] = {
    Delivery.REGISTERED_POST: PasswordWay.POST,
    Delivery.IN_PERSON: PasswordWay.IN_PERSON,
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What only a person can supply for the letter, beside the reason, in its language."""

    balance: str | None = None
    measures: str | None = None
    basis: RestrictionGround | None = None
    delivery: Delivery | None = None
    password: PasswordWay | None = None
    told: bool = False  # the recipients of the footage were informed (Article 19 GDPR)
    zipped: bool | None = None  # whether the copy goes as an encrypted ZIP or a plain folder; None: not known yet


@dataclass(frozen=True, slots=True)
class LetterCopy:
    """The package that is enclosed with an answer, as its letter names it."""

    id: ExportId
    made: date
    videos: int
    manifest_sha256: str
    expires: date
    shown: tuple[ShownFacts, ...]
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """The letters of an answer and what is enclosed; no letters where none is known for it."""

    letters: tuple[LetterFacts, ...]
    enclosed: dict[str, bytes]


def facts_for(
    connection: Connection, site: Storage, plan: AnswerPlan, wording: Wording, copy: LetterCopy | None
) -> AnswerFacts:
    """The facts of an answer's letters.

    Raises BalanceMissing, BasisMissing, MeasuresMissing, ReasonMissing, InvitationMissing, RecipientsUntold,
    PassphraseAlongside, PassphraseWithoutZip, GroundMissing, WordsUntranslated.
    """
    request, ending = plan.request, plan.ending
    request_facts, today = asked_of(site, request), local_day(site, site.clock.now())
    if request.type is RequestType.COMPLAINT:
        return AnswerFacts((_examined(plan, wording, request_facts.received, today),), {})
    match ending.outcome:
        case CaseOutcome.REFUSED if request.state is RequestState.REJECTED:
            if wording.balance is None:
                raise BalanceMissing(id=request.id)
            decided, remainder = _decided_on(connection, site, request, today), what_becomes(site, plan.departures)
            rejected = ObjectionRejected(request_facts, decided, ending.reason or "", wording.balance, *remainder)
            return AnswerFacts((rejected,), {})
        case CaseOutcome.REFUSED:
            gone_by, kept_for = what_becomes(site, plan.departures)
            refusal = _refusal(request_facts, today, ending)
            return AnswerFacts((replace(refusal, gone_by=gone_by, kept_for=kept_for),), {})
        case CaseOutcome.NOT_IDENTIFIABLE:
            processing, remainder = processing_for(site, request), what_becomes(site, plan.departures)
            return AnswerFacts((NotIdentifiable(request_facts, processing, ending.reason or "", *remainder),), {})
        case CaseOutcome.NO_FOOTAGE:
            signed = signed_statement(connection, site, request)
            footage = request_footage(connection, site, request)
            gaps = tuple(absence for status in footage for absence in absences(status))
            facts = NoFootageLetter(request_facts, processing_for(site, request), gaps, signed.facts)
            enclosed = {
                FILE: signed.text,
                f"{FILE}.sig": signed.signature.encode(),
                "allowed_signers": signed.signers.encode(),
            }
            return AnswerFacts((facts,), enclosed)
        case CaseOutcome.VIEWING:  # the invitation gave the information of Article 15
            if not any(letter.kind is LetterKind.INVITATION for letter in letters_of(connection, request.id)):
                raise InvitationMissing(id=request.id)
            return AnswerFacts((), {})
    letters = _granted(connection, site, plan, wording, copy, request_facts, today)
    if ending.outcome is CaseOutcome.PARTLY and plan.copied and ending.ground is None:
        grounds = ", ".join(ground.value for ground, basis in GROUNDS.items() if request.type in basis.types)
        raise GroundMissing(type=request.type, grounds=grounds)
    if ending.ground is None or request.type is RequestType.ERASURE:  # its letter names the ground
        return AnswerFacts(letters, {})
    return AnswerFacts((*letters, replace(_refusal(request_facts, today, ending), partly=True)), {})


def _granted(
    connection: Connection,
    site: Storage,
    plan: AnswerPlan,
    wording: Wording,
    copy: LetterCopy | None,
    request_facts: Asked,
    today: date,
) -> tuple[Answer, ...]:
    request = plan.request

    def recipients() -> tuple[RecipientFacts, ...]:
        return _informed_recipients(connection, site, request, wording)

    match request.type:
        case RequestType.ACCESS | RequestType.PORTABILITY:
            return (_copied(connection, site, plan, wording, copy, request_facts),)
        case RequestType.ERASURE:
            informed = recipients() if plan.erasure and plan.erasure.going else ()
            return (_erased(connection, site, plan, request_facts, today, informed),)
        case RequestType.OBJECTION:
            package = _package(plan, wording, copy) if copy else None
            decided, waiting = _decided_on(connection, site, request, today), _waiting(connection, site, plan.erasure)
            gone_on = today if plan.erasure is None or plan.erasure.going else None
            return (ObjectionUpheld(request_facts, decided, gone_on, recipients(), package, waiting),)
        case RequestType.RESTRICTION:
            if wording.basis is None:
                raise BasisMissing(id=request.id, known=join_messages(RestrictionGround))
            since = blocks_of(connection, request.id)[0].placed
            return (RestrictionConfirmed(request_facts, local_day(site, since), wording.basis, recipients()),)
        case RequestType.RECTIFICATION:
            last = statements_of(connection, request.id)[-1]
            return (RectificationRecorded(request_facts, local_day(site, last.given), last.text, recipients()),)
        case RequestType.COMPLAINT:
            raise AssertionError("a complaint has a letter of its own")


def _examined(plan: AnswerPlan, wording: Wording, received: date, today: date) -> ComplaintDecided:
    ending = plan.ending
    if ending.reason is None:
        raise ReasonMissing(outcome=ending.outcome)
    if ending.outcome is not CaseOutcome.REFUSED and wording.measures is None:
        raise MeasuresMissing
    following = N_('say what is done in the language of the letter: --measures "WHAT".')
    measures = checked_text(N_("measures"), wording.measures, following) if wording.measures is not None else None
    return ComplaintDecided(received, today, ending.outcome, ending.reason, measures)


def _informed_recipients(
    connection: Connection, site: Storage, request: AccessRequest, wording: Wording
) -> tuple[RecipientFacts, ...]:
    """The recipients; raises RecipientsUntold unless a person reports that those with a name were informed."""
    recipients = recipients_of(connection, site, request)
    names = {recipient.name for recipient in recipients if recipient.name}
    if names and not wording.told:
        raise RecipientsUntold(id=request.id, count=len(names))
    return recipients


def _copied(
    connection: Connection,
    site: Storage,
    plan: AnswerPlan,
    wording: Wording,
    copy: LetterCopy | None,
    request_facts: Asked,
) -> Answer:
    request = plan.request
    footage = request_footage(connection, site, request)
    gaps = tuple(absence for status in footage for absence in absences(status))
    assert copy is not None
    processing, package = processing_for(site, request), _package(plan, wording, copy)
    if request.type is RequestType.ACCESS:
        return AccessAnswer(request_facts, processing, package, gaps)
    nominee = request.party(RequesterRole.NOMINEE)
    return PortabilityAnswer(request_facts, processing, package, gaps, nominee.name if nominee else None)


def _erased(
    connection: Connection,
    site: Storage,
    plan: AnswerPlan,
    request_facts: Asked,
    today: date,
    recipients: tuple[RecipientFacts, ...],
) -> Answer:
    assert plan.erasure is not None
    deleted, ending = _merged_footage(plan.erasure.going), plan.ending
    if not plan.erasure.waiting:
        return ErasureConfirmed(request_facts, today, deleted, recipients)
    assert ending.ground is not None
    return ErasurePartly(
        asked=request_facts,
        erased_on=today if deleted else None,
        erased=deleted,
        waiting=_waiting(connection, site, plan.erasure),
        ground=ending.ground,
        explanation=ending.reason or "",
        told=recipients,
    )


def _waiting(connection: Connection, site: Storage, erasure: ErasurePlan | None) -> tuple[Waiting, ...]:
    """What an erasure cannot delete yet, which matter keeps it, and when that is decided again."""
    rows = []
    for kept in erasure.removal.held if erasure else ():
        hold = find_hold(connection, kept.holds[0])
        review = local_day(site, max(hold.review, site.clock.now()))
        rows.append((kept.segment, Waiting(kept.segment.camera, kept.segment.span, hold.ground.kind, review)))
    return _merged_waiting(rows)


def _decided_on(connection: Connection, site: Storage, request: AccessRequest, today: date) -> date:
    """The day on which an objection was upheld or rejected, by the log."""
    decided = audit_entries(connection, act=Act.REQUEST_DECIDED, about=request.id, last=1)
    return local_day(site, decided[0][0].at) if decided else today


def _refusal(request_facts: Asked, today: date, ending: RequestOutcome) -> Refusal:
    assert ending.ground is not None
    return Refusal(request_facts, today, ending.ground, ending.reason or "", ending.evidence)


def _check_passphrase(wording: Wording) -> None:
    """Raises PassphraseWithoutZip without anything to open, PassphraseAlongside where it would go the package's way."""
    if wording.password is not None and wording.zipped is False:
        raise PassphraseWithoutZip
    if wording.password is not None and _SAME_WAY.get(wording.delivery) is wording.password:
        others = ", ".join(way.value for way in PasswordWay if way is not wording.password)
        raise PassphraseAlongside(way=wording.password.value, others=others)


def _package(plan: AnswerPlan, wording: Wording, copy: LetterCopy) -> PackageFacts:
    requester = plan.request.requester
    address = (requester.deliver_to or requester.contact) if requester else ""
    mailed = Delivery.ENCRYPTED_MAIL if "@" in address else Delivery.REGISTERED_POST
    delivery = wording.delivery or mailed
    _check_passphrase(replace(wording, delivery=delivery))
    likely = delivery is not Delivery.IN_PERSON or wording.password is not None
    return PackageFacts(
        id=copy.id,
        made=copy.made,
        videos=copy.videos,
        manifest_sha256=copy.manifest_sha256,
        expires=copy.expires,
        delivery=delivery,
        password=wording.password,
        encrypted=likely if wording.zipped is None else wording.zipped,
        shown=copy.shown,
        consents=copy.consents,
    )


def _merged_footage(segments: Sequence[Segment]) -> tuple[Footage, ...]:
    """Segments merged into few spans: those less than a second apart become one."""
    spans: list[Footage] = []
    for segment in sorted(segments, key=lambda segment: (segment.camera, segment.span.start)):
        last = spans[-1] if spans else None
        if last and last.camera == segment.camera and segment.span.start - last.span.end < timedelta(seconds=1):
            spans[-1] = Footage(segment.camera, Span(last.span.start, max(last.span.end, segment.span.end)))
        else:
            spans.append(Footage(segment.camera, segment.span))
    return tuple(spans)


def _merged_waiting(waiting: Sequence[tuple[Segment, Waiting]]) -> tuple[Waiting, ...]:
    """The same for footage that waits, grouped by ground and review."""
    groups: dict[tuple[CameraId, str, date], list[Segment]] = {}
    for segment, entry in waiting:
        groups.setdefault((segment.camera, entry.ground.name, entry.review), []).append(segment)
    named = {(entry.camera, entry.ground.name, entry.review): entry for _, entry in waiting}
    return tuple(
        Waiting(named[key].camera, footage.span, named[key].ground, named[key].review)
        for key, segments in groups.items()
        for footage in _merged_footage(segments)
    )
