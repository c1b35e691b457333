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
from cctv.kernel.span import Span
from cctv.letters import answers as a
from cctv.letters import facts as f
from cctv.letters import notices as n
from cctv.letters.kinds import Kind
from cctv.letters.letter import Facts, Letter
from cctv.letters.specimen_texts import specimen_text
from cctv.model import disclosures
from cctv.model.authorities import authority_of
from cctv.model.casework import Outcome, RequestType
from cctv.model.disclosures import Delivery, PasswordWay
from cctv.model.holds import GroundKind
from cctv.model.ids import CameraId, ExportId
from cctv.model.jurisdiction import Jurisdiction
from cctv.model.language import Language
from cctv.model.requests import (
    ExtensionGround,
    IdentityMethod,
    RefusalGround,
    RestrictionGround,
    Role,
    Safeguard,
    YieldGround,
)
from cctv.model.zones import ZoneKind
from cctv.tongue import told_in

TODAY = date(2026, 11, 25)
_AT = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
_SPAN = Span(_AT, _AT + timedelta(minutes=30))
_FIRST, _REST = Span(_AT, _AT + timedelta(minutes=10)), Span(_AT + timedelta(minutes=10), _SPAN.end)
_FOYER, _GEVEL = CameraId("foyer-1"), CameraId("gevel-1")
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_PACKAGE = f.Package(
    ExportId("EXP-2026-021"), TODAY, 2, _HASH, date(2026, 12, 25), Delivery.ENCRYPTED_MAIL, PasswordWay.PHONE
)
_IN_HAND = replace(_PACKAGE, delivery=Delivery.IN_PERSON, password=None)
_FOOTAGE = (f.Footage(_FOYER, _SPAN), f.Footage(_GEVEL, _SPAN))
_TOLD = ("Politiezone Kust",)

SPECIMEN_SENDER = f.Sender(
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
_PERSON = f.Addressee("An Peeters", ("Kerkstraat 12 bus 3", "8400 Oostende"))
_GUARDIAN = replace(
    _PERSON, capacity=Role.GUARDIAN, on_behalf_of="Noor Peeters", mandate=date(2026, 11, 10)
)  # fmt: skip


def specimens_of(kind: Kind, language: Language, sender: f.Sender = SPECIMEN_SENDER) -> tuple[Letter, ...]:
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
        letters += [replace(letters[0], addressee=replace(_GUARDIAN, capacity=Role.PROXY))]
    return tuple(letters)


def _dated(facts: Facts, sender: f.Sender) -> date:
    """A notification is dated on the day on which it is made."""
    if isinstance(facts, n.BreachToAuthority | n.BreachToController):
        return facts.told.astimezone(sender.timezone).date()
    return TODAY


def _addressee(kind: Kind, language: Language, sender: f.Sender) -> f.Addressee | None:
    if kind is Kind.BREACH_AUTHORITY:
        authority = authority_of(sender.jurisdiction).translated(partial(told_in, language=language))
        return f.Addressee(authority.name, tuple(authority.address.split(", ")))
    others = {
        Kind.BREACH_CONTROLLER: f.Addressee("Zaalhuur vzw", ("Marktplein 1", "8400 Oostende")),
        Kind.WORKSTATION_CHECK: f.Addressee(sender.signatory, sender.address),
    }
    return None if kind is Kind.BREACH_PUBLIC else others.get(kind, _PERSON)


def _reference(kind: Kind) -> str:
    number = {
        Kind.PACKAGE_RECEIPT: _PACKAGE.id,
        Kind.WORKSTATION_CHECK: "2026-11",
    }
    return number.get(kind, "BRE-2026-003" if kind.value.startswith("breach") else "REQ-2026-007")


_REPRESENTED = {Kind.RECEIPT, Kind.VIEWING_INVITATION}  # these say something of their own to who acts for another


class _Texts:
    """The typed texts of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __getitem__(self, name: str) -> str:
        return specimen_text(name, self._language)


def _asked(kind: RequestType) -> f.Asked:
    return f.Asked(kind, date(2026, 11, 24), (_FOYER, _GEVEL), _SPAN)


def _processing(said: _Texts, *, alone: bool = False) -> f.Processing:
    carer = f.ProcessorFacts("Camerazorg nv", said["service"], "BE", (f.Engaged("Beeldlab GmbH", "DE"),))
    police = f.Recipient("Politiezone Kust", disclosures.Recipient.POLICE, date(2026, 11, 23))
    return f.Processing(
        cameras=(
            f.CameraFacts(_FOYER, ZoneKind.FOYER, said["purpose_foyer"], timedelta(days=28)),
            f.CameraFacts(_GEVEL, ZoneKind.FACADE, said["purpose_facade"], timedelta(days=7)),
        ),
        processors=() if alone else (carer,),
        recipients=() if alone else (police,),
    )


def _breach(said: _Texts, *, certain: bool = True) -> n.Breach:
    return n.Breach(
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
    f.Absence(_FOYER, _SPAN, f.AbsenceCause.EXPIRED),
    f.Absence(_GEVEL, _SPAN, f.AbsenceCause.UNREACHABLE),
)
_HOLE = (f.Absence(_GEVEL, _REST, f.AbsenceCause.UNREACHABLE),)
_STATEMENT = f.Statement(
    entries=10234, head=_HASH, made=_SOON, file="statement.json", sha256=_HASH,
    key="SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
)  # fmt: skip
_WAITING = (
    a.Waiting(_GEVEL, _SPAN, GroundKind.INCIDENT, date(2026, 12, 20)),
    a.Waiting(_FOYER, _REST, GroundKind.DISCLOSURE, date(2026, 12, 20)),
)


def _lifted(said: _Texts) -> tuple[Facts, ...]:
    first = a.RestrictionLifted(
        _RESTRICTION, date(2026, 12, 1), a.LiftReason.ACCURACY_CHECKED, said["lifted"], gone_by=date(2026, 12, 19)
    )
    wished = replace(first, on=TODAY, reason=a.LiftReason.YOUR_WISH, explanation=None)
    return first, wished, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _yielded(said: _Texts) -> tuple[Facts, ...]:
    ground, recipient = YieldGround.AUTHORITY, said["recipient"]
    return (a.BlockYielded(_RESTRICTION, TODAY, ground, recipient, "2026/1187", _FOOTAGE[:1], said["yielded"]),)


def _received(said: _Texts) -> tuple[Facts, ...]:
    due, blocking = date(2026, 12, 24), (RequestType.OBJECTION, RequestType.RESTRICTION)
    others = [one for one in RequestType if one not in (RequestType.OBJECTION, RequestType.COMPLAINT)]
    return tuple(a.Receipt(_asked(one), due, one in blocking) for one in (RequestType.OBJECTION, *others))


def _withdrawn(said: _Texts) -> tuple[Facts, ...]:
    first = a.ObjectionWithdrawn(_OBJECTION, TODAY, gone_by=date(2026, 12, 19))
    return first, replace(first, gone_by=None), replace(first, gone_by=None, kept_for=GroundKind.INCIDENT)


def _invited(said: _Texts) -> tuple[Facts, ...]:
    at, place = datetime(2026, 12, 4, 9, 30, tzinfo=UTC), said["place"]
    first = a.ViewingInvitation(_ACCESS, _processing(said), at, place, "Lieve Maes", Safeguard.HIDDEN, _HOLE)
    return first, replace(first, safeguard=Safeguard.SECOND_PERSON, missing=())


def _decided(said: _Texts) -> tuple[Facts, ...]:
    received = date(2026, 11, 3)
    first = n.ComplaintDecided(received, TODAY, Outcome.PARTLY, said["found"], said["masked"])
    not_so = replace(first, finding=Outcome.REFUSED, explanation=said["not_found"], measures=None)
    return first, replace(first, finding=Outcome.GRANTED), not_so


def _upheld(said: _Texts) -> tuple[Facts, ...]:
    first = a.ObjectionUpheld(_OBJECTION, TODAY, date(2026, 12, 9), _TOLD, _PACKAGE)
    return first, replace(first, package=None, told=())


def _answers(said: _Texts) -> tuple[a.AccessAnswer, a.AccessAnswer]:
    first = a.AccessAnswer(_ACCESS, _processing(said), _PACKAGE, _HOLE)
    return first, a.AccessAnswer(replace(_ACCESS, cameras=(_FOYER,)), _processing(said, alone=True), _IN_HAND, ())


def _portability(said: _Texts) -> tuple[Facts, ...]:
    asked = _asked(RequestType.PORTABILITY)
    first = a.PortabilityAnswer(asked, _processing(said), _PACKAGE, _HOLE, nominee="Mr. Tom Claes")
    return first, replace(first, missing=(), nominee=None)


def _to_authority(said: _Texts) -> tuple[Facts, ...]:
    full = n.BreachToAuthority(_breach(said), _LATER, True, TODAY, said["late"])
    return full, n.BreachToAuthority(_breach(said, certain=False), _SOON, False, None)


def _check(said: _Texts) -> tuple[Facts, ...]:
    lent = n.Lent(_PACKAGE.id, said["workstation"], TODAY, Delivery.IN_PERSON, date(2026, 12, 24))
    other = replace(lent, package=ExportId("EXP-2026-022"), delivery=Delivery.DOWNLOAD)
    return n.WorkstationCheck(TODAY, (lent, other)), n.WorkstationCheck(TODAY, ())


def _identity(said: _Texts) -> tuple[Facts, ...]:
    doubt = a.IdentityDoubt.OTHER_ADDRESS
    first = a.IdentityAsked(_ACCESS, doubt, tuple(a.IdentityWay), date(2026, 12, 9))
    return first, replace(first, ways=(a.IdentityWay.SEND_MANDATE,), doubt=a.IdentityDoubt.MANDATE_MISSING)


_FACTS: dict[Kind, Callable[[_Texts], tuple[Facts, ...]]] = {
    Kind.RECEIPT: _received,
    Kind.IDENTITY_ASKED: _identity,
    Kind.EXTENSION: lambda said: (
        a.Extension(_ACCESS, date(2026, 12, 24), date(2027, 2, 24), tuple(ExtensionGround), said["extension"]),
    ),
    Kind.ACCESS_ANSWER: _answers,
    Kind.PORTABILITY_ANSWER: _portability,
    Kind.VIEWING_INVITATION: _invited,
    Kind.NO_FOOTAGE: lambda said: (a.NoFootage(_ACCESS, _processing(said), _ABSENCES, _STATEMENT),),
    Kind.NOT_IDENTIFIABLE: lambda said: (
        a.NotIdentifiable(_ACCESS, _processing(said), said["not_identifiable"], gone_by=date(2026, 12, 19)),
    ),
    Kind.RESTRICTION_CONFIRMED: lambda said: (
        a.RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.LEGAL_CLAIM, _TOLD),
        a.RestrictionConfirmed(_RESTRICTION, TODAY, RestrictionGround.UNLAWFUL, ()),
    ),
    Kind.RESTRICTION_LIFTED: _lifted,
    Kind.BLOCK_YIELDED: _yielded,
    Kind.OBJECTION_UPHELD: _upheld,
    Kind.OBJECTION_REJECTED: lambda said: (a.ObjectionRejected(_OBJECTION, TODAY, said["grounds"], said["balance"]),),
    Kind.OBJECTION_WITHDRAWN: _withdrawn,
    Kind.ERASURE_CONFIRMED: lambda said: (
        a.ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE, _TOLD),
        a.ErasureConfirmed(_ERASURE, TODAY, _FOOTAGE[:1], ()),
    ),
    Kind.ERASURE_PARTLY: lambda said: (
        a.ErasurePartly(_ERASURE, TODAY, (f.Footage(_FOYER, _FIRST),), _WAITING, _TOLD),
        a.ErasurePartly(_ERASURE, None, (), _WAITING, ()),
    ),
    Kind.RECTIFICATION_RECORDED: lambda said: (
        a.RectificationRecorded(_asked(RequestType.RECTIFICATION), TODAY, said["statement"], _TOLD),
    ),
    Kind.REFUSAL: lambda said: (a.Refusal(_ACCESS, TODAY, RefusalGround.EXCESSIVE, said["refusal"]),),
    Kind.COMPLAINT_ACKNOWLEDGED: lambda said: (n.ComplaintAcknowledged(TODAY, date(2026, 12, 25)),),
    Kind.COMPLAINT_DECIDED: _decided,
    Kind.PACKAGE_RECEIPT: lambda said: (n.PackageReceipt(_IN_HAND, TODAY, "Lieve Maes", IdentityMethod.DOCUMENT_SEEN),),
    Kind.BREACH_CONTROLLER: lambda said: (
        n.BreachToController(_breach(said), _SOON),
        n.BreachToController(_breach(said, certain=False), _SOON),
    ),
    Kind.BREACH_AUTHORITY: _to_authority,
    Kind.BREACH_PEOPLE: lambda said: (
        n.BreachToPeople(_breach(said), said["advice"]),
        n.BreachToPeople(_breach(said, certain=False), said["advice"]),
    ),
    Kind.BREACH_PUBLIC: lambda said: (
        n.PublicBreachNotice(_breach(said), said["advice"]),
        n.PublicBreachNotice(_breach(said, certain=False), said["advice"]),
    ),
    Kind.POLICY_CHANGED: lambda said: (
        n.PolicyChanged(date(2027, 1, 1), (said["change_1"], said["change_2"]), "www.example.org/privacy"),
    ),
    Kind.WORKSTATION_CHECK: _check,
}
