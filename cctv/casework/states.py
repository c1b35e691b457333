"""States: where a request stands and what may follow.  Pure: one table, and nothing else decides it.

A request is OPEN until it is answered.  Three types have a state of their own in between:

* an objection is decided first, UPHELD or REJECTED, and then answered;
* a restriction, once answered, is RESTRICTED until the person lifts it;
* an erasure, once answered, is ANSWERED until its letter is sent: closing it takes the address away.

CLOSED has one way on, and FORGOTTEN none.
"""

from __future__ import annotations

from enum import Enum

from cctv.model.casework import RequestState, RequestType


class Move(Enum):
    """What somebody may do with a request.  The value is the verb on the command line."""

    RECEIPT = "receipt"
    IDENTITY = "identity"
    MANDATE = "mandate"
    SCOPE = "scope"
    CONFIRM = "confirm"
    INVITE = "invite"
    EXTEND = "extend"
    STATEMENT = "statement"
    UPHOLD = "uphold"
    REJECT = "reject"
    YIELD = "yield"
    ANSWER = "answer"
    LIFT = "lift"
    CLOSE = "close"
    FORGET = "forget"


_WORK = (Move.RECEIPT, Move.IDENTITY, Move.MANDATE, Move.SCOPE, Move.CONFIRM, Move.EXTEND, Move.STATEMENT)
_BLOCKING = frozenset({RequestType.RESTRICTION, RequestType.OBJECTION})


def _table() -> dict[tuple[RequestType, RequestState, Move], RequestState]:
    s, m, table = RequestState, Move, dict[tuple[RequestType, RequestState, Move], RequestState]()
    for kind in RequestType:
        table |= {(kind, s.OPEN, move): s.OPEN for move in _WORK}
        table |= {(kind, s.OPEN, m.ANSWER): s.CLOSED, (kind, s.OPEN, m.CLOSE): s.CLOSED}
        table[kind, s.CLOSED, m.FORGET] = s.FORGOTTEN
    for kind in _BLOCKING:
        table[kind, s.OPEN, m.YIELD] = s.OPEN
        table[kind, s.OPEN, m.LIFT] = s.CLOSED
    restriction, objection, erasure = RequestType.RESTRICTION, RequestType.OBJECTION, RequestType.ERASURE
    table[RequestType.ACCESS, s.OPEN, m.INVITE] = s.OPEN
    table |= {
        (restriction, s.OPEN, m.ANSWER): s.RESTRICTED,
        (restriction, s.RESTRICTED, m.YIELD): s.RESTRICTED,
        (restriction, s.RESTRICTED, m.LIFT): s.CLOSED,
        (erasure, s.OPEN, m.ANSWER): s.ANSWERED,
        (erasure, s.ANSWERED, m.CLOSE): s.CLOSED,
        (objection, s.OPEN, m.UPHOLD): s.UPHELD,
        (objection, s.OPEN, m.REJECT): s.REJECTED,
        (objection, s.UPHELD, m.ANSWER): s.CLOSED,
        (objection, s.REJECTED, m.ANSWER): s.CLOSED,
    }
    for state in (s.UPHELD, s.REJECTED):
        table |= {(objection, state, move): state for move in (m.IDENTITY, m.MANDATE, m.EXTEND, m.YIELD)}
    del table[objection, s.OPEN, m.ANSWER]  # never without a decision
    return table


_TABLE = _table()


def after(kind: RequestType, state: RequestState, move: Move) -> RequestState | None:
    """The state that a move leads to, None where it is not allowed."""
    return _TABLE.get((kind, state, move))


def moves(kind: RequestType, state: RequestState) -> tuple[Move, ...]:
    """What may be done in a state, in the order of the commands."""
    return tuple(move for move in Move if (kind, state, move) in _TABLE)
