"""Erasing footage by request: what no hold of anyone covers goes, the rest waits for its holds and is listed.

An order stands in the log and in `erasures` before anything goes, and stays until nothing of it is left; the sweep
looks at it again.  Deletes through `retention.removal` only, in a deletion session, never past a hold.
The request's own hold does not keep what the request wants erased: it is released with the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.archive import segments_of
from cctv.casework import blockstore, requeststore
from cctv.casework.blocks import lift_blocks
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest
from cctv.model.footage import Reason
from cctv.model.ids import RequestId
from cctv.model.requests import ErasureOrder
from cctv.retention.removal import RemovalPlan, plan_removal, remove_ordered

_OPEN_FILES = 3  # segments that the recorder may still bring after a span has passed, as in `found`


@dataclass(frozen=True, slots=True)
class Erased:
    """What one pass took of an order, and what waits for holds."""

    request: RequestId
    gone: int
    waiting: int
    done: bool


def plan_erasure(connection: Connection, request: AccessRequest) -> RemovalPlan:
    """What erasing a request's footage would take, and what the holds of others keep."""
    own = frozenset(hold.id for hold in holds.holds_of(connection, request.id))
    return plan_removal(connection, request.cameras, request.span, why=Reason.ERASED, without=own)


def order_erasure(connection: Connection, site: Site, request: AccessRequest) -> None:
    """Order it in the caller's transaction, in which the request's own holds are released too."""
    order = ErasureOrder(0, request.id, request.cameras, request.span, site.clock.now(), site.actor.account)
    blockstore.insert_erasure(connection, order)
    facts: audit.Facts = {"cameras": list(order.cameras), "span": str(order.span)}
    audit.append(connection, site, Act.ERASURE_ORDERED, request.id, case_id=request.id, facts=facts)


def erase_ordered(site: Site, request_id: str | None = None) -> tuple[Erased, ...]:
    """Take what may go of every open order, or of one request's; the sweep calls it.

    Raises LockHeld while a sweep is under way, or the guard that stops deletion: the order stands, and the next pass
    takes it.
    """
    with reading(site.engine) as connection:
        orders = blockstore.open_erasures(connection, request_id)
    return tuple(_erase(site, order) for order in orders)


def _erase(site: Site, order: ErasureOrder) -> Erased:
    removed = remove_ordered(site, order.cameras, order.span)
    with writing(site.engine) as connection:
        waiting = len(_left(connection, order))
        over = site.clock.now() >= order.span.end + _OPEN_FILES * site.settings.recording.segment
        done = over and not waiting
        if done:
            blockstore.mark_erased(connection, order, site.clock.now())
            facts: audit.Facts = {"order": order.id}
            audit.append(connection, site, Act.ERASURE_DONE, order.request, case_id=order.request, facts=facts)
            _unblock(connection, site, order)
    return Erased(order.request, len(removed.gone), waiting, done)


def _left(connection: Connection, order: ErasureOrder) -> Sequence[object]:
    return [segment for camera in order.cameras for segment in segments_of(connection, camera, order.span)]


def _unblock(connection: Connection, site: Site, order: ErasureOrder) -> None:
    """An upheld objection blocks what waits until it is gone; then there is nothing left to block."""
    request = requeststore.select_request(connection, order.request)
    if request is not None and request.closed is not None:
        lift_blocks(connection, site, request, reason=None)
