"""The rules of an erasure: on which ground, what is kept and why, what lies outside, who else is in it.  Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.cases.errors.requests import (
    ErasureGroundMissing,
    ErasureGroundUnusable,
    ErasureUndecided,
    KeepingGroundMissing,
    NothingKept,
)
from cctv.cases.requests.close import NEARBY, ErasurePlan, other_cases, require_agreed
from cctv.cases.requests.needs import identities_missing
from cctv.cases.requests.outcomes import KEEPING, RequestOutcome, check_keeping, erases, erasure_ground
from cctv.cases.requests.scope import needs_confirmation
from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.model.cases import AccessRequest, CaseOutcome, Incident, IncidentKind, RequestState, RequestType
from cctv.model.ids import CameraId, HoldId, IncidentId, RequestId
from cctv.model.requests import ErasureGround, Party, RefusalGround, RequesterRole
from cctv.retention.removal import RemovalPlan, outside_of

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SPAN = Span(AT, AT + MINUTE)
FOYER, GANG = CameraId("foyer-1"), CameraId("gang-2")
HELD = (HoldId("HOLD-2026-001"),)
T, S, E, G = RequestType, RequestState, CaseOutcome, ErasureGround


def request(kind=T.ERASURE, state=S.OPEN, **changes):
    made = AccessRequest(
        id=RequestId("REQ-2026-001"),
        type=kind,
        state=state,
        language=Language.NL,
        cameras=(FOYER,),
        span=SPAN,
        received=AT,
        due=AT + 30 * DAY,
        opened=AT,
        opened_by="porter",
        parties=(Party(RequesterRole.SUBJECT, "An", "an@example.be"),),
    )
    return replace(made, **changes)


def incident(camera=FOYER, after=timedelta(0), settled=None):
    span = Span(AT + after, AT + after + MINUTE)
    return Incident(IncidentId("INC-2026-001"), IncidentKind.THEFT, "", (camera,), span, AT, "porter", settled)


@pytest.mark.parametrize(
    ("kind", "state", "outcome", "chosen", "ground"),
    [
        (T.ERASURE, S.OPEN, E.GRANTED, G.UNLAWFUL, G.UNLAWFUL),
        (T.ERASURE, S.OPEN, E.PARTLY, G.CHILD, G.CHILD),
        (T.ERASURE, S.OPEN, E.REFUSED, None, None),
        (T.ERASURE, S.OPEN, E.NO_FOOTAGE, None, None),
        (T.OBJECTION, S.UPHELD, E.GRANTED, None, G.OBJECTION_UPHELD),
        (T.OBJECTION, S.UPHELD, E.NOT_IDENTIFIABLE, None, None),
        (T.ACCESS, S.OPEN, E.GRANTED, None, None),
    ],
)
def test_an_answer_that_erases_has_its_point_of_the_article(kind, state, outcome, chosen, ground):
    ending = RequestOutcome(outcome, erasure=chosen)
    assert erasure_ground(request(kind, state), ending) is ground
    assert erases(request(kind, state), outcome) is (ground is not None)


@pytest.mark.parametrize(
    ("kind", "state", "outcome", "chosen", "error"),
    [
        (T.ERASURE, S.OPEN, E.GRANTED, None, ErasureGroundMissing),
        (T.ERASURE, S.OPEN, E.REFUSED, G.UNLAWFUL, ErasureGroundUnusable),
        (T.ACCESS, S.OPEN, E.GRANTED, G.UNLAWFUL, ErasureGroundUnusable),
        (T.OBJECTION, S.UPHELD, E.GRANTED, G.UNLAWFUL, ErasureGroundUnusable),
    ],
)
def test_no_other_answer_has_one(kind, state, outcome, chosen, error):
    with pytest.raises(error):
        erasure_ground(request(kind, state), RequestOutcome(outcome, erasure=chosen))


@pytest.mark.parametrize("ground", RefusalGround)
def test_what_holds_keep_is_kept_on_a_point_of_article_17_3_and_on_no_other_ground(ground):
    ending = RequestOutcome(E.PARTLY, ground, "why")
    if ground in KEEPING:
        check_keeping(request(), ending, HELD)
    else:
        with pytest.raises(KeepingGroundMissing):
            check_keeping(request(), ending, HELD)


def test_a_grant_keeps_nothing_and_a_part_is_kept_by_something():
    with pytest.raises(KeepingGroundMissing):
        check_keeping(request(), RequestOutcome(E.GRANTED), HELD)
    with pytest.raises(NothingKept):
        check_keeping(request(), RequestOutcome(E.PARTLY, RefusalGround.LEGAL_CLAIMS, "why"), ())
    check_keeping(request(), RequestOutcome(E.GRANTED), ())


def test_the_five_grounds_of_article_17_3_are_all_there():
    assert [ground.value for ground in KEEPING] == [
        "free-expression",
        "legal-obligation",
        "public-health",
        "archiving",
        "legal-claims",
    ]


def test_an_erasure_needs_the_identity_of_whoever_asks_and_a_copy_to_the_known_address_does_not():
    assert identities_missing(request(), (), erases=True) == (RequesterRole.SUBJECT,)
    assert identities_missing(request(), ()) == ()


@given(st.integers(-300, 300), st.integers(1, 300), st.integers(-300, 300), st.integers(1, 300))
def test_what_lies_outside_and_what_was_asked_are_the_whole_segment(start, length, asked_from, asked_length):
    recorded = Span(AT + start * MINUTE, AT + (start + length) * MINUTE)
    asked = Span(AT + asked_from * MINUTE, AT + (asked_from + asked_length) * MINUTE)
    shared = recorded.intersection(asked)
    if shared is not None:
        assert sum(outside_of(recorded, asked), timedelta(0)) + shared.duration == recorded.duration


@pytest.mark.parametrize(
    ("after", "camera", "named"),
    [
        (timedelta(0), FOYER, True),
        (timedelta(0), GANG, False),
        (NEARBY, FOYER, True),
        (NEARBY + MINUTE, FOYER, False),
        (-NEARBY, FOYER, True),
        (-NEARBY - MINUTE, FOYER, False),
    ],
)
def test_an_incident_within_30_days_on_the_camera_is_named_settled_or_not(after, camera, named):
    for settled in (None, AT):
        near = incident(camera, after, settled)
        others = other_cases((FOYER,), SPAN, (), incidents=[near], requests=(), disclosures=())
        assert [(case.id, case.touched) for case in others] == ([(near.id, not after)] if named else [])


def test_a_request_counts_where_its_footage_is_touched():
    for minutes, named in ((0, True), (2, False)):
        other = request(id=RequestId("REQ-2026-002"), span=Span(AT + minutes * MINUTE, AT + (minutes + 1) * MINUTE))
        others = other_cases((FOYER,), SPAN, (), incidents=(), requests=[other], disclosures=())
        assert bool(others) is named


def test_silence_is_no_agreement():
    plan = ErasurePlan(G.UNLAWFUL, RemovalPlan((FOYER,), SPAN, ()), (), to_come=False)
    with pytest.raises(ErasureUndecided):
        require_agreed(RequestId("REQ-2026-001"), plan, None)
    require_agreed(RequestId("REQ-2026-001"), plan, plan)


@pytest.mark.parametrize("kind", RequestType)
def test_only_what_stops_no_footage_needs_confirmation(kind):
    wide, stops = Span(AT, AT + 2 * DAY), kind in {T.RESTRICTION, T.OBJECTION, T.ERASURE}
    assert needs_confirmation(kind, (FOYER,), wide) is not stops
    assert not needs_confirmation(kind, (FOYER,), SPAN)
    provisional = request(kind, provisional_hold=HELD[0], provisional_until=AT)
    assert (provisional.lapses is None) is stops
    assert provisional.has_lapsed(AT + DAY) is not stops
