"""Room on the disk: long work refuses what cannot fit, and says the same when the disk fills up on the way.

Owns that one refusal (exit 16).  Frees nothing: what may go is decided elsewhere.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cctv.kernel.errors import CctvError, Exit
from cctv.kernel.volumes import is_disk_full

_LEAST_FREE = 32 << 20  # bytes, for the index and what goes with any work


class RoomMissing(CctvError):
    """The disk of {path} is full: this needs about {needed} MB, {free} MB are free.  Nothing was left behind.

    next: free some space (cctv status; cctv export list shows packages that may go), then repeat the command.
    """

    exit_code = Exit.STORAGE_FULL


@contextmanager
def room(path: Path, needed_bytes: int) -> Iterator[None]:
    """Raises RoomMissing when fewer bytes are free, and in place of any error that a full disk causes inside."""
    needed = needed_bytes + _LEAST_FREE
    if shutil.disk_usage(path).free < needed:
        raise _missing(path, needed)
    try:
        yield
    except RoomMissing:  # of a smaller step inside: it names its own folder and bytes
        raise
    except Exception as error:
        if not is_disk_full(error):
            raise
        raise _missing(path, needed) from error


def _missing(path: Path, needed: int) -> RoomMissing:
    free = shutil.disk_usage(path).free
    return RoomMissing(path=path, needed=-(-needed // 1_000_000), free=free // 1_000_000)
