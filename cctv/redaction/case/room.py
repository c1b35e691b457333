"""Room on the disk: long work refuses what cannot fit, and says the same when the disk fills up on the way.

Owns that one refusal (exit 16).  Frees nothing: what may go is decided elsewhere.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cctv.kernel.errors import CctvError, Exit, ToolFailed
from cctv.redaction.errors import RenderFailed

_LEAST_FREE = 32 << 20  # bytes, for the index and what goes with any work
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_TOLD = ("No space left", "Disk quota exceeded")


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
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise _missing(path, needed) from error
    except (RenderFailed, ToolFailed) as error:
        if not any(words in error.message for words in _TOLD):
            raise
        raise _missing(path, needed) from error


def _missing(path: Path, needed: int) -> RoomMissing:
    free = shutil.disk_usage(path).free
    return RoomMissing(path=path, needed=-(-needed // 1_000_000), free=free // 1_000_000)
