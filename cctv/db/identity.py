"""Identity: site.json on the disk and the same two UUIDs in the database; and whether this is its newest database.

A storage is made once, on purpose (`cctv footage init`).  After that a missing or different site.json, another file
system or the database of another site stops recording and deletion: a lost mount must not look like empty storage.

An older copy of the site's own database has the same UUIDs, and does not know what was recorded since: that footage
would never come due.  So index and disk count steps together (marks), each with a random token:

1. the next mark in the table `index_marks`, committed   (crash: the index is ahead of the disk, as it may be)
2. the same mark in `index-mark.json`, flushed           (crash before the name is flushed: the same)

The disk is therefore never ahead of its own index: an index without the disk's mark is an older one, or another
branch of it, however far it has counted by itself since.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, insert, select

from cctv.core.clock import from_us, iso, to_us
from cctv.core.durable import STORAGE_MARK, DurableFiles
from cctv.core.errors import CctvError, GuardError
from cctv.core.i18n import N_
from cctv.core.text import parse_json
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction

log = logging.getLogger(__name__)

SITE_FILE = STORAGE_MARK
DATABASE_FILE = "cctv.db"
MARK_FILE = "index-mark.json"
_KEPT_MARKS = 100  # recorder and sweeper may write the disk's mark in the other order: it is one of the last
_TOKEN_BYTES = 8
_DIVERGED = ""  # the token of a mark that no index has: footage was recorded under an index that is not the newest


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

    next: mount the right disk; if the storage was moved on purpose, `cctv footage adopt-disk --reason WHY`.
    """


class DatabaseForeign(GuardError):
    """Deletion and recording stop: the database in {path} is not the one that site.json names ({problem}).

    next: put the site's own cctv.db back, or make one again from the disk:
    `cctv footage rebuild --reason WHY --dry-run`.
    """


class IndexOlder(GuardError):
    """Deletion and recording stop: {path} is not the newest index of this storage: its last step was on {index}, the
    storage's on {disk}; footage that it does not know would never be deleted.

    next: put the site's newest cctv.db back; if it is lost, stop cctv-record and cctv-sweep, then
    `cctv footage rebuild --reason WHY --dry-run`; nothing was deleted.
    """


@dataclass(frozen=True, slots=True)
class IndexMark:
    """A step that index and disk have in common; `token` tells it from the same step of another copy of the index."""

    number: int
    token: str
    at: datetime


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
        payload = parse_json((root / SITE_FILE).read_text("utf-8"))
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


def identity_bytes(identity: Identity) -> bytes:
    """The content of site.json."""
    payload = {"schema": 1, "site": identity.site, "database": identity.database, "file_system": identity.file_system}
    return json.dumps(payload, indent=2).encode() + b"\n"


def write_identity(root: Path, identity: Identity, disk: DurableFiles) -> None:
    """Write site.json; it comes last, so that an unfinished storage is none."""
    disk.write(root / SITE_FILE, identity_bytes(identity))


def claim(connection: Connection, identity: Identity, now: datetime) -> None:
    """Write the identity into a new database, in place of one from an interrupted creation."""
    connection.execute(delete(schema.site))
    connection.execute(
        insert(schema.site).values(id=1, site_uuid=identity.site, database_uuid=identity.database, created_us=now)
    )


def site_of(connection: Connection) -> str | None:
    """The UUID of the site that the database belongs to, None for an empty one."""
    site: str | None = connection.execute(select(schema.site.c.site_uuid)).scalar()
    return site


def check(connection: Connection, identity: Identity, root: Path) -> None:
    """Raise DatabaseForeign unless the database has the same two UUIDs."""
    rows = connection.execute(select(schema.site.c.site_uuid, schema.site.c.database_uuid)).all()
    if not rows:
        raise DatabaseForeign(path=root, problem=N_("it is empty"))
    if len(rows) > 1:
        raise DatabaseForeign(path=root, problem=N_("it names {count} storages, not one", count=len(rows)))
    row = rows[0]
    if (row.site_uuid, row.database_uuid) != (identity.site, identity.database):
        raise DatabaseForeign(path=root, problem=N_("it belongs to site {site_uuid}", site_uuid=row.site_uuid))


def read_mark(root: Path) -> IndexMark | None:
    """The disk's mark; None where the file is missing or damaged, and then no index is the newest."""
    try:
        payload = parse_json((root / MARK_FILE).read_text("utf-8"))
        return IndexMark(int(payload["number"]), str(payload["token"]), from_us(payload["at_us"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def mark_bytes(mark: IndexMark) -> bytes:
    """The content of the disk's mark."""
    payload = {"schema": 1, "number": mark.number, "token": mark.token, "at_us": to_us(mark.at)}
    return json.dumps(payload, indent=2).encode() + b"\n"


def write_mark(root: Path, mark: IndexMark, disk: DurableFiles) -> None:
    """Write the disk's mark; only once the index has committed it."""
    disk.write(root / MARK_FILE, mark_bytes(mark))


def has_mark(connection: Connection, mark: IndexMark | None, *, strict: bool = False) -> bool:
    """Whether the index has a mark of the disk; to be asked after the disk was read, for the disk never leads.

    With `strict` its time must be the same too, on which nothing but messages relies.
    """
    if mark is None:
        return False
    table = schema.index_marks.c
    query = select(table.number).where(table.number == mark.number, table.token == mark.token)
    query = query.where(table.at_us == mark.at) if strict else query
    return connection.execute(query).first() is not None


def is_newest(engine: Engine, root: Path) -> bool:
    """Whether the database is the newest index of its storage."""
    mark = read_mark(root)
    with read_transaction(engine) as connection:
        return has_mark(connection, mark)


def require_newest(engine: Engine, root: Path) -> None:
    """Raise IndexOlder unless the database is the newest index of its storage."""
    mark = read_mark(root)
    with read_transaction(engine) as connection:
        if has_mark(connection, mark):
            return
        last = last_step(connection)
    unknown = N_("an unknown day ({file} cannot be read)", file=MARK_FILE)
    raise IndexOlder(
        path=root / DATABASE_FILE,
        index=iso(last) if last else N_("no day"),
        disk=iso(mark.at) if mark else unknown,
    )


def last_step(connection: Connection) -> datetime | None:
    """When the index was last in step with its storage, None where it never was."""
    at: datetime | None = connection.execute(select(func.max(schema.index_marks.c.at_us))).scalar()
    return at


def next_mark(connection: Connection, root: Path, now: datetime) -> IndexMark:
    """Enter a mark beyond all of the index and the disk, in the caller's transaction; `write_mark` follows it."""
    table, on_disk = schema.index_marks, read_mark(root)
    last: int = connection.execute(select(func.coalesce(func.max(table.c.number), 0))).scalar_one()
    number = max(last, on_disk.number if on_disk else 0) + 1
    mark = IndexMark(number, secrets.token_hex(_TOKEN_BYTES), now)
    connection.execute(insert(table).values(number=number, token=mark.token, at_us=now))
    return mark


def begin_marks(engine: Engine, root: Path, disk: DurableFiles, now: datetime) -> None:
    """Make this database the newest index of the storage, whatever the disk's mark was: after a restore or rebuild."""
    with write_transaction(engine) as connection:
        mark = next_mark(connection, root, now)
    write_mark(root, mark, disk)


def keep_in_step(engine: Engine, root: Path, disk: DurableFiles, now: datetime, *, every: timedelta) -> None:
    """Mark index and disk once more, unless that was done less than `every` ago.

    Under an index that is not the newest the disk gets a mark that no index has: the newest, put back later, would not
    know what was recorded meanwhile.  A full disk is no error: the index is ahead until the next call.
    """
    mark = read_mark(root)
    if mark is None or mark.token == _DIVERGED or timedelta(0) <= now - mark.at < every:
        return
    with write_transaction(engine) as connection:
        if has_mark(connection, mark):
            following = next_mark(connection, root, now)
            connection.execute(
                delete(schema.index_marks).where(schema.index_marks.c.number < mark.number - _KEPT_MARKS)
            )
        else:
            following = replace(mark, token=_DIVERGED, at=now)
            log.error("index.older", extra={"path": DATABASE_FILE})
    try:
        write_mark(root, following, disk)
    except OSError as error:
        log.warning("mark.failed", extra={"error": type(error).__name__})
