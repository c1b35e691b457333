"""Anonymises the registers: an entry that has ended loses its names and free text, each after its own period.

Responsible for which register follows which `[policy] forget_*`.  What remains says that something was done, when, by
which account, and of what kind.  Deleted and changed rows are overwritten (`secure_delete`).  Requests and complaints
are in `cctv.cases.requests.anonymise`; declarations name no one, and the two registers of processing are made of
cameras.toml.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, select, update

from cctv.audit.log import append_entry, forget_texts_about
from cctv.config.schema import PolicySettings
from cctv.db import schema
from cctv.db.engine import checkpoint_wal, read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.disclosures import Receiver

Ended = Callable[[datetime, date], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Forgettable:
    """A register's table, the condition that an entry ended by an instant or before a day, the values that erase it."""

    table: Table
    ended: Ended
    erase: Callable[[Connection, str], dict[str, object]]


def _disclosure_ended(at: datetime, _: date) -> ColumnElement[bool]:
    """Closed, and its package deleted too: the manifest names the recipient."""
    package = schema.exports.c
    standing = select(package.id).where(package.disclosure_id == schema.disclosures.c.id, package.deleted_us.is_(None))
    return (schema.disclosures.c.closed_us <= at) & ~standing.exists()


def _processor_without_names(connection: Connection, entry: str) -> dict[str, object]:
    column = schema.processors.c
    engaged = connection.execute(select(column.sub_processors).where(column.id == entry)).scalar_one()
    return {"name": "", "service": "", "sub_processors": [sub_processor | {"name": ""} for sub_processor in engaged]}


def _check_without_names(connection: Connection, entry: str) -> dict[str, object]:
    column = schema.workstation_checks.c
    finding = connection.execute(select(column.found).where(column.id == entry)).scalar_one()
    return {"checker": "", "found": None if finding is None else ""}


INCIDENTS = Forgettable(
    schema.incidents,
    lambda at, _: schema.incidents.c.settled_us <= at,
    lambda *_: {"title": "", "place": None, "finder": None, "police_reference": None},
)
DISCLOSURES = Forgettable(schema.disclosures, _disclosure_ended, lambda *_: {"receiver": Receiver()})
BREACHES = Forgettable(schema.breaches, lambda at, _: schema.breaches.c.closed_us <= at, lambda *_: {})
PROCESSORS = Forgettable(
    schema.processors,
    lambda _, day: schema.processors.c.ended_on < day,
    _processor_without_names,
)
GRANTS = Forgettable(
    schema.grants,
    lambda at, day: (schema.grants.c.withdrawn_us <= at) | (schema.grants.c.until_on < day),
    lambda *_: {},
)
CHECKS = Forgettable(
    schema.workstation_checks,
    lambda _, day: schema.workstation_checks.c.checked_on < day,
    _check_without_names,
)
REVIEWS = Forgettable(
    schema.reviews,
    lambda _, day: schema.reviews.c.due_on < day,
    lambda *_: {"done_by": "", "report": ""},
)


def select_due(connection: Connection, register: Forgettable, at: datetime, day: date) -> list[str]:
    """The entries that ended by an instant, or before a day, and still hold personal data."""
    table = register.table
    query = select(table.c.id).where(table.c.forgotten_us.is_(None), register.ended(at, day)).order_by(table.c.id)
    return list(connection.scalars(query))


def erase(connection: Connection, register: Forgettable, entry: str, now: datetime) -> None:
    """Remove names and free text from a row."""
    table, values = register.table, register.erase(connection, entry)
    connection.execute(update(table).where(table.c.id == entry).values(**values, forgotten_us=now))


def remembered_disclosures(connection: Connection, case_id: str) -> list[str]:
    """Disclosures of a case that still hold personal data."""
    table = schema.disclosures.c
    return list(connection.scalars(select(table.id).where(table.case_id == case_id, table.forgotten_us.is_(None))))


def forget_registers(site: Storage) -> tuple[str, ...]:
    """Anonymise every entry whose period is over; the sweep calls it.  Returns their ids.

    Each is a transaction of its own, with its audit entry; the write-ahead log is checkpointed at the end, so that
    no page of it holds a name.
    """
    now, zone = site.clock.now(), site.settings.site.timezone
    forgotten: list[str] = []
    for register, keep in _retention_periods(site.settings.policy):
        ended = now - keep
        with read_transaction(site.engine) as connection:
            due = select_due(connection, register, ended, ended.astimezone(zone).date())
        for entry in due:
            _forget(site, register, entry)
        forgotten += due
    if forgotten:
        checkpoint_wal(site.engine)
    return tuple(forgotten)


def _retention_periods(policy: PolicySettings) -> tuple[tuple[Forgettable, timedelta], ...]:
    return (
        (INCIDENTS, policy.forget_incidents),
        (DISCLOSURES, policy.forget_disclosures),
        (BREACHES, policy.forget_breaches),
        (PROCESSORS, policy.forget_processors),
        (GRANTS, policy.forget_grants),
        (CHECKS, policy.forget_checks),
        (REVIEWS, policy.forget_checks),
    )


def _forget(site: Storage, register: Forgettable, entry: str) -> None:
    with write_transaction(site.engine) as connection:
        erase(connection, register, entry, site.clock.now())
        others = remembered_disclosures(connection, entry)  # an incident's disclosures have a period of their own
        forget_texts_about(connection, entry, but=others)
        append_entry(connection, site, Act.REGISTER_FORGOTTEN, entry)
