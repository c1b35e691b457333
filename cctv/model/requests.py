"""What a request consists of: who asks and how, what was checked, what was decided.  No I/O.

Names, addresses and statements are personal data: they stand in the request's own rows, in its letters, and in what is
shown to the person who answers; nowhere else.  The value of every enum is what the log, the index and JSON store;
never rename one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from cctv.core.time_range import Span
from cctv.model.ids import CameraId, RequestId


class Relation(Enum):
    """What the person is to the site (docs/policies/001.txt, "iedere bezoeker of medewerker")."""

    VISITOR = "visitor"
    STAFF = "staff"


class Channel(Enum):
    """How a request arrived; any is good (Article 12(2) GDPR: the controller facilitates)."""

    EMAIL = "email"
    LETTER = "letter"
    FORM = "form"
    COUNTER = "counter"
    TELEPHONE = "telephone"


class RequesterRole(Enum):
    """What a person is in a request."""

    SUBJECT = "subject"  # whose data it is about
    GUARDIAN = "guardian"  # asks for a child, or for a person under guardianship
    PROXY = "proxy"  # asks in the subject's name: a lawyer, a relative
    NOMINEE = "nominee"  # receives the answer at the subject's express demand (docs/policies/000.txt)


class Mandate(Enum):
    """On what authority a person acts or receives for the subject.  The document is inspected, never stored."""

    PARENTAL_AUTHORITY = "parental-authority"
    GUARDIANSHIP = "guardianship"
    POWER_OF_ATTORNEY = "power-of-attorney"
    EXPRESS_DEMAND = "express-demand"


class IdentityMethod(Enum):
    """How identity was checked.  Never by keeping a copy of a document (Article 5(1)(c) GDPR)."""

    DOCUMENT_SEEN = "document-seen"  # shown at the counter or by video, and given back
    EID = "eid"  # signed or logged in with an electronic identity
    KNOWN_ADDRESS = "known-address"  # answered from the address that the site already had
    KNOWN_PERSON = "known-person"  # the checker knows the person
    BAR_MEMBERSHIP = "bar-membership"  # a lawyer, looked up in the bar's register


class RefusalGround(Enum):
    """Why a request may be refused, wholly or in part; `cctv.cases.requests.outcomes` has article and types of each."""

    MANIFESTLY_UNFOUNDED = "manifestly-unfounded"
    EXCESSIVE = "excessive"  # it repeats what was answered
    ABUSIVE = "abusive"  # an abuse, be it the first request: CJEU C-526/24; evidence, and two people
    RIGHTS_OF_OTHERS = "rights-of-others"
    CRIMINAL_INVESTIGATION = "criminal-investigation"
    IDENTITY_NOT_SHOWN = "identity-not-shown"
    FREE_EXPRESSION = "free-expression"
    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_HEALTH = "public-health"
    ARCHIVING = "archiving"
    LEGAL_CLAIMS = "legal-claims"
    CONDITIONS_NOT_MET = "conditions-not-met"
    COMPELLING_GROUNDS = "compelling-grounds"
    NOT_FOUNDED = "not-founded"


class BlockKind(Enum):
    """Which right stops viewing and export."""

    RESTRICTION = "restriction"
    OBJECTION = "objection"


class YieldGround(Enum):
    """What a block yields to, and nothing else (Articles 18(2) and 21(1) GDPR)."""

    LEGAL_CLAIM = "legal-claim"
    AUTHORITY = "authority"


class RestrictionGround(Enum):
    """Article 18(1), points (a) to (d)."""

    ACCURACY_CONTESTED = "accuracy-contested"
    UNLAWFUL = "unlawful"
    LEGAL_CLAIM = "legal-claim"
    OBJECTION_PENDING = "objection-pending"


class ErasureGround(Enum):
    """Article 17(1), points (a) to (f): on which footage must be erased."""

    NO_LONGER_NECESSARY = "no-longer-necessary"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    OBJECTION_UPHELD = "objection-upheld"
    UNLAWFUL = "unlawful"
    LEGAL_DUTY = "legal-duty"  # a law obliges the site to erase it
    CHILD = "child"  # collected for an online service that was offered to a child


class Safeguard(Enum):
    """How third parties are protected while a person views footage on site (Article 15(4) GDPR)."""

    HIDDEN = "hidden"  # as in a copy
    SECOND_PERSON = "second-person"  # who ensures that only what shows the person is shown


class ExtensionGround(Enum):
    """Why an answer may take two months more (Article 12(3) GDPR)."""

    COMPLEXITY = "complexity"
    NUMBER = "number"


class LetterKind(Enum):
    """The letters of a request; a file is named by this value and the request's id."""

    RECEIPT = "receipt"
    IDENTITY = "identity"
    SCOPE = "scope"
    EXTENSION = "extension"
    YIELD = "yield"
    ANSWER = "answer"
    LIFTED = "lifted"
    INVITATION = "invitation"
    WITHDRAWN = "withdrawn"
    VIEWINGS = "viewings"
    PASSED_ON = "passed-on"


class InstructedAct(Enum):
    """What a controller wants its processor to do with a request (Article 28(3)(a) and (e) GDPR)."""

    ANSWER = "answer"  # as it was asked
    PARTLY = "partly"  # grant a part and refuse the rest
    REFUSE = "refuse"
    EXTEND = "extend"  # tell the person that the answer takes longer; nothing is decided yet
    LEAVE = "leave"  # the controller answers the person itself


@dataclass(frozen=True, slots=True)
class Instruction:
    """The controller's latest instruction about a request: by whom, when, and where it can be read."""

    act: InstructedAct
    on: date
    by: str
    reference: str


@dataclass(frozen=True, slots=True)
class Party:
    """A person in a request; `contact` is the known address, `deliver_to` another one for the answer.

    `country` is where a nominee is, as an ISO 3166-1 code of two letters; None for the others.  `renamed` and `moved`
    are when the name and one of the addresses were last corrected: a check of identity counts when it came after both,
    and an address that replaced another one needs one.
    """

    role: RequesterRole
    name: str
    contact: str
    deliver_to: str | None = None
    mandate: Mandate | None = None
    mandated: date | None = None  # the date of the mandate
    country: str | None = None
    renamed: datetime | None = None
    moved: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """What the person stated about when, where and how they were in the picture, in their own words."""

    time: str | None = None
    place: str | None = None
    appearance: str | None = None


NOTHING_STATED = Stated()


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """That a person's identity was checked: by which method, on which day, by whom."""

    role: RequesterRole
    method: IdentityMethod
    checked: date
    checker: str
    recorded: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Extension:
    """The only extension; `due` is binding once the person was notified, at `sent`, inside the first period."""

    ground: ExtensionGround
    due: datetime
    decided: datetime
    decided_by: str
    sent: datetime | None = None


@dataclass(frozen=True, slots=True)
class Yield:
    """That a block yields to one case, on one ground; `told` is when the protected person was notified."""

    id: int
    case_id: str
    ground: YieldGround
    decided: datetime
    decided_by: str
    told: datetime | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """No viewing and no export of `cameras` over `span` until it is lifted; a hold of its own keeps the footage."""

    id: int
    request: RequestId
    kind: BlockKind
    cameras: frozenset[CameraId]
    span: Span
    placed: datetime
    placed_by: str
    lifted: datetime | None = None
    lifted_by: str | None = None
    yields: tuple[Yield, ...] = ()

    @property
    def in_force(self) -> bool:
        return self.lifted is None

    def covers(self, camera: CameraId, span: Span) -> bool:
        """Whether this block stops viewing the camera over any part of the span."""
        return self.in_force and camera in self.cameras and self.span.overlaps(span)

    def yields_to(self, case_id: str) -> bool:
        """Whether the DPO let this case through."""
        return any(exemption.case_id == case_id for exemption in self.yields)


@dataclass(frozen=True, slots=True)
class Statement:
    """A supplementary statement (Article 16 GDPR): it stands beside the footage, whose pixels never change."""

    text: str
    given: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """Footage that must go as soon as no hold covers it; `done` when all of it is deleted.  No personal data."""

    id: int
    request: RequestId
    ground: ErasureGround
    cameras: tuple[CameraId, ...]
    span: Span
    ordered: datetime
    ordered_by: str
    done: datetime | None = None


class HiddenCause(Enum):
    """Why the subject is not visible in frames of a redacted video.  The values stand in plans and in manifests."""

    PEOPLE = "people"  # another person is too near, or both are one region
    LOST = "lost"  # nothing that was kept says where the subject is
    COVERED = "covered"  # a drawn hide box lies there
    MASKED = "masked"  # behind a static mask of the camera
    LIGHT = "light"  # no backdrop explains the frame: light, or where the camera looks
    BACKGROUND = "background"  # the empty scene is doubted there: somebody may stand in it
    OUTSIDE = "outside"  # left the picture; such frames count neither as visible nor as hidden


def shown_percent(visible: int, frames: int) -> int:
    """Visible frames by frames in the picture, in percent and rounded down: 100 only where it is all, 0 without any.

    In integers: by floating point 29 of 100 are 28 %.
    """
    return 100 * visible // frames if frames else 0


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent of a person who stays visible beside the requester: by whom, since when, and how it is recorded."""

    who: str
    given: date
    recorded: str
