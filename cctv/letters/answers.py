"""Answers to a person who exercises a right: one dataclass for each kind of letter, with every fact that it needs.

Responsible for which facts an answer has; the fields are the variables of its template.  Pure.  Articles are those of
the GDPR.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import ClassVar

from cctv.core.time_range import Span
from cctv.letters.facts import (
    Absence,
    Asked,
    Footage,
    LetterTemplate,
    MayBeEmpty,
    PackageFacts,
    Processing,
    RecipientFacts,
    StatementFacts,
)
from cctv.model.disclosures import Recipient
from cctv.model.holds import GroundKind
from cctv.model.ids import CameraId
from cctv.model.requests import ExtensionGround, RefusalGround, RestrictionGround, Safeguard, YieldGround


@dataclass(frozen=True, slots=True)
class Receipt:
    """A request was received (Article 12(3)); `blocked` when its footage is neither viewed nor exported meanwhile."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.RECEIPT
    asked: Asked
    due: date
    blocked: bool = False


class IdentityDoubt(Enum):
    """Why identity is asked for (Article 12(6) GDPR: reasonable doubts)."""

    UNKNOWN_ADDRESS = "unknown-address"
    OTHER_ADDRESS = "other-address"  # the copy is to go elsewhere than to the address that is known
    NO_SIGNATURE = "no-signature"
    ON_BEHALF = "on-behalf"  # acts for another person, on a mandate that was seen
    MANDATE_MISSING = "mandate-missing"  # the same, and no mandate was seen
    GUARDIAN_MISSING = "guardian-missing"  # a child asks alone
    OTHER_RECIPIENT = "other-recipient"  # the copy is to go to another person
    ERASURE = "erasure"  # what was erased cannot be brought back


class IdentityWay(Enum):
    """How identity can be shown; one of them is enough, and none leaves a copy of a document."""

    SHOW_DOCUMENT = "show-document"  # to a person on the spot
    KNOWN_ADDRESS = "known-address"  # confirm from an address that is known already
    SIGNED_MESSAGE = "signed-message"  # dated, with a qualified electronic signature


class Proof(Enum):
    """What is needed beside an identity; each of them is."""

    MANDATE = "mandate"  # of an authorised representative
    REPRESENTATION = "representation"  # of a parent or guardian
    GUARDIAN = "guardian"  # a parent or guardian has to ask for the child
    DEMAND = "demand"  # that the copy may go to another person


@dataclass(frozen=True, slots=True)
class IdentityAsked:
    """Identity or a proof is asked for before anything leaves; never a copy of a document, never a national number.

    `ways` is empty where identity is no question, `proofs` where no paper is missing; one of them is not.  `receiver`
    is who is named to receive the copy, and must show their identity too.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.IDENTITY_ASKED
    asked: Asked
    doubts: tuple[IdentityDoubt, ...]
    ways: MayBeEmpty[tuple[IdentityWay, ...]]
    proofs: MayBeEmpty[tuple[Proof, ...]]
    answer_by: date
    receiver: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeAsked:
    """The time or the place that a request does not say is asked for; the deadline runs on, and nothing is kept yet."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.SCOPE_ASKED
    asked: Asked
    answer_by: date


@dataclass(frozen=True, slots=True)
class ExtensionLetter:
    """One extension of at most two months, announced within the first month, with reasons."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.EXTENSION
    asked: Asked
    first_due: date
    due: date
    reasons: tuple[ExtensionGround, ...]
    explanation: str


@dataclass(frozen=True, slots=True)
class AccessAnswer:
    """The copy and the information of Article 15; `missing` are the spans without picture, empty if complete."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.ACCESS_ANSWER
    asked: Asked
    processing: Processing
    package: PackageFacts
    missing: MayBeEmpty[tuple[Absence, ...]]


@dataclass(frozen=True, slots=True)
class PortabilityAnswer:
    """The same copy in a common, machine-readable form; Article 20; docs/policies/002.txt promises it "altijd"."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.PORTABILITY_ANSWER
    asked: Asked
    processing: Processing
    package: PackageFacts
    missing: MayBeEmpty[tuple[Absence, ...]]
    nominee: str | None = None


@dataclass(frozen=True, slots=True)
class ViewingInvitation:
    """Viewing on the spot (Article 15 GDPR, in Belgium Article 12 of the camera act): when, where, and the host.

    The right to a copy stays.  `missing` are the spans without picture, empty when all is there.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.VIEWING_INVITATION
    asked: Asked
    processing: Processing
    at: datetime
    place: str
    host: str
    safeguard: Safeguard
    missing: MayBeEmpty[tuple[Absence, ...]]


@dataclass(frozen=True, slots=True)
class NoFootageLetter:
    """There is no footage, and why; existence, purposes, categories and recipients are stated all the same."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.NO_FOOTAGE
    asked: Asked
    processing: Processing
    absences: tuple[Absence, ...]
    statement: StatementFacts


@dataclass(frozen=True, slots=True)
class NotIdentifiable:
    """The person cannot be found in the footage (Articles 11(2), 12(2)); may add details while it is there.

    The answer ends the request: footage as in `RestrictionLifted`.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.NOT_IDENTIFIABLE
    asked: Asked
    processing: Processing
    explanation: str
    gone_by: date | None = None
    kept_for: GroundKind | None = None


@dataclass(frozen=True, slots=True)
class RestrictionConfirmed:
    """Footage is kept, and neither viewed nor handed over; `told` are its recipients (Article 19).

    Recipients whose name the register still has were notified; the letter says of the others that they cannot be.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.RESTRICTION_CONFIRMED
    asked: Asked
    since: date
    ground: RestrictionGround
    told: MayBeEmpty[tuple[RecipientFacts, ...]]


class LiftReason(Enum):
    """Why a restriction ends."""

    YOUR_WISH = "your-wish"
    ACCURACY_CHECKED = "accuracy-checked"
    CLAIM_ENDED = "claim-ended"
    OBJECTION_DECIDED = "objection-decided"


@dataclass(frozen=True, slots=True)
class RestrictionLifted:
    """Announced before it is lifted (Article 18(3)), or after, at the wish of the person.

    The footage is deleted by `gone_by`, unless `kept_for` keeps it.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.RESTRICTION_LIFTED
    asked: Asked
    on: date
    reason: LiftReason
    explanation: str | None = None
    gone_by: date | None = None
    kept_for: GroundKind | None = None


@dataclass(frozen=True, slots=True)
class BlockYielded:
    """Blocked footage may be used all the same: on which ground, for whom, under which reference, how much of it."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.BLOCK_YIELDED
    asked: Asked
    on: date
    ground: YieldGround
    recipient: str
    recipient_reference: str
    footage: tuple[Footage, ...]
    explanation: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Footage that a hold keeps for now: its ground, and the day on which someone decides again."""

    camera: CameraId
    span: Span
    ground: GroundKind
    review: date


@dataclass(frozen=True, slots=True)
class ObjectionUpheld:
    """Upheld: a copy (docs/policies/002.txt), then the footage is deleted on `gone_on`; `waiting` as in an erasure.

    `gone_on` is None where all of it waits.  Recording continues.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.OBJECTION_UPHELD
    asked: Asked
    decided: date
    gone_on: MayBeEmpty[date | None]
    told: MayBeEmpty[tuple[RecipientFacts, ...]]
    package: PackageFacts | None = None
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectionRejected:
    """Rejected on compelling legitimate grounds (Article 21(1)), typed for this case; never a standard text.

    The block ends with the answer: footage as in `RestrictionLifted`.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.OBJECTION_REJECTED
    asked: Asked
    decided: date
    grounds: str
    balance: str  # why they override this person's interests, rights and freedoms
    gone_by: date | None = None
    kept_for: GroundKind | None = None


@dataclass(frozen=True, slots=True)
class ObjectionWithdrawn:
    """Withdrawn by the person: nothing is decided, the block ended; footage as in `RestrictionLifted`."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.OBJECTION_WITHDRAWN
    asked: Asked
    on: date
    gone_by: date | None = None
    kept_for: GroundKind | None = None


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    """Any other request that the person took back: nothing is decided; footage as in `RestrictionLifted`."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.REQUEST_WITHDRAWN
    asked: Asked
    on: date
    gone_by: date | None = None
    kept_for: GroundKind | None = None


@dataclass(frozen=True, slots=True)
class ErasureConfirmed:
    """Everything that was requested is erased (Article 17)."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.ERASURE_CONFIRMED
    asked: Asked
    erased_on: date
    erased: tuple[Footage, ...]
    told: MayBeEmpty[tuple[RecipientFacts, ...]]


@dataclass(frozen=True, slots=True)
class ErasurePartly:
    """Some of it, or nothing yet: what waits because a hold keeps it.

    `ground` is the point of Article 17(3) that a person chose for that, `explanation` why it is met.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.ERASURE_PARTLY
    asked: Asked
    erased_on: MayBeEmpty[date | None]
    erased: MayBeEmpty[tuple[Footage, ...]]
    waiting: tuple[Waiting, ...]
    ground: RefusalGround
    explanation: str
    told: MayBeEmpty[tuple[RecipientFacts, ...]]


@dataclass(frozen=True, slots=True)
class RectificationRecorded:
    """A supplementary statement was put with the footage (Article 16): pictures are not altered."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.RECTIFICATION_RECORDED
    asked: Asked
    recorded: date
    statement: str
    told: MayBeEmpty[tuple[RecipientFacts, ...]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refused (Article 12(4)): the ground, and in `explanation` why it is met in this case.

    `evidence` proves that the request is unfounded or excessive, which the controller must (Article 12(5)); an abuse is
    never refused without it, and two people signed it.  `partly`: the rest was granted, in a letter of its own.
    Refused as a whole, the request ends: footage as in `RestrictionLifted`.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.REFUSAL
    asked: Asked
    decided: date
    ground: RefusalGround
    explanation: str
    evidence: str | None = None
    partly: bool = False
    gone_by: date | None = None
    kept_for: GroundKind | None = None


class ViewingKind(Enum):
    """What was done with footage, as the audit log has it."""

    STILL = "still"  # a picture of the camera as it was then
    VIEWED = "viewed"
    EXTRACTED = "extracted"
    REDACTED = "redacted"  # prepared, decided, reviewed: others were made unrecognisable
    EXPORTED = "exported"  # a package was made
    FETCHED = "fetched"  # a package was copied to another desk
    HANDED = "handed"  # to `Viewing.recipient`
    SHOWN = "shown"  # to them on the spot, without a copy


class ViewingPurpose(Enum):
    """What footage was looked at for.  Of another person's request only that it was one."""

    INCIDENT = "incident"
    YOUR_REQUEST = "your-request"
    OTHER_REQUEST = "other-request"
    DISCLOSURE = "disclosure"
    CAMERA = "camera"  # to see what a camera sees: adjustment and maintenance


@dataclass(frozen=True, slots=True)
class Viewing:
    """One consultation of footage on a day (CJEU C-579/21, Pankki S, 22 June 2023): what, why, of which cameras.

    Never by whom: that Court gives no right to the names of employees who act on instruction.  `recipient` is the kind
    of who received it, other than a data subject; None for what was not handed over.
    """

    on: date
    what: ViewingKind
    purpose: ViewingPurpose
    cameras: tuple[CameraId, ...]
    recipient: Recipient | None = None


@dataclass(frozen=True, slots=True)
class ViewingsAnswer:
    """Who looked at me: dates and purposes of every consultation of the footage concerned (Article 15(1)).

    `since` is the first day of the requested span: the log is whole from then on.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.VIEWINGS
    asked: Asked
    viewings: MayBeEmpty[tuple[Viewing, ...]]
    since: date
