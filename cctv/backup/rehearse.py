"""Rehearse a restore: everything that a restore reads, in a scratch folder, and what it would do to the storage.

Checks every hash, the pages of the index, its schema, the chain of its log, its signed checkpoints and its holds, and
compares it with the index of the storage, where there is one.  Changes nothing but the audit entry and `backup.json`.

The scratch folder holds registers, so it is readable by this account only and goes at the end.  It is locked while it
is used: one that a kill left is found by its free lock and removed by the next rehearsal.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyrage.x25519 import Identity as RecoveryKey

from cctv.audit.chain import AuditBroken, AuditFacts
from cctv.audit.checkpoint_files import Checkpoint
from cctv.audit.log import append_entry, verify_log
from cctv.backup.bundle import read_bundle
from cctv.backup.manifest import BackupManifest, read_manifest
from cctv.backup.queries import Registers, registers_of
from cctv.backup.restore import (
    RestoreDelta,
    RestoreSources,
    carry_deletions,
    check_checkpoints,
    require_wanted,
    restore_delta,
)
from cctv.backup.state import BackupPlaceUnfit, remember_rehearsal
from cctv.core.clock import iso
from cctv.core.durable import LockHeld, exclusive, sha256_file
from cctv.core.errors import CctvError, Exit
from cctv.crypto.errors import BackupTorn
from cctv.db.engine import copy_database, is_whole, open_engine, read_transaction, write_transaction
from cctv.db.identity import DATABASE_FILE, Identity
from cctv.db.storage import Storage
from cctv.db.upgrade import upgrade
from cctv.holds.files import read_hold_files
from cctv.holds.store import holds_in_force
from cctv.model.audit import Act
from cctv.model.ids import HoldId

log = logging.getLogger(__name__)

_PREFIX, _LOCK = "cctv-rehearsal-", "lock"
_UNLOCKED_AFTER_SECONDS = 3600  # a folder without its lock is that of a process that died between two lines


class ScratchFull(CctvError):
    """The back-up does not fit into {path}: {problem}.  Nothing was changed, and nothing is left there.

    next: give a folder with more room: --scratch DIR
    """

    exit_code = Exit.STORAGE_FULL


@dataclass(frozen=True, slots=True)
class RestoreEffect:
    """What a restore would do to the storage as it is now.

    `lost` are the registers' entries that only the storage has, by register; `forgotten` requests whose people would be
    named again until the next sweep; `released` holds that would be in force again; `recorded` segments that would be
    taken in again from the disk; `entries` how many the log of the storage has.
    """

    lost: Mapping[str, tuple[str, ...]]
    forgotten: tuple[str, ...]
    released: tuple[HoldId, ...]
    recorded: int
    entries: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A back-up that can be restored: its manifest, holds in force, what the disk would add and lose.

    `compared` is None where the storage has no index that is whole; `signed` is as in `Restored`.
    """

    manifest: BackupManifest
    sha256: str
    holds: tuple[HoldId, ...]
    outlook: RestoreDelta
    signed: Checkpoint | None
    compared: RestoreEffect | None


def rehearse(means: RestoreSources, path: Path, key: RecoveryKey, scratch: Path | None = None) -> Rehearsal:
    """Try a back-up; raises whatever a restore would, and AuditBroken, ScratchFull, BackupPlaceUnfit.

    scratch: the folder in which the scratch folder is made; None: where temporary files go.
    """
    place = scratch if scratch is not None else Path(tempfile.gettempdir())
    if not place.is_dir():
        raise BackupPlaceUnfit(path=place, problem="it is not a folder that exists")
    if place.resolve().is_relative_to(means.root.resolve()):
        raise BackupPlaceUnfit(path=place, problem="it is in the storage itself")
    try:
        with scratch_folder(place) as folder:
            return _rehearse(means, path, key, folder)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise ScratchFull(path=place, problem=error.strerror) from error


def record_rehearsal(site: Storage, path: Path, done: Rehearsal) -> None:
    """Enter a rehearsal in the log of the storage, and in `backup.json`."""
    facts: AuditFacts = {
        "sha256": done.sha256,
        "made": iso(done.manifest.made),
        "entries": done.manifest.audit_entries,
        "holds": len(done.holds),
    }
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.BACKUP_REHEARSED, path.name, facts=facts)
    remember_rehearsal(site, site.clock.now())
    log.info("backup.rehearsed", extra={"segments": done.manifest.segments, "holds": len(done.holds)})


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """A locked folder of this account, removed at the end; those that killed rehearsals left are removed first."""
    for left in place.glob(f"{_PREFIX}*"):
        _remove_left(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    try:
        with exclusive(folder / _LOCK):
            work = folder / "work"
            work.mkdir(mode=0o700)
            yield work
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left(folder: Path) -> None:
    """Remove a scratch folder of this account that no process uses; another one, or somebody else's, is left alone."""
    try:
        status = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or status.st_uid != os.geteuid():
            return
        if not (folder / _LOCK).exists() and time.time() - status.st_mtime < _UNLOCKED_AFTER_SECONDS:
            return  # it is being made
        with exclusive(folder / _LOCK):
            shutil.rmtree(folder, ignore_errors=True)
    except (LockHeld, FileNotFoundError):
        return  # in use, or just gone


def _rehearse(means: RestoreSources, path: Path, key: RecoveryKey, folder: Path) -> Rehearsal:
    read_bundle(path, key, folder, means.disk)
    manifest = read_manifest(path, folder)
    require_wanted(means, path, manifest, replace_whole=True)
    index = folder / DATABASE_FILE
    if not index.exists() or not is_whole(index):
        raise BackupTorn(path=path, problem="its index is damaged")
    engine = open_engine(index)
    upgrade(engine)
    signed = check_checkpoints(means.root, folder)
    identity = Identity(manifest.site, manifest.database, "")
    unpacked = Storage(means.settings, folder, identity, engine, means.disk, means.clock, means.actor)
    read_hold_files(unpacked)  # each can be read
    with read_transaction(engine) as connection:
        entries, head = verify_log(connection)
        holds = tuple(hold.id for hold in holds_in_force(connection))
        registers = registers_of(connection)
    if (entries, head if entries else "") != (manifest.audit_entries, manifest.audit_head):
        problem = f"it has {entries} entries, and its manifest says {manifest.audit_entries}"
        raise AuditBroken(seq=entries, good=entries, problem=problem)
    if missing := sorted({HoldId(name) for name in manifest.holds} - {*holds}):
        raise BackupTorn(path=path, problem=f"its index lacks the hold {missing[0]}")
    compared = _compared(means, folder, manifest, registers)
    deleted = carry_deletions(means.root, folder, manifest)
    outlook = restore_delta(means.root, index, manifest.made)
    everything = tuple(sorted({*holds, *outlook.from_disk}))
    delta = RestoreDelta(outlook.in_force, outlook.from_disk, outlook.gone_free + deleted, outlook.gone_held)
    return Rehearsal(manifest, sha256_file(path), everything, delta, signed, compared)


def _compared(
    means: RestoreSources, folder: Path, manifest: BackupManifest, unpacked: Registers
) -> RestoreEffect | None:
    """The index of the storage beside that of the back-up; on a copy, for it may need an upgrade."""
    current = means.root / DATABASE_FILE
    if not current.exists() or not is_whole(current):
        return None
    copy = folder / "storage.db"
    copy_database(current, copy)
    engine = open_engine(copy)
    upgrade(engine)
    with read_transaction(engine) as connection:
        live = registers_of(connection)
    lost = {name: tuple(sorted(ids - unpacked.ids[name])) for name, ids in live.ids.items()}
    return RestoreEffect(
        lost={name: ids for name, ids in lost.items() if ids},
        forgotten=tuple(sorted((unpacked.named & live.ids["requests"]) - live.named)),
        released=tuple(sorted(unpacked.in_force & (live.holds - live.in_force))),
        recorded=len(live.segments - unpacked.segments),
        entries=live.entries,
    )
