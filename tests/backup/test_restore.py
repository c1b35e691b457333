"""A restore brings back no deleted footage and loses no hold."""

import re
import sqlite3
from contextlib import closing, suppress

import pytest

from cctv.audit.log import verify_log
from cctv.core.durable import DurableFiles
from cctv.db.engine import read_transaction
from cctv.footage.layout import recorder_lock
from cctv.footage.segments import insert_tombstones_unless_held
from cctv.model.footage import Reason

pytestmark = pytest.mark.slow


def entries(rig):
    return rig.cctv("audit list --json").json["entries"]


def test_after_the_loss_of_the_whole_disk_the_registers_holds_and_log_are_back(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    before = entries(rig)
    file = rig.back_up()
    rig.lose()

    told = rig.restore(file, "--json").json

    assert (told["holds"], told["rows_without_file"], told["held_without_file"]) == ([hold], 2, 1)
    assert rig.site.footage("gevel-1") == []
    assert rig.cctv("hold list --json").json["holds"][0]["id"] == hold
    assert rig.cctv("incident list --json").json["incidents"]
    assert entries(rig)[: len(before)] == before
    assert rig.cctv("audit verify --json").json["entries"] == len(entries(rig))


def test_holds_still_hold_and_deleted_stays_deleted(rig):
    recorded = rig.site.record("gevel-1", "2026-11-01 11:00", minutes=4)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    file = rig.back_up()
    rig.days_pass(8)
    rig.cctv("sweep --once")
    assert rig.site.footage("gevel-1") == recorded[:1]
    rig.lose_index()

    rig.restore(file)

    assert [one.path for one in rig.site.footage("gevel-1")] == [recorded[0].path]
    rig.cctv("sweep --once", exit=18)
    rig.confirm()
    rig.cctv("sweep --once")
    assert [one.path for one in rig.site.footage("gevel-1")] == [recorded[0].path]
    gone = rig.cctv("retention explain --cameras gevel-1 --from '2026-11-01 11:01' --to '2026-11-01 11:04' --json")
    reasons = {one["reason"] for one in gone.json["cameras"][0]["gone"]}
    assert reasons == {"gone before the index was made again"}


def test_a_write_ahead_log_whose_index_was_moved_by_hand_is_not_the_restored_index_s(rig):
    """Of a process that was killed; SQLite would write its pages into the file that takes the place."""
    file = rig.back_up()
    database = rig.site.root / "cctv.db"
    with closing(sqlite3.connect(database)) as late:
        late.execute("SELECT count(*) FROM audit").fetchall()  # whoever closes before this one leaves the log
        rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
        log = (rig.site.root / "cctv.db-wal").read_bytes()
    assert log
    (rig.site.root / "cctv.db-wal").write_bytes(log)
    database.rename(rig.site.root / "cctv.db.newer")

    rig.restore(file)

    with closing(sqlite3.connect(database)) as index:
        assert index.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert [path.read_bytes() for path in rig.site.root.glob("cctv.db.set-aside-*-wal")] == [log]
    rig.confirm()
    rig.cctv("sweep --once")


def test_a_hold_that_was_placed_after_the_back_up_is_kept(rig):
    recorded = rig.site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    file = rig.back_up()
    later = rig.hold("2026-11-01 11:01", "2026-11-01 11:02")
    rig.lose_index()

    assert rig.restore(file, "--json").json["holds_from_disk"] == [later]

    rig.confirm()
    rig.days_pass(8)
    rig.cctv("sweep --once")
    assert [one.path for one in rig.site.footage("gevel-1")] == [recorded[1].path]


def test_a_hold_that_was_released_after_the_back_up_holds_again_until_a_person_releases_it(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    file = rig.back_up()
    rig.cctv(f"hold release {hold} --reason 'nothing to be seen'")
    rig.days_pass(8)
    rig.lose_index()

    rig.restore(file)
    rig.cctv(f"hold release {hold} --reason 'released on the 1st already'")
    rig.confirm()

    rig.cctv("sweep --once")
    assert rig.site.footage("gevel-1") == []


def test_a_hold_whose_file_is_torn_on_the_disk_is_mended_from_the_back_up(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    file = rig.back_up()
    (rig.site.root / "holds" / f"{hold}.json").write_text("{torn")
    rig.lose_index()
    assert rig.restore(file, "--json").json["holds"] == [hold]


def test_footage_that_was_recorded_since_is_taken_in(rig):
    first = rig.site.record("gevel-1", "2026-11-01 11:00")
    file = rig.back_up()
    since = rig.site.record("gevel-1", "2026-11-01 11:10", minutes=2)
    rig.lose_index()

    rig.restore(file)

    assert [one.path for one in rig.site.footage("gevel-1")] == [one.path for one in (*first, *since)]
    rig.confirm()
    rig.days_pass(8)
    rig.cctv("sweep --once")
    assert rig.site.footage("gevel-1") == []


def test_a_number_that_was_given_since_the_back_up_is_not_given_again(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    file = rig.back_up()
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.lose_index()
    rig.restore(file)
    command = "incident open fiets --kind theft --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
    opened = rig.cctv(f"{command} --json").json
    assert (opened["incident"]["id"], opened["hold"]["id"]) == ("INC-2026-101", "HOLD-2026-101")


def test_the_signing_key_comes_back_and_a_newer_one_stays(rig):
    keys = rig.site.root / "keys"
    for name in ("signing", "signing.pub"):
        (keys / name).write_text(f"old {name}")
    file = rig.back_up()
    rig.lose()
    rig.restore(file)
    assert (keys / "signing").read_text() == "old signing"
    assert (keys / "signing").stat().st_mode & 0o777 == 0o600
    (keys / "signing").write_text("new")
    rig.lose_index()
    rig.restore(file)
    assert (keys / "signing").read_text() == "new"


def test_a_dry_run_says_what_would_be_and_changes_nothing(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    file = rig.back_up()
    rig.lose()
    told = rig.restore(file, "--dry-run --json").json
    assert (told["holds"], told["rows_without_file"], told["held_without_file"]) == ([hold], 1, 1)
    assert not rig.site.root.exists()


def test_an_index_that_is_whole_is_not_replaced_by_mistake_and_never_removed(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    file = rig.back_up()
    told = rig.restore(file, exit=13)
    assert "--replace" in told.err
    rig.cctv("sweep --once")

    rig.restore(file, "--replace")

    assert len(list(rig.site.root.glob("cctv.db.set-aside-*"))) == 1
    assert entries(rig)[-1]["facts"].get("set_aside_entries") or entries(rig)[-2]["facts"]["set_aside_entries"]


def test_a_damaged_index_gives_way_and_its_log_file_is_not_taken_for_the_new_one(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    file = rig.back_up()
    index = rig.site.root / "cctv.db"
    index.write_bytes(b"not a database at all" * 500)
    (rig.site.root / "cctv.db-wal").write_bytes(b"nor this" * 500)
    rig.restore(file)
    assert len(rig.site.footage("gevel-1")) == 1


def test_nothing_is_restored_while_somebody_records(rig):
    file = rig.back_up()
    with recorder_lock(rig.site.open()):
        rig.restore(file, "--replace", exit=11)


def test_another_recovery_key_opens_nothing(rig, tmp_path):
    file = rig.back_up()
    rig.lose()
    rig.cctv(f"backup key {tmp_path / 'other.key'}")
    told = rig.cctv(f"restore {file} --key {tmp_path / 'other.key'} --reason x", exit=12)
    assert "not encrypted to that recovery key" in told.err
    assert not (rig.site.root / "cctv.db").exists()


def test_a_file_that_is_no_key_is_said(rig):
    file = rig.back_up()
    assert "AGE-SECRET-KEY-1" in rig.cctv(f"restore {file} --key {rig.site.config} --reason x", exit=2).err


@pytest.mark.parametrize("left", [0, 40, 300, 0.5, 0.99])
def test_a_torn_back_up_changes_nothing(rig, left):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    file = rig.back_up()
    whole = file.read_bytes()
    file.write_bytes(whole[: left if left > 1 else int(len(whole) * left)])
    rig.lose_index()
    assert "not a whole back-up" in rig.restore(file, exit=15).err
    assert not (rig.site.root / "cctv.db").exists()
    assert not (rig.site.root / ".restore").exists()


def test_one_changed_byte_is_a_torn_back_up(rig):
    file = rig.back_up()
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    rig.lose_index()
    rig.restore(file, exit=15)


def test_another_sites_back_up_is_refused(rig):
    file = rig.back_up()
    rig.lose()
    rig.cctv("footage init")
    told = rig.restore(file, exit=12)
    assert "another site" in told.err
    rig.lose()
    rig.site.config.write_text(rig.site.config.read_text().replace("De Grote Post", "De Kleine Post"))
    assert "De Grote Post" in rig.restore(file, exit=12).err


def test_a_folder_with_strange_files_is_no_place_to_restore_to(rig):
    file = rig.back_up()
    rig.lose()
    rig.site.root.mkdir()
    (rig.site.root / "thesis.odt").write_text("mine")
    assert "thesis.odt" in rig.restore(file, exit=1).err


def test_a_storage_that_was_copied_to_another_disk_is_restored_only_when_somebody_says_so(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    file = rig.back_up()
    rig.lose_index()
    said = rig.site.root / "site.json"
    said.write_text(re.sub(r'("file_system": ")[0-9a-f]+', r"\g<1>00000000deadbeef", said.read_text()))
    rig.restore(file, exit=18)
    rig.restore(file, "--new-disk")
    assert len(rig.site.footage("gevel-1")) == 1


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(1, 17))
def test_a_restore_that_died_anywhere_is_done_again_and_deletes_nothing_in_between(rig, monkeypatch, step, after):
    recorded = rig.site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    file = rig.back_up()
    since = rig.hold("2026-11-01 11:01", "2026-11-01 11:02")
    rig.days_pass(8)
    rig.lose_index()
    (rig.site.root / "site.json").unlink()
    left = [step]

    def dying(operation):
        def act(*arguments, **named):
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Died
            answer = operation(*arguments, **named)
            if left[0] == 0:
                raise Died
            return answer

        return act

    with monkeypatch.context() as patch, suppress(Died):
        for name in ("sync_file", "make_directory", "write", "append_line", "rename", "unlink"):
            patch.setattr(DurableFiles, name, dying(getattr(DurableFiles, name)))
        rig.restore(file)

    rig.cctv("sweep --once", exit=18)
    rig.site.clock.advance(seconds=1)
    if left[0] <= 0:
        assert rig.restore(file, exit=None).exit in (0, 13)  # 13: the index was in place already
    rig.cctv("sweep --once", exit=18)
    rig.confirm()
    rig.cctv("sweep --once")
    assert [one.path for one in rig.site.footage("gevel-1")] == [one.path for one in recorded]
    assert {one["id"] for one in rig.cctv("hold list --json").json["holds"]} == {hold, since}
    site = rig.site.open()
    with read_transaction(site.engine) as connection:
        verify_log(connection)


def test_a_deletion_that_the_replaced_index_had_begun_is_finished(rig):
    recorded = rig.site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    file = rig.back_up()
    rig.days_pass(8)
    opened = rig.site.open()
    with opened.engine.begin() as connection:  # past the log, as an earlier version left it
        insert_tombstones_unless_held(connection, recorded[:1], Reason.PAST_LIMIT, rig.site.clock.now())

    told = rig.restore(file, "--replace --json").json
    assert told["rows_without_file"] == 1
    assert [segment.path for segment in rig.site.footage("gevel-1")] == [recorded[1].path]
    rig.confirm()
    rig.cctv("sweep --once")
    assert not (rig.site.root / recorded[0].path).exists()


def test_what_the_replaced_index_deleted_keeps_its_reason(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    file = rig.back_up()
    rig.days_pass(8)
    rig.cctv("sweep --once")

    planned = rig.restore(file, "--replace --dry-run --json").json
    told = rig.restore(file, "--replace --json").json

    assert planned["rows_without_file"] == told["rows_without_file"] == 2
    gone = rig.cctv("retention explain --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02' --json")
    assert {stone["reason"] for stone in gone.json["cameras"][0]["gone"]} == {"past its limit"}


def test_the_restored_index_is_the_newest_and_the_one_that_was_replaced_is_not(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    file = rig.back_up()
    kept = (rig.site.root / "cctv.db").read_bytes()
    rig.restore(file, "--replace")
    rig.confirm()
    rig.cctv("sweep --once")

    rig.lose_index()
    (rig.site.root / "cctv.db").write_bytes(kept)
    assert "is not the newest index" in rig.cctv("sweep --once", exit=18).err


def test_the_latest_timestamp_comes_back(rig):
    folder = rig.site.root / "audit/timestamps"
    folder.mkdir(parents=True)
    for entries, reply in ((9, b"older"), (10, b"latest")):
        (folder / f"{entries}.tsr").write_bytes(reply)
    file = rig.back_up()
    rig.lose()

    rig.restore(file)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"10.tsr": b"latest"}
