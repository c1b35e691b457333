"""What is told, when, and how often.  The times are those of one evening."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cctv.core.errors import CctvError
from cctv.core.time_range import Span
from cctv.model.footage import GapCause, Reason, Tombstone
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, RequestId, ZoneId
from cctv.monitoring.alarms import AlarmHistory, AlarmKind, AlarmState, alarms, remember
from cctv.monitoring.status import CameraHealth, Health, OverdueItem, Status, UnconfirmedRequest

START = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def camera(name="gevel-1", health=Health.RECORDING, since=START, cause=None):
    return CameraHealth(CameraId(name), health, since, START - 9 * HOUR, cause, None, timedelta(0))


def down(name="gevel-1", since=START, cause=GapCause.UNREACHABLE):
    return camera(name, Health.DOWN, since, cause)


def status(now=START, **changes):
    well = Status(
        now=now,
        cameras=(camera(),),
        recorder_running=True,
        last_sweep=now,
        guard=None,
        overdue=timedelta(0),
        held_past_limit=0,
        holds=(),
        disk_free=500,
        disk_total=1000,
        disk_reserve=50,
    )
    return replace(well, **changes)


def lost(camera="gevel-1"):
    span = Span(START - 2 * HOUR, START - HOUR)
    return Tombstone(
        id=1,
        camera=CameraId(camera),
        zone=ZoneId("facade"),
        span=span,
        limit=START + HOUR,
        path="segments/x.mp4",
        sha256="0" * 64,
        size_bytes=1,
        policy="p",
        reason=Reason.LOST,
        began=START,
        closed=START,
    )


class Evening:
    """A site that is looked at now and then by something that remembers what it told."""

    def __init__(self):
        self.now, self.memory = START, AlarmHistory(weekly=START)

    def look(self, minutes, delivered=True, error=None, **changes):
        self.now = START + timedelta(minutes=minutes)
        found = error or status(self.now, **changes)
        due = alarms(found, self.memory, self.now)
        self.memory = remember(found, self.memory, self.now, due if delivered else [])
        return [(alarm.kind, alarm.state) for alarm in due]


@pytest.fixture
def evening():
    return Evening()


RAISED, OVER = AlarmState.RAISED, AlarmState.OVER


def test_a_camera_that_is_down_is_told_after_ten_minutes_once_and_again_when_it_is_over(evening):
    gone = {"cameras": (down(),)}

    assert evening.look(9, **gone) == []
    assert evening.look(10, **gone) == [(AlarmKind.CAMERA, RAISED)]
    assert evening.look(12, **gone) == []
    assert evening.look(300, **gone) == []
    assert evening.look(302) == [(AlarmKind.CAMERA, OVER)]
    assert evening.look(304) == []


def test_a_camera_that_nobody_has_seen_yet_counts_from_the_first_look(evening):
    unseen = {"cameras": (down(since=None),)}

    assert evening.look(0, **unseen) == []
    assert evening.look(11, **unseen) == [(AlarmKind.CAMERA, RAISED)]


def test_a_short_trouble_is_neither_told_nor_over(evening):
    assert evening.look(5, cameras=(down(),)) == []
    assert evening.look(6) == []


def test_attempts_in_between_do_not_begin_the_ten_minutes_anew(evening):
    evening.look(2, cameras=(down(),))

    assert evening.look(10, cameras=(camera(health=Health.CONNECTING, since=START + 9.9 * HOUR / 60),)) == [
        (AlarmKind.CAMERA, RAISED)
    ]


def test_a_camera_outside_its_hours_is_neither_down_nor_well_again(evening):
    resting = {"cameras": (camera(health=Health.RESTING, cause=GapCause.SCHEDULE),)}
    assert evening.look(600, **resting) == []
    assert evening.look(605, cameras=(down(since=START + 10 * HOUR),)) == []
    evening.look(615, cameras=(down(since=START + 10 * HOUR),))

    assert evening.look(700, **resting) == []
    assert evening.look(702) == [(AlarmKind.CAMERA, OVER)]


def test_a_full_disk_is_one_alarm_and_not_one_for_each_camera(evening):
    full = {"cameras": tuple(down(name, cause=GapCause.STORAGE_FULL) for name in ("gevel-1", "foyer-1"))}

    assert evening.look(20, **full) == [(AlarmKind.RECORDING, RAISED)]
    assert evening.look(22) == [(AlarmKind.RECORDING, OVER)]


def test_each_camera_is_its_own_alarm(evening):
    evening.look(10, cameras=(down("gevel-1"), camera("foyer-1")))

    assert evening.look(20, cameras=(camera("gevel-1"), down("foyer-1"))) == [
        (AlarmKind.CAMERA, RAISED),
        (AlarmKind.CAMERA, OVER),
    ]


def test_what_reached_nobody_is_told_again_and_keeps_its_beginning(evening):
    gone = {"cameras": (down(),)}
    assert evening.look(10, delivered=False, **gone) == [(AlarmKind.CAMERA, RAISED)]
    assert evening.look(12, **gone) == [(AlarmKind.CAMERA, RAISED)]
    assert evening.memory.troubles["camera:gevel-1"].alarm.since == START
    assert evening.look(14, delivered=False) == [(AlarmKind.CAMERA, OVER)]
    assert evening.look(16) == [(AlarmKind.CAMERA, OVER)]
    assert evening.look(18) == []


def test_a_camera_is_not_well_again_because_the_recorder_has_stopped(evening):
    evening.look(10, cameras=(down(),))
    stopped = {"recorder_running": False, "cameras": (camera(health=Health.NOT_RUNNING),)}

    assert evening.look(20, **stopped) == []
    assert evening.look(23, **stopped) == [(AlarmKind.RECORDING, RAISED)]
    assert evening.look(30, cameras=(down(),)) == [(AlarmKind.RECORDING, OVER)]
    assert evening.look(32) == [(AlarmKind.CAMERA, OVER)]


def test_a_storage_that_is_away_is_one_alarm_and_ends_no_other(evening):
    class Away(CctvError):
        """The storage is away."""

    evening.look(10, cameras=(down(),))

    assert evening.look(12, error=Away()) == [(AlarmKind.STORAGE, RAISED)]
    assert evening.look(14, error=Away()) == []
    assert evening.look(16, cameras=(down(),)) == [(AlarmKind.STORAGE, OVER)]
    assert evening.look(18) == [(AlarmKind.CAMERA, OVER)]


HOLD = Hold(
    HoldId("HOLD-2026-003"),
    Ground(GroundKind.INCIDENT, "INC-2026-014"),
    frozenset(),
    Span(START, START + HOUR),
    START,
    START,
    "els",
)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (AlarmKind.DELETION, {"guard": "ClockImplausible"}),
        (AlarmKind.OVERDUE, {"overdue": timedelta(seconds=1)}),
        (AlarmKind.SWEEP, {"last_sweep": START - HOUR}),
        (AlarmKind.DISK, {"disk_free": 49}),
        (AlarmKind.DISK, {"disk_lasts": timedelta(hours=47)}),
        (AlarmKind.REVIEW, {"holds": (HOLD,)}),
    ],
)
def test_what_breaks_a_promise_is_told_at_once_and_once(evening, kind, changes):
    assert evening.look(1, **changes) == [(kind, RAISED)]
    assert evening.look(3, **changes) == []
    assert evening.look(5) == [(kind, OVER)]


def test_a_sweep_that_never_ran_gets_a_quarter_of_an_hour_to_begin(evening):
    assert evening.look(1, last_sweep=None) == []
    assert evening.look(17, last_sweep=None) == [(AlarmKind.SWEEP, RAISED)]


def test_a_guard_that_stops_deletion_explains_the_sweep_that_did_not_run(evening):
    assert evening.look(1, guard="MountMissing", last_sweep=START - HOUR) == [(AlarmKind.DELETION, RAISED)]


def test_a_disk_that_hovers_at_its_reserve_is_told_once(evening):
    evening.look(1, disk_free=49)

    assert [evening.look(2 + minute, disk_free=free) for minute, free in enumerate((55, 49, 60, 51))] == [[]] * 4
    assert evening.look(9, disk_free=70) == [(AlarmKind.DISK, OVER)]


def test_once_a_week_somebody_hears_that_all_is_well_or_what_is_not(evening):
    week = 7 * 24 * 60
    assert evening.look(week - 1) == []
    assert evening.look(week) == [(AlarmKind.WEEKLY, AlarmState.NOTICE)]
    assert evening.look(week + 2) == []
    assert alarms(status(START), AlarmHistory(), START)[0].text == "All is well."

    evening.look(2 * week - 60, cameras=(down(),))
    evening.look(2 * week - 40, cameras=(down(),))
    later = START + timedelta(minutes=2 * week)
    said = alarms(status(later, cameras=(down(),)), evening.memory, later)
    assert [alarm.text for alarm in said] == ["Not all is well: gevel-1 is not recorded: unreachable."]


def test_a_weekly_word_that_reached_nobody_is_tried_again(evening):
    week = 7 * 24 * 60
    evening.look(week, delivered=False)

    assert evening.look(week + 2) == [(AlarmKind.WEEKLY, AlarmState.NOTICE)]


def test_lost_footage_under_a_hold_is_told_at_once_once_for_each_camera():
    evening = Evening()
    gone = (lost(), lost(), lost("foyer-1"))
    assert evening.look(0, held_lost=gone) == [(AlarmKind.LOST, AlarmState.RAISED)] * 2
    assert evening.look(2, held_lost=gone) == []
    assert evening.look(4) == [(AlarmKind.LOST, AlarmState.OVER)] * 2


LEASE = OverdueItem("DIS-2026-001", "copy of lawyer to be returned or destroyed", START, "cctv disclosure end")


def test_a_lease_is_told_before_its_end_and_beside_it_when_it_is_late(evening):
    assert evening.look(2, soon=(LEASE,)) == [(AlarmKind.LEASE, RAISED)]
    assert evening.look(4, soon=(LEASE,)) == []
    assert evening.look(6, soon=(LEASE,), late=(LEASE,)) == [(AlarmKind.LATE, RAISED)]
    assert sorted(kind.value for kind, state in evening.look(8) if state is OVER) == ["late", "lease"]


def test_a_hold_that_will_lapse_is_told_on_its_first_day_and_again_when_it_has_lapsed(evening):
    request, until = RequestId("REQ-2026-001"), START + 72 * HOUR

    assert evening.look(2, unconfirmed=(UnconfirmedRequest(request, until, lapsed=False),)) == [
        (AlarmKind.UNCONFIRMED, RAISED)
    ]
    assert evening.look(4, unconfirmed=(UnconfirmedRequest(request, until, lapsed=False),)) == []
    assert evening.look(72 * 60, unconfirmed=(UnconfirmedRequest(request, until, lapsed=True),)) == [
        (AlarmKind.LAPSED, RAISED)
    ]
    over = evening.look(72 * 60 + 2)
    assert sorted(kind.value for kind, state in over if state is OVER) == ["lapsed", "unconfirmed"]
