"""Closing: a request ends with its outcome; its own holds are released and its blocks lifted in one transaction.

Deletes nothing: the sweeper does, and it looks at holds again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.casework import requeststore
from cctv.casework.blocks import lift_blocks
from cctv.casework.departures import Departure, departures
from cctv.casework.errors import ReasonMissing
from cctv.casework.requests import find_request, moving
from cctv.casework.states import Move
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, Outcome
from cctv.model.holds import Hold

_NEEDS_REASON = frozenset({Outcome.REFUSED, Outcome.PARTLY})  # Article 12(4) GDPR


@dataclass(frozen=True, slots=True)
class Closure:
    """What closing releases, and what becomes of the footage."""

    request: AccessRequest
    releases: tuple[Hold, ...]
    departures: tuple[Departure, ...]


def plan_closure(site: Site, request_id: str, outcome: Outcome, *, reason: str | None) -> Closure:
    """What closing would release; raises RequestUnknown, RequestClosed, MoveRefused, ReasonMissing."""
    _checked_reason(outcome, reason)
    with reading(site.engine) as connection:
        request = moving(connection, site, request_id, Move.CLOSE)
        own = tuple(holds.holds_of(connection, request.id))
        return Closure(request, own, departures(connection, own, site.clock.now()))


def close_request(site: Site, request_id: str, outcome: Outcome, *, reason: str | None) -> Closure:
    """Close a request with its outcome and release its own holds."""
    reason = _checked_reason(outcome, reason)
    with writing(site.engine) as connection:
        request = moving(connection, site, request_id, Move.CLOSE)
        own = end(connection, site, request, outcome, reason=reason)
        closed = find_request(connection, request.id)
    for hold in own:
        holds.remove_hold_file(site, hold.id)
    with reading(site.engine) as connection:
        return Closure(closed, own, departures(connection, own, site.clock.now()))


def end(
    connection: Connection, site: Site, request: AccessRequest, outcome: Outcome, *, reason: str | None
) -> tuple[Hold, ...]:
    """Close in the caller's transaction; answers the holds that were released, whose files the caller removes."""
    own = tuple(holds.holds_of(connection, request.id))
    requeststore.mark_answered(connection, request.id, outcome, request.ground, site.clock.now())
    requeststore.mark_closed(connection, request.id, site.clock.now(), site.actor.account)
    facts: audit.Facts = {"outcome": outcome.value, "released": [hold.id for hold in own]}
    audit.append(connection, site, Act.REQUEST_CLOSED, request.id, case_id=request.id, facts=facts, reason=reason)
    lift_blocks(connection, site, request, reason=None)
    for hold in own:
        holds.release(connection, site, hold.id, reason=f"{request.id} closed: {outcome.value}")
    return own


def _checked_reason(outcome: Outcome, reason: str | None) -> str | None:
    if reason is None:
        if outcome in _NEEDS_REASON:
            raise ReasonMissing(outcome=outcome.value)
        return None
    return checked_text("reason", reason, 'say why: --reason "WHY".')
