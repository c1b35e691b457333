"""Hanging up: ending a child's connection to its camera as if the camera had.

ffmpeg then writes every frame it received, also the one that it was still holding, closes its file and ends with
status 0, in some 30 ms, and does so even when the camera is frozen, where it ignores SIGINT and SIGKILL would cost up
to half a second of footage.  Uses pidfd_getfd(2), which a parent may do to its own child; where the system forbids it
the answer is False and the caller falls back on signals.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_PIDFD_GETFD = 438  # the same number on every architecture that Debian runs on
_libc = ctypes.CDLL(None, use_errno=True)


def hang_up(pid: int) -> bool:
    """Shut the child's connected stream sockets down; False when it has none or that is not allowed."""
    try:
        child = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        # All of them are looked at before one is shut: the child closes its own as soon as it notices.
        taken = list(_sockets(child, pid))
    finally:
        os.close(child)
    done = [_shut(connection) for connection in taken]
    return any(done)


def _sockets(child: int, pid: int) -> Iterator[socket.socket]:
    try:
        entries = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return
    for entry in entries:
        try:
            if not str(entry.readlink()).startswith("socket:"):
                continue
        except OSError:
            continue  # closed while we looked
        descriptor = _libc.syscall(_PIDFD_GETFD, child, int(entry.name), 0)
        if descriptor >= 0:
            yield socket.socket(fileno=descriptor)


def _shut(connection: socket.socket) -> bool:
    with closing(connection):
        if connection.type != socket.SOCK_STREAM or connection.family not in (socket.AF_INET, socket.AF_INET6):
            return False
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False  # not connected yet, or not any more
        return True
