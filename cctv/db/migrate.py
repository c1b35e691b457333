"""Schema versions: brings a database to the version that this program knows, and refuses one that it does not know.

Alembic (0.2 s to import) loads only when there is something to do.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect, text

from cctv.core.errors import CctvError, Exit
from cctv.db.engine import write_transaction

REVISIONS = ("0001",)  # every one that this program knows, oldest first
HEAD = REVISIONS[-1]


class DatabaseNewer(CctvError):
    """The database is of version {found}; this program knows {known}.

    next: install the newer cctv that wrote it; nothing was changed.
    """

    exit_code = Exit.GUARD


def version(connection: Connection) -> str | None:
    """The database's schema version, None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def migrate(engine: Engine) -> None:
    """Bring the schema to HEAD in one transaction; raises DatabaseNewer."""
    with engine.connect() as connection:
        found = version(connection)
    if found == HEAD:
        return
    if found is not None and found not in REVISIONS:
        raise DatabaseNewer(found=found, known=HEAD)
    _upgrade(engine)


def _upgrade(engine: Engine) -> None:
    with as_file(files("cctv.db") / "migrations") as scripts, write_transaction(engine) as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
