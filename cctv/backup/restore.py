"""Restore: the index of a back-up in place of one that is lost; what is newer on the disk wins.

A hold whose file is in holds/ is kept, footage whose file is gone gets no row, and footage recorded since is indexed.
A hold that was released since the back-up is in force again, until a person releases it.  What the index that is
replaced has deleted stays deleted.  Under the locks of recorder, sweeper and back-up:

1. unpack into `.restore/`, compare with the manifest and the signed checkpoints in it
                                                          (crash: the next restore clears it; nothing has changed)
2. `holds-unconfirmed.json`: nothing is deleted from now on, nor confirmed before the restore has ended
3. prepare the index in `.restore/`: schema, deletions since, holds, rows without a file, numbers, audit entry
4. the signing key, unless one is there; the checkpoints that the disk lacks;
   the old index moved aside, its log first               (crash: no index; restore again)
5. the prepared index in place, then site.json            (crash: an index that 6 has not passed; restore again)
6. reconcile with the disk, then mark index and disk in step (crash: `IndexOlder`; restore again)
7. let the holds be confirmed
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pyrage.x25519 import Identity as RecoveryKey

from cctv.access.acceptance import sign_replacement
from cctv.access.totp_store import factor_files
from cctv.audit.chain import AuditFacts
from cctv.audit.checkpoint_files import DAILY, LATEST, Checkpoint, all_checkpoints, latest, signed_since
from cctv.audit.checkpoint_files import FOLDER as CHECKPOINTS
from cctv.audit.checkpoints import prove
from cctv.audit.kept import STAMPS, latest_reply
from cctv.audit.log import append_entry
from cctv.backup.bundle import read_bundle
from cctv.backup.create import summarise_index
from cctv.backup.manifest import BackupManifest, read_manifest
from cctv.backup.queries import carry_tombstones
from cctv.config.schema import Settings
from cctv.core.clock import Clock, iso
from cctv.core.durable import DurableFiles, exclusive, give_all, give_path, sha256_file
from cctv.core.errors import CctvError, Exit
from cctv.crypto.signing_key import read_public_key
from cctv.db import schema
from cctv.db.engine import copy_database, is_whole, open_engine, read_transaction, settle, write_transaction
from cctv.db.identity import (
    DATABASE_FILE,
    MARK_FILE,
    SITE_FILE,
    DatabaseForeign,
    Identity,
    StorageNotEmpty,
    begin_marks,
    check,
    file_system_of,
    parse_identity,
    read_identity,
    site_of,
    write_identity,
)
from cctv.db.migrate import HEAD, DatabaseNewer, DatabaseOlder, require_current
from cctv.db.sealed_rows import touch
from cctv.db.storage import DIRECTORIES, Storage, keep_short_id, open_site, skip_short_ids
from cctv.db.upgrade import upgrade
from cctv.footage.initialise import give_to_service
from cctv.footage.repair.queries import bury_gone, count_held, gone_ids
from cctv.footage.repair.reconcile import reconcile_locked
from cctv.footage.repair.verify import VERIFY_FILE
from cctv.holds.confirmation import RESTORED, UNCONFIRMED, ask_confirmation, unconfirmed
from cctv.holds.files import hold_path, is_hold_file, write_hold_file
from cctv.holds.store import all_holds, holds_in_force, match_files
from cctv.model.audit import Act, Actor
from cctv.model.ids import HoldId, id_kind

log = logging.getLogger(__name__)

WORK = ".restore"
_LOCKS = ("recorder.lock", "sweeper.lock", "backup.lock")
_OURS = {*DIRECTORIES, *_LOCKS, WORK, ".backup", "README.md", "lost+found", UNCONFIRMED, "backup.json",
         MARK_FILE, "recorder.json", "room-wanted.json", "room-answer.json", "clock.json",
         "sweep-accepted.json", VERIFY_FILE}  # fmt: skip


class BackupForeign(CctvError):
    """{path} is a back-up of another site: {found}, and this is {expected}.  Nothing was changed.

    next: give this site's own back-up, or see that cameras.toml is this site's.
    """

    exit_code = Exit.NOT_PERMITTED


class StorageIntact(CctvError):
    """The storage has its own index, and it is whole: {entries} entries in its log, the back-up has {backed_up}.

    next: there is nothing to restore. If this index must go all the same, give --replace: it is set aside, not removed.
    """

    code = "StorageWhole"
    exit_code = Exit.DECISION_MISSING


@dataclass(frozen=True, slots=True)
class RestoreDelta:
    """`in_force` are the holds of the back-up that keep footage again, `from_disk` those that only the disk has.

    `gone_free` and `gone_held` are rows of the back-up whose files are not there: not brought back, and lost.
    """

    in_force: tuple[HoldId, ...]
    from_disk: tuple[HoldId, ...]
    gone_free: int
    gone_held: int

    @property
    def holds(self) -> tuple[HoldId, ...]:
        """All holds in force after the restore, by id."""
        return tuple(sorted({*self.in_force, *self.from_disk}))


@dataclass(frozen=True, slots=True)
class RestoreSources:
    """What a restore needs when there is no site yet."""

    settings: Settings
    disk: DurableFiles
    clock: Clock
    actor: Actor
    new_disk: bool = False  # a person states that the storage was moved on purpose

    @property
    def root(self) -> Path:
        """The folder of the storage."""
        return self.settings.site.storage


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did or would do: `set_aside` is the old index, `found` how many differences were reconciled."""

    manifest: BackupManifest
    outlook: RestoreDelta
    signed: Checkpoint | None = None  # the last signed checkpoint that the log of the back-up does not contain
    set_aside: Path | None = None
    found: int = 0


def restore_delta(root: Path, index: Path, made: datetime) -> RestoreDelta:
    """Compare the index of a back-up of that instant with a storage; changes nothing."""
    on_disk = {HoldId(path.stem) for path in (root / "holds").glob("HOLD-*.json")}
    with read_transaction(open_engine(index)) as connection:
        indexed = {hold.id for hold in all_holds(connection)}
        in_force = tuple(hold.id for hold in holds_in_force(connection))
        missing = gone_ids(connection, root)
        held = count_held(connection, missing, known=made)
    return RestoreDelta(in_force, tuple(sorted(on_disk - indexed)), len(missing) - held, held)


def plan_restore(means: RestoreSources, path: Path, key: RecoveryKey, *, replace_whole: bool = False) -> Restored:
    """What `restore` would do; unpacks outside the storage and changes nothing."""
    with TemporaryDirectory(prefix="cctv-restore-") as name:
        folder = Path(name)
        read_bundle(path, key, folder, means.disk)
        manifest = read_manifest(path, folder)
        require_wanted(means, path, manifest, replace_whole=replace_whole)
        current = means.root / DATABASE_FILE
        upgrade(open_engine(folder / DATABASE_FILE))
        signed = check_checkpoints(means.root, folder)
        deleted = carry_deletions(means.root, folder, manifest)
        delta = restore_delta(means.root, folder / DATABASE_FILE, manifest.made)
        delta = replace(delta, gone_free=delta.gone_free + deleted)
        return Restored(manifest, delta, signed, current if current.exists() else None)


def restore(
    means: RestoreSources, path: Path, key: RecoveryKey, *, reason: str, replace_whole: bool = False
) -> Restored:
    """Put a back-up in place; raises what is wrong with it, StorageWhole, or LockHeld while something runs.

    Raises ActProposed or ProposalWaits where a whole index goes and the policy that it follows asks for two persons.
    """
    root, disk = means.root, means.disk
    with _locked(root, disk), work_folder(root) as work:
        give_to_service(root, means.settings)
        read_bundle(path, key, work, disk)
        manifest = read_manifest(path, work)
        current = require_wanted(means, path, manifest, replace_whole=replace_whole)
        signed = check_checkpoints(root, work)
        agreed = _agreed(means, current, path, reason)
        why = f"{RESTORED}{iso(manifest.made)}"
        resume = f"cctv restore {path} --key FILE --reason WHY"
        ask_confirmation(root, disk, why=why, at=means.clock.now(), resume=resume)
        for name in DIRECTORIES:
            disk.make_directory(root / name)
        (root / "keys").chmod(0o700)
        identity = Identity(manifest.site, manifest.database, file_system_of(root))
        outlook = _prepare(means, identity, path, manifest, work, reason, signed, agreed)
        _bring_keys(root, work, disk)
        _bring_checkpoints(root, work, disk)
        aside = _set_aside(means)
        disk.rename(work / DATABASE_FILE, root / DATABASE_FILE)
        if current != identity:
            write_identity(root, identity, disk)
        site = open_site(means.settings, disk=disk, clock=means.clock, actor=means.actor)
        done = reconcile_locked(site, accept_loss=True, recording=False).done
        begin_marks(site.engine, root, disk, means.clock.now())
        ask_confirmation(root, disk, why=why, at=means.clock.now())
        give_all(root)
    log.info("backup.restored", extra={"segments": manifest.segments, "changed": len(done)})
    return Restored(manifest, outlook, signed, aside, len(done))


def require_wanted(
    means: RestoreSources, path: Path, manifest: BackupManifest, *, replace_whole: bool
) -> Identity | None:
    """Whether this back-up belongs here and is wanted; returns the identity in site.json, None without one."""
    root = means.root
    if manifest.version > HEAD:
        raise DatabaseNewer(found=manifest.version, known=HEAD)
    identity = None
    if (root / SITE_FILE).exists():
        identity = parse_identity(root) if means.new_disk else read_identity(root)
        if identity.site != manifest.site:
            raise BackupForeign(path=path, found=manifest.site, expected=identity.site)
    elif manifest.site_name != means.settings.site.name:
        raise BackupForeign(path=path, found=manifest.site_name, expected=means.settings.site.name)
    elif root.is_dir():
        strange = (entry.name for entry in sorted(root.iterdir()) if not _is_ours(entry.name))
        if (foreign := next(strange, None)) is not None:
            raise StorageNotEmpty(path=root, found=foreign)
    if not replace_whole and (entries := _entries_that_go(root)):
        raise StorageIntact(entries=entries, backed_up=manifest.audit_entries)
    return identity


def _entries_that_go(root: Path) -> int:
    """How many entries the log of a whole index has; 0 where there is none, or an interrupted restore is resumed."""
    confirmation, index = unconfirmed(root), root / DATABASE_FILE
    resumes = confirmation is not None and confirmation.resume is not None
    return summarise_index(index).entries if not resumes and index.exists() and is_whole(index) else 0


def _agreed(means: RestoreSources, identity: Identity | None, path: Path, reason: str) -> AuditFacts:
    """Who proposed to replace a whole index, where the policy asks for two persons; raises ActProposed, ProposalWaits.

    One person is enough where no index can hold a proposal: it is lost, damaged, another site's, or of another release.
    """
    if identity is None or not _entries_that_go(means.root):
        return {}
    engine = open_engine(means.root / DATABASE_FILE)
    try:
        require_current(engine)
        with read_transaction(engine) as connection:
            check(connection, identity, means.root)
    except (DatabaseForeign, DatabaseNewer, DatabaseOlder):
        return {}
    site = Storage(means.settings, means.root, identity, engine, means.disk, means.clock, means.actor)
    try:
        return sign_replacement(site, str(path), sha256_file(path), reason=reason)
    finally:
        give_all(means.root)


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(DATABASE_FILE)


def _prepare(
    means: RestoreSources,
    identity: Identity,
    path: Path,
    manifest: BackupManifest,
    work: Path,
    reason: str,
    signed: Checkpoint | None,
    agreed: AuditFacts,
) -> RestoreDelta:
    """Step 3.  The prepared index is in `.restore/`; its rows are about the storage."""
    index, now = work / DATABASE_FILE, means.clock.now()
    engine = open_engine(index)
    upgrade(engine)
    site = Storage(means.settings, means.root, identity, engine, means.disk, means.clock, means.actor)
    with read_transaction(engine) as connection:
        check(connection, identity, means.root)
    deleted = carry_deletions(means.root, work, manifest)
    _bring_holds(site, work)
    outlook = restore_delta(means.root, index, manifest.made)
    adopted = match_files(site)
    with write_transaction(engine) as connection:
        for hold in holds_in_force(connection):
            if not hold_path(site, hold.id).exists():
                write_hold_file(site, hold)
            keep_short_id(connection, hold.ground.case_id)
        for name in _numbered(means.root):
            keep_short_id(connection, name)
        skip_short_ids(connection, now.year)
        held, free = bury_gone(connection, gone_ids(connection, means.root), now, known=manifest.made)
        facts: AuditFacts = {
            "sha256": sha256_file(path),
            "made": iso(manifest.made),
            "holds_from_disk": [hold.id for hold in adopted],
            "rows_deleted_since": deleted,
            "rows_without_file": free,
            "held_without_file": held,
            **_log_of_old(means.root),
            **agreed,
            **({"signed_entries": signed.seq, "signed_head": signed.hash} if signed is not None else {}),
        }
        touch(connection, schema.tombstones.name)  # the carried ones
        append_entry(connection, site, Act.BACKUP_RESTORED, path.name, facts=facts, reason=reason)
    settle(index)
    means.disk.sync_file(index)
    return replace(outlook, gone_held=held, gone_free=free + deleted)


def carry_deletions(root: Path, work: Path, manifest: BackupManifest) -> int:
    """Bring the deletions of the index that is replaced into the one that is unpacked in `work`; returns their rows.

    0 where that index is lost or another site's: then nothing knows what it deleted.
    """
    replaced = _replaced_index(root)
    if replaced is None:
        return 0
    copy = work / "replaced.db"
    copy_database(replaced, copy)
    try:
        engine = open_engine(copy)
        upgrade(engine)
        with read_transaction(engine) as old, open_engine(work / DATABASE_FILE).begin() as connection:
            if site_of(old) != manifest.site:
                return 0
            return carry_tombstones(old, connection, root)
    finally:
        copy.unlink()


def _replaced_index(root: Path) -> Path | None:
    """`cctv.db`, or the newest that an interrupted restore set aside; None where there is none, or it is damaged."""
    current = root / DATABASE_FILE
    aside = [path for path in root.glob(f"{DATABASE_FILE}.set-aside-*") if not path.name.endswith(("-wal", "-shm"))]
    index = current if current.exists() else max(aside, default=None)
    return index if index is not None and is_whole(index) else None


def _bring_holds(site: Storage, work: Path) -> None:
    """Hold files of the back-up that the disk lacks, or has torn; not those that its index has as released."""
    with read_transaction(site.engine) as connection:
        released = {hold.id for hold in all_holds(connection) if not hold.in_force}
    for copy in sorted((work / "holds").glob("HOLD-*.json")):
        target = site.root / "holds" / copy.name
        if copy.stem not in released and not (target.exists() and is_hold_file(site, target)):
            site.disk.write(target, copy.read_bytes())


def _numbered(root: Path) -> list[str]:
    """Ids in the names of the storage's folders: they are in use, whatever the index has."""
    folders = [*(root / "derived").glob("*"), *(root / "exports").glob("*")]
    return sorted(folder.name for folder in folders if id_kind(folder.name) is not None)


def _log_of_old(root: Path) -> dict[str, int | str]:
    """Where the log of the old index ended, as far as it can be read: the two logs diverge here."""
    index = root / DATABASE_FILE
    if not index.exists() or not is_whole(index):
        return {}
    summary = summarise_index(index)
    return {"set_aside_entries": summary.entries, "set_aside_head": summary.head}


def check_checkpoints(root: Path, work: Path) -> Checkpoint | None:
    """Compare the unpacked log with every signed checkpoint, of the back-up and of the storage.

    Returns the last that it does not contain: entries that were signed since are missing.  Raises AuditBroken for a
    back-up whose log does not contain its own checkpoints, SignatureInvalid for one that the site's key did not sign,
    FileUnreadable.
    """
    with read_transaction(open_engine(work / DATABASE_FILE)) as connection:
        if carried := all_checkpoints(work):
            places = (root / "keys" / "signing.pub", work / "keys" / "signing.pub")
            prove(connection, carried, next((read_public_key(place) for place in places if place.exists()), None))
        return signed_since(connection, all_checkpoints(root)) if root.is_dir() else None


def _bring_checkpoints(root: Path, work: Path, disk: DurableFiles) -> None:
    """The checkpoints of the back-up that the disk lacks, each a line; the disk's own stay, whatever they say."""
    folder = root / CHECKPOINTS
    known = {one.line for one in all_checkpoints(root)}
    for one in all_checkpoints(work):
        if one.line not in known:
            disk.append_line(folder / DAILY, one.line)
            known.add(one.line)
    last = latest(work)
    if last is not None and not (folder / LATEST).exists():
        disk.write(folder / LATEST, last.line.encode() + b"\n")
    reply = latest_reply(work)
    if reply is not None and not (stamps := root / STAMPS).is_symlink() and not (stamps / reply.name).exists():
        disk.make_directory(stamps)
        disk.write(stamps / reply.name, reply.read_bytes())


def _bring_keys(root: Path, work: Path, disk: DurableFiles) -> None:
    """The second factors that the storage lacks; the signing key, unless it has one: recipients compare it."""
    for name in factor_files(work):
        if not (root / name).exists():
            disk.make_directory((root / name).parent)
            (root / name).parent.chmod(0o700)
            disk.write(root / name, (work / name).read_bytes(), mode=0o600)
    if (root / "keys" / "signing").exists():
        return
    for name, mode in (("signing", 0o600), ("signing.pub", 0o644)):
        if (work / "keys" / name).exists():
            disk.write(root / "keys" / name, (work / "keys" / name).read_bytes(), mode=mode)


def _set_aside(means: RestoreSources) -> Path | None:
    """Move the old index aside, its write-ahead log first: SQLite must never use it for the new index.

    A log whose index somebody moved by hand is moved all the same.  None where there was no index.
    """
    stamp = f"{means.clock.now().astimezone(UTC):%Y%m%dT%H%M%S.%f}"
    aside = means.root / f"{DATABASE_FILE}.set-aside-{stamp}"
    for suffix in ("-wal", "-shm", ""):
        source = means.root / f"{DATABASE_FILE}{suffix}"
        if source.exists():
            means.disk.rename(source, aside.with_name(aside.name + suffix))
    return aside if aside.exists() else None


@contextmanager
def _locked(root: Path, disk: DurableFiles) -> Iterator[None]:
    """Hold the locks of recorder, sweeper and back-up; raises LockHeld."""
    disk.make_directory(root)
    with ExitStack() as locks:
        for name in _LOCKS:
            locks.enter_context(exclusive(root / name))
        yield


@contextmanager
def work_folder(root: Path) -> Iterator[Path]:
    """`.restore/`, empty, readable by this account only, removed afterwards."""
    folder = root / WORK
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    give_path(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
