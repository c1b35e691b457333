"""The engine: SQLite in WAL mode with full synchronisation, and the two kinds of transaction.

Owns everything that only SQLite has.  A write transaction takes the write lock at its start (BEGIN IMMEDIATE), so that
what it read still holds when it commits: a hold cannot slip between the sweep's check and its tombstone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

BUSY_SECONDS = 30


def open_engine(path: Path, *, create: bool = False) -> Engine:
    """An engine on the database file.  Connections close when given back.

    Only `create` makes the file: a lost mount must not find an empty database where its own was.
    """
    mode = {"mode": "rwc" if create else "rw", "uri": "true"}
    engine = create_engine(
        URL.create("sqlite", database=f"file:{quote(str(path))}", query=mode),
        poolclass=NullPool,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction: committed durably when the block ends, rolled back when it raises."""
    with engine.connect().execution_options(cctv_write=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database; writers are not held up."""
    with engine.connect() as connection, connection.begin():
        yield connection


def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # sqlite3 would begin transactions of its own
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("cctv_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
