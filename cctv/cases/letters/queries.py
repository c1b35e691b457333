"""The rows of letters: which were made, where each stands, when it went.  Queries only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from cctv.db import schema
from cctv.model.ids import RequestId
from cctv.model.requests import LetterKind


@dataclass(frozen=True, slots=True)
class MadeLetter:
    """A letter of a request; `path` is relative to the storage and names nobody."""

    request: RequestId
    kind: LetterKind
    path: str
    sha256: str
    made: datetime
    made_by: str
    sent: datetime | None = None


def insert_letter(connection: Connection, letter: MadeLetter) -> None:
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
    """Every letter of a kind that had not gone went now."""
    table = schema.letters
    which = (table.c.request_id == request_id) & (table.c.kind == kind) & table.c.sent_us.is_(None)
    connection.execute(update(table).where(which).values(sent_us=at))


def insert_policy_letter(
    connection: Connection, policy: str, case_id: str, sha256: str, at: datetime, account: str
) -> None:
    """Note that whoever a case is about was written to about a policy version."""
    table = schema.policy_letters
    row = {"policy": policy, "case_id": case_id, "sha256": sha256, "made_us": at, "made_by": account}
    connection.execute(insert(table).values(row))


def cases_told(connection: Connection, policy: str) -> frozenset[str]:
    """The cases whose people were written to about a policy version."""
    table = schema.policy_letters.c
    return frozenset(connection.scalars(select(table.case_id).where(table.policy == policy)))
