"""The machine under the clock: which start this is, and whether the network keeps its time.  Reads only."""

from __future__ import annotations

import ctypes
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# TIME_ERROR of adjtimex(2); the kernel says so from the moment that somebody sets the clock by hand
_UNSYNCHRONISED = 5
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; all zero: only ask


def boot_id() -> str | None:
    """A name that every start of the machine has anew: monotonic time compares only under the same one."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return None


def is_synchronised() -> bool:
    """Whether the kernel's clock is kept by NTP, as `timedatectl` shows it."""
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _UNSYNCHRONISED
