"""Rights in effect: an objection is upheld or rejected, a block yields or is lifted, a statement stands beside footage.

A block yields to a named legal claim or authority, for one case, by decision of a named person; the person who was
protected is told.  Recording goes on whatever is decided: an objection is about footage that there is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.casework import blockstore, requeststore
from cctv.casework.closing import end, ending_of, finish
from cctv.casework.errors import DeciderMissing, NothingBlocked, YieldsAlready
from cctv.casework.grounds import find_ground
from cctv.casework.requests import find_request, moved, moving
from cctv.casework.states import Move
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, Outcome
from cctv.model.holds import Hold
from cctv.model.requests import Block, Statement, Yield, YieldGround

_WHY = 'say why: --reason "WHY".'


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


def decide_objection(site: Site, request_id: str, move: Move, *, reason: str, dry_run: bool = False) -> AccessRequest:
    """Uphold or reject an objection; a rejection's reason are the compelling grounds of Article 21(1), for the letter.

    Raises RequestUnknown, RequestClosed, MoveRefused.
    """
    reason = checked_text("reason", reason, _WHY)
    with reading(site.engine) if dry_run else writing(site.engine) as connection:
        request = moving(connection, site, request_id, move)
        if dry_run:
            return request
        facts: audit.Facts = {"decision": move.value}
        audit.append(connection, site, Act.REQUEST_DECIDED, request.id, case_id=request.id, facts=facts, reason=reason)
        return moved(connection, request, move)


def yield_block(
    site: Site, request_id: str, case_id: str, ground: YieldGround, *, reason: str, dry_run: bool = False
) -> Yielded:
    """Let one open case use blocked footage; the footage stays blocked for everybody else.

    Raises DeciderMissing without a named person, NothingBlocked, YieldsAlready, and what finding the case raises.
    """
    reason = checked_text("reason", reason, "name the claim or the authority's order.")
    if site.actor.on_behalf_of is None:
        raise DeciderMissing
    with reading(site.engine) if dry_run else writing(site.engine) as connection:
        request = moving(connection, site, request_id, Move.YIELD)
        case = find_ground(connection, site, case_id).case_id
        blocks = blockstore.blocks_of(connection, request.id)
        if not blocks or case == request.id:
            raise NothingBlocked(id=request.id, case=case)
        if all(block.yields_to(case) for block in blocks):
            raise YieldsAlready(id=request.id, case=case)
        if not dry_run:
            _enter_yield(connection, site, request, blocks, case, ground, reason)
            blocks = blockstore.blocks_of(connection, request.id)
    return Yielded(request, tuple(blocks), case, ground)


def lift(site: Site, request_id: str, *, reason: str, dry_run: bool = False) -> Lifted:
    """The person lifts the restriction, or takes the objection back: block and hold end, and the request with them.

    Raises RequestUnknown, RequestClosed, MoveRefused.
    """
    reason = checked_text("reason", reason, 'say who asked for it: --reason "WHY".')
    with reading(site.engine) if dry_run else writing(site.engine) as connection:
        request = moving(connection, site, request_id, Move.LIFT)
        own = tuple(holds.holds_of(connection, request.id))
        if dry_run:
            return Lifted(request, own)
        ending = replace(ending_of(request, Outcome.GRANTED), reason=reason)
        own = end(connection, site, request, ending, Move.LIFT)
        lifted = find_request(connection, request.id)
    finish(site, lifted, own)
    return Lifted(lifted, own)


def add_statement(site: Site, request_id: str, text: str, *, dry_run: bool = False) -> AccessRequest:
    """Put the person's supplementary statement beside the footage; pixels never change (Article 16 GDPR)."""
    text = checked_text("statement", text, "give the person's own words: --text TEXT.")
    with reading(site.engine) if dry_run else writing(site.engine) as connection:
        request = moving(connection, site, request_id, Move.STATEMENT)
        if not dry_run:
            statement = Statement(text, site.clock.now(), site.actor.account)
            requeststore.insert_statement(connection, request.id, statement)
            audit.append(connection, site, Act.REQUEST_STATED, request.id, case_id=request.id, reason=text)
    return request


def _enter_yield(
    connection: Connection,
    site: Site,
    request: AccessRequest,
    blocks: list[Block],
    case: str,
    ground: YieldGround,
    reason: str,
) -> None:
    for block in blocks:
        if not block.yields_to(case):
            entered = Yield(0, case, ground, site.clock.now(), site.actor.account)
            blockstore.insert_yield(connection, block, entered)
    facts: audit.Facts = {"to": case, "ground": ground.value}
    audit.append(connection, site, Act.BLOCK_YIELDED, request.id, case_id=request.id, facts=facts, reason=reason)
