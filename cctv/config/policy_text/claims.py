"""What a privacy text may promise, as data.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from cctv.model.legal import ZoneKind


class Subject(Enum):
    """What a claim is about."""

    CAMERAS = "cameras"
    CONTROLLER = "controller"
    RETENTION = "retention"
    PURPOSE = "purpose"
    AUTHORITY = "authority"
    COUNTRY = "country"
    ANSWER = "answer"
    BREACH = "breach"
    BREACH_CONTROLLER = "breach, to the controller"
    RIGHT = "right"
    SOUND = "sound"
    PRIVATE_PLACES = "toilets and changing rooms"
    INCIDENT_ONLY = "viewing for an incident only"
    UNTIL_SETTLED = "kept until an incident is settled"
    LOG = "log"
    TWO_FACTOR = "two factors"
    BACKUP = "back-ups"
    NO_BACKUP = "no back-ups"
    OUTSIDE_EU = "outside the EU"
    ROLES = "roles"
    HOSTING = "European hosting"
    PENETRATION_TEST = "penetration test"
    ENCRYPTED = "encrypted communication"
    OUTDATED_LAW = "outdated law"
    IDENTITY_COPY = "copy of an identity document"


class Purpose(Enum):
    """Why cameras record, in classes by which a text and a setting are compared."""

    THEFT = "theft"
    DAMAGE = "damage"
    FRAUD = "fraud"
    SAFETY = "safety"
    ACCESS = "access"
    NUISANCE = "nuisance"


class SubjectRight(Enum):
    """A right of the data subject that Article 13(2)(b) GDPR requires a text to name."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"


@dataclass(frozen=True, slots=True)
class PolicyClaim:
    """One promise: what it is about, its value, and the sentence that makes it.

    `period` is the shortest meaning of the text (a month is 28 days), `wording` is the text of the period; `kinds` are
    the places that the promise is limited to, empty for all; `at_most` is True where less keeps the promise too.
    `value` names an authority, a country, a right, a purpose or a law.
    """

    subject: Subject
    quote: str
    line: int
    value: str = ""
    period: timedelta | None = None
    wording: str = ""
    kinds: frozenset[ZoneKind] = frozenset()
    at_most: bool = False
