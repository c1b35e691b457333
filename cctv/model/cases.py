"""Cases: incidents and requests, as packages exchange them.  No I/O.

The parties of a request are personal data: they stand in its rows, in its letters, in what is shown to the person who
answers, and nowhere else - never in the audit log, a file name or an error message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.model.ids import CameraId, HoldId, IncidentId, RequestId
from cctv.model.requests import (
    NOTHING_STATED,
    Channel,
    Instruction,
    Party,
    RefusalGround,
    Relation,
    RequesterRole,
    Stated,
)


class IncidentKind(Enum):
    """What happened.  The value is what the log and JSON store; never rename one."""

    THEFT = "theft"
    DAMAGE = "damage"
    VIOLENCE = "violence"
    TRESPASS = "trespass"
    FRAUD = "fraud"
    FIRE = "fire"
    ACCIDENT = "accident"
    OTHER = "other"


class RequestType(Enum):
    """Which right a person uses.  The value is what the log and JSON store; never rename one."""

    ACCESS = "access"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    COMPLAINT = "complaint"


# A person demanded that nothing happens to the footage, or decides what does (Articles 17, 18 and 21 GDPR).
NEVER_LAPSE = frozenset({RequestType.RESTRICTION, RequestType.OBJECTION, RequestType.ERASURE})


class RequestState(Enum):
    """State of a request; `cctv.cases.requests.lifecycle` has the permitted transitions."""

    OPEN = "open"
    UPHELD = "upheld"  # an objection that was accepted: a copy, then deletion
    REJECTED = "rejected"  # an objection outweighed by compelling grounds: the person must still be notified
    RESTRICTED = "restricted"  # answered; blocked and held until the person lifts it
    ANSWERED = "answered"  # an erasure whose letter must still be sent
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # closed because the person took it back, with nothing decided
    FORGOTTEN = "forgotten"  # closed, and the personal data is deleted


class CaseOutcome(Enum):
    """How a request ended.  "Not identifiable" and "no footage" are answers too, not refusals; "withdrawn" is none."""

    GRANTED = "granted"
    PARTLY = "partly"
    VIEWING = "viewing"
    REFUSED = "refused"
    NO_FOOTAGE = "no-footage"
    NOT_IDENTIFIABLE = "not-identifiable"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Incident:
    """A recorded occurrence that justifies preserving and viewing; `title` and the last three are free text."""

    id: IncidentId
    kind: IncidentKind
    title: str
    cameras: tuple[CameraId, ...]
    span: Span
    opened: datetime
    opened_by: str
    settled: datetime | None = None
    settled_by: str | None = None
    place: str | None = None
    finder: str | None = None
    police_reference: str | None = None

    @property
    def is_open(self) -> bool:
        return self.settled is None


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A data subject's request over `cameras` and `span`; `due` is the last second in which it may be answered.

    The law asks for neither a camera nor a time: `cameras` is empty and `span` None while they are not known.
    `channel`, `signed` and `dated` are None where it was not recorded; `parties` is empty once they are forgotten.
    """

    id: RequestId
    type: RequestType
    state: RequestState
    language: Language
    cameras: tuple[CameraId, ...]
    span: Span | None
    received: datetime
    due: datetime
    opened: datetime
    opened_by: str
    parties: tuple[Party, ...] = ()
    relation: Relation = Relation.VISITOR
    channel: Channel | None = None
    signed: bool | None = None
    dated: bool | None = None
    under_16: bool = False
    stated: Stated = NOTHING_STATED
    provisional_hold: HoldId | None = None  # over more than a day of footage, and not confirmed yet
    provisional_until: datetime | None = None
    answered: datetime | None = None
    closed: datetime | None = None
    closed_by: str | None = None
    outcome: CaseOutcome | None = None
    ground: RefusalGround | None = None
    forgotten: datetime | None = None
    instruction: Instruction | None = None  # of the controller, on a site that records for a customer

    @property
    def is_open(self) -> bool:
        """Whether something can or must still be done about it."""
        return self.closed is None

    @property
    def has_scope(self) -> bool:
        """Whether cameras and time are known, so that there is footage to freeze."""
        return bool(self.cameras) and self.span is not None

    @property
    def lapses(self) -> datetime | None:
        """When the provisional hold lapses, or lapsed; None where nothing lapses, or it was confirmed.

        By the type that the request has now: a hold that was placed as provisional stays once its request is a
        restriction, an objection or an erasure.
        """
        if self.type in NEVER_LAPSE and self.provisional_hold is not None:
            return None
        return self.provisional_until

    def has_lapsed(self, now: datetime) -> bool:
        """Whether the provisional hold is over: nobody confirmed more than a day of footage in time."""
        return self.lapses is not None and (self.provisional_hold is None or now >= self.lapses)

    def party(self, role: RequesterRole) -> Party | None:
        """The person in a role, None where there is none or they are forgotten."""
        return next((party for party in self.parties if party.role is role), None)

    @property
    def requester(self) -> Party | None:
        """Who asks and gets the letters: a guardian or proxy where one acts, else the subject; None once forgotten."""
        return (
            self.party(RequesterRole.GUARDIAN) or self.party(RequesterRole.PROXY) or self.party(RequesterRole.SUBJECT)
        )
