"""Missing: what stands between a request and its answer, and what to type for each.  Pure.

One list serves `request open`, `request show`, the board and the refusal of an answer that is not ready, and its first
step is the next thing to type wherever that is said.  A step that `must` be done stops the answer; the others are the
next thing to do, or a person's choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cctv.casework.parties import identities_missing, mandates_missing
from cctv.casework.scope import has_lapsed
from cctv.kernel.phrases import Phrase, coded, phrase, worded
from cctv.model.casework import AccessRequest, RequestState, RequestType
from cctv.model.requests import Extension, IdentityCheck, LetterKind


class Need(Enum):
    """What is missing.  The value is the word in JSON; never rename one."""

    CONFIRM = "confirm"
    MANDATE = "mandate"
    IDENTITY = "identity"
    RECEIPT = "receipt"
    TELL_EXTENSION = "tell-extension"
    TELL_YIELD = "tell-yield"
    STATEMENT = "statement"
    DECISION = "decision"
    PREPARE = "prepare"
    DECIDE = "decide"
    BACKDROP = "backdrop"
    REVIEW = "review"
    APPROVE = "approve"
    ANSWER = "answer"
    SEND = "send"
    LIFT = "lift"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is missing: what, for whom if that matters, the line to type, whether the answer waits for it."""

    need: Need
    line: str
    must: bool = False
    about: str | None = None


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the steps are made of: a request and what belongs to it, footage and people's acts alike.

    `letters` are the kinds that were made, `sent` those of them that went.  `parts` counts those of its redaction, and
    then those that somebody decided on, signed off the backdrops of, reviewed in full, approved.
    """

    request: AccessRequest
    checks: tuple[IdentityCheck, ...] = ()
    extension: Extension | None = None
    letters: frozenset[LetterKind] = frozenset()
    sent: frozenset[LetterKind] = frozenset()
    statements: int = 0
    untold_yields: int = 0
    has_footage: bool = True
    parts: int = 0
    decided: int = 0
    signed_off: int = 0
    reviewed: int = 0
    approved: int = 0


def words_of(step: Step) -> Phrase:
    """A step in words, and for whom if that matters."""
    return phrase("{need} ({about})", need=step.need, about=step.about) if step.about else coded(step.need)


def missing(facts: RequestFacts, now: datetime) -> tuple[Step, ...]:
    """The steps to the answer, the first to do first; empty for a closed request."""
    if facts.request.closed is not None:
        return ()
    return (*_people(facts, now), *_telling(facts), *_work(facts))


def next_line(facts: RequestFacts, now: datetime) -> str | None:
    """What to type next for a request; None when nothing is left to do."""
    steps = missing(facts, now)
    return steps[0].line if steps else None


def _people(facts: RequestFacts, now: datetime) -> Iterator[Step]:
    """Who asks, on what, and over how much: what may stop an answer."""
    one = facts.request
    if one.state in {RequestState.ANSWERED, RequestState.RESTRICTED}:
        return
    if one.provisional_until is not None:
        lapsed = one.provisional_hold is None or has_lapsed(one, now)
        about = worded("Role", "lapsed") if lapsed else worded("Role", "provisional")
        yield Step(Need.CONFIRM, f'cctv request confirm {one.id} --reason "..."', must=True, about=about)
    for role in mandates_missing(one):
        line = f"cctv request mandate {one.id} --as {role.value} --by NAME --by-contact ADDRESS --mandate KIND"
        yield Step(Need.MANDATE, f"{line} --mandated DATE", must=True, about=coded(role))
    for role in identities_missing(one, facts.checks):
        line = f"cctv request identity {one.id} --role {role.value} --method METHOD --checker NAME"
        yield Step(Need.IDENTITY, line, must=True, about=coded(role))


def _telling(facts: RequestFacts) -> Iterator[Step]:
    one, sent = facts.request, facts.sent
    if one.state is RequestState.OPEN and LetterKind.RECEIPT not in facts.letters:
        yield Step(Need.RECEIPT, f"cctv request receipt {one.id}")
    if facts.extension is not None and facts.extension.sent is None:
        yield Step(Need.TELL_EXTENSION, f"cctv request sent {one.id} --letter extension")
    if facts.untold_yields:
        yield Step(Need.TELL_YIELD, f"cctv request sent {one.id} --letter yield")
    if one.state is RequestState.ANSWERED and LetterKind.ANSWER not in sent:
        yield Step(Need.SEND, f"cctv request sent {one.id} --letter answer")


def _work(facts: RequestFacts) -> Iterator[Step]:
    one = facts.request
    if one.state is RequestState.RESTRICTED:
        yield Step(Need.LIFT, f'cctv request lift {one.id} --reason "..."')
    if one.state in {RequestState.RESTRICTED, RequestState.ANSWERED}:
        return
    if not facts.has_footage and one.type is not RequestType.COMPLAINT and one.state is not RequestState.REJECTED:
        if one.type is RequestType.OBJECTION and one.state is RequestState.OPEN:
            yield Step(Need.DECISION, f'cctv request uphold {one.id} --reason "..."', must=True)
        yield Step(Need.ANSWER, f"cctv request answer {one.id} --outcome no-footage")
        return
    if one.type is RequestType.RECTIFICATION and not facts.statements:
        yield Step(Need.STATEMENT, f'cctv request statement {one.id} --text "..."', must=True)
    if one.type is RequestType.OBJECTION and one.state is RequestState.OPEN:
        yield Step(Need.DECISION, phrase('cctv request uphold {id} --reason "..."  (or reject)', id=one.id), must=True)
        return
    if copy_wanted(one):
        steps = tuple(_copy(facts))
        if steps:
            yield from steps
            return
    typed = " --outcome viewing" if LetterKind.INVITATION in facts.letters else _TYPED.get((one.type, one.state), "")
    yield Step(Need.ANSWER, f"cctv request answer {one.id}{typed}")


def _copy(facts: RequestFacts) -> Iterator[Step]:
    """From the footage to an approval, in the order of the work: sheet, decisions, a look at what they show."""
    one, parts = facts.request, facts.parts
    if not parts:
        yield Step(Need.PREPARE, f"cctv redaction prepare {one.id}")
        return
    if facts.approved == parts:
        return
    looked = min(facts.signed_off, facts.reviewed) == parts
    if facts.decided < parts and not looked:  # who looked at everything may mean that nobody stays visible
        line = phrase(
            'cctv redaction keep {id} TRACK... --reason "..."  (its sheet: cctv redaction show {id})', id=one.id
        )
        yield Step(Need.DECIDE, line)
    if facts.signed_off < parts:
        yield Step(Need.BACKDROP, f'cctv redaction backdrop {one.id} --approve --reason "..."')
    if facts.reviewed < parts:
        yield Step(Need.REVIEW, f'cctv redaction review {one.id} --all --reason "..."')
    yield Step(Need.APPROVE, f'cctv redaction approve {one.id} --reason "..."')


# What only a person can say for the letter.
_TYPED = {
    (RequestType.RESTRICTION, RequestState.OPEN): " --basis POINT",
    (RequestType.COMPLAINT, RequestState.OPEN): ' --reason "..." --measures "..."',
    (RequestType.OBJECTION, RequestState.REJECTED): ' --outcome refused --reason "..." --balance "..."',
}


def copy_wanted(request: AccessRequest) -> bool:
    """Whether the answer comes with a copy: access, portability, and an objection that was upheld.

    The last is promised by docs/policies/002.txt.
    """
    if request.type is RequestType.OBJECTION:
        return request.state is RequestState.UPHELD
    return request.type in {RequestType.ACCESS, RequestType.PORTABILITY}
