"""The rows of disclosures.  Queries only; decides nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.model.disclosures import Disclosure, Handing


def insert_disclosure(connection: Connection, one: Disclosure) -> None:
    connection.execute(insert(schema.disclosures).values(_values(one)))


def update_disclosure(connection: Connection, one: Disclosure) -> None:
    """Store what changed of a disclosure."""
    table = schema.disclosures
    connection.execute(update(table).where(table.c.id == one.id).values(_values(one)))


def select_disclosure(connection: Connection, disclosure_id: str) -> Disclosure | None:
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


def _values(one: Disclosure) -> dict[str, object]:
    return {
        "id": one.id,
        "recipient": one.recipient,
        "duty": one.duty,
        "receiver": one.receiver,
        "cameras": one.cameras,
        "start_us": one.span.start,
        "end_us": one.span.end,
        "case_id": one.case_id,
        "unmasked": one.unmasked,
        "opened_us": one.opened,
        "opened_by": one.opened_by,
        "approved_us": one.approved,
        "approved_by": one.approved_by,
        "export_id": one.package,
        "handed_us": one.handed.at if one.handed else None,
        "handed_by": one.handed.by if one.handed else None,
        "method": one.handed.method if one.handed else None,
        "receipt_us": one.receipt,
        "lease_end_us": one.lease_end,
        "closed_us": one.closed,
        "closed_by": one.closed_by,
        "ending": one.ending,
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
