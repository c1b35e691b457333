"""The standard streams of a command in the service: the caller's descriptors, written with patience that ends.

A terminal that was stopped (Ctrl-S, Ctrl-Z, a connection that hangs) takes no output, and the command would wait for it
inside of whatever it holds: the lock of a request, by which the sweep could not delete its files either.
"""

from __future__ import annotations

import io
import os
import select
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click.termui

from cctv.services.serve.errors import CallerGone

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PATIENCE_SECONDS = 3600.0  # somebody reads in a pager; as long as a client has to answer
_AT_ONCE = 4096  # bytes: a pipe that says it takes some takes PIPE_BUF of them without a wait (pipe(7))


class PatientOutput(io.FileIO):
    """A descriptor of a caller.  What it does not take in time raises CallerGone, once; then nothing is written any
    more, so that the command's way out does not wait again.

    seconds: how long it may take nothing.
    """

    def __init__(self, descriptor: int, seconds: float = PATIENCE_SECONDS) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._seconds = seconds
        self._is_given_up = False
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write some of it; returns how many bytes."""
        view = memoryview(data).cast("B")
        if self._is_given_up:
            return len(view)
        deadline = time.monotonic() + self._seconds
        while not self._poll.poll(1000 * max(0.0, deadline - time.monotonic())):
            if time.monotonic() >= deadline:
                self._is_given_up = True
                raise CallerGone
        return super().write(view[:_AT_ONCE])


def open_streams(encodings: Sequence[str], seconds: float = PATIENCE_SECONDS) -> None:
    """Make descriptors 0, 1 and 2 Python's standard streams, in the encodings that the caller has."""
    stdin, stdout, stderr = encodings
    sys.stdin = open(0, encoding=stdin, errors="surrogateescape", closefd=False)  # noqa: SIM115 - of the process
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            io.BufferedWriter(PatientOutput(descriptor, seconds)),
            encoding=encoding,
            errors="backslashreplace",
            line_buffering=is_prompt or os.isatty(descriptor),
        )
        for descriptor, encoding, is_prompt in ((1, stdout, False), (2, stderr, True))
    )
    click.termui.visible_prompt_func = typed_line


def typed_line(question: str) -> str:
    """A line that is typed after a question: `input`, which takes an interrupt while it shows the question for a
    failure to show it, and waits on (bltinmodule.c: PyErr_Clear after each flush).
    """
    sys.stdout.write(question)  # stderr, where the question goes there
    sys.stdout.flush()
    if not (line := sys.stdin.readline()):
        raise EOFError
    return line.removesuffix("\n")
