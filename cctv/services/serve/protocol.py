"""Frames between a client and the service: a length, JSON, and descriptors beside it (SCM_RIGHTS).

A frame is four bytes, big-endian, the number of bytes that follow, then one JSON object in ASCII.  Descriptors may come
with the first byte of a frame; a receiver closes those that it did not ask for.  Imported by every start of `cctv`, so
only what the interpreter has loaded anyway, and json.

    service   {"cctv": 1, "version": "0.1.0", "settings": "/etc/cctv/cameras.toml", "account": "cctv"}
    client    {"argv": [...], "environ": {...}, "umask": 18, "encodings": [...]}  + stdin, stdout, stderr
    service   {"ask": "read", ...} and so on, each answered by {"ok": ...} or {"error": [errno, "text"]}
    client    {"interrupt": true} at any time
    service   {"exit": 0}; or instead of any of these {"refused": CODE, ...}, and it hangs up
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

PROTOCOL = 1
SOCKET = "/run/cctv/cctv.sock"
VARIABLE = "CCTV_SOCKET"
REQUEST_BYTES = 256 << 10  # twice what Linux takes as one argument (MAX_ARG_STRLEN), far above what people type
REPLY_BYTES = 64 << 10
STREAMS = 3
MOST_DESCRIPTORS = 8  # that fit; the kernel closes what is beyond, and says so
HANDSHAKE_SECONDS = 10.0
# What a caller's environment may say to a command: language, and how its terminal draws.  Never where something is.
ENVIRONMENT = frozenset({"LANG", "LANGUAGE", "NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM", "COLUMNS", "LINES"})
_LOCALE = "LC_"
_VALUE_SIGNS = 64
_LENGTH = struct.Struct("!I")
_CREDENTIALS = struct.Struct("=iII")  # struct ucred of socket(7): process, user and group id

Message = dict[str, Any]


class Closed(Exception):
    """The other end hung up."""


class Garbled(Exception):
    """What the other end sent is no frame, or one that is not allowed there."""


def peer_uid(connection: socket.socket) -> int:
    """The user id of the other end, from the kernel (SO_PEERCRED), as it was when it connected or listened."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid: int = _CREDENTIALS.unpack(credentials)[1]
    return uid


def allowed_environment(environ: Any) -> dict[str, str]:  # noqa: ANN401 - from outside
    """The variables of a caller that a command may see; raises Garbled for what is no environment."""
    if not isinstance(environ, dict):
        raise Garbled
    allowed = {}
    for name, value in environ.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise Garbled
        is_known = name in ENVIRONMENT or name.startswith(_LOCALE)
        if is_known and len(name) + len(value) <= _VALUE_SIGNS and value.isprintable() and "/" not in value:
            allowed[name] = value
    return allowed


def encode(message: Message) -> bytes:
    """A frame."""
    data = json.dumps(message).encode("ascii")
    return _LENGTH.pack(len(data)) + data


class FrameChannel:
    """One connection; frames are sent whole and received whole.  Not for two threads that send, or two that receive."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.is_sending = False

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send a frame; raises Closed, and TimeoutError by the socket's own time limit."""
        data = memoryview(encode(message))
        self.is_sending = True
        try:
            if descriptors:
                data = data[socket.send_fds(self._connection, [data], list(descriptors)) :]
            if data:  # else sendall would send nothing, which fails where the other end has answered and is gone
                self._connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error
        finally:
            self.is_sending = False

    def receive(
        self, most_bytes: int = REPLY_BYTES, seconds: float | None = None, *, most_descriptors: int = 0
    ) -> tuple[Message, list[int]]:
        """The next frame and its descriptors, which are the receiver's to close.

        seconds: for all of it, None without end.  Raises Closed, Garbled and TimeoutError; then nothing stays open.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        descriptors: list[int] = []
        try:
            (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline, descriptors, most_descriptors))
            if length > most_bytes:
                raise Garbled
            message = json.loads(self._read(length, deadline, descriptors, most_descriptors))
            if not isinstance(message, dict):
                raise Garbled
        except (ValueError, RecursionError) as error:
            _close(descriptors)
            raise Garbled from error
        except BaseException:
            _close(descriptors)
            raise
        return message, descriptors

    def _read(self, size: int, deadline: float | None, descriptors: list[int], most: int) -> bytes:
        parts, left = [], size
        room = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)
        while left:
            if deadline is not None:
                if (remaining := deadline - time.monotonic()) <= 0:
                    raise TimeoutError
                self._connection.settimeout(remaining)
            try:
                data, extra, flags, _ = self._connection.recvmsg(left, room, socket.MSG_CMSG_CLOEXEC)
            except ConnectionResetError as error:
                raise Closed from error
            finally:
                if deadline is not None:
                    self._connection.settimeout(None)
            for level, kind, content in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    received = array.array("i")
                    received.frombytes(content[: len(content) - len(content) % received.itemsize])
                    descriptors += received
            if flags & socket.MSG_CTRUNC or len(descriptors) > most:
                raise Garbled
            if not data:
                raise Closed
            parts.append(data)
            left -= len(data)
        return b"".join(parts)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
    descriptors.clear()
