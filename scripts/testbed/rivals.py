"""Other recorders of the same cameras: the reference, and the designs that were not chosen."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from testbed.cameras import SCRIPTS, Cameras, until
from testbed.load import tree
from testbed.product import held

LEAN = ["-fpsprobesize", "0", "-analyzeduration", "100000", "-probesize", "100000"]
_APART = 0.4  # seconds between two starts: all at once, they starve the cameras
_FRAGMENTS = "movflags=frag_keyframe+empty_moov+default_base_moof:frag_duration=400000:flush_packets=1"
SYSTEM_PYTHON = "/usr/bin/python3"


class Rival:
    """Processes that record all cameras, each into a folder of its own."""

    name = ""

    def __init__(self, folder: Path, cameras: Cameras, segment: int) -> None:
        self.folder, self.cameras, self.segment = folder, cameras, segment
        self.names = cameras.names
        self._processes: list[subprocess.Popen[bytes]] = []

    def commands(self) -> list[list[str]]:
        """The command of each process."""
        raise NotImplementedError

    def start(self) -> None:
        """Start one after another."""
        for name in self.names:
            self._of(name).mkdir(parents=True)
        for number, command in enumerate(self.commands()):
            with (self.folder / f"log-{number}").open("wb") as log:
                self._processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log))
            time.sleep(_APART)

    def wait(self) -> None:
        """Until every camera has something on disk."""
        until(lambda: self._goes_on() and all(self.written().values()), f"{self.name}: every camera on disk")

    def is_alive(self) -> bool:
        return all(process.poll() is None for process in self._processes)

    def pids(self) -> list[int]:
        return [pid for process in self._processes for pid in tree(process.pid)]

    def written(self) -> dict[str, int]:
        """Bytes on disk, by camera."""
        return {name: held(self._of(name)) for name in self.names}

    def stop(self) -> None:
        """End them and remove what they wrote."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait()
        self._processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _of(self, camera: str) -> Path:
        return self.folder / camera

    def _goes_on(self) -> bool:
        for number, process in enumerate(self._processes):
            if process.poll() is not None:
                text = (self.folder / f"log-{number}").read_text(errors="replace")[-500:]
                sys.exit(f"{self.name}: process {number} ended with status {process.returncode}: {text}")
        return True


class Plain(Rival):
    """The reference."""

    name = "plain ffmpeg"

    def commands(self) -> list[list[str]]:
        return [_ffmpeg(self.cameras.url(name), self.segment, [], self._of(name)) for name in self.names]


class ProcessEach(Rival):
    """An ffmpeg for each camera that writes fragments; the hashing and flushing beside it are not counted."""

    name = "an ffmpeg for each camera"

    def commands(self) -> list[list[str]]:
        more = ["-segment_format", "mp4", "-segment_format_options", _FRAGMENTS]
        return [_ffmpeg(self.cameras.url(name), self.segment, more, self._of(name)) for name in self.names]


class Pipeline(Rival):
    """One process with a GStreamer pipeline for all cameras, writing fragments."""

    name = "GStreamer in one process"

    def commands(self) -> list[list[str]]:
        pairs = [word for name in self.names for word in (self.cameras.url(name), str(self._of(name)))]
        return [[SYSTEM_PYTHON, str(SCRIPTS / "testbed" / "pipeline.py"), str(self.segment), *pairs]]


ALTERNATIVES: Sequence[type[Rival]] = (ProcessEach, Pipeline)


def _ffmpeg(url: str, segment: int, more: list[str], folder: Path) -> list[str]:
    source = ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", *LEAN, "-i", url]
    target = ["-map", "0:v", "-c", "copy", "-f", "segment", "-segment_time", str(segment)]
    return [*source, *target, *more, str(folder / "%06d.mp4")]
