"""What root makes in a storage belongs to the storage's owner."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cctv.core.durable import DurableFiles

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

OWNER, GROUP = 12345, 23456
LOOK = "--case INC-2026-001 --camera gevel-1 --from '2026-11-01 10:00:00' --to '2026-11-01 10:00:02'"
WHEN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"


def of_root(root: Path) -> list[str]:
    """Files and folders of the storage that its owner does not own."""
    owners = {path: (path.lstat().st_uid, path.lstat().st_gid) for path in [root, *root.rglob("*")]}
    return [str(path) for path, owner in owners.items() if owner != (OWNER, GROUP)]


@pytest.fixture
def given(bare_site):
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
