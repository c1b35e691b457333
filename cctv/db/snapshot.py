"""A copy of the database while others write to it (SQLite's online back-up), and whether a copy is whole.

Owns what only SQLite has about copies.  A copy is one file: no write-ahead log stands beside it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote


def copy_database(source: Path, target: Path) -> None:
    """One consistent state of `source` as a file of its own; writers go on.

    In one step: under write-ahead logging a reader keeps nobody waiting, and a copy in steps begins again with every
    row that a recorder enters in between.
    """
    with closing(_open(source, "ro")) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def settle(path: Path) -> None:
    """Take what a write-ahead log holds into the file itself, so that the file can be moved alone."""
    with closing(_open(path, "rw")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def is_whole(path: Path) -> bool:
    """Whether the file is an index of ours and every page of it as it should be.  Reads all of it."""
    try:
        with closing(_open(path, "ro")) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'site'").fetchone() is None:
                return False
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=30)
