"""What root makes in a storage belongs to the storage's owner."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cctv.config.loader import load_settings
from cctv.core.durable import DurableFiles
from cctv.footage import initialise
from cctv.footage.initialise import give_to_service

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

OWNER, GROUP = 12345, 23456
LOOK = "--case INC-2026-001 --camera gevel-1 --from '2026-11-01 10:00:00' --to '2026-11-01 10:00:02'"
WHEN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"


def of_root(root: Path) -> list[str]:
    """Files and folders of the storage that its owner does not own."""
    owners = {path: (path.lstat().st_uid, path.lstat().st_gid) for path in [root, *root.rglob("*")]}
    return [str(path) for path, owner in owners.items() if owner != (OWNER, GROUP)]


def named_disk(root: Path, file_system: str) -> None:
    """Let site.json name another file system than the one that the storage is on."""
    file = root / "site.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "file_system": file_system}))


@pytest.fixture
def given(bare_site, entered_by_all):
    """A storage that root made in a folder of another account."""
    bare_site.root.mkdir()
    os.chown(bare_site.root, OWNER, GROUP)
    bare_site.cctv("footage init")
    return bare_site


def test_the_storage_that_root_makes_in_the_owner_s_folder_is_the_owner_s(given):
    assert of_root(given.root) == []


def test_all_that_root_s_commands_leave_in_a_storage_is_its_owner_s(given, clock):
    given.record("gevel-1", "2026-11-01 10:00", minutes=3)
    given.cctv(f"incident open ruit --kind damage {WHEN}")
    given.cctv(f"footage show {LOOK}")

    clock.advance(days=1)
    given.cctv("sweep --once")
    given.cctv("audit checkpoint")

    assert len(list(given.root.rglob("*.mp4"))) == 3
    assert list((given.root / "derived").rglob("*.html"))
    assert of_root(given.root) == []
    given.cctv("footage reconcile --fix")
    assert of_root(given.root) == []


def test_the_log_that_sqlite_keeps_beside_the_index_is_the_owner_s(given):
    connection = given.open().engine.connect()
    connection.exec_driver_sql("SELECT count(*) FROM audit")

    beside = sorted(path.name for path in given.root.glob("cctv.db*"))

    assert beside == ["cctv.db", "cctv.db-shm", "cctv.db-wal"]
    assert of_root(given.root) == []
    connection.close()


def test_a_storage_that_root_rebuilds_is_its_owner_s(given):
    given.record("gevel-1", "2026-11-01 10:00", minutes=2)
    (given.root / "cctv.db").unlink()

    given.cctv("footage rebuild --reason 'the index is gone'")

    assert of_root(given.root) == []


def test_a_disk_that_root_mounted_and_copied_to_is_its_owner_s_once_it_is_adopted(given):
    given.record("gevel-1", "2026-11-01 10:00", minutes=1)
    os.chown(given.root, 0, 0)  # the root of a new file system
    named_disk(given.root, "another")

    given.cctv("footage adopt-disk --reason 'new disk'")

    assert of_root(given.root) == []


def test_files_that_root_copied_without_their_owner_are_the_owner_s_once_the_disk_is_adopted(given):
    given.record("gevel-1", "2026-11-01 10:00", minutes=1)
    for path in given.root.rglob("*"):
        os.chown(path, 0, 0)
    named_disk(given.root, "another")

    given.cctv("sweep --once", exit=18)
    given.cctv("footage adopt-disk --reason 'new disk' --dry-run")
    assert of_root(given.root) != []
    given.cctv("footage adopt-disk --reason 'new disk'")

    assert of_root(given.root) == []


def test_what_root_leaves_in_a_folder_of_root_belongs_to_the_owner_of_the_footage(given):
    os.chown(given.root, 0, 0)

    given.cctv("audit checkpoint")

    assert of_root(given.root) == [str(given.root)]


def test_the_folder_of_a_new_storage_is_given_to_the_account_of_the_services(bare_site, monkeypatch):
    bare_site.root.mkdir()
    settings = load_settings(bare_site.config, environ={}).settings
    give_to_service(bare_site.root, settings, "nobody")
    assert bare_site.root.stat().st_uid == 0, "these are not the settings of the services"

    monkeypatch.setattr(initialise, "SYSTEM_WIDE", str(bare_site.config))
    give_to_service(bare_site.root, settings, "no-such-account")
    assert bare_site.root.stat().st_uid == 0
    give_to_service(bare_site.root, settings, "nobody")
    bare_site.cctv("footage init")

    assert {path.lstat().st_uid for path in [bare_site.root, *bare_site.root.rglob("*")]} == {65534}


def test_root_s_own_storage_and_files_elsewhere_stay_root_s(site, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, OWNER, GROUP)

    DurableFiles().write(theirs / "key", b"secret")

    assert (theirs / "key").stat().st_uid == 0
    assert {path.stat().st_uid for path in site.root.rglob("*")} == {0}


def test_a_link_that_the_owner_put_in_the_way_gives_nothing_away(given, tmp_path):
    (tmp_path / "secret").write_text("root's")
    trap, second_name = given.root / "holds" / "trap", given.root / "holds" / "second-name"
    trap.symlink_to(tmp_path / "secret")
    DurableFiles().sync_file(trap)
    second_name.hardlink_to(tmp_path / "secret")
    DurableFiles().sync_file(second_name)

    assert (tmp_path / "secret").stat().st_uid == 0
