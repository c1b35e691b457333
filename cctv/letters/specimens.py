"""Specimens: a letter of every kind with invented facts, to look at, and to try templates on.

Owns the invented facts.  Pure.  Each is marked on every page.  The first of a kind is the fullest; the others take the
branches of its template that the first does not.
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
    LetterTemplate,
    PackageFacts,
    Processing,
    ProcessorFacts,
    RecipientFacts,
    Sender,
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
    ExtensionGround,
    IdentityMethod,
    RefusalGround,
    RequesterRole,
    RestrictionGround,
    Safeguard,
    YieldGround,
)

TODAY = date(2026, 11, 25)
_AT = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
_SPAN = Span(_AT, _AT + timedelta(minutes=30))
_FIRST, _REST = Span(_AT, _AT + timedelta(minutes=10)), Span(_AT + timedelta(minutes=10), _SPAN.end)
_FOYER, _GEVEL = CameraId("foyer-1"), CameraId("gevel-1")
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_PACKAGE = PackageFacts(
    ExportId("EXP-2026-021"), TODAY, 2, _HASH, date(2026, 12, 25), Delivery.ENCRYPTED_MAIL, PasswordWay.PHONE
)
_IN_HAND = replace(_PACKAGE, delivery=Delivery.IN_PERSON, password=None)
_FOOTAGE = (Footage(_FOYER, _SPAN), Footage(_GEVEL, _SPAN))
_TOLD = ("Politiezone Kust",)

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
_PERSON = Addressee("An Peeters", ("Kerkstraat 12 bus 3", "8400 Oostende"))
_GUARDIAN = replace(
    _PERSON, capacity=RequesterRole.GUARDIAN, on_behalf_of="Noor Peeters", mandate=date(2026, 11, 10)
)  # fmt: skip


def specimens_of(kind: LetterTemplate, language: Language, sender: Sender = SPECIMEN_SENDER) -> tuple[Letter, ...]:
    """Letters of a kind in a language, as `sender` would write them."""
    said = _Texts(language)
    variants = _FACTS[kind](said)
    addressee = _addressee(kind, language, sender)
    letters = [
        Letter(language, _reference(kind), _dated(one, sender), sender, addressee, one, specimen=True)
        for one in variants
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


_REPRESENTED = {
    LetterTemplate.RECEIPT,
    LetterTemplate.VIEWING_INVITATION,
}  # these say something of their own to who acts for another


class _Texts:
    """The typed texts of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __getitem__(self, name: str) -> str:
        return specimen_text(name, self._language)


def _asked(kind: RequestType) -> Asked:
    return Asked(kind, date(2026, 11, 24), (_FOYER, _GEVEL), _SPAN)


def _processing(said: _Texts, *, alone: bool = False) -> Processing:
    carer = ProcessorFacts("Camerazorg nv", said["service"], "BE", (Engaged("Beeldlab GmbH", "DE"),))
    police = RecipientFacts("Politiezone Kust", Recipient.POLICE, date(2026, 11, 23))
    return Processing(
        cameras=(
            CameraFacts(_FOYER, ZoneKind.FOYER, said["purpose_foyer"], timedelta(days=28)),
            CameraFacts(_GEVEL, ZoneKind.FACADE, said["purpose_facade"], timedelta(days=7)),
        ),
        processors=() if alone else (carer,),
        recipients=() if alone else (police,),
    )


def _breach(said: _Texts, *, certain: bool = True) -> BreachFacts:
    return BreachFacts(
        suspected=not certain,
        aware=datetime(2026, 11, 24, 8, 15, tzinfo=UTC),
        occurred=_SPAN if certain else None,
        nature=said["nature"],
        categories=said["categories"],
        people=1200 if certain else None,
        records=1350 if certain else None,
        consequences=said["consequences"],
        measures=said["measures"],
        against_recurrence=said["recurrence"],
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


def _lifted(said: _Texts) -> tuple[LetterFacts, ...]:
    first = RestrictionLifted(
        _RESTRICTION, date(2026, 12, 1), LiftReason.ACCURACY_CHECKED, said["lifted"], gone_by=date(2026, 12, 19)
    )
    wished = replace(first, on=TODAY, reason=LiftReason.YOUR_WISH, explanation=None)
    return first, wished, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _yielded(said: _Texts) -> tuple[LetterFacts, ...]:
    ground, recipient = YieldGround.AUTHORITY, said["recipient"]
    return (BlockYielded(_RESTRICTION, TODAY, ground, recipient, "2026/1187", _FOOTAGE[:1], said["yielded"]),)


def _received(said: _Texts) -> tuple[LetterFacts, ...]:
    due, blocking = date(2026, 12, 24), (RequestType.OBJECTION, RequestType.RESTRICTION)
    others = [one for one in RequestType if one not in (RequestType.OBJECTION, RequestType.COMPLAINT)]
    return tuple(Receipt(_asked(one), due, one in blocking) for one in (RequestType.OBJECTION, *others))


def _withdrawn(said: _Texts) -> tuple[LetterFacts, ...]:
    first = ObjectionWithdrawn(_OBJECTION, TODAY, gone_by=date(2026, 12, 19))
    return first, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _invited(said: _Texts) -> tuple[LetterFacts, ...]:
    at, place = datetime(2026, 12, 4, 9, 30, tzinfo=UTC), said["place"]
    first = ViewingInvitation(_ACCESS, _processing(said), at, place, "Lieve Maes", Safeguard.HIDDEN, _HOLE)
    return first, replace(first, safeguard=Safeguard.SECOND_PERSON, missing=())


def _decided(said: _Texts) -> tuple[LetterFacts, ...]:
    received = date(2026, 11, 3)
    first = ComplaintDecided(received, TODAY, CaseOutcome.PARTLY, said["found"], said["masked"])
    not_so = replace(first, finding=CaseOutcome.REFUSED, explanation=said["not_found"], measures=None)
    return first, replace(first, finding=CaseOutcome.GRANTED), not_so


def _upheld(said: _Texts) -> tuple[LetterFacts, ...]:
    first = ObjectionUpheld(_OBJECTION, TODAY, date(2026, 12, 9), _TOLD, _PACKAGE)
    return first, replace(first, package=None, told=())


def _answers(said: _Texts) -> tuple[AccessAnswer, AccessAnswer]:
    first = AccessAnswer(_ACCESS, _processing(said), _PACKAGE, _HOLE)
    return first, AccessAnswer(replace(_ACCESS, cameras=(_FOYER,)), _processing(said, alone=True), _IN_HAND, ())


def _portability(said: _Texts) -> tuple[LetterFacts, ...]:
    asked = _asked(RequestType.PORTABILITY)
    first = PortabilityAnswer(asked, _processing(said), _PACKAGE, _HOLE, nominee="Mr. Tom Claes")
    return first, replace(first, missing=(), nominee=None)


def _to_authority(said: _Texts) -> tuple[LetterFacts, ...]:
    full = BreachToAuthority(_breach(said), _LATER, True, TODAY, said["late"])
    return full, BreachToAuthority(_breach(said, certain=False), _SOON, False, None)


def _check(said: _Texts) -> tuple[LetterFacts, ...]:
    lent = Lent(_PACKAGE.id, said["workstation"], TODAY, Delivery.IN_PERSON, date(2026, 12, 24))
    other = replace(lent, package=ExportId("EXP-2026-022"), delivery=Delivery.DOWNLOAD)
    return WorkstationCheckLetter(TODAY, (lent, other)), WorkstationCheckLetter(TODAY, ())


def _identity(said: _Texts) -> tuple[LetterFacts, ...]:
    doubt = IdentityDoubt.OTHER_ADDRESS
    first = IdentityAsked(_ACCESS, doubt, tuple(IdentityWay), date(2026, 12, 9))
    return first, replace(first, ways=(IdentityWay.SEND_MANDATE,), doubt=IdentityDoubt.MANDATE_MISSING)


_FACTS: dict[LetterTemplate, Callable[[_Texts], tuple[LetterFacts, ...]]] = {
    LetterTemplate.RECEIPT: _received,
    LetterTemplate.IDENTITY_ASKED: _identity,
    LetterTemplate.EXTENSION: lambda said: (
        ExtensionLetter(_ACCESS, date(2026, 12, 24), date(2027, 2, 24), tuple(ExtensionGround), said["extension"]),
    ),
    LetterTemplate.ACCESS_ANSWER: _answers,
    LetterTemplate.PORTABILITY_ANSWER: _portability,
    LetterTemplate.VIEWING_INVITATION: _invited,
    LetterTemplate.NO_FOOTAGE: lambda said: (NoFootageLetter(_ACCESS, _processing(said), _ABSENCES, _STATEMENT),),
    LetterTemplate.NOT_IDENTIFIABLE: lambda said: (
        NotIdentifiable(_ACCESS, _processing(said), said["not_identifiable"], gone_by=date(2026, 12, 19)),
    ),
    LetterTemplate.RESTRICTION_CONFIRMED: lambda said: (
        RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.LEGAL_CLAIM, _TOLD),
        RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.UNLAWFUL, ()),
    ),
    LetterTemplate.RESTRICTION_LIFTED: _lifted,
    LetterTemplate.BLOCK_YIELDED: _yielded,
    LetterTemplate.OBJECTION_UPHELD: _upheld,
    LetterTemplate.OBJECTION_REJECTED: lambda said: (
        ObjectionRejected(_OBJECTION, TODAY, said["grounds"], said["balance"]),
    ),
    LetterTemplate.OBJECTION_WITHDRAWN: _withdrawn,
    LetterTemplate.ERASURE_CONFIRMED: lambda said: (
        ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE, _TOLD),
        ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE[:1], ()),
    ),
    LetterTemplate.ERASURE_PARTLY: lambda said: (
        ErasurePartly(_ERASURE, TODAY, (Footage(_FOYER, _FIRST),), _WAITING, _TOLD),
        ErasurePartly(_ERASURE, None, (), _WAITING, ()),
    ),
    LetterTemplate.RECTIFICATION_RECORDED: lambda said: (
        RectificationRecorded(_asked(RequestType.RECTIFICATION), TODAY, said["statement"], _TOLD),
    ),
    LetterTemplate.REFUSAL: lambda said: (Refusal(_ACCESS, TODAY, RefusalGround.EXCESSIVE, said["refusal"]),),
    LetterTemplate.COMPLAINT_ACKNOWLEDGED: lambda said: (ComplaintAcknowledged(TODAY, date(2026, 12, 25)),),
    LetterTemplate.COMPLAINT_DECIDED: _decided,
    LetterTemplate.PACKAGE_RECEIPT: lambda said: (
        PackageReceipt(_IN_HAND, TODAY, "Lieve Maes", IdentityMethod.DOCUMENT_SEEN),
    ),
    LetterTemplate.BREACH_CONTROLLER: lambda said: (
        BreachToController(_breach(said), _SOON),
        BreachToController(_breach(said, certain=False), _SOON),
    ),
    LetterTemplate.BREACH_AUTHORITY: _to_authority,
    LetterTemplate.BREACH_PEOPLE: lambda said: (
        BreachToPeople(_breach(said), said["advice"]),
        BreachToPeople(_breach(said, certain=False), said["advice"]),
    ),
    LetterTemplate.BREACH_PUBLIC: lambda said: (
        PublicBreachNotice(_breach(said), said["advice"]),
        PublicBreachNotice(_breach(said, certain=False), said["advice"]),
    ),
    LetterTemplate.POLICY_CHANGED: lambda said: (
        PolicyChanged(date(2027, 1, 1), (said["change_1"], said["change_2"]), "www.example.org/privacy"),
    ),
    LetterTemplate.WORKSTATION_CHECK: _check,
}
