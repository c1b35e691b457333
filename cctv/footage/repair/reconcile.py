"""Reconciliation: repairs what disk and index do not agree on; nothing that a hold covers is ever removed.

Each remedy and its audit entry are one transaction, and safe to repeat after a crash: the next comparison lists what is
left.  Deletes nothing: an unfinished deletion is left to the next deletion session (`cctv.retention.session`), a
doubtful file goes to quarantine.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.durable import LockHeld
from cctv.core.errors import CctvError, Exit
from cctv.core.logs import SHOWN
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.ingest import index_line, lines_in
from cctv.footage.layout import INDEX, is_relative, recorder_lock, segment_start, sweeper_lock
from cctv.footage.quarantine import quarantine, shortest_period
from cctv.footage.repair.compare import Comparison, disk_and_index
from cctv.footage.repair.differences import Difference, DifferenceKind, Remedy
from cctv.footage.repair.queries import drop_tombstone, insert_line, is_row, mark_lost
from cctv.footage.repair.recover import recover_incoming
from cctv.footage.segments import count_all_again, is_indexed
from cctv.holds.files import write_hold_file
from cctv.holds.logged import file_differences, row_differences
from cctv.holds.store import find_hold, holds_in_force, log_adopted, match_files, put_back
from cctv.model.audit import Act
from cctv.model.footage import NewSegment, Reason
from cctv.model.ids import HoldId

log = logging.getLogger(__name__)

MAX_LOST_SEGMENTS = 20  # segments; a handful of lost files is a bad sector, not a missing disk
LOST_ONE_IN = 10  # losing more than one segment in ten is
MAX_ROUNDS = 2  # a file that goes to quarantine leaves its line behind


class TooManyFilesMissing(CctvError):
    """{lost} of {known} segments have no file: that looks like a disk that is missing; nothing was changed.

    next: see that the whole storage is mounted; if the files are really gone,
    `cctv footage reconcile --fix --accept-loss`.
    """

    code = "MuchLost"
    exit_code = Exit.DECISION_MISSING


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What did not agree, what was repaired, and what is left."""

    before: Comparison
    done: tuple[Difference, ...]
    left: tuple[Difference, ...]


def reconcile(site: Storage, *, accept_loss: bool = False) -> Reconciled:
    """Compare, repair, compare again.  Raises LockHeld while a sweep is under way, TooManyFilesMissing."""
    with _both_locks(site) as recording:
        return reconcile_locked(site, accept_loss=accept_loss, recording=recording)


@contextmanager
def _both_locks(site: Storage) -> Iterator[bool]:
    """The sweeper's lock, and the recorder's unless one runs; yields whether one does."""
    with ExitStack() as locks:
        locks.enter_context(sweeper_lock(site))
        try:
            locks.enter_context(recorder_lock(site))
        except LockHeld:
            yield True
            return
        yield False


def reconcile_locked(site: Storage, *, accept_loss: bool, recording: bool) -> Reconciled:
    """The same for a caller that has the locks."""
    if not (site.root / "holds").is_dir():
        site.disk.make_directory(site.root / "holds")  # a guard stops deletion while it is missing
    before = rest = disk_and_index(site, recording=recording)
    done: list[Difference] = []
    if rest.differences:
        site.disk.settle(site.root)  # what a killed process left may not be on the disk before a row relies on it
    for _ in range(MAX_ROUNDS):
        if not rest.differences:
            break
        lost = sum(difference.remedy is Remedy.MARK_LOST for difference in rest.differences)
        if lost > MAX_LOST_SEGMENTS and lost * LOST_ONE_IN > max(rest.segments, lost) and not accept_loss:
            raise TooManyFilesMissing(lost=lost, known=max(rest.segments, lost))
        done += [applied for difference in rest.differences if (applied := _apply_remedy(site, difference))]
        rest = disk_and_index(site, recording=recording)
    log.info("index.reconciled", extra={"changed": len(done), "missing": len(rest.differences)})
    if done:
        _audit_counts(site, done)
    return Reconciled(before, tuple(done), rest.differences)


def _apply_remedy(site: Storage, difference: Difference) -> Difference | None:
    """Apply one remedy; returns what was done, None where the difference is gone or left to a deletion session."""
    log.info(
        "difference.mended",
        extra={
            "kind": difference.kind,
            "action": difference.remedy,
            "path": difference.path,
            "camera": difference.camera,
        },
    )
    match difference.kind:
        case DifferenceKind.HOLD_WITHOUT_ROW:
            match_files(site)
        case DifferenceKind.HOLD_WITHOUT_FILE:
            with read_transaction(site.engine) as connection:
                hold = find_hold(connection, difference.holds[0])
            if hold.in_force:
                write_hold_file(site, hold)
        case DifferenceKind.HOLD_DIFFERS:
            return difference if _put_hold_back(site, difference.holds[0]) else None
        case DifferenceKind.ROW_DIFFERS:
            return None  # which of the two is right, only a person can say
        case DifferenceKind.WRONG_TOTALS:
            with write_transaction(site.engine) as connection:
                count_all_again(connection)
        case DifferenceKind.DELETION_OPEN:
            return None  # deletes footage: only a deletion session may
        case DifferenceKind.LEFT_IN_INCOMING:
            if not (site.root / difference.path).exists():
                return difference  # ingested together with the first
            recover_incoming(site)
        case DifferenceKind.ROW_WITHOUT_LINE:
            assert difference.segment is not None
            site.disk.append_line((site.root / difference.path).parent / INDEX, index_line(difference.segment))
        case DifferenceKind.ROW_WITHOUT_FILE | DifferenceKind.LINE_WITHOUT_ROW:
            return _mark_lost(site, difference)
        case DifferenceKind.FILE_WITHOUT_ROW if difference.remedy is Remedy.ADOPT:
            return _adopt(site, difference)
        case _:
            return _quarantine(site, difference)
    return difference


def _put_hold_back(site: Storage, hold_id: HoldId) -> bool:
    """Make row and file of a hold again as the log says; where the log does not know it in force, the hold stays.

    Over-holding is safe: an entry says from then on that it is in force, by whom and when it was put right.
    """
    with write_transaction(site.engine) as connection:
        differing = [*row_differences(connection, site.root), *file_differences(connection, site, strict=True)]
        found = next((one for one in differing if one.hold == hold_id), None)
        if found is None:
            return False
        hold = found.row if found.logged is None else found.logged.as_hold(found.row)
        if hold is None:
            return False
        if found.logged is not None:
            put_back(connection, hold)
        log_adopted(connection, site, hold)
    write_hold_file(site, hold)
    return True


def _adopt(site: Storage, difference: Difference) -> Difference | None:
    """Index a file: its line first, unless it has one, then row and audit entry; its tombstone, if any, is dropped."""
    new, path = difference.segment, site.root / difference.path
    assert new is not None
    if difference.path not in lines_in(path.parent, site.relative(path.parent)):
        site.disk.append_line(path.parent / INDEX, index_line(new))
    promised = _promised(new, difference)
    if promised.limit < new.limit:
        site.disk.append_line(path.parent / INDEX, index_line(promised))  # of two lines the shorter limit counts
    with write_transaction(site.engine) as connection:
        if is_indexed(connection, difference.path) or not path.exists():
            return None
        insert_line(connection, promised, site.clock.now())
        if difference.tombstone is not None:
            drop_tombstone(connection, difference.tombstone.id)
        append_entry(connection, site, Act.FOOTAGE_ADOPTED, difference.path, facts={"why": difference.why})
    return difference


def _promised(new: NewSegment, difference: Difference) -> NewSegment:
    """With the shorter limit where a tombstone has one too: a limit is never lengthened."""
    return replace(new, limit=min(new.limit, difference.tombstone.limit)) if difference.tombstone else new


def _mark_lost(site: Storage, difference: Difference) -> Difference | None:
    """A closed tombstone in place of the row, and an audit entry that names the holds it was under."""
    new = difference.segment
    assert new is not None
    with write_transaction(site.engine) as connection:
        if is_relative(difference.path) and (site.root / difference.path).exists():
            return None
        if difference.row is None:
            segment = insert_line(connection, new, site.clock.now())
        elif is_row(connection, difference.row):
            segment = difference.row
        else:
            return None
        keeping = [hold for hold in holds_in_force(connection) if hold.covers(segment.camera, segment.span)]
        stone = mark_lost(connection, segment, Reason.LOST, site.clock.now())
        facts: AuditFacts = {
            "tombstone": stone.id,
            "sha256": segment.sha256,
            "span": str(segment.span),
            "holds": [hold.id for hold in keeping],
            "cases": sorted({hold.ground.case_id for hold in keeping}),
        }
        append_entry(connection, site, Act.FOOTAGE_MISSING, difference.path or f"segment {segment.id}", facts=facts)
    lost = {"camera": segment.camera, "segment": segment.path, "holds": len(keeping), SHOWN: True}
    log.warning("segment.lost", extra=lost)
    return replace(difference, holds=tuple(hold.id for hold in keeping))


def _quarantine(site: Storage, difference: Difference) -> Difference | None:
    path = site.root / difference.path
    if not path.exists() and not path.is_symlink():
        return None
    moved_to = quarantine(site, path, difference.camera, difference.why, promised=_limit_of(site, difference))
    return replace(difference, why=f"{difference.why}; now {moved_to}")


def _limit_of(site: Storage, difference: Difference) -> datetime | None:
    """The earliest limit that anything names for a doubtful file: tombstone, line, or its name and its period."""
    limits = [source.limit for source in (difference.tombstone, difference.segment) if source is not None]
    start = segment_start((site.root / difference.path).name, difference.camera) if difference.camera else None
    if start is not None:
        limits.append(start + shortest_period(site, difference.camera))
    return min(limits, default=None)


def _audit_counts(site: Storage, done: list[Difference]) -> None:
    counts = Counter(f"{difference.kind.value}: {difference.remedy.value}" for difference in done)
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.INDEX_RECONCILED, "index", facts=dict(sorted(counts.items())))
