"""`cctv record` on a storage of its own, seen from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import sei

from testbed.cameras import until
from testbed.load import tree

CCTV = str(Path(sys.executable).with_name("cctv"))
ZONE = "facade"
HEAD = """
[site]
name = "Trial"
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


@dataclass(frozen=True, slots=True)
class Segment:
    """A line of index.jsonl, and what the file that it names holds."""

    camera: str
    run: int
    start_us: int
    end_us: int
    path: Path
    scan: sei.Scan


class Product:
    """A storage, its cameras.toml, and the recorder that may be running on it."""

    name = "cctv record"

    def __init__(self, folder: Path, addresses: Mapping[str, str], segment: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.storage, self.log = folder, folder / "storage", folder / "log"
        self._addresses, self._segment = dict(addresses), segment
        self._process: subprocess.Popen[bytes] | None = None
        self.write_settings(list(addresses))
        self.cctv("footage", "init")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def write_settings(self, cameras: list[str]) -> None:
        """Name these cameras in cameras.toml."""
        text = HEAD.format(segment=self._segment)
        for name in cameras:
            text += f'[cameras.{name}]\nzone = "{ZONE}"\npurpose = "trial"\nrtsp = "{self._addresses[name]}"\n'
        beside = self.folder / "cameras.toml.part"
        beside.write_text(text)
        beside.replace(self.folder / "cameras.toml")
        self.names = cameras

    def cctv(self, *words: str) -> str:
        """Run a command to its end and answer what it prints."""
        done = subprocess.run(self._command(*words), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"cctv {' '.join(words)}: status {done.returncode}\n{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Begin to record, whatever the cameras do."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command("record"), stderr=log, stdin=subprocess.DEVNULL)

    def wait(self) -> None:
        """Until every camera is recorded."""
        until(lambda: self._goes_on() and self.recording() == set(self.names), "every camera recorded")

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def has_spoken(self) -> bool:
        """The running recorder has said how its cameras fare."""
        return self._said() is not None

    def recording(self) -> set[str]:
        """The cameras that the running recorder says it records."""
        cameras = self._said() or {}
        return {name for name, camera in cameras.items() if camera["state"] == "recording"}

    def pids(self) -> list[int]:
        return tree(self.pid)

    def written(self) -> dict[str, int]:
        """Bytes on disk, by camera."""
        folders = {name: [self.storage / "incoming" / name] for name in self.names}
        for name in self.names:
            folders[name] += (self.storage / "segments" / ZONE / name).glob("*")
        return {name: sum(map(held, folders_of)) for name, folders_of in folders.items()}

    def hang_up(self) -> None:
        """Tell the recorder to read cameras.toml again."""
        os.kill(self.pid, signal.SIGHUP)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal, wait for the end and answer the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait()

    def close(self) -> None:
        if self.is_alive():
            self.stop(signal.SIGKILL)

    def segments(self, since_us: int = 0) -> list[Segment]:
        """What index.jsonl names, by camera and time; every file is read."""
        lines: list[tuple[Path, dict[str, Any]]] = [
            (path.parent / line["name"], line)
            for path in (self.storage / "segments").glob("*/*/*/index.jsonl")
            for line in map(json.loads, path.read_text().splitlines())
        ]
        lines = [entry for entry in lines if entry[1]["start_us"] >= since_us]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            scans = list(pool.map(sei.scan, [path for path, _ in lines]))
        segments = [
            Segment(line["camera"], line["run"], line["start_us"], line["end_us"], path, scan)
            for (path, line), scan in zip(lines, scans, strict=True)
        ]
        return sorted(segments, key=lambda segment: (segment.camera, segment.start_us))

    def _said(self) -> dict[str, Any] | None:
        """What the running recorder last wrote of its cameras; the file of an earlier one stays."""
        try:
            state = json.loads((self.storage / "recorder.json").read_text())
        except FileNotFoundError:
            return None
        return dict(state["cameras"]) if self.is_alive() and state["pid"] == self.pid else None

    def _goes_on(self) -> bool:
        if not self.is_alive():
            sys.exit(f"the recorder ended by itself:\n{self.log.read_text()[-2000:]}")
        return True

    def _command(self, *words: str) -> list[str]:
        return [CCTV, "--config", str(self.folder / "cameras.toml"), *words]


def held(folder: Path) -> int:
    """Bytes of the files in a folder, now."""
    total = 0
    if not folder.is_dir():
        return 0
    for path in list(folder.iterdir()):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue  # closed and moved meanwhile
    return total
