"""Rows of redactions: one for each part of a request.  Queries only; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.model.ids import RequestId
from cctv.redaction.review.errors import PlanChanged
from cctv.redaction.review.plan import (
    Approval,
    CasePart,
    CasePlan,
    consents_from_json,
    consents_to_json,
    reviews_from_json,
    reviews_to_json,
)


def parts_of(connection: Connection, request_id: str) -> list[CasePart]:
    """The parts of a request by camera and position; none when it was not prepared."""
    table = schema.redactions
    query = select(table).where(table.c.request_id == request_id).order_by(table.c.camera, table.c.position)
    return [_part(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request with derived files: whether it is closed, and when the oldest of its parts was prepared."""

    request: RequestId
    closed: bool
    prepared: datetime


def prepared_requests(connection: Connection) -> list[PreparedRequest]:
    """Every request that was ever prepared."""
    part, request = schema.redactions, schema.requests
    query = (
        select(part.c.request_id, request.c.closed_us, func.min(part.c.prepared_us).label("prepared"))
        .join(request, request.c.id == part.c.request_id)
        .group_by(part.c.request_id, request.c.closed_us)
        .order_by(part.c.request_id)
    )
    return [
        PreparedRequest(row.request_id, row.closed_us is not None, row.prepared) for row in connection.execute(query)
    ]


def policy_texts(connection: Connection, camera: str, span: Span) -> list[str]:
    """The texts of the policies that a camera's recordings in a span were made under."""
    segment, policy = schema.segments, schema.policies
    query = (
        select(policy.c.text)
        .distinct()
        .join(segment, segment.c.policy == policy.c.digest)
        .where(segment.c.camera == camera, segment.c.start_us < span.end, segment.c.end_us > span.start)
        .order_by(policy.c.text)
    )
    return list(connection.scalars(query))


def replace_parts(connection: Connection, request_id: RequestId, parts: Sequence[CasePart]) -> None:
    """Make these the parts of a request, in place of those that it had."""
    connection.execute(delete(schema.redactions).where(schema.redactions.c.request_id == request_id))
    if parts:
        connection.execute(insert(schema.redactions), [_values(part) for part in parts])


def update_part(connection: Connection, part: CasePart) -> None:
    """Store a part's changed plan or approval."""
    table = schema.redactions
    plan = part.plan
    which = (table.c.request_id == plan.request) & (table.c.camera == plan.camera) & (table.c.position == plan.position)
    connection.execute(update(table).where(which).values(_values(part)))


def update_unmoved(connection: Connection, seen: Sequence[CasePart], changed: Sequence[CasePart]) -> None:
    """Store changed parts in place of those that were seen; raises PlanChanged when one is no longer as it was seen."""
    now = parts_of(connection, seen[0].plan.request)
    for before in seen:
        if before not in now:
            raise PlanChanged(part=before.name)
    for part in changed:
        update_part(connection, part)


def _values(part: CasePart) -> dict[str, str | int | datetime | None]:
    approval = part.approval
    return {
        "request_id": part.plan.request,
        "camera": part.plan.camera,
        "position": part.plan.position,
        "plan": part.plan.to_json(),
        "digest": part.digest,
        "directory": part.directory,
        "prepared_us": part.prepared,
        "prepared_by": part.prepared_by,
        "approved_us": approval.at if approval else None,
        "approved_by": approval.by if approval else None,
        "approved_digest": approval.digest if approval else None,
        "reviews": reviews_to_json(part.reviews),
        "consents": consents_to_json(part.consents),
        "decided": bool(part.plan.decided_by),
        "signed_off": not part.plan.unsigned,
        "reviewed": not part.unreviewed,
    }


def _part(row: Row[Any]) -> CasePart:
    approval = None
    if row.approved_us is not None:
        approval = Approval(row.approved_us, row.approved_by, row.approved_digest)
    return CasePart(
        plan=CasePlan.from_json(row.plan),
        digest=row.digest,
        directory=row.directory,
        prepared=row.prepared_us,
        prepared_by=row.prepared_by,
        approval=approval,
        reviews=reviews_from_json(row.reviews),
        consents=consents_from_json(row.consents),
    )
