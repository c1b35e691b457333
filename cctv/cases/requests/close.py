"""Closes requests, and erases footage by order of a request.

Closing records the outcome, releases the request's own holds and lifts its blocks in one transaction; an erasure is
anonymised at once.  Closing deletes no footage: the sweep does, and it checks holds again.

Erasure: what no hold of another case covers is deleted, the rest waits for its holds.  Whole segments go, so a plan
says what lies outside of the requested span and who else is likely in it, and nothing is ordered beyond the plan that a
person agreed to.

1. `order_erasure` enters the order and its audit entry, in the transaction that releases the request's own hold
2. `erase_ordered` deletes through `retention.removal` only, in a deletion session, never past a hold
3. the order is marked done when no segment of it is left; until then every sweep repeats step 2
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from cctv.access.proposals import not_yet, require_two
from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.disclosures.disclosures import viewing_entered
from cctv.cases.disclosures.queries import select_disclosures
from cctv.cases.errors.requests import ErasureChanged, ErasureUndecided, NotErased
from cctv.cases.footage_status import ReleaseEffect, release_effects
from cctv.cases.incident_queries import select_incidents
from cctv.cases.requests.anonymise import forget, forget_files
from cctv.cases.requests.block_queries import insert_erasure, mark_erased, open_erasures
from cctv.cases.requests.blocks import lift_blocks
from cctv.cases.requests.lifecycle import Transition, apply_transition, find_request, load_for_transition
from cctv.cases.requests.needs import permitting, scope_of
from cctv.cases.requests.outcomes import RequestOutcome, check_ending, erases
from cctv.cases.requests.queries import mark_answered, mark_closed, select_request, select_requests
from cctv.cases.requests.questions import require_answered, require_instructed
from cctv.cases.two_person import first_of, sign_refusal, sign_release
from cctv.config.schema import SecondFactorUse, TwoPersonAct
from cctv.core.errors import CctvError
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.segments import segments_of
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, release
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, Incident, RequestState, RequestType
from cctv.model.disclosures import Disclosure
from cctv.model.footage import Reason, Segment
from cctv.model.holds import GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, RequestId
from cctv.model.requests import ErasureGround, ErasureOrder, InstructedAct
from cctv.retention.removal import RemovalPlan, plan_removal, remove_ordered

_OPEN_SEGMENTS = 3  # those that the recorder may still bring after a span has passed, as in `footage_status`
NEARBY = timedelta(days=30)  # an incident is often noticed, or its footage asked for, weeks after it


@dataclass(frozen=True, slots=True)
class Closure:
    """What closing releases, and what becomes of the footage."""

    request: AccessRequest
    releases: tuple[Hold, ...]
    departures: tuple[ReleaseEffect, ...]


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Another case whose people are likely in footage that is to be erased.

    `touched` says that it is about some of that footage; else it is an incident on the camera, shortly before or after.
    """

    id: str
    kind: GroundKind
    cameras: tuple[CameraId, ...]
    span: Span
    is_open: bool
    touched: bool


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What an erasure deletes, on which ground, and who else may be in it: what a person sees and agrees to.

    `to_come`: some of it is still to be recorded or indexed, and is deleted too when it is there.
    """

    ground: ErasureGround
    removal: RemovalPlan
    others: tuple[OtherCase, ...]
    to_come: bool

    @property
    def going(self) -> tuple[Segment, ...]:
        """The segments to delete."""
        return self.removal.going

    @property
    def waiting(self) -> tuple[HoldId, ...]:
        """The holds that keep what should be erased."""
        return tuple(dict.fromkeys(hold for decision in self.removal.held for hold in decision.holds))

    def allows(self, other: ErasurePlan) -> bool:
        """Whether whoever agreed to this plan agreed to the other one: no more segments, no other cases."""
        going, cases = {segment.id for segment in self.going}, {case.id for case in self.others}
        return {segment.id for segment in other.going} <= going and {case.id for case in other.others} <= cases


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

    Raises RequestUnknown, RequestClosed, MoveRefused, QuestionOpen, NotInstructed, FirstSigned, RefusalSigned,
    ReleaseAsked, RefusalUnsigned, what `check_ending` raises; NotErased for an erasure that is granted while its
    footage is there.
    """
    require_code(site, SecondFactorUse.RELEASE)
    with write_transaction(site.engine) as connection:
        request, ending = _load_for_closing(connection, site, request_id, requested)
        line = _typed_again(request, ending)
        decided = request.outcome is not None  # by the answer, which two persons signed where it states an abuse
        unsigned = None if decided else sign_refusal(connection, site, request.id, ending, "close")
        kept = sign_release(connection, site, holds_of(connection, request.id), reason=ending.reason, line=line)
        refusal = first_of(unsigned, kept)
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


def plan_erasure(connection: Connection, site: Storage, request: AccessRequest, ground: ErasureGround) -> ErasurePlan:
    """What erasing a request's footage would delete, what the holds of other cases keep, and who else is in it."""
    own = frozenset(hold.id for hold in holds_of(connection, request.id))
    span = scope_of(request)
    removal = plan_removal(connection, request.cameras, span, why=Reason.ERASED, without=own)
    others = other_cases(
        request.cameras,
        span,
        [decision.segment for decision in removal.decisions],
        incidents=select_incidents(connection, settled_too=True),
        requests=[other for other in select_requests(connection, closed_too=False) if other.id != request.id],
        disclosures=[other for other in select_disclosures(connection, closed_too=False)
                     if other.case_id != request.id],
    )  # fmt: skip
    return ErasurePlan(ground, removal, others, to_come=not _is_complete(site, span))


def other_cases(
    cameras: Sequence[CameraId],
    span: Span,
    segments: Sequence[Segment],
    *,
    incidents: Iterable[Incident],
    requests: Iterable[AccessRequest],
    disclosures: Iterable[Disclosure],
) -> tuple[OtherCase, ...]:
    """Whose footage an erasure of cameras over a span touches, whole segments included; and incidents near it.

    Of requests and disclosures the caller gives those that are open; of incidents all, since one that was settled last
    week may still be claimed on.
    """

    def touched(others: Sequence[CameraId], other: Span) -> bool:
        return (bool(set(others) & set(cameras)) and other.overlaps(span)) or any(
            segment.camera in others and other.overlaps(segment.span) for segment in segments
        )

    def found() -> Iterator[OtherCase]:
        near = Span(span.start - NEARBY, span.end + NEARBY)
        for incident in incidents:
            is_touched = touched(incident.cameras, incident.span)
            if is_touched or (set(incident.cameras) & set(cameras) and incident.span.overlaps(near)):
                yield OtherCase(
                    incident.id, GroundKind.INCIDENT, incident.cameras, incident.span, incident.is_open, is_touched
                )
        for request in requests:
            if request.span is not None and touched(request.cameras, request.span):
                yield OtherCase(request.id, GroundKind.REQUEST, request.cameras, request.span, True, True)
        for disclosure in disclosures:
            if touched(disclosure.cameras, disclosure.span):
                yield OtherCase(disclosure.id, GroundKind.DISCLOSURE, disclosure.cameras, disclosure.span, True, True)

    return tuple(sorted(found(), key=lambda case: (not case.touched, case.span.start, case.id)))


def require_agreed(request_id: RequestId, plan: ErasurePlan, agreed: ErasurePlan | None) -> None:
    """Raises ErasureUndecided unless a person agreed to a plan, ErasureChanged where that was less than this one."""
    if agreed is None:
        raise ErasureUndecided(id=request_id, segments=len(plan.going))
    if not agreed.allows(plan):
        raise ErasureChanged(id=request_id)


def sign_erasure(
    connection: Connection, site: Storage, request: AccessRequest, plan: ErasurePlan, *, reason: str | None, line: str
) -> CctvError | None:
    """What to raise where the policy asks two persons for what destroys footage; None when it may be ordered.

    They agree to the same ground, footage and cases that it touches.
    """
    facts: AuditFacts = {
        "ground": plan.ground.value,
        "cameras": list(request.cameras),
        "span": str(scope_of(request)),
        "others": [case.id for case in plan.others],
    }
    first = require_two(
        connection, site, TwoPersonAct.FOOTAGE_DESTROY, request.id, facts=facts, reason=reason, line=line,
        case_id=request.id, repeatable=True,
    )  # fmt: skip
    return not_yet(site, first, N_("the erasure of {id}", id=request.id), line)


def order_erasure(connection: Connection, site: Storage, request: AccessRequest, plan: ErasurePlan) -> None:
    """Order it in the caller's transaction, in which the request's own holds are released too."""
    now, account = site.clock.now(), site.actor.account
    order = ErasureOrder(0, request.id, plan.ground, request.cameras, scope_of(request), now, account)
    insert_erasure(connection, order)
    facts: AuditFacts = {
        "ground": plan.ground.value,
        "cameras": list(order.cameras),
        "span": str(order.span),
        "segments": len(plan.going),
        "outside_seconds": int(plan.removal.outside.total_seconds()),
        "others": [case.id for case in plan.others],
    }
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
    require_instructed(site.settings, request, permitting(ending.outcome) | {InstructedAct.LEAVE})
    if ending.outcome in {CaseOutcome.GRANTED, CaseOutcome.PARTLY, CaseOutcome.VIEWING}:
        require_answered(connection, site, request)
    if erases(request, ending.outcome) and plan_removal(connection, request.cameras, scope_of(request)).decisions:
        raise NotErased(id=request.id, outcome=ending.outcome.value)
    return request, ending


def _erase(site: Storage, order: ErasureOrder) -> Erased:
    removed = remove_ordered(site, order.cameras, order.span)
    with write_transaction(site.engine) as connection:
        waiting = len(_segments_left(connection, order))
        done = _is_complete(site, order.span) and not waiting
        if done:
            mark_erased(connection, order, site.clock.now())
            facts: AuditFacts = {"order": order.id}
            append_entry(connection, site, Act.ERASURE_DONE, order.request, case_id=order.request, facts=facts)
            _unblock(connection, site, order)
    return Erased(order.request, len(removed.gone), waiting, done)


def _is_complete(site: Storage, span: Span) -> bool:
    """Whether all that there will be of a span is in the index."""
    return site.clock.now() >= span.end + _OPEN_SEGMENTS * site.settings.recording.segment


def _segments_left(connection: Connection, order: ErasureOrder) -> Sequence[object]:
    return [segment for camera in order.cameras for segment in segments_of(connection, camera, order.span)]


def _unblock(connection: Connection, site: Storage, order: ErasureOrder) -> None:
    """Lift the blocks of a closed request: an upheld objection blocks its footage until that is deleted."""
    request = select_request(connection, order.request)
    if request is not None and request.closed is not None:
        lift_blocks(connection, site, request, reason=None)
