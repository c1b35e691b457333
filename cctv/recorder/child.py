"""One ffmpeg: started, heard and ended.  Must be started from the main thread, to which its life is tied.

Owns the pipes and what comes through them: reports of progress, lines for closed segments, the last of stderr.  Knows
nothing of cameras, runs or the archive.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cctv.kernel import process
from cctv.kernel.clock import Clock
from cctv.recorder.anchor import Report
from cctv.recorder.hangup import hang_up

_STDERR_KEPT = 8192
_READ = 65536


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A segment that ffmpeg finished: its name, and its media times in the run."""

    name: str
    start: timedelta
    end: timedelta
    arrived: datetime


class Listener(Protocol):
    """Who hears what the child tells, in the main thread."""

    def reported(self, report: Report) -> None: ...

    def closed(self, file: ClosedFile) -> None: ...


class Child:
    """A running ffmpeg.  `exited` is done when it has ended and everything that it said was heard."""

    def __init__(self, listener: Listener, clock: Clock) -> None:
        self._listener, self._clock = listener, clock
        self._progress: dict[bytes, bytes] = {}
        self._stderr = b""
        self._ended_by_us = False

    def start(self, command: Callable[[int], Sequence[str]], script: bytes) -> None:
        """Start what `command` makes of the progress descriptor, with the script on its standard input."""
        loop = asyncio.get_running_loop()
        with ExitStack() as theirs:
            stdin, said = _pipe_holding(script, theirs), [_pipe(theirs) for _ in range(3)]
            (out, out_w), (err, err_w), (progress, progress_w) = said
            self._process = process.start(
                command(progress_w), stdin=stdin, stdout=out_w, stderr=err_w, pass_fds=(progress_w,)
            )
        self._pidfd = os.pidfd_open(self._process.pid)
        readers = [
            _Lines(loop, out, self._list_line),
            _Lines(loop, err, self._error_line),
            _Lines(loop, progress, self._progress_line),
        ]
        waiting = [*(reader.ended for reader in readers), self._exit_of_process(loop)]
        self.exited: asyncio.Future[list[None]] = asyncio.gather(*waiting)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stderr(self) -> bytes:
        return self._stderr

    def end(self) -> None:
        """Ask it to end with every frame that it received; `kill` if it does not."""
        self._ended_by_us = True
        if self._process.poll() is None and not hang_up(self._process.pid):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self._ended_by_us = True
        self._process.kill()

    def _exit_of_process(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        gone: asyncio.Future[None] = loop.create_future()

        def reap() -> None:
            loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._process.wait()
            gone.set_result(None)

        loop.add_reader(self._pidfd, reap)
        return gone

    def _list_line(self, line: bytes) -> None:
        name, start, end = line.decode().strip().rsplit(",", 2)
        arrived = self._clock.now()
        times = timedelta(seconds=float(start)), timedelta(seconds=float(end))
        self._listener.closed(ClosedFile(name, *times, arrived))

    def _error_line(self, line: bytes) -> None:
        self._stderr = (self._stderr + line + b"\n")[-_STDERR_KEPT:]

    def _progress_line(self, line: bytes) -> None:
        key, _, value = line.strip().partition(b"=")
        self._progress[key] = value
        # The last frame, flushed at the end, comes without the usual delay: it would move the anchor.
        if key != b"progress" or value == b"end" or self._ended_by_us:
            return
        try:
            media, frames = int(self._progress[b"out_time_us"]), int(self._progress[b"frame"])
        except (KeyError, ValueError):
            return  # N/A until the first frame
        self._listener.reported(Report(self._clock.now(), timedelta(microseconds=media), frames))


class _Lines:
    """The lines of a pipe as they come; `ended` is done at its end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int, take: Callable[[bytes], None]) -> None:
        self._loop, self._descriptor, self._take, self._rest = loop, descriptor, take, b""
        self.ended: asyncio.Future[None] = loop.create_future()
        os.set_blocking(descriptor, False)
        loop.add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            piece = os.read(self._descriptor, _READ)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if not piece:
            lines, self._rest = [self._rest] if self._rest else [], b""
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self.ended.set_result(None)
        for line in lines:
            self._take(line)


def _pipe(theirs: ExitStack) -> tuple[int, int]:
    ours, child_end = os.pipe()
    theirs.callback(os.close, child_end)
    return ours, child_end


def _pipe_holding(data: bytes, theirs: ExitStack) -> int:
    """A pipe's reading end with the data in it; it is far smaller than a pipe holds."""
    child_end, ours = os.pipe()
    theirs.callback(os.close, child_end)
    try:
        os.write(ours, data)
    finally:
        os.close(ours)
    return child_end
