"""The sweep: plan, execution, record, inside a deletion session; and how long a resident sweeper sleeps until the next.

1. open the session, which finishes what a crash interrupted     (a guard that stops it is recorded by its name)
2. plan, and refuse a plan that nothing explains                 (recorded likewise)
3. mark what holds keep past its limit
4. delete what expires, then quarantined files at their limit; a file there without a note is taken in
5. record the sweep; remember the clock; forget the allowance of one large sweep; mark index and disk in step
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.errors import GuardError
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.identity import keep_in_step
from cctv.db.storage import Storage
from cctv.footage.deletion import BATCH, delete_quarantined, delete_segments
from cctv.footage.layout import require_inside
from cctv.footage.quarantine import quarantined_files, take_in_unnoted
from cctv.footage.repair.queries import first_paths
from cctv.holds.cover import mark_held_past_limit, recheck_held_past_limit
from cctv.model.audit import Act
from cctv.model.footage import Reason, Tombstone
from cctv.retention.guards.clock import MARK_EVERY, remember_clock
from cctv.retention.guards.sweep_size import forget_allowance, require_explained
from cctv.retention.plan import Plan, make_plan, overdue
from cctv.retention.queries import last_sweep, record_sweep
from cctv.retention.session import deletion_session

log = logging.getLogger(__name__)

LONGEST_SLEEP = timedelta(seconds=60)
SHORTEST_SLEEP = timedelta(milliseconds=50)
PERIOD_DIVISOR = 10  # footage that is recorded while the sweeper sleeps must not come due before it wakes


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did: its plan, what it deleted, and what it finished for an earlier one (`finished`)."""

    plan: Plan
    gone: tuple[Tombstone, ...]
    finished: tuple[Tombstone, ...]
    quarantine_gone: tuple[str, ...]
    quarantine_taken_in: tuple[str, ...]  # files there without a note, which have a limit from now on
    overdue_before: timedelta


def sleep_for(next_due: datetime | None, now: datetime, shortest_period: timedelta) -> timedelta:
    """How long to sleep until the next footage is due, and so that a released hold or new footage is not late."""
    longest = min(LONGEST_SLEEP, shortest_period / PERIOD_DIVISOR)
    if next_due is None:
        return longest
    return max(SHORTEST_SLEEP, min(longest, next_due - now))


def sweep_once(site: Storage) -> SweepReport:
    """One sweep.  Raises LockHeld, or the guard that stops it; then nothing is deleted."""
    with deletion_session(site, on_refusal=lambda guard: _record_refusal(site, guard)) as session:
        now = site.clock.now()
        with read_transaction(site.engine) as connection:
            last = last_sweep(connection)
        is_first_of_day = last is None or last.date() != now.date()
        if is_first_of_day:
            _recheck_held_past_limit(site)
        try:
            with read_transaction(site.engine) as connection:
                if is_first_of_day:  # a look-up for each day of each camera: ten times an idle sweep (bench retention)
                    require_inside(site.root, first_paths(connection))
                plan = make_plan(connection, now)
                require_explained(connection, site, plan)
            _mark_held_past_limit(site, plan)
            deleted = delete_segments(session, plan.expire, Reason.PAST_LIMIT)
        except GuardError as guard:
            _record_refusal(site, guard)
            raise
        taken_in = take_in_unnoted(site)
        report = SweepReport(
            plan=plan,
            gone=tuple(deleted),
            finished=session.finished,
            quarantine_gone=delete_quarantined(
                session, [file for file in quarantined_files(site) if now >= file.limit]
            ),
            quarantine_taken_in=taken_in,
            overdue_before=overdue(plan.decisions, now),
        )
        _record(site, report)
        counts = {"deleted": len(deleted), "finished": len(session.finished), "kept": plan.kept_by_holds}
        log.info("sweep.finished", extra={**counts, "overdue_seconds": report.overdue_before})
        remember_clock(site)
        forget_allowance(site)
        keep_in_step(site.engine, site.root, site.disk, site.clock.now(), every=MARK_EVERY)
        return report


def _recheck_held_past_limit(site: Storage) -> None:
    """Once a day: footage marked as held although no hold covers it would stay for good, unnoticed."""
    with write_transaction(site.engine) as connection:
        recheck_held_past_limit(connection)


def _mark_held_past_limit(site: Storage, plan: Plan) -> None:
    """Mark what holds keep past its limit, so that the next sweep does not read it again."""
    held = [decision.segment for decision in plan.held]
    for first in range(0, len(held), BATCH):
        with write_transaction(site.engine) as connection:
            mark_held_past_limit(connection, held[first : first + BATCH])


def _record(site: Storage, report: SweepReport) -> None:
    """Every sweep leaves a row; one that deleted something leaves an audit entry too."""
    with write_transaction(site.engine) as connection:
        expired, held = len(report.gone), report.plan.kept_by_holds
        record_sweep(connection, report.plan.now, expired=expired, held=held, refused_by=None)
        if report.gone:
            facts: AuditFacts = {"expired": expired, "held": held}
            append_entry(connection, site, Act.SWEEP_DONE, "sweep", facts=facts)


def _record_refusal(site: Storage, guard: GuardError) -> None:
    log.debug("sweep.refused", extra={"guard": guard.code})
    with write_transaction(site.engine) as connection:
        record_sweep(connection, site.clock.now(), expired=0, held=0, refused_by=guard.code)
        append_entry(connection, site, Act.SWEEP_REFUSED, "sweep", facts={"guard": guard.code})
