"""What is missing before a request can be answered, and the command for each step.

One list serves `request open`, `request show`, the agenda and the refusal of an answer that is not ready; its first
step is the next command everywhere.  A step that `must` be done stops the answer; the others are the next thing to do,
or a person's choice.  `missing` is pure.

The facts of all open requests are read at once, at the cost of the open ones, however many are closed.  Whether there
is footage costs one query of the index a camera; only where none is stored, the footage status.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from cctv.cases.footage_status import request_footage
from cctv.cases.requests.needs import NextStepKind, Step, is_asked, lacking, permitting, scope_missing
from cctv.cases.requests.outcomes import erases
from cctv.cases.requests.queries import check_of, extension_from, select_requests
from cctv.cases.requests.questions import question_open
from cctv.core.i18n import N_, pgettext_lazy
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.queries import overlaps_span
from cctv.db.storage import Storage
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.compliance import ProcessingRole
from cctv.model.requests import Extension, IdentityCheck, InstructedAct, LetterKind

# What only a person can say for the letter.
_ANSWER_OPTIONS = {
    (RequestType.RESTRICTION, RequestState.OPEN): " --basis POINT",
    (RequestType.ERASURE, RequestState.OPEN): " --erasure-ground POINT",
    (RequestType.COMPLAINT, RequestState.OPEN): ' --reason "..." --measures "..."',
    (RequestType.OBJECTION, RequestState.REJECTED): ' --outcome refused --reason "..." --balance "..."',
}
_OPEN_REQUEST_IDS = select(schema.requests.c.id).where(schema.requests.c.closed_us.is_(None))


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the steps are made of: a request and what belongs to it, footage and people's acts alike.

    `letters` are the kinds that were made, `sent` those of them that were sent.  `parts` counts the parts of the
    redaction, 0 where the request asks another scope since; the counts after it are the parts that were decided, whose
    backdrops were signed off, that were reviewed in full, and that were approved.  `question` is when identity was
    asked for, while that is open.
    """

    request: AccessRequest
    checks: tuple[IdentityCheck, ...] = ()
    extension: Extension | None = None
    letters: frozenset[LetterKind] = frozenset()
    sent: frozenset[LetterKind] = frozenset()
    question: datetime | None = None
    statements: int = 0
    untold_yields: int = 0
    blocks: int = 0
    has_footage: bool = True
    parts: int = 0
    decided: int = 0
    signed_off: int = 0
    reviewed: int = 0
    approved: int = 0
    role: ProcessingRole = ProcessingRole.CONTROLLER  # of the site

    @property
    def waits_for_controller(self) -> bool:
        """Whether the site records for a customer who was not told of the request yet."""
        request = self.request
        known = request.instruction is not None or LetterKind.PASSED_ON in self.sent
        return self.role is ProcessingRole.PROCESSOR and request.closed is None and not known


def missing(facts: RequestFacts, now: datetime, outcome: CaseOutcome | None = None) -> tuple[Step, ...]:
    """The steps to the answer, the first to do first; empty for a closed request.

    `outcome` is how it is to be answered: an answer that erases nothing needs less.  None while that is open.
    """
    if facts.request.closed is not None:
        return ()
    if _instructed(facts, InstructedAct.LEAVE):
        line = N_("cctv request close {id} --outcome granted  (or as the controller answered it)", id=facts.request.id)
        return (Step(NextStepKind.CLOSE, line),)
    erasing = erases(facts.request, outcome or CaseOutcome.GRANTED) and facts.has_footage
    return (
        *_controller_steps(facts),
        *_identity_steps(facts, now, outcome, erasing=erasing),
        *_letter_steps(facts),
        *_answer_steps(facts),
    )


def next_line(facts: RequestFacts, now: datetime) -> str | None:
    """The next command for a request; None when nothing is left to do."""
    steps = missing(facts, now)
    return steps[0].line if steps else None


def copy_wanted(request: AccessRequest) -> bool:
    """Whether the answer comes with a copy: access, portability, and an objection that was upheld.

    The last is promised by docs/policies/002.txt.
    """
    if request.type is RequestType.OBJECTION:
        return request.state is RequestState.UPHELD
    return request.type in {RequestType.ACCESS, RequestType.PORTABILITY}


def open_facts(connection: Connection, site: Storage) -> list[RequestFacts]:
    """Every open request with what was done about it, the first due first."""
    open_requests = _facts(connection, site, select_requests(connection, closed_too=False), _OPEN_REQUEST_IDS)
    return [replace(facts, has_footage=_has_footage(connection, site, facts.request)) for facts in open_requests]


def facts_of(connection: Connection, site: Storage, request: AccessRequest) -> RequestFacts:
    """One request, and whether there is footage to answer with."""
    only = select(schema.requests.c.id).where(schema.requests.c.id == request.id)
    (facts,) = _facts(connection, site, [request], only)
    return replace(facts, has_footage=_has_footage(connection, site, request))


def _instructed(facts: RequestFacts, act: InstructedAct) -> bool:
    """Whether the controller for whom the site records wants this done with a request that nobody decided on yet."""
    given, undecided = facts.request.instruction, facts.request.state is RequestState.OPEN
    return facts.role is ProcessingRole.PROCESSOR and undecided and given is not None and given.act is act


def _controller_steps(facts: RequestFacts) -> Iterator[Step]:
    """To the controller without delay: it has to answer in time."""
    if not facts.waits_for_controller:
        return
    if LetterKind.PASSED_ON in facts.letters:
        line = f"cctv request sent {facts.request.id} --letter {LetterKind.PASSED_ON.value}"
        yield Step(NextStepKind.TELL_CONTROLLER, line)
    else:
        yield Step(NextStepKind.PASS_ON, f"cctv request pass-on {facts.request.id}")


def _identity_steps(
    facts: RequestFacts, now: datetime, outcome: CaseOutcome | None, *, erasing: bool
) -> Iterator[Step]:
    """Scope, its confirmation, mandates, identities and the controller's instruction: what may stop an answer."""
    request = facts.request
    if request.state in {RequestState.ANSWERED, RequestState.RESTRICTED}:
        return
    yield from scope_missing(request)
    if request.lapses is not None:
        about = pgettext_lazy("Role", "lapsed") if request.has_lapsed(now) else pgettext_lazy("Role", "provisional")
        yield Step(NextStepKind.CONFIRM, f'cctv request confirm {request.id} --reason "..."', must=True, about=about)
    yield from lacking(request, facts.checks, facts.question, role=facts.role, acts=permitting(outcome), erases=erasing)


def _letter_steps(facts: RequestFacts) -> Iterator[Step]:
    request, sent = facts.request, facts.sent
    if request.state is RequestState.OPEN and LetterKind.RECEIPT not in facts.letters:
        yield Step(NextStepKind.RECEIPT, f"cctv request receipt {request.id}")
    if facts.extension is not None and facts.extension.sent is None:
        yield Step(NextStepKind.TELL_EXTENSION, f"cctv request sent {request.id} --letter extension")
    if facts.untold_yields:
        yield Step(NextStepKind.TELL_YIELD, f"cctv request sent {request.id} --letter yield")
    if request.state is RequestState.ANSWERED and LetterKind.ANSWER not in sent:
        yield Step(NextStepKind.SEND, f"cctv request sent {request.id} --letter answer")


def _answer_steps(facts: RequestFacts) -> Iterator[Step]:
    request = facts.request
    if facts.blocks and request.type not in {RequestType.RESTRICTION, RequestType.OBJECTION}:
        yield Step(NextStepKind.UNBLOCK, f'cctv request lift {request.id} --reason "..."', must=True)
    if request.state is RequestState.RESTRICTED:
        yield Step(NextStepKind.LIFT, f'cctv request lift {request.id} --reason "..."')
    if request.state in {RequestState.RESTRICTED, RequestState.ANSWERED}:
        return
    if not request.has_scope and request.type is not RequestType.COMPLAINT and request.state is RequestState.OPEN:
        return
    if (
        not facts.has_footage
        and request.type is not RequestType.COMPLAINT
        and request.state is not RequestState.REJECTED
    ):
        if request.type is RequestType.OBJECTION and request.state is RequestState.OPEN:
            yield Step(NextStepKind.DECISION, f'cctv request uphold {request.id} --reason "..."', must=True)
        yield Step(NextStepKind.ANSWER, f"cctv request answer {request.id} --outcome no-footage")
        return
    if _instructed(facts, InstructedAct.REFUSE):
        if request.type is RequestType.OBJECTION:
            yield Step(NextStepKind.DECISION, f'cctv request reject {request.id} --reason "..."', must=True)
        else:
            line = f"cctv request answer {request.id} --outcome refused --ground KIND --reason WHY"
            yield Step(NextStepKind.ANSWER, line)
        return
    if request.type is RequestType.RECTIFICATION and not facts.statements:
        yield Step(NextStepKind.STATEMENT, f'cctv request statement {request.id} --text "..."', must=True)
    if request.type is RequestType.OBJECTION and request.state is RequestState.OPEN:
        yield Step(
            NextStepKind.DECISION, N_('cctv request uphold {id} --reason "..."  (or reject)', id=request.id), must=True
        )
        return
    if copy_wanted(request):
        steps = tuple(_copy_steps(facts))
        if steps:
            yield from steps
            return
    typed = (
        " --outcome viewing"
        if LetterKind.INVITATION in facts.letters
        else _ANSWER_OPTIONS.get((request.type, request.state), "")
    )
    typed += " --outcome partly --ground KIND" if _instructed(facts, InstructedAct.PARTLY) else ""
    yield Step(NextStepKind.ANSWER, f"cctv request answer {request.id}{typed}")


def _copy_steps(facts: RequestFacts) -> Iterator[Step]:
    """From the footage to an approval, in the order of the work: sheet, decisions, review."""
    request, parts = facts.request, facts.parts
    if not parts:
        yield Step(NextStepKind.PREPARE, f"cctv redaction prepare {request.id}")
        return
    if facts.approved == parts:
        return
    looked = min(facts.signed_off, facts.reviewed) == parts
    if facts.decided < parts and not looked:  # a full review without decisions: no one stays visible
        line = N_(
            'cctv redaction keep {id} --person N --reason "..."  (its sheet: cctv redaction show {id})', id=request.id
        )
        yield Step(NextStepKind.DECIDE, line)
    if facts.signed_off < parts:
        yield Step(NextStepKind.BACKDROP, f'cctv redaction backdrop {request.id} --approve --reason "..."')
    if facts.reviewed < parts:
        yield Step(NextStepKind.REVIEW, f'cctv redaction review {request.id} --all --reason "..."')
    yield Step(NextStepKind.APPROVE, f'cctv redaction approve {request.id} --reason "..."')


def _has_footage(connection: Connection, site: Storage, request: AccessRequest) -> bool:
    """Whether there is footage to answer with, or still to come."""
    if request.span is None:
        return False
    segment = schema.segments.c
    for camera in request.cameras:
        stored = select(segment.id).where(overlaps_span(segment, camera, request.span)).limit(1)
        if connection.execute(stored).first() is not None:
            return True
    return not all(status.is_empty for status in request_footage(connection, site, request))


def _facts(
    connection: Connection, site: Storage, requests: Sequence[AccessRequest], which: Select[Any]
) -> list[RequestFacts]:
    checks = _grouped(connection, select(schema.identity_checks), schema.identity_checks.c.request_id, which)
    extensions = _grouped(connection, select(schema.extensions), schema.extensions.c.request_id, which)
    letters = _grouped(connection, select(schema.letters), schema.letters.c.request_id, which)
    statements = _counted(connection, schema.statements.c.request_id, which)
    part = schema.redactions.c
    plans = select(  # not the plans themselves: they are large
        part.request_id, part.digest, part.approved_digest, part.decided, part.signed_off, part.reviewed, part.camera,
        func.json_extract(part.plan, "$.requested.start").label("start"),
        func.json_extract(part.plan, "$.requested.end").label("end"),
    )  # fmt: skip
    parts = _grouped(connection, plans, part.request_id, which)
    for request in requests:
        if not all(_is_asked(request, row) for row in parts[request.id]):
            parts[request.id] = []
    untold = _untold(connection, which)
    blocks = _counted(connection, schema.blocks.c.request_id, which, schema.blocks.c.lifted_us.is_(None))
    checked = {request.id: tuple(check_of(row) for row in checks[request.id]) for request in requests}
    asked = {
        request.id: max((row.made_us for row in letters[request.id] if row.kind is LetterKind.IDENTITY), default=None)
        for request in requests
    }
    return [
        RequestFacts(
            request=request,
            checks=checked[request.id],
            question=question_open(connection, request.id, asked[request.id], checked[request.id]),
            extension=next((extension_from(row) for row in extensions[request.id]), None),
            letters=frozenset(row.kind for row in letters[request.id]),
            sent=frozenset(row.kind for row in letters[request.id] if row.sent_us is not None),
            statements=statements.get(request.id, 0),
            untold_yields=untold.get(request.id, 0),
            blocks=blocks.get(request.id, 0),
            parts=len(parts[request.id]),
            decided=sum(row.decided for row in parts[request.id]),
            signed_off=sum(row.signed_off for row in parts[request.id]),
            reviewed=sum(row.reviewed for row in parts[request.id]),
            approved=sum(row.approved_digest == row.digest for row in parts[request.id]),
            role=site.settings.site.role,
        )
        for request in requests
    ]


def _is_asked(request: AccessRequest, part: Row[Any]) -> bool:
    requested = Span(datetime.fromisoformat(part.start), datetime.fromisoformat(part.end)) if part.start else None
    return requested is not None and is_asked(request, part.camera, requested)


def _grouped(
    connection: Connection, query: Select[Any], request_id: ColumnElement[str], which: Select[Any]
) -> defaultdict[str, list[Row[Any]]]:
    groups: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query.where(request_id.in_(which))):
        groups[row.request_id].append(row)
    return groups


def _counted(
    connection: Connection, request_id: ColumnElement[str], which: Select[Any], *where: ColumnElement[bool]
) -> dict[str, int]:
    query = select(request_id, func.count()).where(request_id.in_(which), *where).group_by(request_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _untold(connection: Connection, which: Select[Any]) -> dict[str, int]:
    block, block_yield = schema.blocks.c, schema.yields.c
    query = (
        select(block.request_id, func.count())
        .join(schema.yields, block_yield.block_id == block.id)
        .where(block_yield.told_us.is_(None), block.request_id.in_(which))
        .group_by(block.request_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
