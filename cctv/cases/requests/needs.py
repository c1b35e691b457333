"""What must be in order before anything leaves for a request, and the command for each thing that is missing.  Pure.

One rule for the answer and for every command by which a copy leaves: a copy is sent to the known address; elsewhere,
or to another person, only after an identity check (docs/policies/000.txt, 001.txt and 002.txt).  Who acts or receives
for another has a mandate, a child has a guardian, and a question about identity that was asked is answered or taken
back.  Nothing is erased before the identity of whoever asks was checked, at the known address too: an erasure is for
good.

A site that records for a customer decides on no request: the controller does, and what was decided needs its
instruction (Article 28(3)(a) and (e) GDPR).  That the person takes the request back, or lifts what they asked for,
needs none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cctv.cases.errors.requests import ScopeUnknown
from cctv.core.i18n import N_, Message, enum_label, pgettext_lazy
from cctv.core.time_range import Span
from cctv.model.cases import AccessRequest, CaseOutcome, RequestType
from cctv.model.compliance import ProcessingRole
from cctv.model.requests import IdentityCheck, InstructedAct, Instruction, Party, RequesterRole

GRANTING = frozenset({InstructedAct.ANSWER, InstructedAct.PARTLY})  # instructions by which something is handed over
REFUSING = frozenset({InstructedAct.REFUSE})
DECIDING = GRANTING | REFUSING
_PERMITTING: dict[CaseOutcome, frozenset[InstructedAct]] = {
    CaseOutcome.GRANTED: frozenset({InstructedAct.ANSWER}),
    CaseOutcome.PARTLY: frozenset({InstructedAct.PARTLY}),
    CaseOutcome.VIEWING: GRANTING,
    CaseOutcome.REFUSED: REFUSING,
    CaseOutcome.NOT_IDENTIFIABLE: REFUSING,
    CaseOutcome.NO_FOOTAGE: DECIDING,
}


class NextStepKind(Enum):
    """What is missing.  The value is written to JSON; never rename one."""

    PASS_ON = "pass-on"
    TELL_CONTROLLER = "tell-controller"
    SCOPE = "scope"
    CONFIRM = "confirm"
    MANDATE = "mandate"
    IDENTITY = "identity"
    INSTRUCTION = "instruction"
    QUESTION = "question"
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
    UNBLOCK = "unblock"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is missing: its kind, the command, whether the answer waits for it, and the role concerned."""

    need: NextStepKind
    line: str
    must: bool = False
    about: str | None = None


def step_label(step: Step) -> Message:
    """The label of a step, with the role concerned if there is one."""
    return N_("{need} ({about})", need=step.need, about=step.about) if step.about else enum_label(step.need)


def lacking(
    request: AccessRequest,
    checks: Iterable[IdentityCheck],
    question: datetime | None,
    *,
    role: ProcessingRole,
    acts: Collection[InstructedAct] = GRANTING,
    erases: bool = False,
) -> Iterator[Step]:
    """What nothing may leave without, or with `erases` be erased without.

    The mandates and identities that are missing, on a site of that role the controller's instruction to one of `acts`,
    and the open question.
    """
    for party in mandates_missing(request):
        line = f"cctv request mandate {request.id} --as {party.value} --by NAME --by-contact ADDRESS --mandate KIND"
        line += " --by-country CODE" if party is RequesterRole.NOMINEE else ""
        yield Step(NextStepKind.MANDATE, f"{line} --mandated DATE", must=True, about=enum_label(party))
    for party in identities_missing(request, checks, erases=erases):
        yield Step(NextStepKind.IDENTITY, _check_line(request, party), must=True, about=enum_label(party))
    yield from instruction_missing(request, role, acts)
    if question is not None:
        asked = request.requester.role if request.requester else RequesterRole.SUBJECT
        yield Step(NextStepKind.QUESTION, _check_line(request, asked), must=True, about=enum_label(asked))


def permitting(outcome: CaseOutcome | None) -> frozenset[InstructedAct]:
    """The instructions of a controller by which a request may be answered so; None while the outcome is open."""
    return DECIDING if outcome is None else _PERMITTING[outcome]


def instruction_missing(
    request: AccessRequest, role: ProcessingRole, acts: Collection[InstructedAct]
) -> Iterator[Step]:
    """The controller's instruction, where a site of this role waits for one of these."""
    given = request.instruction
    if role is ProcessingRole.CONTROLLER or (given is not None and given.act in acts):
        return
    wanted = next(act for act in InstructedAct if act in acts)
    line = f"cctv request instruct {request.id} --do {wanted.value} --by NAME --reference REFERENCE"
    yield Step(NextStepKind.INSTRUCTION, line, must=True, about=enum_label(given.act) if given else None)


def instruction_left(before: AccessRequest, after: AccessRequest) -> Instruction | None:
    """The controller's instruction once a request was changed: None where that is another right or other footage."""
    asked = (before.type, before.cameras, before.span) == (after.type, after.cameras, after.span)
    return before.instruction if asked else None


def scope_of(request: AccessRequest) -> Span:
    """The time that a request is about, once its cameras are known too; raises ScopeUnknown."""
    if request.span is None or not request.cameras:
        raise ScopeUnknown(id=request.id)
    return request.span


def is_asked(request: AccessRequest, camera: str, requested: Span) -> bool:
    """Whether what was made of a camera, over what was requested then, is of what the request asks now."""
    return camera in request.cameras and requested == request.span


def scope_missing(request: AccessRequest) -> Iterator[Step]:
    """The cameras and the time of a request, for all that is done with footage; a complaint is done without."""
    if not request.has_scope and request.type is not RequestType.COMPLAINT:
        line = N_(
            "cctv request scope {id} --cameras CAMERAS --from TIME --to TIME --reason WHY"
            "  (or ask the person: cctv request ask {id} --about scope)",
            id=request.id,
        )
        yield Step(NextStepKind.SCOPE, line, must=True, about=pgettext_lazy("Role", "nothing is frozen"))


def open_question(
    asked: datetime | None, checks: Iterable[IdentityCheck], withdrawn: datetime | None
) -> datetime | None:
    """When the question about identity was asked that still waits; None once a check or a withdrawal followed it."""
    if asked is None:
        return None
    ends = [check.recorded for check in checks] + ([withdrawn] if withdrawn else [])
    return None if any(end >= asked for end in ends) else asked


def mandates_missing(request: AccessRequest) -> tuple[RequesterRole, ...]:
    """Roles that lack a mandate; a child under 16 (docs/policies/001.txt) needs a guardian, named or not."""
    missing = [
        party.role for party in request.parties if party.role is not RequesterRole.SUBJECT and party.mandate is None
    ]
    if request.under_16 and request.party(RequesterRole.GUARDIAN) is None:
        missing.append(RequesterRole.GUARDIAN)
    return tuple(missing)


def identities_needed(request: AccessRequest, *, erases: bool = False) -> tuple[RequesterRole, ...]:
    """Whose identity must be checked before anything is handed over, or with `erases` erased.

    A person who acts for another; the nominee, and with one always the requester too; a requester who wants the answer
    elsewhere than at the known address, whose address was replaced by a correction, or an erasure.
    """
    requester = request.requester
    needed: list[RequesterRole] = []
    if requester is not None and (
        erases
        or requester.role is not RequesterRole.SUBJECT
        or requester.deliver_to is not None
        or requester.moved is not None
    ):
        needed.append(requester.role)
    if request.party(RequesterRole.NOMINEE) is not None:
        needed += [requester.role] if requester is not None else []
        needed.append(RequesterRole.NOMINEE)
    return tuple(dict.fromkeys(needed))


def identities_missing(
    request: AccessRequest, checks: Iterable[IdentityCheck], *, erases: bool = False
) -> tuple[RequesterRole, ...]:
    """Those of `identities_needed` without a check that came after the last correction of the name and the address."""
    checked = {check.role for check in checks if _counts(check, request.party(check.role))}
    return tuple(role for role in identities_needed(request, erases=erases) if role not in checked)


def letter_address(request: AccessRequest, party: Party, checks: Iterable[IdentityCheck]) -> str:
    """Where a letter to a person of a request goes: to the known address, and elsewhere only once they were checked.

    A letter about a request is personal data too.
    """
    is_unchecked = party.role in identities_missing(request, checks)
    return party.contact if is_unchecked else party.deliver_to or party.contact


def address_unchecked(request: AccessRequest, checks: Iterable[IdentityCheck]) -> Iterator[Step]:
    """The check that is missing where an address of the requester replaced another: theirs is not known any more.

    It keeps back a letter that needs no other check, such as a refusal, which goes to the known address.
    """
    requester = request.requester
    if requester is not None and requester.moved is not None and requester.role in identities_missing(request, checks):
        line = _check_line(request, requester.role)
        yield Step(NextStepKind.IDENTITY, line, must=True, about=enum_label(requester.role))


def _counts(check: IdentityCheck, party: Party | None) -> bool:
    corrected = [at for at in (party.renamed, party.moved) if at is not None] if party is not None else []
    return all(check.recorded >= at for at in corrected)


def _check_line(request: AccessRequest, role: RequesterRole) -> str:
    return f"cctv request identity {request.id} --role {role.value} --method METHOD --checker NAME"
