"""The client: hands a command to the service, and does with files what only the caller may do.

`hand_over` returns the exit code of a command that the service ran; `None` where there is no service for the settings
in use, so that the command runs in this process; else why nobody ran it (`Unserved`).  Sends nothing before it
knows by the socket's folder and the kernel's word (SO_PEERCRED) who listens there.  Light: imports what the interpreter
has loaded anyway, json and socket; messages are made elsewhere.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from cctv import __version__
from cctv.services.serve.outgoing import NotNamed, Outgoing
from cctv.services.serve.places import Place, after_options, owners_reason, place_for, without_config
from cctv.services.serve.protocol import (
    PROTOCOL,
    REQUEST_BYTES,
    SOCKET,
    VARIABLE,
    Closed,
    FrameChannel,
    Garbled,
    Message,
    allowed_environment,
    encode,
    peer_uid,
)

_COMPLETION = "_CCTV_COMPLETE"
_SETTINGS_VARIABLE = "CCTV_CONFIG"  # as in config/settings_file.py, which this must not load
_SETTINGS_NAME = "cameras.toml"
_SYSTEM_WIDE = "/etc/cctv/cameras.toml"
_TIME = struct.Struct("@ll")  # struct timeval
_CONNECT_TIME, _NO_TIME = _TIME.pack(10, 0), _TIME.pack(0, 0)
_GREETING_SECONDS = 60.0
INTERRUPTED = 130


class Unserved:
    """Why nothing ran, or why it is not known how it ended: a key of `cctv.services.serve.errors.REFUSALS`.

    No dataclass, which would cost each command a fifth of its start.
    """

    __slots__ = ("code", "fields")

    def __init__(self, code: str, fields: Mapping[str, object] | None = None) -> None:
        self.code, self.fields = code, fields or {}


def hand_over(argv: Sequence[str], environ: Mapping[str, str]) -> int | Unserved | None:
    """Let the service run a command line: its exit code, why it did not, or None where there is none for it."""
    place, path = place_for(argv), environ.get(VARIABLE) or SOCKET
    if _COMPLETION in environ or place is Place.CALLER:
        return None
    if place is Place.OWNER or not os.path.exists(path):
        return _in_this_process(place, path, argv, environ)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        # Not settimeout, by which a full backlog would be an error at once instead of a wait.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _CONNECT_TIME)
        try:
            connection.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return _in_this_process(place, path, argv, environ)
        except BlockingIOError:
            return Unserved("silent")
        except OSError as error:
            return Unserved("unreachable", {"path": path, "problem": os.strerror(error.errno or 0)})
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _NO_TIME)
        if (stranger := untrusted(path, peer_uid(connection))) is not None:
            return Unserved("untrusted", {"path": path, "uid": stranger})
        return _converse(FrameChannel(connection), argv, environ)


def _in_this_process(place: Place, path: str, argv: Sequence[str], environ: Mapping[str, str]) -> Unserved | None:
    """None, so that the command runs here; a refusal for whoever may not even read the settings of this box.

    To them it would say that there are none.
    """
    named = without_config(argv)[1] or environ.get(_SETTINGS_VARIABLE) or os.path.exists(_SETTINGS_NAME)
    is_box = os.path.isdir(os.path.dirname(_SYSTEM_WIDE)) or os.path.exists(path)
    if named or not is_box or os.geteuid() == 0 or os.access(_SYSTEM_WIDE, os.R_OK):
        return None
    if place is Place.SERVICE:
        return Unserved("down", {"path": path})
    words, reason = owners_reason(after_options(argv))
    return Unserved("owners", {"command": " ".join(words), "reason": reason})


def untrusted(path: str, uid: int) -> int | None:
    """The user id that this socket must not be trusted for; None where it may be.

    Who listens is root, as systemd does for the service, or the account that owns the socket's folder; and nobody else
    can put another socket there.
    """
    folder = os.path.dirname(os.path.realpath(path)) or "/"
    owner = os.stat(folder).st_uid
    if uid not in (0, owner):
        return uid
    while True:
        status = os.stat(folder)
        if status.st_uid not in (0, owner):
            return status.st_uid
        is_nearest = folder == os.path.dirname(os.path.realpath(path))
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and (is_nearest or not status.st_mode & stat.S_ISVTX):
            return uid if uid != owner else status.st_uid
        if folder == "/":
            return None
        folder = os.path.dirname(folder)


def _converse(channel: FrameChannel, argv: Sequence[str], environ: Mapping[str, str]) -> int | Unserved | None:
    words, config = without_config(argv)
    try:
        greeting, _ = channel.receive(seconds=_GREETING_SECONDS)
        if "refused" in greeting:
            return _refusal(greeting)
        if greeting.get("cctv") != PROTOCOL or greeting.get("version") != __version__:
            return Unserved("other-version", {"service": str(greeting.get("version")), "client": __version__})
        if not _same_settings(str(greeting.get("settings")), config, environ):
            return None
        request = {
            "argv": words,
            "environ": allowed_environment(dict(environ)),
            "umask": _umask(),
            "encodings": [getattr(stream, "encoding", None) for stream in (sys.stdin, sys.stdout, sys.stderr)],
        }
        if len(encode(request)) > REQUEST_BYTES:
            return Unserved("too-large")
        _open_streams()
        channel.send(request, (0, 1, 2))
        return _serve_files(channel, words)
    except Closed:
        return Unserved("ended")
    except Garbled:
        return Unserved("garbled")
    except TimeoutError:
        return Unserved("silent")


def _same_settings(served: str, config: str | None, environ: Mapping[str, str]) -> bool:
    """Whether the service follows the settings that this command would use."""
    named = config or environ.get(_SETTINGS_VARIABLE)
    if not named and os.path.exists(_SETTINGS_NAME):
        named = _SETTINGS_NAME
    return not named or os.path.realpath(named) == served


def _serve_files(channel: FrameChannel, argv: Sequence[str]) -> int | Unserved:
    """Answer what the service asks until it tells the exit code.  Ctrl-C is the command's; a second one is this one's.

    Whatever was put and not committed is removed at the end, also when the service is gone.
    """
    outgoing = Outgoing(argv)
    interrupts = _Interrupts(channel)
    previous = signal.signal(signal.SIGINT, interrupts.interrupt)
    try:
        while True:
            message, descriptors = channel.receive(REQUEST_BYTES, most_descriptors=1)
            try:
                if "exit" in message:
                    return int(message["exit"])
                if "refused" in message:
                    return _refusal(message)
                answer, opened = _answer(outgoing, message, descriptors)
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            try:
                channel.send(answer, opened)
            finally:
                for descriptor in opened:
                    os.close(descriptor)
            interrupts.send_waiting()
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        outgoing.drop()
        signal.signal(signal.SIGINT, previous)


def _answer(outgoing: Outgoing, message: Message, descriptors: Sequence[int]) -> tuple[Message, tuple[int, ...]]:
    ask, path = message.get("ask"), message.get("path")
    try:
        if ask == "read":
            return {"ok": True}, (outgoing.open_for_reading(str(path)),)
        if ask == "look":
            return {"ok": outgoing.look(str(path))}, ()
        if ask == "make_folder":
            outgoing.make_folder(str(path))
        elif ask == "begin_folder":
            outgoing.begin_folder(str(path))
        elif ask == "put" and descriptors:
            outgoing.put(str(path), descriptors[0], int(message.get("mode", 0)), message.get("inside"))
        elif ask == "commit":
            outgoing.commit()
        elif ask == "drop":
            outgoing.drop()
        else:
            raise Garbled
    except OSError as error:
        return {"error": [error.errno or 0, error.strerror or ""]}, ()
    except NotNamed:
        return {"error": [0, "not named"]}, ()
    return {"ok": True}, ()


class _Interrupts:
    """Ctrl-C while a command runs in the service: the first is passed on, after the second this process ends."""

    def __init__(self, channel: FrameChannel) -> None:
        self._channel = channel
        self._count = 0
        self._is_waiting = False

    def interrupt(self, *_: Any) -> None:  # noqa: ANN401 - of signal(2): number and frame
        self._count += 1
        if self._count > 1:
            raise KeyboardInterrupt
        self._is_waiting = True
        if not self._channel.is_sending:
            self.send_waiting()

    def send_waiting(self) -> None:
        """Send an interrupt that came while another frame was being sent; the service may have answered meanwhile."""
        if self._is_waiting:
            self._is_waiting = False
            with suppress(Closed):
                self._channel.send({"interrupt": True})


def _refusal(message: Message) -> Unserved:
    fields = message.get("fields")
    return Unserved(str(message["refused"]), fields if isinstance(fields, dict) else {})


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _open_streams() -> None:
    """A stream that the caller closed is nothing to read, and takes all that is written."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
