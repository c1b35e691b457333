"""Requests as they stand: found, listed, shown; and the check of what may be done with one.

The people of a request stand in its own rows: never in the audit log, a file name, an error or a reason of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv import holds
from cctv.casework import blockstore, requeststore
from cctv.casework.errors import MoveRefused, RequestClosed, RequestUnknown
from cctv.casework.found import Found, look
from cctv.casework.states import Move, after, moves
from cctv.casework.words import typed_id
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.model.casework import AccessRequest
from cctv.model.holds import Hold
from cctv.model.requests import Block, ErasureOrder, Extension, IdentityCheck, Statement


@dataclass(frozen=True, slots=True)
class RequestFile:
    """All there is of a request: its holds and blocks, in force or not, what was checked, its footage as it is now."""

    request: AccessRequest
    holds: tuple[Hold, ...]
    blocks: tuple[Block, ...]
    checks: tuple[IdentityCheck, ...]
    extension: Extension | None
    statements: tuple[Statement, ...]
    erasures: tuple[ErasureOrder, ...]
    footage: tuple[Found, ...]


def find_request(connection: Connection, request_id: str) -> AccessRequest:
    """One request; raises RequestUnknown."""
    found = requeststore.select_request(connection, typed_id(request_id))
    if found is None:
        raise RequestUnknown(id=request_id)
    return found


def moving(connection: Connection, site: Site, request_id: str, move: Move) -> AccessRequest:
    """A request as it stands, which may take this move; raises RequestUnknown, RequestClosed, MoveRefused."""
    request = find_request(connection, request_id)
    if after(request.type, request.state, move) is not None:
        return request
    if request.closed is not None:
        when = request.closed.astimezone(site.settings.site.timezone).date()
        raise RequestClosed(id=request.id, when=when, by=request.closed_by)
    known = ", ".join(one.value for one in moves(request.type, request.state))
    raise MoveRefused(
        id=request.id,
        state=request.state,
        type=request.type,
        move=move.value,
        following=phrase("what it can take now: {known}.  cctv request show {id}", known=known, id=request.id),
    )


def moved(connection: Connection, request: AccessRequest, move: Move) -> AccessRequest:
    """Bring a request to the state that a move leads to, in the caller's transaction."""
    state = after(request.type, request.state, move)
    assert state is not None
    if state is not request.state:
        requeststore.set_state(connection, request.id, state)
    return replace(request, state=state)


def list_requests(site: Site, *, closed_too: bool) -> Sequence[AccessRequest]:
    """Requests, the first due first."""
    with reading(site.engine) as connection:
        return requeststore.select_requests(connection, closed_too=closed_too)


def request_file(site: Site, request_id: str) -> RequestFile:
    """All there is to show of one request; raises RequestUnknown."""
    with reading(site.engine) as connection:
        request = find_request(connection, request_id)
        return RequestFile(
            request=request,
            holds=tuple(holds.holds_of(connection, request.id, released_too=True)),
            blocks=tuple(blockstore.blocks_of(connection, request.id, lifted_too=True)),
            checks=tuple(requeststore.checks_of(connection, request.id)),
            extension=requeststore.extension_of(connection, request.id),
            statements=tuple(requeststore.statements_of(connection, request.id)),
            erasures=tuple(blockstore.open_erasures(connection, request.id)),
            footage=look(connection, site, request.cameras, request.span),
        )
