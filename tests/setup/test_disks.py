"""Which disks there are, and what is wrong with each."""

from datetime import timedelta
from pathlib import Path

import pytest

from cctv.core.disks import BlockDevice, DiskFacts, Mount
from cctv.setup.disks import (
    ExpectedStream,
    MountedDisk,
    bytes_needed,
    concerns,
    disk_of,
    mounted_disks,
    storage_on,
)

TERABYTE = 10**12


def disk(
    *,
    kind="ext4",
    uuid="CRYPT-LUKS2-footage",
    source="/dev/mapper/footage",
    total=4 * TERABYTE,
    free=None,
    system=False,
):
    blocks = (BlockDevice("dm-1", uuid),) if uuid is not None else ()
    mount = Mount("253:1", Path("/footage"), frozenset(), kind, source)
    facts = DiskFacts(Path("/footage"), mount, blocks, total, total if free is None else free)
    return MountedDisk(Path("/footage"), facts, system)


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (disk(), []),
        (disk(uuid=""), ["not encrypted"]),
        (disk(uuid=None), ["encryption unknown"]),
        (disk(kind="btrfs"), ["may snapshot"]),
        (disk(uuid="LVM-thin"), ["may snapshot", "not encrypted"]),
        (disk(kind="nfs4", source="nas:/srv", uuid=None), ["network", "encryption unknown"]),
        (disk(kind="exfat"), ["without owners"]),
        (disk(system=True), ["system disk"]),
        (disk(free=TERABYTE), ["too small"]),
        (disk(total=2 * TERABYTE), ["too small"]),  # the reserve stays free
    ],
)
def test_what_is_wrong_with_a_disk(judged, expected):
    assert [concern.name for concern in concerns(judged, 2 * TERABYTE - 1, 0.05)] == expected
    assert judged.keeps_owners == ("without owners" not in expected)


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


@pytest.mark.slow  # on a disk: the fast lane runs in memory
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
