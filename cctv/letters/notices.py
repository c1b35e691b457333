"""Letters that answer no request of a person: breaches, policy changes, workstation checks, complaints.

Responsible for which facts such a letter has; the fields are the variables of its template.  Pure.  Articles are those
of the GDPR.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from cctv.core.time_range import Span
from cctv.letters.facts import Addressee, Asked, Footage, LetterTemplate, MayBeEmpty
from cctv.model.cases import CaseOutcome
from cctv.model.disclosures import Delivery
from cctv.model.ids import ExportId


@dataclass(frozen=True, slots=True)
class ComplaintAcknowledged:
    """A complaint was received; answered by `due`."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.COMPLAINT_ACKNOWLEDGED
    received: date
    due: date


@dataclass(frozen=True, slots=True)
class ComplaintDecided:
    """A complaint was examined: `GRANTED` founded, `PARTLY`, `REFUSED` not; why, and what is done about it.

    Without `measures` the letter states that there are none; one that is founded, wholly or partly, has some.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.COMPLAINT_DECIDED
    received: date
    decided: date
    finding: CaseOutcome
    explanation: str
    measures: str | None = None


@dataclass(frozen=True, slots=True)
class BreachFacts:
    """A (suspected) breach of security (Articles 33, 34): all texts in the letter's language.

    `aware` starts every deadline.  `people` and `records` are approximate numbers, None while they are not known;
    `occurred` is None while it is not known when it happened.
    """

    suspected: bool
    aware: datetime
    occurred: MayBeEmpty[Span | None]
    nature: str
    categories: str  # of people and of data
    people: MayBeEmpty[int | None]
    records: MayBeEmpty[int | None]
    consequences: str
    measures: str
    against_recurrence: str


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A processor passes a request on to its controller, who decides (Article 28(3)(a) and (e)).

    `requester` as they wrote; `deliver_to` where they want the answer, `nominee` who else is to get the copy.  `stated`
    is what they said of themselves.  `frozen` is the footage that is kept for it; with `blocked` nobody may view it.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.PASSED_ON
    asked: Asked
    requester: Addressee
    due: date
    frozen: MayBeEmpty[tuple[Footage, ...]]
    contract: str
    contract_date: date
    blocked: bool = False
    deliver_to: str | None = None
    nominee: str | None = None
    stated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BreachToController:
    """By a processor, within 18 hours of becoming aware (docs/policies/001.txt, Article 33(2))."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.BREACH_CONTROLLER
    breach: BreachFacts
    told: datetime


@dataclass(frozen=True, slots=True)
class BreachToAuthority:
    """Within 72 hours (Article 33(1)); later only with `late_reason`.  `final`: nothing more will follow (33(4))."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.BREACH_AUTHORITY
    breach: BreachFacts
    told: datetime
    final: bool
    people_told: MayBeEmpty[date | None]
    late_reason: str | None = None


@dataclass(frozen=True, slots=True)
class BreachToPeople:
    """To a person concerned, in plain language (Article 34(2)); `advice` is what they can do themselves."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.BREACH_PEOPLE
    breach: BreachFacts
    advice: str


@dataclass(frozen=True, slots=True)
class PublicBreachNotice:
    """Where the people concerned are unknown (Article 34(3)(c)); has no addressee."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.BREACH_PUBLIC
    breach: BreachFacts
    advice: str


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """The privacy policy changed: what is different, since when, and where it can be read.

    docs/policies/002.txt and docs/policies/004.txt promise this letter.
    """

    kind: ClassVar[LetterTemplate] = LetterTemplate.POLICY_CHANGED
    since: date
    changes: tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Lent:
    """A copy that was delivered inside the organisation, where, and when it must be deleted there."""

    package: ExportId
    workstation: str
    delivered: date
    delivery: Delivery
    gone_by: date


@dataclass(frozen=True, slots=True)
class WorkstationCheckLetter:
    """The monthly check of workstations, to sign (docs/policies/001.txt); `month` is any day of it."""

    kind: ClassVar[LetterTemplate] = LetterTemplate.WORKSTATION_CHECK
    month: date
    lent: MayBeEmpty[tuple[Lent, ...]]
