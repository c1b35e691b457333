"""Unexpected errors: where the traceback is kept, and the message that is printed.

The details may name people, as far as the exception's own text does: they are in a file that only its owner can read,
outside of the storage, and the oldest are deleted first.  What was typed is never written.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from cctv import __version__
from cctv.core.errors import CctvError
from cctv.core.logs import traceback_of

KEPT = 20  # files
KEPT_FOR = timedelta(days=30)


class InternalError(CctvError):
    """Internal error ({kind}); the details are in {place}.

    next: try it again; if it fails again, send the details to whoever maintains cctv; read them first, they may name
    people.
    """


def write_details(error: BaseException, environ: Mapping[str, str], now: datetime) -> Path | None:
    """Write a traceback to a file that only this account can read; returns its path, None if it cannot be written."""
    folder = details_folder(environ)
    path = folder / f"error-{now:%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    heading = f"cctv {__version__}, Python {platform.python_version()}, {now:%Y-%m-%dT%H:%M:%SZ}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{heading}\n\n{traceback_of(error)}\n")
        _remove_old(folder, now)
    except OSError as problem:
        print(f"{path}: {problem.strerror}", file=sys.stderr)
        return None
    return path


def details_folder(environ: Mapping[str, str]) -> Path:
    """`cctv/errors` in the account's state directory (XDG_STATE_HOME, else ~/.local/state)."""
    home = environ.get("HOME") or str(Path("~").expanduser())
    return Path(environ.get("XDG_STATE_HOME") or Path(home) / ".local" / "state") / "cctv" / "errors"


def _remove_old(folder: Path, now: datetime) -> None:
    for number, path in enumerate(sorted(folder.glob("error-*.txt"), reverse=True)):
        if number >= KEPT or path.stat().st_mtime < (now - KEPT_FOR).timestamp():
            path.unlink()
