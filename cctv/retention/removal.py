"""Removal: footage that should never have been made is deleted at once, by order of a person; never what a hold covers.

Deletes inside a deletion session, as every sweep does.  The order, with its reason, is in the log before the first file
is deleted.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from cctv.access.proposals import not_yet, require_two
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.schema import TwoPersonAct
from cctv.core.clock import iso
from cctv.core.errors import CctvError
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion import delete_segments
from cctv.footage.segments import segments_of
from cctv.holds.store import holds_in_force
from cctv.model.audit import Act
from cctv.model.footage import Reason, Segment, Tombstone
from cctv.model.ids import CameraId, HoldId
from cctv.retention.policy import Action, RetentionDecision
from cctv.retention.session import deletion_session

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """Every segment that touches the span, with its decision: it is deleted whole, or a hold keeps it."""

    cameras: tuple[CameraId, ...]
    span: Span
    decisions: tuple[RetentionDecision, ...]

    @property
    def going(self) -> tuple[Segment, ...]:
        """The segments to delete."""
        return tuple(decision.segment for decision in self.decisions if decision.action is Action.EXPIRE)

    @property
    def held(self) -> tuple[RetentionDecision, ...]:
        """The decisions that holds keep a segment."""
        return tuple(decision for decision in self.decisions if decision.holds)

    @property
    def outside(self) -> timedelta:
        """How much of what goes lies outside of the span: a segment is the least that can be deleted."""
        return sum((sum(outside_of(segment.span, self.span), timedelta(0)) for segment in self.going), timedelta(0))


@dataclass(frozen=True, slots=True)
class Removed:
    """The plan that was followed, and what was deleted."""

    plan: RemovalPlan
    gone: tuple[Tombstone, ...]


def outside_of(recorded: Span, asked: Span) -> tuple[timedelta, timedelta]:
    """How far recorded footage reaches beyond what was asked: before it, and after it."""
    nothing = timedelta(0)
    return max(asked.start - recorded.start, nothing), max(recorded.end - asked.end, nothing)


def plan_removal(
    connection: Connection,
    cameras: Sequence[CameraId],
    span: Span,
    *,
    why: Reason = Reason.NEVER_ALLOWED,
    without: frozenset[HoldId] = frozenset(),
) -> RemovalPlan:
    """What would be deleted, and what a hold keeps that is not among `without`; decisions have the reason `why`."""
    in_force = [hold for hold in holds_in_force(connection) if hold.id not in without]
    decisions: list[RetentionDecision] = []
    for camera in cameras:
        for segment in segments_of(connection, camera, span):
            keeping = tuple(hold.id for hold in in_force if hold.covers(camera, segment.span))
            action, reason = (Action.KEEP, Reason.HELD) if keeping else (Action.EXPIRE, why)
            decisions.append(RetentionDecision(segment, action, reason, segment.limit, keeping))
    return RemovalPlan(tuple(cameras), span, tuple(decisions))


def remove_ordered(site: Storage, cameras: Sequence[CameraId], span: Span) -> Removed:
    """Delete what no hold covers by an order that is in the log already; raises as `remove`."""
    with deletion_session(site) as session:
        with read_transaction(site.engine) as connection:
            plan = plan_removal(connection, cameras, span, why=Reason.ERASED)
        log.info("erasure.ordered", extra={"segments": len(plan.going), "kept": len(plan.held)})
        deleted = delete_segments(session, plan.going, Reason.ERASED)
    return Removed(plan, tuple(deleted))


def remove(site: Storage, cameras: Sequence[CameraId], span: Span, *, reason: str) -> Removed:
    """Delete what no hold covers.

    Raises LockHeld, or the guard that stops deletion; ActProposed or ProposalWaits while the policy asks for a second
    person.  Then nothing is deleted.
    """
    with deletion_session(site) as session:
        with write_transaction(site.engine) as connection:
            plan = plan_removal(connection, cameras, span)
            waiting = _sign(connection, site, plan, reason) if plan.going else None
            if plan.going and waiting is None:
                facts: AuditFacts = {
                    "cameras": list(cameras),
                    "span": str(span),
                    "segments": len(plan.going),
                    "held": len(plan.held),
                }
                append_entry(connection, site, Act.DELETION_ORDERED, "footage", facts=facts, reason=reason)
        if waiting is not None:
            raise waiting
        log.info("removal.ordered", extra={"segments": len(plan.going), "kept": len(plan.held)})
        deleted = delete_segments(session, plan.going, Reason.NEVER_ALLOWED)
    return Removed(plan, tuple(deleted))


def _sign(connection: Connection, site: Storage, plan: RemovalPlan, reason: str) -> CctvError | None:
    """What to raise where a second person must agree to these segments and no others."""
    start, end = iso(plan.span.start), iso(plan.span.end)
    line = f"cctv footage delete --cameras {','.join(plan.cameras)} --from {start} --to {end} --reason WHY"
    ids = ",".join(str(segment.id) for segment in plan.going)
    facts: AuditFacts = {
        "cameras": list(plan.cameras),
        "span": str(plan.span),
        "segments": len(plan.going),
        "digest": hashlib.sha256(ids.encode()).hexdigest(),
    }
    act = TwoPersonAct.FOOTAGE_DESTROY
    first = require_two(connection, site, act, "footage", facts=facts, reason=reason, line=line)
    return not_yet(site, first, N_("to delete footage"), line)
