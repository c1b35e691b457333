"""What a folder stands on, by /proc and /sys as they look for each kind of volume."""

from __future__ import annotations

import os

import pytest

from cctv.kernel.volumes import volume_of


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
