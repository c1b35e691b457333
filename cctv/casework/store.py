"""The rows of incidents and requests.  Queries and conversions only; decides nothing.

`requests.requester` is the one place where a requester's name and contact stand.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from cctv.db import tables
from cctv.kernel.clock import from_us, to_us
from cctv.kernel.span import Span
from cctv.model.casework import (
    AccessRequest,
    Incident,
    IncidentKind,
    Outcome,
    Requester,
    RequestState,
    RequestType,
)
from cctv.model.ids import CameraId, IncidentId, RequestId
from cctv.model.language import Language


def insert_incident(connection: Connection, incident: Incident) -> None:
    connection.execute(
        insert(tables.incidents).values(
            id=incident.id,
            kind=incident.kind.value,
            title=incident.title,
            cameras=json.dumps(incident.cameras),
            start_us=to_us(incident.span.start),
            end_us=to_us(incident.span.end),
            opened_us=to_us(incident.opened),
            opened_by=incident.opened_by,
        )
    )


def mark_settled(connection: Connection, incident_id: IncidentId, at: datetime, by: str) -> None:
    table = tables.incidents
    connection.execute(update(table).where(table.c.id == incident_id).values(settled_us=to_us(at), settled_by=by))


def select_incident(connection: Connection, incident_id: str) -> Incident | None:
    table = tables.incidents
    row = connection.execute(select(table).where(table.c.id == incident_id)).one_or_none()
    return _incident(row) if row else None


def select_incidents(connection: Connection, *, settled_too: bool) -> list[Incident]:
    """Incidents, the latest first."""
    table = tables.incidents
    query = select(table).order_by(table.c.opened_us.desc(), table.c.id.desc())
    if not settled_too:
        query = query.where(table.c.settled_us.is_(None))
    return [_incident(row) for row in connection.execute(query)]


def insert_request(connection: Connection, request: AccessRequest) -> None:
    connection.execute(
        insert(tables.requests).values(
            id=request.id,
            type=request.type.value,
            state=request.state.value,
            requester=json.dumps(
                {"name": request.requester.name, "contact": request.requester.contact}, ensure_ascii=False
            ),
            language=request.language.value,
            cameras=json.dumps(request.cameras),
            start_us=to_us(request.span.start),
            end_us=to_us(request.span.end),
            received_us=to_us(request.received),
            due_us=to_us(request.due),
            opened_us=to_us(request.opened),
            opened_by=request.opened_by,
        )
    )


def mark_closed(connection: Connection, request_id: RequestId, outcome: Outcome, at: datetime, by: str) -> None:
    table = tables.requests
    connection.execute(
        update(table)
        .where(table.c.id == request_id)
        .values(state=RequestState.CLOSED.value, outcome=outcome.value, closed_us=to_us(at), closed_by=by)
    )


def select_request(connection: Connection, request_id: str) -> AccessRequest | None:
    table = tables.requests
    row = connection.execute(select(table).where(table.c.id == request_id)).one_or_none()
    return _request(row) if row else None


def select_requests(connection: Connection, *, closed_too: bool) -> list[AccessRequest]:
    """Requests, the first due first."""
    table = tables.requests
    query = select(table).order_by(table.c.due_us, table.c.id)
    if not closed_too:
        query = query.where(table.c.state != RequestState.CLOSED.value)
    return [_request(row) for row in connection.execute(query)]


def first_recorded(connection: Connection, camera: CameraId) -> datetime | None:
    """The start of the oldest footage of a camera that the index ever knew, deleted or not."""
    starts = [
        connection.execute(select(func.min(table.c.start_us)).where(table.c.camera == camera)).scalar_one()
        for table in (tables.segments, tables.tombstones, tables.folded_days)
    ]
    known = [start for start in starts if start is not None]
    return from_us(min(known)) if known else None


def _cameras(text: str) -> tuple[CameraId, ...]:
    names: Sequence[str] = json.loads(text)
    return tuple(CameraId(name) for name in names)


def _instant(microseconds: int | None) -> datetime | None:
    return from_us(microseconds) if microseconds is not None else None


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        id=IncidentId(row.id),
        kind=IncidentKind(row.kind),
        title=row.title,
        cameras=_cameras(row.cameras),
        span=Span(from_us(row.start_us), from_us(row.end_us)),
        opened=from_us(row.opened_us),
        opened_by=row.opened_by,
        settled=_instant(row.settled_us),
        settled_by=row.settled_by,
    )


def _request(row: Row[Any]) -> AccessRequest:
    requester = json.loads(row.requester)
    return AccessRequest(
        id=RequestId(row.id),
        type=RequestType(row.type),
        state=RequestState(row.state),
        requester=Requester(requester["name"], requester["contact"]),
        language=Language(row.language),
        cameras=_cameras(row.cameras),
        span=Span(from_us(row.start_us), from_us(row.end_us)),
        received=from_us(row.received_us),
        due=from_us(row.due_us),
        opened=from_us(row.opened_us),
        opened_by=row.opened_by,
        closed=_instant(row.closed_us),
        closed_by=row.closed_by,
        outcome=Outcome(row.outcome) if row.outcome else None,
    )
