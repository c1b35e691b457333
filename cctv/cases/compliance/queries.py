"""The rows of breaches, processors, grants, declarations, workstation checks and reviews.  Queries only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from cctv.db import schema
from cctv.model.compliance import (
    Breach,
    ComplianceReview,
    Declaration,
    Grant,
    Notice,
    Processor,
    SubProcessor,
    Trigger,
    WorkstationCheck,
)
from cctv.model.ids import BreachId, GrantId


def insert_breach(connection: Connection, breach: Breach) -> None:
    """Insert a new breach; its notices are rows of their own."""
    connection.execute(
        insert(schema.breaches).values(
            id=breach.id,
            role=breach.role,
            risk=breach.risk,
            suspected=breach.suspected,
            aware_us=breach.aware,
            cameras=breach.cameras,
            people=breach.people,
            people_known=breach.people_known,
            opened_us=breach.opened,
            opened_by=breach.opened_by,
        )
    )


def update_breach(connection: Connection, breach: Breach) -> None:
    """What may change of a breach: risk, certainty, people, measures, closing."""
    values = {
        "risk": breach.risk,
        "suspected": breach.suspected,
        "people": breach.people,
        "people_known": breach.people_known,
        "measures": breach.measures,
        "closed_us": breach.closed,
        "closed_by": breach.closed_by,
    }
    connection.execute(update(schema.breaches).where(schema.breaches.c.id == breach.id).values(**values))


def insert_notice(connection: Connection, breach_id: BreachId, notice: Notice) -> None:
    """Insert whom a breach was notified to, and when."""
    values: dict[str, object] = {
        "breach_id": breach_id,
        "whom": notice.whom,
        "sent_us": notice.sent,
        "sent_by": notice.by,
    }
    values["way"] = notice.way
    connection.execute(insert(schema.breach_notices).values(**values))


def select_breach(connection: Connection, breach_id: str) -> Breach | None:
    """One breach with its notices; None when no row has the id."""
    row = connection.execute(select(schema.breaches).where(schema.breaches.c.id == breach_id)).one_or_none()
    return _breach(connection, row) if row else None


def select_breaches(connection: Connection, *, closed_too: bool) -> list[Breach]:
    """Breaches, the latest awareness first."""
    table = schema.breaches
    query = select(table).order_by(table.c.aware_us.desc(), table.c.id.desc())
    if not closed_too:
        query = query.where(table.c.closed_us.is_(None))
    return [_breach(connection, row) for row in connection.execute(query).all()]


def put_processor(connection: Connection, processor: Processor) -> None:
    """Add a processor, or write what changed of it."""
    table = schema.processors
    values = {
        "name": processor.name,
        "service": processor.service,
        "country": processor.country,
        "contract_on": processor.contract,
        "audited_on": processor.audited,
        "sub_processors": [
            {
                "name": sub_processor.name,
                "country": sub_processor.country,
                "agreed": sub_processor.agreed.isoformat() if sub_processor.agreed else None,
            }
            for sub_processor in processor.sub_processors
        ],
        "added_us": processor.added,
        "added_by": processor.added_by,
        "ended_on": processor.ended,
        "end": processor.end,
    }
    if connection.execute(update(table).where(table.c.id == processor.id).values(**values)).rowcount == 0:
        connection.execute(insert(table).values(id=processor.id, **values))


def select_processors(connection: Connection) -> list[Processor]:
    """All of them, those that are engaged first."""
    table = schema.processors
    rows = connection.execute(select(table).order_by(table.c.ended_on.is_not(None), table.c.id))
    return [_processor(row) for row in rows]


def insert_grant(connection: Connection, grant: Grant) -> None:
    """Insert a grant that is in force."""
    connection.execute(
        insert(schema.grants).values(
            id=grant.id,
            account=grant.account,
            permission=grant.permission,
            briefed_on=grant.briefed,
            confidentiality_on=grant.confidentiality,
            granted_us=grant.granted,
            granted_by=grant.granted_by,
            until_on=grant.until,
        )
    )


def mark_withdrawn(connection: Connection, grant_id: GrantId, at: datetime, by: str) -> None:
    """Set when a grant was withdrawn, and by which account."""
    values = {"withdrawn_us": at, "withdrawn_by": by}
    connection.execute(update(schema.grants).where(schema.grants.c.id == grant_id).values(**values))


def select_grants(connection: Connection, *, withdrawn_too: bool) -> list[Grant]:
    """Grants in order of their ids."""
    table = schema.grants
    query = select(table).order_by(table.c.id)
    if not withdrawn_too:
        query = query.where(table.c.withdrawn_us.is_(None))
    return [_grant(row) for row in connection.execute(query)]


def insert_declaration(connection: Connection, declaration: Declaration) -> None:
    """Insert a declaration of the cameras."""
    connection.execute(
        insert(schema.declarations).values(
            kind=declaration.kind,
            declared_on=declaration.on,
            reference=declaration.reference,
            recorded_us=declaration.recorded,
            recorded_by=declaration.recorded_by,
        )
    )


def select_declarations(connection: Connection) -> list[Declaration]:
    """All declarations, the oldest first."""
    table = schema.declarations
    rows = connection.execute(select(table).order_by(table.c.declared_on, table.c.id))
    return [
        Declaration(
            kind=row.kind,
            on=row.declared_on,
            reference=row.reference,
            recorded=row.recorded_us,
            recorded_by=row.recorded_by,
        )
        for row in rows
    ]


def insert_check(connection: Connection, check: WorkstationCheck) -> None:
    """Insert a workstation check."""
    connection.execute(
        insert(schema.workstation_checks).values(
            id=check.id,
            checked_on=check.on,
            checker=check.checker,
            found=check.found,
            recorded_us=check.recorded,
            recorded_by=check.recorded_by,
        )
    )


def select_checks(connection: Connection) -> list[WorkstationCheck]:
    """All of them, the oldest first."""
    table = schema.workstation_checks
    rows = connection.execute(select(table).order_by(table.c.checked_on, table.c.id))
    return [
        WorkstationCheck(
            id=row.id,
            on=row.checked_on,
            checker=row.checker,
            found=row.found,
            recorded=row.recorded_us,
            recorded_by=row.recorded_by,
        )
        for row in rows
    ]


def last_check_on(connection: Connection, today: date) -> date | None:
    """The day of the latest check until today; None where there was none."""
    day = schema.workstation_checks.c.checked_on
    last: date | None = connection.execute(select(func.max(day)).where(day <= today)).scalar_one()
    return last


def insert_review(connection: Connection, review: ComplianceReview) -> None:
    """Insert a review."""
    connection.execute(
        insert(schema.reviews).values(
            id=review.id,
            kind=review.kind,
            done_on=review.on,
            done_by=review.by,
            report=review.report,
            due_on=review.due,
            purpose=review.purpose,
            triggers=[trigger.value for trigger in review.triggers],
            recorded_us=review.recorded,
            recorded_by=review.recorded_by,
        )
    )


def select_reviews(connection: Connection) -> list[ComplianceReview]:
    """All of them, the oldest first."""
    table = schema.reviews
    rows = connection.execute(select(table).order_by(table.c.done_on, table.c.id))
    return [
        ComplianceReview(
            id=row.id,
            kind=row.kind,
            on=row.done_on,
            by=row.done_by,
            report=row.report,
            due=row.due_on,
            purpose=row.purpose,
            triggers=tuple(map(Trigger, row.triggers)),
            recorded=row.recorded_us,
            recorded_by=row.recorded_by,
        )
        for row in rows
    ]


def _breach(connection: Connection, row: Row[Any]) -> Breach:
    notices = schema.breach_notices
    query = select(notices).where(notices.c.breach_id == row.id).order_by(notices.c.id)
    return Breach(
        id=row.id,
        role=row.role,
        risk=row.risk,
        suspected=row.suspected,
        aware=row.aware_us,
        cameras=row.cameras,
        people=row.people,
        people_known=row.people_known,
        opened=row.opened_us,
        opened_by=row.opened_by,
        notices=tuple(
            Notice(notice.whom, notice.sent_us, notice.sent_by, notice.way) for notice in connection.execute(query)
        ),
        measures=row.measures,
        closed=row.closed_us,
        closed_by=row.closed_by,
    )


def _processor(row: Row[Any]) -> Processor:
    return Processor(
        id=row.id,
        name=row.name,
        service=row.service,
        country=row.country,
        contract=row.contract_on,
        audited=row.audited_on,
        sub_processors=tuple(
            SubProcessor(
                entry["name"], entry["country"], date.fromisoformat(entry["agreed"]) if entry["agreed"] else None
            )
            for entry in row.sub_processors
        ),
        added=row.added_us,
        added_by=row.added_by,
        ended=row.ended_on,
        end=row.end,
    )


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        id=row.id,
        account=row.account,
        permission=row.permission,
        briefed=row.briefed_on,
        confidentiality=row.confidentiality_on,
        granted=row.granted_us,
        granted_by=row.granted_by,
        withdrawn=row.withdrawn_us,
        withdrawn_by=row.withdrawn_by,
        until=row.until_on,
    )
