"""Schema versions: refuses a database of an unknown version, or of one that is not upgraded yet."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from sqlalchemy import Connection, Engine, inspect, text

from cctv.core.errors import CctvError, Exit
from cctv.core.text import parse_json

REVISIONS = ("0001", "0002", "0003", "0004")  # oldest first
HEAD = REVISIONS[-1]
DEFINITIONS = "definitions.json"  # of HEAD; made by tests/db/test_definitions.py --update-snapshots


class DatabaseNewer(CctvError):
    """The database is of version {found}; this program knows {known}.

    next: install the newer cctv that wrote it; nothing was changed.
    """

    exit_code = Exit.GUARD


class DatabaseOlder(CctvError):
    """The database is of version {found}; this program needs {known}.

    next: restart cctv-record and cctv-sweep, or run `cctv footage upgrade`: they upgrade it; nothing was changed.
    """

    exit_code = Exit.GUARD


def schema_objects(connection: Connection) -> dict[str, str]:
    """The SHA-256 of the definition of each table, index, trigger and view, cut to 64 bits, by kind and name."""
    query = "SELECT type || ' ' || name, tbl_name, sql FROM sqlite_master ORDER BY 1"
    return {
        name: hashlib.sha256(repr((table, sql)).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        for name, table, sql in connection.exec_driver_sql(query)
    }


def changed_objects(connection: Connection) -> list[str]:
    """Tables, indexes, triggers and views that are not those that the migrations make, or that are missing."""
    known = parse_json((files("cctv.db") / DEFINITIONS).read_bytes())
    found = schema_objects(connection)
    return sorted(name for name in known.keys() | found.keys() if known.get(name) != found.get(name))


def header_values(connection: Connection) -> list[str]:
    """Numbers in the header of the file that SQLite keeps for a program, of which cctv sets none."""
    names = ("application_id", "user_version")
    return [name for name in names if connection.exec_driver_sql(f"PRAGMA {name}").scalar() != 0]


def version(connection: Connection) -> str | None:
    """The database's schema version, None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revisions = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return "+".join(sorted(map(str, revisions))) or None  # one, unless it was changed by hand: then it is none we know


def require_known(engine: Engine) -> str | None:
    """The schema version, None when the database is empty; raises DatabaseNewer for one that is not in REVISIONS."""
    with engine.connect() as connection:
        revision = version(connection)
    if revision is not None and revision not in REVISIONS:
        raise DatabaseNewer(found=revision, known=HEAD)
    return revision


def require_current(engine: Engine) -> None:
    """Raise DatabaseNewer, or DatabaseOlder, unless the database has the schema of this program."""
    if (revision := require_known(engine)) != HEAD:
        raise DatabaseOlder(found=revision or "0000", known=HEAD)
