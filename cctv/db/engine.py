"""The engine: SQLite in WAL mode with full synchronisation, and the two kinds of transaction.

Everything specific to SQLite is here, the online copy of a database included.  A write transaction takes the write lock
at its start (BEGIN IMMEDIATE), so that what it read still holds when it commits: a hold cannot slip between the sweep's
check and its tombstone.
"""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from cctv.core.access import access_denied, database_refused
from cctv.core.durable import give_path
from cctv.core.errors import GuardError
from cctv.db.sealed_rows import watch_rows

BUSY_SECONDS = 30
_before_commit: list[Callable[[Connection], None]] = []
_transactions = threading.local()  # `count`: transactions of this thread
_ROWS = 1000  # fetched at once
_POLL_SECONDS = 0.001
# What sqlite3 says without a code of its own: text that is none, and a schema that is not the one of this program.
_STRANGE = ("Could not decode to UTF-8", "no such column", "no such table", "malformed database schema")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class DatabaseDamaged(GuardError):
    """Deletion and recording stop: the database {path} is damaged ({problem}).

    next: restore a back-up; without one stop cctv-record and cctv-sweep, then
    `cctv footage rebuild --reason WHY --dry-run`.
    """


def open_engine(path: Path, *, create: bool = False) -> Engine:
    """An engine on the database file.  Connections close when given back.

    Only `create` makes the file: a lost mount must not find an empty database where its own was.
    """
    if create:
        make_file(path)
    mode = {"mode": "rw", "uri": "true"}
    engine = create_engine(
        URL.create("sqlite", database=f"file:{quote(str(path))}", query=mode),
        poolclass=NullPool,
        hide_parameters=True,  # an error of SQLAlchemy would name people in the log
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    def on_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        try:
            _on_connect(connection, record)
        except UnicodeDecodeError as error:  # sqlite3 cannot even say what is wrong with the schema
            raise DatabaseDamaged(path=path, problem=str(error)) from error

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", _on_begin)
    watch_rows(engine)

    def on_error(context: ExceptionContext) -> None:
        if (problem := damage_in(context.original_exception)) is not None:
            raise DatabaseDamaged(path=path, problem=problem) from context.original_exception
        if (refused := database_refused(context.original_exception, path)) is not None:
            raise access_denied(refused) from context.original_exception

    event.listen(engine, "handle_error", on_error)
    return engine


def make_file(path: Path) -> None:
    """Make the empty file of a database that is to be created, before SQLite opens it.

    Not afterwards: closing a file that this process has open elsewhere drops SQLite's locks on it.
    """
    if not path.exists():
        path.touch()
        give_path(path)


def damage_in(error: BaseException) -> str | None:
    """SQLite's message about a damaged file, None for any other error."""
    if isinstance(error, UnicodeDecodeError):
        return str(error)
    code = getattr(error, "sqlite_errorcode", None)
    is_damage = isinstance(code, int) and code & 0xFF in _DAMAGED
    return str(error)[:200] if is_damage or str(error).startswith(_STRANGE) else None


def check_whole(engine: Engine, path: Path) -> None:
    """Raise DatabaseDamaged unless every page of the database is intact.  Reads all of it."""
    with read_transaction(engine) as connection:
        result = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if result != "ok":
        raise DatabaseDamaged(path=path, problem=str(result))


def page_problems(connection: Connection, *, most: int = 20) -> list[str]:
    """What is wrong with the pages of the database, and where an index is not what its table says; the first so many.

    Reads all of it, unlike quick_check, which does not compare an index with its table: from such an index a query
    misses rows, or finds some that are not there.
    """
    try:
        told = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA integrity_check({most})")]
    except DatabaseDamaged as error:
        return [str(error.fields["problem"])]
    problems = [" ".join(line.split()) for text in told for line in text.splitlines() if not line.startswith("***")]
    return [] if problems == ["ok"] else problems or ["integrity_check says nothing"]


def leave_wal_mode(engine: Engine) -> None:
    """Move the write-ahead log into the database file, so that the file can be moved alone."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()


def checkpoint_wal(engine: Engine) -> bool:
    """Move the write-ahead log into the database and empty it, so that erased rows are in neither.

    False while another connection reads or writes: the next call tries again.
    """
    with engine.connect() as connection:
        busy: int = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    return not busy


@contextmanager
def write_transaction(engine: Engine, *, dry_run: bool = False) -> Iterator[Connection]:
    """A write transaction: committed durably when the block ends, rolled back when it raises.

    Once it has the lock an interrupt waits for its end: an act writes its file before its row, and is done whole.
    With `dry_run` it is always rolled back: the same checks and result, and nothing is changed.  The caller leaves out
    what a rollback does not undo, such as files.
    """
    options = {"cctv_write": True, "cctv_dry_run": dry_run}
    with _counted(), engine.connect().execution_options(**options) as connection:
        transaction = connection.begin()  # waits for the lock, and may be interrupted
        with _held_interrupts(), transaction:
            yield connection
            if dry_run:
                transaction.rollback()
                return
            for finish in _before_commit:
                finish(connection)


@contextmanager
def _held_interrupts() -> Iterator[None]:
    """Let Ctrl-C, or a client of the service that hung up, interrupt when the block has ended.

    Nothing to hold where an interrupt raises nothing: in another thread, or in a service that heeds it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.getsignal(signal.SIGINT)
    if previous is not signal.default_int_handler:
        yield
        return
    waiting: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if waiting:
            signal.raise_signal(signal.SIGINT)


def before_commit(finish: Callable[[Connection], None]) -> None:
    """Let a function have the last word in every write transaction; it may write, and what it raises rolls it back."""
    _before_commit.append(finish)


def is_dry_run(connection: Connection) -> bool:
    """Whether the transaction is one that will be rolled back at its end."""
    return bool(connection.get_execution_options().get("cctv_dry_run", False))


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database; blocks no writer, but keeps erased rows in the write-ahead log meanwhile."""
    with _counted(), engine.connect() as connection, connection.begin():
        yield connection


def require_no_transaction() -> None:
    """To be asked before waiting for somebody outside, a person or a client: they may never answer.

    A write transaction would stop recording and deletion meanwhile, a read transaction the erasure of rows.
    """
    assert not getattr(_transactions, "count", 0), "a transaction is open while somebody outside is waited for"


@contextmanager
def _counted() -> Iterator[None]:
    _transactions.count = getattr(_transactions, "count", 0) + 1
    try:
        yield
    finally:
        _transactions.count -= 1


def read_any_text(connection: Connection) -> None:
    """Let a connection read text that is no UTF-8 as well: its digest tells that it was changed."""
    raw: Any = connection.connection.dbapi_connection
    raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")


def raw_rows(connection: Connection, query: str, values: tuple[int, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as SQLite gives them, at half the cost: for those who read all of a long table."""
    cursor = connection.connection.cursor()  # closed with the connection: a reader may stop before the end
    try:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(_ROWS):
            yield from rows
    except sqlite3.DatabaseError as error:
        if (problem := damage_in(error)) is not None:
            raise DatabaseDamaged(path=connection.engine.url.database, problem=problem) from error
        raise


@contextmanager
def keep_connection_open(engine: Engine) -> Iterator[None]:
    """For many short transactions: closing the last connection would checkpoint the whole log each time."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")  # SQLite opens the log at the first read
        connection.rollback()
        yield


def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # sqlite3 would begin transactions of its own
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("cctv_write", False):
        _take_write_lock(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _take_write_lock(connection: Connection) -> None:
    """Try for the lock each millisecond: SQLite sleeps for up to 100, past many commits of a busy sweep."""
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=0")
    for _ in range(round(BUSY_SECONDS / _POLL_SECONDS)):
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                break
            time.sleep(_POLL_SECONDS)
            continue
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises SQLite's error, as every statement does


def copy_database(source: Path, target: Path) -> None:
    """Write one consistent state of `source` to the file `target`; blocks no writer.

    In one step: under write-ahead logging a reader blocks no one, and a copy in steps starts over with every row that a
    recorder inserts in between.
    """
    with closing(_open(source, "ro")) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def settle(path: Path) -> None:
    """Move the write-ahead log into the database file, so that the file can be moved alone."""
    with closing(_open(path, "rw")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def is_whole(path: Path) -> bool:
    """Whether the file is an index of this program and every page of it is intact.  Reads all of it."""
    try:
        with closing(_open(path, "ro")) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'site'").fetchone() is None:
                return False
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def quick_check(path: Path, seconds: float) -> str | None:
    """What SQLite's quick_check says of a database, `ok` for a sound one; None where it takes longer than that.

    Opened to read, so that no account needs more; raises sqlite3.Error where it cannot be opened.
    """
    deadline = time.monotonic() + seconds
    with closing(_open(path, "ro")) as connection:
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 100_000)
        try:
            row = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return None
            raise
        except sqlite3.DatabaseError as error:
            return str(error)
        return str(row[0])


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=30)
