"""States of a request, the transitions between them, and looking up a request that may take one.

One table decides which transition is allowed.  A request is OPEN until it is answered.  Three types have a state of
their own in between:

* an objection is decided first, UPHELD or REJECTED, and then answered;
* a restriction, once answered, is RESTRICTED until the person lifts it;
* an erasure, once answered, is ANSWERED until its letter is sent: closing it removes the address.

A person may take a request back while nothing was done that ends it: WITHDRAWN is an end of its own, with nothing
decided.  What was typed wrong is corrected as long as the request is not over.

CLOSED and WITHDRAWN have one transition left, and FORGOTTEN none.

Personal data of a request is in its own rows: never in the audit log, a file name, an error or a reason of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sqlalchemy import Connection

from cctv.access.deputies import exceptions_for
from cctv.cases.errors.requests import MoveRefused, NoOtherController, RequestClosed, RequestUnknown
from cctv.cases.footage_status import FootageStatus, request_footage
from cctv.cases.requests.block_queries import blocks_of, open_erasures
from cctv.cases.requests.queries import (
    checks_of,
    extension_of,
    select_request,
    select_requests,
    set_state,
    statements_of,
)
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.holds.store import holds_of
from cctv.model.access import HandlingException
from cctv.model.cases import AccessRequest, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.ids import typed_id
from cctv.model.requests import Block, ErasureOrder, Extension, IdentityCheck, Statement

_BLOCKING = frozenset({RequestType.RESTRICTION, RequestType.OBJECTION})


class Transition(Enum):
    """What may be done with a request.  The value is the verb on the command line."""

    RECEIPT = "receipt"
    PASS_ON = "pass-on"
    INSTRUCT = "instruct"
    IDENTITY = "identity"
    MANDATE = "mandate"
    CORRECT = "correct"
    SCOPE = "scope"
    CONFIRM = "confirm"
    INVITE = "invite"
    VIEWINGS = "viewings"
    EXTEND = "extend"
    STATEMENT = "statement"
    UPHOLD = "uphold"
    REJECT = "reject"
    YIELD = "yield"
    ANSWER = "answer"
    LIFT = "lift"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    FORGET = "forget"


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
    footage: tuple[FootageStatus, ...]
    exceptions: tuple[HandlingException, ...] = ()  # by which a data protection officer handled it


_WORK = (
    Transition.RECEIPT,
    Transition.PASS_ON,
    Transition.INSTRUCT,
    Transition.IDENTITY,
    Transition.MANDATE,
    Transition.CORRECT,
    Transition.SCOPE,
    Transition.CONFIRM,
    Transition.EXTEND,
    Transition.STATEMENT,
)

_DECIDED = (
    Transition.INSTRUCT,
    Transition.IDENTITY,
    Transition.MANDATE,
    Transition.CORRECT,
    Transition.EXTEND,
    Transition.YIELD,
)
_OF_CUSTOMER = frozenset({Transition.PASS_ON, Transition.INSTRUCT})  # where the site records for another controller


def _table() -> dict[tuple[RequestType, RequestState, Transition], RequestState]:
    s, m, table = RequestState, Transition, dict[tuple[RequestType, RequestState, Transition], RequestState]()
    for kind in RequestType:
        table |= {(kind, s.OPEN, move): s.OPEN for move in _WORK}
        table |= {(kind, s.OPEN, m.ANSWER): s.CLOSED, (kind, s.OPEN, m.CLOSE): s.CLOSED}
        table[kind, s.OPEN, m.WITHDRAW] = s.WITHDRAWN
        table |= {(kind, over, m.FORGET): s.FORGOTTEN for over in (s.CLOSED, s.WITHDRAWN)}
        # A block is left where the type was corrected: it ends by decision, and the request goes on.
        table[kind, s.OPEN, m.LIFT] = s.CLOSED if kind in _BLOCKING else s.OPEN
        if kind is not RequestType.COMPLAINT:  # a right of Article 15, whatever else is asked
            table[kind, s.OPEN, m.VIEWINGS] = s.OPEN
    for kind in _BLOCKING:
        table[kind, s.OPEN, m.YIELD] = s.OPEN
    restriction, objection, erasure = RequestType.RESTRICTION, RequestType.OBJECTION, RequestType.ERASURE
    table[RequestType.ACCESS, s.OPEN, m.INVITE] = s.OPEN
    table |= {
        (restriction, s.OPEN, m.ANSWER): s.RESTRICTED,
        (restriction, s.RESTRICTED, m.YIELD): s.RESTRICTED,
        (restriction, s.RESTRICTED, m.LIFT): s.CLOSED,
        (restriction, s.RESTRICTED, m.CORRECT): s.RESTRICTED,
        (erasure, s.OPEN, m.ANSWER): s.ANSWERED,
        (erasure, s.ANSWERED, m.CLOSE): s.CLOSED,
        (erasure, s.ANSWERED, m.CORRECT): s.ANSWERED,
        (objection, s.OPEN, m.UPHOLD): s.UPHELD,
        (objection, s.OPEN, m.REJECT): s.REJECTED,
        (objection, s.UPHELD, m.ANSWER): s.CLOSED,
        (objection, s.REJECTED, m.ANSWER): s.CLOSED,
    }
    for state in (s.UPHELD, s.REJECTED):
        table |= {(objection, state, move): state for move in _DECIDED}
        table[objection, state, m.WITHDRAW] = s.WITHDRAWN
    del table[objection, s.OPEN, m.ANSWER]  # never without a decision
    return table


_TABLE = _table()


def next_state(kind: RequestType, state: RequestState, move: Transition) -> RequestState | None:
    """The state that a transition leads to, None where it is not allowed."""
    return _TABLE.get((kind, state, move))


def allowed_transitions(kind: RequestType, state: RequestState) -> tuple[Transition, ...]:
    """What may be done in a state, in the order of the commands."""
    return tuple(move for move in Transition if (kind, state, move) in _TABLE)


def find_request(connection: Connection, request_id: str) -> AccessRequest:
    """One request; raises RequestUnknown."""
    request = select_request(connection, typed_id(request_id))
    if request is None:
        raise RequestUnknown(id=request_id)
    return request


def load_for_transition(connection: Connection, site: Storage, request_id: str, move: Transition) -> AccessRequest:
    """A request that may take this transition.

    Raises RequestUnknown, RequestClosed, MoveRefused; NoOtherController for what only a site does that records for a
    customer.
    """
    request = find_request(connection, request_id)
    if move in _OF_CUSTOMER and not site.settings.for_customer:
        raise NoOtherController(id=request.id)
    if next_state(request.type, request.state, move) is not None:
        return request
    if request.closed is not None:
        when = request.closed.astimezone(site.settings.site.timezone).date()
        raise RequestClosed(id=request.id, when=when, by=request.closed_by)
    allowed = ", ".join(f"`{transition.value}`" for transition in _offered(request, site))
    raise MoveRefused(
        id=request.id,
        state=request.state,
        type=request.type,
        move=move.value,
        following=N_("what it can take now: {known}.  cctv request show {id}", known=allowed, id=request.id),
    )


def _offered(request: AccessRequest, site: Storage) -> tuple[Transition, ...]:
    """What a person is told may be done; not lifting a block that only a corrected type can have left."""
    hidden = frozenset() if site.settings.for_customer else _OF_CUSTOMER
    hidden |= frozenset() if request.type in _BLOCKING else {Transition.LIFT}
    return tuple(move for move in allowed_transitions(request.type, request.state) if move not in hidden)


def apply_transition(connection: Connection, request: AccessRequest, move: Transition) -> AccessRequest:
    """Set the state that a transition leads to, in the caller's transaction."""
    state = next_state(request.type, request.state, move)
    assert state is not None
    if state is not request.state:
        set_state(connection, request.id, state)
    return replace(request, state=state)


def list_requests(site: Storage, *, closed_too: bool) -> Sequence[AccessRequest]:
    """Requests, the first due first."""
    with read_transaction(site.engine) as connection:
        return select_requests(connection, closed_too=closed_too)


def request_file(site: Storage, request_id: str) -> RequestFile:
    """All there is to show of one request; raises RequestUnknown."""
    with read_transaction(site.engine) as connection:
        request = find_request(connection, request_id)
        return RequestFile(
            request=request,
            holds=tuple(holds_of(connection, request.id, released_too=True)),
            blocks=tuple(blocks_of(connection, request.id, lifted_too=True)),
            checks=tuple(checks_of(connection, request.id)),
            extension=extension_of(connection, request.id),
            statements=tuple(statements_of(connection, request.id)),
            erasures=tuple(open_erasures(connection, request.id)),
            footage=request_footage(connection, site, request),
            exceptions=exceptions_for(connection, request.id),
        )
