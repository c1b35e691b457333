"""A noted gap inside a segment's span is not recorded, whoever asks; what nobody noted is called unexplained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.footage.coverage import inventory, split_span
from cctv.footage.runs import begin_run, end_run, note_clock_offset, note_gap
from cctv.model.footage import Gap, GapCause
from cctv.model.ids import CameraId

CAMERA = CameraId("gevel-1")
MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)
STALLED, REFUSED = GapCause.STALLED, GapCause.REFUSED
TEN_MINUTES = "--from '1/11 9:00' --to '1/11 9:10'"


@pytest.fixture
def holed(site, clock):
    """Ten minutes from nine o'clock, two seconds of which are in no picture, and one across two segments."""
    site.record("gevel-1", "2026-11-01 09:00", minutes=10)
    for start, seconds in (("09:03:20", 2), ("09:05:59.5", 1)):
        begin = site.instant(f"2026-11-01 {start}")
        note_gap(site.open(), CAMERA, Span(begin, begin + timedelta(seconds=seconds)), GapCause.FRAMES_MISSING)
    return site


def coverage(site, span=TEN_MINUTES):
    return site.cctv(f"footage coverage --cameras gevel-1 {span} --json").json["cameras"][0]


def clock_times(spans):
    return [(one["start"][11:-1], one["end"][11:-1]) for one in spans]


def test_coverage_counts_a_gap_inside_a_segment_as_not_recorded(holed):
    told = coverage(holed)

    assert clock_times(told["never_recorded"]) == [("08:03:20.000", "08:03:22.000"), ("08:05:59.500", "08:06:00.500")]
    assert {hole["cause"] for hole in told["never_recorded"]} == {"frames missing"}
    assert (told["recorded_seconds"], told["never_recorded_seconds"], told["unexplained_seconds"]) == (597, 3, 0)
    assert told["recorded_fraction"] == 0.995
    assert len(told["recorded"]) == 3


def test_the_bar_shows_it_and_never_calls_it_the_whole(holed):
    bar, *rest = holed.cctv(f"footage coverage --cameras gevel-1 {TEN_MINUTES}").out.splitlines()

    assert bar.count("▌") == 3  # one of ten seconds, and the two that a minute's end parts
    assert bar.endswith("99.5%")
    assert sum("frames missing" in line for line in rest) == 2
    day = holed.cctv("footage coverage --cameras gevel-1 --from '1/11 9:03' --to '1/11 9:03:20.001'").out
    assert day.splitlines()[0].endswith("99.9%")


def test_a_hold_says_that_it_cannot_keep_what_was_never_recorded(holed):
    said = holed.cctv(f"incident open ruit --kind damage --cameras gevel-1 {TEN_MINUTES} --json").json["footage"][0]

    assert said["saved_seconds"] == 597
    assert clock_times(said["never_recorded"]) == [("08:03:20.000", "08:03:22.000"), ("08:05:59.500", "08:06:00.500")]
    assert {hole["cause"] for hole in said["never_recorded"]} == {"frames missing"}


def test_what_was_deleted_is_told_apart_from_what_was_never_there(holed, clock):
    clock.advance(days=8)
    holed.cctv("sweep --once")

    told = coverage(holed)
    said = holed.cctv(f"incident open ruit --kind damage --cameras gevel-1 {TEN_MINUTES} --json").json["footage"][0]

    assert (told["recorded_seconds"], told["deleted_seconds"], told["never_recorded_seconds"]) == (0, 597, 3)
    assert clock_times(said["gone"]) == [
        ("08:00:00.000", "08:03:20.000"),
        ("08:03:22.000", "08:05:59.500"),
        ("08:06:00.500", "08:10:00.000"),
    ]


def test_a_stop_between_two_runs_has_its_cause_and_one_that_nobody_noted_is_unexplained(site, clock):
    for start in ("09:00", "09:06", "09:20"):
        site.record("gevel-1", f"2026-11-01 {start}", minutes=4)
    with write_transaction(site.open().engine) as connection:
        connection.execute(schema.gaps.delete().where(schema.gaps.c.id == 1))

    told = coverage(site, "--from '1/11 8:00' --to '1/11 10:00'")

    assert clock_times(told["unexplained"]) == [("08:04:00.000", "08:06:00.000")]
    assert told["unexplained_seconds"] == 120
    causes = [(hole["start"][11:16], hole["cause"]) for hole in told["never_recorded"]]
    assert causes == [("07:00", None), ("08:04", None), ("08:10", "recorder stopped"), ("08:24", "recorder stopped")]
    out = site.cctv("footage coverage --cameras gevel-1 --from '1/11 8:00' --to '1/11 10:00'").out
    assert sum("unexplained" in line for line in out.splitlines()) == 1


def test_a_span_in_the_middle_of_what_nobody_noted_is_unexplained_too(site):
    for start in ("09:00", "09:06"):
        site.record("gevel-1", f"2026-11-01 {start}", minutes=4)
    opened = site.open()
    with write_transaction(opened.engine) as connection:
        connection.execute(schema.gaps.delete())
    middle = Span(site.instant("2026-11-01 09:04:30"), site.instant("2026-11-01 09:05"))
    before = Span(site.instant("2026-11-01 08:00"), site.instant("2026-11-01 08:30"))

    with read_transaction(opened.engine) as connection:
        now = site.clock.now()
        assert inventory(connection, CAMERA, middle, now).unexplained == (middle,)
        assert inventory(connection, CAMERA, before, now).unexplained == ()
        assert inventory(connection, CameraId("gang-2"), middle, now).unexplained == ()


def test_a_seam_at_the_edge_of_what_is_asked_is_no_hole(site):
    opened, at = site.open(), site.instant("2026-11-01 09:00")
    site.record("gevel-1", "2026-11-01 08:59")
    site.record("gevel-1", "2026-11-01 09:00:00.400")
    with write_transaction(opened.engine) as connection:
        connection.execute(schema.gaps.delete())

    with read_transaction(opened.engine) as connection:
        found = inventory(connection, CAMERA, Span(at, at + timedelta(seconds=30)), site.clock.now())

    assert (found.missing, found.unexplained, found.coverage) == ((), (), 1)
    assert [segment.span.start - at for segment in found.segments] == [timedelta(seconds=0.4)]


def test_the_clock_of_a_camera_stands_with_its_runs(site, clock):
    opened = site.open()
    for start, offset in (("09:00", None), ("09:05", 0.4), ("09:06", 90.5), ("09:08", -3)):
        clock.set(f"2026-11-01 {start}")
        run = begin_run(opened, CAMERA)
        clock.advance(minutes=1)
        end_run(opened, run, clock.now(), GapCause.STALLED)
        if offset is not None:
            note_clock_offset(opened, run, timedelta(seconds=offset))
    clock.set("2026-11-01 12:00")

    assert [run["clock_offset_seconds"] for run in coverage(site)["runs"]] == [None, 0.4, 90.5, -3]
    last = coverage(site, "--from '1/11 9:08' --to '1/11 9:09'")["runs"]
    assert [(one["started"], one["ended"]) for one in last] == [
        ("2026-11-01T08:08:00.000Z", "2026-11-01T08:09:00.000Z")
    ]
    assert "gevel-1: its own clock was off by -3 to +90 s" in site.cctv(f"footage coverage {TEN_MINUTES}").err
    assert "its own clock" not in site.cctv("footage coverage --from '1/11 9:00' --to '1/11 9:06'").err


def seconds(start, end):
    return Span(MIDNIGHT + timedelta(seconds=start), MIDNIGHT + timedelta(seconds=end))


def gap(start, end, cause):
    span = seconds(start, end)
    return Gap(CAMERA, span.start, span.end, cause)


def parted(segments, gaps):
    parts = split_span(seconds(0, 60), [seconds(*one) for one in segments], [], gaps)
    saved = [((one.start - MIDNIGHT).total_seconds(), (one.end - MIDNIGHT).total_seconds()) for one in parts.saved]
    missing = [
        ((one.span.start - MIDNIGHT).total_seconds(), (one.span.end - MIDNIGHT).total_seconds(), one.cause)
        for one in parts.missing
    ]
    return saved, missing


@pytest.mark.parametrize(
    ("gaps", "missing"),
    [
        ([(20, 40, STALLED), (30, 35, REFUSED)], [(20, 30, STALLED), (30, 35, REFUSED), (35, 40, STALLED)]),
        ([(20, 40, STALLED), (20, 30, REFUSED)], [(20, 30, REFUSED), (30, 40, STALLED)]),
        ([(20, 30, STALLED), (25, 40, REFUSED)], [(20, 25, STALLED), (25, 40, REFUSED)]),
        ([(20, 30, STALLED), (30, 40, STALLED)], [(20, 40, STALLED)]),
    ],
    ids=["one in another", "of one start", "one after another", "the same cause goes on"],
)
def test_of_gaps_that_overlap_the_one_that_began_last_knows_best(gaps, missing):
    assert parted([(0, 20), (40, 60)], [gap(*one) for one in gaps]) == ([(0, 20), (40, 60)], missing)


def test_so_short_a_rest_beside_a_gap_belongs_to_the_gap():
    noted = [gap(20.3, 39.8, STALLED)]

    assert parted([(0, 20), (40, 60)], noted) == ([(0, 20), (40, 60)], [(20, 40, STALLED)])
    assert parted([(0, 19), (40, 60)], noted)[1] == [(19, 20.3, None), (20.3, 40, STALLED)]


def test_a_gap_shorter_than_a_seam_is_no_seam():
    assert parted([(0, 20.1), (20.2, 60)], [gap(30, 30.4, STALLED)]) == ([(0, 30), (30.4, 60)], [(30, 30.4, STALLED)])


def test_a_file_that_a_gap_leaves_nothing_of_was_recorded_all_the_same():
    assert parted([(0, 20), (20, 60)], [gap(10, 60, STALLED)]) == ([(0, 10), (20, 60)], [(10, 20, STALLED)])
