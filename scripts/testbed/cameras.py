"""Simulated cameras, in a process of their own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent.parent
FPS = 25
PATIENCE = 120.0  # seconds


class Cameras:
    """A camsim.  Without sound: lean probing may end at sound that comes before the first picture."""

    def __init__(self, clips: Mapping[str, Path], other_sizes: Mapping[str, Path] | None = None) -> None:
        self.names = list(clips)
        command = [str(SCRIPTS / "camsim"), "--die-with-stdin", "--audio", "none", "--fps", str(FPS)]
        for name, clip in clips.items():
            command += ["--clip", f"{name}={clip}"]
        for name, clip in (other_sizes or {}).items():
            command += ["--alt", f"{name}={clip}"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("the simulated cameras did not start; their message is above")
        self._ready: dict[str, Any] = json.loads(line)

    def url(self, name: str) -> str:
        return f"rtsp://127.0.0.1:{self._ready['rtsp_port']}/{name}"

    def tell(self, command: str) -> str:
        """Send one line to the control port and answer the reply."""
        with socket.create_connection(("127.0.0.1", self._ready["control_port"])) as connection:
            connection.sendall(f"{command}\n".encode())
            with connection.makefile() as replies:
                reply = replies.readline().strip()
        if not reply or reply.startswith("error"):
            sys.exit(f"the simulated cameras: {command}: {reply or 'no answer'}")
        return reply

    def stat(self) -> dict[str, dict[str, Any]]:
        """What each camera says of itself."""
        return {camera["name"]: camera for camera in json.loads(self.tell("stat"))["cameras"]}

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def make_clip(path: Path, size: str, megabits: float, seconds: float = 4, gop: int = 2 * FPS) -> Path:
    """A noisy moving picture at a constant bit rate, as annex B.

    Its parameter sets state the frame rate, as x264 always does and as many cameras do.  That spares ffmpeg's default
    probing nothing: it cost the same 0.11 CPU-s with and without it (ffmpeg 5.1, 1080p), for it looks at 20 frames of
    H.264 whatever is stated.
    """
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", str(gop)]
    encoder += ["-x264-params", "aud=1:scenecut=0"]
    source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={FPS}:duration={seconds:g},noise=alls=8:allf=t"]
    limits = [word for option in ("-b:v", "-maxrate", "-bufsize") for word in (option, f"{megabits:g}M")]
    command = ["ffmpeg", "-v", "error", "-nostdin", *source, *encoder, *limits, "-f", "h264", str(path)]
    subprocess.run(command, check=True)
    return path


def until(reached: Callable[[], bool], what: str, seconds: float = PATIENCE, look: float = 0.02) -> None:
    """Wait for a condition; end the program, saying what was wanted, if it never comes."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            sys.exit(f"waited in vain, {seconds:g} s: {what}")
        time.sleep(look)


def named(kind: str, count: int) -> Sequence[str]:
    """Names of that many cameras."""
    return [f"{kind}-{number}" for number in range(count)]
