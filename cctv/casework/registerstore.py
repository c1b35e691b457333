"""Rows of registers whose people must be forgotten: which are due, and the row without them.  Queries only.

Requests have theirs in `requeststore`.  Deleted and changed rows are overwritten (`secure_delete`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Table, select, update

from cctv.db import tables
from cctv.model.disclosures import Receiver

Ended = Callable[[datetime, date], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Forgettable:
    """A register: its table, when an entry of it ended (at an instant at the latest, or before a day), what goes."""

    table: Table
    ended: Ended
    erase: Callable[[Connection, str], dict[str, object]]


def due(connection: Connection, register: Forgettable, at: datetime, day: date) -> list[str]:
    """The entries that ended by an instant, or before a day, and still hold personal data."""
    table = register.table
    query = select(table.c.id).where(table.c.forgotten_us.is_(None), register.ended(at, day)).order_by(table.c.id)
    return list(connection.scalars(query))


def erase(connection: Connection, register: Forgettable, entry: str, now: datetime) -> None:
    """Take names and free text out of a row."""
    table, values = register.table, register.erase(connection, entry)
    connection.execute(update(table).where(table.c.id == entry).values(**values, forgotten_us=now))


def remembered_disclosures(connection: Connection, case_id: str) -> list[str]:
    """Disclosures of a case that still hold personal data."""
    table = tables.disclosures.c
    return list(connection.scalars(select(table.id).where(table.case_id == case_id, table.forgotten_us.is_(None))))


def _disclosure_ended(at: datetime, _: date) -> ColumnElement[bool]:
    """Its package is gone too: the manifest names who asked."""
    package = tables.exports.c
    standing = select(package.id).where(package.disclosure_id == tables.disclosures.c.id, package.deleted_us.is_(None))
    return (tables.disclosures.c.closed_us <= at) & ~standing.exists()


def _processor_without_names(connection: Connection, entry: str) -> dict[str, object]:
    column = tables.processors.c
    engaged = connection.execute(select(column.sub_processors).where(column.id == entry)).scalar_one()
    return {"name": "", "service": "", "sub_processors": [one | {"name": ""} for one in engaged]}


def _check_without_names(connection: Connection, entry: str) -> dict[str, object]:
    column = tables.workstation_checks.c
    found = connection.execute(select(column.found).where(column.id == entry)).scalar_one()
    return {"checker": "", "found": None if found is None else ""}


INCIDENTS = Forgettable(
    tables.incidents,
    lambda at, _: tables.incidents.c.settled_us <= at,
    lambda *_: {"title": "", "place": None, "finder": None, "police_reference": None},
)
DISCLOSURES = Forgettable(tables.disclosures, _disclosure_ended, lambda *_: {"receiver": Receiver()})
BREACHES = Forgettable(tables.breaches, lambda at, _: tables.breaches.c.closed_us <= at, lambda *_: {})
PROCESSORS = Forgettable(
    tables.processors,
    lambda _, day: tables.processors.c.ended_on < day,
    _processor_without_names,
)
GRANTS = Forgettable(tables.grants, lambda at, _: tables.grants.c.withdrawn_us <= at, lambda *_: {})
CHECKS = Forgettable(
    tables.workstation_checks,
    lambda _, day: tables.workstation_checks.c.checked_on < day,
    _check_without_names,
)
