"""The rows of requests and of what belongs to one.  Queries and conversions only; decides nothing.

`parties`, `statements` and `requests.stated` are the places where a requester's data stands; `forget` empties them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, true, update

from cctv.casework.store import cameras_of, instant_of
from cctv.db import tables
from cctv.kernel.clock import from_us, to_us
from cctv.kernel.span import Span
from cctv.model.casework import AccessRequest, Outcome, RequestState, RequestType
from cctv.model.ids import CameraId, HoldId, RequestId
from cctv.model.language import Language
from cctv.model.requests import (
    NOTHING_STATED,
    Channel,
    Extension,
    ExtensionGround,
    IdentityCheck,
    IdentityMethod,
    Mandate,
    Party,
    RefusalGround,
    Relation,
    Role,
    Stated,
    Statement,
)

_OPEN = tables.requests.c.closed_us.is_(None)


def insert_request(connection: Connection, request: AccessRequest) -> None:
    connection.execute(
        insert(tables.requests).values(
            id=request.id,
            type=request.type.value,
            state=request.state.value,
            language=request.language.value,
            cameras=json.dumps(request.cameras),
            start_us=to_us(request.span.start),
            end_us=to_us(request.span.end),
            received_us=to_us(request.received),
            due_us=to_us(request.due),
            opened_us=to_us(request.opened),
            opened_by=request.opened_by,
            relation=request.relation.value,
            channel=request.channel.value if request.channel else None,
            signed=request.signed,
            dated=request.dated,
            under_16=int(request.under_16),
            stated=_stated_json(request.stated),
        )
    )
    for party in request.parties:
        put_party(connection, request.id, party)


def put_party(connection: Connection, request_id: RequestId, party: Party) -> None:
    """The person in a role, in place of another one."""
    table = tables.parties
    connection.execute(delete(table).where(table.c.request_id == request_id, table.c.role == party.role.value))
    connection.execute(
        insert(table).values(
            request_id=request_id,
            role=party.role.value,
            name=party.name,
            contact=party.contact,
            deliver_to=party.deliver_to,
            mandate=party.mandate.value if party.mandate else None,
            mandated=party.mandated.isoformat() if party.mandated else None,
        )
    )


def set_state(connection: Connection, request_id: RequestId, state: RequestState) -> None:
    _change(connection, request_id, state=state.value)


def set_scope(connection: Connection, request_id: RequestId, cameras: Sequence[CameraId], span: Span) -> None:
    _change(
        connection,
        request_id,
        cameras=json.dumps(list(cameras)),
        start_us=to_us(span.start),
        end_us=to_us(span.end),
    )


def set_provisional(connection: Connection, request_id: RequestId, hold: HoldId | None, until: datetime | None) -> None:
    _change(connection, request_id, provisional_hold=hold, provisional_us=to_us(until) if until else None)


def set_due(connection: Connection, request_id: RequestId, due: datetime) -> None:
    _change(connection, request_id, due_us=to_us(due))


def mark_answered(
    connection: Connection,
    request_id: RequestId,
    outcome: Outcome,
    ground: RefusalGround | None,
    at: datetime,
) -> None:
    said = ground.value if ground else None
    _change(connection, request_id, outcome=outcome.value, outcome_ground=said, answered_us=to_us(at))


def mark_closed(connection: Connection, request_id: RequestId, at: datetime, by: str) -> None:
    _change(connection, request_id, state=RequestState.CLOSED.value, closed_us=to_us(at), closed_by=by)


def forget(connection: Connection, request_id: RequestId, at: datetime) -> None:
    """Take the personal data out of the rows of a request.  Deleted rows are overwritten (`secure_delete`)."""
    for table in (tables.parties, tables.statements, tables.letters):
        connection.execute(delete(table).where(table.c.request_id == request_id))
    checks = tables.identity_checks
    connection.execute(update(checks).where(checks.c.request_id == request_id).values(checker=""))
    _change(connection, request_id, stated=None, forgotten_us=to_us(at), state=RequestState.FORGOTTEN.value)


def select_request(connection: Connection, request_id: str) -> AccessRequest | None:
    found = _select(connection, tables.requests.c.id == request_id)
    return found[0] if found else None


def select_requests(connection: Connection, *, closed_too: bool) -> list[AccessRequest]:
    """Requests, the first due first."""
    return _select(connection, true() if closed_too else _OPEN)


def select_unforgotten(connection: Connection) -> list[AccessRequest]:
    """Answered requests that still hold personal data."""
    table = tables.requests.c
    answered = (table.state == RequestState.ANSWERED.value) & _OPEN
    return _select(connection, table.forgotten_us.is_(None) & ~_OPEN | answered)


def select_provisional(connection: Connection) -> list[AccessRequest]:
    """Open requests with a hold that nobody confirmed yet."""
    return _select(connection, _OPEN & tables.requests.c.provisional_hold.is_not(None))


def insert_check(connection: Connection, request_id: RequestId, check: IdentityCheck) -> None:
    connection.execute(
        insert(tables.identity_checks).values(
            request_id=request_id,
            role=check.role.value,
            method=check.method.value,
            checked=check.checked.isoformat(),
            checker=check.checker,
            recorded_us=to_us(check.recorded),
            recorded_by=check.recorded_by,
        )
    )


def checks_of(connection: Connection, request_id: str) -> list[IdentityCheck]:
    """The identity checks of a request, the first first."""
    table = tables.identity_checks
    rows = connection.execute(select(table).where(table.c.request_id == request_id).order_by(table.c.id))
    return [check_of(row) for row in rows]


def check_of(row: Row[Any]) -> IdentityCheck:
    """A row of `identity_checks`."""
    return IdentityCheck(
        role=Role(row.role),
        method=IdentityMethod(row.method),
        checked=date.fromisoformat(row.checked),
        checker=row.checker,
        recorded=from_us(row.recorded_us),
        recorded_by=row.recorded_by,
    )


def insert_extension(connection: Connection, request_id: RequestId, extension: Extension) -> None:
    connection.execute(
        insert(tables.extensions).values(
            request_id=request_id,
            ground=extension.ground.value,
            due_us=to_us(extension.due),
            decided_us=to_us(extension.decided),
            decided_by=extension.decided_by,
        )
    )


def mark_extension_sent(connection: Connection, request_id: RequestId, at: datetime) -> None:
    table = tables.extensions
    connection.execute(update(table).where(table.c.request_id == request_id).values(sent_us=to_us(at)))


def extension_of(connection: Connection, request_id: str) -> Extension | None:
    table = tables.extensions
    row = connection.execute(select(table).where(table.c.request_id == request_id)).one_or_none()
    return extension_from(row) if row else None


def extension_from(row: Row[Any]) -> Extension:
    """A row of `extensions`."""
    return Extension(
        ground=ExtensionGround(row.ground),
        due=from_us(row.due_us),
        decided=from_us(row.decided_us),
        decided_by=row.decided_by,
        sent=instant_of(row.sent_us),
    )


def insert_statement(connection: Connection, request_id: RequestId, statement: Statement) -> None:
    connection.execute(
        insert(tables.statements).values(
            request_id=request_id,
            text=statement.text,
            given_us=to_us(statement.given),
            recorded_by=statement.recorded_by,
        )
    )


def statements_of(connection: Connection, request_id: str) -> list[Statement]:
    """The supplementary statements of a request, the first first."""
    table = tables.statements
    rows = connection.execute(select(table).where(table.c.request_id == request_id).order_by(table.c.id))
    return [Statement(row.text, from_us(row.given_us), row.recorded_by) for row in rows]


def _change(connection: Connection, request_id: RequestId, **values: str | int | None) -> None:
    table = tables.requests
    connection.execute(update(table).where(table.c.id == request_id).values(**values))


def _select(connection: Connection, where: ColumnElement[bool]) -> list[AccessRequest]:
    table, party = tables.requests, tables.parties
    parties: defaultdict[str, list[Party]] = defaultdict(list)
    joined = select(party).join(table, table.c.id == party.c.request_id).where(where)
    for row in connection.execute(joined):
        parties[row.request_id].append(_party(row))
    rows = connection.execute(select(table).where(where).order_by(table.c.due_us, table.c.id))
    return [_request(row, parties[row.id]) for row in rows]


def _party(row: Row[Any]) -> Party:
    return Party(
        role=Role(row.role),
        name=row.name,
        contact=row.contact,
        deliver_to=row.deliver_to,
        mandate=Mandate(row.mandate) if row.mandate else None,
        mandated=date.fromisoformat(row.mandated) if row.mandated else None,
    )


def _request(row: Row[Any], parties: Iterable[Party]) -> AccessRequest:
    order = list(Role)
    return AccessRequest(
        id=RequestId(row.id),
        type=RequestType(row.type),
        state=RequestState(row.state),
        language=Language(row.language),
        cameras=cameras_of(row.cameras),
        span=Span(from_us(row.start_us), from_us(row.end_us)),
        received=from_us(row.received_us),
        due=from_us(row.due_us),
        opened=from_us(row.opened_us),
        opened_by=row.opened_by,
        parties=tuple(sorted(parties, key=lambda party: order.index(party.role))),
        relation=Relation(row.relation),
        channel=Channel(row.channel) if row.channel else None,
        signed=None if row.signed is None else bool(row.signed),
        dated=None if row.dated is None else bool(row.dated),
        under_16=bool(row.under_16),
        stated=Stated(**json.loads(row.stated)) if row.stated else NOTHING_STATED,
        provisional_hold=HoldId(row.provisional_hold) if row.provisional_hold else None,
        provisional_until=instant_of(row.provisional_us),
        answered=instant_of(row.answered_us),
        closed=instant_of(row.closed_us),
        closed_by=row.closed_by,
        outcome=Outcome(row.outcome) if row.outcome else None,
        ground=RefusalGround(row.outcome_ground) if row.outcome_ground else None,
        forgotten=instant_of(row.forgotten_us),
    )


def _stated_json(stated: Stated) -> str | None:
    said = {"time": stated.time, "place": stated.place, "appearance": stated.appearance}
    return json.dumps(said, ensure_ascii=False) if any(said.values()) else None
