"""Disclosures: footage that is handed over: to whom, on which ground, and what became of it.  No I/O.

`Receiver` may be personal data: it stands in the disclosure's row, in what is shown to the person who acts, and nowhere
else - never in the audit log, a file name or an error message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from cctv.core.time_range import Span
from cctv.model.ids import CameraId, DisclosureId, ExportId


class Recipient(Enum):
    """Who receives footage.  The value is what the log and JSON store; never rename one.

    There is no member for a commercial recipient: such a disclosure cannot be registered.
    """

    SUBJECT = "subject"
    NOMINEE = "nominee"  # a person whom the subject named (docs/policies/001.txt)
    PROXY = "proxy"  # who asked in the subject's name: a lawyer, a relative
    POLICE = "police"
    FIRE_BRIGADE = "fire-brigade"
    COURT = "court"
    INSURER = "insurer"
    LAWYER = "lawyer"


class Duty(Enum):
    """Why footage may leave.  The value is what the log and JSON store; never rename one."""

    RIGHT = "right"  # of the data subject: Article 15 GDPR
    ORDERED = "ordered"  # a magistrate or an officer asked for it in writing
    OBLIGED = "obliged"  # a named law says so
    VOLUNTARY = "voluntary"  # a report of an offence, of our own accord
    CONSENT = "consent"  # of everybody in the picture


class Method(Enum):
    """How footage is handed over or shown."""

    HAND = "hand"  # against a receipt
    ZIP = "zip"  # encrypted, the passphrase by another way
    ON_SITE = "on-site"  # shown on a screen of the site: no copy left


class Delivery(Enum):
    """How a package is sent to its recipient."""

    IN_PERSON = "in-person"
    REGISTERED_POST = "registered-post"
    ENCRYPTED_MAIL = "encrypted-mail"
    DOWNLOAD = "download"


class PasswordWay(Enum):
    """How its password is sent: never the way of the package."""

    PHONE = "phone"
    POST = "post"
    IN_PERSON = "in-person"
    SMS = "sms"


class DisclosureState(Enum):
    """State of a disclosure."""

    OPEN = "open"
    APPROVED = "approved"
    HANDED = "handed over"
    CLOSED = "closed"


class DisclosureClosure(Enum):
    """How a disclosure ended."""

    HANDED = "handed"  # handed over, and nothing is expected back
    RETURNED = "returned"
    DESTROYED = "destroyed"
    PASSED_ON = "passed-on"  # a proxy or a nominee gave it to the data subject, whose own it is
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who asks, where they are established, under which number, on which facts; empty for a data subject's package.

    `country` is an ISO 3166-1 code of two letters.  Which of the facts of a ground there are depends on the duty:
    `cases.disclosures.grounds`.  The days are ISO 8601, for a row holds plain text.
    """

    authority: str = ""
    officer: str = ""
    reference: str = ""
    country: str = ""
    order_by: str = ""
    order_number: str = ""
    order_on: str = ""
    law: str = ""
    consent_of: str = ""
    consent_on: str = ""
    consent_record: str = ""

    @property
    def basis(self) -> str:
        """The facts of the ground on one line, as packages and registers print them; empty where there are none."""
        days = (f"{date.fromisoformat(day):%d/%m/%Y}" if day else "" for day in (self.order_on, self.consent_on))
        order_on, consent_on = days
        facts = (
            self.order_by, self.order_number, order_on, self.law, self.consent_of, consent_on, self.consent_record
        )  # fmt: skip
        return ", ".join(filter(None, facts))


@dataclass(frozen=True, slots=True)
class Handing:
    """That a package was handed over: when, by whom, how."""

    at: datetime
    by: str
    method: Method


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A handing-over of footage of `cameras` over `span`, from its registration to its end.

    `case_id` is the request that it answers, or the incident that it is about.  `unmasked` says that the order names
    what the cameras' masks hide.  `receipt` is the date that stands on the signed receipt, `lease_end` when the copy
    must be back or destroyed; None where the recipient may keep it.
    """

    id: DisclosureId
    recipient: Recipient
    duty: Duty
    receiver: Receiver
    cameras: tuple[CameraId, ...]
    span: Span
    opened: datetime
    opened_by: str
    case_id: str | None = None
    unmasked: bool = False
    approved: datetime | None = None
    approved_by: str | None = None
    package: ExportId | None = None
    handed: Handing | None = None
    receipt: datetime | None = None
    lease_end: datetime | None = None
    closed: datetime | None = None
    closed_by: str | None = None
    ending: DisclosureClosure | None = None

    @property
    def state(self) -> DisclosureState:
        if self.closed is not None:
            return DisclosureState.CLOSED
        if self.handed is not None:
            return DisclosureState.HANDED
        return DisclosureState.APPROVED if self.approved is not None else DisclosureState.OPEN
