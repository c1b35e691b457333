"""Processes and the machine below them: the only place that starts a child, and what systemd and the kernel know.

Every child dies with its parent (`setpriv --pdeathsig`), so a killed recorder or export leaves no orphan ffmpeg.  Never
passes a secret in an argument or the environment.  systemd is told that a service is ready, alive and stopping.  Of the
machine: its boot id, whether NTP keeps its clock, its units, its free memory, and the allocator of the C library; reads
/proc, /sys, adjtimex(2) and systemctl, changes only the allocator and the memory limit of this process.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TypeVar

from sdnotify import SystemdNotifier

from cctv.core.confine import Confinement, confine_thread
from cctv.core.errors import CctvError, ToolFailed, ToolMissing
from cctv.core.text import without_secrets

T = TypeVar("T")
_PACKAGES = {"ffmpeg": "ffmpeg", "ssh-keygen": "openssh-client", "openssl": "openssl",
             "setpriv": "util-linux", "smartctl": "smartmontools",
             "systemctl": "systemd"}  # fmt: skip


def require(tool: str) -> str:
    """The path of a tool on PATH; raises ToolMissing with the package to install."""
    path = shutil.which(tool)
    if path is None:
        raise ToolMissing(tool=tool, package=_PACKAGES.get(tool, tool))
    return path


def bound_to_parent(argv: Sequence[str], *, signal: str = "KILL") -> list[str]:
    """The same command, killed by the kernel when the thread that started it ends: start it from the main thread."""
    return [require("setpriv"), "--pdeathsig", signal, "--", require(argv[0]), *argv[1:]]


def run_process(
    argv: Sequence[str],
    *,
    stdin: bytes | None = None,
    timeout: float | None = None,
    confined: Confinement | None = None,
) -> bytes:
    """Run to the end and return stdout; raises ToolFailed with the last lines of stderr.  `timeout` is in seconds.

    `confined` is for what decodes bytes from elsewhere; None lets the child do what this process may.
    """
    command = bound_to_parent(argv)

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False, env=clean_env())

    result = run() if confined is None else _in_confined_thread(confined, run)
    if result.returncode != 0:
        raise ToolFailed(tool=argv[0], status=result.returncode, detail=last_lines(result.stderr))
    return result.stdout


def start_process(
    argv: Sequence[str],
    *,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = subprocess.DEVNULL,
    stderr: int | IO[bytes] | None = subprocess.DEVNULL,
    confined: Confinement | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child that dies with this process.  The caller waits for it.  `confined` as of `run_process`."""
    command = bound_to_parent(argv)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, env=clean_env())

    return start() if confined is None else _in_confined_thread(confined, start, stays=True)


def _in_confined_thread(confinement: Confinement, act: Callable[[], T], *, stays: bool = False) -> T:
    """What `act` returns or raises in a thread of its own that was confined first.

    A child gets the fence of the thread that starts it, without code between fork and exec, which is not safe in a
    process with threads.  The kernel kills a child when that thread ends: with `stays` it lasts as long as the child.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            confine_thread(confinement)
            result = act()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            outcome.set_exception(error)
            return
        outcome.set_result(result)
        if stays and isinstance(result, subprocess.Popen):
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, result.pid, os.WEXITED | os.WNOWAIT)  # whoever started it reads its status

    threading.Thread(target=run, name="confined", daemon=True).start()
    return outcome.result()


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this forked process when the thread that forked it ends; at once where it has ended."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os._exit(1)


def clean_env() -> dict[str, str]:
    """The environment for tools: English messages, no credential of this program."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CCTV_", "LANGUAGE"))}
    return {**environ, "LC_ALL": "C.UTF-8"}


def last_lines(stderr: bytes, count: int = 3) -> str:
    """The last lines of a tool's stderr, without credentials, on one line."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return without_secrets("; ".join(line.strip() for line in lines[-count:])) or "no message"


_SET_PDEATHSIG = 1  # prctl(2)
_UNIT_PROPERTIES = (
    "Id", "LoadState", "ActiveState", "UnitFileState", "Result", "NRestarts", "DropInPaths", "NeedDaemonReload",
    "MemoryMax", "LimitCORE", "RequiresMountsFor", "ReadWritePaths", "LastTriggerUSec", "ExecMainExitTimestamp",
    "IPAddressAllow", "IPAddressDeny",
)  # fmt: skip
BOOTED = Path("/run/systemd/system")  # sd_booted(3)
_UNLIMITED = 2**64 - 1
_SYSTEMD_SECONDS = 20.0
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
# TIME_ERROR of adjtimex(2); the kernel reports it from the moment that the clock is set by hand
_TIME_ERROR = 5
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; all zero: read only
_M_ARENA_MAX = -8  # mallopt(3)
_ARENA_COUNT = 2
_CGROUPS = Path("/sys/fs/cgroup")


def boot_id() -> str | None:
    """The id of this start of the machine, None where /proc has none: monotonic times compare only under the same."""
    try:
        return _BOOT_ID_FILE.read_text("utf-8").strip()
    except OSError:
        return None


def synchronised() -> bool | None:
    """Whether the kernel's clock is kept by NTP, as `timedatectl` shows it; None where the kernel does not tell.

    It does not where a service may not call adjtimex(2): ProtectClock=yes denies it, reading included.
    """
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return state < _TIME_ERROR if state >= 0 else None


def is_synchronised() -> bool:
    """Whether the kernel says that NTP keeps its clock."""
    return synchronised() is True


def share_arenas() -> None:
    """Let all threads share two allocator arenas; to be called before the first thread starts.

    glibc gives threads arenas of their own, and each keeps what its camera's largest picture once took: 124 MiB for 16
    cameras, 61 MiB with two arenas for all of them, at the same processor time.  A C library without the setting is
    left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENA_COUNT)


class SystemdAbsent(CctvError):
    """systemd does not run on this machine, so that units and timers cannot be asked about.

    next: look at what starts recorder, sweeper and timers here instead.
    """


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit as systemd has it; `memory_max` and `limit_core` are bytes, None for no limit."""

    name: str
    load: str
    active: str
    enabled: str
    result: str
    restarts: int
    drop_ins: tuple[str, ...]
    needs_reload: bool
    memory_max: int | None
    limit_core: int | None
    mounts_for: tuple[Path, ...]
    writable: tuple[Path, ...]
    last_run: datetime | None
    reachable: tuple[str, ...] | None = None  # the only networks that it may reach; None for all

    @property
    def has_failed(self) -> bool:
        """Whether its last run failed."""
        return self.load == "loaded" and (self.active == "failed" or self.result not in ("", "success"))


def unit_facts(names: Sequence[str], *, booted: Path = BOOTED) -> Mapping[str, UnitFacts]:
    """What systemd says of units; raises SystemdAbsent, ToolMissing, ToolFailed.  `booted` is replaced in tests."""
    if not booted.is_dir():
        raise SystemdAbsent
    # systemd 252 gives a timer's last run by the calendar in spite of --timestamp=unix.
    words = [
        "env",
        "TZ=UTC",
        "systemctl",
        "show",
        "--timestamp=unix",
        f"--property={','.join(_UNIT_PROPERTIES)}",
        "--",
        *names,
    ]
    try:
        text = run_process(words, timeout=_SYSTEMD_SECONDS).decode("utf-8", "replace")
    except subprocess.TimeoutExpired as error:
        raise ToolFailed(tool="systemctl", status="timeout", detail="it does not answer") from error
    return {unit.name: unit for unit in parse_units(text)}


def parse_units(text: str) -> Iterator[UnitFacts]:
    """The units of what `systemctl show` prints: blocks of KEY=VALUE, an empty line between two."""
    for block in text.strip().split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" not in values:
            continue
        last = _instant(values.get("LastTriggerUSec", "")) or _instant(values.get("ExecMainExitTimestamp", ""))
        yield UnitFacts(
            name=values["Id"],
            load=values.get("LoadState", ""),
            active=values.get("ActiveState", ""),
            enabled=values.get("UnitFileState", ""),
            result=values.get("Result", ""),
            restarts=int(values.get("NRestarts") or 0),
            drop_ins=tuple(values.get("DropInPaths", "").split()),
            needs_reload=values.get("NeedDaemonReload") == "yes",
            memory_max=_bytes(values.get("MemoryMax", "")),
            limit_core=_bytes(values.get("LimitCORE", "")),
            mounts_for=tuple(map(Path, values.get("RequiresMountsFor", "").split())),
            writable=tuple(Path(path.lstrip("-+")) for path in values.get("ReadWritePaths", "").split()),
            last_run=last,
            reachable=tuple(values.get("IPAddressAllow", "").split()) if values.get("IPAddressDeny") else None,
        )


def _bytes(text: str) -> int | None:
    return int(text) if text.isdecimal() and int(text) < _UNLIMITED else None


def _instant(text: str) -> datetime | None:
    """`@1700000000`, or `Mon 2026-11-30 17:16:59 UTC`; None for none."""
    if (number := text.removeprefix("@")).isdecimal():
        return datetime.fromtimestamp(int(number), UTC) if int(number) else None
    try:
        return datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None


def available_memory() -> int | None:
    """Bytes that this process may still take: of the machine, of its control group, of its own limit.

    None where /proc has no figures.
    """
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return None
    free = [int(line.split()[1]) * 1024 for line in lines if line.startswith(("MemAvailable:", "SwapFree:"))]
    left = [sum(free)]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        left.append(limit - pages * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError, StopIteration):
        left.append(_left_in_control_group())
    return max(0, min(left))


def _left_in_control_group() -> int:
    """Bytes below MemoryMax= of a unit or a container (cgroup v2); its file cache makes room.

    Raises OSError, ValueError or StopIteration where there is no limit.
    """
    lines = Path("/proc/self/cgroup").read_text("ascii").splitlines()
    group = _CGROUPS / next(line[4:] for line in lines if line.startswith("0::/"))
    limit, current = (int((group / name).read_text("ascii")) for name in ("memory.max", "memory.current"))
    stat = (group / "memory.stat").read_text("ascii").splitlines()
    cached = next(int(line.split()[1]) for line in stat if line.startswith("file "))
    return limit - current + cached


@contextmanager
def limited_memory(more_bytes: int) -> Iterator[None]:
    """Let this process take so many bytes of addresses more than it has, and no further; MemoryError is what follows.

    A limit that is lower already stays.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + more_bytes
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class ServiceManager:
    """sd_notify(3) where NOTIFY_SOCKET is set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._notifier = None
        if environ.get("NOTIFY_SOCKET"):
            self._notifier = SystemdNotifier()
        self._status = ""

    def ready(self, status: str) -> None:
        """Report that the service has started."""
        self._send("READY=1")
        self._tell(status)

    def alive(self, status: str) -> None:
        """Feed the watchdog; sends the status when it changed."""
        self._send("WATCHDOG=1")
        self._tell(status)

    def stopping(self) -> None:
        """Report that the service is stopping."""
        self._send("STOPPING=1")

    def _tell(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._send(f"STATUS={status}")

    def _send(self, message: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(message)
