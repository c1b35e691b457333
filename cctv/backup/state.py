"""Where back-ups are written, what they are called, and what is remembered of the last one.

DIR/cctv-<site>-<instant>.age           a back-up; with .part at its end an interrupted one, which is no back-up
DIR/cctv-held-<site>/copy.json          which copy of held footage this is
                    /<name>.age         one held segment; the name, a hash of its path and bytes, reveals nothing of it

`backup.json` in the storage: when the last back-up was made, when a restore was last rehearsed, and where the one copy
of held footage is.  No secret and no footage.  When it is lost, `cctv status` reports that there is no back-up: a false
alarm rather than a missed one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cctv.audit.log import audit_entries
from cctv.config.schema import BackupSettings
from cctv.core.access import account_name
from cctv.core.clock import iso
from cctv.core.durable import exclusive, sha256_file
from cctv.core.errors import UsageError
from cctv.core.medium import MediumReadOnly
from cctv.core.text import parse_json
from cctv.db.engine import read_transaction
from cctv.db.identity import file_system_of
from cctv.db.storage import Storage
from cctv.model.audit import Act

PART = ".part"  # the end of the name of a file that is still being written
FILE = "backup.json"
AGE_HEADER = b"age-encryption.org/v1\n"  # the first bytes of every file in the format of age
_SITE_ID_CHARS = 8  # of the site's id, in names
_HELD = re.compile(r"([0-9a-f]{64})\.age")


class BackupFolderMissing(UsageError):
    """No folder is given, and [backup] of cameras.toml names none.

    next: cctv backup DIR, or write folder = "/mnt/offsite" in [backup].
    """


class BackupPlaceUnfit(UsageError):
    """Nothing can be backed up to {path}: {problem}.

    next: mount the medium that is meant, and give a folder on it that exists.
    """


class BackupPlaceClosed(UsageError):
    """Nothing can be backed up to {path}: the account {account} may not write there.

    next: `chown {account}: {path}` as root: the nightly back-up runs as the account of the services.
    """


@dataclass(frozen=True, slots=True)
class HeldCopy:
    """The copy of held footage: its own id, where it was last, when it was last brought up to date."""

    id: str
    directory: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BackupState:
    """The last back-up and the copy of held footage, as far as they are known."""

    last: datetime | None = None
    file: str | None = None
    held: HeldCopy | None = None
    rehearsed: datetime | None = None

    def age(self, now: datetime) -> timedelta | None:
        """How long ago the last back-up was made, None without one."""
        return now - self.last if self.last else None

    def is_late(self, now: datetime, warn_after: timedelta) -> bool:
        """Whether the last back-up is older than `warn_after`, or missing."""
        age = self.age(now)
        return age is None or age > warn_after

    def wants_rehearsal(self, now: datetime, rehearse_after: timedelta) -> bool:
        """Whether there is a back-up, and no restore was rehearsed for that long."""
        return self.last is not None and (self.rehearsed is None or now - self.rehearsed > rehearse_after)


def read_backup_state(root: Path) -> BackupState:
    """What `backup.json` records; empty where the file is missing or damaged."""
    try:
        payload = parse_json((root / FILE).read_text("utf-8"))
        held = payload["held"]
        copy = HeldCopy(held["id"], held["directory"], datetime.fromisoformat(held["at"])) if held else None
        last = datetime.fromisoformat(payload["last"]) if payload["last"] else None
        rehearsed = datetime.fromisoformat(payload["rehearsed"]) if payload.get("rehearsed") else None
        return BackupState(last, payload["file"], copy, rehearsed)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return BackupState()


@dataclass(frozen=True, slots=True)
class BackupLook:
    """What shows of the last back-up without its key; `problem` is why nothing does.

    `is_age` is whether it begins as the age format does, None where it cannot be read; `matches` whether its bytes are
    those that the log names, None where the log names none.
    """

    is_age: bool | None = None
    matches: bool | None = None
    same_disk: bool = False
    problem: str = ""


def look_at_backup(site: Storage) -> BackupLook:
    """Read the last back-up whole and compare it with the log.  Raises nothing of its disk: it may be away."""
    file = read_backup_state(site.root).file
    if file is None:
        return BackupLook()
    path = Path(file)
    with read_transaction(site.engine) as connection:
        entries = audit_entries(connection, act=Act.BACKUP_MADE, about=path.name, last=1)
    named = str(entries[0][0].facts.get("sha256", "")) if entries else ""
    try:
        with path.open("rb") as opened:
            is_age = opened.read(len(AGE_HEADER)) == AGE_HEADER
        return BackupLook(is_age, sha256_file(path) == named if named else None, on_same_disk(site, path.parent))
    except OSError as error:
        return BackupLook(problem=error.strerror or str(error))


def remember_backup(site: Storage, at: datetime, file: Path) -> None:
    """Record the last back-up in `backup.json`."""
    _write(site, replace(read_backup_state(site.root), last=at, file=str(file)))


def remember_rehearsal(site: Storage, at: datetime) -> None:
    """Record the last rehearsal in `backup.json`."""
    _write(site, replace(read_backup_state(site.root), rehearsed=at))


def remember_held(site: Storage, copy: HeldCopy) -> None:
    """Record the copy of held footage in `backup.json`."""
    _write(site, replace(read_backup_state(site.root), held=copy))


def _write(site: Storage, state: BackupState) -> None:
    held = {"id": state.held.id, "directory": state.held.directory, "at": iso(state.held.at)} if state.held else None
    payload = {"schema": 1, "last": iso(state.last) if state.last else None, "file": state.file, "held": held}
    payload["rehearsed"] = iso(state.rehearsed) if state.rehearsed else None
    site.disk.write(site.root / FILE, json.dumps(payload, indent=2, ensure_ascii=False).encode() + b"\n")


def backup_lock(site: Storage) -> AbstractContextManager[None]:
    """Held by the one back-up of a storage; raises LockHeld."""
    return exclusive(site.root / "backup.lock")


def lacking_settings(settings: BackupSettings, typed: Path | None = None) -> tuple[str, ...]:
    """The settings of [backup] without which no back-up can be made; `typed` is a folder in place of its own.  Pure."""
    found = {"recipients": bool(settings.recipients), "folder": (typed or settings.folder) is not None}
    return tuple(name for name, is_set in found.items() if not is_set)


def backup_folder(site: Storage, typed: Path | None) -> Path:
    """The folder that was typed, else that of [backup]; raises BackupFolderMissing."""
    folder = typed if typed is not None else site.settings.backup.folder
    if folder is None:
        raise BackupFolderMissing
    return folder


def check_place(site: Storage, directory: Path) -> Path:
    """The folder as an absolute path.  Never created: a missing one may be a missing mount.

    Raises BackupPlaceUnfit, BackupPlaceClosed, MediumReadOnly.
    """
    if not directory.is_dir():
        raise BackupPlaceUnfit(path=directory, problem="it is not a folder that exists")
    folder = directory.resolve()
    if folder.is_relative_to(site.root.resolve()):
        raise BackupPlaceUnfit(path=directory, problem="it is in the storage itself")
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise MediumReadOnly(path=directory)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BackupPlaceClosed(path=directory, account=account_name(os.geteuid()))
    return folder


def on_same_disk(site: Storage, directory: Path) -> bool:
    """Whether the back-up would die with the storage."""
    return file_system_of(directory) == file_system_of(site.root)


def backup_path(site: Storage, directory: Path, at: datetime) -> Path:
    """The path of a back-up that is made at an instant."""
    return directory / f"{backup_prefix(site)}{at.astimezone(UTC):%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z.age"


def interrupted(site: Storage, directory: Path) -> list[Path]:
    """The files that interrupted back-ups of this site left there."""
    return sorted(directory.glob(f"{backup_prefix(site)}*{PART}"))


def held_folder(site: Storage, directory: Path) -> Path:
    """The folder of this site's copy of held footage below DIR."""
    return directory / f"cctv-held-{site.identity.site[:_SITE_ID_CHARS]}"


def held_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of every segment in a copy of held footage."""
    for path in sorted(folder.glob("*.age")):
        if (match := _HELD.fullmatch(path.name)) is not None:
            yield match[1], path


def held_file(folder: Path, name: str) -> Path:
    """The file of one segment in the copy."""
    return folder / f"{name}.age"


def held_name(path: str, sha256: str) -> str:
    """The name of a segment in the copy: it can be computed only from the segment's path and hash."""
    return hashlib.sha256(f"{path}\n{sha256}".encode()).hexdigest()


def backup_prefix(site: Storage) -> str:
    """How the names of this site's back-ups begin."""
    return f"cctv-{site.identity.site[:_SITE_ID_CHARS]}-"
