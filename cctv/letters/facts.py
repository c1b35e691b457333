"""Facts that letters share: sender, addressee, request, processing, and the package that is handed over.

Responsible for their shape and for the names of the letters.  Pure: frozen values, no wording of any language.  A field
without a default must have a value, or `completeness` refuses the letter; a `MayBeEmpty` field may be empty, and the
letter then states that there is none.  Texts typed by a person (`explanation`, `grounds`, ...) are in the letter's
language; nothing here translates them.

A new letter needs a member of `LetterTemplate`, a class in `answers` or `notices`, a specimen and three templates; the
tests report which is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from cctv.config.schema import EnvelopeWindow
from cctv.core.time_range import Span
from cctv.model.cases import RequestType
from cctv.model.disclosures import Delivery, PasswordWay, Recipient
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId, ExportId
from cctv.model.legal import Jurisdiction, ZoneKind
from cctv.model.requests import Consent, HiddenCause, RequesterRole, shown_percent

T = TypeVar("T")
LISTED = timedelta(seconds=1)  # a letter lists hidden stretches from this length on, and counts the shorter ones
MAY_BE_EMPTY = "may be empty"
MayBeEmpty = Annotated[T, MAY_BE_EMPTY]
"""A required fact that may be empty: the letter states "to no one" or "not known yet" and never leaves it out."""


class LetterTemplate(Enum):
    """Every letter.  The value is the name of its template and its name on the command line; never rename one."""

    RECEIPT = "receipt"
    IDENTITY_ASKED = "identity-asked"
    SCOPE_ASKED = "scope-asked"
    EXTENSION = "extension"
    ACCESS_ANSWER = "access-answer"
    PORTABILITY_ANSWER = "portability-answer"
    VIEWING_INVITATION = "viewing-invitation"
    NO_FOOTAGE = "no-footage"
    NOT_IDENTIFIABLE = "not-identifiable"
    RESTRICTION_CONFIRMED = "restriction-confirmed"
    RESTRICTION_LIFTED = "restriction-lifted"
    BLOCK_YIELDED = "block-yielded"
    OBJECTION_UPHELD = "objection-upheld"
    OBJECTION_REJECTED = "objection-rejected"
    OBJECTION_WITHDRAWN = "objection-withdrawn"
    REQUEST_WITHDRAWN = "request-withdrawn"
    ERASURE_CONFIRMED = "erasure-confirmed"
    ERASURE_PARTLY = "erasure-partly"
    RECTIFICATION_RECORDED = "rectification-recorded"
    REFUSAL = "refusal"
    VIEWINGS = "viewings"
    PASSED_ON = "passed-on"
    COMPLAINT_ACKNOWLEDGED = "complaint-acknowledged"
    COMPLAINT_DECIDED = "complaint-decided"
    BREACH_CONTROLLER = "breach-controller"
    BREACH_AUTHORITY = "breach-authority"
    BREACH_PEOPLE = "breach-people"
    BREACH_PUBLIC = "breach-public"
    POLICY_CHANGED = "policy-changed"
    WORKSTATION_CHECK = "workstation-check"


@dataclass(frozen=True, slots=True)
class Sender:
    """The controller of the cameras; `sender.sender_of` builds it.  `signatory` is a person's name.

    `processor` is who records and writes for the controller; None where the controller does so itself.
    """

    site: str
    name: str
    address: tuple[str, ...]
    mail: str
    dpo: str
    signatory: str
    jurisdiction: Jurisdiction
    timezone: ZoneInfo
    window: EnvelopeWindow
    phone: str | None = None
    public_body: bool = False
    processor: str | None = None


@dataclass(frozen=True, slots=True)
class Addressee:
    """The recipient of the letter: `lines` are a postal address or one mail address.

    `capacity` is theirs: a guardian or a proxy writes for `on_behalf_of`, by a mandate or a proof of that day; without
    one the letter says that none was seen yet, and only letters that answer nothing are made.
    """

    name: str
    lines: tuple[str, ...]
    capacity: RequesterRole = RequesterRole.SUBJECT
    on_behalf_of: str | None = None
    mandate: date | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The request: the right, the day of receipt, the cameras and the requested span as far as they are known.

    `kept_until` is when a provisional hold over more than a day of footage ends or ended, `lapsed` that it is over;
    None where the footage is held until the request is closed.
    """

    type: RequestType
    received: date
    cameras: MayBeEmpty[tuple[CameraId, ...]]
    span: MayBeEmpty[Span | None]
    kept_until: date | None = None
    lapsed: bool = False

    @property
    def known(self) -> bool:
        """Whether cameras and time are known, so that the footage is kept."""
        return bool(self.cameras) and self.span is not None


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """A camera: its kind of place, its purpose in the letter's language, the period that its zone really runs at."""

    id: CameraId
    place: ZoneKind
    purpose: str
    period: timedelta


@dataclass(frozen=True, slots=True)
class Engaged:
    """A sub-processor; `country` is an ISO 3166 code of the EEA."""

    name: str
    country: str


@dataclass(frozen=True, slots=True)
class ProcessorFacts:
    """A processor of the controller (Article 28); `service` is in the letter's language, `country` of the EEA."""

    name: str
    service: str
    country: str
    engages: tuple[Engaged, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """A recipient of footage of this person.

    Article 15(1)(c) gives a right to the actual recipients, not just their categories (CJEU C-154/21, Österreichische
    Post, 12 January 2023).  `name` is empty once the register has anonymised it: the letter then names the kind.
    """

    name: MayBeEmpty[str]
    kind: Recipient
    on: date


@dataclass(frozen=True, slots=True)
class Processing:
    """The information of Article 15(1) GDPR: purposes, retention, processors, recipients.

    Categories, source, rights and authority follow from the software and the jurisdiction; the templates hold them.
    """

    cameras: tuple[CameraFacts, ...]
    processors: MayBeEmpty[tuple[ProcessorFacts, ...]]
    recipients: MayBeEmpty[tuple[RecipientFacts, ...]]


class AbsenceCause(Enum):
    """Why there is no picture; the causes of `GapCause` and those that are no gap."""

    UNREACHABLE = GapCause.UNREACHABLE.value
    REFUSED = GapCause.REFUSED.value
    UNAUTHORISED = GapCause.UNAUTHORISED.value
    STALLED = GapCause.STALLED.value
    FRAMES_MISSING = GapCause.FRAMES_MISSING.value
    RECORDER_STOPPED = GapCause.RECORDER_STOPPED.value
    STORAGE_FULL = GapCause.STORAGE_FULL.value
    CLOCK_STEP = GapCause.CLOCK_STEP.value
    SCHEDULE = GapCause.SCHEDULE.value
    CAMERA_REMOVED = GapCause.CAMERA_REMOVED.value
    UNREADABLE = GapCause.UNREADABLE.value
    EXPIRED = "expired"
    SPACE_NEEDED = "space needed"
    DELETED_BEFORE = "deleted before"  # on another ground than its limit: an erasure, or never to have been made
    LOST = "lost"
    NOT_RECORDED = "not recorded"
    NOT_YET_THERE = "not yet there"  # the camera was first recorded later


@dataclass(frozen=True, slots=True)
class Absence:
    """A span of a camera without picture, and why."""

    camera: CameraId
    span: Span
    cause: AbsenceCause


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """The signed statement from the audit log that is enclosed with the letter.

    `entries` and `head` are the log's length and last hash at `made`; `file` is the enclosed statement, `sha256` its
    hash, `key` the fingerprint of the site's key (`SHA256:...`).
    """

    entries: int
    head: str
    made: datetime
    file: str
    sha256: str
    key: str


@dataclass(frozen=True, slots=True)
class HiddenFacts:
    """A stretch of a video in which the person is in the picture and not visible, and why."""

    span: Span
    cause: HiddenCause


@dataclass(frozen=True, slots=True)
class ShownFacts:
    """What a video shows of the person: `frames` with them in the picture, in `visible` of which they are seen.

    `span` is the video's; no frame at all means that they were not recognised in it.
    """

    camera: CameraId
    span: Span
    visible: int
    frames: int
    hidden: MayBeEmpty[tuple[HiddenFacts, ...]]

    @property
    def listed(self) -> tuple[HiddenFacts, ...]:
        """The stretches that a letter lists one by one."""
        return tuple(stretch for stretch in self.hidden if stretch.span.duration >= LISTED)

    @property
    def brief(self) -> int:
        """How many are too short for that."""
        return len(self.hidden) - len(self.listed)


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """A delivered copy; `manifest_sha256` of its manifest, `expires` the day by which our own copy of it is deleted.

    `encrypted` says that it opens with a passphrase, `password` how that is told; None while no way was chosen: the
    letter then says that it comes separately, and whom to ask for it.
    `shown` is what each video shows of the person, `consents` are those of others who stayed visible.
    """

    id: ExportId
    made: date
    videos: int
    manifest_sha256: str
    expires: date
    delivery: Delivery
    shown: tuple[ShownFacts, ...]
    password: PasswordWay | None = None
    encrypted: bool = True
    consents: tuple[Consent, ...] = ()

    @property
    def frames(self) -> int:
        """The frames of all videos with the person in the picture."""
        return sum(video.frames for video in self.shown)

    @property
    def visible(self) -> int:
        """Those of them in which the person is visible."""
        return sum(video.visible for video in self.shown)

    @property
    def percent(self) -> int:
        """The latter by the former, as the sheet says it too."""
        return shown_percent(self.visible, self.frames)


@dataclass(frozen=True, slots=True)
class Footage:
    """A span of a camera."""

    camera: CameraId
    span: Span
