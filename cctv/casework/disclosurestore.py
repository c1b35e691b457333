"""The rows of disclosures.  Queries and conversions only; decides nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cctv.db import tables
from cctv.kernel.clock import from_us, to_us
from cctv.kernel.span import Span
from cctv.model.disclosures import Disclosure, Duty, Ending, Handing, Method, Receiver, Recipient
from cctv.model.ids import CameraId, DisclosureId, ExportId


def insert_disclosure(connection: Connection, one: Disclosure) -> None:
    connection.execute(insert(tables.disclosures).values(_values(one)))


def update_disclosure(connection: Connection, one: Disclosure) -> None:
    """Store what changed of a disclosure."""
    table = tables.disclosures
    connection.execute(update(table).where(table.c.id == one.id).values(_values(one)))


def select_disclosure(connection: Connection, disclosure_id: str) -> Disclosure | None:
    table = tables.disclosures
    row = connection.execute(select(table).where(table.c.id == disclosure_id)).one_or_none()
    return _disclosure(row) if row else None


def select_disclosures(connection: Connection, *, closed_too: bool) -> list[Disclosure]:
    """Disclosures, the latest first."""
    table = tables.disclosures
    query = select(table).order_by(table.c.opened_us.desc(), table.c.id.desc())
    if not closed_too:
        query = query.where(table.c.closed_us.is_(None))
    return [_disclosure(row) for row in connection.execute(query)]


def _values(one: Disclosure) -> dict[str, str | int | None]:
    return {
        "id": one.id,
        "recipient": one.recipient.value,
        "duty": one.duty.value,
        "receiver": json.dumps(asdict(one.receiver), ensure_ascii=False),
        "cameras": json.dumps(one.cameras),
        "start_us": to_us(one.span.start),
        "end_us": to_us(one.span.end),
        "case_id": one.case_id,
        "unmasked": int(one.unmasked),
        "opened_us": to_us(one.opened),
        "opened_by": one.opened_by,
        "approved_us": _us(one.approved),
        "approved_by": one.approved_by,
        "export_id": one.package,
        "handed_us": _us(one.handed.at if one.handed else None),
        "handed_by": one.handed.by if one.handed else None,
        "method": one.handed.method.value if one.handed else None,
        "receipt_us": _us(one.receipt),
        "lease_end_us": _us(one.lease_end),
        "closed_us": _us(one.closed),
        "closed_by": one.closed_by,
        "ending": one.ending.value if one.ending else None,
    }


def _us(instant: datetime | None) -> int | None:
    return to_us(instant) if instant is not None else None


def _instant(microseconds: int | None) -> datetime | None:
    return from_us(microseconds) if microseconds is not None else None


def _disclosure(row: Row[Any]) -> Disclosure:
    handed = None
    if row.handed_us is not None:
        handed = Handing(from_us(row.handed_us), row.handed_by, Method(row.method))
    return Disclosure(
        id=DisclosureId(row.id),
        recipient=Recipient(row.recipient),
        duty=Duty(row.duty),
        receiver=Receiver(**json.loads(row.receiver)),
        cameras=tuple(CameraId(name) for name in json.loads(row.cameras)),
        span=Span(from_us(row.start_us), from_us(row.end_us)),
        opened=from_us(row.opened_us),
        opened_by=row.opened_by,
        case_id=row.case_id,
        unmasked=bool(row.unmasked),
        approved=_instant(row.approved_us),
        approved_by=row.approved_by,
        package=ExportId(row.export_id) if row.export_id else None,
        handed=handed,
        receipt=_instant(row.receipt_us),
        lease_end=_instant(row.lease_end_us),
        closed=_instant(row.closed_us),
        closed_by=row.closed_by,
        ending=Ending(row.ending) if row.ending else None,
    )
