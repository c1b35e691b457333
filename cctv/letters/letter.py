"""A letter: the input of `cctv.letters.render`.

Responsible for its shape.  Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cctv.core.i18n import Language
from cctv.letters.answers import (
    AccessAnswer,
    BlockYielded,
    ErasureConfirmed,
    ErasurePartly,
    ExtensionLetter,
    IdentityAsked,
    NoFootageLetter,
    NotIdentifiable,
    ObjectionRejected,
    ObjectionUpheld,
    ObjectionWithdrawn,
    PortabilityAnswer,
    Receipt,
    RectificationRecorded,
    Refusal,
    RequestWithdrawn,
    RestrictionConfirmed,
    RestrictionLifted,
    ScopeAsked,
    ViewingInvitation,
    ViewingsAnswer,
)
from cctv.letters.facts import Addressee, LetterTemplate, MayBeEmpty, Sender
from cctv.letters.notices import (
    BreachToAuthority,
    BreachToController,
    BreachToPeople,
    ComplaintAcknowledged,
    ComplaintDecided,
    PassedOn,
    PolicyChanged,
    PublicBreachNotice,
    WorkstationCheckLetter,
)

Answer = (
    Receipt
    | IdentityAsked
    | ScopeAsked
    | ExtensionLetter
    | AccessAnswer
    | PortabilityAnswer
    | ViewingInvitation
    | NoFootageLetter
    | NotIdentifiable
    | RestrictionConfirmed
    | RestrictionLifted
    | BlockYielded
    | ObjectionUpheld
    | ObjectionRejected
    | ObjectionWithdrawn
    | RequestWithdrawn
    | ErasureConfirmed
    | ErasurePartly
    | RectificationRecorded
    | Refusal
    | ViewingsAnswer
)
"""The facts of an answer to a request."""

Notice = (
    ComplaintAcknowledged
    | ComplaintDecided
    | PassedOn
    | BreachToController
    | BreachToAuthority
    | BreachToPeople
    | PublicBreachNotice
    | PolicyChanged
    | WorkstationCheckLetter
)
"""The facts of any other letter."""

LetterFacts = Answer | Notice
"""The facts of any letter; their class decides its kind."""


@dataclass(frozen=True, slots=True)
class Templates:
    """Where templates come from: `own`, an absolute folder of the site, is searched before the built-in ones."""

    own: Path | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: its facts decide the kind.

    `reference` is the short id of the case (`REQ-2026-007`) or another reference of the sender; `date` is the day it is
    dated, in the site's time zone.  `addressee` is None for a public notice only.  A specimen is marked on every page.
    """

    language: Language
    reference: str
    date: date
    sender: Sender
    addressee: MayBeEmpty[Addressee | None]
    facts: LetterFacts
    specimen: bool = False

    @property
    def kind(self) -> LetterTemplate:
        return self.facts.kind
