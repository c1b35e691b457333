"""Rows that later acts rely on: which tables and columns they are, and which rows a transaction wrote.

Temporary triggers note the name of each written row; they live in the connection and are made when its first statement
writes to a table.  The log then says what the row is (`cctv.audit.rows`), in the entry of the act that wrote it.  Knows
no log.  A row's name is its table and key, as `parties/REQ-2026-001/requester`; tombstones, of which there may be
millions, are taken a thousand at once: `tombstones/12` are those from 12000 to 12999.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.sql.dml import UpdateBase

from cctv.db import schema

_TOUCHED = "cctv_touched"
_WRITTEN = "cctv_written_tables"  # in the connection's `info`

# Not the tables that something else proves (audit, audit_names, segments), that are counted from others
# (camera_totals), or on which nothing relies but the next pass of a process (sweeps, gaps, short_ids, index_marks).
_WHOLE = (
    schema.site, schema.policies, schema.folded_days, schema.holds, schema.hold_cameras, schema.notes,
    schema.incidents, schema.requests, schema.parties, schema.identity_checks, schema.extensions, schema.statements,
    schema.letters, schema.blocks, schema.block_cameras, schema.yields, schema.erasures, schema.redactions,
    schema.disclosures, schema.exports, schema.breaches, schema.breach_notices, schema.processors, schema.grants,
    schema.declarations, schema.workstation_checks, schema.reviews, schema.policy_letters,
)  # fmt: skip
_RUN = ("id", "camera", "zone", "policy", "period_us", "started_us", "source")  # what the limit of its footage is from
_STONES = schema.tombstones.name
_STONE = tuple(column.name for column in schema.tombstones.columns if column.name != "closed_us")  # set by no act
BUCKET = 1000

COLUMNS: dict[str, tuple[str, ...]] = {
    **{table.name: tuple(column.name for column in table.columns) for table in _WHOLE},
    schema.runs.name: _RUN,
    _STONES: _STONE,
}
_KEYS = {name: tuple(column.name for column in schema.metadata.tables[name].primary_key) for name in COLUMNS}


def watch_rows(engine: Engine) -> None:
    """Note from now on which sealed rows each write transaction of an engine writes."""
    event.listen(engine, "before_cursor_execute", _before_execute)


def _before_execute(
    connection: Connection,
    _cursor: object,
    _statement: str,
    _parameters: object,
    context: ExecutionContext | None,
    _many: bool,
) -> None:
    statement = getattr(context.compiled, "statement", None) if context is not None else None
    if not isinstance(statement, UpdateBase):
        return
    table = statement.table
    if isinstance(table, Table) and table.name in COLUMNS:
        _watch_table(connection, table.name)


def _watch_table(connection: Connection, table: str) -> None:
    watched: set[str] = connection.info.setdefault(_WRITTEN, set())
    if table in watched:
        return
    cursor = connection.connection.cursor()
    if not watched:
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_TOUCHED} (name TEXT PRIMARY KEY) WITHOUT ROWID")
    for when, versions in (("INSERT", ("new",)), ("DELETE", ("old",)), ("UPDATE", ("old", "new"))):
        of = f" OF {', '.join(COLUMNS[table])}" if when == "UPDATE" else ""
        notes = "".join(
            f"INSERT OR IGNORE INTO {_TOUCHED} VALUES ({_name_sql(table, f'{version}.')}); " for version in versions
        )
        cursor.execute(
            f"CREATE TEMP TRIGGER IF NOT EXISTS seal_{table}_{when} AFTER {when}{of} ON main.{table} BEGIN {notes}END"
        )
    cursor.close()
    watched.add(table)


def _name_sql(table: str, prefix: str = "") -> str:
    if table == _STONES:
        return f"'{table}/' || ({prefix}id / {BUCKET})"
    keys = " || '/' || ".join(f"{prefix}{key}" for key in _KEYS[table])
    return f"'{table}/' || {keys}"


def take_touched(connection: Connection) -> list[str]:
    """The names of the sealed rows that the transaction wrote, and forget them."""
    if not connection.info.get(_WRITTEN):
        return []
    cursor = connection.connection.cursor()
    cursor.execute(f"SELECT name FROM {_TOUCHED} ORDER BY name")
    names: list[str] = [row[0] for row in cursor.fetchall()]
    cursor.execute(f"DELETE FROM {_TOUCHED}")
    cursor.close()
    return names


def touch(connection: Connection, table: str) -> None:
    """Let the transaction count as one that wrote every row of a table: another one did, without an entry."""
    _watch_table(connection, table)
    connection.connection.cursor().execute(f"INSERT OR IGNORE INTO {_TOUCHED} SELECT {_name_sql(table)} FROM {table}")


def row_text(connection: Connection, name: str) -> str | None:
    """The sealed columns of a row as canonical JSON, None where there is no such row."""
    table, *values = name.split("/", len(_KEYS[name.partition("/")[0]]))
    select = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE"
    if table == _STONES:
        first = int(values[0]) * BUCKET
        query = f"{select} id BETWEEN {first} AND {first + BUCKET - 1} ORDER BY id"
        return _bucket(connection.exec_driver_sql(query))
    where = " AND ".join(f"{key} = ?" for key in _KEYS[table])
    row = connection.exec_driver_sql(f"{select} {where}", tuple(values)).first()
    return None if row is None else _canonical(row)


def all_rows(connection: Connection) -> Iterator[tuple[str, str]]:
    """Name and canonical JSON of every row of every sealed table."""
    for table, columns in COLUMNS.items():
        if table != _STONES:
            query = f"SELECT {_name_sql(table)}, {', '.join(columns)} FROM {table}"
            for name, *values in connection.exec_driver_sql(query):
                yield str(name), _canonical(values)
    stones = connection.exec_driver_sql(f"SELECT {', '.join(_STONE)} FROM {_STONES} ORDER BY id")
    for number, rows in groupby(stones, lambda row: row[0] // BUCKET):
        if (text := _bucket(rows)) is not None:
            yield f"{_STONES}/{number}", text


def _bucket(rows: Iterable[Sequence[object]]) -> str | None:
    return "\n".join(map(_canonical, rows)) or None


def _canonical(values: Sequence[object]) -> str:
    """Text, whole numbers and NULL as the database has them; anything else was put there by hand."""
    return json.dumps(list(values), separators=(",", ":"), default=repr)
