"""The log's tail cannot be cut unseen: a signed checkpoint beside the database says how far it went."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess

import pytest

from cctv.audit.checkpoints import NAMESPACE

INCIDENT = "incident open 'laptop, foyer' --kind theft --cameras foyer-1 --from '2026-11-01 11:00' --to '11:30'"


def write(site, *statements):
    with sqlite3.connect(site.root / "cctv.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        for statement in statements:
            connection.execute(statement)
    connection.close()


CUT = (
    "DELETE FROM audit WHERE seq > (SELECT max(seq) - 2 FROM audit)",
    "DELETE FROM audit_names WHERE seq > (SELECT max(seq) FROM audit)",
)


@pytest.fixture
def swept(site, clock):
    """A site whose sweeper has passed after the last act."""
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    clock.advance(minutes=1)
    site.cctv("sweep --once")
    return site


def test_the_sweep_signs_how_far_the_log_goes(swept):
    proved = swept.cctv("audit verify --json").json

    assert proved["signed_entries"] == proved["entries"]
    assert proved["checkpoints"] == 2  # the day's, and the latest


def test_a_tail_that_is_cut_off_is_seen(swept):
    assert "audit log" not in swept.cctv("status", exit=19).out
    write(swept, *CUT)

    assert "DOES NOT GO AS FAR" in swept.cctv("status", exit=15).out
    told = swept.cctv("audit verify", exit=15)

    assert "signed checkpoint" in told.err


def test_a_tail_that_is_written_anew_is_seen_and_the_sweep_signs_nothing_over_it(swept, clock):
    write(swept, *CUT)
    swept.cctv(INCIDENT.replace("laptop", "fiets").replace("foyer-1", "gang-2"))
    clock.advance(minutes=1)

    assert "the log does not contain what was signed" in swept.cctv("sweep --once", exit=18).err
    assert "another one stands there" in swept.cctv("audit verify", exit=15).err


def test_a_checkpoint_that_was_kept_elsewhere_finds_a_cut_when_those_beside_the_database_went_too(swept, tmp_path):
    elsewhere = tmp_path / "usb"
    elsewhere.mkdir()
    swept.cctv(f"audit checkpoint --out {elsewhere}/checkpoint.json")
    shutil.copy(swept.root / "keys/signing.pub", elsewhere)
    write(swept, *CUT)
    for path in (swept.root / "audit").iterdir():
        path.unlink()

    assert "nobody signed" in swept.cctv("audit verify").out
    kept = f"--checkpoint {elsewhere}/checkpoint.json --key {elsewhere}/signing.pub"
    assert "signed checkpoint" in swept.cctv(f"audit verify {kept}", exit=15).err


def test_a_checkpoint_that_was_altered_does_not_hold(swept):
    latest = swept.root / "audit/checkpoint.json"
    latest.write_text(latest.read_text().replace('\\"seq\\":', '\\"seq\\":1'))

    assert "does not hold" in swept.cctv("audit verify", exit=15).err


def test_stock_ssh_keygen_accepts_a_checkpoint(swept, tmp_path):
    kept = json.loads((swept.root / "audit/checkpoint.json").read_text())
    (tmp_path / "c.sig").write_text(kept["signature"])
    public = (swept.root / "keys/signing.pub").read_text()
    (tmp_path / "signers").write_text(f'cctv namespaces="{NAMESPACE}" {public}')
    command = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "cctv", "-n", NAMESPACE, "-s", "c.sig"]
    done = subprocess.run(command, input=kept["checkpoint"].encode(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_sweep_that_writes_nothing_signs_nothing(swept, clock):
    before = (swept.root / "audit/checkpoint.json").read_bytes()
    clock.advance(days=1)
    swept.cctv("sweep --once")

    assert (swept.root / "audit/checkpoint.json").read_bytes() == before


def test_a_rebuilt_index_begins_its_log_again_and_the_old_checkpoints_say_so(swept, clock):
    clock.advance(minutes=1)
    for leftover in swept.root.glob("cctv.db*"):
        leftover.unlink()
    swept.cctv("footage rebuild --for An --reason 'index lost'")

    told = swept.cctv("audit verify")

    assert "LOOK" in told.out
    assert "index.rebuilt" in told.out
    clock.advance(minutes=1)
    assert swept.cctv("audit checkpoint --json").json["entries"] == swept.cctv("audit verify --json").json["entries"]
