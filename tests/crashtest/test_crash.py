"""The process dies at every durable step of ingest and deletion; the next start explains what it finds."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cctv.audit.log import verify_log
from cctv.config.loader import load_settings
from cctv.core.durable import DurableFiles, sha256_file
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.footage.deletion import delete_segments
from cctv.footage.ingest import ingest
from cctv.footage.initialise import create_site
from cctv.footage.layout import incoming_directory, sweeper_lock
from cctv.footage.repair.recover import recover_incoming
from cctv.footage.runs import begin_run
from cctv.footage.segments import tombstones_of
from cctv.model.audit import Actor
from cctv.model.footage import Reason
from cctv.model.ids import CameraId
from cctv.retention.session import deletion_session

pytestmark = pytest.mark.slow

GEVEL = CameraId("gevel-1")


class Died(BaseException):
    """The process is gone; no handler of the product runs."""


class DyingDisk(DurableFiles):
    """A real disk under a process that dies before its n-th durable operation, or right after it."""

    def __init__(self, dies_at: int, *, after: bool) -> None:
        self._left, self._after = dies_at, after

    def _step(self, operation, *arguments):
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Died
        answer = operation(*arguments)
        if self._left == 0:
            raise Died
        return answer

    def sync_file(self, path):
        return self._step(super().sync_file, path)

    def make_directory(self, directory):
        return self._step(super().make_directory, directory)

    def append_line(self, path, line):
        return self._step(super().append_line, path, line)

    def rename(self, source, target):
        return self._step(super().rename, source, target)

    def unlink(self, path):
        return self._step(super().unlink, path)


def dies_somewhere(act, steps: int):
    """Before and after each of the first steps; a step beyond the last is the run that nothing interrupts."""
    return [
        pytest.param(step, after, id=f"{act}-{'after' if after else 'before'}-{step}")
        for after in (False, True)
        for step in range(1, steps)
    ]


def assert_disk_and_index_agree(site) -> None:
    """Every row has its file with its hash, every file its row, and nothing is left half way."""
    opened = site.open()
    segments = site.footage(GEVEL)
    on_disk = {opened.relative(path) for path in site.root.glob("segments/**/*.mp4")}
    assert {segment.path for segment in segments} == on_disk
    assert all(sha256_file(site.root / segment.path) == segment.sha256 for segment in segments)
    assert list(site.root.glob("incoming/*/*")) == []
    with read_transaction(opened.engine) as connection:
        whole = Span(site.instant("2000-01-01"), site.instant("2100-01-01"))
        assert all(stone.closed for stone in tombstones_of(connection, GEVEL, whole))
        verify_log(connection)


@pytest.mark.parametrize(("step", "after"), dies_somewhere("ingest", 6))
def test_a_segment_survives_a_death_at_any_step_of_its_ingest(site, clip, step, after):
    opened = site.open()
    run = begin_run(opened, GEVEL)
    file = incoming_directory(opened, GEVEL) / f"run{run.id}-000000.mp4"
    shutil.copy(clip, file)
    span = Span(site.clock.now(), site.clock.now() + timedelta(seconds=2))
    dying = replace(opened, disk=DyingDisk(step, after=after))

    with contextlib.suppress(Died):
        ingest(dying, run, file, span)

    site.clock.advance(seconds=30)
    recover_incoming(site.open())
    assert len(site.footage(GEVEL)) == 1
    assert_disk_and_index_agree(site)


@pytest.mark.parametrize(("step", "after"), dies_somewhere("deletion", 5))
def test_a_deletion_that_died_is_finished_at_the_next_sweep(site, step, after):
    recorded = site.record(GEVEL, "2026-11-01 11:00", minutes=3)
    site.clock.advance(days=8)
    dying = replace(site.open(), disk=DyingDisk(step, after=after))

    with contextlib.suppress(Died), deletion_session(dying) as session:
        delete_segments(session, recorded, Reason.PAST_LIMIT)

    site.cctv("sweep --once")
    assert site.footage(GEVEL) == []
    assert_disk_and_index_agree(site)


def test_a_hold_placed_after_the_plan_still_saves_its_footage(site):
    recorded = site.record(GEVEL, "2026-11-01 11:00", minutes=3)
    site.clock.advance(days=8)
    with deletion_session(site.open()) as session:
        planned = recorded
        site.cctv(
            "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:01' --to '2026-11-01 11:02'"
        )

        deleted = delete_segments(session, planned, Reason.PAST_LIMIT)

    assert [stone.path for stone in deleted] == [recorded[0].path, recorded[2].path]
    assert site.footage(GEVEL) == [recorded[1]]


def test_what_nobody_can_explain_goes_to_quarantine_and_leaves_at_its_limit(site):
    stray = site.root / "incoming" / "gevel-1" / "holiday.mp4"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"what is this")

    report = recover_incoming(site.open())

    assert report.quarantined == ("quarantine/gevel-1_holiday.mp4",)
    site.clock.advance(days=6)
    site.cctv("sweep --once")
    assert (site.root / report.quarantined[0]).exists()
    site.clock.advance(days=1)
    site.cctv("sweep --once")
    assert list((site.root / "quarantine").iterdir()) == []


def test_a_torn_file_of_a_killed_recorder_is_adopted_as_far_as_it_goes(site, clip):
    opened = site.open()
    run = begin_run(opened, GEVEL)
    whole = clip.read_bytes()
    torn = incoming_directory(opened, GEVEL) / f"run{run.id}-000000.mp4"
    torn.write_bytes(whole[: len(whole) * 3 // 4])

    site.clock.advance(seconds=10)
    report = recover_incoming(opened)

    assert len(report.adopted) == 1
    assert timedelta(seconds=0.9) < report.adopted[0].span.duration < timedelta(seconds=2)
    site.clock.advance(minutes=30)
    told = site.cctv("footage coverage --cameras gevel-1 --from '11:00' --to '12:30' --json").json["cameras"][0]
    assert told["never_recorded"][-1]["cause"] == "recorder stopped"


def test_only_one_sweeper_and_one_recorder_work_at_a_time(site):
    opened = site.open()
    with sweeper_lock(opened):
        told = site.cctv("sweep --once", exit=11)
    assert "another process" in told.err.lower()


def test_names_stay_inside_the_storage(site):
    for segment in site.record(GEVEL, "2026-10-25 01:30", minutes=120, segment=1800):
        assert Path(segment.path).parts[:3] == ("segments", "facade", "gevel-1")
    assert len(site.footage(GEVEL)) == 4


def test_a_making_that_died_before_site_json_can_be_made_again(bare_site):
    class Dying(DurableFiles):
        def write(self, path, data, mode=0o640):
            raise Died

    settings = load_settings(bare_site.config, environ={}).settings
    with pytest.raises(Died):
        create_site(settings, disk=Dying(), clock=bare_site.clock, actor=Actor("test"))
    assert (bare_site.root / "cctv.db").exists()

    bare_site.cctv("footage init")

    assert bare_site.cctv("audit verify --json").json["entries"] == 1


def test_a_database_with_a_past_is_not_taken_for_a_leftover(site):
    (site.root / "site.json").unlink()

    told = site.cctv("footage init", exit=1)

    assert "cctv.db" in told.err


def test_a_file_that_a_kill_met_before_its_first_frame_is_no_footage(site, clip):
    opened = site.open()
    run = begin_run(opened, GEVEL)
    whole = clip.read_bytes()
    header = incoming_directory(opened, GEVEL) / f"run{run.id}-000000.mp4"
    header.write_bytes(whole[: whole.index(b"moof") - 4])

    report = recover_incoming(opened)

    assert (report.adopted, report.quarantined) == ((), ())
    assert_disk_and_index_agree(site)
