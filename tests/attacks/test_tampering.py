"""Somebody who may write the storage edits rows, files and the log by hand: deletion stops, and verifying names it."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from tamper_campaign import looks
from tampering.changes import Effect, flip_database
from tampering.look import found
from tampering.stage import Stage
from testbed.own_storage import one_engine

INCIDENT = (
    "incident open 'laptop, foyer' --kind theft --cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02'"
)


@pytest.fixture
def held(site, clock):
    """Footage past its limit that a hold keeps, sealed and signed."""
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    clock.advance(hours=1)
    site.cctv("sweep --once")
    site.cctv("audit checkpoint")
    assert site.cctv("audit verify").exit == 0
    return site


def write(site, *statements: str) -> None:
    """Change the index as an editor of SQLite does."""
    with sqlite3.connect(site.root / "cctv.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def hold_file(site) -> Path:
    return site.root / "holds/HOLD-2026-001.json"


GONE = ("DELETE FROM hold_cameras", "DELETE FROM holds")


@pytest.mark.parametrize(
    ("statements", "keeps_file"),
    [
        (GONE, False),
        (GONE, True),
        (("UPDATE holds SET end_us = start_us + 1000000",), True),
        (("UPDATE holds SET released_us = placed_us + 1, released_by = 'an'",), False),
        (("UPDATE hold_cameras SET camera = 'gang-2'",), True),
    ],
)
def test_a_hold_that_was_edited_by_hand_stops_deletion_and_is_named(held, clock, statements, keeps_file):
    write(held, *statements)
    if not keeps_file:
        hold_file(held).unlink()
    clock.advance(days=27, hours=22)

    told = held.cctv("sweep --once", exit=18)

    assert "HOLD-2026-001" in told.err
    assert len(list(held.root.glob("segments/**/*.mp4"))) == 2
    assert "HOLD-2026-001" in held.cctv("audit verify", exit=15).out


def test_a_hold_s_file_that_was_edited_by_hand_stops_deletion_and_is_named(held, clock):
    payload = json.loads(hold_file(held).read_text())
    hold_file(held).write_text(json.dumps(payload | {"end": payload["start"].replace("10:00", "10:01")}))
    clock.advance(days=27)

    assert "HOLD-2026-001" in held.cctv("sweep --once", exit=18).err


def test_a_hold_is_put_back_as_the_log_says_it(held, clock):
    before = hold_file(held).read_bytes()
    write(held, *GONE)
    hold_file(held).unlink()

    held.cctv("footage reconcile --fix")

    assert hold_file(held).read_bytes() == before
    clock.advance(days=27, hours=22)
    held.cctv("sweep --once")
    assert len(list(held.root.glob("segments/**/*.mp4"))) == 2
    assert held.cctv("audit verify").exit == 0


def test_a_hold_that_the_log_does_not_know_is_entered_into_it(held):
    write(
        held,
        "INSERT INTO holds SELECT 'HOLD-2026-009', ground_kind, ground_id, start_us, end_us, review_us, placed_us,"
        " placed_by, NULL, NULL FROM holds",
        "INSERT INTO hold_cameras VALUES ('gang-2', 'HOLD-2026-009')",
    )

    assert "HOLD-2026-009" in held.cctv("sweep --once", exit=18).err


def test_a_log_that_was_cut_stops_deletion_until_a_person_accepts_it(held, clock):
    write(held, "DELETE FROM audit WHERE seq > 4", "DELETE FROM audit_names WHERE seq > 4")
    write(held, *GONE)
    hold_file(held).unlink()
    clock.advance(minutes=5)

    assert "does not contain what was signed" in held.cctv("sweep --once", exit=18).err
    assert "--for NAME" in held.cctv("audit accept --reason 'an old image'", exit=2).err
    held.cctv("audit accept --reason 'an old image' --for 'A. Peeters'")
    held.cctv("sweep --once")
    assert "LOOK" in held.cctv("audit verify", exit=15).out


@pytest.mark.parametrize("what", ["row", "line", "both"])
def test_a_limit_that_was_moved_by_hand_is_found(held, what):
    (index,) = held.root.glob("segments/*/foyer-1/*/index.jsonl")
    if what != "line":
        write(held, "UPDATE segments SET limit_us = limit_us + 3600000000 WHERE id = 1")
    if what != "row":
        first, *rest = index.read_text().splitlines(keepends=True)
        payload = json.loads(first)
        payload["limit_us"] += 3_600_000_000
        index.write_text(json.dumps(payload, sort_keys=True, separators=(",", ":")) + "\n" + "".join(rest))

    told = held.cctv("audit verify", exit=15).out

    assert "foyer-1" in told


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE incidents SET title = 'nothing'", "incidents/INC-2026-001"),
        ("UPDATE notes SET text = 'no reason'", "notes/"),
        ("DELETE FROM notes", "notes/"),
        ("INSERT INTO grants VALUES "
         "('GRA-2026-001','eve','export','2026-10-01','2026-10-01',1,'eve',NULL,NULL,NULL,NULL)",
         "grants/GRA-2026-001"),
        ("UPDATE policies SET text = 'another'", "policies/"),
        ("CREATE TRIGGER t AFTER INSERT ON holds BEGIN DELETE FROM holds; END", "trigger t"),
    ],
)  # fmt: skip
def test_a_register_that_was_edited_by_hand_is_named(held, statement, name):
    write(held, statement)

    differences = held.cctv("audit verify --json", exit=15).json["differences"]

    assert any(one["name"].startswith(name) for one in differences), differences


def test_checkpoints_that_vanished_are_missed(held, clock):
    for path in (held.root / "audit").iterdir():
        path.unlink()

    assert "checkpoints.jsonl" in held.cctv("audit verify", exit=15).out


def test_a_log_that_nobody_ever_signed_is_not_green_after_a_day(site, clock):
    site.cctv(INCIDENT)
    assert site.cctv("audit verify").exit == 0
    clock.advance(days=2)

    assert "no checkpoint to compare with" in site.cctv("audit verify", exit=3).out


def test_a_storage_that_was_rolled_back_is_told_by_a_checkpoint_that_was_kept_elsewhere(held, clock, tmp_path):
    shutil.copytree(held.root, tmp_path / "monday")
    clock.advance(hours=1)
    held.cctv("incident settle INC-2026-001 --reason done --yes")
    held.cctv(f"audit checkpoint --out {tmp_path}/tuesday.json")
    shutil.rmtree(held.root)
    shutil.copytree(tmp_path / "monday", held.root)

    assert held.cctv("audit verify").exit == 0  # nothing in the storage itself can tell
    assert "signed checkpoint" in held.cctv(f"audit verify --checkpoint {tmp_path}/tuesday.json", exit=15).err


def test_an_export_for_an_authority_is_verified_with_stock_tools(held, tmp_path):
    held.cctv(f"audit export --for Gegevensbeschermingsautoriteit --to {tmp_path}/log.zip --about INC-2026-001")
    with zipfile.ZipFile(tmp_path / "log.zip") as archive:
        archive.extractall(tmp_path / "log")
    folder = tmp_path / "log"

    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "site", "-n", "cctv-audit"]
    signed = (folder / "checkpoint.txt").read_bytes()
    done = subprocess.run(
        [*command, "-s", "checkpoint.txt.sig"], cwd=folder, input=signed, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr
    lines = (folder / "entries.jsonl").read_text().splitlines()
    assert hashlib.sha256(lines[-1].encode()).hexdigest() == json.loads(signed)["hash"]
    texts = [json.loads(line)["text"] for line in (folder / "texts.jsonl").read_text().splitlines()]
    assert texts == ["laptop, foyer", "laptop, foyer"]
    last = held.cctv("audit list --json").json["entries"][-1]
    assert (last["act"], last["reason"]) == ("log.exported", "Gegevensbeschermingsautoriteit")


def test_the_log_is_searched_by_act_account_text_and_time(held):
    def acts(options: str) -> list[str]:
        return [entry["act"] for entry in held.cctv(f"audit search {options} --json").json["entries"]]

    assert acts("--act hold") == ["hold.placed"]
    assert acts("--act incident.opened --text LAPTOP") == ["incident.opened"]
    assert acts("--case INC-2026-001 --text foyer-1") == ["incident.opened", "hold.placed"]
    assert acts("--actor nobody") == []
    assert acts("--from '2026-11-01 12:30' --to '2026-11-01 13:30'")[-1] == "checkpoint.signed"


def test_random_changes_by_hand_are_all_found_and_named(tmp_path):
    with one_engine():
        stage = Stage(tmp_path / "site")
        seen = list(looks(stage, 16, 60))

    assert [look for look in seen if look.by is None or not look.named] == []


def test_a_bit_of_the_database_is_found_or_nothing_says_anything_else_and_a_miss_can_be_looked_at_again(tmp_path):
    with one_engine():
        stage = Stage(tmp_path / "site")
        rng, effects = random.Random(16), set()
        for _ in range(60):
            change = flip_database(stage.root, rng, ())
            effects.add(change.effect)
            assert change.effect is not Effect.SOME or list(found(stage)), change.what
            if change.effect is Effect.SOME:
                shutil.rmtree(tmp_path / "kept", ignore_errors=True)
                stage.keep_all(tmp_path / "kept")
            stage.reset()
        assert list(found(Stage(tmp_path / "kept"))) != []

    assert {Effect.NONE, Effect.SOME} <= effects
