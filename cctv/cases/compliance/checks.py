"""Workstation checks for copies of footage, declarations of the cameras to the police, and what is repeated each year.

Keeps the records only: a person inspects the workstations and signs, declares on the government's own page, has the
penetration test made, and keeps its report.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.deadlines import LONGEST_REVIEW_MONTHS, REVIEW_MONTHS
from cctv.cases.compliance.queries import (
    insert_check,
    insert_declaration,
    insert_review,
    select_checks,
    select_declarations,
    select_reviews,
)
from cctv.cases.errors.compliance import CheckStillToCome, ReviewDateUnusable, ReviewIncomplete
from cctv.cases.text_input import checked_text
from cctv.core.clock import months_after
from cctv.core.i18n import N_, enum_label
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.model.audit import Act
from cctv.model.compliance import ComplianceReview, Declaration, DeclarationKind, ReviewKind, Trigger, WorkstationCheck
from cctv.model.ids import CheckId, IdKind, ReviewId

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


def record_review(
    site: Storage,
    kind: ReviewKind,
    *,
    on: date,
    by: str,
    report: str,
    due: date | None,
    purpose: str | None = None,
    triggers: Sequence[Trigger] = (),
    dry_run: bool = False,
) -> ComplianceReview:
    """Record that something periodic was done; `due` is None for a year later.

    Raises TextUnusable, ReviewDateUnusable, and ReviewIncomplete: a consultation of the staff names its purpose, and
    an impact assessment the criteria that were met.
    """
    by = checked_text(N_("who did it"), by, N_("name who did it: --by NAME."))
    report = checked_text(N_("report"), report, N_("say where the report is: --report TEXT."))
    if purpose is not None:
        purpose = checked_text(N_("purpose"), purpose, N_("say what the staff was consulted on: --purpose TEXT."))
    _require_complete(kind, purpose, triggers)
    now = site.clock.now()
    due = due or months_after(on, REVIEW_MONTHS)
    if on > now.astimezone(site.settings.site.timezone).date():
        raise ReviewDateUnusable(problem=N_("been done on {day:%d/%m/%Y}, which is still to come", day=on))
    if not on < due <= months_after(on, LONGEST_REVIEW_MONTHS):
        raise ReviewDateUnusable(problem=N_("{day:%d/%m/%Y} as the day of the next one", day=due))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        review_id = ReviewId(next_short_id(connection, IdKind.REVIEW, now.year))
        chosen = tuple(sorted(set(triggers), key=list(Trigger).index))
        review = ComplianceReview(review_id, kind, on, by, report, due, purpose, chosen, now, site.actor.account)
        insert_review(connection, review)
        facts: AuditFacts = {
            "kind": kind.value,
            "on": on.isoformat(),
            "due": due.isoformat(),
            "triggers": [trigger.value for trigger in chosen],
        }
        append_entry(connection, site, Act.REVIEW_RECORDED, review.id, facts=facts, reason=f"{by}; {report}")
    return review


def _require_complete(kind: ReviewKind, purpose: str | None, triggers: Sequence[Trigger]) -> None:
    if (kind is ReviewKind.STAFF) is not (purpose is not None):
        raise ReviewIncomplete(
            kind=enum_label(kind),
            what=N_("the purpose of the cameras at work") if purpose is None else N_("no purpose"),
            following=N_("--purpose TEXT belongs to --kind staff-consultation"),
        )
    if triggers and kind is not ReviewKind.IMPACT_ASSESSMENT:
        raise ReviewIncomplete(
            kind=enum_label(kind),
            what=N_("no criteria"),
            following=N_("--criterion belongs to --kind impact-assessment"),
        )


def list_reviews(site: Storage) -> Sequence[ComplianceReview]:
    """All of them, the oldest first."""
    with read_transaction(site.engine) as connection:
        return select_reviews(connection)
