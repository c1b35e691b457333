"""The open storage, which every act gets as an argument, and the numbering of short ids.

Opening: 1. the identity of the disk, 2. the database, 3. the comparison of the two, 4. the schema version.  Creates
nothing: `cctv.footage.initialise` makes a storage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from cctv.config.schema import Settings
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles
from cctv.core.i18n import N_
from cctv.db import schema
from cctv.db.engine import open_engine, read_transaction
from cctv.db.identity import (
    DATABASE_FILE,
    MARK_FILE,
    SITE_FILE,
    DatabaseForeign,
    Identity,
    StorageExists,
    StorageNotEmpty,
    check,
    parse_identity,
    read_identity,
)
from cctv.db.migrate import require_current
from cctv.model.audit import Actor
from cctv.model.ids import IdKind, short_id

_ROUND = 100
DIRECTORIES = ("holds", "incoming", "segments", "quarantine", "derived", "exports", "audit", "keys")


class CommandCode:
    """The code of the second factor that goes with one command, asked for once and valid for that command alone.

    `ask` returns what was typed, None where nobody typed anything and nobody can be asked.  `proved` is the account
    whose code it was proved to be (`cctv.access.second_factor`), None before that.
    """

    def __init__(self, ask: Callable[[], str | None]) -> None:
        self._ask = ask
        self.proved: str | None = None

    def __call__(self) -> str | None:
        return self._ask()


@dataclass(frozen=True, slots=True)
class Storage:
    """Settings, the root of the storage, its identity and index, file operations, the clock, and who acts.

    `code` is the code of the second factor that came with the command; None where nobody could be asked for one.
    """

    settings: Settings
    root: Path
    identity: Identity
    engine: Engine
    disk: DurableFiles
    clock: Clock
    actor: Actor
    code: CommandCode | None = None

    def acting_as(self, actor: Actor) -> Storage:
        """The same storage for another actor."""
        return replace(self, actor=actor)

    def relative(self, path: Path) -> str:
        """A path relative to the storage, as the index and the log have it; raises ValueError for one outside."""
        return str(path.relative_to(self.root))


def open_site(
    settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor, code: CommandCode | None = None
) -> Storage:
    """Open the storage of the settings; raises StorageMissing, MountMissing, DatabaseForeign, DatabaseNewer,
    DatabaseOlder.
    """
    root = settings.site.storage
    identity = read_identity(root)
    database = root / DATABASE_FILE
    if not database.exists():
        raise DatabaseForeign(path=root, problem=N_("it is not there"))
    engine = open_engine(database)
    with read_transaction(engine) as connection:
        if not inspect(connection).has_table("site"):
            raise DatabaseForeign(path=root, problem=N_("it is empty"))
        check(connection, identity, root)
    require_current(engine)
    return Storage(settings, root, identity, engine, disk, clock, actor, code)


def next_short_id(connection: Connection, kind: IdKind, year: int) -> str:
    """Allocate the next id of its kind and year in the caller's transaction."""
    table = schema.short_ids
    connection.execute(upsert(table).values(kind=kind, year=year, last_number=0).on_conflict_do_nothing())
    where = (table.c.kind == kind) & (table.c.year == year)
    connection.execute(update(table).where(where).values(last_number=table.c.last_number + 1))
    number: int = connection.execute(select(table.c.last_number).where(where)).scalar_one()
    return short_id(kind, year, number)


def keep_short_id(connection: Connection, identifier: str) -> None:
    """Make sure that an id from outside the index is not allocated again."""
    prefix, year, number = identifier.split("-")
    table, kind = schema.short_ids, IdKind(prefix)
    values = {"kind": kind, "year": int(year), "last_number": 0}
    connection.execute(upsert(table).values(**values).on_conflict_do_nothing())
    where = (table.c.kind == kind) & (table.c.year == int(year)) & (table.c.last_number < int(number))
    connection.execute(update(table).where(where).values(last_number=int(number)))


def skip_short_ids(connection: Connection, year: int) -> None:
    """Continue with the next round hundred: ids assigned since the back-up must not name something else now."""
    table = schema.short_ids
    for kind in IdKind:
        connection.execute(upsert(table).values(kind=kind, year=year, last_number=0).on_conflict_do_nothing())
    connection.execute(update(table).values(last_number=(table.c.last_number // _ROUND + 1) * _ROUND))


def refuse_occupied(root: Path) -> None:
    """Raise StorageExists or StorageNotEmpty unless a storage can be made there.

    An interrupted creation is no obstacle: before site.json it has no file but an empty index and its mark.
    """
    if not root.is_dir():
        return
    if (root / SITE_FILE).exists():
        raise StorageExists(path=root, site=parse_identity(root).site)
    for path in sorted(root.iterdir()):
        if path.name in DIRECTORIES and not any(path.iterdir()):
            continue
        if path.name == DATABASE_FILE and not _has_past(path):
            continue
        if path.name not in {"README.md", "lost+found", MARK_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm"}:
            raise StorageNotEmpty(path=root, found=path.name)


def _has_past(database: Path) -> bool:
    """Whether a database has an audit entry: then it is in use, and no leftover."""
    with read_transaction(open_engine(database)) as connection:
        if not inspect(connection).has_table("audit"):
            return False
        return connection.execute(select(schema.audit.c.seq).limit(1)).first() is not None
