"""Create a storage, and accept that it was moved: the two acts that write site.json, each with its audit entry."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.schema import Settings
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.db.engine import open_engine, read_transaction, write_transaction
from cctv.db.identity import (
    DATABASE_FILE,
    Identity,
    check,
    claim,
    file_system_of,
    next_mark,
    parse_identity,
    write_identity,
    write_mark,
)
from cctv.db.storage import DIRECTORIES, Storage, refuse_occupied
from cctv.db.upgrade import upgrade
from cctv.model.audit import Act, Actor


@dataclass(frozen=True, slots=True)
class DiskAdoption:
    """The file system that site.json named, the one it names now (or would), and whether it was changed."""

    before: str
    after: str
    changed: bool


def create_site(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> Storage:
    """Create a storage in an empty folder, without an audit entry.

    Raises StorageExists or StorageNotEmpty and then changes nothing.
    """
    root = settings.site.storage
    refuse_occupied(root)
    disk.make_directory(root)
    for name in DIRECTORIES:
        disk.make_directory(root / name)
    (root / "keys").chmod(0o700)
    identity = Identity.new(root)
    engine = open_engine(root / DATABASE_FILE, create=True)
    upgrade(engine)
    with write_transaction(engine) as connection:
        claim(connection, identity, clock.now())
        mark = next_mark(connection, root, clock.now())
    disk.sync_directory(root)
    write_mark(root, mark, disk)
    write_identity(root, identity, disk)
    return Storage(settings, root, identity, engine, disk, clock, actor)


def create_storage(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> Storage:
    """Create a storage with its audit entry; raises StorageExists, StorageNotEmpty and then changes nothing."""
    site = create_site(settings, disk=disk, clock=clock, actor=actor)
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.STORAGE_CREATED, site.identity.site)
    return site


def adopt_disk(
    settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor, reason: str, dry_run: bool
) -> DiskAdoption:
    """Name the storage's present file system in site.json; raises DatabaseForeign unless its database moved with it."""
    root = settings.site.storage
    identity = parse_identity(root)
    engine = open_engine(root / DATABASE_FILE)
    with read_transaction(engine) as connection:
        check(connection, identity, root)
    adopted = replace(identity, file_system=file_system_of(root))
    if dry_run or adopted == identity:
        return DiskAdoption(identity.file_system, adopted.file_system, changed=False)
    site = Storage(settings, root, adopted, engine, disk, clock, actor)
    with write_transaction(engine) as connection:
        facts: AuditFacts = {"before": identity.file_system, "after": adopted.file_system}
        append_entry(connection, site, Act.DISK_ADOPTED, adopted.site, facts=facts, reason=reason)
    write_identity(root, adopted, disk)  # after the entry: a crash leaves an act that can be done again
    return DiskAdoption(identity.file_system, adopted.file_system, changed=True)
