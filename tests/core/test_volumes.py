"""What a folder stands on, by /proc and /sys as they look for each kind of volume."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from cctv.core.disks import (
    BlockDevice,
    DiskFacts,
    DiskProblem,
    disks_for_files,
    is_encrypted,
    judge,
    mount_of,
    parse_mounts,
    plain_swaps,
    read_disk,
    volume_of,
)
from cctv.core.errors import CctvError, ToolFailed
from cctv.core.filesystem import is_disk_full
from cctv.core.process import run_process


@pytest.fixture
def machine(tmp_path):
    """A folder, and the mounts and devices under it as the test lays them: bottom last, (name, dm uuid, dm name)."""

    def lay(file_system, *layers, source="/dev/mapper/data"):
        number = tmp_path.stat().st_dev
        mounts, sys = tmp_path / "mountinfo", tmp_path / "sys"
        major_minor = f"{os.major(number)}:{os.minor(number)}"
        mounts.write_text(f"25 1 {major_minor} / /srv rw - {file_system} {source} rw\n")
        above = None
        for name, uuid, label in layers:
            block = sys / "devices" / name
            (block / "slaves").mkdir(parents=True)
            if uuid:
                (block / "dm").mkdir()
                (block / "dm" / "uuid").write_text(f"{uuid}\n")
                (block / "dm" / "name").write_text(f"{label}\n")
            if above is None:
                (sys / "dev" / "block").mkdir(parents=True)
                (sys / "dev" / "block" / major_minor).symlink_to(block)
            else:
                (above / "slaves" / name).symlink_to(block)
            above = block
        return volume_of(tmp_path, mounts=mounts, sys=sys)

    return lay


def test_a_plain_disk_is_not_encrypted_and_keeps_no_snapshots(machine):
    found = machine("ext4", ("sda1", "", ""))
    assert (found.encrypted, found.snapshots, found.has_snapshots) == (False, (), False)


def test_luks_is_seen_under_lvm(machine):
    found = machine("ext4", ("dm-1", "LVM-abc", "vg-data"), ("dm-0", "CRYPT-LUKS2-def-luks", "luks"), ("sda2", "", ""))
    assert (found.encrypted, found.snapshots) == (True, ("LVM",))
    assert found.has_snapshots is None


def test_the_origin_of_an_lvm_snapshot_is_known_to_have_one(machine):
    found = machine("xfs", ("dm-1", "LVM-abc", "vg-data"), ("dm-2", "LVM-abc-real", "vg-data-real"), ("sda2", "", ""))
    assert found.has_snapshots is True


@pytest.mark.parametrize(("file_system", "name", "encrypted"), [("btrfs", "btrfs", False), ("zfs", "ZFS", None)])
def test_a_file_system_that_keeps_snapshots_is_named(machine, file_system, name, encrypted):
    found = machine(file_system, ("sda1", "", ""))
    assert (found.snapshots, found.has_snapshots, found.encrypted) == ((name,), None, encrypted)


def test_of_a_network_nothing_is_claimed(machine):
    assert machine("nfs4", source="nas:/srv").encrypted is None


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_and_a_used_up_quota_are_the_same(code):
    assert is_disk_full(OSError(code, os.strerror(code)))


@pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O error"), OSError("x"), ValueError("x"), CctvError, None])
def test_no_other_error_is_a_full_disk(error):
    assert not is_disk_full(error() if isinstance(error, type) else error)


def write_to_a_full_device():
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        os.write(descriptor, b"x")
    finally:
        os.close(descriptor)


def raise_from_a_full_disk():
    try:
        write_to_a_full_device()
    except OSError as error:
        raise ValueError("second") from error


def raise_beside_a_full_disk():
    try:
        write_to_a_full_device()
    except OSError:
        raise ValueError("second")  # noqa: B904


def test_a_full_disk_is_seen_through_the_errors_that_were_raised_from_it():
    with pytest.raises(ValueError, match="second") as caught:
        raise_from_a_full_disk()
    assert is_disk_full(caught.value)


def test_an_error_that_was_only_handled_beside_a_full_disk_is_none():
    with pytest.raises(ValueError, match="second") as caught:
        raise_beside_a_full_disk()
    assert not is_disk_full(caught.value)


def test_errors_that_were_raised_from_each_other_end():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert not is_disk_full(first)


def test_a_database_that_cannot_grow_is_a_full_disk(tmp_path):
    connection = sqlite3.connect(tmp_path / "small.db")
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("CREATE TABLE wide AS SELECT zeroblob(100000)")
    connection.close()
    assert is_disk_full(caught.value)

    engine = create_engine(f"sqlite:///{tmp_path / 'small.db'}")
    with engine.connect() as wrapped:
        wrapped.exec_driver_sql("PRAGMA max_page_count = 2")
        with pytest.raises(OperationalError) as outer:
            wrapped.exec_driver_sql("CREATE TABLE wide AS SELECT zeroblob(100000)")
    engine.dispose()
    assert is_disk_full(outer.value)


def test_a_database_that_cannot_be_opened_is_a_full_disk_only_where_nothing_is_free(tmp_path):
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(f"file:{tmp_path / 'none.db'}?mode=rw", uri=True)
    assert not is_disk_full(caught.value)
    assert not is_disk_full(caught.value, free_bytes=1 << 20)
    assert is_disk_full(caught.value, free_bytes=(1 << 20) - 1)


def test_a_tool_that_finds_the_disk_full_says_so_on_its_standard_error():
    with pytest.raises(ToolFailed) as caught:
        run_process(["dd", "status=none", "if=/dev/zero", "of=/dev/full", "count=1"])
    assert is_disk_full(caught.value)
    with pytest.raises(ToolFailed) as other:
        run_process(["dd", "status=none", "if=/dev/none"])
    assert not is_disk_full(other.value)


def mounted(text, blocks=(), **sizes):
    """The facts of /srv on the only mount of a line of mountinfo."""
    (mount,) = parse_mounts(f"25 1 8:1 / /srv {text}\n")
    return DiskFacts(Path("/srv"), mount, blocks, **sizes)


def kinds(facts):
    return {risk.problem for risk in judge(facts)}


CRYPT = BlockDevice("dm-0", "CRYPT-LUKS2-1-luks", "luks", below=(BlockDevice("sda1"),))


def test_an_encrypted_ext4_has_no_risk():
    assert judge(mounted("rw,relatime - ext4 /dev/mapper/luks rw", (CRYPT,))) == ()


@pytest.mark.parametrize(
    ("line", "problem", "is_wrong"),
    [
        ("rw - nfs4 nas:/srv rw", DiskProblem.NETWORK, True),
        ("rw - cifs //nas/footage rw", DiskProblem.NETWORK, True),
        ("rw - vfat /dev/sda1 rw", DiskProblem.OWNERLESS, True),
        ("rw - overlay overlay rw,lowerdir=/a", DiskProblem.LAYERED, True),
        ("rw - tmpfs tmpfs rw", DiskProblem.MEMORY, True),
        ("rw - f2fs /dev/sda1 rw", DiskProblem.UNTESTED, False),
        ("rw - ext4 /dev/sda1 ro", DiskProblem.READ_ONLY, True),
        ("rw,strictatime - ext4 /dev/sda1 rw", DiskProblem.ACCESS_TIMES, False),
        ("rw - btrfs /dev/sda1 rw", DiskProblem.MAY_SNAPSHOT, False),
        ("rw - zfs tank/footage rw", DiskProblem.ENCRYPTION_UNKNOWN, False),
    ],
)
def test_each_file_system_is_judged(line, problem, is_wrong):
    (risk,) = [risk for risk in judge(mounted(line, (CRYPT,) if "/dev/" in line else ())) if risk.problem is problem]
    assert (risk.is_wrong, bool(risk.text), bool(risk.why), bool(risk.following)) == (is_wrong, True, True, True)


def test_one_plain_disk_of_a_volume_of_two_is_enough_to_read_footage():
    half = BlockDevice("dm-1", "LVM-1", "vg-data", below=(CRYPT, BlockDevice("sdb1")))
    whole = BlockDevice("dm-1", "LVM-1", "vg-data", below=(CRYPT,))
    assert is_encrypted(mounted("rw - ext4 /dev/mapper/vg-data rw", (half,))) is False
    assert is_encrypted(mounted("rw - ext4 /dev/mapper/vg-data rw", (whole,))) is True


def test_few_inodes_and_a_usb_disk_are_told():
    facts = mounted("rw - ext4 /dev/sdb1 rw", (BlockDevice("sdb1", is_removable=True),), inodes=1000, free_inodes=10)
    assert {DiskProblem.INODES, DiskProblem.REMOVABLE} <= kinds(facts)


def test_the_deepest_mount_of_a_folder_is_its_own(tmp_path):
    text = f"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n26 25 8:1 /x {tmp_path} ro - ext4 /dev/sda1 rw\n"
    mount = mount_of(parse_mounts(text), "8:1", tmp_path)
    assert (mount.point, "ro" in mount.options) == (tmp_path, True)


def test_a_folder_that_a_service_has_bound_onto_itself_is_no_mount(tmp_path):
    bound = f"26 25 8:1 {tmp_path} {tmp_path} rw - ext4 /dev/sda1 rw\n"
    other = f"26 25 8:1 /elsewhere {tmp_path} rw - ext4 /dev/sda1 rw\n"
    top = "25 1 8:1 / / ro - ext4 /dev/sda1 rw\n"
    assert mount_of(parse_mounts(top + bound), "8:1", tmp_path).point == Path("/")
    assert mount_of(parse_mounts(top + other), "8:1", tmp_path).point == tmp_path


def test_a_folder_of_btrfs_has_another_number_than_its_mount(tmp_path):
    text = f"25 1 8:1 / / rw - ext4 /dev/sda1 rw\n26 25 0:43 / {tmp_path} rw - btrfs /dev/sdb1 rw\n"
    assert mount_of(parse_mounts(text), "0:44", tmp_path / "segments").file_system == "btrfs"


def test_places_for_files_are_neither_memory_nor_the_systems_own():
    text = "1 1 0:1 / /proc rw - proc proc rw\n2 1 0:2 / /tmp rw - tmpfs tmpfs rw\n3 1 8:1 / / rw - ext4 /dev/a rw\n"
    assert [str(mount.point) for mount in disks_for_files(parse_mounts(text))] == ["/"]


def test_swap_is_plain_unless_every_way_down_is_encrypted(tmp_path):
    for name, uuid in (("sda2", ""), ("dm-3", "CRYPT-PLAIN-swap")):
        block = tmp_path / "class" / "block" / name
        (block / "dm").mkdir(parents=True)
        (block / "dm" / "uuid").write_text(uuid)
    swaps = tmp_path / "swaps"
    swaps.write_text("Filename Type\n/dev/sda2 partition\n/dev/dm-3 partition\n/dev/zram0 partition\n")
    assert plain_swaps(swaps=swaps, sys=tmp_path) == ("/dev/sda2",)


def test_what_only_a_service_sees_read_only_is_no_fault_of_the_disk():
    assert judge(mounted("ro,relatime - ext4 /dev/mapper/luks rw", (CRYPT,))) == ()


def test_this_machine_is_read(tmp_path):
    facts = read_disk(tmp_path)
    assert facts.total_bytes >= facts.free_bytes > 0
    assert facts.mount is not None
