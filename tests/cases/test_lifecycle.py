"""What may follow what in a request's life."""

from itertools import product

import pytest

from cctv.cases.requests.lifecycle import Transition, allowed_transitions, next_state
from cctv.model.cases import RequestState, RequestType

EVERYWHERE = list(product(RequestType, RequestState))


def reached(kind):
    found, new = set(), {RequestState.OPEN}
    while new:
        state = new.pop()
        found.add(state)
        new |= {to for move in Transition if (to := next_state(kind, state, move))} - found
    return found


@pytest.mark.parametrize("kind", RequestType)
def test_every_type_reaches_its_end_and_only_states_of_its_own(kind):
    own = {
        RequestType.OBJECTION: {RequestState.UPHELD, RequestState.REJECTED},
        RequestType.RESTRICTION: {RequestState.RESTRICTED},
        RequestType.ERASURE: {RequestState.ANSWERED},
    }
    ends = {RequestState.CLOSED, RequestState.WITHDRAWN, RequestState.FORGOTTEN}
    assert reached(kind) == {RequestState.OPEN} | ends | own.get(kind, set())


@pytest.mark.parametrize(("kind", "state"), EVERYWHERE)
def test_closing_is_final_and_forgetting_more_so(kind, state):
    if state in {RequestState.CLOSED, RequestState.WITHDRAWN}:
        assert allowed_transitions(kind, state) == (Transition.FORGET,)
    if state is RequestState.FORGOTTEN:
        assert allowed_transitions(kind, state) == ()
    if next_state(kind, state, Transition.FORGET):
        assert state in {RequestState.CLOSED, RequestState.WITHDRAWN}


def test_an_objection_is_never_answered_before_it_is_decided():
    assert Transition.ANSWER not in allowed_transitions(RequestType.OBJECTION, RequestState.OPEN)
    for state in (RequestState.UPHELD, RequestState.REJECTED):
        assert next_state(RequestType.OBJECTION, state, Transition.ANSWER) is RequestState.CLOSED


def test_a_restriction_stands_after_its_answer_until_it_is_lifted():
    restricted = next_state(RequestType.RESTRICTION, RequestState.OPEN, Transition.ANSWER)
    assert allowed_transitions(RequestType.RESTRICTION, restricted) == (
        Transition.CORRECT,
        Transition.YIELD,
        Transition.LIFT,
    )


def test_a_person_takes_a_request_back_until_it_is_answered():
    taken_back = {(kind, state) for kind, state in EVERYWHERE if next_state(kind, state, Transition.WITHDRAW)}
    decided = {(RequestType.OBJECTION, RequestState.UPHELD), (RequestType.OBJECTION, RequestState.REJECTED)}
    assert taken_back == {(kind, RequestState.OPEN) for kind in RequestType} | decided


def test_only_what_blocks_can_yield():
    yielding = {kind for kind, state in EVERYWHERE if next_state(kind, state, Transition.YIELD)}
    assert yielding == {RequestType.RESTRICTION, RequestType.OBJECTION}
