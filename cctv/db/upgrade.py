"""Upgrading a database to the schema of this program, by Alembic.

Apart from migrate.py, because Alembic takes 0.2 s to import, and only what makes or upgrades a database needs it.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from cctv.config.schema import Settings
from cctv.db.engine import open_engine, write_transaction
from cctv.db.identity import DATABASE_FILE, read_identity
from cctv.db.migrate import HEAD, require_known


def upgrade(engine: Engine) -> None:
    """Bring the schema to HEAD in one transaction; raises DatabaseNewer."""
    if require_known(engine) != HEAD:
        _upgrade(engine)


def upgrade_storage(settings: Settings) -> None:
    """Upgrade the storage's database if it has one; raises DatabaseNewer, StorageMissing, MountMissing.

    The services call it when they start, because an installation of a new version restarts them.
    """
    root = settings.site.storage
    if (root / DATABASE_FILE).exists():
        read_identity(root)
        upgrade(open_engine(root / DATABASE_FILE))


def found_version(settings: Settings) -> str | None:
    """The version of the storage's index, "0000" for an empty one, None where there is none.

    Raises DatabaseNewer, MountMissing.
    """
    database = settings.site.storage / DATABASE_FILE
    if not database.exists():
        return None
    read_identity(settings.site.storage)
    return require_known(open_engine(database)) or "0000"


def _upgrade(engine: Engine) -> None:
    with as_file(files("cctv.db") / "migrations") as scripts, write_transaction(engine) as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
