"""Identity: site.json on the disk and the same two UUIDs in the database.

A storage is made once, on purpose (`cctv footage init`).  After that a missing or different site.json, another file
system or the database of another site stops recording and deletion: a lost mount must not look like empty storage.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from cctv.core.durable import STORAGE_MARK, DurableFiles
from cctv.core.errors import CctvError, GuardError
from cctv.core.i18n import N_
from cctv.db import schema

SITE_FILE = STORAGE_MARK
DATABASE_FILE = "cctv.db"


class StorageMissing(GuardError):
    """There is no storage at {path}: site.json is not there.

    next: mount the disk if it should be there; for a new site run `cctv footage init`.
    """


class StorageExists(CctvError):
    """{path} is already a storage (site {site}); nothing was changed.

    next: run `cctv status`.
    """


class StorageNotEmpty(CctvError):
    """{path} is not empty and is not a storage: {found} is in the way.

    next: choose an empty folder as `storage` in cameras.toml.
    """


class MountMissing(GuardError):
    """Deletion and recording stop: {path} is not the disk that site.json names (found file system {found}, expected
    {expected}).

    next: mount the right disk; if the storage was moved on purpose, `cctv footage adopt-disk`.
    """


class DatabaseForeign(GuardError):
    """Deletion and recording stop: the database in {path} is not the one that site.json names ({problem}).

    next: put the site's own cctv.db back, or make one again from the disk:
    `cctv footage rebuild --reason WHY --dry-run`.
    """


@dataclass(frozen=True, slots=True)
class Identity:
    """The content of site.json: two UUIDs and the file system that holds the footage."""

    site: str
    database: str
    file_system: str

    @staticmethod
    def new(root: Path) -> Identity:
        """A new identity on the file system of `root`."""
        return Identity(str(uuid.uuid4()), str(uuid.uuid4()), file_system_of(root))


def file_system_of(root: Path) -> str:
    """The file system's own id (statvfs), which outlives a restart where a device number does not."""
    return f"{os.statvfs(root).f_fsid:016x}"


def parse_identity(root: Path) -> Identity:
    """The content of site.json, not compared with the disk; raises StorageMissing, MountMissing."""
    try:
        payload = json.loads((root / SITE_FILE).read_text())
        return Identity(payload["site"], payload["database"], payload["file_system"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StorageMissing(path=root) from error
    except (ValueError, KeyError, TypeError) as error:
        raise MountMissing(
            path=root, found=N_("an unreadable site.json"), expected=N_("one that was written here")
        ) from error


def read_identity(root: Path) -> Identity:
    """The content of site.json, if the file system is the one it names; raises StorageMissing, MountMissing."""
    identity = parse_identity(root)
    file_system = file_system_of(root)
    if file_system != identity.file_system:
        raise MountMissing(path=root, found=file_system, expected=identity.file_system)
    return identity


def write_identity(root: Path, identity: Identity, disk: DurableFiles) -> None:
    """Write site.json; it comes last, so that an unfinished storage is none."""
    payload = {"schema": 1, "site": identity.site, "database": identity.database, "file_system": identity.file_system}
    disk.write(root / SITE_FILE, json.dumps(payload, indent=2).encode() + b"\n")


def claim(connection: Connection, identity: Identity, now: datetime) -> None:
    """Write the identity into a new database, in place of one from an interrupted creation."""
    connection.execute(delete(schema.site))
    connection.execute(
        insert(schema.site).values(id=1, site_uuid=identity.site, database_uuid=identity.database, created_us=now)
    )


def check(connection: Connection, identity: Identity, root: Path) -> None:
    """Raise DatabaseForeign unless the database has the same two UUIDs."""
    row = connection.execute(select(schema.site.c.site_uuid, schema.site.c.database_uuid)).one_or_none()
    if row is None:
        raise DatabaseForeign(path=root, problem=N_("it is empty"))
    if (row.site_uuid, row.database_uuid) != (identity.site, identity.database):
        raise DatabaseForeign(path=root, problem=N_("it belongs to site {site_uuid}", site_uuid=row.site_uuid))
