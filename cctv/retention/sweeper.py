"""The sweep: plan, execution, record, inside a deletion session.

A sweep that a guard stops is recorded too, with the guard's name.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from cctv import audit, holds
from cctv.archive.disposal import BATCH, delete_quarantined, delete_segments
from cctv.archive.quarantine import quarantined
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.errors import GuardError
from cctv.model.acts import Act
from cctv.model.footage import Reason, Tombstone
from cctv.retention import store
from cctv.retention.clockguard import remember_clock
from cctv.retention.large import forget_allowance, require_explained
from cctv.retention.plan import Plan, make_plan, overdue
from cctv.retention.session import deletion_session

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did: the plan it followed, what is gone, what was finished for an earlier one."""

    plan: Plan
    gone: tuple[Tombstone, ...]
    finished: tuple[Tombstone, ...]
    quarantine_gone: tuple[str, ...]
    overdue_before: timedelta


def sweep_once(site: Site) -> SweepReport:
    """One pass.  Raises LockHeld, or the guard that stops it; then nothing is deleted."""
    with deletion_session(site, on_refusal=lambda guard: _record_refusal(site, guard)) as session:
        now = site.clock.now()
        with reading(site.engine) as connection:
            last = store.last_sweep(connection)
        if last is None or last.date() != now.date():
            _look_again(site)
        try:
            with reading(site.engine) as connection:
                plan = make_plan(connection, now)
                require_explained(connection, site, plan)
        except GuardError as guard:
            _record_refusal(site, guard)
            raise
        _hold_over(site, plan)
        deleted = delete_segments(session, plan.expire, Reason.PAST_LIMIT)
        report = SweepReport(
            plan=plan,
            gone=tuple(deleted),
            finished=session.finished,
            quarantine_gone=delete_quarantined(session, [file for file in quarantined(site) if now >= file.limit]),
            overdue_before=overdue(plan.decisions, now),
        )
        _record(site, report)
        counts = {"deleted": len(deleted), "finished": len(session.finished), "kept": plan.kept_by_holds}
        log.info("sweep.finished", extra={**counts, "overdue_seconds": report.overdue_before})
        remember_clock(site)
        forget_allowance(site)
        return report


def _look_again(site: Site) -> None:
    """Once a day: footage that is held over although no hold covers it would stay for good, unseen."""
    with writing(site.engine) as connection:
        holds.look_again(connection)


def _hold_over(site: Site, plan: Plan) -> None:
    """Set aside what holds keep, so that the next sweep does not meet it."""
    held = [one.segment for one in plan.held]
    for first in range(0, len(held), BATCH):
        with writing(site.engine) as connection:
            holds.hold_over(connection, held[first : first + BATCH])


def _record(site: Site, report: SweepReport) -> None:
    """Every sweep leaves a row; one that deleted something leaves an audit entry too."""
    with writing(site.engine) as connection:
        expired, held = len(report.gone), report.plan.kept_by_holds
        store.record_sweep(connection, report.plan.now, expired=expired, held=held, refused_by=None)
        if report.gone:
            facts: audit.Facts = {"expired": expired, "held": held}
            audit.append(connection, site, Act.SWEEP_DONE, "sweep", facts=facts)


def _record_refusal(site: Site, guard: GuardError) -> None:
    log.debug("sweep.refused", extra={"guard": guard.code})
    with writing(site.engine) as connection:
        store.record_sweep(connection, site.clock.now(), expired=0, held=0, refused_by=guard.code)
        audit.append(connection, site, Act.SWEEP_REFUSED, "sweep", facts={"guard": guard.code})
