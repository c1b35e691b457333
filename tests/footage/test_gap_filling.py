"""What a camera's card may fill, and what becomes of it: a limit as any footage, and a mark wherever it shows."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from cctv.core.time_range import Span
from cctv.footage.gap_filling import LEAST_LEFT, SETTLED_AFTER, begin_filling, end_filling, fillable, next_filling
from cctv.footage.ingest import ingest
from cctv.footage.layout import incoming_directory
from cctv.footage.runs import close_gap, open_gap
from cctv.model.footage import FootageSource, Gap, GapCause
from cctv.model.ids import CameraId

CAMERA = CameraId("gevel-1")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = Span(NOON - timedelta(days=1), NOON)
COVERAGE = "footage coverage --cameras gevel-1 --from '1/11 9:00' --to '1/11 9:40'"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def gap(start, end, cause=GapCause.UNREACHABLE):
    return Gap(CAMERA, NOON + start, None if end is None else NOON + end, cause)


@pytest.mark.parametrize(
    ("gaps", "known", "expected"),
    [
        ([gap(-HOUR, -50 * MINUTE)], [], [(-60, -50)]),
        ([gap(-HOUR, -50 * MINUTE, GapCause.SCHEDULE)], [], []),
        ([gap(-HOUR, -50 * MINUTE, GapCause.CAMERA_REMOVED)], [], []),
        ([gap(-HOUR, -50 * MINUTE, GapCause.CLOCK_STEP)], [], []),
        ([gap(-HOUR, -50 * MINUTE), gap(-55 * MINUTE, -52 * MINUTE, GapCause.SCHEDULE)], [], [(-60, -55), (-52, -50)]),
        ([gap(-HOUR, -HOUR + timedelta(seconds=4))], [], []),  # not worth a connection
        ([gap(-HOUR, None)], [], []),  # it lasts
        ([gap(-HOUR, -50 * MINUTE), gap(-55 * MINUTE, None)], [], [(-60, -55)]),
        ([gap(-HOUR, -50 * MINUTE)], [(-58, -56), (-50, -40)], [(-60, -58), (-56, -50)]),
        ([gap(-25 * HOUR, -23 * HOUR)], [], [(-24 * 60, -23 * 60)]),  # cut to what is allowed
        ([gap(-HOUR, -50 * MINUTE), gap(-50 * MINUTE, -40 * MINUTE, GapCause.RECORDER_STOPPED)], [], [(-60, -40)]),
    ],
)
def test_which_spans_are_worth_fetching(gaps, known, expected):
    spans = [Span(NOON + start * MINUTE, NOON + end * MINUTE) for start, end in known]

    found = fillable(gaps, spans, DAY, None)

    assert [((span.start - NOON) / MINUTE, (span.end - NOON) / MINUTE) for span in found] == expected


def test_nothing_is_fetched_of_hours_in_which_the_camera_does_not_record():
    found = fillable([gap(-2 * HOUR, -HOUR)], [], DAY, lambda at: at < NOON - 90 * MINUTE)

    assert found == [Span(NOON - 2 * HOUR, NOON - 90 * MINUTE)]


def settings_of(site, camera="gevel-1"):
    return site.open().settings.cameras[CameraId(camera)]


def filled(site, clip):
    """The next gap of the façade, filled as the recorder fills it: a minute of pictures from its start."""
    opened = site.open("recorder")
    filling = next_filling(opened, settings_of(site), opened.clock.now())
    run = begin_filling(opened, filling, filling.span.start)
    file = incoming_directory(opened, CAMERA) / f"run{run.id}-000000.mp4"
    shutil.copy(clip, file)
    span = Span(filling.span.start, filling.span.start + MINUTE)
    segment = ingest(opened, run, file, span)
    end_filling(opened, run, span.end, seconds=60, problem=None)
    return segment


def test_the_newest_gap_comes_first_and_the_run_before_it_says_what_may_be_kept(broken, clock):
    opened = broken.open()
    filling = next_filling(opened, settings_of(broken), clock.now())

    # what came after 9:40 lasts: the recorder stands still
    assert filling.span == Span(broken.instant("2026-11-01 09:10"), broken.instant("2026-11-01 09:30"))
    assert (filling.before.zone, filling.period) == ("facade", timedelta(days=7))
    assert next_filling(opened, settings_of(broken), clock.now(), tried=[filling.span]) is None


def test_nothing_is_fetched_that_would_be_deleted_at_once(broken, clock):
    clock.set("2026-11-08 09:00")
    filling = next_filling(broken.open(), settings_of(broken), clock.now())
    assert filling is None  # it has ten to thirty minutes left

    clock.set("2026-11-08 08:20")
    filling = next_filling(broken.open(), settings_of(broken), clock.now())
    assert filling.span == Span(clock.now() - timedelta(days=7) + LEAST_LEFT, broken.instant("2026-11-01 09:30"))


def test_nothing_is_fetched_before_the_camera_has_finished_its_file(broken, clock):
    clock.set("2026-11-01 09:30:30")
    filling = next_filling(broken.open(), settings_of(broken), clock.now())

    assert filling.span.end == clock.now() - SETTLED_AFTER


def test_no_gap_is_filled_of_a_camera_that_nobody_recorded_before(site, clock):
    opened = site.open()
    open_gap(opened, CAMERA, site.instant("2026-11-01 08:00"), GapCause.UNREACHABLE)
    close_gap(opened, CAMERA, site.instant("2026-11-01 09:00"))

    assert next_filling(opened, settings_of(site), clock.now()) is None


def test_what_was_fetched_has_the_limit_of_its_first_picture_and_is_marked(broken, clip):
    segment = filled(broken, clip)

    assert segment.source is FootageSource.CARD
    assert segment.limit == segment.span.start + timedelta(days=7)
    listed = broken.cctv("footage list --cameras gevel-1 --from '1/11 9:00' --to '1/11 9:40' --json").json["segments"]
    assert [one["source"] for one in listed].count("the camera's own card") == 1
    (told,) = broken.cctv(f"{COVERAGE} --json").json["cameras"]
    assert told["from_card"] == [{"start": "2026-11-01T08:10:00.000Z", "end": "2026-11-01T08:11:00.000Z"}]
    assert told["recorded_seconds"] == 21 * 60
    assert [hole["start"] for hole in told["never_recorded"]] == ["2026-11-01T08:11:00.000Z"]
    assert "was fetched from the camera's own card" in broken.cctv(COVERAGE).out


def test_it_is_not_fetched_again_after_it_was_deleted(broken, clip, clock):
    segment = filled(broken, clip)
    clock.set("2026-11-08 07:50")
    broken.cctv("footage delete --cameras gevel-1 --from '1/11 9:10' --to '1/11 9:11' --reason 'not allowed'")
    assert not (broken.open().root / segment.path).exists()

    filling = next_filling(broken.open(), settings_of(broken), clock.now())

    assert filling.span == Span(segment.span.end, broken.instant("2026-11-01 09:30"))


def test_an_index_that_is_made_again_still_knows_that_it_came_from_a_card(broken, clip):
    filled(broken, clip)
    site = broken.open()
    (site.root / "cctv.db").unlink()
    for rest in site.root.glob("cctv.db-*"):
        rest.unlink()

    broken.cctv("footage rebuild --reason 'the index is lost'")

    (segment,) = [one for one in broken.footage("gevel-1") if one.source is FootageSource.CARD]
    assert segment.limit == segment.span.start + timedelta(days=7)


def test_a_camera_without_onvif_has_no_card_that_can_be_reached(site):
    address = 'rtsp = "rtsp://127.0.0.1:9/gevel-1"'
    site.config.write_text(site.config.read_text().replace(address, f"{address}\nfill_gaps = true"))

    refused = site.cctv("config check", exit=10)

    assert "fill_gaps" in refused.err
    assert "no onvif address" in refused.err
