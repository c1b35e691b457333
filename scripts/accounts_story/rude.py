"""A client that is none: it hangs, floods, sends ten gigabytes, hangs up in mid-command, or reads no answer.

A program of its own, which runs as one of the accounts: `rude.py KIND SOCKET`, until it is ended.  It imports nothing
of cctv: whoever attacks does not either.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress

CONNECTIONS = 16  # as many as an account may have at work
_CHUNK = b"\0" * (1 << 20)
_TEN_GIGABYTES = 10 << 30
_PAUSE_SECONDS = 0.05
_ACT = ["incident", "open", "half of it", "--kind", "theft", "--cameras", "foyer-1", "--from", "yesterday 20:00",
        "--to", "yesterday 21:00", "--another"]  # fmt: skip


def frame(message: object) -> bytes:
    data = json.dumps(message).encode("ascii")
    return struct.pack("!I", len(data)) + data


def request(*words: str, **forged: object) -> bytes:
    """What a real client asks for, and what it says of itself besides."""
    return frame(
        {"argv": ["--language", "en", *words], "environ": {}, "umask": 18, "encodings": ["utf-8"] * 3, **forged}
    )


def connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def answer(connection: socket.socket) -> dict[str, object]:
    """The next frame; raises OSError or struct.error where none comes."""
    (length,) = struct.unpack("!I", connection.recv(4, socket.MSG_WAITALL))
    whole: dict[str, object] = json.loads(connection.recv(length, socket.MSG_WAITALL))
    return whole


def hang(path: str) -> None:
    """Take every place that the account has, and say nothing."""
    held = []
    while True:
        held = [connection for connection in held if _is_open(connection)]
        while len(held) < CONNECTIONS:
            held.append(connect(path))
        time.sleep(_PAUSE_SECONDS)


def flood(path: str) -> None:
    """Begin as many commands as the socket takes."""
    while True:
        with connect(path) as connection, suppress(OSError):
            connection.sendall(request("status"))


def huge(path: str) -> None:
    """A request that is announced with 4 GiB, and ten gigabytes of it, as long as anybody takes them."""
    while True:
        with connect(path) as connection, suppress(OSError):
            connection.sendall(struct.pack("!I", 0xFFFFFFFF))
            for _ in range(_TEN_GIGABYTES // len(_CHUNK)):
                connection.sendall(_CHUNK)
        time.sleep(_PAUSE_SECONDS)


def leave(path: str) -> None:
    """Ask for a change and hang up: at once, then later and later, up to when it would have been done."""
    seconds = 0.0
    while True:
        with connect(path) as connection, open(os.devnull, "r+b") as nowhere, suppress(OSError, struct.error):  # noqa: PTH123
            answer(connection)
            socket.send_fds(connection, [request(*_ACT)], [nowhere.fileno()] * 3)
            time.sleep(seconds)
        seconds = (seconds + 0.02) % 0.6


def deaf(path: str) -> None:
    """Ask for more than a pipe holds, and read none of it."""
    held = []
    while True:
        with suppress(OSError, struct.error):
            reading, writing = os.pipe()
            connection = connect(path)
            answer(connection)
            socket.send_fds(connection, [request("audit", "list", "--last", "10000", "--json")], [writing] * 3)
            os.close(writing)
            held.append((reading, connection))
        if len(held) >= CONNECTIONS // 2:
            time.sleep(3600)


def _is_open(connection: socket.socket) -> bool:
    """Whether the service still waits for what this connection says; reads what it said."""
    try:
        return bool(connection.recv(4096, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False


KINDS: dict[str, Callable[[str], None]] = {"hang": hang, "flood": flood, "huge": huge, "leave": leave, "deaf": deaf}


if __name__ == "__main__":
    while True:
        with suppress(OSError, struct.error):  # refused for the moment: go on
            KINDS[sys.argv[1]](sys.argv[2])
        time.sleep(_PAUSE_SECONDS)
