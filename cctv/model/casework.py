"""Casework: incidents and requests as the rooms hand them to each other.  No I/O.

`Requester` is personal data: it stands in the request's row, in what is shown to the person who answers, and nowhere
else - never in the audit log, a file name or an error message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cctv.kernel.span import Span
from cctv.model.ids import CameraId, IncidentId, RequestId
from cctv.model.language import Language


class IncidentKind(Enum):
    """What happened.  The value is the word in the log and in JSON; never rename one."""

    THEFT = "theft"
    DAMAGE = "damage"
    VIOLENCE = "violence"
    TRESPASS = "trespass"
    FRAUD = "fraud"
    FIRE = "fire"
    ACCIDENT = "accident"
    OTHER = "other"


class RequestType(Enum):
    """Which right a person uses.  The value is the word in the log and in JSON; never rename one."""

    ACCESS = "access"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    COMPLAINT = "complaint"


class RequestState(Enum):
    """Where a request stands."""

    OPEN = "open"
    CLOSED = "closed"


class Outcome(Enum):
    """How a request ended.  "Not identifiable" and "no footage" are answers too, not refusals."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    NO_FOOTAGE = "no-footage"
    NOT_IDENTIFIABLE = "not-identifiable"


@dataclass(frozen=True, slots=True)
class Incident:
    """A recorded occurrence that justifies preserving and viewing; `title` is free text."""

    id: IncidentId
    kind: IncidentKind
    title: str
    cameras: tuple[CameraId, ...]
    span: Span
    opened: datetime
    opened_by: str
    settled: datetime | None = None
    settled_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.settled is None


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, and where the answer goes."""

    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A data subject's request over `cameras` and `span`; `due` is the last second in which it may be answered."""

    id: RequestId
    type: RequestType
    state: RequestState
    requester: Requester
    language: Language
    cameras: tuple[CameraId, ...]
    span: Span
    received: datetime
    due: datetime
    opened: datetime
    opened_by: str
    closed: datetime | None = None
    closed_by: str | None = None
    outcome: Outcome | None = None

    @property
    def is_open(self) -> bool:
        return self.state is RequestState.OPEN
