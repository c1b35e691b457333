"""The resident process: accepts, knows who it is, counts, and forks a child for each command.  Nothing else.

It reads not one byte of a client, so that one that hangs, floods or sends nonsense is its own child's trouble.  It has
no thread, opens no database and changes no file but its socket: a child begins with modules that are imported, and
nothing that is open.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import os
import selectors
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cctv.core.process import ServiceManager
from cctv.services.serve.errors import SocketTaken, SocketUnmade
from cctv.services.serve.protocol import Message, encode, peer_uid

log = logging.getLogger(__name__)

# At once; a child that does little adds 20 MiB to the parent.  Of eight accounts that take all that they may: fifty
# commands of others go on beside four accounts whose clients hang.
MOST_COMMANDS = 128
MOST_OF_ACCOUNT = 16
BURST, PER_SECOND = 40, 10.0  # commands of an account: beyond that it would slow others by starting children
_BACKLOG = 512
_ACCEPTED_AT_ONCE = 64
_FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START of sd_listen_fds(3)
_GRACE_SECONDS = 20.0  # for commands at work when the service stops
_KILL_SECONDS = 10.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Child:
    """A command at work: whose, and since when (monotonic seconds)."""

    uid: int
    since: float


@dataclass(frozen=True, slots=True)
class Limits:
    """How many commands run at once, in all and of one account; and how many an account begins, at once and in time."""

    all: int = MOST_COMMANDS
    account: int = MOST_OF_ACCOUNT
    burst: int = BURST
    per_second: float = PER_SECOND


class AccountPace:
    """How fast each account begins commands: a bucket of `burst`, which fills again by `per_second`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left: dict[int, tuple[float, float]] = {}  # user id: what is left, and when that was (monotonic seconds)

    def allows(self, uid: int, now: float) -> bool:
        """Whether an account may begin another command; counts it if so."""
        left, at = self._left.get(uid, (float(self._limits.burst), now))
        left = min(float(self._limits.burst), left + (now - at) * self._limits.per_second)
        is_allowed = left >= 1.0
        self._left[uid] = (left - 1.0 if is_allowed else left, now)
        return is_allowed


def passed_socket(environ: Mapping[str, str]) -> socket.socket | None:
    """The listening socket that systemd passed (sd_listen_fds(3)); None where it passed none."""
    if environ.get("LISTEN_PID") != str(os.getpid()) or environ.get("LISTEN_FDS") != "1":
        return None
    os.set_inheritable(_FIRST_DESCRIPTOR, False)
    return socket.socket(fileno=_FIRST_DESCRIPTOR)


def bind_socket(path: Path) -> socket.socket:
    """Listen at a path; who may connect is decided by SO_PEERCRED.  Raises SocketTaken, SocketUnmade.

    A socket that nobody listens at, which a killed service left, is replaced.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            pass
        else:
            raise SocketTaken(path=path)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
    except OSError as error:
        listening.close()
        raise SocketUnmade(path=path, problem=error.strerror or error, folder=path.parent) from error
    path.chmod(0o666)
    listening.listen(_BACKLOG)
    return listening


class CommandListener:
    """The loop of the service; `serve_one` runs in the child, and its result is the child's exit status."""

    def __init__(
        self,
        listening: socket.socket,
        serve_one: Callable[[socket.socket, int], int],
        notifier: ServiceManager,
        limits: Limits | None = None,
        ended: Callable[[int], None] = lambda pid: None,
    ) -> None:
        """ended: what to do when the child of a process id has ended, however it did."""
        self._listening, self._serve_one, self._notifier, self._ended = listening, serve_one, notifier, ended
        self._limits = limits or Limits()
        self._pace = AccountPace(self._limits)
        self._children: dict[int, Child] = {}
        self._has_to_stop = False

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then let commands at work end, and stop those that do not."""
        read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._listening.setblocking(False)
        gc.collect()
        gc.freeze()  # a child's collector would copy every page of the parent
        with selectors.DefaultSelector() as selector:
            selector.register(self._listening, selectors.EVENT_READ)
            selector.register(read_end, selectors.EVENT_READ)
            self._notifier.ready("waiting for commands")
            log.info("serve.started")
            while not self._has_to_stop:
                selector.select()
                with contextlib.suppress(BlockingIOError):
                    os.read(read_end, 4096)
                self._reap()
                for _ in range(_ACCEPTED_AT_ONCE):
                    if self._has_to_stop or not self._accept():
                        break
        self._notifier.stopping()
        self._listening.close()
        self._end_commands()
        log.info("serve.stopped")

    def _stop(self, *_: object) -> None:
        self._has_to_stop = True

    def _accept(self) -> bool:
        """Take one connection; False where none waits."""
        try:
            connection, _ = self._listening.accept()
        except BlockingIOError:
            return False
        except OSError as error:  # of a connection that is gone again, or descriptors are used up for the moment
            log.warning("serve.refused", extra={"cause": errno.errorcode.get(error.errno or 0, "unknown")})
            return False
        with connection:
            uid = peer_uid(connection)
            self._reap()
            if _has_hung_up(connection):
                return True
            if (refusal := self._over_limit(uid)) is not None:
                log.warning("serve.refused", extra={"cause": str(refusal["refused"]), "uid": uid})
                _tell(connection, refusal)
            else:
                self._fork(connection, uid)
        return True

    def _over_limit(self, uid: int) -> Message | None:
        of_account = Counter(child.uid for child in self._children.values())[uid]
        if of_account >= self._limits.account:
            return {"refused": "account-busy", "fields": {"count": self._limits.account}}
        if len(self._children) >= self._limits.all:
            return {"refused": "busy", "fields": {"count": self._limits.all}}
        if not self._pace.allows(uid, time.monotonic()):
            return {"refused": "account-fast", "fields": {"count": self._limits.per_second}}
        return None

    def _fork(self, connection: socket.socket, uid: int) -> None:
        try:
            pid = os.fork()
        except OSError:
            log.warning("serve.refused", extra={"cause": "fork", "uid": uid})
            _tell(connection, {"refused": "busy", "fields": {"count": len(self._children)}})
            return
        if pid:
            self._children[pid] = Child(uid, time.monotonic())
            return
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._listening.close()
            status = self._serve_one(connection, uid)
        finally:
            os._exit(status)  # no handler of the parent runs here

    def _reap(self) -> None:
        while self._children:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if (child := self._children.pop(pid, None)) is not None:
                self._ended(pid)
                seconds = round(time.monotonic() - child.since, 3)
                code = os.waitstatus_to_exitcode(status)
                log.info("serve.finished", extra={"uid": child.uid, "exit": code, "seconds": seconds})

    def _end_commands(self) -> None:
        for seconds, number in ((_GRACE_SECONDS, signal.SIGINT), (_KILL_SECONDS, signal.SIGKILL)):
            self._wait(seconds)
            for pid in self._children:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, number)
        self._wait(_KILL_SECONDS)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._children and time.monotonic() < deadline:
            self._reap()
            time.sleep(_POLL_SECONDS)


def _has_hung_up(connection: socket.socket) -> bool:
    """Whether the other end is gone already: it costs no child.  A client says nothing before it is greeted."""
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _tell(connection: socket.socket, message: Message) -> None:
    """Send a frame without waiting: a fresh connection has room for it, and one that has not gets nothing."""
    with contextlib.suppress(OSError):
        connection.send(encode(message), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
