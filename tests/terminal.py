"""A command on a pseudo-terminal, where it asks what it asks a person who sits there."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Sequence

import pytest

from cctv.cli.app import run
from cctv.cli.invocation import Invocation


def on_a_terminal(invocation: Invocation, arguments: Sequence[str], typed: str) -> tuple[int, str]:
    """Run a command, type one line, and return the exit code and all that was shown.

    In this process: to start another one takes over a second of processor time.
    """
    controller, terminal = pty.openpty()
    shown: list[bytes] = []
    reader = threading.Thread(target=_read_all, args=(controller, shown))
    reader.start()
    os.write(controller, f"{typed}\n".encode())
    with (
        os.fdopen(terminal, "r") as keyboard,
        os.fdopen(os.dup(terminal), "w", buffering=1) as screen,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("sys.stdin", keyboard)
        patch.setattr("sys.stdout", screen)
        patch.setattr("sys.stderr", screen)
        code = run(list(arguments), invocation)
    reader.join()
    os.close(controller)
    return code, b"".join(shown).decode()


def _read_all(controller: int, shown: list[bytes]) -> None:
    try:
        while piece := os.read(controller, 4096):
            shown.append(piece)
    except OSError:  # the other end closed
        return
