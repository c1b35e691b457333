"""Disk and index are compared both ways; what does not agree is put right, and nothing held is ever removed."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from cctv.audit.log import audit_entries
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.footage.layout import INDEX, incoming_directory, recorder_lock
from cctv.footage.quarantine import quarantined_files
from cctv.footage.repair.reconcile import reconcile
from cctv.footage.runs import begin_run
from cctv.footage.segments import count_all_again
from cctv.model.audit import Act

pytestmark = pytest.mark.slow

HOLD = "incident open ruit --kind damage --cameras {camera} --from '2026-11-01 10:00' --to '2026-11-01 10:02'"


@pytest.fixture
def recorded(site, clock):
    clock.set("2026-11-01 10:00")
    made = site.record("gevel-1", "2026-11-01 10:00", minutes=3)
    clock.set("2026-11-01 12:00")
    return made


def forget(site, segment):
    opened = site.open()
    with write_transaction(opened.engine) as connection:
        connection.execute(schema.segments.delete().where(schema.segments.c.id == segment.id))
        count_all_again(connection)


def found(site, command="footage reconcile", exit=3):
    said = site.cctv(f"{command} --json", exit=exit).json
    return [(one["path"], one["kind"], one["remedy"]) for one in said["differences"]]


def logged(site, act):
    with read_transaction(site.open().engine) as connection:
        return [entry for entry, _ in audit_entries(connection, act=act)]


def quarantined(site):
    return {one.path.name: one for one in quarantined_files(site.open())}


def test_nothing_to_do_is_exit_0(site, recorded):
    assert "Disk and index agree." in site.cctv("footage reconcile").out
    site.cctv("footage reconcile --fix")
    assert logged(site, Act.INDEX_RECONCILED) == []


def test_a_file_that_the_index_forgot_is_adopted_with_the_limit_of_its_line(site, recorded):
    forget(site, recorded[1])

    assert found(site) == [(recorded[1].path, "file without a row", "adopt")]
    assert len(site.footage("gevel-1")) == 2, "the plan changes nothing"
    site.cctv("footage reconcile --fix")

    assert [one.limit for one in site.footage("gevel-1")] == [one.limit for one in recorded]
    assert [entry.subject for entry in logged(site, Act.FOOTAGE_ADOPTED)] == [recorded[1].path]
    assert found(site, exit=0) == []


def test_a_file_without_row_and_line_is_adopted_under_the_run_that_explains_it(site, recorded):
    forget(site, recorded[1])
    index = (site.root / recorded[1].path).parent / INDEX
    name = recorded[1].path.rpartition("/")[2]
    index.write_text("".join(line for line in index.read_text().splitlines(keepends=True) if name not in line))

    site.cctv("footage reconcile --fix")

    adopted = site.footage("gevel-1")[1]
    assert adopted.span.start == recorded[1].span.start
    assert adopted.limit == recorded[1].limit
    assert name in index.read_text()


def test_a_file_whose_bytes_are_not_those_of_its_line_goes_to_quarantine_until_the_promised_limit(site, recorded):
    forget(site, recorded[0])
    (site.root / recorded[0].path).write_bytes(b"other bytes")

    assert found(site) == [(recorded[0].path, "file without a row", "quarantine")]
    site.cctv("footage reconcile --fix")

    assert [entry.subject for entry in logged(site, Act.FOOTAGE_MISSING)] == [recorded[0].path], "as it was recorded"
    [one] = quarantined(site).values()
    assert one.limit == recorded[0].limit


def test_a_row_whose_file_is_gone_is_marked_lost_and_said_so(site, recorded, clock):
    (site.root / recorded[2].path).unlink()

    assert found(site) == [(recorded[2].path, "row without a file", "mark lost")]
    site.cctv("footage reconcile --fix")

    assert len(site.footage("gevel-1")) == 2
    [entry] = logged(site, Act.FOOTAGE_MISSING)
    assert entry.subject == recorded[2].path
    assert entry.facts["holds"] == []
    told = site.cctv("retention explain --cameras gevel-1 --from '2026-11-01 10:02:10'").out
    assert "lost" in told


def test_lost_footage_that_a_hold_should_keep_is_exit_15_and_an_alarm_in_status(site, recorded):
    site.cctv(HOLD.format(camera="gevel-1"))
    (site.root / recorded[0].path).unlink()

    said = site.cctv("footage reconcile --json", exit=15).json
    assert said["differences"][0]["holds"] == ["HOLD-2026-001"]
    assert "tell the DPO" in site.cctv("footage reconcile --fix", exit=15).out

    [entry] = logged(site, Act.FOOTAGE_MISSING)
    assert entry.facts["holds"] == ["HOLD-2026-001"]
    assert entry.facts["cases"] == ["INC-2026-001"]
    status = site.cctv("status --json", exit=15).json
    assert [one["camera"] for one in status["held_footage_lost"]] == ["gevel-1"]
    assert "lost" in site.cctv("status", exit=15).out
    shown = site.cctv("hold show HOLD-2026-001").out
    assert "lost" in shown


def test_a_lost_file_that_comes_back_is_taken_in_again_and_the_alarm_ends(site, recorded, tmp_path):
    site.cctv(HOLD.format(camera="gevel-1"))
    shutil.move(site.root / recorded[0].path, tmp_path / "away.mp4")
    site.cctv("footage reconcile --fix", exit=15)

    shutil.move(tmp_path / "away.mp4", site.root / recorded[0].path)
    site.cctv("footage reconcile --fix")

    assert [one.limit for one in site.footage("gevel-1")] == [one.limit for one in recorded]
    assert site.cctv("status --json", exit=None).json["held_footage_lost"] == []


def test_a_missing_line_is_written_again(site, recorded):
    index = (site.root / recorded[0].path).parent / INDEX
    before = index.read_text()
    index.unlink()

    assert {kind for _, kind, _ in found(site)} == {"row without a line"}
    site.cctv("footage reconcile --fix")

    assert index.read_text() == before


def test_a_line_without_row_and_file_is_marked_lost(site, recorded):
    forget(site, recorded[1])
    (site.root / recorded[1].path).unlink()

    assert found(site) == [(recorded[1].path, "line without a row", "mark lost")]
    site.cctv("footage reconcile --fix")

    assert found(site, exit=0) == []


def test_lines_of_deleted_footage_are_no_difference_but_its_file_is(site, recorded, clock, tmp_path):
    shutil.copy(site.root / recorded[0].path, tmp_path / "copy.mp4")
    late = site.record("gevel-1", "2026-11-01 20:00")
    clock.set("2026-11-08 12:00")
    site.cctv("sweep --once")
    assert site.footage("gevel-1") == late
    assert found(site, exit=0) == []

    shutil.copy(tmp_path / "copy.mp4", site.root / recorded[0].path)
    assert found(site) == [(recorded[0].path, "file of a deleted segment", "quarantine")]
    site.cctv("footage reconcile --fix")
    assert list(quarantined(site)) == [f"gevel-1_{recorded[0].path.rpartition('/')[2]}"]

    site.cctv("sweep --once")
    assert quarantined(site) == {}, "it was past its limit"


def test_stray_files_go_to_quarantine_and_stay_while_anything_is_held(site, recorded, clock):
    day = (site.root / recorded[0].path).parent
    (day / "copy of gevel.mp4").write_bytes(b"1")
    (site.root / "segments" / "notes.json").write_text("{}")
    (site.root / "segments" / "facade" / "gevel-1" / "old").mkdir()
    (site.root / "segments" / "facade" / "gevel-1" / "old" / recorded[0].path.rpartition("/")[2]).write_bytes(b"2")

    assert [remedy for _, _, remedy in found(site)] == ["quarantine"] * 3
    site.cctv("footage reconcile --fix")
    assert found(site, exit=0) == []
    assert sorted(quarantined(site)) == [
        "gevel-1_copy of gevel.mp4", f"gevel-1_{recorded[0].path.rpartition('/')[2]}", "unknown_notes.file"
    ]  # fmt: skip

    site.cctv(HOLD.format(camera="foyer-1"))
    clock.advance(days=8)
    site.cctv("sweep --once")
    assert list(quarantined(site)) == ["unknown_notes.file"]


def test_holds_that_only_one_side_knows_are_made_whole(site, recorded):
    site.cctv(HOLD.format(camera="gevel-1"))
    file = site.root / "holds" / "HOLD-2026-001.json"
    said = json.loads(file.read_text())
    file.unlink()
    (site.root / "holds" / "HOLD-2026-007.json").write_text(json.dumps({**said, "id": "HOLD-2026-007"}))

    assert {kind for _, kind, _ in found(site)} == {"hold without a row", "hold without a file"}
    site.cctv("footage reconcile --fix")

    assert json.loads(file.read_text()) == said
    assert [one["id"] for one in site.cctv("hold list --json").json["holds"]] == ["HOLD-2026-001", "HOLD-2026-007"]


def test_totals_that_counting_denies_are_counted_again(site, recorded):
    with write_transaction(site.open().engine) as connection:
        connection.execute(schema.camera_totals.update().values(segments=7, longest_us=timedelta(microseconds=1)))

    assert found(site) == [("cctv.db", "totals of a camera", "count again")]
    site.cctv("footage reconcile --fix")

    assert found(site, exit=0) == []


def test_a_death_between_line_and_row_is_put_right_by_the_next_call(site, recorded, monkeypatch):
    forget(site, recorded[1])
    index = (site.root / recorded[1].path).parent / INDEX
    name = recorded[1].path.rpartition("/")[2]
    index.write_text("".join(line for line in index.read_text().splitlines(keepends=True) if name not in line))
    with monkeypatch.context() as dying:
        dying.setattr("cctv.footage.repair.reconcile.insert_line", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            reconcile(site.open())

    site.cctv("footage reconcile --fix")

    assert len(site.footage("gevel-1")) == 3
    assert index.read_text().count(name) == 1


def test_what_a_dead_recorder_left_is_taken_in_unless_one_runs(site, clip, clock):
    opened = site.open()
    run = begin_run(opened, site.record("gevel-1", "2026-11-01 10:00")[0].camera)
    shutil.copy(clip, incoming_directory(opened, run.camera) / f"run{run.id}-000000.mp4")

    with recorder_lock(opened):
        assert found(site, exit=0) == []
    assert [kind for _, kind, _ in found(site)] == ["left in incoming"]
    site.cctv("footage reconcile --fix")

    assert len(site.footage("gevel-1")) == 2


def test_what_a_running_recorder_may_be_entering_is_left_to_it(site, recorded, clock):
    clock.set("2026-11-01 10:03")
    forget(site, recorded[1])

    with recorder_lock(site.open()):
        assert found(site, exit=0) == []
        clock.advance(hours=3)
        assert len(found(site)) == 1
        site.cctv("footage reconcile --fix")
    assert len(site.footage("gevel-1")) == 3


def test_a_missing_disk_is_not_taken_for_lost_footage(site, tmp_path):
    site.record("gevel-1", "2026-11-01 10:00", minutes=25)
    shutil.move(site.root / "segments" / "facade", tmp_path / "away")

    refused = site.cctv("footage reconcile --fix", exit=13)

    assert "25 of 25 segments have no file" in refused.err
    assert "--accept-loss" in refused.err
    shutil.move(tmp_path / "away", site.root / "segments" / "facade")
    assert len(site.footage("gevel-1")) == 25


def test_packages_and_derived_files_that_the_index_does_not_know_are_cleared(site, recorded):
    (site.root / "exports" / ".building").mkdir()
    (site.root / "exports" / ".building" / "gevel-1.mp4").write_bytes(b"half")
    (site.root / "derived" / "REQ-2026-009").mkdir()
    (site.root / "derived" / "REQ-2026-009" / "sheet.html").write_text("people")
    (site.root / "exports" / "holiday").mkdir()

    kinds = {kind: remedy for _, kind, remedy in found(site)}
    assert kinds == {
        "unfinished package": "finish or remove", "derived files without a row": "remove",
        "package without a row": "leave",
    }  # fmt: skip
    site.cctv("footage reconcile --fix", exit=3)

    assert found(site) == [("exports/holiday", "package without a row", "leave")]
    assert list((site.root / "derived").iterdir()) == []


def test_reconciling_twice_finds_nothing_the_second_time(site, recorded):
    opened = site.open()
    forget(site, recorded[0])
    (site.root / recorded[1].path).unlink()
    ((site.root / recorded[2].path).parent / INDEX).unlink()

    assert len(reconcile(opened).done) == 3
    assert reconcile(opened).done == ()


def test_without_fix_and_as_a_dry_run_nothing_is_changed(site, recorded):
    (site.root / recorded[1].path).unlink()
    for command in ("footage reconcile", "footage reconcile --fix --dry-run"):
        site.cctv(command, exit=3)
    with read_transaction(site.open().engine) as connection:
        assert len(connection.execute(schema.segments.select()).fetchall()) == 3
