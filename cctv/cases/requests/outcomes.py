"""How a request may end, on which grounds it may be refused, and on which footage is erased or kept.  Pure.

The list of grounds is closed.  Each is based on an article and counts for some types only; blanket grounds ("policy",
"security", "too much work") are not on it.  Only this module decides which article a refusal names.  A hold is a fact
and no ground: why footage is kept from an erasure is chosen by a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cctv.cases.errors.requests import (
    AbuseUnproved,
    ErasureGroundMissing,
    ErasureGroundUnusable,
    GroundMissing,
    GroundUnusable,
    KeepingGroundMissing,
    NothingKept,
    NothingToProve,
    OutcomeUnusable,
    ReasonMissing,
)
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_, join_messages
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.ids import HoldId
from cctv.model.requests import ErasureGround, RefusalGround

_G, _T, _O = RefusalGround, RequestType, CaseOutcome
_COPIED = frozenset({_T.ACCESS, _T.PORTABILITY})
_RIGHTS = frozenset(RequestType) - {_T.COMPLAINT}


@dataclass(frozen=True, slots=True)
class Basis:
    """A ground's article, and the types of request that it may refuse."""

    article: str
    types: frozenset[RequestType]


GROUNDS: dict[RefusalGround, Basis] = {
    _G.MANIFESTLY_UNFOUNDED: Basis("Article 12(5)(b) GDPR", _RIGHTS),
    _G.EXCESSIVE: Basis("Article 12(5)(b) GDPR", _RIGHTS),
    _G.ABUSIVE: Basis("Article 12(5)(b) GDPR", _RIGHTS),
    _G.IDENTITY_NOT_SHOWN: Basis("Article 12(2) and (6) GDPR", _RIGHTS),
    _G.RIGHTS_OF_OTHERS: Basis("Articles 15(4) and 20(4) GDPR", _COPIED),
    _G.CRIMINAL_INVESTIGATION: Basis("Article 23(1)(d) GDPR", _COPIED | {_T.ERASURE}),
    _G.FREE_EXPRESSION: Basis("Article 17(3)(a) GDPR", frozenset({_T.ERASURE})),
    _G.LEGAL_OBLIGATION: Basis("Article 17(3)(b) GDPR", frozenset({_T.ERASURE})),
    _G.PUBLIC_HEALTH: Basis("Article 17(3)(c) GDPR", frozenset({_T.ERASURE})),
    _G.ARCHIVING: Basis("Article 17(3)(d) GDPR", frozenset({_T.ERASURE})),
    _G.LEGAL_CLAIMS: Basis("Article 17(3)(e) GDPR", frozenset({_T.ERASURE})),
    _G.CONDITIONS_NOT_MET: Basis(
        "Articles 16, 17(1) and 18(1) GDPR", frozenset({_T.ERASURE, _T.RESTRICTION, _T.RECTIFICATION})
    ),
    _G.COMPELLING_GROUNDS: Basis("Article 21(1) GDPR", frozenset({_T.OBJECTION})),
    _G.NOT_FOUNDED: Basis("Article 77 GDPR", frozenset({_T.COMPLAINT})),
}

PROVED = frozenset({_G.MANIFESTLY_UNFOUNDED, _G.EXCESSIVE, _G.ABUSIVE})
"""The grounds of Article 12(5), whose burden of proof is the controller's: they may have evidence, an abuse must."""
KEEPING = (_G.FREE_EXPRESSION, _G.LEGAL_OBLIGATION, _G.PUBLIC_HEALTH, _G.ARCHIVING, _G.LEGAL_CLAIMS)  # Article 17(3)

_ANY = frozenset({_O.GRANTED, _O.REFUSED, _O.NO_FOOTAGE, _O.NOT_IDENTIFIABLE})
OUTCOMES: dict[RequestType, frozenset[CaseOutcome]] = {
    _T.ACCESS: _ANY | {_O.PARTLY, _O.VIEWING},
    _T.PORTABILITY: _ANY | {_O.PARTLY},
    _T.ERASURE: _ANY | {_O.PARTLY},
    _T.RESTRICTION: _ANY,
    _T.OBJECTION: _ANY,
    _T.RECTIFICATION: _ANY,
    _T.COMPLAINT: frozenset({_O.GRANTED, _O.PARTLY, _O.REFUSED}),
}
_EXPLAINED = frozenset({_O.REFUSED, _O.PARTLY, _O.NOT_IDENTIFIABLE})  # Articles 11(2) and 12(4): needs a reason


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """How a request ends.

    `reason` is the explanation that the letter gives, `evidence` what proves an abuse, `erasure` the ground of what is
    erased.
    """

    outcome: CaseOutcome
    ground: RefusalGround | None = None
    reason: str | None = None
    evidence: str | None = None
    erasure: ErasureGround | None = None


def check_ending(kind: RequestType, state: RequestState, requested: RequestOutcome) -> RequestOutcome:
    """The same with a clean reason and evidence.

    Raises OutcomeUnusable, GroundMissing, GroundUnusable, ReasonMissing, AbuseUnproved, NothingToProve.  A
    rejected objection is refused on compelling grounds and on nothing else; one that was upheld is never refused.
    """
    if requested.outcome not in _possible(kind, state):
        possible = join_messages(outcome for outcome in CaseOutcome if outcome in _possible(kind, state))
        raise OutcomeUnusable(type=kind, state=state, outcome=requested.outcome, known=possible)
    ground = requested.ground
    if state is RequestState.REJECTED:
        ground = RefusalGround.COMPELLING_GROUNDS
    usable = [candidate for candidate, basis in GROUNDS.items() if kind in basis.types]
    if requested.outcome is CaseOutcome.REFUSED and ground is None:
        raise GroundMissing(type=kind, grounds=join_messages(usable))
    if ground is not None and (
        requested.outcome not in {CaseOutcome.REFUSED, CaseOutcome.PARTLY} or ground not in usable
    ):
        raise GroundUnusable(type=kind, outcome=requested.outcome, ground=ground, known=join_messages(usable))
    evidence = _what_proves(ground, requested.evidence)
    if requested.reason is None:
        if requested.outcome in _EXPLAINED:
            raise ReasonMissing(outcome=requested.outcome)
        return RequestOutcome(requested.outcome, ground, erasure=requested.erasure)
    reason = checked_text(N_("reason"), requested.reason, N_('say why in the language of the letter: --reason "WHY".'))
    return RequestOutcome(requested.outcome, ground, reason, evidence, requested.erasure)


def _what_proves(ground: RefusalGround | None, evidence: str | None) -> str | None:
    if evidence is None:
        if ground is RefusalGround.ABUSIVE:
            raise AbuseUnproved(ground=ground)
        return None
    if ground not in PROVED:
        known = ", ".join(proved.value for proved in RefusalGround if proved in PROVED)
        raise NothingToProve(ground=ground or "-", known=known)
    following = N_('say what shows it in the language of the letter: --evidence "WHAT".')
    return checked_text(N_("evidence"), evidence, following)


def erases(request: AccessRequest, outcome: CaseOutcome) -> bool:
    """Whether an answer with this outcome orders an erasure: of a request for one, and of an objection upheld."""
    if outcome not in {CaseOutcome.GRANTED, CaseOutcome.PARTLY}:
        return False
    return request.type is RequestType.ERASURE or request.state is RequestState.UPHELD


def erasure_ground(request: AccessRequest, ending: RequestOutcome) -> ErasureGround | None:
    """The point of Article 17(1) on which an answer erases; None where it erases nothing.

    An objection that was upheld is point (c), whoever answers.  Raises ErasureGroundMissing, ErasureGroundUnusable.
    """
    chosen, ground = ending.erasure, ending.erasure
    if not erases(request, ending.outcome):
        ground = None
    elif request.type is RequestType.OBJECTION:
        ground = ErasureGround.OBJECTION_UPHELD
    elif chosen is None:
        raise ErasureGroundMissing(id=request.id, known=", ".join(member.value for member in ErasureGround))
    if chosen is not None and chosen is not ground:
        raise ErasureGroundUnusable(id=request.id, outcome=ending.outcome.value, ground=chosen.value)
    return ground


def check_keeping(request: AccessRequest, ending: RequestOutcome, holds: Sequence[HoldId]) -> None:
    """Whether an erasure says truly what is kept: `holds` are those of other cases that keep some of it.

    Raises KeepingGroundMissing where they do and no ground of Article 17(3) was chosen for it, NothingKept where a part
    is refused and all of it would go.
    """
    if request.type is not RequestType.ERASURE:
        return
    if holds and (ending.outcome is not CaseOutcome.PARTLY or ending.ground not in KEEPING):
        known = ", ".join(ground.value for ground in KEEPING)
        raise KeepingGroundMissing(id=request.id, holds=", ".join(holds), known=known)
    if not holds and ending.outcome is CaseOutcome.PARTLY:
        raise NothingKept(id=request.id)


def _possible(kind: RequestType, state: RequestState) -> frozenset[CaseOutcome]:
    if state is RequestState.UPHELD:
        return OUTCOMES[kind] - {CaseOutcome.REFUSED}
    if state is RequestState.REJECTED:
        return frozenset({CaseOutcome.REFUSED})
    return OUTCOMES[kind]
