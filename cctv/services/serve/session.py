"""One command in a child of the service: the handshake, the caller's streams, and who may interrupt it.

The child leads a session of its own, so that a signal reaches it and the tools that it started, and no other command.
When the client is gone it is interrupted as by Ctrl-C: transactions roll back, and what was begun is removed.
"""

from __future__ import annotations

import codecs
import os
import pwd
import queue
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cctv import __version__
from cctv.services.serve.errors import CallerGone
from cctv.services.serve.protocol import (
    HANDSHAKE_SECONDS,
    PROTOCOL,
    REPLY_BYTES,
    REQUEST_BYTES,
    STREAMS,
    Closed,
    FrameChannel,
    Garbled,
    Message,
    allowed_environment,
)
from cctv.services.serve.streams import open_streams

UMASK = 0o077
_MOST_WORDS = 4096
_ANSWER_SECONDS = 3600.0  # of a client that copies a package to a slow stick
_LEAVE_SECONDS = 20.0
_NUDGE, _NUDGES, _NUDGE_SECONDS = signal.SIGURG, 10, 0.1
_ENCODING = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_KEPT_VARIABLES = ("PATH", "HOME", "TZ", "TMPDIR")  # of the service's own environment
_OOM_SCORE = "500"  # short of memory, the kernel ends a command before the service and the recorder


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for: words, the variables that may come along, its umask, the encodings of its streams."""

    argv: tuple[str, ...]
    environ: dict[str, str]
    umask: int
    encodings: tuple[str, ...]


class CallerConversation:
    """The connection of a running command.  The command asks and waits; another thread listens.

    That thread passes interrupts on, and interrupts the command when the client is gone.
    """

    def __init__(self, channel: FrameChannel) -> None:
        self._channel = channel
        self._answers: queue.Queue[tuple[Message, list[int]] | None] = queue.Queue()
        self._has_ended = False

    def listen(self) -> None:
        """Start the thread that listens."""
        threading.Thread(target=self._listen, name="client", daemon=True).start()

    def ask(self, message: Message, descriptors: tuple[int, ...] = ()) -> tuple[Message, list[int]]:
        """Ask the client, and wait for its answer; raises CallerGone."""
        try:
            self._channel.send(message, descriptors)
            answer = self._answers.get(timeout=_ANSWER_SECONDS)
        except (Closed, OSError, queue.Empty) as error:
            raise CallerGone from error
        if answer is None:
            raise CallerGone
        return answer

    def finish(self, code: int) -> None:
        """Tell the exit code; a client that is gone is no error any more."""
        self._has_ended = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it came too late
        with suppress(Closed, OSError):
            self._channel.send({"exit": code})

    def _listen(self) -> None:
        try:
            while True:
                message, descriptors = self._channel.receive(REPLY_BYTES, most_descriptors=1)
                if message.get("interrupt"):
                    self._interrupt()
                else:
                    self._answers.put((message, descriptors))
        except (Closed, Garbled, OSError):
            self._answers.put(None)
            self._leave()

    def _interrupt(self) -> None:
        """Interrupt the command and its tools.

        Python notes the signal, and a command that begins to wait for its terminal just then would wait on; another
        signal, which means nothing, ends that wait.
        """
        os.killpg(0, signal.SIGINT)
        main = threading.main_thread().ident
        for _ in range(_NUDGES):
            time.sleep(_NUDGE_SECONDS)
            if self._has_ended or main is None:
                return
            signal.pthread_kill(main, _NUDGE)

    def _leave(self) -> None:
        """End a command whose client is gone: interrupt it, and when it does not heed that, kill it with its tools."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self._has_ended:
                return
            os.killpg(0, number)
            time.sleep(_LEAVE_SECONDS)


def serve_one(
    connection: socket.socket, uid: int, settings: str, run: Callable[[Request, str, CallerConversation], int]
) -> int:
    """Greet a client, take its request, run it as its account and tell the exit code, which is returned.

    settings: the path, links resolved, of the cameras.toml that the service follows.  `run` gets the account's name.
    """
    os.setsid()
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(_OOM_SCORE)
    channel = FrameChannel(connection)
    connection.settimeout(HANDSHAKE_SECONDS)  # for sending
    try:
        try:
            account = pwd.getpwuid(uid).pw_name
        except KeyError:
            channel.send({"refused": "nameless", "fields": {"uid": uid}})
            return 1
        service = pwd.getpwuid(os.geteuid()).pw_name
        channel.send({"cctv": PROTOCOL, "version": __version__, "settings": settings, "account": service})
        request = _receive(channel)
    except (Closed, TimeoutError):
        return 1
    if isinstance(request, str):
        with suppress(Closed, OSError):
            channel.send({"refused": "refused", "fields": {"problem": request}})
        return 1
    connection.settimeout(None)
    signal.signal(_NUDGE, lambda *_: None)
    conversation = CallerConversation(channel)
    conversation.listen()
    code = run(request, account, conversation)
    conversation.finish(code)
    return code


def _receive(channel: FrameChannel) -> Request | str:
    """The request, its streams now descriptors 0, 1 and 2; or why it is refused.  Raises Closed, TimeoutError."""
    try:
        message, descriptors = channel.receive(REQUEST_BYTES, HANDSHAKE_SECONDS, most_descriptors=STREAMS)
    except Garbled:
        return "it is too large, no request, or has more than three descriptors"
    try:
        request = checked_request(message)
    except Garbled:
        return "it is no request"
    if len(descriptors) != STREAMS:
        return "it has no three descriptors"
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
    for descriptor in descriptors:
        os.close(descriptor)
    return request


def checked_request(message: Message) -> Request:
    """A request of which every part has its type and its limits; raises Garbled.  Pure."""
    argv, umask, encodings = message.get("argv"), message.get("umask"), message.get("encodings")
    if not isinstance(argv, list) or len(argv) > _MOST_WORDS or not all(_is_word(word) for word in argv):
        raise Garbled
    if not isinstance(umask, int) or isinstance(umask, bool) or not 0 <= umask <= 0o777:
        raise Garbled
    if not isinstance(encodings, list) or len(encodings) != STREAMS:
        raise Garbled
    return Request(
        tuple(argv), allowed_environment(message.get("environ")), umask, tuple(_encoding(name) for name in encodings)
    )


def enter(request: Request) -> None:
    """Make this process that of the request: umask, folder, environment, and Python's standard streams."""
    os.umask(UMASK | request.umask)
    os.chdir("/")
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ.update(request.environ | kept)
    open_streams(request.encodings)


def _is_word(word: Any) -> bool:  # noqa: ANN401 - from outside
    return isinstance(word, str) and "\0" not in word


def _encoding(name: Any) -> str:  # noqa: ANN401 - from outside
    """An encoding of text that Python has; UTF-8 for anything else."""
    if isinstance(name, str) and _ENCODING.fullmatch(name):
        with suppress(LookupError):
            codec = codecs.lookup(name)
            if codec._is_text_encoding:  # as io.TextIOWrapper asks
                return codec.name
    return "utf-8"
