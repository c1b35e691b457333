"""A small file system of its own: filled up in the middle of a segment, and taken away while the recorder runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import simrig
from recording import Recorder
from test_faults import explained, has_segments, is_recording, is_waiting, records_again

from cctv.model.footage import GapCause

pytestmark = [pytest.mark.slow, pytest.mark.hardware]


def mount(*words: object) -> bool:
    return subprocess.run(["mount", *map(str, words)], capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """32 MB, mounted where the first recorder's storage will be."""
    disk, storage = tmp_path / "disk", tmp_path / "site0" / "storage"
    disk.mkdir()
    storage.mkdir(parents=True)
    if not mount("-t", "tmpfs", "-o", "size=32m", "tmpfs", disk):
        pytest.skip("this account may not mount a file system")
    if not mount("--bind", disk, storage):
        subprocess.run(["umount", disk], check=True)
        pytest.skip("this account may not mount a folder elsewhere")
    yield disk
    subprocess.run(["umount", "-l", storage], capture_output=True, check=False)
    subprocess.run(["umount", "-l", disk], check=True)


def fill(disk: Path) -> Path:
    """Take what room there is, to the last byte."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            return ballast


def test_a_disk_that_is_full_in_mid_segment_costs_nothing_that_was_written(streams, small_disk, make_recorder):
    with simrig.Rig({"gevel-1": streams["h264"]}) as rig:
        recorder: Recorder = make_recorder({"gevel-1": f'rtsp = "{rig.url("gevel-1")}"'})
        recorder.start()
        recorder.wait("gevel-1", has_segments(1))
        sent = rig.stat("gevel-1")["last"]
        rig.wait("gevel-1", lambda stat: stat["last"] >= sent + 25)
        ballast = fill(small_disk)
        recorder.wait_log("recording stops: the disk is full")
        ballast.unlink()
        recorder.wait_log("recording goes on: there is room again")
        records_again(recorder, "gevel-1")
        assert recorder.stop() == 0

    takes = explained(recorder, "gevel-1")
    assert GapCause.STORAGE_FULL in {gap.cause for gap in recorder.gaps("gevel-1")}
    assert any(sent in take.counters for take in takes)
    assert recorder.indexed("gevel-1") == len(takes)
    assert not list((small_disk / "quarantine").iterdir())


def test_a_recorder_that_is_stopped_while_it_waits_for_room_says_so_and_loses_nothing(
    streams, small_disk, make_recorder
):
    with simrig.Rig({"gevel-1": streams["h264"]}) as rig:
        recorder: Recorder = make_recorder({"gevel-1": f'rtsp = "{rig.url("gevel-1")}"'})
        recorder.start()
        recorder.wait("gevel-1", has_segments(1))
        sent = rig.stat("gevel-1")["last"]
        rig.wait("gevel-1", lambda stat: stat["last"] >= sent + 25)
        ballast = fill(small_disk)
        recorder.wait_log("recording stops: the disk is full")
        assert recorder.stop() == 16
        assert "Recording stopped: the disk of the storage is full" in recorder.log.read_text()
        ballast.unlink()
        recorder.start()
        recorder.wait("gevel-1", has_segments(1))
        assert recorder.stop() == 0

    takes = explained(recorder, "gevel-1")
    assert any(sent in take.counters for take in takes)
    assert recorder.indexed("gevel-1") == len(takes)
    assert not list((small_disk / "incoming").glob("*/*"))


def test_a_mount_that_is_lost_stops_recording_and_nothing_is_written_below(streams, small_disk, make_recorder):
    with simrig.Rig({"gevel-1": streams["h264"]}) as rig:
        recorder: Recorder = make_recorder(
            {"gevel-1": f'rtsp = "{rig.url("gevel-1")}"', "dicht": 'rtsp = "rtsp://127.0.0.1:1/dicht"'}
        )
        recorder.start()
        recorder.wait("gevel-1", has_segments(1))
        recorder.wait("dicht", is_waiting)
        subprocess.run(["umount", "-l", recorder.root], check=True)
        assert recorder.ended() == 18
        assert list(recorder.root.iterdir()) == []
        assert "There is no storage at" in recorder.log.read_text()

        assert mount("--bind", small_disk, recorder.root)
        recorder.start()
        recorder.wait("gevel-1", is_recording)
        recorder.wait("gevel-1", has_segments(1))
        assert recorder.stop() == 0

    takes = explained(recorder, "gevel-1")
    assert len({take.run for take in takes}) == 2
    assert not list((small_disk / "quarantine").iterdir())
