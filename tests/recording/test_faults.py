"""Faults of cameras, network and recorder: whatever was lost is a gap with its cause, and nothing else is lost."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import simrig
from recording import Recorder, Take

from cctv.cameras.rtsp import STALL_TIMEOUT
from cctv.core.clock import from_us
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.footage.coverage import Missing, inventory
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.state import Phase

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

SLACK = timedelta(seconds=0.5)  # what is shorter is no gap
JUDGED = 25  # pictures, a second: a run of fewer says nothing about the share that was lost


def is_recording(state):
    return state.phase is Phase.RECORDING


def is_waiting(state):
    return state.phase is Phase.WAITING


def has_segments(count):
    return lambda state: state.segments >= count


def records_again(recorder: Recorder, camera: str) -> None:
    before = recorder.wait(camera, is_recording).segments
    recorder.wait(camera, has_segments(before + 1))


def missing(recorder: Recorder, camera: str, takes: list[Take]) -> tuple[Missing, ...]:
    """What is not recorded between the first and the last segment."""
    site = recorder.site()
    whole = Span(from_us(takes[0].start_us), from_us(takes[-1].end_us))
    with read_transaction(site.engine) as connection:
        return inventory(connection, CameraId(camera), whole, whole.end).missing


def lost(takes: list[Take]) -> list[tuple[datetime, datetime]]:
    """From and until when frames are in no file, by the cameras' own marks.

    A busy machine anchors a run late: a mark counts from the first one of its file, which is where the file begins.
    """
    times = [
        from_us(take.start_us + frame.sent_us - take.scan.frames[0].sent_us)
        for take in takes
        for frame in take.scan.frames
    ]
    return [(one, two) for one, two in pairwise(times) if two - one > SLACK]


def explained(recorder: Recorder, camera: str) -> list[Take]:
    """What was recorded, once all that was not has its cause."""
    takes, gaps = recorder.takes(camera), recorder.gaps(camera)
    assert all(one.cause is not None for one in missing(recorder, camera, takes))
    assert all(take.scan.error is None for take in takes)
    for start, end in lost(takes):
        touching = [gap for gap in gaps if gap.start < end and (gap.end is None or gap.end > start)]
        assert touching, f"{camera}: nothing says why {start} to {end} is missing"
        assert touching[0].start - start < SLACK
        assert touching[-1].end is None or end - touching[-1].end < SLACK
        assert all(later.start - earlier.end < SLACK for earlier, later in pairwise(touching))
    return takes


def test_every_lost_second_is_explained(streams, make_recorder):
    names = ["zacht", "hangt", "weg"]
    with simrig.Rig(dict.fromkeys(names, streams["h264"])) as rig:
        recorder: Recorder = make_recorder({name: f'rtsp = "{rig.url(name)}"' for name in names})
        recorder.start()
        for name in names:
            recorder.wait(name, has_segments(1))

        rig.control("freeze zacht")
        time.sleep(1.2)  # shorter than a stall: the connection stays, frames are missing
        rig.control("thaw zacht")
        for fault, name in (("hang", "hangt"), ("stop", "weg")):
            rig.control(f"{fault} {name}")
        causes = {name: recorder.wait(name, is_waiting).cause for name in names[1:]}
        for fault, name in (("unhang", "hangt"), ("start", "weg")):
            rig.control(f"{fault} {name}")
        for name in names:
            records_again(recorder, name)
        recorder.stop(signal.SIGKILL)
        recorder.start()
        for name in names:
            recorder.wait(name, has_segments(1))
        assert recorder.stop() == 0

    assert causes["hangt"] is GapCause.STALLED
    assert causes["weg"] in (GapCause.UNREACHABLE, GapCause.REFUSED)
    for name in names:
        explained(recorder, name)
        found = {gap.cause for gap in recorder.gaps(name)}
        assert found & ({causes[name]} if name in causes else {GapCause.FRAMES_MISSING, GapCause.STALLED})
        assert GapCause.RECORDER_STOPPED in found
    assert not list((recorder.root / "quarantine").iterdir())


def counters_by_run(takes: list[Take]) -> dict[int, list[int]]:
    """The numbers of the pictures that each connection recorded."""
    runs: dict[int, list[int]] = {}
    for take in takes:
        runs.setdefault(take.run, []).extend(take.counters)
    return runs


@pytest.mark.parametrize(("transport", "loss"), [("tcp", "0.01"), ("udp", "0"), ("udp", "0.01")])
def test_a_network_that_loses_packets_costs_the_pictures_in_them_and_nothing_else(
    streams, make_recorder, transport, loss
):
    with simrig.Rig({"gevel-1": streams["h264"]}, arguments=["--rtpdrop", loss]) as rig:
        lines = f'rtsp = "{rig.url("gevel-1")}"\ntransport = "{transport}"'
        recorder: Recorder = make_recorder({"gevel-1": lines})
        recorder.start()
        recorder.wait("gevel-1", has_segments(4))
        assert recorder.stop() == 0

    # A machine that is busy for two seconds makes a run end; what its connection carried is complete all the same.
    runs = [run for run in counters_by_run(explained(recorder, "gevel-1")).values() if len(run) > JUDGED]
    assert runs
    for counters in runs:
        assert counters == sorted(set(counters))
        assert len(counters) > 0.8 * (counters[-1] - counters[0])
        if loss == "0":
            assert len(counters) == counters[-1] - counters[0] + 1
    long = [gap for gap in recorder.gaps("gevel-1") if gap.end is not None and gap.end - gap.start > STALL_TIMEOUT]
    assert {gap.cause for gap in long} <= {GapCause.STALLED}


def test_a_camera_of_one_picture_every_few_seconds_is_recorded_without_a_gap(tmp_path, make_recorder):
    clip = tmp_path / "slow.h264"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=1", "-c:v", "libx264", "-bf", "0"]
    shape = ["-preset", "ultrafast", "-x264-params", "aud=1:keyint=1", "-f", "h264", str(clip)]
    subprocess.run(["ffmpeg", "-v", "error", *source, *shape], check=True)
    with simrig.Rig({"traag": clip}, fps=0.4) as rig:
        recorder: Recorder = make_recorder({"traag": f'rtsp = "{rig.url("traag")}"'})
        recorder.start()
        recorder.wait("traag", has_segments(4))
        assert recorder.stop() == 0

    (counters,) = counters_by_run(recorder.takes("traag")).values()
    assert counters == list(range(counters[0], counters[0] + len(counters)))
    assert {gap.cause for gap in recorder.gaps("traag")} == {GapCause.RECORDER_STOPPED}


def sizes(path: Path) -> tuple[set[str], set[str]]:
    """Picture sizes by the file's header, and by its decoded frames."""
    fields = "stream=coded_width:frame=width"
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width", "-show_frames"]
    command += ["-show_entries", fields.replace("coded_", ""), "-of", "json", str(path)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {str(one["width"]) for one in said["streams"]}, {str(one["width"]) for one in said["frames"]}


def test_a_change_of_size_begins_a_file_with_a_right_header(streams, wide_streams, make_recorder):
    cameras = {"gevel-1": "h264", "foyer-1": "h265"}
    alt = {name: wide_streams[codec] for name, codec in cameras.items()}
    with simrig.Rig({name: streams[codec] for name, codec in cameras.items()}, alt=alt) as rig:
        recorder: Recorder = make_recorder({name: f'rtsp = "{rig.url(name)}"' for name in cameras})
        recorder.start()
        for name in cameras:
            recorder.wait(name, has_segments(1))
            rig.control(f"alt {name} 1")
        for name in cameras:
            recorder.wait(name, has_segments(5))
        assert recorder.stop() == 0

    for name in cameras:
        takes = explained(recorder, name)
        found = [sizes(take.path) for take in takes]
        assert all(len(frames) == 1 and header == frames for header, frames in found)
        assert {next(iter(header)) for header, _ in found} == {"320", "480"}
        counters = [counter for take in takes for counter in take.counters]
        assert all(later == earlier + 1 for earlier, later in pairwise(counters))
        assert len({take.run for take in takes}) == 1


def rewritten(recorder: Recorder, change: Callable[[str], str]) -> None:
    recorder.config.write_text(change(recorder.config.read_text()))
    recorder.hang_up()


def section(name: str, address: str, more: str = "") -> str:
    return f'[cameras.{name}]\nzone = "facade"\npurpose = "theft and damage"\nrtsp = "{address}"\n{more}\n'


def test_new_settings_touch_only_the_cameras_that_they_change(streams, make_recorder):
    names = ["blijft", "weg", "verhuist", "uren"]
    weekdays = ("mo", "tu", "we", "th", "fr", "sa", "su")
    in_three_days = weekdays[(datetime.now().astimezone().weekday() + 3) % 7]
    hours = f'schedule = ["{in_three_days} 10:00-12:00"]\n'
    with simrig.Rig(dict.fromkeys([*names, "elders", "nieuw"], streams["h264"])) as rig:
        recorder: Recorder = make_recorder({name: f'rtsp = "{rig.url(name)}"' for name in names})
        recorder.start()
        for name in names:
            recorder.wait(name, has_segments(1))

        rewritten(recorder, lambda text: text + "[oops]\n")
        recorder.wait_log("refused, the old ones stay in force")
        assert recorder.wait("weg", is_recording)

        def change(text: str) -> str:
            text = re.sub(r"\[cameras\.weg\].*?(?=\[cameras)", "", text.replace("[oops]\n", ""), flags=re.DOTALL)
            return text.replace(rig.url("verhuist"), rig.url("elders")) + hours + section("nieuw", rig.url("nieuw"))

        rewritten(recorder, change)
        rests = recorder.wait("uren", is_waiting)
        records_again(recorder, "verhuist")
        recorder.wait("nieuw", has_segments(1))
        rewritten(recorder, lambda text: text.replace(hours, ""))
        records_again(recorder, "uren")
        assert recorder.stop() == 0

    runs = {name: len(recorder.runs(name)) for name in [*names, "nieuw"]}
    assert runs == {"blijft": 1, "weg": 1, "verhuist": 2, "uren": 2, "nieuw": 1}
    assert [gap.cause for gap in recorder.gaps("weg")] == [GapCause.CAMERA_REMOVED]
    assert rests.cause is GapCause.SCHEDULE
    assert [gap.cause for gap in recorder.gaps("uren")] == [GapCause.SCHEDULE, GapCause.RECORDER_STOPPED]
    explained(recorder, "verhuist")
    log = recorder.log.read_text()
    assert "settings read again: added nieuw; removed weg; new run verhuist; changed uren" in log
