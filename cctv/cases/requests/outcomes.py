"""How a request may end, and on which grounds it may be refused.  Pure.

The list of grounds is closed.  Each is based on an article and counts for some types only; blanket grounds ("policy",
"security", "too much work") are not on it.  Only this module decides which article a refusal names.
"""

from __future__ import annotations

from dataclasses import dataclass

from cctv.cases.errors.requests import (
    AbuseUnproved,
    GroundMissing,
    GroundUnusable,
    NothingToProve,
    OutcomeUnusable,
    ReasonMissing,
)
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_, join_messages
from cctv.model.cases import CaseOutcome, RequestState, RequestType
from cctv.model.requests import RefusalGround

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
    _G.LEGAL_OBLIGATION: Basis("Article 17(3)(b) GDPR", frozenset({_T.ERASURE})),
    _G.LEGAL_CLAIMS: Basis("Article 17(3)(e) GDPR", frozenset({_T.ERASURE})),
    _G.CONDITIONS_NOT_MET: Basis(
        "Articles 16, 17(1) and 18(1) GDPR", frozenset({_T.ERASURE, _T.RESTRICTION, _T.RECTIFICATION})
    ),
    _G.COMPELLING_GROUNDS: Basis("Article 21(1) GDPR", frozenset({_T.OBJECTION})),
    _G.NOT_FOUNDED: Basis("Article 77 GDPR", frozenset({_T.COMPLAINT})),
}

PROVED = frozenset({_G.MANIFESTLY_UNFOUNDED, _G.EXCESSIVE, _G.ABUSIVE})
"""The grounds of Article 12(5), whose burden of proof is the controller's: they may have evidence, an abuse must."""

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
    """How a request ends; `reason` is the explanation that the letter gives, `evidence` what proves an abuse."""

    outcome: CaseOutcome
    ground: RefusalGround | None = None
    reason: str | None = None
    evidence: str | None = None


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
        return RequestOutcome(requested.outcome, ground)
    reason = checked_text(N_("reason"), requested.reason, N_('say why in the language of the letter: --reason "WHY".'))
    return RequestOutcome(requested.outcome, ground, reason, evidence)


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


def _possible(kind: RequestType, state: RequestState) -> frozenset[CaseOutcome]:
    if state is RequestState.UPHELD:
        return OUTCOMES[kind] - {CaseOutcome.REFUSED}
    if state is RequestState.REJECTED:
        return frozenset({CaseOutcome.REFUSED})
    return OUTCOMES[kind]
