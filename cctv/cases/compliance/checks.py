"""Workstation checks for copies of footage, and declarations of the cameras to the police.

Keeps the records only: a person inspects the workstations and signs, and declares on the government's own page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.queries import insert_check, insert_declaration, select_checks, select_declarations
from cctv.cases.errors.compliance import CheckStillToCome
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.model.audit import Act
from cctv.model.compliance import Declaration, DeclarationKind, WorkstationCheck
from cctv.model.ids import CheckId, IdKind

_FOUND = N_('say where and what became of it, for example --found "two files on the porter\'s, removed".')


def check_workstations(
    site: Storage, *, on: date, checker: str, found: str | None, dry_run: bool = False
) -> WorkstationCheck:
    """Record that the workstations were checked; `found` describes the copies that were left, None for none.

    Raises TextUnusable, CheckStillToCome.
    """
    checker = checked_text(N_("checker"), checker, N_("name who looked and signed: --checker NAME."))
    found = checked_text(N_("finding"), found, _FOUND) if found is not None else None
    now = site.clock.now()
    if on > now.astimezone(site.settings.site.timezone).date():
        raise CheckStillToCome(when=f"{on:%d/%m/%Y}")
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        check_id = CheckId(next_short_id(connection, IdKind.CHECK, now.year))
        check = WorkstationCheck(check_id, on, checker, found, now, site.actor.account)
        insert_check(connection, check)
        facts: AuditFacts = {"on": on.isoformat(), "result": "clean" if found is None else "found"}
        details = "; ".join(filter(None, (checker, found)))
        append_entry(connection, site, Act.WORKSTATIONS_CHECKED, check.id, facts=facts, reason=details)
    return check


def list_checks(site: Storage) -> Sequence[WorkstationCheck]:
    """All of them, the oldest first."""
    with read_transaction(site.engine) as connection:
        return select_checks(connection)


def declare(site: Storage, kind: DeclarationKind, *, on: date, reference: str, dry_run: bool = False) -> Declaration:
    """Record that the cameras were declared on a day, with the reference that the page gave; raises TextUnusable."""
    reference = checked_text(N_("reference"), reference, N_("give the number that the page printed."))
    declaration = Declaration(kind, on, reference, site.clock.now(), site.actor.account)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        insert_declaration(connection, declaration)
        facts: AuditFacts = {"kind": kind.value, "on": on.isoformat()}
        append_entry(connection, site, Act.CAMERAS_DECLARED, "declaration", facts=facts)
    return declaration


def list_declarations(site: Storage) -> Sequence[Declaration]:
    """All of them, the oldest first."""
    with read_transaction(site.engine) as connection:
        return select_declarations(connection)
