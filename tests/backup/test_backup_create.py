"""What a back-up holds, who can read it, and what an interrupted one leaves."""

import io
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import tarfile
import threading

import pyrage
import pytest

from cctv.core.durable import DurableFiles

pytestmark = pytest.mark.slow


def opened(file, key):
    """The members of a back-up by their names, read without a line of ours."""
    said = next(line for line in key.read_text().splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    plain = pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(said)])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}


def test_a_back_up_holds_index_log_keys_and_holds_and_no_footage(rig, tmp_path):
    recorded = rig.site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")

    file = rig.back_up()

    members = opened(file, rig.key)
    assert set(members) == {"manifest.json", "cctv.db", "site.json", f"holds/{hold}.json", "cameras.toml"}
    (tmp_path / "copy.db").write_bytes(members["cctv.db"])
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT count(*) FROM segments").fetchone() == (len(recorded),)
    manifest = json.loads(members["manifest.json"])
    assert manifest["holds"] == [hold]
    assert [one["name"] for one in manifest["files"]] == list(members)[1:]
    logged = rig.cctv("audit list --json").json["entries"][-1]
    assert (logged["act"], logged["subject"]) == ("backup.made", file.name)


@pytest.mark.skipif(shutil.which("age") is None, reason="age is not installed")
def test_the_stock_age_program_opens_it(rig):
    file = rig.back_up()
    plain = subprocess.run(["age", "-d", "-i", str(rig.key), str(file)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert "manifest.json" in tar.getnames()


def test_the_box_keeps_nothing_that_opens_it(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    rig.back_up()
    secret = rig.key.read_text().splitlines()[-1].encode()
    kept = [path for path in rig.site.folder.rglob("*") if path.is_file() and path != rig.key]
    assert [path for path in kept if secret in path.read_bytes()] == []


NOBODY = 65534  # stands for the account of the services


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of another account")
def test_what_root_backs_up_to_the_folder_of_the_services_is_theirs_to_prune(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    os.chown(rig.medium, NOBODY, NOBODY)

    rig.back_up()
    rig.cctv(f"backup --held {rig.medium}")

    made = list(rig.medium.rglob("*"))
    assert len(made) >= 4  # the back-up; the copy, what it is, and a segment
    assert {path.stat().st_uid for path in made} == {NOBODY}


def test_a_folder_that_the_account_may_not_write_is_named_with_what_opens_it(rig, monkeypatch):
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, *more, **named: path != rig.medium and may(path, *more, **named))
    account = pwd.getpwuid(os.geteuid()).pw_name

    told = rig.cctv(f"backup {rig.medium}", exit=2).err

    assert f"the account {account} may not write there" in told
    assert f"chown {account}: {rig.medium}" in told


def test_a_recovery_key_never_goes_into_the_storage_and_never_over_another(rig):
    before = rig.key.read_text()
    assert "in the storage" in rig.cctv(f"backup key {rig.site.root / 'recovery.key'}", exit=2).err
    assert "there already" in rig.cctv(f"backup key {rig.key}", exit=2).err
    assert rig.key.read_text() == before
    assert rig.key.stat().st_mode & 0o777 == 0o600


def test_without_a_recovery_key_nothing_is_written(site, tmp_path):
    told = site.cctv(f"backup {tmp_path}", exit=10)
    assert "cctv backup key FILE" in told.err
    assert list(tmp_path.glob("*.age*")) == []


def test_a_dry_run_writes_nothing_and_says_what_would_be(rig):
    told = rig.cctv(f"backup {rig.medium} --dry-run")
    assert "cctv.db" in told.out
    assert list(rig.medium.iterdir()) == []
    assert "audit" not in rig.cctv("audit list").out.splitlines()[-1]


@pytest.mark.parametrize("place", ["nowhere", "storage/exports"])
def test_a_folder_that_is_not_there_or_in_the_storage_is_refused(rig, place):
    rig.cctv(f"backup {rig.site.folder / place}", exit=2)


def test_it_says_when_the_medium_is_the_disk_of_the_storage(rig):
    assert "would be lost with it" in rig.cctv(f"backup {rig.medium}").err


def test_an_interrupted_back_up_is_visible_and_the_next_one_removes_it(rig, monkeypatch):
    class Died(BaseException):
        pass

    def die(*_):
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(DurableFiles, "rename", die)
        with pytest.raises(Died):
            rig.back_up()
    left = list(rig.medium.iterdir())
    assert [path.suffix for path in left] == [".part"]
    rig.site.clock.advance(seconds=1)

    told = rig.cctv(f"backup {rig.medium}")

    assert "interrupted" in told.err
    assert [path.suffix for path in rig.medium.iterdir()] == [".age"]
    assert not (rig.site.root / ".backup").exists()


def test_a_medium_that_is_full_is_said_and_leaves_no_back_up(rig, monkeypatch):
    def full(self, descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(DurableFiles, "sync", full)
        told = rig.cctv(f"backup {rig.medium}", exit=16)
    assert "the file system, or what this account may use of it, is full" in told.err
    assert list(rig.medium.glob("*.age")) == []
    rig.back_up()


def test_a_back_up_is_one_state_of_the_index_while_a_recorder_goes_on(rig, tmp_path, clip):
    stop = threading.Event()

    def record():
        minute = 0
        while not stop.is_set():
            rig.site.record("gevel-1", f"2026-11-01 {minute // 60:02}:{minute % 60:02}")
            minute += 1

    recorder = threading.Thread(target=record)
    recorder.start()
    try:
        files = [rig.back_up() for _ in range(5)]
    finally:
        stop.set()
        recorder.join()
    for number, file in enumerate(files):
        (tmp_path / f"copy-{number}.db").write_bytes(opened(file, rig.key)["cctv.db"])
        with sqlite3.connect(tmp_path / f"copy-{number}.db") as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            counted = "SELECT (SELECT count(*) FROM segments) = (SELECT coalesce(sum(segments), 0) FROM camera_totals)"
            assert copy.execute(counted).fetchone() == (1,)


def test_the_timer_does_nothing_where_back_ups_are_not_set_up(rig):
    """Its service, enabled with the others before anybody has written [backup], is no failed unit and no alarm."""
    told = [rig.cctv(f"backup make --if-set{held}").out for held in ("", " --held")]
    assert told == ["Nothing is backed up: [backup] of cameras.toml has no folder.\n"] * 2
    config, text = rig.site.config, rig.site.config.read_text()
    config.write_text(f'{text[: text.index("[backup]")]}[backup]\nfolder = "{rig.medium}"\n')
    assert rig.cctv("backup make --if-set --json").json["lacking"] == ["recipients"]
    assert list(rig.medium.iterdir()) == []
    config.write_text(text.replace("[backup]\n", f'[backup]\nfolder = "{rig.medium}/gone"\n'))
    rig.cctv("backup make --if-set", exit=2)


def test_without_a_folder_the_one_of_cameras_toml_is_taken_for_back_up_and_held_copy(rig):
    rig.cctv("backup make", exit=2)
    config = rig.site.config
    config.write_text(config.read_text().replace("[backup]\n", f'[backup]\nfolder = "{rig.medium}"\n'))
    rig.site.record("gevel-1", "2026-11-01 11:00")
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")

    made = rig.cctv("backup make --json").json
    held = rig.cctv("backup make --held --json").json

    assert made["path"].startswith(str(rig.medium))
    assert held["copied"] == 1
