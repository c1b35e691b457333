"""A copy of the database while others write to it (SQLite's online back-up), and whether a copy is intact.

A copy is one file, without a write-ahead log.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote


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


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=30)
