"""Create a back-up: a consistent copy of the index with everything in it, the signed checkpoints of its log, holds/,
keys/, cameras.toml.  Never footage.

1. read the signed checkpoints, before the index: the log that is copied reaches each of them
2. copy the index while others write to it, into `.backup/` of the storage   (crash: the next back-up clears it)
3. write the bundle beside its place, encrypted, and rename it               (crash: a .part; the next one removes it)
4. audit entry, and `backup.json`                                            (crash: a back-up that no log names)
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cctv import __version__
from cctv.access.totp_store import factor_files
from cctv.audit.chain import AuditFacts
from cctv.audit.checkpoint_files import DAILY, LATEST
from cctv.audit.checkpoint_files import FOLDER as CHECKPOINTS
from cctv.audit.kept import STAMPS, latest_reply
from cctv.audit.log import append_entry
from cctv.backup.bundle import Member, of_bytes, write_bundle
from cctv.backup.held_copy import HeldDone, refresh_held_copy
from cctv.backup.manifest import BackupManifest, entries_of
from cctv.backup.queries import log_end
from cctv.backup.state import backup_lock, backup_path, check_place, interrupted, on_same_disk, remember_backup
from cctv.core.durable import give_path, sha256_file
from cctv.crypto.age import recipients
from cctv.db.engine import copy_database, open_engine, read_transaction, settle, write_transaction
from cctv.db.identity import DATABASE_FILE, SITE_FILE
from cctv.db.migrate import version
from cctv.db.storage import Storage
from cctv.footage.repair.queries import count_segments
from cctv.holds.store import holds_in_force
from cctv.model.audit import Act

log = logging.getLogger(__name__)

_KEYS = ("keys/signing", "keys/signing.pub")
_CHECKPOINTS = (f"{CHECKPOINTS}/{LATEST}", f"{CHECKPOINTS}/{DAILY}")


@dataclass(frozen=True, slots=True)
class Made:
    """A back-up, or what one would be; `swept` are interrupted ones, removed; `held` is what became of the copy."""

    path: Path
    manifest: BackupManifest
    swept: tuple[Path, ...]
    same_disk: bool
    size_bytes: int | None = None
    held: HeldDone | None = None


def plan_backup(site: Storage, directory: Path) -> Made:
    """What `make_backup` would write there; raises what it raises."""
    recipients(site.settings)
    place = check_place(site, directory)
    path = backup_path(site, place, site.clock.now())
    index = site.root / DATABASE_FILE
    members = [*open_members(site, index, hashed=False), *checkpoint_members(site)]
    manifest = manifest_of(site, summarise_index(index), members)
    return Made(path, manifest, tuple(interrupted(site, place)), on_same_disk(site, place))


def make_backup(site: Storage, directory: Path) -> Made:
    """Write a back-up; raises RecoveryKeyMissing, BackupPlaceUnfit, BackupNotWritten, LockHeld."""
    to = recipients(site.settings)
    place = check_place(site, directory)
    with backup_lock(site), work_folder(site) as work:
        old = interrupted(site, place)
        for path in old:
            site.disk.unlink(path)
        now = site.clock.now()
        checkpoints = checkpoint_members(site)
        copy = work / DATABASE_FILE
        copy_database(site.root / DATABASE_FILE, copy)
        summary = summarise_index(copy)
        settle(copy)
        members = [*open_members(site, copy), *checkpoints]
        manifest = manifest_of(site, summary, members)
        path = backup_path(site, place, now)
        write_bundle(path, [manifest.as_member(), *members], to, site.disk)
        record_backup(site, path, manifest)
        remember_backup(site, now, path)
        size = path.stat().st_size
        log.info("backup.written", extra={"bytes": size, "segments": manifest.segments, "holds": len(manifest.holds)})
        done = refresh_held_copy(site)
    return Made(path, manifest, tuple(old), on_same_disk(site, place), path.stat().st_size, done)


def open_members(site: Storage, index: Path, *, hashed: bool = True) -> list[Member]:
    """The files of a back-up.  Small ones are read now: what is released meanwhile is in the copied index as held."""
    size = index.stat().st_size
    members = [Member(DATABASE_FILE, size, sha256_file(index) if hashed else "", source=index)]
    small = [
        SITE_FILE,
        *_KEYS,
        *factor_files(site.root),
        *(site.relative(path) for path in sorted((site.root / "holds").glob("HOLD-*.json"))),
    ]
    members += _small(site, small)  # no key was made yet; a hold was released a moment ago
    members.append(of_bytes("cameras.toml", site.settings.source.path.read_bytes()))
    return members


def checkpoint_members(site: Storage) -> list[Member]:
    """The files of signed checkpoints beside the log, and the latest timestamp of one; those that are there."""
    reply = latest_reply(site.root)
    return _small(site, [*_CHECKPOINTS, *([f"{STAMPS}/{reply.name}"] if reply is not None else [])])


def _small(site: Storage, names: Sequence[str]) -> list[Member]:
    members = []
    for name in names:
        try:
            members.append(of_bytes(name, (site.root / name).read_bytes()))
        except FileNotFoundError:
            continue
    return members


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """A summary of an index: its schema, the length and last hash of its log, segments, holds in force."""

    version: str
    entries: int
    head: str
    segments: int
    holds: tuple[str, ...]


def summarise_index(index: Path) -> IndexSummary:
    """Summarise a database file."""
    engine = open_engine(index)
    with read_transaction(engine) as connection:
        entries, head = log_end(connection)
        segments, _ = count_segments(connection)
        in_force = tuple(str(hold.id) for hold in holds_in_force(connection))
        return IndexSummary(version(connection) or "", entries, head, segments, in_force)


def manifest_of(site: Storage, summary: IndexSummary, members: list[Member]) -> BackupManifest:
    """What the manifest of a back-up of these files says."""
    return BackupManifest(
        site=site.identity.site,
        database=site.identity.database,
        site_name=site.settings.site.name,
        made=site.clock.now(),
        made_by=site.actor.account,
        program=__version__,
        version=summary.version,
        audit_entries=summary.entries,
        audit_head=summary.head,
        segments=summary.segments,
        holds=summary.holds,
        files=entries_of(members),
    )


def record_backup(site: Storage, path: Path, manifest: BackupManifest) -> None:
    """Enter it in the log, with its hash."""
    facts: AuditFacts = {
        "sha256": sha256_file(path),
        "bytes": path.stat().st_size,
        "files": len(manifest.files),
        "holds": len(manifest.holds),
        "recipients": list(site.settings.backup.recipients),
    }
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.BACKUP_MADE, path.name, facts=facts)


@contextmanager
def work_folder(site: Storage) -> Iterator[Path]:
    """`.backup/`, empty, readable by this account only, removed afterwards."""
    folder = site.root / ".backup"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    give_path(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
