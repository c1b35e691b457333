"""Deputyships and exceptions as the log has them.  Queries only; `cctv.cases.compliance.deputies` makes the entries.

They have no table: an entry of the log names account, role or case, and the end, and a later one withdraws it.  What
gives a right is thus in the chain, and not in a row beside it that could be changed without the chain showing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection

from cctv.audit.chain import AuditEntry
from cctv.audit.log import audit_entries, entries_of_acts
from cctv.model.access import Deputyship, HandlingException, Role
from cctv.model.audit import Act
from cctv.model.ids import GrantId

Given = TypeVar("Given", Deputyship, HandlingException)
Entries = Iterable[tuple[AuditEntry, str | None]]
_ENDED = frozenset({Act.DEPUTY_WITHDRAWN, Act.EXCEPTION_WITHDRAWN})


def deputyships_of(connection: Connection, account: str) -> tuple[Deputyship, ...]:
    """Every deputyship of an account, withdrawn and past ones too, in order."""
    about = audit_entries(connection, about=account)
    return tuple(deputy for deputy in _deputyships(about) if deputy.account == account)


def all_deputyships(connection: Connection) -> tuple[Deputyship, ...]:
    """Every deputyship, withdrawn and past ones too, in order."""
    accounts = {entry.subject for entry in entries_of_acts(connection, {Act.DEPUTY_NAMED})}
    return _sorted(deputy for account in accounts for deputy in deputyships_of(connection, account))


def exceptions_of(connection: Connection, account: str, case_id: str) -> tuple[HandlingException, ...]:
    """The exceptions by which an account handles a case, withdrawn and past ones too, in order."""
    about = _exceptions(audit_entries(connection, about=case_id))
    return tuple(given for given in about if given.account == account and given.case_id == case_id)


def exceptions_for(connection: Connection, case_id: str) -> tuple[HandlingException, ...]:
    """The exceptions for a case, withdrawn and past ones too, in order."""
    return tuple(given for given in _exceptions(audit_entries(connection, about=case_id)) if given.case_id == case_id)


def all_exceptions(connection: Connection) -> tuple[HandlingException, ...]:
    """Every exception, withdrawn and past ones too, in order."""
    cases = {entry.case_id for entry in entries_of_acts(connection, {Act.EXCEPTION_GIVEN}) if entry.case_id}
    return _sorted(given for case_id in cases for given in exceptions_for(connection, case_id))


def _sorted(given: Iterable[Given]) -> tuple[Given, ...]:
    return tuple(sorted(given, key=lambda one: one.id))


def _deputyships(entries: Entries) -> Iterator[Deputyship]:
    named: dict[object, Deputyship] = {}
    for entry, reason in entries:
        grant_id = entry.facts.get("grant")
        if entry.act is Act.DEPUTY_NAMED:
            named[grant_id] = Deputyship(
                id=GrantId(str(grant_id)),
                account=entry.subject,
                role=Role(entry.facts["role"]),
                until=date.fromisoformat(str(entry.facts["until"])),
                named=entry.at,
                named_by=entry.actor.account,
                reason=reason,
            )
        elif entry.act in _ENDED and grant_id in named:
            named[grant_id] = replace(named[grant_id], withdrawn=entry.at, withdrawn_by=entry.actor.account)
    yield from named.values()


def _exceptions(entries: Entries) -> Iterator[HandlingException]:
    given: dict[object, HandlingException] = {}
    for entry, reason in entries:
        grant_id = entry.facts.get("grant")
        if entry.act is Act.EXCEPTION_GIVEN and entry.case_id is not None:
            until = entry.facts.get("until")
            given[grant_id] = HandlingException(
                id=GrantId(str(grant_id)),
                account=entry.subject,
                case_id=entry.case_id,
                given=entry.at,
                given_by=entry.actor.account,
                reason=reason,
                until=date.fromisoformat(str(until)) if until else None,
            )
        elif entry.act in _ENDED and grant_id in given:
            given[grant_id] = replace(given[grant_id], withdrawn=entry.at, withdrawn_by=entry.actor.account)
    yield from given.values()
