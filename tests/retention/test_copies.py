"""Nothing that was made of footage outlives it, and everything that lies on the disk past its limit is told."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cctv.core.time_range import Span
from cctv.footage.runs import anchor_run, begin_run
from cctv.model.footage import Reason, Segment, Tombstone
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, ZoneId
from cctv.retention.copies import limit_of_copy, view_of, view_stem

GEVEL = CameraId("gevel-1")
AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)
SPAN = Span(AT, AT + 2 * MINUTE)
INCIDENT = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02'"


def segment(minute: int, limit: datetime = AT + WEEK) -> Segment:
    span = Span(AT + minute * MINUTE, AT + (minute + 1) * MINUTE)
    return Segment(minute, GEVEL, ZoneId("facade"), span, limit + minute * MINUTE, "p", "s", 1, "policy")


def deleted(minute: int, reason: Reason, at: datetime) -> Tombstone:
    gone = segment(minute)
    return Tombstone(1, GEVEL, gone.zone, gone.span, gone.limit, "p", "s", 1, "policy", reason, at, at)


def hold(start: int, end: int) -> Hold:
    ground = Ground(GroundKind.INCIDENT, "INC-2026-001")
    span = Span(AT + start * MINUTE, AT + end * MINUTE)
    return Hold(HoldId("HOLD-2026-001"), ground, frozenset([GEVEL]), span, AT + WEEK, AT, "test")


@pytest.mark.parametrize(
    ("sources", "holds", "limit"),
    [
        ([segment(0), segment(1)], [], AT + WEEK),
        ([segment(0), segment(1)], [hold(0, 2)], None),
        ([segment(0), segment(1)], [hold(0, 1)], AT + WEEK + MINUTE),  # the second minute is held by nothing
        ([deleted(0, Reason.PAST_LIMIT, AT + WEEK), segment(1)], [], AT + WEEK),
        ([deleted(0, Reason.SPACE_NEEDED, AT + 4 * MINUTE), segment(1)], [], AT + WEEK),
        ([deleted(0, Reason.ERASED, AT + 4 * MINUTE), segment(1)], [], AT + 4 * MINUTE),
        ([deleted(0, Reason.LOST, AT + MINUTE), segment(1)], [hold(0, 2)], None),
        ([], [], AT + WEEK),  # in no index any more: the camera's period counts
        ([], [hold(0, 2)], None),
    ],
)
def test_a_copy_stays_as_long_as_the_first_of_its_footage_that_nothing_holds(sources, holds, limit):
    found = limit_of_copy(sources, holds, GEVEL, SPAN, WEEK)
    assert (found and found.limit) == limit
    assert found is None or found.due <= found.limit


def test_the_name_of_a_view_tells_what_it_shows():
    span = Span(AT, AT + timedelta(seconds=2.5))
    for name in (f"gevel-1_{view_stem(span, AT + WEEK)}.html", f"gevel-1_2026_CET_{view_stem(span, AT)}.mp4"):
        view = view_of(name)
        assert (view.camera, view.span) == (GEVEL, Span(AT, AT + timedelta(seconds=3)))
    assert view_of("gevel-1_20261101T100000Z.html") is None


def made_view(site, case: str = "INC-2026-001") -> Path:
    """An extract as `footage extract` names it; what it shows does not matter."""
    folder = site.root / "derived" / case / "views"
    folder.mkdir(parents=True)
    path = folder / f"gevel-1_{view_stem(SPAN, site.clock.now())}.mp4"
    path.write_bytes(b"people")
    return path


def overdue(site, exit: int | None = 17):
    status = site.cctv("status --json", exit=exit).json
    return [file["path"] for file in status["overdue_files"]]


def test_an_extract_goes_with_its_footage_though_its_case_stays_open(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    view = made_view(site)
    clock.advance(days=8)
    site.cctv("sweep --once")
    assert view.exists()
    assert overdue(site, exit=None) == []

    site.cctv("hold release HOLD-2026-001 --reason 'handed to the police'")
    assert overdue(site) == [site.open().relative(view)]
    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []
    assert not view.exists()
    assert overdue(site, exit=None) == []


def test_an_extract_within_the_limit_of_its_footage_stays_after_a_release(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    view = made_view(site)
    site.cctv("hold release HOLD-2026-001 --reason 'nothing to be seen'")
    site.cctv("sweep --once")
    assert view.exists()

    clock.advance(days=6, hours=22, minutes=55)
    site.cctv("sweep --once")
    assert not view.exists()


def test_an_extract_of_footage_that_was_ordered_deleted_goes_at_once(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    view = made_view(site)
    site.cctv("hold release HOLD-2026-001 --reason 'aimed at the street'")
    site.cctv(
        "footage delete --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02' --reason 'the street'"
    )
    site.cctv("sweep --once")
    assert not view.exists()


def test_a_file_in_quarantine_without_a_note_is_taken_in_reported_and_expires(site, clock):
    stray, deep = site.root / "quarantine" / "gevel-1_odd.mp4", site.root / "quarantine" / "box" / "older.mp4"
    deep.parent.mkdir()
    for path in (stray, deep):
        path.write_bytes(b"footage")

    told = site.cctv("sweep --once --json").json
    assert told["quarantine_taken_in"] == ["quarantine/unknown_older.mp4", "quarantine/gevel-1_odd.mp4"]
    note = json.loads((site.root / "quarantine" / "gevel-1_odd.mp4.json").read_text())
    assert (note["camera"], note["reason"]) == ("gevel-1", "it was in quarantine without a note")
    assert "footage.quarantined" in site.cctv("audit list").out
    assert site.cctv("sweep --once --json").json["quarantine_taken_in"] == []

    clock.advance(days=7)
    site.cctv("sweep --once")
    assert list((site.root / "quarantine").glob("*.mp4*")) == []


def aged(path: Path, clock, days: int) -> Path:
    """A file or folder that was written so many days ago."""
    seconds = (clock.now() - timedelta(days=days)).timestamp()
    os.utime(path, (seconds, seconds))
    return path


def in_quarantine(site, clock):
    path = site.root / "quarantine" / "gevel-1_odd.mp4"
    path.write_bytes(b"footage")
    return aged(path, clock, 8)


def with_a_broken_note(site, clock):
    path = site.root / "quarantine" / "gevel-1_odd.mp4.json"
    path.write_text("{")
    return aged(path, clock, 8)


def in_incoming(site, clock):
    path = site.root / "incoming" / "gevel-1" / "run9-000000.mp4"
    path.parent.mkdir()
    path.write_bytes(b"footage")
    return aged(path, clock, 8)


def still_being_written(site, clock):
    """The limit counts from its first frame: the last one came just now."""
    opened = site.open()
    run = begin_run(opened, GEVEL)
    anchor_run(opened, run, clock.now())
    clock.advance(days=8)
    path = site.root / "incoming" / "gevel-1" / f"run{run.id}-000000.mp4"
    path.parent.mkdir()
    path.write_bytes(b"footage")
    return aged(path, clock, 0)


def among_segments(site, clock):
    path = site.root / "segments/facade/gevel-1/2026-10-20/gevel-1_20261020T100000.000Z.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"footage")
    return path


def a_view(site, clock):
    clock.set("2026-11-30 12:00")
    return made_view(site, "INC-2026-009")


def derived_of_nobody(site, clock):
    path = site.root / "derived" / "REQ-2026-050"
    path.mkdir()
    (path / "sheet.html").write_text("people")
    return aged(path, clock, 29)


def a_package_of_nobody(site, clock):
    path = site.root / "exports" / "EXP-2026-050"
    path.mkdir()
    return aged(path, clock, 32)


@pytest.mark.parametrize(
    "left",
    [
        in_quarantine,
        with_a_broken_note,
        in_incoming,
        still_being_written,
        among_segments,
        a_view,
        derived_of_nobody,
        a_package_of_nobody,
    ],
)
def test_whatever_lies_on_the_disk_past_its_limit_is_overdue(site, clock, left):
    path = left(site, clock)

    assert overdue(site) == [site.open().relative(path)]
    metrics = site.cctv("status --metrics", exit=17).out
    assert "cctv_overdue_seconds 0.0" not in metrics
    assert site.open().relative(path) in site.cctv("status", exit=17).out


def test_what_is_being_written_is_overdue_no_sooner_than_its_first_frame_and_never_while_it_is_held(site, clock):
    path = still_being_written(site, clock)
    opened = site.open()
    second = path.with_name(path.name.replace("-000000", "-000001"))
    second.write_bytes(b"footage")
    aged(second, clock, 0)
    assert overdue(site) == [opened.relative(path)]  # the second began when the first was written last

    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from 2026-10-01 --to 2026-12-01 --yes")
    assert overdue(site, exit=None) == []


def test_a_sweep_removes_derived_files_that_the_index_does_not_know(site, clock):
    path = derived_of_nobody(site, clock)
    site.cctv("sweep --once")
    assert not path.exists()


def test_a_reconcile_leaves_what_an_open_incident_looked_at(site):
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    view = made_view(site)
    site.cctv("footage reconcile --fix")
    assert view.exists()
