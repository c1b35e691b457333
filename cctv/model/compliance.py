"""What a controller must be able to show (Article 5(2) GDPR), as packages exchange it.  No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from cctv.model.ids import BreachId, CameraId, CheckId, GrantId, ProcessorId, ReviewId


class ProcessingRole(Enum):
    """In which role the site processes the footage of a breach."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class Risk(Enum):
    """How a breach may touch people; unlikely means: no risk to their rights (Article 33(1) GDPR)."""

    UNLIKELY = "unlikely"
    RISK = "risk"
    HIGH = "high"


class NoticeRecipient(Enum):
    """Who is notified of a breach.  `PUBLIC` stands in for people who are unknown (Article 34(3)(c))."""

    CONTROLLER = "controller"
    AUTHORITY = "authority"
    PEOPLE = "people"
    PUBLIC = "public"


class NoticeWay(Enum):
    """How a notice of a breach was given.  The value is what the log and JSON store; never rename one."""

    MAIL = "mail"
    LETTER = "letter"
    FORM = "form"  # that of the authority or the controller
    PUBLICATION = "publication"
    PHONE = "phone"
    IN_PERSON = "in-person"

    @property
    def is_written(self) -> bool:
        """Whether it can be shown afterwards; docs/policies/001.txt: "schriftelijk op de hoogte"."""
        return self not in {NoticeWay.PHONE, NoticeWay.IN_PERSON}


@dataclass(frozen=True, slots=True)
class Notice:
    """That a recipient was notified of a breach; one that is not in writing is recorded, and leaves the duty open."""

    whom: NoticeRecipient
    sent: datetime
    by: str
    way: NoticeWay


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach of personal data, suspected or certain.  What happened and what was done against it are free text."""

    id: BreachId
    role: ProcessingRole
    risk: Risk
    suspected: bool
    aware: datetime  # both clocks start here; a suspicion starts them too
    cameras: tuple[CameraId, ...]
    people: int | None  # how many; None: unknown
    people_known: bool  # whether they can be reached one by one
    opened: datetime
    opened_by: str
    notices: tuple[Notice, ...] = ()
    measures: bool = False  # what keeps it from happening again is written down
    closed: datetime | None = None
    closed_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.closed is None


@dataclass(frozen=True, slots=True)
class SubProcessor:
    """Whom a processor engages, and when that was agreed to; None: not agreed ("geen onderaannemers zonder ...")."""

    name: str
    country: str
    agreed: date | None


class End(Enum):
    """What a processor did with the data at the end (Article 28(3)(g))."""

    RETURNED = "returned"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Processor:
    """Who processes footage or registers on the site's behalf."""

    id: ProcessorId
    name: str
    service: str
    country: str
    contract: date | None
    audited: date | None
    sub_processors: tuple[SubProcessor, ...]
    added: datetime
    added_by: str
    ended: date | None = None
    end: End | None = None


class Permission(Enum):
    """What a grant allows.  The value is the word in the log and in JSON; never rename one."""

    VIEW = "view"
    EXPORT = "export"
    EXPORT_UNREDACTED = "export.unredacted"


@dataclass(frozen=True, slots=True)
class Grant:
    """A named, dated permission of one account, with its briefing and its confidentiality agreement."""

    id: GrantId
    account: str
    permission: Permission
    briefed: date
    confidentiality: date
    granted: datetime
    granted_by: str
    withdrawn: datetime | None = None
    withdrawn_by: str | None = None
    until: date | None = None  # last day, local time; None: without an end

    def is_in_force(self, today: date) -> bool:
        """Whether it allows anything on a local day."""
        return self.withdrawn is None and (self.until is None or today <= self.until)


class DeclarationKind(Enum):
    """A declaration of surveillance cameras to the police (BE: act of 21 March 2007, art. 5 to 7)."""

    FIRST = "first"
    YEARLY = "yearly"
    CHANGED = "changed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Declaration:
    """That the cameras were declared on a day."""

    kind: DeclarationKind
    on: date
    reference: str
    recorded: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class WorkstationCheck:
    """That a person checked the workstations for copies of footage, and signed for it.

    docs/policies/001.txt: "één keer per maand op gecontroleerd".

    `found` describes the copies and what became of them; None where there were none.
    """

    id: CheckId
    on: date
    checker: str
    found: str | None
    recorded: datetime
    recorded_by: str


class ReviewKind(Enum):
    """What the policies and the law have repeated, and somebody reports on.  Never rename a value: the log has it.

    docs/policies/001.txt promises the first three each year.  A data protection impact assessment is reviewed when the
    risk changes (Article 35(11) GDPR).  Cameras at work are evaluated with the staff: CAO 68, articles 9 to 11 (BE),
    works councils act, article 27(1)(l) (NL).
    """

    PENETRATION_TEST = "penetration-test"
    AWARENESS = "awareness"
    AUDIT = "audit"
    IMPACT_ASSESSMENT = "impact-assessment"
    STAFF = "staff-consultation"


class Trigger(Enum):
    """A criterion for a high risk (WP 248 rev.01, endorsed by the EDPB), as it is met by cameras."""

    PUBLIC_PLACE = "public-place"  # systematic monitoring of a place that anybody may enter: Article 35(3)(c) GDPR
    LARGE_SCALE = "large-scale"
    VULNERABLE = "vulnerable-people"  # children, patients, staff
    SCORING = "scoring"  # behaviour is evaluated
    MATCHING = "matching"  # with other data: tills, badges, plates
    NEW_TECHNOLOGY = "new-technology"  # such as recognition
    BARRED = "right-or-service-barred"  # who is not on camera gets no service


@dataclass(frozen=True, slots=True)
class ComplianceReview:
    """That something periodic was done on a day, where its report is, and by when it is due again.

    `purpose` is what was consulted on with the staff; `triggers` are what an impact assessment found, empty for others.
    """

    id: ReviewId
    kind: ReviewKind
    on: date
    by: str
    report: str
    due: date
    purpose: str | None
    triggers: tuple[Trigger, ...]
    recorded: datetime
    recorded_by: str
