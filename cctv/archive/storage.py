"""Making a storage, and accepting that it moved: the two acts that write site.json, each with its audit entry."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cctv import audit
from cctv.config.schema import Settings
from cctv.db import identity
from cctv.db.engine import open_engine, reading, writing
from cctv.db.site import Site, create_site, refuse_occupied
from cctv.kernel.clock import Clock
from cctv.kernel.durable import Disk
from cctv.model.acts import Act, Actor

__all__ = ["Adoption", "adopt_disk", "create_storage", "refuse_occupied"]


@dataclass(frozen=True, slots=True)
class Adoption:
    """The file system that site.json named, the one it names now (or would), and whether it was changed."""

    before: str
    after: str
    changed: bool


def create_storage(settings: Settings, *, disk: Disk, clock: Clock, actor: Actor) -> Site:
    """Make the storage; raises StorageExists, StorageNotEmpty and then changes nothing."""
    site = create_site(settings, disk=disk, clock=clock, actor=actor)
    with writing(site.engine) as connection:
        audit.append(connection, site, Act.STORAGE_CREATED, site.identity.site)
    return site


def adopt_disk(settings: Settings, *, disk: Disk, clock: Clock, actor: Actor, reason: str, dry_run: bool) -> Adoption:
    """Name the file system that the storage stands on now; raises DatabaseForeign unless its database came along."""
    root = settings.site.storage
    said = identity.parse_identity(root)
    engine = open_engine(root / identity.DATABASE_FILE)
    with reading(engine) as connection:
        identity.check(connection, said, root)
    found = replace(said, file_system=identity.file_system_of(root))
    if dry_run or found == said:
        return Adoption(said.file_system, found.file_system, changed=False)
    site = Site(settings, root, found, engine, disk, clock, actor)
    with writing(engine) as connection:
        facts: audit.Facts = {"before": said.file_system, "after": found.file_system}
        audit.append(connection, site, Act.DISK_ADOPTED, found.site, facts=facts, reason=reason)
    identity.write_identity(root, found, disk)  # after the entry: a crash leaves an act that can be done again
    return Adoption(said.file_system, found.file_system, changed=True)
