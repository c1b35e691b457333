"""Closes requests, and erases footage by order of a request.

Closing records the outcome, releases the request's own holds and lifts its blocks in one transaction; an erasure is
anonymised at once.  Closing deletes no footage: the sweep does, and it checks holds again.

Erasure: what no hold of another case covers is deleted, the rest waits for its holds.

1. `order_erasure` enters the order and its audit entry, in the transaction that releases the request's own hold
2. `erase_ordered` deletes through `retention.removal` only, in a deletion session, never past a hold
3. the order is marked done when no segment of it is left; until then every sweep repeats step 2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.disclosures.disclosures import viewing_entered
from cctv.cases.footage_status import ReleaseEffect, release_effects
from cctv.cases.requests.anonymise import forget, forget_files
from cctv.cases.requests.block_queries import insert_erasure, mark_erased, open_erasures
from cctv.cases.requests.blocks import lift_blocks
from cctv.cases.requests.lifecycle import Transition, apply_transition, find_request, load_for_transition
from cctv.cases.requests.needs import scope_of
from cctv.cases.requests.outcomes import RequestOutcome, check_ending
from cctv.cases.requests.queries import mark_answered, mark_closed, select_request
from cctv.cases.requests.questions import require_answered
from cctv.cases.two_person import sign_refusal, sign_release
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.segments import segments_of
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, release
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.footage import Reason
from cctv.model.holds import Hold
from cctv.model.ids import RequestId
from cctv.model.requests import ErasureOrder
from cctv.retention.removal import RemovalPlan, plan_removal, remove_ordered

_OPEN_SEGMENTS = 3  # those that the recorder may still bring after a span has passed, as in `footage_status`


@dataclass(frozen=True, slots=True)
class Closure:
    """What closing releases, and what becomes of the footage."""

    request: AccessRequest
    releases: tuple[Hold, ...]
    departures: tuple[ReleaseEffect, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """How many segments of an order were deleted now, and how many wait for holds."""

    request: RequestId
    gone: int
    waiting: int
    done: bool


def plan_closure(site: Storage, request_id: str, requested: RequestOutcome) -> Closure:
    """What closing would release; raises what `close_request` raises."""
    with read_transaction(site.engine) as connection:
        request, _ = _load_for_closing(connection, site, request_id, requested)
        own = tuple(holds_of(connection, request.id))
        return Closure(request, own, release_effects(connection, own, site.clock.now()))


def close_request(site: Storage, request_id: str, requested: RequestOutcome) -> Closure:
    """Close a request that was answered elsewhere, and release its own holds.

    Raises RequestUnknown, RequestClosed, MoveRefused, QuestionOpen, FirstSigned, ReleaseAsked,
    RefusalUnsigned, and what `check_ending` raises.
    """
    with write_transaction(site.engine) as connection:
        request, ending = _load_for_closing(connection, site, request_id, requested)
        line = _typed_again(request, ending)
        unsigned = sign_refusal(connection, site, request.id, ending, "close")
        kept = sign_release(connection, site, holds_of(connection, request.id), reason=ending.reason, line=line)
        refusal = unsigned or kept
        own = () if refusal else end(connection, site, request, ending, Transition.CLOSE)
        closed = find_request(connection, request.id)
    if refusal is not None:
        raise refusal
    finish(site, closed, own)
    with read_transaction(site.engine) as connection:
        return Closure(closed, own, release_effects(connection, own, site.clock.now()))


def end(
    connection: Connection, site: Storage, request: AccessRequest, ending: RequestOutcome, move: Transition
) -> tuple[Hold, ...]:
    """End a request by a move that closes it, in the caller's transaction; returns the holds that were released.

    The caller hands them to `finish` after the commit.  Footage that an upheld objection still wants erased stays
    blocked until it is deleted.
    """
    now, own = site.clock.now(), tuple(holds_of(connection, request.id))
    if request.answered is None:
        mark_answered(connection, request.id, ending.outcome, ending.ground, now)
    request = apply_transition(connection, request, move)
    assert request.state in {RequestState.CLOSED, RequestState.WITHDRAWN}
    mark_closed(connection, request.id, now, site.actor.account, request.state)
    facts: AuditFacts = {
        "outcome": ending.outcome.value,
        "ground": ending.ground.value if ending.ground else "none",
        "released": [hold.id for hold in own],
    }
    append_entry(
        connection, site, Act.REQUEST_CLOSED, request.id, case_id=request.id, facts=facts, reason=ending.reason
    )
    if ending.outcome is CaseOutcome.VIEWING:
        viewing_entered(connection, site, request)
    release_own(connection, site, own, f"{request.id} closed: {ending.outcome.value}")
    if not open_erasures(connection, request.id):
        lift_blocks(connection, site, request, reason=None)
    if request.type is RequestType.ERASURE and request.state is RequestState.CLOSED:
        forget(connection, site, replace(request, closed=now))
    return own


def release_own(connection: Connection, site: Storage, own: Sequence[Hold], reason: str) -> None:
    """Release a request's own holds in the caller's transaction."""
    for hold in own:
        release(connection, site, hold.id, reason=reason)


def finish(site: Storage, request: AccessRequest, released: Sequence[Hold]) -> None:
    """After the commit: delete the files of released holds, and what an anonymised request left."""
    for hold in released:
        remove_hold_file(site, hold.id)
    if request.forgotten is not None:
        forget_files(site, request.id)


def ending_of(request: AccessRequest, otherwise: CaseOutcome) -> RequestOutcome:
    """How an answered request ended; `otherwise` where it was not answered yet."""
    return RequestOutcome(request.outcome or otherwise, request.ground)


def plan_erasure(connection: Connection, request: AccessRequest) -> RemovalPlan:
    """What erasing a request's footage would delete, and what the holds of other cases keep."""
    own = frozenset(hold.id for hold in holds_of(connection, request.id))
    return plan_removal(connection, request.cameras, scope_of(request), why=Reason.ERASED, without=own)


def order_erasure(connection: Connection, site: Storage, request: AccessRequest) -> None:
    """Order it in the caller's transaction, in which the request's own holds are released too."""
    order = ErasureOrder(0, request.id, request.cameras, scope_of(request), site.clock.now(), site.actor.account)
    insert_erasure(connection, order)
    facts: AuditFacts = {"cameras": list(order.cameras), "span": str(order.span)}
    append_entry(connection, site, Act.ERASURE_ORDERED, request.id, case_id=request.id, facts=facts)


def erase_ordered(site: Storage, request_id: str | None = None) -> tuple[Erased, ...]:
    """Delete what may be deleted of every open order, or of one request's; the sweep calls it.

    Raises LockHeld while a sweep is under way, or the guard that stops deletion: the order remains, and the next sweep
    carries it out.
    """
    with read_transaction(site.engine) as connection:
        orders = open_erasures(connection, request_id)
    return tuple(_erase(site, order) for order in orders)


def _typed_again(request: AccessRequest, ending: RequestOutcome) -> str:
    line = f"cctv request close {request.id} --outcome {ending.outcome.value}"
    line += f" --ground {ending.ground.value} --reason WHY" if ending.ground else ""
    return line + (" --evidence WHAT" if ending.evidence else "")


def _load_for_closing(
    connection: Connection, site: Storage, request_id: str, requested: RequestOutcome
) -> tuple[AccessRequest, RequestOutcome]:
    request = load_for_transition(connection, site, request_id, Transition.CLOSE)
    if request.outcome is not None:  # an erasure that was answered: how it ended is decided
        return request, RequestOutcome(request.outcome, request.ground)
    ending = check_ending(request.type, request.state, requested)
    if ending.outcome in {CaseOutcome.GRANTED, CaseOutcome.PARTLY, CaseOutcome.VIEWING}:
        require_answered(connection, site, request)
    return request, ending


def _erase(site: Storage, order: ErasureOrder) -> Erased:
    removed = remove_ordered(site, order.cameras, order.span)
    with write_transaction(site.engine) as connection:
        waiting = len(_segments_left(connection, order))
        over = site.clock.now() >= order.span.end + _OPEN_SEGMENTS * site.settings.recording.segment
        done = over and not waiting
        if done:
            mark_erased(connection, order, site.clock.now())
            facts: AuditFacts = {"order": order.id}
            append_entry(connection, site, Act.ERASURE_DONE, order.request, case_id=order.request, facts=facts)
            _unblock(connection, site, order)
    return Erased(order.request, len(removed.gone), waiting, done)


def _segments_left(connection: Connection, order: ErasureOrder) -> Sequence[object]:
    return [segment for camera in order.cameras for segment in segments_of(connection, camera, order.span)]


def _unblock(connection: Connection, site: Storage, order: ErasureOrder) -> None:
    """Lift the blocks of a closed request: an upheld objection blocks its footage until that is deleted."""
    request = select_request(connection, order.request)
    if request is not None and request.closed is not None:
        lift_blocks(connection, site, request, reason=None)
