"""Where back-ups go and what they are called.

DIR/cctv-<site>-<instant>.age           a back-up; with .part at its end one that was interrupted, and none
DIR/cctv-held-<site>/copy.json          which copy of held footage this is
                    /<name>.age         one held segment; the name, a hash of its path and bytes, tells nothing of it
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from cctv.backup.bundle import PART
from cctv.backup.errors import BackupPlaceUnfit
from cctv.db.identity import file_system_of
from cctv.db.site import Site
from cctv.kernel.durable import exclusive

_SHOWN = 8  # signs of the site's id
_HELD = re.compile(r"([0-9a-f]{64})\.age")


def backup_lock(site: Site) -> AbstractContextManager[None]:
    """Held by the one back-up of a storage; raises LockHeld."""
    return exclusive(site.root / "backup.lock")


def check_place(site: Site, directory: Path) -> Path:
    """The folder, absolute; raises BackupPlaceUnfit.  It is never made: a missing one may be a missing mount."""
    if not directory.is_dir():
        raise BackupPlaceUnfit(path=directory, problem="it is not a folder that exists")
    found = directory.resolve()
    if found.is_relative_to(site.root.resolve()):
        raise BackupPlaceUnfit(path=directory, problem="it is in the storage itself")
    if not os.access(found, os.W_OK | os.X_OK):
        raise BackupPlaceUnfit(path=directory, problem="this account may not write there")
    return found


def on_same_disk(site: Site, directory: Path) -> bool:
    """Whether the back-up would die with the storage."""
    return file_system_of(directory) == file_system_of(site.root)


def backup_path(site: Site, directory: Path, at: datetime) -> Path:
    return directory / f"{_prefix(site)}{at.astimezone(UTC):%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z.age"


def interrupted(site: Site, directory: Path) -> list[Path]:
    """What interrupted back-ups of this site left there."""
    return sorted(directory.glob(f"{_prefix(site)}*{PART}"))


def held_folder(site: Site, directory: Path) -> Path:
    return directory / f"cctv-held-{site.identity.site[:_SHOWN]}"


def held_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of every segment in a copy of held footage."""
    for path in sorted(folder.glob("*.age")):
        if (found := _HELD.fullmatch(path.name)) is not None:
            yield found[1], path


def held_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.age"


def held_name(path: str, sha256: str) -> str:
    """What a segment is called in the copy: known to who knows the segment, and to nobody else."""
    return hashlib.sha256(f"{path}\n{sha256}".encode()).hexdigest()


def _prefix(site: Site) -> str:
    return f"cctv-{site.identity.site[:_SHOWN]}-"
