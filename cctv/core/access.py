"""What the account may not read or write: one message for the file system's refusals and for SQLite's."""

from __future__ import annotations

import grp
import os
import pwd
import sqlite3
import stat
from pathlib import Path

from cctv.core.errors import CctvError, Exit

_REFUSED_CODES = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


class AccessDenied(CctvError):
    """The account {account} may not read or write {path}.

    next: run the command as the account {owner}, which owns it: `sudo -u {owner} cctv ...`.
    """

    exit_code = Exit.NOT_PERMITTED


def access_denied(path: Path) -> AccessDenied:
    """The refusal of a path; its owner is that of the nearest folder that this account can see."""
    return AccessDenied(account=_name(os.geteuid()), path=path, owner=_name(_owner(path)))


def accounts_that_write(path: Path) -> tuple[str, ...]:
    """The accounts that may write into a folder by its mode, sorted: its owner, and its group where that may.

    Without root, who may write everywhere.
    """
    status = path.stat()
    accounts = {_name(status.st_uid)} if status.st_mode & stat.S_IWUSR else set()
    if status.st_mode & stat.S_IWGRP:
        accounts |= {entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == status.st_gid}
        accounts |= set(_members(status.st_gid))
    return tuple(sorted(accounts - {"root"}))


def database_refused(error: BaseException | None, database: Path) -> Path | None:
    """The file that this account may not use, where SQLite's error says so; None for any other error.

    SQLite has the same codes for a disk that is full or read-only and for a file that is gone, so the files are asked.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int) or code & 0xFF not in _REFUSED_CODES:
        return None
    beside = (Path(f"{database}{suffix}") for suffix in ("", "-wal", "-shm"))
    for path in (*beside, database.parent):
        needed = os.R_OK | os.W_OK | (os.X_OK if path == database.parent else 0)
        if os.access(path, os.F_OK) and not os.access(path, needed):
            return path
    return None


def _members(gid: int) -> list[str]:
    try:
        return grp.getgrgid(gid).gr_mem
    except KeyError:
        return []


def _owner(path: Path) -> int:
    for candidate in (path, *path.absolute().parents):
        try:
            return candidate.stat().st_uid
        except OSError:
            continue
    return 0


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
