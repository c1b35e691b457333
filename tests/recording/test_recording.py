"""`cctv record` against real streams: nothing lost, heard or leaked, and a camera that returns is recorded.

Few and rich, since a recording takes its time.  Every wait is for a state, never for a number of seconds.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
import simrig
from onvif_device import OnvifDevice
from recording import Recorder, Take, rtsp, seen_of

from cctv.model.footage import GapCause
from cctv.recording.state import Phase, is_running

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

PASSWORD = "S3cret/p@ss:w %d'"
WRONG = "Wr0ng-passw@rd"


def is_recording(state):
    return state.phase is Phase.RECORDING


def is_waiting(state):
    return state.phase is Phase.WAITING


def has_segments(count):
    return lambda state: state.segments >= count


def lost_inside_runs(takes: list[Take]) -> int:
    """Frames that the camera sent and no file has, over the boundaries of each run's files."""
    by_run: dict[int, list[int]] = {}
    for take in takes:
        assert take.scan.error is None
        by_run.setdefault(take.run, []).extend(take.counters)
    return sum(later - earlier - 1 for counters in by_run.values() for earlier, later in pairwise(counters))


def streams_of(take: Take) -> list[dict[str, str]]:
    fields = "stream=codec_type,codec_name,codec_tag_string"
    command = ["ffprobe", "-v", "error", "-show_entries", fields, "-of", "json", str(take.path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]


def holds_footage(path: Path) -> bool:
    try:
        return b"moof" in path.read_bytes()
    except FileNotFoundError:  # taken in while we looked
        return False


def test_cameras_are_recorded_without_loss_sound_or_a_leaked_password(streams, make_recorder):
    clips = {"gevel-1": streams["h264"], "foyer-1": streams["h265"]}
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, simrig.Rig(clips, auth="digest", password=PASSWORD) as rig:
        cameras = {name: rtsp(rig, name) for name in clips}
        cameras["op-slot"] = rtsp(rig, "gevel-1", "wrong")
        cameras["weg"] = rtsp(rig, "is-er-niet")
        cameras["dicht"] = 'rtsp = "rtsp://127.0.0.1:1/dicht"'
        cameras["stil"] = f'rtsp = "rtsp://127.0.0.1:{silent.getsockname()[1]}/stil"'
        recorder: Recorder = make_recorder(cameras, password=PASSWORD, wrong=WRONG)
        recorder.start()
        for name in clips:
            recorder.wait(name, has_segments(3))
        visible = "".join(seen_of(pid) for pid in recorder.all_of_us())
        causes = {name: recorder.wait(name, is_waiting).cause for name in cameras if name not in clips}
        messages = {name: recorder.wait(name, is_waiting).message for name in causes}
        assert is_running(recorder.site())
        sent = {name: rig.stat(name)["last"] for name in clips}
        assert recorder.stop() == 0
    assert not is_running(recorder.site())

    assert causes == {
        "op-slot": GapCause.UNAUTHORISED,
        "weg": GapCause.REFUSED,
        "dicht": GapCause.REFUSED,
        "stil": GapCause.STALLED,
    }
    for name in clips:
        takes = recorder.takes(name)
        assert recorder.indexed(name) == len(takes) >= 3
        assert lost_inside_runs(takes) == 0
        assert takes[-1].counters[-1] >= sent[name] - 1  # the tail is kept; one may be on its way when SIGTERM comes
        found = [stream for take in takes for stream in streams_of(take)]
        assert {stream["codec_type"] for stream in found} == {"video"}
        assert {stream["codec_tag_string"] for stream in found} == {"avc1" if name == "gevel-1" else "hvc1"}
        for take in takes:
            assert abs(take.start_us - take.scan.frames[0].sent_us) < 300_000  # 1 ms here; a busy machine is late
            assert take.end_us > take.scan.frames[-1].sent_us - 300_000
        assert [gap.cause for gap in recorder.gaps(name)] == [GapCause.RECORDER_STOPPED]
    for name, cause in causes.items():
        assert [gap.cause for gap in recorder.gaps(name)] == [cause, GapCause.RECORDER_STOPPED]
        assert not recorder.takes(name)
    assert not list((recorder.root / "incoming").glob("*/*"))

    written = visible + recorder.log.read_text() + "".join(messages.values())
    written += "".join(
        path.read_bytes().decode(errors="replace") for path in recorder.root.rglob("*") if path.is_file()
    )
    for secret in (PASSWORD, WRONG, "S3cret", "Wr0ng"):
        assert secret not in written


def test_a_camera_that_freezes_or_goes_away_is_recorded_again_when_it_returns(streams, make_recorder):
    clips = {"gevel-1": streams["h264"], "foyer-1": streams["h265"]}
    with simrig.Rig(clips) as rig:
        recorder: Recorder = make_recorder({name: f'rtsp = "{rig.url(name)}"' for name in clips})
        recorder.start()
        for name in clips:
            recorder.wait(name, has_segments(1))
        rig.control("freeze gevel-1")
        rig.control("stop foyer-1")
        frozen = rig.stat("gevel-1")["last"]
        stalled = recorder.wait("gevel-1", is_waiting)
        away = recorder.wait("foyer-1", is_waiting)
        rig.control("thaw gevel-1")
        rig.control("start foyer-1")
        before = {name: recorder.wait(name, is_recording).segments for name in clips}
        for name in clips:
            recorder.wait(name, has_segments(before[name] + 1))
        assert recorder.stop(signal.SIGINT) == 0

    assert stalled.cause is GapCause.STALLED
    assert away.cause in (GapCause.UNREACHABLE, GapCause.REFUSED)
    for name in clips:
        takes = recorder.takes(name)
        assert lost_inside_runs(takes) == 0
        assert len({take.run for take in takes}) == 2
        *between, last = recorder.gaps(name)
        assert last.cause is GapCause.RECORDER_STOPPED
        assert last.end is None
        assert all(gap.end is not None for gap in between)
    # The picture that was under way when the camera froze is there as well.
    assert any(frozen in take.counters for take in recorder.takes("gevel-1"))
    assert {gap.cause for gap in recorder.gaps("gevel-1")[:-1]} >= {GapCause.STALLED}


def test_a_killed_recorder_leaves_no_process_and_its_footage_is_taken_in(streams, make_recorder):
    with simrig.Rig({"gevel-1": streams["h264"]}) as rig:
        recorder: Recorder = make_recorder({"gevel-1": f'rtsp = "{rig.url("gevel-1")}"'})
        recorder.start()
        recorder.wait("gevel-1", has_segments(1))
        incoming = recorder.root / "incoming" / "gevel-1"
        children = recorder.children()
        while not any(holds_footage(path) for path in incoming.iterdir()):
            time.sleep(0.02)
        sent = rig.stat("gevel-1")["last"]
        recorder.stop(signal.SIGKILL)
        assert not children  # it records in its own process: there is nothing to leave behind
        left = [path.name for path in incoming.iterdir() if holds_footage(path)]
        indexed = recorder.indexed("gevel-1")

        recorder.start()
        recorder.wait("gevel-1", has_segments(1))
        assert recorder.stop() == 0

    takes = recorder.takes("gevel-1")
    first_run = [take for take in takes if take.run == takes[0].run]
    assert [gap.cause for gap in recorder.gaps("gevel-1")] == [GapCause.RECORDER_STOPPED] * 2
    assert left
    assert len(first_run) == indexed + len(left)
    assert lost_inside_runs(takes) == 0
    assert first_run[-1].counters[-1] >= sent - 25  # half a second is on its way; twice that on a busy machine
    assert not list(incoming.iterdir())
    assert not list((recorder.root / "quarantine").iterdir())


def test_footage_that_cannot_be_taken_in_stops_the_recorder_loudly(streams, make_recorder):
    with simrig.Rig({"gevel-1": streams["h264"]}) as rig:
        recorder: Recorder = make_recorder({"gevel-1": f'rtsp = "{rig.url("gevel-1")}"'})
        (recorder.root / "segments" / "facade").write_text("a file in the way")
        recorder.start()
        code = recorder.ended()

    assert code == 1
    log = recorder.log.read_text()
    assert "error: Recording stopped, since footage could not be taken in: NotADirectoryError" in log
    assert "next: " in log
    assert list((recorder.root / "incoming" / "gevel-1").iterdir())


def test_a_second_recorder_is_refused(streams, make_recorder):
    recorder: Recorder = make_recorder({"dicht": 'rtsp = "rtsp://127.0.0.1:1/dicht"'})
    recorder.start()
    recorder.wait("dicht", is_waiting)

    second = recorder.cctv("record")

    assert second.returncode == 11
    assert "is locked" in second.stderr
    assert recorder.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_recorder_without_a_single_camera_up_stops_at_once(make_recorder, number):
    recorder: Recorder = make_recorder({"dicht": 'rtsp = "rtsp://127.0.0.1:1/dicht"'})
    recorder.start()
    recorder.wait("dicht", is_waiting)

    assert recorder.stop(number) == 0


def test_a_lesser_stream_than_the_largest_is_said_to_be_one_and_recorded(streams, make_recorder):
    with (
        simrig.Rig({"foyer-1": streams["h264"]}) as rig,
        OnvifDevice({"main": rig.url("foyer-1", credentials=False)}) as device,
    ):
        recorder = make_recorder({"foyer-1": f'onvif = "{device.address}"'})
        recorder.start()
        recorder.wait_log("foyer-1: main (H264 1920x1080) is recorded, not stills (JPEG 3840x2160)")
        recorder.wait("foyer-1", lambda state: state.segments >= 1)
        assert recorder.stop() == 0

    assert recorder.log.read_text().count("is recorded, not stills") == 1
