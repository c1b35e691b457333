"""The machine below the program: its boot id, whether NTP keeps its clock, and the allocator of the C library.

Reads /proc and adjtimex(2); changes only the allocator of this process.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
# TIME_ERROR of adjtimex(2); the kernel reports it from the moment that the clock is set by hand
_TIME_ERROR = 5
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; all zero: read only
_M_ARENA_MAX = -8  # mallopt(3)
_ARENA_COUNT = 2


def boot_id() -> str | None:
    """The id of this start of the machine, None where /proc has none: monotonic times compare only under the same."""
    try:
        return _BOOT_ID_FILE.read_text().strip()
    except OSError:
        return None


def is_synchronised() -> bool:
    """Whether the kernel's clock is kept by NTP, as `timedatectl` shows it."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _TIME_ERROR


def share_arenas() -> None:
    """Let all threads share two allocator arenas; to be called before the first thread starts.

    glibc gives threads arenas of their own, and each keeps what its camera's largest picture once took: 124 MiB for 16
    cameras, 61 MiB with two arenas for all of them, at the same processor time.  A C library without the setting is
    left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENA_COUNT)
