"""A clock that jumped deletes nothing; a box that was off deletes what is due.  Each shows what to type next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cctv.db.engine import read_transaction
from cctv.footage.runs import begin_run, note_clock_offset
from cctv.model.ids import CameraId
from cctv.retention.guards import clock as clock_guard
from cctv.retention.guards.clock import MARK, SLACK, ClockForward, Witnesses, judge, require_plausible
from cctv.retention.guards.storage import check_guards

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEN_DAYS_AGO = NOW - timedelta(days=10)
LEAP = timedelta(minutes=55)
ZONE = ZoneInfo("Europe/Brussels")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """A machine without network time, whatever keeps the one that tests."""
    monkeypatch.setattr(clock_guard, "is_synchronised", lambda: False)


@pytest.fixture
def swept(site, clock):
    """A site whose clock was believed at noon of 1 November, with footage that is due on the 8th."""
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv("sweep --once")
    return site


def restart(site, monkeypatch):
    """The machine has started anew: monotonic time says nothing of before."""
    monkeypatch.setattr(clock_guard, "boot_id", lambda: "another start")


def camera_said(site, offset):
    """The recorder reaches a camera, which tells its time."""
    opened = site.open("recorder")
    run = begin_run(opened, CameraId("gevel-1"))
    note_clock_offset(opened, run, offset)


def test_a_clock_set_ten_days_ahead_deletes_nothing_and_the_operator_reads_what_to_do(swept, clock):
    clock.set("2026-11-11 12:00")

    told = swept.cctv("sweep --once", exit=18)

    assert "240 hours after the last instant that is known" in told.err
    assert "no camera told its time" in told.err
    assert "cctv retention accept-clock --for NAME --reason WHY" in told.err
    assert len(swept.footage("gevel-1")) == 1
    status = swept.cctv("status --json", exit=None).json
    assert status["guard"] == "ClockForward"


def leap(site, clock, number):
    """Somebody sets the clock 55 minutes ahead, and 5 seconds go by."""
    clock.set(f"{site.instant('2026-11-01 12:00').astimezone(ZONE) + number * LEAP:%Y-%m-%d %H:%M}")
    clock.advance(seconds=5)


def test_leaps_of_less_than_an_hour_add_up(swept, clock):
    leap(swept, clock, 1)
    swept.cctv("sweep --once")
    leap(swept, clock, 2)

    told = swept.cctv("sweep --once", exit=18)

    assert "1.8 hours of it no witness confirms" in told.err
    assert "0.9 hours ahead were trusted before without a witness" in told.err
    for number in range(3, 7):
        leap(swept, clock, number)
        swept.cctv("sweep --once", exit=18)


def test_leaps_add_up_over_restarts_of_the_machine(swept, clock, monkeypatch):
    leap(swept, clock, 1)
    swept.cctv("sweep --once")
    restart(swept, monkeypatch)
    leap(swept, clock, 2)

    assert "no witness confirms" in swept.cctv("sweep --once", exit=18).err


def test_a_leap_that_is_taken_back_is_none(swept, clock):
    for _ in range(5):
        clock.advance(minutes=70)
        right = clock.now()
        clock.set(f"{(right + LEAP).astimezone(ZONE):%Y-%m-%d %H:%M}")
        swept.cctv("sweep --once")
        clock.advance(minutes=70)
        clock.set(f"{(right + timedelta(minutes=70)).astimezone(ZONE):%Y-%m-%d %H:%M}")
        swept.cctv("sweep --once")


def test_a_camera_that_agrees_gives_the_hour_back(swept, clock):
    leap(swept, clock, 1)
    swept.cctv("sweep --once")
    leap(swept, clock, 2)
    camera_said(swept, timedelta(seconds=-20))
    swept.cctv("sweep --once")

    leap(swept, clock, 3)
    swept.cctv("sweep --once")


def test_what_a_person_accepts_begins_the_hour_anew(swept, clock):
    leap(swept, clock, 1)
    swept.cctv("sweep --once")
    leap(swept, clock, 2)
    swept.cctv("sweep --once", exit=18)
    swept.cctv("retention accept-clock --reason 'the battery was flat' --for 'A. Peeters'")
    swept.cctv("sweep --once")

    leap(swept, clock, 3)
    swept.cctv("sweep --once")
    leap(swept, clock, 4)
    swept.cctv("sweep --once", exit=18)


def test_the_clock_set_right_again_lets_deletion_go_on_by_itself(swept, clock):
    clock.set("2026-11-11 12:00")
    swept.cctv("sweep --once", exit=18)

    clock.set("2026-11-01 12:10")
    swept.cctv("sweep --once")

    assert len(swept.footage("gevel-1")) == 1


def test_a_named_person_accepts_a_clock_that_no_witness_confirms(swept, clock, monkeypatch):
    restart(swept, monkeypatch)
    clock.set("2026-11-11 12:00")
    swept.cctv("sweep --once", exit=18)

    looked = swept.cctv("retention accept-clock --reason 'off over the holidays' --dry-run")
    assert "no camera told its time" in looked.out
    swept.cctv("sweep --once", exit=18)
    assert "--for NAME" in swept.cctv("retention accept-clock --reason 'off'", exit=2).err
    swept.cctv("retention accept-clock --reason 'off over the holidays' --for 'A. Peeters'")
    swept.cctv("sweep --once")

    assert swept.footage("gevel-1") == []
    (entry,) = [one for one in swept.cctv("audit list --json").json["entries"] if one["act"] == "clock.accepted"]
    assert "A. Peeters" in str(entry)
    assert "nothing to accept" in swept.cctv("retention accept-clock --reason x --for A", exit=2).err


def test_a_running_machine_that_counted_ten_days_is_believed(swept, clock):
    clock.advance(days=10)
    swept.cctv("sweep --once")
    assert swept.footage("gevel-1") == []


def test_a_box_that_was_off_for_ten_days_expires_what_is_due_when_a_camera_agrees(swept, clock, monkeypatch):
    restart(swept, monkeypatch)
    clock.set("2026-11-11 12:00")
    camera_said(swept, timedelta(seconds=-40))

    swept.cctv("sweep --once")

    assert swept.footage("gevel-1") == []


def test_a_box_that_was_off_for_ten_days_expires_what_is_due_by_the_networks_time(swept, clock, monkeypatch):
    restart(swept, monkeypatch)
    clock.set("2026-11-11 12:00")
    monkeypatch.setattr(clock_guard, "is_synchronised", lambda: True)

    swept.cctv("sweep --once")

    assert swept.footage("gevel-1") == []


def test_a_camera_that_stands_where_the_last_sweep_left_off_denies_the_networks_time(swept, clock, monkeypatch):
    restart(swept, monkeypatch)
    clock.set("2026-11-11 12:00")
    camera_said(swept, timedelta(days=-10))
    monkeypatch.setattr(clock_guard, "is_synchronised", lambda: True)

    told = swept.cctv("sweep --once", exit=18)

    assert "0 cameras agree with the clock, 1 deny it" in told.err
    assert len(swept.footage("gevel-1")) == 1


def test_footage_without_a_gap_proves_the_time_that_no_sweep_saw(swept, clock, monkeypatch):
    clock.advance(days=6, hours=18)
    swept.cctv("sweep --once")
    restart(swept, monkeypatch)
    swept.record("foyer-1", "2026-11-08 06:00", minutes=360, segment=1800)
    clock.set("2026-11-08 12:10")

    swept.cctv("sweep --once")

    assert swept.footage("gevel-1") == []


def test_making_room_asks_the_same_clock(swept, clock):
    clock.set("2026-11-11 12:00")
    opened = swept.open()
    with read_transaction(opened.engine) as connection, pytest.raises(ClockForward):
        check_guards(connection, opened)


def test_a_lost_mark_leaves_the_last_sweep_as_a_witness(swept, clock):
    (swept.root / MARK).write_text("{")
    clock.set("2026-11-11 12:00")
    opened = swept.open()
    with read_transaction(opened.engine) as connection, pytest.raises(ClockForward):
        require_plausible(connection, opened)


def test_a_clock_that_was_ahead_at_the_last_sweep_is_accepted_by_a_person(swept, clock, monkeypatch):
    restart(swept, monkeypatch)
    clock.set("2026-11-01 09:00")

    told = swept.cctv("sweep --once", exit=18)
    assert "cctv retention accept-clock" in told.err
    swept.cctv("retention accept-clock --reason 'was three hours ahead' --for 'A. Peeters'")

    swept.cctv("sweep --once")


@pytest.mark.parametrize(
    ("found", "believed"),
    [
        (Witnesses(None), True),
        (Witnesses(NOW - SLACK), True),
        (Witnesses(TEN_DAYS_AGO), False),
        (Witnesses(TEN_DAYS_AGO, recorded=timedelta(days=10) - SLACK), True),
        (Witnesses(TEN_DAYS_AGO, recorded=timedelta(days=9)), False),
        (Witnesses(TEN_DAYS_AGO, expected=NOW - timedelta(minutes=50)), True),
        (Witnesses(TEN_DAYS_AGO, expected=TEN_DAYS_AGO, synchronised=True), False),
        (Witnesses(TEN_DAYS_AGO, expected=TEN_DAYS_AGO, offsets=[timedelta(hours=1)]), True),
        (Witnesses(TEN_DAYS_AGO, synchronised=True), True),
        (Witnesses(TEN_DAYS_AGO, synchronised=True, offsets=[timedelta(days=-9500)]), True),  # never set: no witness
        (Witnesses(TEN_DAYS_AGO, synchronised=True, offsets=[timedelta(days=-10)]), False),
        (Witnesses(TEN_DAYS_AGO, offsets=[timedelta(0), timedelta(0), timedelta(days=-10)]), True),
        (Witnesses(TEN_DAYS_AGO, offsets=[timedelta(0), timedelta(days=-10)]), False),
        (Witnesses(NOW - timedelta(hours=2), offsets=[timedelta(hours=-2)]), False),
        (Witnesses(NOW - LEAP, expected=NOW - LEAP), True),
        (Witnesses(NOW - LEAP, expected=NOW - LEAP, spent=LEAP), False),
        (Witnesses(NOW - LEAP, expected=NOW - LEAP, spent=LEAP, synchronised=True), False),
        (Witnesses(NOW - LEAP, expected=NOW - LEAP, spent=LEAP, offsets=[timedelta(minutes=-1)]), True),
        (Witnesses(NOW - LEAP, expected=NOW - LEAP, spent=LEAP, offsets=[-2 * LEAP]), False),
        (Witnesses(NOW - LEAP, expected=NOW - LEAP, spent=-LEAP), True),
        (Witnesses(NOW - LEAP, spent=LEAP), False),  # another start of the machine is no fresh hour
        (Witnesses(NOW - LEAP, recorded=LEAP - timedelta(minutes=2), spent=LEAP), True),
    ],
)
def test_the_witnesses_are_weighed(found, believed):
    assert judge(NOW, found).believed is believed
