"""The copy of the index that an upgrade makes first."""

from __future__ import annotations

import sqlite3
import stat

from cctv.db.migrate import HEAD

HOUR = "--cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02'"


def count(path, table) -> int:
    with sqlite3.connect(path) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_without_a_recovery_key_it_is_the_database_and_its_owner_s_alone(site):
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(f"incident open ruit --kind damage {HOUR}")

    copied = site.cctv("backup before-upgrade --json").json

    copy = site.root / "cctv.db.before-upgrade"
    assert (copied["path"], copied["encrypted"]) == (str(copy), False)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert (count(copy, "segments"), count(copy, "holds")) == (2, 1)
    assert not (site.root / "backup.json").exists(), "it would silence the alarm of a missing back-up"
    assert not list(site.root.glob(".backup*"))


def test_there_is_one_copy_the_last(site):
    site.cctv("backup before-upgrade")
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv("backup before-upgrade")

    assert count(site.root / "cctv.db.before-upgrade", "segments") == 2


def test_with_a_recovery_key_it_is_encrypted_and_restores(site):
    public = site.cctv(f"backup key {site.folder}/recovery.key --json").json["public"]
    site.cctv("backup before-upgrade")
    site.config.write_text(site.config.read_text() + f'\n[backup]\nrecipients = ["{public}"]\n')
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)

    copied = site.cctv("backup before-upgrade --json").json

    assert copied["path"] == str(site.root / "cctv.db.before-upgrade.age")
    assert not (site.root / "cctv.db.before-upgrade").exists(), "one that anybody can read"
    (site.root / "cctv.db").unlink()
    site.cctv(f"restore {copied['path']} --key {site.folder}/recovery.key --reason 'the upgrade failed'")
    assert len(site.footage("gevel-1")) == 2


def test_a_dry_run_writes_nothing_and_a_storage_that_is_not_there_is_said(site, bare_site):
    assert "Would copy the index to" in site.cctv("backup before-upgrade --dry-run").out
    assert not list(site.root.glob("*before-upgrade*"))
    site.root.rename(site.folder / "away")
    assert site.cctv("backup before-upgrade --json").json["path"] is None


def test_a_damaged_index_is_not_copied(site):
    site.record("gevel-1", "2026-11-01 11:00", minutes=60)
    with (site.root / "cctv.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 40000)

    site.cctv("backup before-upgrade", exit=18)

    assert not list(site.root.glob("*before-upgrade*"))


def test_the_index_is_brought_up_by_a_command(site):
    assert site.cctv("footage upgrade --json").json["version_before"] == HEAD
    site.root.rename(site.folder / "away")
    assert "there is no index" in site.cctv("footage upgrade").out
