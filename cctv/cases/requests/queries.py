"""The rows of requests and of what belongs to one, and of letters about the policy.  Queries only.

`parties`, `statements` and `requests.stated` hold a requester's personal data; `anonymise_request` empties them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, true, update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState
from cctv.model.ids import CameraId, HoldId, RequestId
from cctv.model.requests import (
    NOTHING_STATED,
    Extension,
    IdentityCheck,
    Instruction,
    LetterKind,
    Party,
    RefusalGround,
    RequesterRole,
    Statement,
)

_OPEN = schema.requests.c.closed_us.is_(None)


@dataclass(frozen=True, slots=True)
class MadeLetter:
    """A letter of a request; `path` is relative to the storage and names no one."""

    request: RequestId
    kind: LetterKind
    path: str
    sha256: str
    made: datetime
    made_by: str
    sent: datetime | None = None


def insert_request(connection: Connection, request: AccessRequest) -> None:
    """Insert a new request with its parties."""
    connection.execute(
        insert(schema.requests).values(
            id=request.id,
            type=request.type,
            state=request.state,
            language=request.language,
            cameras=request.cameras,
            start_us=request.span.start if request.span else None,
            end_us=request.span.end if request.span else None,
            received_us=request.received,
            due_us=request.due,
            opened_us=request.opened,
            opened_by=request.opened_by,
            relation=request.relation,
            channel=request.channel,
            signed=request.signed,
            dated=request.dated,
            under_16=request.under_16,
            stated=request.stated if request.stated != NOTHING_STATED else None,
        )
    )
    for party in request.parties:
        put_party(connection, request.id, party)


def put_party(connection: Connection, request_id: RequestId, party: Party) -> None:
    """The person in a role, in place of another one."""
    table = schema.parties
    connection.execute(delete(table).where(table.c.request_id == request_id, table.c.role == party.role))
    connection.execute(
        insert(table).values(
            request_id=request_id,
            role=party.role,
            name=party.name,
            contact=party.contact,
            deliver_to=party.deliver_to,
            mandate=party.mandate,
            mandated=party.mandated,
            renamed_us=party.renamed,
            moved_us=party.moved,
            country=party.country,
        )
    )


def set_state(connection: Connection, request_id: RequestId, state: RequestState) -> None:
    """Set the state of a request."""
    _change(connection, request_id, state=state)


def set_scope(connection: Connection, request_id: RequestId, cameras: Sequence[CameraId], span: Span | None) -> None:
    """Set a request's cameras and span; None where the time is not known."""
    start, end = (span.start, span.end) if span is not None else (None, None)
    _change(connection, request_id, cameras=cameras, start_us=start, end_us=end)


def set_facts(connection: Connection, request: AccessRequest) -> None:
    """Set what a correction may change of a request itself: its type, its arrival, its deadline, who and in what."""
    _change(
        connection,
        request.id,
        type=request.type,
        received_us=request.received,
        due_us=request.due,
        language=request.language,
        relation=request.relation,
        channel=request.channel,
        under_16=request.under_16,
    )


def set_extension_due(connection: Connection, request_id: RequestId, due: datetime) -> None:
    """Set until when the extension of a request runs."""
    table = schema.extensions
    connection.execute(update(table).where(table.c.request_id == request_id).values(due_us=due))


def set_provisional(connection: Connection, request_id: RequestId, hold: HoldId | None, until: datetime | None) -> None:
    """Set the provisional hold of a request and when it lapses; None for neither."""
    _change(connection, request_id, provisional_hold=hold, provisional_us=until)


def set_due(connection: Connection, request_id: RequestId, due: datetime) -> None:
    """Set when a request must be answered."""
    _change(connection, request_id, due_us=due)


def set_instruction(connection: Connection, request_id: RequestId, given: Instruction | None) -> None:
    """Set the controller's instruction, in place of an earlier one; None where it is void."""
    _change(
        connection,
        request_id,
        instructed=given.act if given else None,
        instructed_on=given.on if given else None,
        instructed_by=given.by if given else None,
        instruction=given.reference if given else None,
    )


def mark_answered(
    connection: Connection,
    request_id: RequestId,
    outcome: CaseOutcome,
    ground: RefusalGround | None,
    at: datetime,
) -> None:
    """Set how a request was answered, and when."""
    _change(connection, request_id, outcome=outcome, outcome_ground=ground, answered_us=at)


def mark_closed(
    connection: Connection, request_id: RequestId, at: datetime, by: str, state: RequestState = RequestState.CLOSED
) -> None:
    """Close a request: when, by which account, and in which of its end states."""
    _change(connection, request_id, state=state, closed_us=at, closed_by=by)


def anonymise_request(connection: Connection, request_id: RequestId, at: datetime) -> None:
    """Remove the personal data from the rows of a request.  Deleted rows are overwritten (`secure_delete`)."""
    for table in (schema.parties, schema.statements, schema.letters):
        connection.execute(delete(table).where(table.c.request_id == request_id))
    checks = schema.identity_checks
    connection.execute(update(checks).where(checks.c.request_id == request_id).values(checker=""))
    parts = schema.redactions
    connection.execute(update(parts).where(parts.c.request_id == request_id).values(consents="[]"))
    _change(
        connection,
        request_id,
        stated=None,
        instructed_by="",
        instruction="",
        forgotten_us=at,
        state=RequestState.FORGOTTEN,
    )


def select_request(connection: Connection, request_id: str) -> AccessRequest | None:
    """One request with its parties; None when no row has the id."""
    requests = _select(connection, schema.requests.c.id == request_id)
    return requests[0] if requests else None


def select_requests(connection: Connection, *, closed_too: bool) -> list[AccessRequest]:
    """Requests, the first due first."""
    return _select(connection, true() if closed_too else _OPEN)


def select_unforgotten(connection: Connection) -> list[AccessRequest]:
    """Answered requests that still hold personal data."""
    table = schema.requests.c
    answered = (table.state == RequestState.ANSWERED) & _OPEN
    return _select(connection, table.forgotten_us.is_(None) & ~_OPEN | answered)


def select_provisional(connection: Connection) -> list[AccessRequest]:
    """Open requests over more than a day of footage that nobody confirmed, their holds in force or lapsed."""
    return _select(connection, _OPEN & schema.requests.c.provisional_us.is_not(None))


def insert_check(connection: Connection, request_id: RequestId, check: IdentityCheck) -> None:
    """Insert an identity check."""
    connection.execute(
        insert(schema.identity_checks).values(
            request_id=request_id,
            role=check.role,
            method=check.method,
            checked=check.checked,
            checker=check.checker,
            recorded_us=check.recorded,
            recorded_by=check.recorded_by,
        )
    )


def checks_of(connection: Connection, request_id: str) -> list[IdentityCheck]:
    """The identity checks of a request, the first first."""
    table = schema.identity_checks
    rows = connection.execute(select(table).where(table.c.request_id == request_id).order_by(table.c.id))
    return [check_of(row) for row in rows]


def check_of(row: Row[Any]) -> IdentityCheck:
    """A row of `identity_checks`."""
    return IdentityCheck(
        role=row.role,
        method=row.method,
        checked=row.checked,
        checker=row.checker,
        recorded=row.recorded_us,
        recorded_by=row.recorded_by,
    )


def insert_extension(connection: Connection, request_id: RequestId, extension: Extension) -> None:
    """Insert the extension that was decided on, which was not sent yet."""
    connection.execute(
        insert(schema.extensions).values(
            request_id=request_id,
            ground=extension.ground,
            due_us=extension.due,
            decided_us=extension.decided,
            decided_by=extension.decided_by,
        )
    )


def mark_extension_sent(connection: Connection, request_id: RequestId, at: datetime) -> None:
    """Set when the person was informed of the extension."""
    table = schema.extensions
    connection.execute(update(table).where(table.c.request_id == request_id).values(sent_us=at))


def extension_of(connection: Connection, request_id: str) -> Extension | None:
    """The extension of a request; None when it has none."""
    table = schema.extensions
    row = connection.execute(select(table).where(table.c.request_id == request_id)).one_or_none()
    return extension_from(row) if row else None


def extension_from(row: Row[Any]) -> Extension:
    """A row of `extensions`."""
    return Extension(
        ground=row.ground,
        due=row.due_us,
        decided=row.decided_us,
        decided_by=row.decided_by,
        sent=row.sent_us,
    )


def insert_statement(connection: Connection, request_id: RequestId, statement: Statement) -> None:
    """Insert a supplementary statement."""
    connection.execute(
        insert(schema.statements).values(
            request_id=request_id,
            text=statement.text,
            given_us=statement.given,
            recorded_by=statement.recorded_by,
        )
    )


def statements_of(connection: Connection, request_id: str) -> list[Statement]:
    """The supplementary statements of a request, the first first."""
    table = schema.statements
    rows = connection.execute(select(table).where(table.c.request_id == request_id).order_by(table.c.id))
    return [Statement(row.text, row.given_us, row.recorded_by) for row in rows]


def insert_letter(connection: Connection, letter: MadeLetter) -> None:
    """Insert a letter that was made, and not sent yet."""
    connection.execute(
        insert(schema.letters).values(
            request_id=letter.request,
            kind=letter.kind,
            path=letter.path,
            sha256=letter.sha256,
            made_us=letter.made,
            made_by=letter.made_by,
        )
    )


def letters_of(connection: Connection, request_id: str) -> list[MadeLetter]:
    """The letters of a request, the first first."""
    table = schema.letters
    rows = connection.execute(select(table).where(table.c.request_id == request_id).order_by(table.c.id))
    return [
        MadeLetter(
            request=row.request_id,
            kind=row.kind,
            path=row.path,
            sha256=row.sha256,
            made=row.made_us,
            made_by=row.made_by,
            sent=row.sent_us,
        )
        for row in rows
    ]


def mark_letters_sent(connection: Connection, request_id: RequestId, kind: LetterKind, at: datetime) -> None:
    """Set when the unsent letters of a kind were sent."""
    table = schema.letters
    which = (table.c.request_id == request_id) & (table.c.kind == kind) & table.c.sent_us.is_(None)
    connection.execute(update(table).where(which).values(sent_us=at))


def insert_policy_letter(
    connection: Connection, policy: str, case_id: str, sha256: str, at: datetime, account: str
) -> None:
    """Record that the person of a case was written to about a policy version."""
    table = schema.policy_letters
    row = {"policy": policy, "case_id": case_id, "sha256": sha256, "made_us": at, "made_by": account}
    connection.execute(insert(table).values(row))


def cases_told(connection: Connection, policy: str) -> frozenset[str]:
    """The cases whose people were written to about a policy version."""
    table = schema.policy_letters.c
    return frozenset(connection.scalars(select(table.case_id).where(table.policy == policy)))


def _change(connection: Connection, request_id: RequestId, **values: object) -> None:
    table = schema.requests
    connection.execute(update(table).where(table.c.id == request_id).values(**values))


def _select(connection: Connection, where: ColumnElement[bool]) -> list[AccessRequest]:
    table, party = schema.requests, schema.parties
    parties: defaultdict[str, list[Party]] = defaultdict(list)
    joined = select(party).join(table, table.c.id == party.c.request_id).where(where)
    for row in connection.execute(joined):
        parties[row.request_id].append(_party(row))
    rows = connection.execute(select(table).where(where).order_by(table.c.due_us, table.c.id))
    return [_request(row, parties[row.id]) for row in rows]


def _party(row: Row[Any]) -> Party:
    return Party(
        role=row.role,
        name=row.name,
        contact=row.contact,
        deliver_to=row.deliver_to,
        mandate=row.mandate,
        mandated=row.mandated,
        renamed=row.renamed_us,
        moved=row.moved_us,
        country=row.country,
    )


def _request(row: Row[Any], parties: Iterable[Party]) -> AccessRequest:
    order = list(RequesterRole)
    return AccessRequest(
        id=row.id,
        type=row.type,
        state=row.state,
        language=row.language,
        cameras=row.cameras,
        span=Span(row.start_us, row.end_us) if row.start_us is not None else None,
        received=row.received_us,
        due=row.due_us,
        opened=row.opened_us,
        opened_by=row.opened_by,
        parties=tuple(sorted(parties, key=lambda party: order.index(party.role))),
        relation=row.relation,
        channel=row.channel,
        signed=row.signed,
        dated=row.dated,
        under_16=row.under_16,
        stated=row.stated or NOTHING_STATED,
        provisional_hold=row.provisional_hold,
        provisional_until=row.provisional_us,
        answered=row.answered_us,
        closed=row.closed_us,
        closed_by=row.closed_by,
        outcome=row.outcome,
        ground=row.outcome_ground,
        forgotten=row.forgotten_us,
        instruction=_instruction(row) if row.instructed is not None else None,
    )


def _instruction(row: Row[Any]) -> Instruction:
    return Instruction(row.instructed, row.instructed_on, row.instructed_by, row.instruction)
