"""`cctv status`, with what a recorder would have said."""

import os
from contextlib import ExitStack
from datetime import timedelta

import pytest

from cctv.core.durable import exclusive
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.state import LOCK_FILE, CameraState, DiskStatus, Phase, RecorderState, SpaceLevel, write_state


@pytest.fixture
def recorder(site, clock):
    """Says what a running recorder would: the phase of each camera, the others recording."""
    with ExitStack() as running:
        running.enter_context(exclusive(site.root / LOCK_FILE))

        def say(disk=None, **states):
            now = clock.now()
            well = CameraState(Phase.RECORDING, now - timedelta(hours=3), now - timedelta(seconds=1))
            cameras = {CameraId(name): well for name in ("gevel-1", "foyer-1", "gang-2")}
            changed = {CameraId(name.replace("_", "-")): state for name, state in states.items()}
            write_state(site.root, RecorderState(os.getpid(), now, {**cameras, **changed}, disk))

        yield say


def waiting(clock, cause, message):
    return CameraState(
        Phase.WAITING, clock.now() - timedelta(hours=1), clock.now() - timedelta(hours=1), cause, message
    )


def test_all_is_well_is_exit_0(site, recorder, clip):
    site.record("gevel-1", "2026-11-01 11:56", minutes=4)
    recorder()
    site.cctv("sweep --once")

    said = site.cctv("status --json").json
    shown = site.cctv("status")

    assert said["recorder_running"] is True
    gevel, foyer, _ = said["cameras"]
    assert gevel["bits_per_second"] == round(clip.stat().st_size * 8 / 60)
    assert foyer["bits_per_second"] is None
    assert "recording" in shown.out
    assert "nothing overdue" in shown.out
    assert "Mbit/s" in shown.out


def test_a_camera_that_is_down_is_exit_19_and_says_why(site, recorder, clock):
    recorder(gevel_1=waiting(clock, GapCause.UNREACHABLE, "it does not answer"))

    said = site.cctv("status", exit=19)

    assert "unreachable: it does not answer" in said.out
    assert "1 h 00 min ago" in said.out


def test_a_camera_outside_its_hours_is_well(site, recorder, clock):
    recorder(gevel_1=waiting(clock, GapCause.SCHEDULE, "outside its hours (schedule)"))

    assert "outside its hours" in site.cctv("status").out


@pytest.mark.parametrize(("hours", "shown"), [(30.5, "full in 30 h 30 min at this rate"), (1e9, "full in 3650 d")])
def test_the_disk_says_how_long_it_lasts(site, recorder, hours, shown):
    recorder(disk=DiskStatus(1000, 50, SpaceLevel.ENOUGH, hours))

    assert shown in site.cctv("status").out
    told = "The disk will be full in 30 hours." in site.cctv("notify run --dry-run").out
    assert told is (hours < 48)


def test_what_a_recorder_said_long_ago_counts_for_nothing(site, recorder, clock):
    recorder()
    clock.advance(seconds=11)

    assert "connecting" in site.cctv("status", exit=19).out


def test_a_recorder_that_does_not_run_is_exit_19(site):
    assert "not running" in site.cctv("status", exit=19).out
