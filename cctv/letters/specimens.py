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
from cctv.core.i18n import translate_to
from cctv.core.language import Language
from cctv.core.time_range import Span
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
    Receipt,
    RectificationRecorded,
    Refusal,
    RestrictionConfirmed,
    RestrictionLifted,
    ScopeAsked,
    ViewingInvitation,
    Waiting,
)
from cctv.letters.facts import (
    Absence,
    AbsenceCause,
    Addressee,
    Asked,
    CameraFacts,
    Engaged,
    Footage,
    HiddenFacts,
    LetterTemplate,
    PackageFacts,
    Processing,
    ProcessorFacts,
    RecipientFacts,
    Sender,
    ShownFacts,
    StatementFacts,
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
    PackageReceipt,
    PolicyChanged,
    PublicBreachNotice,
    WorkstationCheckLetter,
)
from cctv.letters.specimen_texts import specimen_text
from cctv.model.cases import CaseOutcome, RequestType
from cctv.model.disclosures import Delivery, PasswordWay, Recipient
from cctv.model.holds import GroundKind
from cctv.model.ids import CameraId, ExportId
from cctv.model.legal import Jurisdiction, ZoneKind, authority_of
from cctv.model.requests import (
    Consent,
    ExtensionGround,
    HiddenCause,
    IdentityMethod,
    RefusalGround,
    RequesterRole,
    RestrictionGround,
    Safeguard,
    YieldGround,
)

TODAY = date(2026, 11, 25)
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
_AT = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
_SPAN = Span(_AT, _AT + timedelta(minutes=30))
_FIRST, _REST = Span(_AT, _AT + timedelta(minutes=10)), Span(_AT + timedelta(minutes=10), _SPAN.end)
_FOYER, _GEVEL = CameraId("foyer-1"), CameraId("gevel-1")
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_HIDDEN = tuple(
    HiddenFacts(Span(_AT + timedelta(seconds=90 * number), _AT + timedelta(seconds=90 * number + 10 * number)), cause)
    for number, cause in enumerate(HiddenCause, 1)
    if cause is not HiddenCause.OUTSIDE
)
_BLINK = HiddenFacts(Span(_AT, _AT + timedelta(milliseconds=200)), HiddenCause.PEOPLE)
_SHOWN = (ShownFacts(_FOYER, _SPAN, 4_167, 5_289, (_BLINK, *_HIDDEN)), ShownFacts(_GEVEL, _SPAN, 0, 0, ()))
_PACKAGE = PackageFacts(
    ExportId("EXP-2026-021"), TODAY, 2, _HASH, date(2026, 12, 25), Delivery.ENCRYPTED_MAIL, _SHOWN, PasswordWay.PHONE
)
_CONSENT = Consent("Jan Smet", date(2026, 11, 20), "F-2026-012")  # the number of a form, the same in each language
_IN_HAND = replace(
    _PACKAGE,
    delivery=Delivery.IN_PERSON,
    password=None,
    shown=(ShownFacts(_FOYER, _SPAN, 5_289, 5_289, ()), ShownFacts(_GEVEL, _SPAN, 12, 12, ())),
)
_FOOTAGE = (Footage(_FOYER, _SPAN), Footage(_GEVEL, _SPAN))
_NOTIFIED = ("Politiezone Kust",)
_PERSON = Addressee("An Peeters", ("Kerkstraat 12 bus 3", "8400 Oostende"))
_GUARDIAN = replace(
    _PERSON, capacity=RequesterRole.GUARDIAN, on_behalf_of="Noor Peeters", mandate=date(2026, 11, 10)
)  # fmt: skip


def specimens_of(kind: LetterTemplate, language: Language, sender: Sender = SPECIMEN_SENDER) -> tuple[Letter, ...]:
    """Letters of a kind in a language, as `sender` would write them."""
    texts = _Texts(language)
    variants = _FACTS[kind](texts)
    addressee = _addressee(kind, language, sender)
    letters = [
        Letter(language, _reference(kind), _dated(facts, sender), sender, addressee, facts, specimen=True)
        for facts in variants
    ]
    if kind in _REPRESENTED:
        letters += [replace(letters[0], addressee=_GUARDIAN)]
        letters += [replace(letters[0], addressee=replace(_GUARDIAN, capacity=RequesterRole.PROXY))]
    return tuple(letters)


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
        LetterTemplate.BREACH_CONTROLLER: Addressee("Zaalhuur vzw", ("Marktplein 1", "8400 Oostende")),
        LetterTemplate.WORKSTATION_CHECK: Addressee(sender.signatory, sender.address),
    }
    return None if kind is LetterTemplate.BREACH_PUBLIC else others.get(kind, _PERSON)


def _reference(kind: LetterTemplate) -> str:
    number = {
        LetterTemplate.PACKAGE_RECEIPT: _PACKAGE.id,
        LetterTemplate.WORKSTATION_CHECK: "2026-11",
    }
    return number.get(kind, "BRE-2026-003" if kind.value.startswith("breach") else "REQ-2026-007")


# These letters have sentences of their own for a guardian or a proxy.
_REPRESENTED = {LetterTemplate.RECEIPT, LetterTemplate.VIEWING_INVITATION}


class _Texts:
    """The typed texts of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __getitem__(self, name: str) -> str:
        return specimen_text(name, self._language)


def _asked(kind: RequestType) -> Asked:
    return Asked(kind, date(2026, 11, 24), (_FOYER, _GEVEL), _SPAN)


def _processing(texts: _Texts, *, alone: bool = False) -> Processing:
    carer = ProcessorFacts("Camerazorg nv", texts["service"], "BE", (Engaged("Beeldlab GmbH", "DE"),))
    police = RecipientFacts("Politiezone Kust", Recipient.POLICE, date(2026, 11, 23))
    return Processing(
        cameras=(
            CameraFacts(_FOYER, ZoneKind.FOYER, texts["purpose_foyer"], timedelta(days=28)),
            CameraFacts(_GEVEL, ZoneKind.FACADE, texts["purpose_facade"], timedelta(days=7)),
        ),
        processors=() if alone else (carer,),
        recipients=() if alone else (police,),
    )


def _breach(texts: _Texts, *, certain: bool = True) -> BreachFacts:
    return BreachFacts(
        suspected=not certain,
        aware=datetime(2026, 11, 24, 8, 15, tzinfo=UTC),
        occurred=_SPAN if certain else None,
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
_ABSENCES = (
    Absence(_FOYER, _SPAN, AbsenceCause.EXPIRED),
    Absence(_GEVEL, _SPAN, AbsenceCause.UNREACHABLE),
)
_HOLE = (Absence(_GEVEL, _REST, AbsenceCause.UNREACHABLE),)
_STATEMENT = StatementFacts(
    entries=10234, head=_HASH, made=_SOON, file="statement.json", sha256=_HASH,
    key="SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
)  # fmt: skip
_WAITING = (
    Waiting(_GEVEL, _SPAN, GroundKind.INCIDENT, date(2026, 12, 20)),
    Waiting(_FOYER, _REST, GroundKind.DISCLOSURE, date(2026, 12, 20)),
)


def _kept(texts: _Texts, on: date | None, erased: tuple[Footage, ...], told: tuple[str, ...]) -> ErasurePartly:
    return ErasurePartly(_ERASURE, on, erased, _WAITING, RefusalGround.LEGAL_CLAIMS, texts["kept"], told)


def _lifted(texts: _Texts) -> tuple[LetterFacts, ...]:
    first = RestrictionLifted(
        _RESTRICTION, date(2026, 12, 1), LiftReason.ACCURACY_CHECKED, texts["lifted"], gone_by=date(2026, 12, 19)
    )
    wished = replace(first, on=TODAY, reason=LiftReason.YOUR_WISH, explanation=None)
    return first, wished, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _yielded(texts: _Texts) -> tuple[LetterFacts, ...]:
    ground, recipient = YieldGround.AUTHORITY, texts["recipient"]
    return (BlockYielded(_RESTRICTION, TODAY, ground, recipient, "2026/1187", _FOOTAGE[:1], texts["yielded"]),)


def _received(texts: _Texts) -> tuple[LetterFacts, ...]:
    due, blocking = date(2026, 12, 24), (RequestType.OBJECTION, RequestType.RESTRICTION)
    others = [right for right in RequestType if right not in (RequestType.OBJECTION, RequestType.COMPLAINT)]
    return tuple(Receipt(_asked(right), due, right in blocking) for right in (RequestType.OBJECTION, *others))


def _withdrawn(texts: _Texts) -> tuple[LetterFacts, ...]:
    first = ObjectionWithdrawn(_OBJECTION, TODAY, gone_by=date(2026, 12, 19))
    return first, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _invited(texts: _Texts) -> tuple[LetterFacts, ...]:
    at, place = datetime(2026, 12, 4, 9, 30, tzinfo=UTC), texts["place"]
    first = ViewingInvitation(_ACCESS, _processing(texts), at, place, "Lieve Maes", Safeguard.HIDDEN, _HOLE)
    return first, replace(first, safeguard=Safeguard.SECOND_PERSON, missing=())


def _decided(texts: _Texts) -> tuple[LetterFacts, ...]:
    received = date(2026, 11, 3)
    first = ComplaintDecided(received, TODAY, CaseOutcome.PARTLY, texts["found"], texts["masked"])
    not_so = replace(first, finding=CaseOutcome.REFUSED, explanation=texts["not_found"], measures=None)
    return first, replace(first, finding=CaseOutcome.GRANTED), not_so


def _upheld(texts: _Texts) -> tuple[LetterFacts, ...]:
    first = ObjectionUpheld(_OBJECTION, TODAY, date(2026, 12, 9), _NOTIFIED, _PACKAGE)
    return first, replace(first, package=None, told=()), replace(first, waiting=_WAITING)


def _answers(texts: _Texts) -> tuple[AccessAnswer, AccessAnswer]:
    first = AccessAnswer(_ACCESS, _processing(texts), replace(_PACKAGE, consents=(_CONSENT,)), _HOLE)
    return first, AccessAnswer(replace(_ACCESS, cameras=(_FOYER,)), _processing(texts, alone=True), _IN_HAND, ())


def _portability(texts: _Texts) -> tuple[LetterFacts, ...]:
    asked = _asked(RequestType.PORTABILITY)
    first = PortabilityAnswer(asked, _processing(texts), _PACKAGE, _HOLE, nominee="Mr. Tom Claes")
    return first, replace(first, missing=(), nominee=None)


def _to_authority(texts: _Texts) -> tuple[LetterFacts, ...]:
    full = BreachToAuthority(_breach(texts), _LATER, True, TODAY, texts["late"])
    return full, BreachToAuthority(_breach(texts, certain=False), _SOON, False, None)


def _check(texts: _Texts) -> tuple[LetterFacts, ...]:
    lent = Lent(_PACKAGE.id, texts["workstation"], TODAY, Delivery.IN_PERSON, date(2026, 12, 24))
    other = replace(lent, package=ExportId("EXP-2026-022"), delivery=Delivery.DOWNLOAD)
    return WorkstationCheckLetter(TODAY, (lent, other)), WorkstationCheckLetter(TODAY, ())


def _identity(texts: _Texts) -> tuple[LetterFacts, ...]:
    doubt = IdentityDoubt.OTHER_ADDRESS
    first = IdentityAsked(_ACCESS, doubt, tuple(IdentityWay), date(2026, 12, 9))
    return first, replace(first, ways=(IdentityWay.SEND_MANDATE,), doubt=IdentityDoubt.MANDATE_MISSING)


def _scope(_: _Texts) -> tuple[LetterFacts, ...]:
    first = ScopeAsked(replace(_ACCESS, cameras=(), span=None), date(2026, 12, 9))
    return first, replace(first, asked=replace(_ACCESS, cameras=())), replace(first, asked=replace(_ACCESS, span=None))


_FACTS: dict[LetterTemplate, Callable[[_Texts], tuple[LetterFacts, ...]]] = {
    LetterTemplate.RECEIPT: _received,
    LetterTemplate.IDENTITY_ASKED: _identity,
    LetterTemplate.SCOPE_ASKED: _scope,
    LetterTemplate.EXTENSION: lambda texts: (
        ExtensionLetter(_ACCESS, date(2026, 12, 24), date(2027, 2, 24), tuple(ExtensionGround), texts["extension"]),
    ),
    LetterTemplate.ACCESS_ANSWER: _answers,
    LetterTemplate.PORTABILITY_ANSWER: _portability,
    LetterTemplate.VIEWING_INVITATION: _invited,
    LetterTemplate.NO_FOOTAGE: lambda texts: (NoFootageLetter(_ACCESS, _processing(texts), _ABSENCES, _STATEMENT),),
    LetterTemplate.NOT_IDENTIFIABLE: lambda texts: (
        NotIdentifiable(_ACCESS, _processing(texts), texts["not_identifiable"], gone_by=date(2026, 12, 19)),
    ),
    LetterTemplate.RESTRICTION_CONFIRMED: lambda texts: (
        RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.LEGAL_CLAIM, _NOTIFIED),
        RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.UNLAWFUL, ()),
    ),
    LetterTemplate.RESTRICTION_LIFTED: _lifted,
    LetterTemplate.BLOCK_YIELDED: _yielded,
    LetterTemplate.OBJECTION_UPHELD: _upheld,
    LetterTemplate.OBJECTION_REJECTED: lambda texts: (
        ObjectionRejected(_OBJECTION, TODAY, texts["grounds"], texts["balance"]),
    ),
    LetterTemplate.OBJECTION_WITHDRAWN: _withdrawn,
    LetterTemplate.ERASURE_CONFIRMED: lambda texts: (
        ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE, _NOTIFIED),
        ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE[:1], ()),
    ),
    LetterTemplate.ERASURE_PARTLY: lambda texts: (
        _kept(texts, TODAY, (Footage(_FOYER, _FIRST),), _NOTIFIED),
        _kept(texts, None, (), ()),
    ),
    LetterTemplate.RECTIFICATION_RECORDED: lambda texts: (
        RectificationRecorded(_asked(RequestType.RECTIFICATION), TODAY, texts["statement"], _NOTIFIED),
    ),
    LetterTemplate.REFUSAL: lambda texts: (Refusal(_ACCESS, TODAY, RefusalGround.EXCESSIVE, texts["refusal"]),),
    LetterTemplate.COMPLAINT_ACKNOWLEDGED: lambda texts: (ComplaintAcknowledged(TODAY, date(2026, 12, 25)),),
    LetterTemplate.COMPLAINT_DECIDED: _decided,
    LetterTemplate.PACKAGE_RECEIPT: lambda texts: (
        PackageReceipt(_IN_HAND, TODAY, "Lieve Maes", IdentityMethod.DOCUMENT_SEEN),
    ),
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
