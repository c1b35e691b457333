"""A gap is filled from a camera's own card: by ONVIF search and replay, on the time of its pictures, within limits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import av
import pytest
from card import Card, CardDevice
from sent_streams import encode

from cctv.audit.log import audit_entries
from cctv.cameras import playback
from cctv.db.engine import read_transaction
from cctv.model.audit import Act
from cctv.model.footage import FootageSource
from cctv.recording import gap_filler
from cctv.recording.camera import RecorderDeps
from cctv.recording.gap_filler import GapFiller
from cctv.recording.workers import Worker, WorkerPool

pytestmark = pytest.mark.slow
SECONDS = 8
GAP = "2026-11-01 09:10"
INSIDE = timedelta(seconds=30)  # after the gap began, the card's recording begins


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    return encode(
        tmp_path_factory.mktemp("card"), "card", "h264", "keyint=25:min-keyint=25:scenecut=0", seconds=SECONDS
    )


def camera_at(site, address):
    text = site.config.read_text()
    by_onvif = text.replace('rtsp = "rtsp://127.0.0.1:9/gevel-1"', f'onvif = "{address}"\nfill_gaps = true')
    site.config.write_text(by_onvif)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(gap_filler, "_BETWEEN_SECONDS", 0.0)


def fill(site):
    """Run the filler until it has looked at everything once; raises what a job raised."""
    failures = []

    async def run():
        opened = site.open("recorder")
        pool = WorkerPool(failures.append, lambda _: False)
        worker = Worker(failures.append)
        filler = GapFiller(RecorderDeps(opened, pool, {}, lambda _: None, lambda: None, Random(1)), worker)
        looked = asyncio.Event()
        pause = filler._pause

        async def told(duration):  # the first pause after a look: nothing more is to be fetched
            if duration > timedelta(minutes=1):
                looked.set()
            return await pause(duration)

        filler._pause = told
        running = asyncio.create_task(filler.run(timedelta(0)))
        await asyncio.wait([running, asyncio.create_task(looked.wait())], return_when=asyncio.FIRST_COMPLETED)
        filler.stop()
        await running
        worker.close()
        pool.close()

    asyncio.run(run())
    assert failures == []


def fetched(site):
    return [segment for segment in site.footage("gevel-1") if segment.source is FootageSource.CARD]


def device_time(site):
    """By how much the device's clock, which is right, is ahead of the site's, which stands still in November 2026."""
    return datetime.now(UTC) - site.clock.now()


def test_a_gap_is_filled_with_every_picture_of_the_card_at_its_time(broken, stream):
    began = broken.instant(GAP) + INSIDE
    ahead = device_time(broken)
    with Card(stream, began + ahead) as card, CardDevice(card.url, began + ahead, SECONDS) as device:
        camera_at(broken, device.address)
        fill(broken)

    segments = fetched(broken)
    assert abs(segments[0].span.start - began) < timedelta(seconds=1.5)  # ONVIF tells whole seconds
    assert abs(segments[-1].span.end - segments[0].span.start - timedelta(seconds=SECONDS)) < timedelta(seconds=0.1)
    assert all(segment.limit == segment.span.start + timedelta(days=7) for segment in segments)
    assert sum(pictures(broken, segment) for segment in segments) == SECONDS * 25
    (start, end) = card.ranges[0]
    assert abs(start - ahead - broken.instant(GAP)) < timedelta(seconds=1.5)
    assert abs(end - ahead - broken.instant("2026-11-01 09:30")) < timedelta(seconds=1.5)
    with read_transaction(broken.open().engine) as connection:
        ended = [entry.facts for entry, _ in audit_entries(connection, act=Act.FILLING_ENDED)]
    assert {"seconds": SECONDS, "problem": "none"}.items() <= ended[0].items()
    (told,) = broken.cctv(COVERAGE + " --json").json["cameras"]
    assert told["unexplained_seconds"] == 0
    assert sum(seconds(span) for span in told["from_card"]) == pytest.approx(SECONDS, abs=0.1)


def test_what_the_card_has_of_hours_before_the_gap_is_not_fetched(broken, stream):
    began = broken.instant(GAP) - timedelta(seconds=SECONDS / 2)
    ahead = device_time(broken)
    with Card(stream, began + ahead) as card, CardDevice(card.url, began + ahead, SECONDS) as device:
        camera_at(broken, device.address)
        fill(broken)

    assert all(segment.span.start >= broken.instant(GAP) for segment in fetched(broken))


def test_an_empty_card_and_a_device_without_one_leave_the_gap_and_are_not_asked_at_once_again(broken, stream):
    began = broken.instant(GAP)
    with Card(stream, began) as card, CardDevice(card.url, None, SECONDS) as device:
        camera_at(broken, device.address)
        fill(broken)
        asked = device.asked_for.count("FindRecordings")

    assert fetched(broken) == []
    assert (asked, card.ranges) == (1, [])


def test_times_that_leap_on_the_card_begin_a_run_of_their_own(broken, stream):
    began = broken.instant(GAP) + INSIDE
    ahead = device_time(broken)
    with Card(stream, began + ahead, leap=60) as card, CardDevice(card.url, began + ahead, 120) as device:
        camera_at(broken, device.address)
        fill(broken)

    spans = [segment.span for segment in fetched(broken)]
    assert sum((span.duration for span in spans), timedelta(0)) == pytest.approx(
        timedelta(seconds=SECONDS), abs=timedelta(seconds=0.2)
    )
    assert spans[-1].start - spans[0].start > timedelta(seconds=55)


def test_a_card_that_plays_another_time_is_left_and_holds_nobody_up(broken, stream, monkeypatch):
    monkeypatch.setattr(playback, "_MOST_BEFORE", 50)
    began, ahead = broken.instant(GAP), device_time(broken)
    card = Card(stream, began + ahead, asked_or_not=True)
    with card, CardDevice(card.url, began + ahead, 1200) as device:
        card.began -= timedelta(hours=3)
        camera_at(broken, device.address)
        fill(broken)

    assert fetched(broken) == []
    assert len(card.ranges) == 1


COVERAGE = "footage coverage --cameras gevel-1 --from '1/11 9:00' --to '1/11 9:40'"


def seconds(span):
    return (datetime.fromisoformat(span["end"]) - datetime.fromisoformat(span["start"])).total_seconds()


def pictures(site, segment):
    with av.open(str(site.open().root / segment.path)) as container:
        return sum(1 for _ in container.decode(video=0))
