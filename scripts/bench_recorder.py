"""The recorder against plain `ffmpeg -c copy -f segment` of the same cameras, both at once on the same machine; then
what a kill and a stall cost.  Simulated cameras mark every frame with a counter and its send time (docs/simulator.md).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from simulator import sei

from cctv.cameras import StreamAddress
from cctv.config import Transport
from cctv.recorder.command import record_command

SCRIPTS = Path(__file__).resolve().parent
CCTV = str(Path(sys.executable).with_name("cctv"))
LEAN = ["-fpsprobesize", "0", "-analyzeduration", "100000", "-probesize", "100000"]
FPS = 25
TICK = os.sysconf("SC_CLK_TCK")
HEAD = """
[site]
name = "Bench"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
[recording]
segment = "{segment}s"
reserve = "1%"
[zones.facade]
kind = "facade"
retention = "7d"
"""


class Cameras:
    """A camsim with two mounts for each camera: one for the recorder, one for the reference."""

    def __init__(self, clip: Path, count: int) -> None:
        self.ours, self.reference = ([f"{kind}-{number}" for number in range(count)] for kind in ("cam", "ref"))
        command = [str(SCRIPTS / "camsim"), "--die-with-stdin"]
        for name in (*self.ours, *self.reference):
            command += ["--clip", f"{name}={clip}", "--fps", f"{name}={FPS}"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._ready: dict[str, Any] = json.loads(self._process.stdout.readline())

    def url(self, name: str) -> str:
        return f"rtsp://127.0.0.1:{self._ready['rtsp_port']}/{name}"

    def tell(self, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self._ready["control_port"])) as connection:
            connection.sendall(f"{command}\n".encode())
            return connection.makefile().readline()

    def sent(self) -> dict[str, int]:
        return {one["name"]: one["last"] for one in json.loads(self.tell("stat"))["cameras"]}

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


class Recorder:
    """`cctv record` on a storage of its own."""

    def __init__(self, folder: Path, cameras: Cameras, segment: int) -> None:
        self.folder, self.names = folder, cameras.ours
        text = HEAD.format(segment=segment)
        for name in self.names:
            text += f'[cameras.{name}]\nzone = "facade"\npurpose = "bench"\nrtsp = "{cameras.url(name)}"\n'
        (folder / "cameras.toml").write_text(text)
        self._command = [CCTV, "--config", str(folder / "cameras.toml")]
        subprocess.run([*self._command, "footage", "init"], check=True, capture_output=True)

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*self._command, "record"], stderr=log)
        until(lambda: len(self.recording()) == len(self.names))

    def recording(self) -> list[str]:
        try:
            said = json.loads((self.folder / "storage" / "recorder.json").read_text())
        except FileNotFoundError:
            return []
        mine = said["pid"] == self._process.pid
        return [name for name, one in said["cameras"].items() if mine and one["state"] == "recording"]

    def pids(self) -> list[int]:
        return tree(self._process.pid)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(number)
        self._process.wait()

    def segments(self) -> list[tuple[dict[str, Any], sei.Scan]]:
        found = []
        for path in sorted((self.folder / "storage" / "segments").glob("*/*/*/index.jsonl")):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            found += [(line, sei.scan(path.parent / line["name"])) for line in lines]
        return sorted(found, key=lambda one: (one[0]["camera"], one[0]["start_us"]))


def until(reached: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            sys.exit("bench: waited in vain")
        time.sleep(0.02)


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(below for child in children for below in tree(int(child)))]


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time of processes that live and of what they have waited for."""
    total = 0
    for pid in pids:
        try:
            total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
        except OSError:
            continue
    return total / TICK


def pss_mib(pids: Sequence[int]) -> float:
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def make_clip(folder: Path, size: str, megabits: float) -> Path:
    path = folder / "clip.h264"
    rate = f"{megabits}M"
    encoder = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-bf",
        "0",
        "-g",
        str(2 * FPS),
        "-x264-params",
        "aud=1:scenecut=0",
    ]
    source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={FPS}:duration=4,noise=alls=8:allf=t"]
    limits = ["-b:v", rate, "-maxrate", rate, "-bufsize", rate]
    subprocess.run(["ffmpeg", "-v", "error", *source, *encoder, *limits, "-f", "h264", str(path)], check=True)
    return path


def start_reference(folder: Path, cameras: Cameras, segment: int) -> list[subprocess.Popen[bytes]]:
    started = []
    for name in cameras.reference:
        (folder / name).mkdir(parents=True)
        source = ["-rtsp_transport", "tcp", *LEAN, "-i", cameras.url(name)]
        target = [
            "-map",
            "0:v",
            "-c",
            "copy",
            "-f",
            "segment",
            "-segment_time",
            str(segment),
            str(folder / name / "%06d.mp4"),
        ]
        started.append(
            subprocess.Popen(["ffmpeg", "-v", "error", "-nostdin", *source, *target], stderr=subprocess.DEVNULL)
        )
    return started


def start_cost(cameras: Cameras, folder: Path, runs: int) -> float:
    """Processor time up to the first frame, the recorder's command against ffmpeg as it is."""
    ratios = []
    for number in range(runs):
        url, pattern = cameras.url(cameras.ours[0]), folder / f"start{number}-%06d.mp4"
        script = StreamAddress(url, Transport.TCP).script(timeout=timedelta(seconds=5), video_only=True)
        ours = _until_first_frame(lambda fd, to=pattern: record_command(to, fd, timedelta(seconds=60)), script)
        plain = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-map", "0:v", "-c", "copy"]
        target = str(folder / f"plain{number}.mp4")
        default = _until_first_frame(
            lambda fd, to=target, plain=plain: [*plain, "-progress", f"pipe:{fd}", "-stats_period", "0.1", to], b""
        )
        ratios.append(ours / default)
    return statistics.median(ratios)


def _until_first_frame(command: Callable[[int], Sequence[str]], script: bytes) -> float:
    said, theirs = os.pipe()
    process = subprocess.Popen(
        command(theirs), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(theirs,)
    )
    os.close(theirs)
    assert process.stdin is not None
    process.stdin.write(script)
    process.stdin.close()
    with open(said, "rb") as lines:  # noqa: PTH123 - a descriptor
        for line in lines:
            if line.startswith(b"frame=") and int(line[6:]) > 0:
                break
        used = cpu_seconds([process.pid])
    process.kill()
    process.wait()
    return used


def lost_inside_runs(found: Sequence[tuple[dict[str, Any], sei.Scan]]) -> int:
    runs: dict[int, list[int]] = {}
    for line, scan in found:
        runs.setdefault(line["run"], []).extend(frame.counter for frame in scan.frames)
    return sum(later - earlier - 1 for counters in runs.values() for earlier, later in pairwise(counters))


def worst_start_ms(found: Sequence[tuple[dict[str, Any], sei.Scan]]) -> float:
    return max(abs(line["start_us"] - scan.frames[0].sent_us) for line, scan in found) / 1000


def tail_lost(recorder: Recorder, cameras: Cameras) -> float:
    """Seconds between what the cameras had sent when the recorder was killed and what it kept; the worst camera."""
    recorder.start()
    time.sleep(5)
    sent = cameras.sent()
    recorder.stop(signal.SIGKILL)
    recorder.start()
    recorder.stop()
    found = recorder.segments()
    kept = {
        name: max(
            frame.counter
            for line, scan in found
            if line["camera"] == name
            for frame in scan.frames
            if frame.counter <= sent[name]
        )
        for name in recorder.names
    }
    return max(sent[name] - kept[name] for name in recorder.names) / FPS


def stall_to_restart(recorder: Recorder, cameras: Cameras, command: str) -> float:
    """Seconds from a camera's last frame to the next ffmpeg for it."""
    before = set(recorder.pids())
    began = time.monotonic()
    cameras.tell(f"{command} {cameras.ours[0]}")
    until(lambda: bool(set(recorder.pids()) - before))
    took = time.monotonic() - began
    cameras.tell(f"{'thaw' if command == 'freeze' else 'unhang'} {cameras.ours[0]}")
    until(lambda: len(recorder.recording()) == len(recorder.names))
    time.sleep(5)
    return took


def figure(name: str, value: float, goal: float) -> bool:
    """Print one figure; whether its goal is met."""
    ok = value <= goal
    print(json.dumps({"figure": name, "value": round(value, 3), "goal": goal, "ok": ok}), flush=True)
    return ok


def measure(given: argparse.Namespace, folder: Path, cameras: Cameras) -> list[bool]:
    met = [figure("CPU of starting a camera / ffmpeg with default probing", start_cost(cameras, folder, 5), 0.5)]
    recorder = Recorder(folder, cameras, given.segment)
    recorder.start()
    plain = start_reference(folder / "reference", cameras, given.segment)
    time.sleep(given.warmup)
    reference = [process.pid for process in plain]
    before = cpu_seconds(recorder.pids()), cpu_seconds(reference)
    time.sleep(given.seconds)
    ours, theirs = cpu_seconds(recorder.pids()) - before[0], cpu_seconds(reference) - before[1]
    met.append(figure(f"CPU over {given.seconds:g} s / reference", ours / theirs, 1.10))
    met.append(figure("PSS / reference", pss_mib(recorder.pids()) / pss_mib(reference), 1.20))
    for process in plain:
        process.kill()
        process.wait()
    shutil.rmtree(folder / "reference")
    recorder.stop()
    found = recorder.segments()
    met.append(figure("frames lost over all boundaries", lost_inside_runs(found), 0))
    met.append(figure("segment start error, worst, ms", worst_start_ms(found), 50))
    met.append(figure("tail lost at kill -9, worst, s", tail_lost(recorder, cameras), 0.5))
    recorder.start()
    time.sleep(5)
    met += [
        figure(f"stall to restart, {kind}, s", stall_to_restart(recorder, cameras, command), 3)
        for command, kind in (("freeze", "RTCP goes on"), ("hang", "silent"))
    ]
    recorder.stop()
    return met


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/bench recorder", description=__doc__)
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=120, help="to measure, after the warm-up (default: 120)")
    parser.add_argument("--warmup", type=float, default=10)
    parser.add_argument("--segment", type=int, default=60, help="seconds (default: 60)")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--megabits", type=float, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-recorder-") as name:
        folder = Path(name)
        cameras = Cameras(make_clip(folder, given.size, given.megabits), given.cameras)
        try:
            return 0 if all(measure(given, folder, cameras)) else 1
        finally:
            cameras.close()


if __name__ == "__main__":
    sys.exit(main())
