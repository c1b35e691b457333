"""Child processes: the only place that starts one.

Every child dies with its parent (`setpriv --pdeathsig`), so a killed recorder or export leaves no orphan ffmpeg.  Never
passes a secret in an argument or the environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import IO

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
