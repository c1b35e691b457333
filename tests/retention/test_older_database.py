"""An older copy of the site's own cctv.db knows nothing of what was recorded since: it is noticed, nothing is lost."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cctv.core.durable import DurableFiles
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.identity import (
    DATABASE_FILE,
    MARK_FILE,
    IndexOlder,
    has_mark,
    keep_in_step,
    next_mark,
    read_mark,
    require_newest,
)
from cctv.services.record import run_recorder

INCIDENT = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
REBUILD = "footage rebuild --reason 'an older cctv.db was put back'"
CONFIRM = "hold confirm --for 'An Maes' --reason 'compared with the incident book'"


def keep_database(site, name: str = "older.db") -> Path:
    """The file as somebody copies it while nothing runs."""
    return Path(shutil.copy(site.root / DATABASE_FILE, site.folder / name))


def put_back(site, database: Path) -> None:
    for path in site.root.glob(f"{DATABASE_FILE}*"):
        path.unlink()
    shutil.copy(database, site.root / DATABASE_FILE)


@pytest.fixture
def older(site, clock):
    """Footage and a hold of 1 November, footage of the 4th; then the database of the 1st lies in the storage again."""
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    kept = keep_database(site)
    clock.advance(days=3)
    site.record("gevel-1", "2026-11-04 11:00", minutes=2)
    site.cctv("sweep --once")
    keep_database(site, "newest.db")
    put_back(site, kept)
    return site


def files(site):
    return sorted(path.name for path in site.root.glob("segments/*/*/*/*.mp4"))


def test_an_older_database_stops_deletion_and_says_rebuild(older):
    told = older.cctv("sweep --once", exit=18)

    assert "is not the newest index of this storage" in told.err
    assert "2026-11-01T11:00:00" in told.err
    assert "2026-11-04T11:00:00" in told.err
    assert "cctv footage rebuild --reason WHY --dry-run" in told.err
    assert len(files(older)) == 4
    status = older.cctv("status --json", exit=15).json  # its log does not go as far as was signed, either
    assert status["guard"] == "IndexOlder"


def test_an_older_database_shows_in_the_status_before_any_sweep(site, clock):
    kept = keep_database(site)
    clock.advance(days=3)
    site.record("gevel-1", "2026-11-04 11:00")
    put_back(site, kept)

    assert site.cctv("status --json", exit=18).json["guard"] == "IndexOlder"


def test_an_older_database_stops_the_recorder_at_its_start(older):
    with pytest.raises(IndexOlder):
        run_recorder(older.open(), {}, write=print, environ={})
    assert "is not the newest index" in older.cctv("record", exit=18).err


def test_what_it_does_not_know_shows_as_overdue_at_its_limit(older, clock):
    clock.set("2026-11-12 12:00")

    status = older.cctv("status --json", exit=15).json

    assert status["overdue_seconds"] > timedelta(days=1).total_seconds()
    assert [file["path"].rpartition("_")[2] for file in status["overdue_files"]] == [
        "20261104T100000.000Z.mp4",
        "20261104T100100.000Z.mp4",
    ]


def test_a_rebuild_keeps_the_registers_and_takes_in_what_was_recorded_since(older, clock):
    planned = older.cctv(f"{REBUILD} --dry-run --json").json
    assert (planned["keeps_registers"], planned["segments"]) == (True, 4)

    older.cctv(REBUILD)

    assert len(older.footage("gevel-1")) == 4
    assert [incident["id"] for incident in older.cctv("incident list --json").json["incidents"]] == ["INC-2026-001"]
    older.cctv("sweep --once", exit=18)
    older.cctv(CONFIRM)
    older.cctv("sweep --once")
    older.cctv("footage reconcile")
    older.cctv("audit verify")
    again = older.cctv(INCIDENT.replace("ruit", "fiets") + " --another --json").json["incident"]["id"]
    assert again == "INC-2026-101"
    clock.advance(days=8)
    older.cctv("sweep --once")
    assert [segment.path.rpartition("_")[2] for segment in older.footage("gevel-1")] == ["20261101T100000.000Z.mp4"]


def test_footage_that_was_deleted_since_does_not_come_back_by_a_rebuild(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    kept = keep_database(site)
    clock.advance(days=8)
    site.cctv("sweep --once")
    put_back(site, kept)
    site.cctv("sweep --once", exit=18)

    site.cctv(REBUILD)

    assert site.footage("gevel-1") == []
    gone = site.cctv(
        "retention explain --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02' --json"
    ).json
    assert {stone["reason"] for stone in gone["cameras"][0]["gone"]} == {"gone before the index was made again"}


def test_the_newest_database_put_back_goes_on_as_if_nothing_was(older):
    older.cctv("sweep --once", exit=18)
    put_back(older, older.folder / "newest.db")

    older.cctv("sweep --once")
    assert len(older.footage("gevel-1")) == 4


def test_recording_under_an_older_database_never_makes_it_the_newest(older, clock):
    for minute in range(8):
        clock.advance(minutes=1)
        older.record("foyer-1", f"2026-11-04 12:0{minute}")
    assert "is not the newest index" in older.cctv("sweep --once", exit=18).err

    put_back(older, older.folder / "newest.db")
    assert "is not the newest index" in older.cctv("sweep --once", exit=18).err
    older.cctv(REBUILD)
    older.cctv(CONFIRM)
    older.cctv("sweep --once")
    assert len(older.footage("foyer-1")) == 8


@pytest.mark.parametrize("content", [None, "{", '{"number": 1}'])
def test_a_mark_that_cannot_be_read_counts_as_one_that_no_index_has(site, content):
    site.record("gevel-1", "2026-11-01 11:00")
    mark = site.root / MARK_FILE
    mark.unlink() if content is None else mark.write_text(content)

    told = site.cctv("sweep --once", exit=18)
    assert "index-mark.json cannot be read" in told.err

    site.cctv(REBUILD)
    site.cctv(CONFIRM)
    site.cctv("sweep --once")
    assert len(site.footage("gevel-1")) == 1


def test_the_index_may_be_ahead_of_the_disk_by_what_a_crash_lost(site, clock):
    opened = site.open()
    first = read_mark(opened.root)
    with write_transaction(opened.engine) as connection:
        next_mark(connection, opened.root, clock.now())  # committed, and not written to the disk

    require_newest(opened.engine, opened.root)
    clock.advance(minutes=5)
    keep_in_step(opened.engine, opened.root, DurableFiles(), clock.now(), every=timedelta(minutes=1))

    last = read_mark(opened.root)
    assert (first.number, last.number) == (1, 3)
    with read_transaction(opened.engine) as connection:
        assert has_mark(connection, last)


def test_the_mark_rises_once_a_minute_and_no_more(site, clock):
    def number():
        return json.loads((site.root / MARK_FILE).read_text())["number"]

    before = number()
    site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    assert number() == before
    clock.advance(minutes=1)
    site.record("gevel-1", "2026-11-01 11:10", minutes=3)
    assert number() == before + 1


def test_a_disk_that_is_full_does_not_stop_recording(site, clock):
    class Full(DurableFiles):
        def write(self, path, data, mode=0o640):
            raise OSError(28, "No space left on device")

    opened = site.open()
    clock.advance(minutes=5)
    keep_in_step(opened.engine, opened.root, Full(), clock.now(), every=timedelta(minutes=1))
    require_newest(opened.engine, opened.root)
