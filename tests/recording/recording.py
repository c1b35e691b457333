"""A site recorded by a real `cctv record`, in a process of its own, from simulated cameras."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import simrig
from simulator import sei

from cctv.config.loader import load_settings
from cctv.core.clock import SystemClock
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage, open_site
from cctv.footage.runs import gaps_of
from cctv.footage.segments import segments_of
from cctv.model.audit import Actor
from cctv.model.footage import Gap
from cctv.model.ids import CameraId
from cctv.recording.state import CameraState, read_state

PATIENCE = 60  # seconds; only a broken recorder ever waits that long
ALWAYS = Span(*(SystemClock().now().replace(year=year) for year in (2000, 2100)))

_HEAD = """
[site]
name = "Cultuurcentrum De Grote Post"
timezone = "Europe/Brussels"
jurisdiction = "BE"
language = "nl"
storage = "storage"
max_retention = "28d"
[recording]
segment = "2s"
[zones.facade]
kind = "facade"
retention = "7d"
[credentials]
file = "credentials.toml"
"""


@dataclass(frozen=True)
class Take:
    """One indexed file and what the camera's marks say about it."""

    path: Path
    run: int
    start_us: int
    end_us: int
    scan: sei.Scan

    @property
    def counters(self) -> list[int]:
        return [frame.counter for frame in self.scan.frames]


class Recorder:
    """A storage, its cameras.toml, and the recorder that may be running on it."""

    def __init__(self, folder: Path, cameras: Mapping[str, str], password: str = "", wrong: str = "") -> None:
        self.folder, self.root, self.log = folder, folder / "storage", folder / "log"
        self.config = folder / "cameras.toml"
        sections = "".join(
            f'[cameras.{name}]\nzone = "facade"\npurpose = "theft and damage"\n{lines}\n'
            for name, lines in cameras.items()
        )
        self.config.write_text(_HEAD + sections)
        secrets = folder / "credentials.toml"
        secrets.touch(0o600)
        secrets.write_text(
            f"[right]\nusername = 'admin'\npassword = '''{password}'''\n"
            f"[wrong]\nusername = 'admin'\npassword = '''{wrong}'''\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        assert self.cctv("footage", "init").returncode == 0

    def cctv(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(self._command(*words), capture_output=True, text=True, timeout=PATIENCE, check=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command("record"), stderr=log, stdin=subprocess.DEVNULL)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and answer the exit code."""
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(number)
        return process.wait(PATIENCE)

    def ended(self) -> int:
        """The exit code of a recorder that stops by itself."""
        process, self._process = self._process, None
        assert process is not None
        return process.wait(PATIENCE)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def hang_up(self) -> None:
        """Tell the recorder to read its settings again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def wait_log(self, words: str) -> None:
        """Until the log holds them."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.log.read_text():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def children(self) -> list[int]:
        """Whatever the running recorder started."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [int(pid) for pid in children]

    def all_of_us(self) -> list[int]:
        assert self._process is not None
        return [self._process.pid, *self.children()]

    def wait(self, camera: str, reached: Callable[[CameraState], bool]) -> CameraState:
        """The first state of a camera that satisfies the condition."""
        deadline = time.monotonic() + PATIENCE
        while True:
            state = read_state(self.root)
            # The file of an earlier recorder stays: only what this process wrote counts.
            if state is not None and self._process is not None and state.pid == self._process.pid:
                status = state.cameras.get(CameraId(camera))
                if status is not None and reached(status):
                    return status
            assert self._process is None or self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"{camera}: waited in vain\n{self.log.read_text()}"
            time.sleep(0.05)

    def site(self) -> Storage:
        settings = load_settings(self.config, environ={}).settings
        return open_site(settings, disk=DurableFiles(), clock=SystemClock(), actor=Actor("test"))

    def takes(self, camera: str) -> list[Take]:
        """Every file of a camera by index.jsonl, in order, each of them read."""
        lines = [
            (path.parent, json.loads(line))
            for path in sorted((self.root / "segments").glob(f"*/{camera}/*/index.jsonl"))
            for line in path.read_text().splitlines()
        ]
        lines.sort(key=lambda entry: entry[1]["start_us"])
        return [
            Take(
                folder / entry["name"],
                entry["run"],
                entry["start_us"],
                entry["end_us"],
                sei.scan(folder / entry["name"]),
            )
            for folder, entry in lines
        ]

    def runs(self, camera: str) -> set[int]:
        """The runs that have a segment."""
        indexes = (self.root / "segments").glob(f"*/{camera}/*/index.jsonl")
        return {json.loads(line)["run"] for path in indexes for line in path.read_text().splitlines()}

    def gaps(self, camera: str) -> list[Gap]:
        site = self.site()
        with read_transaction(site.engine) as connection:
            return gaps_of(connection, CameraId(camera), ALWAYS)

    def indexed(self, camera: str) -> int:
        site = self.site()
        with read_transaction(site.engine) as connection:
            return len(segments_of(connection, CameraId(camera), ALWAYS))

    def _command(self, *words: str) -> list[str]:
        main = "import sys; from cctv.cli.app import main; sys.exit(main())"
        return [sys.executable, "-c", main, "--config", str(self.config), *words]


def seen_of(pid: int) -> str:
    """What anybody may read of a process: its arguments and its environment."""
    return _read(pid, "cmdline") + _read(pid, "environ")


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def rtsp(rig: simrig.Rig, name: str, credential: str = "right") -> str:
    """A camera's lines in cameras.toml; its address never holds its login."""
    return f'rtsp = "{rig.url(name, credentials=False)}"\ncredential = "{credential}"'
