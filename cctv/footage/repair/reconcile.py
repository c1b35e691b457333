"""Reconciliation: puts right what disk and index do not agree on; nothing that a hold covers is ever removed.

Each remedy and its audit entry are one transaction, and safe to repeat after a crash: the next comparison finds what is
left.  Deletes nothing: an unfinished deletion is left to the next deletion session (`retention.session`), a doubtful
file goes to quarantine.
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
from cctv.footage.index_lines import lines_in
from cctv.footage.ingest import index_line
from cctv.footage.layout import INDEX, recorder_lock, segment_start, sweeper_lock
from cctv.footage.quarantine import quarantine, shortest_period
from cctv.footage.repair.compare import Comparison, disk_and_index
from cctv.footage.repair.differences import Difference, DifferenceKind, Remedy
from cctv.footage.repair.queries import drop_tombstone, insert_line, is_row, mark_lost
from cctv.footage.repair.recover import recover_incoming
from cctv.footage.segments import count_all_again, is_indexed
from cctv.holds.files import write_hold_file
from cctv.holds.store import find_hold, holds_in_force, match_files
from cctv.model.audit import Act
from cctv.model.footage import NewSegment, Reason

log = logging.getLogger(__name__)

FEW = 20  # segments; a handful of lost files is a bad sector, not a missing disk
SHARE = 10  # more than a tenth of everything is
ROUNDS = 2  # a file that goes to quarantine leaves its line behind


class TooManyFilesMissing(CctvError):
    """{lost} of {known} segments have no file: that looks like a disk that is missing; nothing was changed.

    next: see that the whole storage is mounted; if the files are really gone,
    `cctv footage reconcile --fix --accept-loss`.
    """

    code = "MuchLost"

    exit_code = Exit.DECISION_MISSING


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What did not agree, what was put right, and what is left."""

    before: Comparison
    done: tuple[Difference, ...]
    left: tuple[Difference, ...]


def reconcile(site: Storage, *, accept_loss: bool = False) -> Reconciled:
    """Compare, put right, compare again.  Raises LockHeld while a sweep is under way, MuchLost."""
    with _both_locks(site) as recording:
        return reconcile_locked(site, accept_loss=accept_loss, recording=recording)


@contextmanager
def _both_locks(site: Storage) -> Iterator[bool]:
    """The sweeper's lock, and the recorder's unless one runs; answers whether one does."""
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
    before = left = disk_and_index(site, recording=recording)
    done: list[Difference] = []
    if left.differences:
        site.disk.settle(site.root)  # what a killed process left may not be on the disk before a row relies on it
    for _ in range(ROUNDS):
        if not left.differences:
            break
        lost = sum(one.remedy is Remedy.MARK_LOST for one in left.differences)
        if lost > FEW and lost * SHARE > max(left.segments, lost) and not accept_loss:
            raise TooManyFilesMissing(lost=lost, known=max(left.segments, lost))
        done += [put for one in left.differences if (put := _put_right(site, one))]
        left = disk_and_index(site, recording=recording)
    log.info("index.reconciled", extra={"changed": len(done), "missing": len(left.differences)})
    if done:
        _tell(site, done)
    return Reconciled(before, tuple(done), left.differences)


def _put_right(site: Storage, one: Difference) -> Difference | None:
    """One remedy; what was done, None where the trouble is over."""
    log.info(
        "difference.mended", extra={"kind": one.kind, "action": one.remedy, "path": one.path, "camera": one.camera}
    )
    match one.kind:
        case DifferenceKind.HOLD_WITHOUT_ROW:
            match_files(site)
        case DifferenceKind.HOLD_WITHOUT_FILE:
            with read_transaction(site.engine) as connection:
                hold = find_hold(connection, one.holds[0])
            if hold.in_force:
                write_hold_file(site, hold)
        case DifferenceKind.WRONG_TOTALS:
            with write_transaction(site.engine) as connection:
                count_all_again(connection)
        case DifferenceKind.DELETION_OPEN:
            return None  # deletes footage: only a deletion session may
        case DifferenceKind.LEFT_IN_INCOMING:
            if not (site.root / one.path).exists():
                return one  # taken in together with the first
            recover_incoming(site)
        case DifferenceKind.ROW_WITHOUT_LINE:
            assert one.segment is not None
            site.disk.append_line((site.root / one.path).parent / INDEX, index_line(one.segment))
        case DifferenceKind.ROW_WITHOUT_FILE | DifferenceKind.LINE_WITHOUT_ROW:
            return _mark_lost(site, one)
        case DifferenceKind.FILE_WITHOUT_ROW if one.remedy is Remedy.ADOPT:
            return _adopt(site, one)
        case _:
            return _put_aside(site, one)
    return one


def _adopt(site: Storage, one: Difference) -> Difference | None:
    """Enter a file: its line first, unless it has one, then row and audit entry.  A loss that was none is forgotten."""
    new, path = one.segment, site.root / one.path
    assert new is not None
    if one.path not in lines_in(path.parent, site.relative(path.parent)):
        site.disk.append_line(path.parent / INDEX, index_line(new))
    with write_transaction(site.engine) as connection:
        if is_indexed(connection, one.path) or not path.exists():
            return None
        insert_line(connection, _promised(new, one), site.clock.now())
        if one.tombstone is not None:
            drop_tombstone(connection, one.tombstone.id)
        append_entry(connection, site, Act.FOOTAGE_ADOPTED, one.path, facts={"why": one.why})
    return one


def _promised(new: NewSegment, one: Difference) -> NewSegment:
    """With the shorter limit where a tombstone has one too: a limit is never lengthened."""
    return replace(new, limit=min(new.limit, one.tombstone.limit)) if one.tombstone else new


def _mark_lost(site: Storage, one: Difference) -> Difference | None:
    """A closed tombstone in place of the row, and an audit entry that names the holds it was under."""
    new = one.segment
    assert new is not None
    with write_transaction(site.engine) as connection:
        if (site.root / one.path).exists():
            return None
        if one.row is None:
            segment = insert_line(connection, new, site.clock.now())
        elif is_row(connection, one.row):
            segment = one.row
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
        append_entry(connection, site, Act.FOOTAGE_MISSING, one.path, facts=facts)
    lost = {"camera": segment.camera, "segment": segment.path, "holds": len(keeping), SHOWN: True}
    log.warning("segment.lost", extra=lost)
    return replace(one, holds=tuple(hold.id for hold in keeping))


def _put_aside(site: Storage, one: Difference) -> Difference | None:
    path = site.root / one.path
    if not path.exists() and not path.is_symlink():
        return None
    went = quarantine(site, path, one.camera, one.why, promised=_limit_of(site, one))
    return replace(one, why=f"{one.why}; now {went}")


def _limit_of(site: Storage, one: Difference) -> datetime | None:
    """The earliest limit that anything names for a doubtful file: tombstone, line, or its name and its period."""
    limits = [said.limit for said in (one.tombstone, one.segment) if said is not None]
    start = segment_start((site.root / one.path).name, one.camera) if one.camera else None
    if start is not None:
        limits.append(start + shortest_period(site, one.camera))
    return min(limits, default=None)


def _tell(site: Storage, done: list[Difference]) -> None:
    counts = Counter(f"{one.kind.value}: {one.remedy.value}" for one in done)
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.INDEX_RECONCILED, "index", facts=dict(sorted(counts.items())))
