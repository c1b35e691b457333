"""Work in a child of this process that reaches nothing: the decoding of footage, which may be made to do harm.

The child is forked, so that it costs milliseconds and has everything imported.  It keeps one descriptor, a pipe to its
parent, and no other file, lock or connection; it is confined before it works (`core/confine.py`, `alone`): it reads and
writes what it was given, and has no network, no program, no process and no capability.  What it tells is checked
(`worker_messages`), and what it wrote counts only when its parent has looked (`settled_files`), after it has ended.

Of the parent's memory it has a copy, as of the moment of the fork: whoever holds a secret starts workers before.
Never uses what the parent had open: no database, no log, no terminal.
"""

from __future__ import annotations

import codecs
import gc
import logging
import os
import resource
import signal
import stat
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from cctv.core.confine import confine_thread, fences, for_worker
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_, Message
from cctv.core.process import die_with_parent
from cctv.core.worker_messages import (
    LINE_BYTES,
    Nonsense,
    decode,
    encode,
    error_of,
    fault_of,
    packed_error,
    packed_fault,
    packed_record,
    progress_of,
    record_of,
)

Progress = Callable[[str, int, int], None]
_PIPE = 3  # the child's only descriptor beside 0, 1 and 2, which lead nowhere
_LEAVE_SECONDS = 20.0  # for what the child still saves when it is interrupted
_END_SECONDS = 5.0
_POLL_SECONDS = 0.005
_MOST_RECORDS = 1000  # of the log; a child that goes on writes nothing more
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")
_CLOSED = (1, 13)  # EPERM, EACCES: what the fence answers


class WorkerFailed(CctvError):
    """{path} was not decoded to its end: {problem}. Nothing was made of it.

    next: run the command again; if it fails again, the recording is damaged or made to do harm, or memory is short:
    cctv doctor; then report this message.
    """

    exit_code = Exit.UNREADABLE


class WorkerFault(Exception):
    """A fault of the program in a child; its notes have the child's traceback."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker is about, and all that it reaches.

    `path` is named in messages, and whose file it is the worker works as, where root asks.  Files and folders `reads`
    are read, `writes` are folders to write in, the first of them for temporary files too; of the folders `lists` only
    names are read.  `errors` are those that the worker may raise.  `handed` is emptied in the parent once the worker
    has it.
    """

    path: Path
    reads: tuple[Path, ...]
    errors: tuple[type[CctvError], ...]
    writes: tuple[Path, ...] = ()
    lists: tuple[Path, ...] = ()
    handed: list[Any] = field(default_factory=list)


def work_apart(work: Callable[[Progress], object], place: Workplace, progress: Progress) -> Any:  # noqa: ANN401 - JSON
    """What `work` returns in a confined child: JSON, of which the caller believes nothing.  The child has ended then.

    Raises an error of `place.errors` that `work` raised, OSError of a medium, WorkerFailed (15) where the child ended
    early, answered nonsense or tried what is closed to it, WorkerFault for a fault of the program.  Whatever is raised
    here meanwhile, by `progress` or a signal, interrupts the child, which may still save what it has.
    """
    fences()  # libraries and codecs are loaded here once: another account may not read where they lie
    for encoding in ("ascii", "latin-1", "utf-8", "cp437"):  # cp437: of archives
        codecs.lookup(encoding)
    read_end, write_end = os.pipe()
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    parent = os.getpid()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads, none of which it needs
            pid = os.fork()
        if pid == 0:
            _be_worker(work, place, write_end, parent, kept)
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)
    place.handed.clear()
    child = _Child(pid)
    with child, open(read_end, "rb") as stream:  # noqa: PTH123 - a descriptor
        outcome = _outcome(stream, place, progress)
        status = child.ended(_END_SECONDS)
    if outcome is None:
        raise WorkerFailed(path=place.path, problem=_end(status))
    kind, content = outcome
    return content if kind == "done" else _raise(kind, content, place)


def settled_files(folder: Path, allowed: Callable[[str], bool], largest_bytes: int) -> list[Path]:
    """The files that a worker left in its folder, by name, once it has ended; raises Nonsense.

    Each is a regular file with one name, one of those allowed, and all together are not too large.
    """
    found: list[Path] = []
    total = 0
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        status = entry.stat(follow_symlinks=False)
        total += status.st_size
        is_plain = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        if not is_plain or not allowed(entry.name) or total > largest_bytes:
            raise Nonsense
        found.append(folder / entry.name)
    return found


def nonsense(path: Path) -> WorkerFailed:
    """The error for a worker whose result is not what it should be."""
    return WorkerFailed(path=path, problem=N_("the process that decodes it answered what cannot be"))


class _Child:
    """A forked child: interrupted and waited for when its parent goes on, whatever the reason."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._status: int | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None and self._status is None:
                with suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGINT)
                self.ended(_LEAVE_SECONDS)
        finally:
            self._kill()

    def ended(self, seconds: float) -> int:
        """Its status (of waitpid) when it ends within the time, or is killed then."""
        deadline = time.monotonic() + seconds
        while self._status is None and time.monotonic() < deadline:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
            else:
                time.sleep(_POLL_SECONDS)
        return self._kill()

    def _kill(self) -> int:
        if self._status is None:
            os.kill(self._pid, signal.SIGKILL)
            _, self._status = os.waitpid(self._pid, 0)
        return self._status


def _outcome(stream: BinaryIO, place: Workplace, progress: Progress) -> tuple[str, Any] | None:
    """How it ended, None where it says nothing more; tells progress and log meanwhile.  Raises WorkerFailed."""
    records = 0
    try:
        while line := stream.readline(LINE_BYTES + 1):
            if not line.endswith(b"\n"):
                if len(line) > LINE_BYTES:
                    raise Nonsense
                return None
            kind, content = decode(line)
            if kind == "progress":
                progress(*progress_of(content))
            elif kind == "log":
                records += 1
                record = record_of(content)
                if records <= _MOST_RECORDS and logging.getLogger(record.name).isEnabledFor(record.levelno):
                    logging.getLogger(record.name).handle(record)
            else:
                return kind, content
    except Nonsense as error:
        raise nonsense(place.path) from error
    return None


def _raise(kind: str, content: object, place: Workplace) -> NoReturn:
    try:
        if kind == "error":
            raise error_of(content, place.errors)
        if kind == "interrupted":
            raise KeyboardInterrupt
        if kind == "fault":
            text, trace = fault_of(content)
            fault = WorkerFault(text)
            fault.add_note(f"in the process that decodes:\n{trace}")
            raise fault
        match kind, content:
            case "medium", [int(number), str(problem), (str() | None) as name]:
                if number in _CLOSED:
                    raise WorkerFailed(path=place.path, problem=_closed(name))
                raise OSError(number, problem, name)
    except Nonsense as error:
        raise nonsense(place.path) from error
    raise nonsense(place.path)


def _closed(name: str | None) -> Message:
    if name is None:
        return N_(
            "the process that decodes it tried a connection, a program or another process, which are closed to it"
        )
    return N_("the process that decodes it tried {name}, which is closed to it", name=name)


def _end(status: int) -> Message:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return N_("the process that decodes it was ended by signal {signal}", signal=_signal_name(-code))
    return N_("the process that decodes it ended by itself with {code}", code=code)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _be_worker(
    work: Callable[[Progress], object], place: Workplace, write_end: int, parent: int, kept: set[int | signal.Signals]
) -> NoReturn:
    """The child, from its first line to its last; nothing of the parent's runs in it any more."""
    status = 1
    try:
        gc.freeze()  # what the parent made is not taken down here
        _leave_parent(write_end)
        tell = _Teller()
        _set_up_log(tell)
        _catch_interrupts()
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)
        _become_owner(place.path)
        die_with_parent(parent)  # a change of account would end that
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _set_up_environment(place)
        confine_thread(for_worker(place.reads, place.writes, place.lists))
        tell.outcome(work, place)
        status = 0
    finally:
        os._exit(status)


def _leave_parent(write_end: int) -> None:
    """Close every descriptor but the pipe."""
    pipe = write_end
    while pipe < _PIPE:  # the parent had no stdin, stdout or stderr
        pipe = os.dup(pipe)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.dup2(pipe, _PIPE, inheritable=False)
    for entry in list(Path("/proc/self/fd").iterdir()):
        if int(entry.name) > _PIPE:
            with suppress(OSError):  # the one that listed them
                os.close(int(entry.name))


def _set_up_log(tell: _Teller) -> None:
    """Hand the records of every logger to the parent, which knows what is shown."""
    top = logging.getLogger()
    top.handlers[:] = [_Forwarding(tell)]
    for logger in list(logging.Logger.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True


def _catch_interrupts() -> None:
    """The first SIGINT interrupts, whether it comes from the terminal or the parent; the next one would break that."""

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, interrupt)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def _become_owner(path: Path) -> None:
    """As root, work as the account whose files these are; a file that is not there is reported by whoever reads it."""
    if os.geteuid() != 0:
        return
    with suppress(FileNotFoundError):
        owner = path.stat()
        if owner.st_uid != 0:
            os.setgroups([])
            os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
            os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)
            os.umask(0o077)


def _set_up_environment(place: Workplace) -> None:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.chdir("/")
    if place.writes:
        tempfile.tempdir = str(place.writes[0])


class _Teller:
    """What the child says, message by message, by whichever thread."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()

    def send(self, kind: str, content: object) -> None:
        """Raises KeyboardInterrupt where the parent listens no more."""
        line = memoryview(encode({kind: content}))
        kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # half a message would be nonsense
        try:
            with self._one_at_a_time:
                while line:
                    line = line[os.write(_PIPE, line) :]
        except BrokenPipeError as error:
            raise KeyboardInterrupt from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, kept)

    def progress(self, stage: str, done: int, of: int) -> None:
        self.send("progress", [stage, int(done), int(of)])

    def outcome(self, work: Callable[[Progress], object], place: Workplace) -> None:
        """Work, and tell how it ended."""
        try:
            done = work(self.progress)
            self.send("done", done)
        except CctvError as error:
            is_expected = type(error) in place.errors
            self.send(*(("error", packed_error(error)) if is_expected else ("fault", packed_fault(error))))
        except KeyboardInterrupt:
            with suppress(KeyboardInterrupt):
                self.send("interrupted", None)
        except OSError as error:
            name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
            if isinstance(error.errno, int) and error.errno > 0:
                self.send("medium", [error.errno, error.strerror or "", name])
            else:
                self.send("fault", packed_fault(error))
        except BaseException as error:  # noqa: BLE001 - raised again in the parent
            self.send("fault", packed_fault(error))


class _Forwarding(logging.Handler):
    """Records of the log as messages."""

    def __init__(self, tell: _Teller) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell.send("log", packed_record(record))


def errors_of(*groups: Iterable[type[CctvError]]) -> tuple[type[CctvError], ...]:
    """Groups of errors as one, for `Workplace`."""
    return tuple(dict.fromkeys(error for group in groups for error in group))
