"""A copy of the index beside it, before another version of the program is installed; never footage.

Encrypted, with all that a back-up holds, where `[backup] recipients` names a recovery key; else the database alone.
There is one copy, of the last upgrade: it holds personal data, and an older one would outlive what the registers have
forgotten.  It is no back-up: it is on the storage's own disk, and `cctv status` does not count it.

1. copy the index while others write to it, into `.backup/`, and read every page of the copy
2. write it beside the index, encrypted or not, under a temporary name             (crash: the next one clears it)
3. remove the copy of the upgrade before, give the new one its name                (crash: no copy; do it again)
4. audit entry
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from cctv.backup.bundle import write_bundle
from cctv.backup.create import (
    checkpoint_members,
    manifest_of,
    open_members,
    record_backup,
    summarise_index,
    work_folder,
)
from cctv.backup.state import backup_lock
from cctv.crypto.age import recipients
from cctv.db.engine import DatabaseDamaged, copy_database, is_whole, settle
from cctv.db.identity import DATABASE_FILE
from cctv.db.storage import Storage

log = logging.getLogger(__name__)

PLAIN, ENCRYPTED = f"{DATABASE_FILE}.before-upgrade", f"{DATABASE_FILE}.before-upgrade.age"


@dataclass(frozen=True, slots=True)
class UpgradeCopy:
    """Where the copy is or would be, whether it takes the recovery key to read it, and its size once it is made."""

    path: Path
    encrypted: bool
    size_bytes: int | None = None


def plan_copy(site: Storage) -> UpgradeCopy:
    """What `copy_index` would write; raises RecoveryKeyUnusable."""
    encrypted = bool(site.settings.backup.recipients)
    if encrypted:
        recipients(site.settings)
    return UpgradeCopy(site.root / (ENCRYPTED if encrypted else PLAIN), encrypted)


def copy_index(site: Storage) -> UpgradeCopy:
    """Write the copy; raises DatabaseDamaged, RecoveryKeyUnusable, BackupNotWritten, LockHeld."""
    planned = plan_copy(site)
    with backup_lock(site), work_folder(site) as work:
        copy, made = work / DATABASE_FILE, work / planned.path.name
        copy_database(site.root / DATABASE_FILE, copy)
        if not is_whole(copy):
            raise DatabaseDamaged(path=site.root / DATABASE_FILE, problem="its copy is not whole")
        summary = summarise_index(copy)
        settle(copy)
        members = [*open_members(site, copy), *checkpoint_members(site)]
        manifest = manifest_of(site, summary, members)
        if planned.encrypted:
            write_bundle(made, [manifest.as_member(), *members], recipients(site.settings), site.disk)
        else:
            copy.chmod(0o600)
            site.disk.sync_file(copy)
            made = copy
        for name in (PLAIN, ENCRYPTED):
            site.disk.unlink(site.root / name)
        site.disk.rename(made, planned.path)
        record_backup(site, planned.path, manifest)
    size = planned.path.stat().st_size
    log.info("backup.written", extra={"bytes": size, "segments": manifest.segments, "holds": len(manifest.holds)})
    return UpgradeCopy(planned.path, planned.encrypted, size)
