"""A command on a pseudo-terminal, where it asks what it asks a person who sits there."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence

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


CTRL_C = "\x03"
PATIENCE_SECONDS = 60  # only a broken command ever waits that long


def conversation(
    arguments: Sequence[str],
    answers: Sequence[tuple[str, str | Callable[[str], str]]],
    *,
    environ: Mapping[str, str],
    columns: int = 80,
) -> tuple[int, str]:
    """Run `cctv` in a process with a terminal of its own, which a hidden password needs; returns exit code and screen.

    `answers` are pairs: what is on the screen after the pair before, and what is typed then, or what makes it of the
    screen.
    """
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests that run behind a shell inherit that it is ignored
        command = [sys.executable, "-c", "import sys; from cctv.cli.app import main; sys.exit(main())", *arguments]
        os.execve(sys.executable, command, dict(environ))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    screen, position = "", 0
    ends_at = time.monotonic() + PATIENCE_SECONDS
    waiting = [*answers]
    try:
        while True:
            if waiting and (place := screen.find(waiting[0][0], position)) >= 0:
                expected, typed = waiting.pop(0)
                position = place + len(expected)
                typed = typed if isinstance(typed, str) else typed(screen)
                os.write(terminal, typed.encode() if typed == CTRL_C else f"{typed}\n".encode())
                continue
            interrupting = not waiting and answers[-1][1] == CTRL_C and not screen.endswith("interrupted\n")
            patience = max(0.0, ends_at - time.monotonic())
            if not select.select([terminal], [], [], min(patience, 3.0) if interrupting else patience)[0]:
                if interrupting and patience:  # Python does not see one that comes just before it reads
                    os.write(terminal, CTRL_C.encode())
                    continue
                raise AssertionError(f"waited in vain for {waiting[:1]}:\n{screen}")
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # the command has ended
                piece = b""
            if not piece:
                break
            screen += piece.decode(errors="replace").replace("\r\n", "\n")
    except AssertionError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert not waiting, f"never asked {waiting[0][0]!r}:\n{screen}"
    return code, screen
