"""What must be in order before anything leaves for a request, and the command for each thing that is missing.  Pure.

One rule for the answer and for every command by which a copy leaves: a copy is sent to the known address; elsewhere,
or to another person, only after an identity check (docs/policies/000.txt, 001.txt and 002.txt).  Who acts or receives
for another has a mandate, a child has a guardian, and a question about identity that was asked is answered or taken
back.  Nothing is erased before the identity of whoever asks was checked, at the known address too: an erasure is for
good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cctv.cases.errors.requests import ScopeUnknown
from cctv.core.i18n import N_, Message, enum_label, pgettext_lazy
from cctv.core.time_range import Span
from cctv.model.cases import AccessRequest, RequestType
from cctv.model.requests import IdentityCheck, Party, RequesterRole


class NextStepKind(Enum):
    """What is missing.  The value is written to JSON; never rename one."""

    SCOPE = "scope"
    CONFIRM = "confirm"
    MANDATE = "mandate"
    IDENTITY = "identity"
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
    request: AccessRequest, checks: Iterable[IdentityCheck], question: datetime | None, *, erases: bool = False
) -> Iterator[Step]:
    """What nothing may leave without, or with `erases` be erased without.

    The mandates and identities that are missing, and the open question.
    """
    for role in mandates_missing(request):
        line = f"cctv request mandate {request.id} --as {role.value} --by NAME --by-contact ADDRESS --mandate KIND"
        line += " --by-country CODE" if role is RequesterRole.NOMINEE else ""
        yield Step(NextStepKind.MANDATE, f"{line} --mandated DATE", must=True, about=enum_label(role))
    for role in identities_missing(request, checks, erases=erases):
        yield Step(NextStepKind.IDENTITY, _check_line(request, role), must=True, about=enum_label(role))
    if question is not None:
        role = request.requester.role if request.requester else RequesterRole.SUBJECT
        yield Step(NextStepKind.QUESTION, _check_line(request, role), must=True, about=enum_label(role))


def scope_of(request: AccessRequest) -> Span:
    """The time that a request is about, once its cameras are known too; raises ScopeUnknown."""
    if request.span is None or not request.cameras:
        raise ScopeUnknown(id=request.id)
    return request.span


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
    elsewhere than at the known address, whose known address was replaced by a correction, or an erasure.
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


def _counts(check: IdentityCheck, party: Party | None) -> bool:
    corrected = [at for at in (party.renamed, party.moved) if at is not None] if party is not None else []
    return all(check.recorded >= at for at in corrected)


def _check_line(request: AccessRequest, role: RequesterRole) -> str:
    return f"cctv request identity {request.id} --role {role.value} --method METHOD --checker NAME"
