"""What may follow what in a request's life."""

from itertools import product

import pytest

from cctv.casework.states import Move, after, moves
from cctv.model.casework import RequestState, RequestType

EVERYWHERE = list(product(RequestType, RequestState))


def reached(kind):
    found, new = set(), {RequestState.OPEN}
    while new:
        state = new.pop()
        found.add(state)
        new |= {to for move in Move if (to := after(kind, state, move))} - found
    return found


@pytest.mark.parametrize("kind", RequestType)
def test_every_type_reaches_its_end_and_only_states_of_its_own(kind):
    own = {
        RequestType.OBJECTION: {RequestState.UPHELD, RequestState.REJECTED},
        RequestType.RESTRICTION: {RequestState.RESTRICTED},
        RequestType.ERASURE: {RequestState.ANSWERED},
    }
    assert reached(kind) == {RequestState.OPEN, RequestState.CLOSED, RequestState.FORGOTTEN} | own.get(kind, set())


@pytest.mark.parametrize(("kind", "state"), EVERYWHERE)
def test_closing_is_final_and_forgetting_more_so(kind, state):
    if state is RequestState.CLOSED:
        assert moves(kind, state) == (Move.FORGET,)
    if state is RequestState.FORGOTTEN:
        assert moves(kind, state) == ()
    if after(kind, state, Move.FORGET):
        assert state is RequestState.CLOSED


def test_an_objection_is_never_answered_before_it_is_decided():
    assert Move.ANSWER not in moves(RequestType.OBJECTION, RequestState.OPEN)
    for state in (RequestState.UPHELD, RequestState.REJECTED):
        assert after(RequestType.OBJECTION, state, Move.ANSWER) is RequestState.CLOSED


def test_a_restriction_stands_after_its_answer_until_it_is_lifted():
    restricted = after(RequestType.RESTRICTION, RequestState.OPEN, Move.ANSWER)
    assert moves(RequestType.RESTRICTION, restricted) == (Move.YIELD, Move.LIFT)


def test_only_what_blocks_can_yield():
    yielding = {kind for kind, state in EVERYWHERE if after(kind, state, Move.YIELD)}
    assert yielding == {RequestType.RESTRICTION, RequestType.OBJECTION}
