"""What the index names is a file of the storage, or nothing is deleted and nothing is opened."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from cctv.core.errors import GuardError
from cctv.db.engine import read_transaction
from cctv.footage.deletion import delete_segments
from cctv.footage.layout import PathOutside, inside
from cctv.footage.segments import open_tombstones
from cctv.model.footage import Reason
from cctv.retention.session import deletion_session

CCTV = Path(__file__).resolve().parents[2] / "cctv"
ASKED_BEFORE = {  # the path is one that was listed on the disk, made here, or asked about a moment ago
    "backup/queries.py", "backup/restore_held.py", "footage/deletion.py", "footage/ingest.py",
    "footage/repair/compare.py", "footage/repair/reconcile.py", "packages/folder.py", "packages/orphans.py",
}  # fmt: skip
CASE = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"


@pytest.fixture
def outside(site):
    """A file beside the storage."""
    file = site.folder / "outside.mp4"
    file.write_text("theirs")
    return file


def sql(site, statement: str, *values: object) -> None:
    connection = sqlite3.connect(site.root / "cctv.db")
    with connection:
        connection.execute(statement, values)
    connection.close()


PATHS = {
    "absolute": lambda site, outside: str(outside),
    "dots": lambda site, outside: "../outside.mp4",
    "dots inside": lambda site, outside: "segments/facade/gevel-1/../../../../outside.mp4",
    "no folder": lambda site, outside: "..",
    "empty": lambda site, outside: "",
}


@pytest.mark.parametrize("kind", PATHS)
def test_a_sweep_deletes_nothing_where_a_row_leaves_the_storage(site, clock, outside, kind):
    first, second, third = site.record("gevel-1", "2026-11-01 10:00", minutes=3)
    path = PATHS[kind](site, outside)
    sql(site, "UPDATE segments SET path = ? WHERE id = ?", path, second.id)
    clock.advance(days=8)

    refused = site.cctv("sweep --once", exit=18)

    assert "not inside the storage" in refused.err
    assert path in refused.err
    assert "cctv footage reconcile" in refused.err
    assert outside.read_text() == "theirs"
    assert all((site.root / segment.path).exists() for segment in (first, second, third))
    assert site.cctv("status --json", exit=17).json["guard"] == "PathOutside"


def test_a_row_of_a_linked_folder_stops_the_sweep_too(site, clock):
    (recorded,) = site.record("gevel-1", "2026-11-01 10:00")
    folder, elsewhere = (site.root / recorded.path).parent, site.folder / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    clock.advance(days=8)

    for command in ("sweep --once", "footage verify", "footage reconcile", "footage reconcile --fix"):
        refused = site.cctv(command, exit=18)
        assert str(elsewhere) in refused.err
    assert (elsewhere / (site.root / recorded.path).name).exists()

    folder.unlink()
    elsewhere.rename(folder)
    site.cctv("sweep --once")
    assert site.footage("gevel-1") == []


def test_a_storage_that_is_a_link_itself_is_no_damage(site, clock):
    site.record("gevel-1", "2026-11-01 10:00")
    site.root.rename(site.folder / "disk")
    site.root.symlink_to(site.folder / "disk")
    clock.advance(days=8)

    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []


def test_an_unfinished_deletion_of_a_file_beside_the_storage_is_not_finished(site, clock, outside, monkeypatch):
    first, second = site.record("gevel-1", "2026-11-01 10:00", minutes=2)
    clock.advance(days=8)

    class Died(BaseException):
        pass

    def die(*_):
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("cctv.core.durable.DurableFiles.unlink", die)
        with pytest.raises(Died):
            site.cctv("sweep --once")
    sql(site, "UPDATE tombstones SET path = '../outside.mp4' WHERE path = ?", second.path)

    refused = site.cctv("sweep --once", exit=18)

    assert "tombstone 2" in refused.err
    assert outside.read_text() == "theirs"
    assert (site.root / first.path).exists()
    with read_transaction(site.open().engine) as connection:
        assert [stone.path for stone in open_tombstones(connection)] == [first.path, "../outside.mp4"]


def test_a_session_deletes_nothing_of_a_list_with_a_path_outside(site, outside):
    first, second = site.record("gevel-1", "2026-11-01 10:00", minutes=2)

    with deletion_session(site.open()) as session, pytest.raises(PathOutside):
        delete_segments(session, [first, replace(second, path="../outside.mp4")], Reason.PAST_LIMIT)

    assert site.footage("gevel-1") == [first, second]
    assert outside.exists()


@pytest.mark.parametrize("kind", PATHS)
def test_reconcile_tells_of_the_row_and_adopts_its_own_file_again(site, clock, outside, kind):
    recorded = site.record("gevel-1", "2026-11-01 10:00", minutes=3)
    path = PATHS[kind](site, outside)
    sql(site, "UPDATE segments SET path = ? WHERE id = ?", path, recorded[1].id)

    told = site.cctv("footage reconcile --json", exit=3).json
    assert path in [difference["path"] for difference in told["differences"]]
    site.cctv("footage reconcile --fix")

    assert [segment.path for segment in site.footage("gevel-1")] == [segment.path for segment in recorded]
    assert outside.read_text() == "theirs"
    clock.advance(days=8)
    site.cctv("sweep --once")
    assert site.footage("gevel-1") == []


def test_nothing_outside_is_opened(site, outside):
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv(CASE)
    sql(site, "UPDATE segments SET path = ?", str(outside))
    span = "--from '2026-11-01 10:00:00' --to '2026-11-01 10:00:02'"

    for command in (
        "footage verify",
        f"footage extract --case INC-2026-001 --camera gevel-1 {span}",
        f"footage show --case INC-2026-001 --camera gevel-1 {span}",
    ):
        assert "not inside the storage" in site.cctv(command, exit=18).err


def test_a_file_that_is_a_link_is_not_opened(site, outside):
    (recorded,) = site.record("gevel-1", "2026-11-01 10:00")
    (site.root / recorded.path).unlink()
    (site.root / recorded.path).symlink_to(outside)

    with pytest.raises(PathOutside, match="a link leads to"):
        inside(site.root, recorded.path)
    assert issubclass(PathOutside, GuardError)


@pytest.mark.parametrize("link", ["case", "views"])
def test_a_link_in_derived_is_neither_followed_nor_fatal(site, clock, link):
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv(CASE)
    theirs = site.folder / "theirs"
    (theirs / "views").mkdir(parents=True)
    (theirs / "views" / "old_20200101T000000Z.mp4").write_text("theirs")
    case = site.root / "derived" / "INC-2026-001"
    if link == "case":
        case.symlink_to(theirs)
    else:
        case.mkdir()
        (case / "views").symlink_to(theirs / "views")
    (site.root / "derived" / "gone").symlink_to("nowhere")
    site.cctv("incident settle INC-2026-001 --reason 'no case' --yes")
    clock.advance(days=8)

    site.cctv("sweep --once")

    assert (theirs / "views" / "old_20200101T000000Z.mp4").read_text() == "theirs"
    assert not (case / "views").is_symlink()


def test_a_link_in_place_of_a_request_s_folder_goes_and_what_it_leads_to_stays(site, clock):
    site.record("gevel-1", "2026-11-01 10:00")
    span = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'"
    site.cctv(f"request open --no-prepare --name Q --contact q@example.be {span}")
    theirs = site.folder / "theirs"
    theirs.mkdir()
    (theirs / "file").write_text("theirs")
    case = site.root / "derived" / "REQ-2026-001"
    if case.exists():
        case.rename(site.folder / "moved")
    case.symlink_to(theirs)
    sql(
        site,
        "INSERT INTO redactions (request_id, camera, position, directory, digest, plan, prepared_us, prepared_by)"
        " VALUES ('REQ-2026-001', 'gevel-1', 1, 'derived/REQ-2026-001/x', 'd', '{}', 0, 'test')",
    )

    site.cctv("sweep --once")

    assert not case.is_symlink()
    assert [path.name for path in theirs.iterdir()] == ["file"]


def test_no_other_module_joins_a_path_of_the_index_to_the_storage_unasked():
    joined = re.compile(r"root / [a-z_.]*\.(?:path|directory)\b")
    modules = {str(file.relative_to(CCTV)) for file in CCTV.rglob("*.py") if joined.search(file.read_text())}

    assert modules == ASKED_BEFORE, "ask `inside`, `part_directory` or `package_folder` instead"


def test_a_package_whose_folder_is_gone_does_not_stop_the_sweep(site):
    sql(
        site,
        "INSERT INTO exports (id, path, manifest_sha256, built_us, built_by, expires_us)"
        " VALUES ('EXP-2026-001', 'exports/EXP-2026-001', 'x', 0, 'me', 4102444800000000)",
    )

    site.cctv("sweep --once")
