"""Schema versions: refuses a database of an unknown version, or of one that is not upgraded yet."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect, text

from cctv.core.errors import CctvError, Exit

REVISIONS = ("0001", "0002", "0003", "0004")  # oldest first
HEAD = REVISIONS[-1]


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
