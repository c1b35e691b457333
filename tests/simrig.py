"""Real cameras for tests: generated scenes played by scripts/camsim in a process of its own.

    with Rig({"foyer-1": scene_clip(folder, seconds=4).stream}, fps=12.5) as rig:
        record(rig.url("foyer-1"), folder / "out.mp4", frames=25)
        rig.control("freeze foyer-1")

Importing this module also puts scripts/ on the path, so that `from simulator import sei` works.
Imports nothing of cctv.
"""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))

SYSTEM_PYTHON = "/usr/bin/python3"
PATIENCE = 60  # seconds; only a broken rig ever waits that long


class RigError(Exception):
    """The simulated cameras do not do what they were told."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A generated scene on disk."""

    folder: Path
    stream: Path
    movie: Path
    truth: dict[str, Any]

    @property
    def fps(self) -> float:
        return float(self.truth["fps"])

    @property
    def frames(self) -> int:
        return int(self.truth["frames"])

    def person(self, person_id: int) -> dict[str, Any]:
        return next(person for person in self.truth["people"] if person["id"] == person_id)


_MADE: dict[tuple[Path, str], Clip] = {}


def scene_clip(folder: Path, **options: Any) -> Clip:
    """Generate a scene under `folder`, once a session for the same options.

    Options are those of scripts/scene: seed=7, size="640x360", fps=12.5, seconds=4, layout="foyer", people=5,
    codec="h265", gop=1, noise=2, pair=True, statue=True.
    """
    words: list[str] = []
    for option, value in sorted(options.items()):
        if value is True:
            words.append(f"--{option}")
        elif value is not False and value is not None:
            words.append(f"--{option}={value}")
    key = " ".join(words)
    folder = Path(folder)
    if (folder, key) not in _MADE:
        target = folder / hashlib.sha256(key.encode()).hexdigest()[:12]
        command = [sys.executable, str(SCRIPTS / "scene"), str(target), *words]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=PATIENCE * 5)
        stream = target / f"scene.{options.get('codec', 'h264')}"
        truth = json.loads((target / "truth.json").read_text())
        _MADE[folder, key] = Clip(target, stream, target / "scene.mp4", truth)
    return _MADE[folder, key]


def missing() -> str | None:
    """What this machine lacks to simulate cameras, or None."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if not Path(SYSTEM_PYTHON).exists():
        return f"no {SYSTEM_PYTHON}"
    if subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode:
        return "no gir1.2-gst-rtsp-server-1.0 or python3-gi"
    return None


class Rig:
    """A camsim with the given clips; every camera starts at counter 0 and clip frame 0."""

    def __init__(
        self,
        clips: Mapping[str, Path],
        *,
        fps: float | Mapping[str, float] = 25,
        alt: Mapping[str, Path] | None = None,
        auth: str = "none",
        user: str = "admin",
        password: str = "secret",
        arguments: Sequence[str] = (),
    ) -> None:
        self._clips, self._alt, self._fps = dict(clips), dict(alt or {}), fps
        self._auth, self.user, self.password = auth, user, password
        self._arguments = list(arguments)
        self._process: subprocess.Popen[str] | None = None
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> Rig:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return int(self.ready["pid"])

    def start(self) -> Rig:
        """Return when the cameras answer."""
        with tempfile.NamedTemporaryFile("w", prefix="camsim-password-") as secret:
            secret.write(self.password)
            secret.flush()
            self._process = subprocess.Popen(
                self._command(secret.name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None, text=True
            )
            self.ready = self._read_ready()
        return self

    def stop(self) -> None:
        """End the cameras, even if they are stopped by a signal."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def url(self, name: str, *, credentials: bool | None = None, password: str | None = None) -> str:
        """Address of a camera; with its login by default if the cameras ask for one."""
        with_login = self._auth != "none" if credentials is None else credentials
        user, secret = quote(self.user, safe=""), quote(password or self.password, safe="")
        login = f"{user}:{secret}@" if with_login else ""
        return f"rtsp://{login}127.0.0.1:{self.ready['rtsp_port']}/{name}"

    def control(self, command: str) -> str:
        """Send one line to the control port; RigError unless it was carried out."""
        with socket.create_connection(("127.0.0.1", self.ready["control_port"]), PATIENCE) as connection:
            connection.sendall(f"{command}\n".encode())
            with connection.makefile() as replies:
                reply = replies.readline().strip()
        if reply.startswith("error"):
            raise RigError(f"{command}: {reply}")
        return reply

    def stat(self, name: str) -> dict[str, Any]:
        """What one camera says of itself."""
        cameras = json.loads(self.control("stat"))["cameras"]
        return next(camera for camera in cameras if camera["name"] == name)

    def wait(self, name: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first `stat` of a camera that satisfies the condition."""
        deadline = time.monotonic() + PATIENCE
        while not reached(stat := self.stat(name)):
            if time.monotonic() > deadline:
                raise RigError(f"waited in vain: {stat}")
            time.sleep(0.02)
        return stat

    def _command(self, password_file: str) -> list[str]:
        command = [str(SCRIPTS / "camsim"), "--die-with-stdin", "--auth", self._auth, "--user", self.user]
        command += ["--password-file", password_file, *self._arguments]
        for name, path in self._clips.items():
            rate = self._fps if isinstance(self._fps, int | float) else self._fps[name]
            command += ["--clip", f"{name}={path}", "--fps", f"{name}={rate}"]
        for name, path in self._alt.items():
            command += ["--alt", f"{name}={path}"]
        return command

    def _read_ready(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if selector.select(PATIENCE) else ""
        if not line:
            self.stop()
            raise RigError("camsim did not start; its message is on stderr")
        return json.loads(line)


def source(url: str) -> list[str]:
    """Arguments of ffmpeg that read a camera and begin at once, instead of looking at it for seconds first."""
    probing = ["-fpsprobesize", "0", "-analyzeduration", "100000", "-probesize", "100000"]
    return [*probing, "-rtsp_transport", "tcp", "-i", url]


def record(url: str, output: Path, frames: int, *, sound: bool = False) -> subprocess.CompletedProcess[str]:
    """Record that many frames with ffmpeg, without decoding; the number counts, so no machine is too slow for it."""
    streams = ["-map", "0:v", "-map", "0:a", "-c:v", "copy", "-c:a", "aac"] if sound else ["-map", "0:v", "-c", "copy"]
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *source(url), *streams, "-frames:v", str(frames), str(output)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def pictures(movie: Path, form: str = "bgr24") -> np.ndarray:
    """Every decoded frame: (frames, height, width, 3) of bgr24, or (frames, height, width) of gray."""
    probe = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height"]
    size = subprocess.run([*probe, "-of", "csv=p=0", movie], capture_output=True, text=True, check=True).stdout
    width, height = (int(side) for side in size.strip().split(","))
    decode = ["ffmpeg", "-v", "error", "-nostdin", "-i", movie, "-vsync", "passthrough"]
    raw = subprocess.run([*decode, "-f", "rawvideo", "-pix_fmt", form, "-"], capture_output=True, check=True).stdout
    channels = () if form == "gray" else (3,)
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, *channels)


def alive(pid: int) -> bool:
    """A process of that id runs and is not a zombie."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
