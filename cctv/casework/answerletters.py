"""Which letter an answer is, by type and outcome, and its facts.  Reads the case; decides nothing.

Every answer that has nothing to hand over still says that the processing exists, why, how long and who gets what
(docs/policies/000.txt): "no footage" and "not identifiable" do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from cctv import holds, letters
from cctv.casework import blockstore, requeststore
from cctv.casework.absence import FILE, absences, signed_statement
from cctv.casework.answering import AnswerPlan
from cctv.casework.errors import (
    BalanceMissing,
    BasisMissing,
    InvitationMissing,
    MeasuresMissing,
    ReasonMissing,
    RecipientsUntold,
)
from cctv.casework.found import look
from cctv.casework.lettering import asked_of, local_day, processing_for, recipients_of, what_becomes
from cctv.casework.letterstore import letters_of
from cctv.casework.words import checked_text
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.kernel.span import Span
from cctv.letters.letter import Answer, Facts
from cctv.model.casework import AccessRequest, Outcome, RequestState, RequestType
from cctv.model.disclosures import Delivery, PasswordWay
from cctv.model.footage import Segment
from cctv.model.ids import CameraId, ExportId
from cctv.model.requests import LetterKind, RefusalGround, RestrictionGround, Role


@dataclass(frozen=True, slots=True)
class Wording:
    """What only a person can say for the letter, beside the reason: in its language."""

    balance: str | None = None
    measures: str | None = None
    basis: RestrictionGround | None = None
    delivery: Delivery | None = None
    password: PasswordWay | None = None
    told: bool = False  # whoever received the footage was informed (Article 19 GDPR)


@dataclass(frozen=True, slots=True)
class Copy:
    """The package that goes with an answer, as its letter names it."""

    id: ExportId
    made: date
    videos: int
    manifest_sha256: str
    expires: date


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """The letters of an answer and what is enclosed; no letters where none is known for it."""

    letters: tuple[Facts, ...]
    enclosed: dict[str, bytes]


def facts_for(connection: Connection, site: Site, plan: AnswerPlan, wording: Wording, copy: Copy | None) -> AnswerFacts:
    """The facts of an answer's letters.

    Raises BalanceMissing, BasisMissing, MeasuresMissing, ReasonMissing, InvitationMissing, RecipientsUntold,
    WordsUntranslated.
    """
    request, ending = plan.request, plan.ending
    asked, today = asked_of(site, request), local_day(site, site.clock.now())
    if request.type is RequestType.COMPLAINT:
        return AnswerFacts((_examined(plan, wording, asked.received, today),), {})
    match ending.outcome:
        case Outcome.REFUSED if request.state is RequestState.REJECTED:
            if wording.balance is None:
                raise BalanceMissing(id=request.id)
            said = ending.reason or ""
            return AnswerFacts((letters.ObjectionRejected(asked, today, said, wording.balance),), {})
        case Outcome.REFUSED:
            assert ending.ground is not None
            return AnswerFacts((letters.Refusal(asked, today, ending.ground, ending.reason or ""),), {})
        case Outcome.NOT_IDENTIFIABLE:
            processing, then = processing_for(site, request), what_becomes(site, plan.departures)
            return AnswerFacts((letters.NotIdentifiable(asked, processing, ending.reason or "", *then),), {})
        case Outcome.NO_FOOTAGE:
            signed = signed_statement(connection, site, request)
            found = look(connection, site, request.cameras, request.span)
            why = tuple(one for camera in found for one in absences(camera))
            facts = letters.NoFootage(asked, processing_for(site, request), why, signed.said)
            enclosed = {
                FILE: signed.text,
                f"{FILE}.sig": signed.signature.encode(),
                "allowed_signers": signed.signers.encode(),
            }
            return AnswerFacts((facts,), enclosed)
        case Outcome.VIEWING:  # the invitation said all there is to say
            if not any(one.kind is LetterKind.INVITATION for one in letters_of(connection, request.id)):
                raise InvitationMissing(id=request.id)
            return AnswerFacts((), {})
    given = _granted(connection, site, plan, wording, copy, asked, today)
    refusal = _refused_part(asked, today, ending.ground, ending.reason)
    return AnswerFacts((*given, *refusal), {})


def _granted(
    connection: Connection,
    site: Site,
    plan: AnswerPlan,
    wording: Wording,
    copy: Copy | None,
    asked: letters.Asked,
    today: date,
) -> tuple[Answer, ...]:
    request = plan.request

    def told() -> tuple[str, ...]:
        return _told(connection, site, request, wording)

    match request.type:
        case RequestType.ACCESS | RequestType.PORTABILITY:
            return (_copied(connection, site, plan, wording, copy, asked),)
        case RequestType.ERASURE:
            return (
                _erased(connection, site, plan, asked, today, told() if plan.erasure and plan.erasure.going else ()),
            )
        case RequestType.OBJECTION:
            package = _package(plan, wording, copy) if copy else None
            return (letters.ObjectionUpheld(asked, today, today, told(), package),)
        case RequestType.RESTRICTION:
            if wording.basis is None:
                raise BasisMissing(id=request.id, known=", ".join(one.value for one in RestrictionGround))
            since = blockstore.blocks_of(connection, request.id)[0].placed
            return (letters.RestrictionConfirmed(asked, local_day(site, since), wording.basis, told()),)
        case RequestType.RECTIFICATION:
            last = requeststore.statements_of(connection, request.id)[-1]
            return (letters.RectificationRecorded(asked, local_day(site, last.given), last.text, told()),)
        case RequestType.COMPLAINT:
            raise AssertionError("a complaint has a letter of its own")


def _examined(plan: AnswerPlan, wording: Wording, received: date, today: date) -> letters.ComplaintDecided:
    ending = plan.ending
    if ending.reason is None:
        raise ReasonMissing(outcome=ending.outcome.value)
    if ending.outcome is not Outcome.REFUSED and wording.measures is None:
        raise MeasuresMissing
    following = phrase('say what is done in the language of the letter: --measures "WHAT".')
    measures = checked_text(phrase("measures"), wording.measures, following) if wording.measures is not None else None
    return letters.ComplaintDecided(received, today, ending.outcome, ending.reason, measures)


def _told(connection: Connection, site: Site, request: AccessRequest, wording: Wording) -> tuple[str, ...]:
    """Whoever received the footage, once a person says that they were informed; raises RecipientsUntold."""
    names = tuple(dict.fromkeys(one.name for one in recipients_of(connection, site, request) if one.name))
    if names and not wording.told:
        raise RecipientsUntold(id=request.id, count=len(names))
    return names


def _copied(
    connection: Connection, site: Site, plan: AnswerPlan, wording: Wording, copy: Copy | None, asked: letters.Asked
) -> Answer:
    request = plan.request
    found = look(connection, site, request.cameras, request.span)
    gaps = tuple(one for camera in found for one in absences(camera))
    assert copy is not None
    processing, package = processing_for(site, request), _package(plan, wording, copy)
    if request.type is RequestType.ACCESS:
        return letters.AccessAnswer(asked, processing, package, gaps)
    nominee = request.party(Role.NOMINEE)
    return letters.PortabilityAnswer(asked, processing, package, gaps, nominee.name if nominee else None)


def _erased(
    connection: Connection, site: Site, plan: AnswerPlan, asked: letters.Asked, today: date, told: tuple[str, ...]
) -> Answer:
    assert plan.erasure is not None
    gone = _joined(plan.erasure.going)
    if not plan.erasure.held:
        return letters.ErasureConfirmed(asked, today, gone, told)
    waiting = []
    for one in plan.erasure.held:
        hold = holds.find_hold(connection, one.holds[0])
        review = local_day(site, max(hold.review, site.clock.now()))
        waiting.append((one.segment, letters.Waiting(one.segment.camera, one.segment.span, hold.ground.kind, review)))
    return letters.ErasurePartly(asked, today if gone else None, gone, _joined_waiting(waiting), told)


def _refused_part(
    asked: letters.Asked, today: date, ground: RefusalGround | None, reason: str | None
) -> tuple[Answer, ...]:
    """What was refused of a request that was granted in part, in a letter of its own."""
    return (letters.Refusal(asked, today, ground, reason or ""),) if ground else ()


def _package(plan: AnswerPlan, wording: Wording, copy: Copy) -> letters.Package:
    asking = plan.request.requester
    address = (asking.deliver_to or asking.contact) if asking else ""
    mailed = Delivery.ENCRYPTED_MAIL if "@" in address else Delivery.REGISTERED_POST
    return letters.Package(
        id=copy.id,
        made=copy.made,
        videos=copy.videos,
        manifest_sha256=copy.manifest_sha256,
        expires=copy.expires,
        delivery=wording.delivery or mailed,
        password=wording.password,
    )


def _joined(segments: Sequence[Segment]) -> tuple[letters.Footage, ...]:
    """Segments as few spans."""
    out: list[letters.Footage] = []
    for one in sorted(segments, key=lambda segment: (segment.camera, segment.span.start)):
        last = out[-1] if out else None
        if last and last.camera == one.camera and one.span.start - last.span.end < timedelta(seconds=1):
            out[-1] = letters.Footage(one.camera, Span(last.span.start, max(last.span.end, one.span.end)))
        else:
            out.append(letters.Footage(one.camera, one.span))
    return tuple(out)


def _joined_waiting(waiting: Sequence[tuple[Segment, letters.Waiting]]) -> tuple[letters.Waiting, ...]:
    """The same for what waits, parted by ground and review."""
    kept: dict[tuple[CameraId, str, date], list[Segment]] = {}
    for segment, one in waiting:
        kept.setdefault((segment.camera, one.ground.name, one.review), []).append(segment)
    named = {(one.camera, one.ground.name, one.review): one for _, one in waiting}
    return tuple(
        letters.Waiting(named[key].camera, footage.span, named[key].ground, named[key].review)
        for key, segments in kept.items()
        for footage in _joined(segments)
    )
