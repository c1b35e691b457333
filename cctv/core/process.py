"""Processes and the machine below them: the only place that starts a child, and what systemd and the kernel know.

Every child dies with its parent (`setpriv --pdeathsig`), so a killed recorder or export leaves no orphan ffmpeg.  Never
passes a secret in an argument or the environment.  systemd is told that a service is ready, alive and stopping.  Of the
machine: its boot id, whether NTP keeps its clock, and the allocator of the C library; reads /proc and adjtimex(2),
changes only the allocator of this process.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from sdnotify import SystemdNotifier

from cctv.core.errors import ToolFailed, ToolMissing
from cctv.core.text import without_secrets

_PACKAGES = {"ffmpeg": "ffmpeg", "ssh-keygen": "openssh-client", "setpriv": "util-linux"}


def require(tool: str) -> str:
    """The path of a tool on PATH; raises ToolMissing with the package to install."""
    path = shutil.which(tool)
    if path is None:
        raise ToolMissing(tool=tool, package=_PACKAGES.get(tool, tool))
    return path


def bound_to_parent(argv: Sequence[str], *, signal: str = "KILL") -> list[str]:
    """The same command, killed by the kernel when the thread that started it ends: start it from the main thread."""
    return [require("setpriv"), "--pdeathsig", signal, "--", require(argv[0]), *argv[1:]]


def run_process(argv: Sequence[str], *, stdin: bytes | None = None, timeout: float | None = None) -> bytes:
    """Run to the end and return stdout; raises ToolFailed with the last lines of stderr.  `timeout` is in seconds."""
    command = bound_to_parent(argv)
    result = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False, env=clean_env())
    if result.returncode != 0:
        raise ToolFailed(tool=argv[0], status=result.returncode, detail=last_lines(result.stderr))
    return result.stdout


def start_process(
    argv: Sequence[str],
    *,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = subprocess.DEVNULL,
    stderr: int | IO[bytes] | None = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a child that dies with this process.  The caller waits for it."""
    return subprocess.Popen(bound_to_parent(argv), stdin=stdin, stdout=stdout, stderr=stderr, env=clean_env())


def clean_env() -> dict[str, str]:
    """The environment for tools: English messages, no credential of this program."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CCTV_", "LANGUAGE"))}
    return {**environ, "LC_ALL": "C.UTF-8"}


def last_lines(stderr: bytes, count: int = 3) -> str:
    """The last lines of a tool's stderr, without credentials, on one line."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return without_secrets("; ".join(line.strip() for line in lines[-count:])) or "no message"


_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
# TIME_ERROR of adjtimex(2); the kernel reports it from the moment that the clock is set by hand
_TIME_ERROR = 5
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; all zero: read only
_M_ARENA_MAX = -8  # mallopt(3)
_ARENA_COUNT = 2


def boot_id() -> str | None:
    """The id of this start of the machine, None where /proc has none: monotonic times compare only under the same."""
    try:
        return _BOOT_ID_FILE.read_text("utf-8").strip()
    except OSError:
        return None


def is_synchronised() -> bool:
    """Whether the kernel's clock is kept by NTP, as `timedatectl` shows it."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _TIME_ERROR


def share_arenas() -> None:
    """Let all threads share two allocator arenas; to be called before the first thread starts.

    glibc gives threads arenas of their own, and each keeps what its camera's largest picture once took: 124 MiB for 16
    cameras, 61 MiB with two arenas for all of them, at the same processor time.  A C library without the setting is
    left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENA_COUNT)


class ServiceManager:
    """sd_notify(3) where NOTIFY_SOCKET is set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._notifier = None
        if environ.get("NOTIFY_SOCKET"):
            self._notifier = SystemdNotifier()
        self._status = ""

    def ready(self, status: str) -> None:
        """Report that the service has started."""
        self._send("READY=1")
        self._tell(status)

    def alive(self, status: str) -> None:
        """Feed the watchdog; sends the status when it changed."""
        self._send("WATCHDOG=1")
        self._tell(status)

    def stopping(self) -> None:
        """Report that the service is stopping."""
        self._send("STOPPING=1")

    def _tell(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._send(f"STATUS={status}")

    def _send(self, message: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(message)
