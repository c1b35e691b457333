"""A command of the program on a pseudo-terminal, where it asks what it asks a person who sits there."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PATIENCE_SECONDS = 60
_MAIN = "import sys; from cctv.cli.app import main; sys.exit(main())"


def on_a_terminal(config: Path, arguments: Sequence[str], typed: str) -> tuple[int, str]:
    """Run `cctv --config CONFIG ARGUMENTS`, type one line, and return the exit code and all that was shown."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-c", _MAIN, "--config", str(config), *arguments]
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, close_fds=True)
    os.close(terminal)
    os.write(controller, f"{typed}\n".encode())
    shown = b""
    while piece := _next_piece(controller):
        shown += piece
    os.close(controller)
    return process.wait(_PATIENCE_SECONDS), shown.decode()


def _next_piece(controller: int) -> bytes:
    """What was shown next; empty once the command has closed its end, or says nothing any more."""
    if not select.select([controller], [], [], _PATIENCE_SECONDS)[0]:
        return b""
    try:
        return os.read(controller, 4096)
    except OSError:  # the other end closed
        return b""
