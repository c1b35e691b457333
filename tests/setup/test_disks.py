"""Which disks there are, and what is wrong with each."""

from datetime import timedelta
from pathlib import Path

import pytest

from cctv.core.filesystem import Volume
from cctv.setup.disks import (
    Concern,
    ExpectedStream,
    MountedDisk,
    bytes_needed,
    concerns,
    disk_of,
    mounted_disks,
    storage_on,
)

TERABYTE = 10**12


def disk(*, size=4 * TERABYTE, free=4 * TERABYTE, system=False, **volume):
    usual = {"file_system": "ext4", "device": "/dev/dm-1", "encrypted": True, "snapshots": (), "has_snapshots": False}
    return MountedDisk(Path("/footage"), size, free, Volume(**{**usual, **volume}), system)


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (disk(), []),
        (disk(encrypted=False), [Concern.UNENCRYPTED]),
        (disk(encrypted=None), [Concern.ENCRYPTION_UNKNOWN]),
        (disk(file_system="btrfs", snapshots=("btrfs",)), [Concern.SNAPSHOTS]),
        (disk(file_system="nfs4", encrypted=None), [Concern.NETWORK]),
        (disk(file_system="exfat"), [Concern.NO_OWNERS]),
        (disk(system=True), [Concern.SYSTEM_DISK]),
        (disk(free=TERABYTE), [Concern.TOO_SMALL]),
        (disk(size=2 * TERABYTE, free=2 * TERABYTE), [Concern.TOO_SMALL]),  # the reserve stays free
    ],
)
def test_what_is_wrong_with_a_disk(judged, expected):
    assert list(concerns(judged, 2 * TERABYTE - 1, 0.05)) == expected


def test_the_forecast_counts_each_stream_for_as_long_as_it_is_kept():
    measured = ExpectedStream(2_000_000, timedelta(days=7))
    silent = ExpectedStream(None, timedelta(days=28))

    assert bytes_needed([measured]) == pytest.approx(2e6 / 8 * 7 * 86400, rel=0.03)
    assert bytes_needed([measured, silent]) > bytes_needed([measured]) + 4e6 / 8 * 28 * 86400
    assert bytes_needed([]) == 0


def test_the_storage_is_at_its_usual_place_if_that_is_on_the_disk():
    usual = Path("/var/lib/cctv")

    assert storage_on(Path("/"), usual, Path("/")) == usual
    assert storage_on(Path("/var/lib/cctv"), usual, Path("/var/lib/cctv")) == usual
    assert storage_on(Path("/"), usual, Path("/var/lib/cctv")) == Path("/cctv")
    assert storage_on(Path("/mnt/footage"), usual, Path("/")) == Path("/mnt/footage/cctv")


def test_only_what_can_hold_footage_is_listed(tmp_path):
    (tmp_path / "my disk").mkdir()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:21 / /proc rw - proc proc rw\n"
        "23 1 0:22 / /dev/shm rw - tmpfs tmpfs rw\n"
        f"24 1 8:1 / {tmp_path}/none rw - ext4 /dev/sda1 rw\n"
        f"25 1 8:2 / {tmp_path} ro,relatime - ext4 /dev/sda2 ro\n"
        f"26 1 8:3 / {tmp_path}/my\\040disk rw,relatime - ext4 /dev/sda3 rw\n"
        "garbage\n"
    )

    assert [disk.mount for disk in mounted_disks(mounts)] == [tmp_path / "my disk"]


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path):
    assert disk_of(tmp_path / "a" / "b").size == disk_of(tmp_path).size
    assert disk_of(tmp_path).free > 0
