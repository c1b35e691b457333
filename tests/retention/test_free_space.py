"""A full disk: the oldest footage goes early, but nothing that a hold or its zone's min_retention keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.footage.segments import tombstones_of
from cctv.footage.space_requests import RoomAnswer, RoomWanted, ask_for_room, room_answer, room_wanted
from cctv.model.footage import Reason
from cctv.retention.free_space import make_room, plan_room
from cctv.retention.policy import Action

DAY = timedelta(days=1)


@pytest.fixture
def old(site, clock):
    """Ten minutes that are past the three days of every zone, and ten that are not."""
    clock.set("2026-11-05 12:00")
    recorded = site.record("gevel-1", "2026-11-01 14:00", minutes=10)
    site.record("gevel-1", "2026-11-05 11:00", minutes=10)
    return recorded


def test_a_plan_takes_the_oldest_until_there_is_room(site, clock, old):
    size = old[0].size_bytes
    plan = plan_room(old, [], clock.now(), {old[0].zone: 3 * DAY}, 2 * size + 1)

    assert plan.expire == tuple(old[:3])
    assert {one.reason for one in plan.decisions} == {Reason.SPACE_NEEDED}
    assert not plan.exhausted


def test_a_plan_never_takes_what_its_zone_still_guards(site, clock, old):
    plan = plan_room(old, [], clock.now(), {old[0].zone: 5 * DAY}, 1)

    assert plan.expire == ()
    assert plan.exhausted
    assert {one.action for one in plan.decisions} == {Action.KEEP}


def test_the_sweep_makes_the_room_that_the_recorder_wants_and_no_more(site, clock, old):
    opened, size = site.open(), old[0].size_bytes
    ask_for_room(opened, RoomWanted(clock.now(), 10_000_000))
    stored = sum(segment.size_bytes for segment in site.footage("gevel-1"))

    def free() -> int:
        return 10_000_000 - 3 * size + stored - sum(segment.size_bytes for segment in site.footage("gevel-1"))

    made = make_room(opened, free)

    assert [one.path for one in made.gone] == [segment.path for segment in old[:3]]
    assert room_answer(site.root) == RoomAnswer(clock.now(), 3, exhausted=False)
    with read_transaction(opened.engine) as connection:
        whole = Span(old[0].span.start, old[-1].span.end)
        assert {one.reason for one in tombstones_of(connection, old[0].camera, whole)} == {Reason.SPACE_NEEDED}
    assert "space needed" in site.cctv("audit list --json").out


def test_a_full_disk_never_takes_what_is_held(site, clock, old):
    span = "--from '2026-11-01 14:03' --to '2026-11-01 14:06'"
    site.cctv(f"incident open 'fiets weg' --kind theft --cameras gevel-1 {span}")
    ask_for_room(site.open(), RoomWanted(clock.now(), 10_000_000))

    made = make_room(site.open(), lambda: 0)

    assert made.exhausted
    assert room_answer(site.root).exhausted
    left = site.footage("gevel-1")
    assert left[:3] == old[3:6]
    assert len(left) == 3 + 10  # and what is not three days old


def test_a_request_that_nobody_renews_is_none(site, clock, old):
    ask_for_room(site.open(), RoomWanted(clock.now(), 10_000_000))
    clock.advance(minutes=3)

    assert make_room(site.open(), lambda: 0) is None
    assert len(site.footage("gevel-1")) == 20


def test_a_sweep_without_a_request_takes_nothing_early(site, clock, old):
    site.cctv("sweep --once")

    assert room_wanted(site.root) is None
    assert len(site.footage("gevel-1")) == 20
