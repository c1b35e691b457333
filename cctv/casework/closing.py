"""Closing: a request ends with its outcome; its own holds are released and its blocks lifted in one transaction.

Deletes nothing: the sweeper does, and it looks at holds again.  An erasure that is closed forgets its people at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.casework import blockstore, requeststore
from cctv.casework.blocks import lift_blocks
from cctv.casework.departures import Departure, departures
from cctv.casework.forgetting import forget, forget_files
from cctv.casework.outcomes import Ending, check_ending
from cctv.casework.requests import find_request, moved, moving
from cctv.casework.states import Move
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, Outcome, RequestState, RequestType
from cctv.model.holds import Hold


@dataclass(frozen=True, slots=True)
class Closure:
    """What closing releases, and what becomes of the footage."""

    request: AccessRequest
    releases: tuple[Hold, ...]
    departures: tuple[Departure, ...]


def plan_closure(site: Site, request_id: str, wanted: Ending) -> Closure:
    """What closing would release; raises what `close_request` raises."""
    with reading(site.engine) as connection:
        request, _ = _closing(connection, site, request_id, wanted)
        own = tuple(holds.holds_of(connection, request.id))
        return Closure(request, own, departures(connection, own, site.clock.now()))


def close_request(site: Site, request_id: str, wanted: Ending) -> Closure:
    """Close a request that was answered elsewhere, and release its own holds.

    Raises RequestUnknown, RequestClosed, MoveRefused, and what `check_ending` raises.
    """
    with writing(site.engine) as connection:
        request, ending = _closing(connection, site, request_id, wanted)
        own = end(connection, site, request, ending, Move.CLOSE)
        closed = find_request(connection, request.id)
    finish(site, closed, own)
    with reading(site.engine) as connection:
        return Closure(closed, own, departures(connection, own, site.clock.now()))


def end(connection: Connection, site: Site, request: AccessRequest, ending: Ending, move: Move) -> tuple[Hold, ...]:
    """End a request by a move that closes it, in the caller's transaction; answers the holds that were released.

    The caller hands them to `finish` after the commit.  Footage that an upheld objection still wants erased stays
    blocked until it is gone.
    """
    now, own = site.clock.now(), tuple(holds.holds_of(connection, request.id))
    if request.answered is None:
        requeststore.mark_answered(connection, request.id, ending.outcome, ending.ground, now)
    request = moved(connection, request, move)
    assert request.state is RequestState.CLOSED
    requeststore.mark_closed(connection, request.id, now, site.actor.account)
    facts: audit.Facts = {
        "outcome": ending.outcome.value,
        "ground": ending.ground.value if ending.ground else "none",
        "released": [hold.id for hold in own],
    }
    audit.append(
        connection, site, Act.REQUEST_CLOSED, request.id, case_id=request.id, facts=facts, reason=ending.reason
    )
    release_own(connection, site, own, f"{request.id} closed: {ending.outcome.value}")
    if not blockstore.open_erasures(connection, request.id):
        lift_blocks(connection, site, request, reason=None)
    if request.type is RequestType.ERASURE:
        forget(connection, site, replace(request, closed=now))
    return own


def release_own(connection: Connection, site: Site, own: Sequence[Hold], reason: str) -> None:
    """Release a request's own holds in the caller's transaction."""
    for hold in own:
        holds.release(connection, site, hold.id, reason=reason)


def finish(site: Site, request: AccessRequest, released: Sequence[Hold]) -> None:
    """After the commit: files of released holds go, and what a forgotten request left."""
    for hold in released:
        holds.remove_hold_file(site, hold.id)
    if request.forgotten is not None:
        forget_files(site, request.id)


def _closing(connection: Connection, site: Site, request_id: str, wanted: Ending) -> tuple[AccessRequest, Ending]:
    request = moving(connection, site, request_id, Move.CLOSE)
    if request.outcome is not None:  # an erasure that was answered: how it ended is decided
        return request, Ending(request.outcome, request.ground)
    return request, check_ending(request.type, request.state, wanted)


def ending_of(request: AccessRequest, otherwise: Outcome) -> Ending:
    """How an answered request ended; `otherwise` where it was not answered yet."""
    return Ending(request.outcome or otherwise, request.ground)
