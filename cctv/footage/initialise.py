"""Create a storage, and accept that it was moved; each act has its audit entry.

A new storage follows the cameras.toml that it was made with: the first entry has its place, relative to the storage so
that both may be moved together, and the rules of its policy.  `cctv.access.policy` asks for them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, entry_at
from cctv.config.policy_part import settings_facts
from cctv.config.schema import Settings
from cctv.config.settings_file import SYSTEM_WIDE
from cctv.core.access import SERVICE_ACCOUNT, STORAGE_MODE, account_ids
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles, give_all
from cctv.db.engine import open_engine, read_transaction, write_transaction
from cctv.db.identity import (
    DATABASE_FILE,
    SITE_FILE,
    Identity,
    check,
    claim,
    file_system_of,
    next_mark,
    parse_identity,
    write_identity,
    write_mark,
)
from cctv.db.storage import DIRECTORIES, Storage, open_site, refuse_occupied
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
    root.chmod(STORAGE_MODE)
    give_to_service(root, settings)
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
    give_all(root)
    return Storage(settings, root, identity, engine, disk, clock, actor)


def give_to_service(root: Path, settings: Settings, account: str = SERVICE_ACCOUNT) -> None:
    """Give the folder of a new storage, where root made it, to the account of the services that will use it.

    Only of the cameras.toml that the services read; nothing happens on a machine without that account.
    """
    if os.geteuid() != 0 or root.stat().st_uid != 0 or settings.source.path != Path(SYSTEM_WIDE):
        return
    if (ids := account_ids(account)) is not None:
        os.chown(root, *ids)


def create_storage(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> Storage:
    """Create a storage with its audit entry; raises StorageExists, StorageNotEmpty and then changes nothing."""
    site = create_site(settings, disk=disk, clock=clock, actor=actor)
    with write_transaction(site.engine) as connection:
        append_entry(
            connection, site, Act.STORAGE_CREATED, site.identity.site, facts=settings_facts(site.settings, site.root)
        )
    return site


def ensure_storage(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> Storage:
    """The storage of the settings, created where there is none; what a crash left of `create_storage` is finished.

    Only for whoever knows that the storage is its own: another's is opened as it is.  Raises as `create_storage` and
    `open_site` do.
    """
    root = settings.site.storage
    if not (root / SITE_FILE).exists():
        return create_storage(settings, disk=disk, clock=clock, actor=actor)
    give_all(root)
    site = open_site(settings, disk=disk, clock=clock, actor=actor)
    with write_transaction(site.engine) as connection:
        if entry_at(connection, 1) is None:
            append_entry(
                connection,
                site,
                Act.STORAGE_CREATED,
                site.identity.site,
                facts=settings_facts(site.settings, site.root),
            )
    return site


def adopt_disk(
    settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor, reason: str, dry_run: bool
) -> DiskAdoption:
    """Name the storage's present file system in site.json; raises DatabaseForeign unless its database moved with it.

    Typed by root, it also gives the storage's owner what root copied, else the services could not use it.
    """
    root = settings.site.storage
    identity = parse_identity(root)
    engine = open_engine(root / DATABASE_FILE)
    with read_transaction(engine) as connection:
        check(connection, identity, root)
    adopted = replace(identity, file_system=file_system_of(root))
    if dry_run or adopted == identity:
        if not dry_run:
            give_all(root)
        return DiskAdoption(identity.file_system, adopted.file_system, changed=False)
    site = Storage(settings, root, adopted, engine, disk, clock, actor)
    with write_transaction(engine) as connection:
        facts: AuditFacts = {"before": identity.file_system, "after": adopted.file_system}
        append_entry(connection, site, Act.DISK_ADOPTED, adopted.site, facts=facts, reason=reason)
    write_identity(root, adopted, disk)  # after the entry: a crash leaves an act that can be done again
    give_all(root)
    return DiskAdoption(identity.file_system, adopted.file_system, changed=True)
