"""Decisions on a right: an objection is upheld or rejected, a block yields or is lifted, a statement is added.

And a request that the person takes back, and what the controller of a customer's footage wants done with one.

A block yields to a named legal claim or authority, for one case, by decision of a named person; the protected person is
informed.  Recording continues whatever is decided: an objection is about existing footage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv.access.errors import CodeMissing
from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import (
    DeciderMissing,
    FirstSigned,
    InstructedLater,
    NothingBlocked,
    ReleaseAsked,
    YieldsAlready,
)
from cctv.cases.footage_status import ReleaseEffect, release_effects
from cctv.cases.holds import find_ground
from cctv.cases.letters.request_letters import Draft, asked_of, draft, enter, local_day, what_becomes
from cctv.cases.requests.block_queries import blocks_of, insert_yield
from cctv.cases.requests.blocks import lift_blocks
from cctv.cases.requests.close import end, ending_of, finish
from cctv.cases.requests.lifecycle import Transition, apply_transition, find_request, load_for_transition, next_state
from cctv.cases.requests.needs import GRANTING, REFUSING, scope_of
from cctv.cases.requests.queries import insert_statement, set_instruction
from cctv.cases.requests.questions import require_instructed
from cctv.cases.text_input import checked_text
from cctv.cases.two_person import sign_release
from cctv.config.schema import SecondFactorUse
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import holds_of
from cctv.letters.answers import BlockYielded, LiftReason, ObjectionWithdrawn, RequestWithdrawn, RestrictionLifted
from cctv.letters.facts import Footage
from cctv.letters.letter import LetterFacts
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, RequestType
from cctv.model.holds import Hold
from cctv.model.requests import Block, Instruction, LetterKind, Statement, Yield, YieldGround

_WHY = N_('say why: --reason "WHY".')


@dataclass(frozen=True, slots=True)
class Yielded:
    """A request, its blocks, and the case that they yield to."""

    request: AccessRequest
    blocks: tuple[Block, ...]
    case_id: str
    ground: YieldGround


@dataclass(frozen=True, slots=True)
class Lifted:
    """A request whose block was lifted, and the holds that were released with it."""

    request: AccessRequest
    released: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class YieldTo:
    """What a block yields to: the case, the ground, the recipient of the footage, and their reference."""

    case_id: str
    ground: YieldGround
    recipient: str
    reference: str
    reason: str


def decide_objection(
    site: Storage, request_id: str, move: Transition, *, reason: str, dry_run: bool = False
) -> AccessRequest:
    """Uphold or reject an objection; a rejection's reason are the compelling grounds of Article 21(1), for the letter.

    Raises RequestUnknown, RequestClosed, MoveRefused, NotInstructed; ScopeUnknown for one that is upheld while it is
    not known which footage is copied and erased then.
    """
    reason = checked_text(N_("reason"), reason, _WHY)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = load_for_transition(connection, site, request_id, move)
        require_instructed(site.settings, request, GRANTING if move is Transition.UPHOLD else REFUSING)
        if move is Transition.UPHOLD:
            scope_of(request)
        facts: AuditFacts = {"decision": move.value}
        append_entry(connection, site, Act.REQUEST_DECIDED, request.id, case_id=request.id, facts=facts, reason=reason)
        decided = apply_transition(connection, request, move)
        return request if dry_run else decided


def instruct(site: Storage, request_id: str, instruction: Instruction, *, dry_run: bool = False) -> AccessRequest:
    """Record what the controller wants done with a request, in place of an earlier instruction; the log has them all.

    Raises RequestUnknown, RequestClosed, MoveRefused, NoOtherController, TextUnusable, InstructedLater.
    """
    by = checked_text(N_("name"), instruction.by, N_("name who instructed you: --by NAME."))
    where = checked_text(N_("reference"), instruction.reference, N_("say where it can be read: --reference REFERENCE."))
    given = replace(instruction, by=by, reference=where)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = load_for_transition(connection, site, request_id, Transition.INSTRUCT)
        if not local_day(site, request.received) <= given.on <= local_day(site, site.clock.now()):
            raise InstructedLater(id=request.id, when=given.on)
        set_instruction(connection, request.id, given)
        facts: AuditFacts = {"do": given.act.value, "on": given.on.isoformat()}
        case = request.id
        append_entry(connection, site, Act.REQUEST_INSTRUCTED, case, case_id=case, facts=facts, reason=f"{by}, {where}")
        return request if dry_run else replace(request, instruction=given)


def plan_yield(site: Storage, request_id: str, target: YieldTo) -> Yielded:
    """What `yield_block` would do; raises what that raises, but for the letter."""
    _checked(site, target)
    with read_transaction(site.engine) as connection:
        return _yielding(connection, site, request_id, target)


def yield_block(site: Storage, request_id: str, target: YieldTo, *, with_letter: bool = True) -> Yielded:
    """Let one open case use blocked footage, and make the letter that informs the protected person.

    The footage stays blocked for every other case.  Raises DeciderMissing without a named person, NothingBlocked,
    YieldsAlready, what finding the case raises; SenderUnknown for the letter.
    """
    target = _checked(site, target)
    planned = plan_yield(site, request_id, target)
    letter = _yield_letter(site, planned, target) if with_letter else None
    with write_transaction(site.engine) as connection:
        yielded = _yielding(connection, site, request_id, target)
        for block in yielded.blocks:
            if not block.yields_to(yielded.case_id):
                entered = Yield(0, yielded.case_id, target.ground, site.clock.now(), site.actor.account)
                insert_yield(connection, block, entered)
        facts: AuditFacts = {"to": yielded.case_id, "ground": target.ground.value}
        reason = f"{target.recipient}, {target.reference}: {target.reason}"
        case = yielded.request.id
        append_entry(connection, site, Act.BLOCK_YIELDED, case, case_id=case, facts=facts, reason=reason)
        if letter is not None:
            enter(connection, site, yielded.request, letter)
        return replace(yielded, blocks=tuple(blocks_of(connection, yielded.request.id)))


def lift(site: Storage, request_id: str, *, reason: str, with_letter: bool = True, dry_run: bool = False) -> Lifted:
    """The person lifts the restriction, or withdraws the objection: block and hold end, and the request with them.

    A letter confirms it.  A block that is left since the type of a request was corrected is lifted alone: the request
    goes on, and no letter is written.  Raises NothingBlocked, RequestUnknown, RequestClosed, MoveRefused;
    SenderUnknown; FirstSigned or ReleaseAsked, and lifts nothing, while the policy requires a second person.
    """
    reason = checked_text(N_("reason"), reason, N_('say who asked for it: --reason "WHY".'))
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, Transition.LIFT)
    if next_state(request.type, request.state, Transition.LIFT) is request.state:
        return _lift_left(site, request_id, reason, dry_run=dry_run)
    return _end_by_wish(site, request_id, Transition.LIFT, reason, with_letter=with_letter, dry_run=dry_run)


def withdraw(site: Storage, request_id: str, *, reason: str, with_letter: bool = True, dry_run: bool = False) -> Lifted:
    """The person takes the request back: it ends as withdrawn, with nothing decided; its holds and blocks end.

    A letter confirms it.  Raises RequestUnknown, RequestClosed, MoveRefused; SenderUnknown; FirstSigned or
    ReleaseAsked, and ends nothing, while the policy requires a second person.
    """
    reason = checked_text(N_("reason"), reason, N_('say when and how they took it back: --reason "HOW".'))
    return _end_by_wish(site, request_id, Transition.WITHDRAW, reason, with_letter=with_letter, dry_run=dry_run)


def add_statement(site: Storage, request_id: str, text: str, *, dry_run: bool = False) -> AccessRequest:
    """Put the person's supplementary statement beside the footage; pixels never change (Article 16 GDPR)."""
    text = checked_text(N_("statement"), text, N_("give the person's own words: --text TEXT."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = load_for_transition(connection, site, request_id, Transition.STATEMENT)
        statement = Statement(text, site.clock.now(), site.actor.account)
        insert_statement(connection, request.id, statement)
        append_entry(connection, site, Act.REQUEST_STATED, request.id, case_id=request.id, reason=text)
    return request


def _checked(site: Storage, target: YieldTo) -> YieldTo:
    if site.actor.on_behalf_of is None:
        raise DeciderMissing
    return replace(
        target,
        recipient=checked_text(
            N_("recipient"), target.recipient, N_("name who gets to see the footage: --recipient NAME.")
        ),
        reference=checked_text(N_("reference"), target.reference, N_("give the file or order: --reference REFERENCE.")),
        reason=checked_text(N_("reason"), target.reason, N_("say what it is needed for: --reason WHY.")),
    )


def _yielding(connection: Connection, site: Storage, request_id: str, target: YieldTo) -> Yielded:
    request = load_for_transition(connection, site, request_id, Transition.YIELD)
    case = find_ground(connection, site, target.case_id).case_id
    blocks = blocks_of(connection, request.id)
    if not blocks or case == request.id:
        raise NothingBlocked(id=request.id, case=case)
    if all(block.yields_to(case) for block in blocks):
        raise YieldsAlready(id=request.id, case=case)
    return Yielded(request, tuple(blocks), case, target.ground)


def _end_by_wish(
    site: Storage, request_id: str, move: Transition, reason: str, *, with_letter: bool, dry_run: bool
) -> Lifted:
    with read_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, move)
        own = tuple(holds_of(connection, request.id))
        leaving = release_effects(connection, own, site.clock.now())
    if dry_run:
        return Lifted(request, own)
    require_code(site, SecondFactorUse.RELEASE)
    with write_transaction(site.engine) as connection:
        refusal = _unsigned(connection, site, request.id, move, reason)
    if refusal is not None:  # before the letter: its file is not written for a first signature
        raise refusal
    letter = _letter_of(site, request, move, leaving) if with_letter else None
    with write_transaction(site.engine) as connection:
        request = load_for_transition(connection, site, request_id, move)
        if (refusal := _unsigned(connection, site, request.id, move, reason)) is not None:  # a hold placed since
            raise refusal
        if letter is not None:
            enter(connection, site, request, letter)
        ending = ending_of(request, CaseOutcome.WITHDRAWN if move is Transition.WITHDRAW else CaseOutcome.GRANTED)
        own = end(connection, site, request, replace(ending, reason=reason), move)
        ended = find_request(connection, request.id)
    finish(site, ended, own)
    return Lifted(ended, own)


def _lift_left(site: Storage, request_id: str, reason: str, *, dry_run: bool) -> Lifted:
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        request = load_for_transition(connection, site, request_id, Transition.LIFT)
        if not lift_blocks(connection, site, request, reason=reason):
            raise NothingBlocked(id=request.id, case=request.id)
    return Lifted(request, ())


def _unsigned(
    connection: Connection, site: Storage, request_id: str, move: Transition, reason: str
) -> FirstSigned | ReleaseAsked | CodeMissing | None:
    line = f"cctv request {move.value} {request_id} --reason WHY"
    return sign_release(connection, site, holds_of(connection, request_id), reason=reason, line=line)


def _yield_letter(site: Storage, planned: Yielded, target: YieldTo) -> Draft:
    footage = tuple(Footage(camera, block.span) for block in planned.blocks for camera in sorted(block.cameras))
    facts = BlockYielded(
        asked=asked_of(site, planned.request),
        on=local_day(site, site.clock.now()),
        ground=target.ground,
        recipient=target.recipient,
        recipient_reference=target.reference,
        footage=footage,
        explanation=target.reason,
    )
    return draft(site, planned.request, LetterKind.YIELD, [facts])


def _letter_of(site: Storage, request: AccessRequest, move: Transition, leaving: Sequence[ReleaseEffect]) -> Draft:
    """The reason for it is in the log only: the person knows what they wrote, and when."""
    gone_by, kept_for = what_becomes(site, leaving)
    request_facts, today = asked_of(site, request), local_day(site, site.clock.now())
    facts: LetterFacts = RequestWithdrawn(request_facts, today, gone_by, kept_for)
    if request.type is RequestType.OBJECTION:
        facts = ObjectionWithdrawn(request_facts, today, gone_by, kept_for)
    elif move is Transition.LIFT:
        facts = RestrictionLifted(request_facts, today, LiftReason.YOUR_WISH, None, gone_by, kept_for)
    return draft(site, request, LetterKind.WITHDRAWN if move is Transition.WITHDRAW else LetterKind.LIFTED, [facts])
