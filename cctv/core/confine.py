"""A fence around what decodes bytes from elsewhere: no file but those named, no network, no other program.

Landlock (Linux 5.13 and later) bounds files, TCP and signals; a filter of system calls (seccomp, by libseccomp, which
systemd brings along) takes sockets away, and what looks into other processes or the kernel.  Both hold for the thread
that asks and for whatever it starts from then on, for ever: `confine_thread` is for a thread that only starts a child,
`restart_confined` for a program that needs nothing else any more.  No setuid program gains rights below.

Where the kernel or the library lacks one of the two the other holds alone, and `cctv doctor` says so (`fences`).
Paths that are not there are left out.  Never raises for a kernel that is too old.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import struct
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Numbers of system calls: the same on every architecture since Linux 5.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_SET_NO_NEW_PRIVS = 38
# Access rights of landlock(7), in order; those of the ABI that brought them.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = 1 << 6, 1 << 9, 1 << 10, 1 << 11, 1 << 12
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_RIGHTS_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK_ABI, _SCOPE_ABI = 4, 6
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_ABSTRACT_SOCKET, _SIGNAL = 1 << 0, 1 << 1
_NEVER_MADE = _MAKE_CHAR | _MAKE_SOCK | _MAKE_FIFO | _MAKE_BLOCK | _MAKE_SYM  # whoever reads them would be led astray
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV  # a rule for a file takes no others

_MARK = "CCTV_CONFINED"
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(EPERM)
_UNKNOWN_CALL = -1
_REFUSED_CALLS = (
    *("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendmmsg"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),  # sockets and files past this filter
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "perf_event_open"),
    *("bpf", "userfaultfd", "keyctl", "add_key", "request_key", "name_to_handle_at", "open_by_handle_at"),
    *("mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "pivot_root", "chroot", "unshare", "setns"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "acct"),
)
# Of a child that is alone.  clone3 names its flags in memory, which no filter sees: unknown, so that libc takes clone.
_REFUSED_ALONE = (
    *("fork", "vfork", "execve", "execveat", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
    *("pidfd_open", "pidfd_send_signal", "process_madvise", "setpriority", "sched_setaffinity"),
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat"),  # Landlock bounds none of these
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr"),
    *("removexattrat", "utime", "utimes", "futimesat", "utimensat"),
)
_UNKNOWN = 0x00050000 | errno.ENOSYS
_CLONE_THREAD = 0x10000
_NOT_EQUAL, _MASKED_EQUAL = 1, 7  # enum scmp_compare
_ARGUMENT = struct.Struct("@IiQQ")  # struct scmp_arg_cmp
_CAPABILITY_VERSION = 0x20080522
_LIBRARIES = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
_OF_PYTHON = ("/etc/localtime", "/etc/timezone", "/etc/fonts", "/proc/meminfo", "/proc/cpuinfo", "/sys")
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-armhf.so.3")


@dataclass(frozen=True, slots=True)
class Confinement:
    """What may be read (a file, or a folder with all in it), what written, and which programs started.

    System libraries may always be read.  `files` False leaves the file system alone: only the network goes.  Of the
    folders `lists` names may be read, and nothing else.  `alone`: neither a program nor a process may be started, and
    the capabilities go; threads may.
    """

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    programs: tuple[str, ...] = ()
    files: bool = True
    lists: tuple[Path, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Fences:
    """What this machine has: the ABI of landlock, None where the kernel has none; whether seccomp can be used."""

    landlock: int | None
    seccomp: bool


@cache
def fences() -> Fences:
    """What this machine has for it."""
    abi = _syscall(_CREATE_RULESET, None, 0, _VERSION)
    return Fences(abi if abi > 0 else None, _seccomp() is not None)


def for_python(reads: Iterable[Path], writes: Iterable[Path]) -> Confinement:
    """The confinement of a Python program of ours: its libraries, and itself as a child.

    Not /proc/self, which would be that of the process that confines.
    """
    homes = {Path(home) for home in (sys.prefix, sys.base_prefix, *sys.path) if home}
    package = Path(__file__).resolve().parent.parent
    return Confinement((*reads, *sorted(homes), package, *map(Path, _OF_PYTHON)), tuple(writes), (sys.executable,))


def for_worker(reads: Iterable[Path], writes: Iterable[Path], lists: Iterable[Path] = ()) -> Confinement:
    """The confinement of a child of this program that was forked: what it imported stands in its memory already.

    Of Python only its own installation, from which it may still load a module; not every folder of `sys.path`, one of
    which may hold a storage.  To be called in the child: /proc/self is its own.
    """
    installed = [Path(home) for home in sys.path if Path(home).name in ("site-packages", "dist-packages")]
    homes = {Path(sys.prefix, "lib"), Path(sys.base_prefix, "lib"), *installed}
    package = Path(__file__).resolve().parent.parent
    own = Path("/proc/self").resolve()
    of_python = (*sorted(homes), package, *map(Path, _OF_PYTHON), own)
    return Confinement((*reads, *of_python), tuple(writes), lists=tuple(lists), alone=True)


def confine_thread(confinement: Confinement) -> None:
    """Confine the calling thread, and what it starts, from now on."""
    _prctl(_SET_NO_NEW_PRIVS, 1)
    if confinement.files and fences().landlock is not None:
        _restrict_files(confinement)
    if confinement.alone:
        _drop_capabilities()
    if (library := _seccomp()) is not None:
        _filter_calls(library, alone=confinement.alone)


def restart_confined(confinement: Confinement, environ: Mapping[str, str]) -> None:
    """Begin this program anew with the same words, confined; returns at once where it was begun so.

    Anew, because libraries have threads by now, which no fence of this thread's reaches.  The mark in the environment
    may be forged by whoever starts the program, who could as well start another one.
    """
    if environ.get(_MARK):
        return
    confine_thread(confinement)
    marked = dict(environ)
    mark(marked, confinement.writes[0])
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], marked)


def mark(environ: MutableMapping[str, str], folder: Path) -> None:
    """Note that this process is confined, and let its temporary files be in a folder that it may write."""
    environ.update({_MARK: "yes", "TMPDIR": str(folder)})


def _restrict_files(confinement: Confinement) -> None:
    abi = fences().landlock or 1
    handled = _RIGHTS_OF_ABI[max(known for known in _RIGHTS_OF_ABI if known <= abi)]
    fields = [handled]
    if abi >= _NETWORK_ABI:
        fields.append(_BIND_TCP | _CONNECT_TCP)
    if abi >= _SCOPE_ABI:
        fields.append(_ABSTRACT_SOCKET | _SIGNAL)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), len(attributes), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        read = _READ_FILE | _READ_DIR
        for path in (*map(Path, _LIBRARIES), *confinement.reads):
            _allow(ruleset, path, read & handled)
        for path in confinement.lists:
            _allow(ruleset, path, _READ_DIR & handled)
        for path in map(Path, _DEVICES):
            _allow(ruleset, path, (read | _WRITE_FILE) & handled)
        for path in confinement.writes:
            _allow(ruleset, path, handled & ~_EXECUTE & ~_IOCTL_DEV & ~_NEVER_MADE)
        for program in () if confinement.alone else ("setpriv", *confinement.programs):
            if (found := shutil.which(program)) is not None:
                _allow(ruleset, Path(found), (read | _EXECUTE) & handled)
        for loader in () if confinement.alone else map(Path, _LOADERS):
            _allow(ruleset, loader, (read | _EXECUTE) & handled)
        if _syscall(_RESTRICT_SELF, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                rights &= _OF_FILES
            rule = struct.pack("=Qi", rights, descriptor)
            if _syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.c_char_p(rule), 0) != 0:
                raise OSError(ctypes.get_errno(), "landlock_add_rule", str(path))
        finally:
            os.close(descriptor)


def _drop_capabilities() -> None:
    """Have none of them from now on, also as root: its own files remain, and those that everybody may read."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    none = bytes(24)  # two struct __user_cap_data_struct
    if _libc().capset(ctypes.c_char_p(header), ctypes.c_char_p(none)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _filter_calls(library: ctypes.CDLL, *, alone: bool) -> None:
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
    if not context:
        raise OSError(errno.ENOMEM, "seccomp_init")
    try:
        for name in (*_REFUSED_CALLS, *(_REFUSED_ALONE if alone else ())):
            _refuse_call(library, context, name)
        if alone:
            _refuse_call(library, context, "clone3", action=_UNKNOWN)
            _refuse_call(library, context, "clone", argument=(0, _MASKED_EQUAL, _CLONE_THREAD, 0))
            _refuse_call(library, context, "tgkill", argument=(0, _NOT_EQUAL, os.getpid(), 0))
            _refuse_call(library, context, "prlimit64", argument=(0, _NOT_EQUAL, 0, 0))
        if (code := library.seccomp_load(context)) != 0:
            raise OSError(-code, "seccomp_load")
    finally:
        library.seccomp_release(context)


def _refuse_call(
    library: ctypes.CDLL,
    context: ctypes.c_void_p,
    name: str,
    *,
    action: int = _REFUSE,
    argument: tuple[int, int, int, int] | None = None,
) -> None:
    """Refuse a system call, or only one whose argument compares so; one that this library does not know is left out."""
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == _UNKNOWN_CALL:
        return
    words = _ARGUMENT.pack(*argument) if argument is not None else b""
    compared = ctypes.c_char_p(words) if words else None
    count = ctypes.c_uint(1 if words else 0)
    library.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, count, compared)


@cache
def _seccomp() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    return library


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return int(_libc().syscall(ctypes.c_long(number), *words))


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
