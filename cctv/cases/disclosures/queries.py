"""The rows of disclosures.  Queries only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.model.disclosures import Disclosure, Handing


def insert_disclosure(connection: Connection, disclosure: Disclosure) -> None:
    """Insert a new disclosure."""
    connection.execute(insert(schema.disclosures).values(_values(disclosure)))


def update_disclosure(connection: Connection, disclosure: Disclosure) -> None:
    """Store what changed of a disclosure."""
    table = schema.disclosures
    connection.execute(update(table).where(table.c.id == disclosure.id).values(_values(disclosure)))


def select_disclosure(connection: Connection, disclosure_id: str) -> Disclosure | None:
    """One disclosure; None when no row has the id."""
    table = schema.disclosures
    row = connection.execute(select(table).where(table.c.id == disclosure_id)).one_or_none()
    return _disclosure(row) if row else None


def select_disclosures(connection: Connection, *, closed_too: bool) -> list[Disclosure]:
    """Disclosures, the latest first."""
    table = schema.disclosures
    query = select(table).order_by(table.c.opened_us.desc(), table.c.id.desc())
    if not closed_too:
        query = query.where(table.c.closed_us.is_(None))
    return [_disclosure(row) for row in connection.execute(query)]


def _values(disclosure: Disclosure) -> dict[str, object]:
    return {
        "id": disclosure.id,
        "recipient": disclosure.recipient,
        "duty": disclosure.duty,
        "receiver": disclosure.receiver,
        "cameras": disclosure.cameras,
        "start_us": disclosure.span.start,
        "end_us": disclosure.span.end,
        "case_id": disclosure.case_id,
        "unmasked": disclosure.unmasked,
        "opened_us": disclosure.opened,
        "opened_by": disclosure.opened_by,
        "approved_us": disclosure.approved,
        "approved_by": disclosure.approved_by,
        "export_id": disclosure.package,
        "handed_us": disclosure.handed.at if disclosure.handed else None,
        "handed_by": disclosure.handed.by if disclosure.handed else None,
        "method": disclosure.handed.method if disclosure.handed else None,
        "receipt_us": disclosure.receipt,
        "lease_end_us": disclosure.lease_end,
        "closed_us": disclosure.closed,
        "closed_by": disclosure.closed_by,
        "ending": disclosure.ending,
    }


def _disclosure(row: Row[Any]) -> Disclosure:
    handed = None
    if row.handed_us is not None:
        handed = Handing(row.handed_us, row.handed_by, row.method)
    return Disclosure(
        id=row.id,
        recipient=row.recipient,
        duty=row.duty,
        receiver=row.receiver,
        cameras=row.cameras,
        span=Span(row.start_us, row.end_us),
        opened=row.opened_us,
        opened_by=row.opened_by,
        case_id=row.case_id,
        unmasked=row.unmasked,
        approved=row.approved_us,
        approved_by=row.approved_by,
        package=row.export_id,
        handed=handed,
        receipt=row.receipt_us,
        lease_end=row.lease_end_us,
        closed=row.closed_us,
        closed_by=row.closed_by,
        ending=row.ending,
    )
