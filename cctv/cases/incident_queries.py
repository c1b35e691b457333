"""The rows of incidents, and when a camera was first recorded.  Queries only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.model.cases import Incident
from cctv.model.ids import CameraId, IncidentId


def insert_incident(connection: Connection, incident: Incident) -> None:
    """Insert a new incident, which is not settled."""
    connection.execute(
        insert(schema.incidents).values(
            id=incident.id,
            kind=incident.kind,
            title=incident.title,
            cameras=incident.cameras,
            start_us=incident.span.start,
            end_us=incident.span.end,
            opened_us=incident.opened,
            opened_by=incident.opened_by,
            place=incident.place,
            finder=incident.finder,
            police_reference=incident.police_reference,
        )
    )


def update_incident(connection: Connection, incident: Incident) -> None:
    """Store what an incident says."""
    table = schema.incidents
    connection.execute(
        update(table)
        .where(table.c.id == incident.id)
        .values(
            kind=incident.kind,
            title=incident.title,
            cameras=incident.cameras,
            start_us=incident.span.start,
            end_us=incident.span.end,
            place=incident.place,
            finder=incident.finder,
            police_reference=incident.police_reference,
        )
    )


def mark_settled(connection: Connection, incident_id: IncidentId, at: datetime, by: str) -> None:
    """Set when an incident was settled, and by which account."""
    table = schema.incidents
    connection.execute(update(table).where(table.c.id == incident_id).values(settled_us=at, settled_by=by))


def select_incident(connection: Connection, incident_id: str) -> Incident | None:
    """One incident; None when no row has the id."""
    table = schema.incidents
    row = connection.execute(select(table).where(table.c.id == incident_id)).one_or_none()
    return _incident(row) if row else None


def select_incidents(connection: Connection, *, settled_too: bool) -> list[Incident]:
    """Incidents, the latest first."""
    table = schema.incidents
    query = select(table).order_by(table.c.opened_us.desc(), table.c.id.desc())
    if not settled_too:
        query = query.where(table.c.settled_us.is_(None))
    return [_incident(row) for row in connection.execute(query)]


def first_recorded(connection: Connection, camera: CameraId) -> datetime | None:
    """The start of the oldest footage of a camera that the index ever knew, deleted or not."""
    starts: list[datetime | None] = [
        connection.execute(select(func.min(table.c.start_us)).where(table.c.camera == camera)).scalar_one()
        for table in (schema.segments, schema.tombstones, schema.folded_days)
    ]
    return min((start for start in starts if start is not None), default=None)


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        id=row.id,
        kind=row.kind,
        title=row.title,
        cameras=row.cameras,
        span=Span(row.start_us, row.end_us),
        opened=row.opened_us,
        opened_by=row.opened_by,
        settled=row.settled_us,
        settled_by=row.settled_by,
        place=row.place,
        finder=row.finder,
        police_reference=row.police_reference,
    )
