"""Specimens: every letter with invented facts, to read, and to try templates on.

Responsible for the invented facts.  Pure.  Each is marked on every page.  The first of a kind is the fullest; the
others cover the branches of its template that the first does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from cctv.config.schema import EnvelopeWindow
from cctv.core.i18n import Language, translate_to
from cctv.letters.answers import (
    AccessAnswer,
    BlockYielded,
    ErasureConfirmed,
    ErasurePartly,
    ExtensionLetter,
    IdentityAsked,
    IdentityDoubt,
    IdentityWay,
    LiftReason,
    NoFootageLetter,
    NotIdentifiable,
    ObjectionRejected,
    ObjectionUpheld,
    ObjectionWithdrawn,
    PortabilityAnswer,
    Proof,
    Receipt,
    RectificationRecorded,
    Refusal,
    RequestWithdrawn,
    RestrictionConfirmed,
    RestrictionLifted,
    ScopeAsked,
    Viewing,
    ViewingInvitation,
    ViewingKind,
    ViewingPurpose,
    ViewingsAnswer,
    Waiting,
)
from cctv.letters.facts import (
    Addressee,
    Asked,
    CameraFacts,
    Engaged,
    Footage,
    LetterTemplate,
    Processing,
    ProcessorFacts,
    RecipientFacts,
    Sender,
    ShownFacts,
)
from cctv.letters.letter import Letter, LetterFacts
from cctv.letters.notices import (
    BreachFacts,
    BreachToAuthority,
    BreachToController,
    BreachToPeople,
    ComplaintAcknowledged,
    ComplaintDecided,
    Lent,
    PassedOn,
    PolicyChanged,
    PublicBreachNotice,
    WorkstationCheckLetter,
)
from cctv.letters.specimen_texts import (
    ABSENCES,
    CONSENT,
    FIRST,
    FOYER,
    GEVEL,
    HIDDEN,
    HOLE,
    IN_HAND,
    PACKAGE,
    POSTED,
    REST,
    SPAN,
    STATEMENT,
    TODAY,
    UNSEEN,
    SpecimenTexts,
)
from cctv.model.cases import CaseOutcome, RequestType
from cctv.model.disclosures import Delivery, Recipient
from cctv.model.holds import GroundKind
from cctv.model.ids import ExportId
from cctv.model.legal import Jurisdiction, ZoneKind, authority_of
from cctv.model.requests import (
    ExtensionGround,
    RefusalGround,
    RequesterRole,
    RestrictionGround,
    Safeguard,
    YieldGround,
)

SPECIMEN_SENDER = Sender(
    site="Cultuurcentrum De Grote Post",
    name="Cultuurcentrum De Grote Post vzw",
    address=("Hendrik Serruyslaan 18A", "8400 Oostende"),
    mail="onthaal@example.org",
    dpo="privacy@example.org",
    signatory="Lieve Maes",
    jurisdiction=Jurisdiction.BE,
    timezone=ZoneInfo("Europe/Brussels"),
    window=EnvelopeWindow.RIGHT,
    phone="059 00 00 00",
)
_FOOTAGE = (Footage(FOYER, SPAN), Footage(GEVEL, SPAN))
_NOTIFIED = (RecipientFacts("Politiezone Kust", Recipient.POLICE, date(2026, 11, 23)),)
_FORGOTTEN = (RecipientFacts("", Recipient.INSURER, date(2025, 11, 3)),)
_PERSON = Addressee("An Peeters", ("Kerkstraat 12 bus 3", "8400 Oostende"))
_CUSTOMER = Addressee("Zaalhuur vzw", ("Marktplein 1", "8400 Oostende"))
_GUARDIAN = replace(
    _PERSON, capacity=RequesterRole.GUARDIAN, on_behalf_of="Noor Peeters", mandate=date(2026, 11, 10)
)  # fmt: skip
_PROXY = replace(_GUARDIAN, capacity=RequesterRole.PROXY)


def specimens_of(kind: LetterTemplate, language: Language, sender: Sender = SPECIMEN_SENDER) -> tuple[Letter, ...]:
    """Letters of a kind in a language, as `sender` would write them."""
    texts = SpecimenTexts(language)
    variants = _FACTS[kind](texts)
    addressee = _addressee(kind, language, sender)
    letters = [
        Letter(
            language, _reference(kind), _dated(facts, sender), sender, _acting(facts) or addressee, facts, specimen=True
        )
        for facts in variants
    ]
    if kind in _REPRESENTED:
        letters[1:1] = [replace(letters[0], addressee=_GUARDIAN), replace(letters[0], addressee=_PROXY)]
    if kind is LetterTemplate.RECEIPT:  # by who records for the controller
        letters += [replace(letters[0], sender=replace(sender, processor="Camerazorg nv"))]
    return tuple(letters)


def _acting(facts: LetterFacts) -> Addressee | None:
    """Who acts for another person, where the facts say that somebody does."""
    if not isinstance(facts, IdentityAsked):
        return None
    if IdentityDoubt.MANDATE_MISSING in facts.doubts:
        return replace(_GUARDIAN if Proof.REPRESENTATION in facts.proofs else _PROXY, mandate=None)
    return _PROXY if IdentityDoubt.ON_BEHALF in facts.doubts else None


def _dated(facts: LetterFacts, sender: Sender) -> date:
    """A notification is dated on the day on which it is made."""
    if isinstance(facts, BreachToAuthority | BreachToController):
        return facts.told.astimezone(sender.timezone).date()
    return TODAY


def _addressee(kind: LetterTemplate, language: Language, sender: Sender) -> Addressee | None:
    if kind is LetterTemplate.BREACH_AUTHORITY:
        authority = authority_of(sender.jurisdiction).translated(partial(translate_to, language=language))
        return Addressee(authority.name, tuple(authority.address.split(", ")))
    others = {
        LetterTemplate.BREACH_CONTROLLER: _CUSTOMER,
        LetterTemplate.PASSED_ON: _CUSTOMER,
        LetterTemplate.WORKSTATION_CHECK: Addressee(sender.signatory, sender.address),
    }
    return None if kind is LetterTemplate.BREACH_PUBLIC else others.get(kind, _PERSON)


def _reference(kind: LetterTemplate) -> str:
    if kind is LetterTemplate.WORKSTATION_CHECK:
        return "2026-11"
    return "BRE-2026-003" if kind.value.startswith("breach") else "REQ-2026-007"


# These letters have sentences of their own for a guardian or a proxy.
_REPRESENTED = {LetterTemplate.RECEIPT, LetterTemplate.IDENTITY_ASKED, LetterTemplate.VIEWING_INVITATION}


def _asked(kind: RequestType) -> Asked:
    return Asked(kind, date(2026, 11, 24), (FOYER, GEVEL), SPAN)


def _processing(texts: SpecimenTexts, *, alone: bool = False) -> Processing:
    carer = ProcessorFacts("Camerazorg nv", texts["service"], "BE", (Engaged("Beeldlab GmbH", "DE"),))
    police = RecipientFacts("Politiezone Kust", Recipient.POLICE, date(2026, 11, 23))
    foyer = CameraFacts(FOYER, ZoneKind.FOYER, texts["purpose_foyer"], timedelta(days=28))
    gevel = CameraFacts(GEVEL, ZoneKind.FACADE, texts["purpose_facade"], timedelta(days=7))
    return Processing(
        cameras=(foyer,) if alone else (foyer, gevel),
        processors=() if alone else (carer,),
        recipients=() if alone else (police,),
    )


def _breach(texts: SpecimenTexts, *, certain: bool = True) -> BreachFacts:
    return BreachFacts(
        suspected=not certain,
        aware=datetime(2026, 11, 24, 8, 15, tzinfo=UTC),
        occurred=SPAN if certain else None,
        nature=texts["nature"],
        categories=texts["categories"],
        people=1200 if certain else None,
        records=1350 if certain else None,
        consequences=texts["consequences"],
        measures=texts["measures"],
        against_recurrence=texts["recurrence"],
    )


_SOON, _LATER = datetime(2026, 11, 24, 19, 45, tzinfo=UTC), datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
_ACCESS, _ERASURE = _asked(RequestType.ACCESS), _asked(RequestType.ERASURE)
_OBJECTION, _RESTRICTION = _asked(RequestType.OBJECTION), _asked(RequestType.RESTRICTION)
_WAITING = (
    Waiting(GEVEL, SPAN, GroundKind.INCIDENT, date(2026, 12, 20)),
    Waiting(FOYER, REST, GroundKind.DISCLOSURE, date(2026, 12, 20)),
)


def _kept(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    erased, ground = (Footage(FOYER, FIRST),), RefusalGround.LEGAL_CLAIMS
    first = ErasurePartly(_ERASURE, TODAY, erased, _WAITING, ground, texts["claim"], _NOTIFIED)
    return first, replace(first, erased_on=None, erased=(), told=())


def _lifted(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    first = RestrictionLifted(
        _RESTRICTION, date(2026, 12, 1), LiftReason.ACCURACY_CHECKED, texts["lifted"], gone_by=date(2026, 12, 19)
    )
    wished = replace(first, on=TODAY, reason=LiftReason.YOUR_WISH, explanation=None)
    return first, wished, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _refused(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    first = Refusal(
        _ACCESS, TODAY, RefusalGround.ABUSIVE, texts["refusal"], texts["evidence"], gone_by=date(2026, 12, 19)
    )
    repeated = replace(first, ground=RefusalGround.EXCESSIVE, evidence=None, gone_by=None)
    held = replace(repeated, ground=RefusalGround.IDENTITY_NOT_SHOWN, kept_for=GroundKind.INCIDENT)
    return first, repeated, held, replace(repeated, ground=RefusalGround.RIGHTS_OF_OTHERS, partly=True)


def _consulted(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    def on(day: int, what: ViewingKind, purpose: ViewingPurpose, recipient: Recipient | None = None) -> Viewing:
        return Viewing(date(2026, 11, day), what, purpose, (FOYER, GEVEL)[: day % 2 + 1], recipient)

    police, incident, yours = Recipient.POLICE, ViewingPurpose.INCIDENT, ViewingPurpose.YOUR_REQUEST
    viewings = (
        on(21, ViewingKind.STILL, ViewingPurpose.CAMERA),
        on(22, ViewingKind.VIEWED, incident),
        on(22, ViewingKind.EXTRACTED, incident),
        on(23, ViewingKind.EXPORTED, ViewingPurpose.DISCLOSURE),
        on(23, ViewingKind.HANDED, ViewingPurpose.DISCLOSURE, police),
        on(24, ViewingKind.REDACTED, ViewingPurpose.OTHER_REQUEST),
        on(24, ViewingKind.REDACTED, yours),
        on(25, ViewingKind.FETCHED, yours),
    )
    first = ViewingsAnswer(_ACCESS, viewings, date(2026, 11, 21))
    return first, replace(first, viewings=())


def _yielded(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    ground, recipient = YieldGround.AUTHORITY, texts["recipient"]
    return (BlockYielded(_RESTRICTION, TODAY, ground, recipient, "2026/1187", _FOOTAGE[:1], texts["yielded"]),)


def _received(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    due, blocking = date(2026, 12, 24), (RequestType.OBJECTION, RequestType.RESTRICTION)
    others = [right for right in RequestType if right not in (RequestType.OBJECTION, RequestType.COMPLAINT)]
    receipts = tuple(Receipt(_asked(right), due, right in blocking) for right in (RequestType.OBJECTION, *others))
    wide = replace(_ACCESS, kept_until=date(2026, 11, 28))
    return *receipts, Receipt(wide, due), Receipt(replace(wide, lapsed=True), due)


def _withdrawn(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    first = ObjectionWithdrawn(_OBJECTION, TODAY, gone_by=date(2026, 12, 19))
    return first, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _passed_on(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    due, day = date(2026, 12, 24), date(2026, 1, 15)
    guardian = replace(_GUARDIAN, mandate=None)
    first = PassedOn(
        _OBJECTION, guardian, due, _FOOTAGE, "2026/014", day,
        blocked=True, deliver_to="Markt 2, 8400 Oostende", nominee="Tom Claes, tom@example.org",
        stated=(texts["statement"],),
    )  # fmt: skip
    nowhere = replace(_ACCESS, cameras=(), span=None)
    plain = PassedOn(nowhere, _PERSON, due, (), "2026/014", day)
    wide = replace(_ACCESS, kept_until=date(2026, 11, 28))
    lapsed = replace(plain, asked=replace(wide, lapsed=True))
    return first, plain, replace(plain, asked=wide, frozen=_FOOTAGE[:1]), lapsed


def _taken_back(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    rights = [right for right in RequestType if right not in (RequestType.ACCESS, RequestType.OBJECTION)]
    first = RequestWithdrawn(_ACCESS, TODAY, gone_by=date(2026, 12, 19))
    others = tuple(replace(first, asked=_asked(right)) for right in rights)
    return first, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT), *others


def _invited(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    at, place = datetime(2026, 12, 4, 9, 30, tzinfo=UTC), texts["place"]
    first = ViewingInvitation(_ACCESS, _processing(texts), at, place, "Lieve Maes", Safeguard.HIDDEN, HOLE)
    return first, replace(first, safeguard=Safeguard.SECOND_PERSON, missing=())


def _decided(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    received = date(2026, 11, 3)
    first = ComplaintDecided(received, TODAY, CaseOutcome.PARTLY, texts["found"], texts["masked"])
    not_so = replace(first, finding=CaseOutcome.REFUSED, explanation=texts["not_found"], measures=None)
    return first, replace(first, finding=CaseOutcome.GRANTED), not_so


def _upheld(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    first = ObjectionUpheld(_OBJECTION, TODAY, date(2026, 12, 9), _NOTIFIED, PACKAGE)
    waiting = replace(first, waiting=_WAITING)
    return first, replace(first, package=None, told=()), waiting, replace(waiting, gone_on=None)


def _answers(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    first = AccessAnswer(_ACCESS, _processing(texts), replace(PACKAGE, consents=(CONSENT,)), HOLE)
    alone = AccessAnswer(replace(_ACCESS, cameras=(FOYER,)), _processing(texts, alone=True), IN_HAND, ())
    return first, alone, replace(alone, package=POSTED)


def _portability(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    asked = _asked(RequestType.PORTABILITY)
    first = PortabilityAnswer(asked, _processing(texts), PACKAGE, HOLE, nominee="Mr. Tom Claes")
    alone = replace(first, missing=(), nominee=None)
    seldom, outside = ShownFacts(FOYER, SPAN, 167, 289, HIDDEN), ShownFacts(GEVEL, SPAN, 12, 12, ())
    packages = (replace(PACKAGE, shown=shown) for shown in ((seldom, outside), (outside, UNSEEN)))
    return first, *(replace(alone, package=package) for package in packages)


def _to_authority(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    full = BreachToAuthority(_breach(texts), _LATER, True, TODAY, texts["late"])
    return full, BreachToAuthority(_breach(texts, certain=False), _SOON, False, None)


def _check(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    lent = Lent(PACKAGE.id, texts["workstation"], TODAY, Delivery.IN_PERSON, date(2026, 12, 24))
    other = replace(lent, package=ExportId("EXP-2026-022"), delivery=Delivery.DOWNLOAD)
    return WorkstationCheckLetter(TODAY, (lent, other)), WorkstationCheckLetter(TODAY, ())


def _identity(texts: SpecimenTexts) -> tuple[LetterFacts, ...]:
    by, way = date(2026, 12, 9), IdentityWay
    first = IdentityAsked(_ACCESS, (IdentityDoubt.UNKNOWN_ADDRESS,), (way.SHOW_DOCUMENT, way.SIGNED_MESSAGE), (), by)
    nominee = (IdentityDoubt.OTHER_ADDRESS, IdentityDoubt.OTHER_RECIPIENT)
    unproved = replace(first, doubts=(IdentityDoubt.MANDATE_MISSING,), ways=(way.SHOW_DOCUMENT,))
    return (
        first,
        replace(first, doubts=nominee, ways=tuple(way), proofs=(Proof.DEMAND,), receiver="Tom Claes"),
        replace(first, doubts=(IdentityDoubt.GUARDIAN_MISSING,), ways=(), proofs=(Proof.GUARDIAN,)),
        replace(first, doubts=(IdentityDoubt.ON_BEHALF,), ways=(way.SHOW_DOCUMENT,)),
        replace(unproved, proofs=(Proof.MANDATE,)),
        replace(unproved, proofs=(Proof.REPRESENTATION,)),
    )


def _scope(_: SpecimenTexts) -> tuple[LetterFacts, ...]:
    first = ScopeAsked(replace(_ACCESS, cameras=(), span=None), date(2026, 12, 9))
    return first, replace(first, asked=replace(_ACCESS, cameras=())), replace(first, asked=replace(_ACCESS, span=None))


_FACTS: dict[LetterTemplate, Callable[[SpecimenTexts], tuple[LetterFacts, ...]]] = {
    LetterTemplate.RECEIPT: _received,
    LetterTemplate.IDENTITY_ASKED: _identity,
    LetterTemplate.SCOPE_ASKED: _scope,
    LetterTemplate.EXTENSION: lambda texts: (
        ExtensionLetter(_ACCESS, date(2026, 12, 24), date(2027, 2, 24), tuple(ExtensionGround), texts["extension"]),
        ExtensionLetter(
            _ACCESS, date(2026, 12, 24), date(2027, 2, 24), (ExtensionGround.COMPLEXITY,), texts["extension"]
        ),
    ),
    LetterTemplate.ACCESS_ANSWER: _answers,
    LetterTemplate.PORTABILITY_ANSWER: _portability,
    LetterTemplate.VIEWING_INVITATION: _invited,
    LetterTemplate.NO_FOOTAGE: lambda texts: (NoFootageLetter(_ACCESS, _processing(texts), ABSENCES, STATEMENT),),
    LetterTemplate.NOT_IDENTIFIABLE: lambda texts: (
        NotIdentifiable(_ACCESS, _processing(texts), texts["not_identifiable"], gone_by=date(2026, 12, 19)),
    ),
    LetterTemplate.RESTRICTION_CONFIRMED: lambda texts: (
        RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.LEGAL_CLAIM, _NOTIFIED),
        RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.UNLAWFUL, ()),
        RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.UNLAWFUL, _FORGOTTEN),
    ),
    LetterTemplate.RESTRICTION_LIFTED: _lifted,
    LetterTemplate.BLOCK_YIELDED: _yielded,
    LetterTemplate.OBJECTION_UPHELD: _upheld,
    LetterTemplate.OBJECTION_REJECTED: lambda texts: (
        ObjectionRejected(_OBJECTION, TODAY, texts["grounds"], texts["balance"], gone_by=date(2026, 12, 19)),
    ),
    LetterTemplate.OBJECTION_WITHDRAWN: _withdrawn,
    LetterTemplate.REQUEST_WITHDRAWN: _taken_back,
    LetterTemplate.ERASURE_CONFIRMED: lambda texts: (
        ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE, _NOTIFIED),
        ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE[:1], ()),
        ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE, (*_NOTIFIED, *_FORGOTTEN)),
    ),
    LetterTemplate.ERASURE_PARTLY: _kept,
    LetterTemplate.RECTIFICATION_RECORDED: lambda texts: (
        RectificationRecorded(_asked(RequestType.RECTIFICATION), TODAY, texts["statement"], _NOTIFIED),
    ),
    LetterTemplate.REFUSAL: _refused,
    LetterTemplate.VIEWINGS: _consulted,
    LetterTemplate.PASSED_ON: _passed_on,
    LetterTemplate.COMPLAINT_ACKNOWLEDGED: lambda texts: (ComplaintAcknowledged(TODAY, date(2026, 12, 25)),),
    LetterTemplate.COMPLAINT_DECIDED: _decided,
    LetterTemplate.BREACH_CONTROLLER: lambda texts: (
        BreachToController(_breach(texts), _SOON),
        BreachToController(_breach(texts, certain=False), _SOON),
    ),
    LetterTemplate.BREACH_AUTHORITY: _to_authority,
    LetterTemplate.BREACH_PEOPLE: lambda texts: (
        BreachToPeople(_breach(texts), texts["advice"]),
        BreachToPeople(_breach(texts, certain=False), texts["advice"]),
    ),
    LetterTemplate.BREACH_PUBLIC: lambda texts: (
        PublicBreachNotice(_breach(texts), texts["advice"]),
        PublicBreachNotice(_breach(texts, certain=False), texts["advice"]),
    ),
    LetterTemplate.POLICY_CHANGED: lambda texts: (
        PolicyChanged(date(2027, 1, 1), (texts["change_1"], texts["change_2"]), "www.example.org/privacy"),
    ),
    LetterTemplate.WORKSTATION_CHECK: _check,
}
