"""What the account may not read or write, and what it must not trust.

One message for the file system's refusals and for SQLite's; one rule for files that steer this program: cameras.toml
and the credentials (`why_untrusted`).
"""

from __future__ import annotations

import grp
import os
import pwd
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_, Message

SERVICE_ACCOUNT = "cctv"  # of the units in systemd/
STORAGE_MODE = 0o700  # of a storage: people reach it through the service, recorder and sweeper are its owner
WRITABLE, REACHABLE = 0o022, 0o077  # bits of a mode that let other accounts change, or reach, a file
_REFUSED_CODES = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


class AccessDenied(CctvError):
    """The account {account} may not read or write {path}.

    next: run the command as the account {owner}, which owns it: `sudo -u {owner} cctv ...`.
    """

    exit_code = Exit.NOT_PERMITTED


class StorageOfAnother(AccessDenied):
    """The storage {path} is the account {owner}'s, this is {account}, and no service answers here in its place.

    next: ask who looks after this machine to start it (`sudo systemctl start cctv.socket`), then type the command again
    without --config; or `sudo -u {owner} cctv ...`.
    """

    exit_code = Exit.NOT_PERMITTED


@dataclass(frozen=True, slots=True)
class Untrusted:
    """Why a file is not trusted, and what to do about it."""

    problem: Message | str
    following: Message | str


def why_untrusted(path: Path, status: os.stat_result, others: int) -> Untrusted | None:
    """Why an account must not act on what a file says; None where it may.

    It belongs to root or to the account that runs this, it has none of the mode bits `others`, and nobody else can put
    another file in its place: the same holds for its folders, up to the root and behind links; a sticky folder may be
    writable.  `status` is of the opened file.
    """
    account = os.geteuid()
    if not stat.S_ISREG(status.st_mode):
        return Untrusted(N_("it is not a file"), N_("name a file."))
    if status.st_uid not in (0, account):
        return Untrusted(
            N_("it belongs to another account (uid {uid})", uid=status.st_uid),
            N_("chown it to the account that runs this command (uid {uid}), or run it as its owner.", uid=account),
        )
    if _open_to_others(status, others):
        mode, right = stat.S_IMODE(status.st_mode), "go-w" if others == WRITABLE else "600"
        problem = N_("other accounts can reach it (mode {mode:04o})", mode=mode)
        if others == WRITABLE:
            problem = N_("other accounts can write it (mode {mode:04o})", mode=mode)
        return Untrusted(problem, f"chmod {right} {path}")
    return next((why for folder in _folders(path) if (why := _folder_untrusted(folder, account)) is not None), None)


def _folders(path: Path) -> Iterator[Path]:
    yield from dict.fromkeys((*path.absolute().parents, *Path(os.path.realpath(path)).parents))


def _folder_untrusted(folder: Path, account: int) -> Untrusted | None:
    status = folder.stat()
    if status.st_uid not in (0, account):
        return Untrusted(
            N_("its folder {folder} belongs to another account (uid {uid})", folder=folder, uid=status.st_uid),
            N_("run the command as that account, or move the file to a folder of root, such as /etc/cctv."),
        )
    if _open_to_others(status, WRITABLE) and not status.st_mode & stat.S_ISVTX:
        mode = stat.S_IMODE(status.st_mode)
        problem = N_("others can put another file in its place (mode {mode:04o} of {folder})", mode=mode, folder=folder)
        return Untrusted(problem, f"chmod go-w {folder}")
    return None


def _open_to_others(status: os.stat_result, others: int) -> bool:
    """Whether the mode has one of the bits; a group of one member, as umask 002 goes with, is no other account."""
    if others == WRITABLE and status.st_mode & WRITABLE == stat.S_IWGRP:
        return not _is_private_group(status.st_gid, status.st_uid)
    return bool(status.st_mode & others)


def _is_private_group(group: int, owner: int) -> bool:
    try:
        entry, account = grp.getgrgid(group), pwd.getpwuid(owner)
    except KeyError:
        return False
    return entry.gr_name == account.pw_name and set(entry.gr_mem) <= {account.pw_name}


def access_denied(path: Path) -> AccessDenied:
    """The refusal of a path; its owner is that of the nearest folder that this account can see."""
    return AccessDenied(account=account_name(os.geteuid()), path=path, owner=owner_of(path))


def require_owner(storage: Path) -> None:
    """Raise StorageOfAnother unless this process is the storage's owner, or root; nothing where there is no storage."""
    try:
        owner = storage.stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError:
        owner = _owner(storage)
    if os.geteuid() not in (0, owner):
        raise StorageOfAnother(path=storage, owner=account_name(owner), account=account_name(os.geteuid()))


def owner_of(path: Path) -> str:
    """The name of the account that a path belongs to, or the nearest folder of it that this account can see."""
    return account_name(_owner(path))


def accounts_that_write(path: Path) -> tuple[str, ...]:
    """The accounts that may act in a storage by its files, without the service: its owner, unless that is root.

    Not its group, whatever the mode: `require_owner` refuses a member.
    """
    status = path.stat()
    return (account_name(status.st_uid),) if status.st_uid != 0 and status.st_mode & stat.S_IWUSR else ()


def accounts_of_group(gid: int) -> tuple[str, ...]:
    """The accounts of a group, by their own group or as members, sorted; empty for a group that there is not."""
    return tuple(sorted({entry.pw_name for entry in pwd.getpwall() if entry.pw_gid == gid} | set(_members(gid))))


def _members(gid: int) -> list[str]:
    try:
        return grp.getgrgid(gid).gr_mem
    except KeyError:
        return []


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


def account_ids(name: str) -> tuple[int, int] | None:
    """The user and group id of an account, None where this machine has none of that name."""
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        return None
    return account.pw_uid, account.pw_gid


def _owner(path: Path) -> int:
    for candidate in (path, *path.absolute().parents):
        try:
            return candidate.stat().st_uid
        except OSError:
            continue
    return 0


def account_name(uid: int) -> str:
    """The account of an id; the number where it has no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
