"""The rows of holds: placing, releasing, renewing, and reconciling `holds/` with the index.

`place`, `release` and `renew` run in the caller's write transaction, so that a case, its hold and their audit entries
commit together.  The caller removes the hold's file after a release has committed (`remove_hold_file`); start-up does
it otherwise.  Of a hold in force only the review date ever changes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, true, update

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.clock import iso, to_us
from cctv.core.errors import UsageError
from cctv.core.logs import SHOWN
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_instant
from cctv.db import schema
from cctv.db.engine import is_dry_run, read_transaction, write_transaction
from cctv.db.storage import Storage, keep_short_id, next_short_id
from cctv.db.types import span_of
from cctv.holds.cover import unmark_held_past_limit
from cctv.holds.files import hold_path, read_hold_files, remove_hold_file, write_hold_file
from cctv.model.audit import Act
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, IdKind

log = logging.getLogger(__name__)
LONGEST_AHEAD = timedelta(days=90)  # as long as a review date: what nobody looks at again must not hold for years

_CASES = {
    GroundKind.INCIDENT: schema.incidents,
    GroundKind.REQUEST: schema.requests,
    GroundKind.RESTRICTION: schema.requests,
    GroundKind.OBJECTION: schema.requests,
    GroundKind.DISCLOSURE: schema.disclosures,
}


class HoldUnknown(UsageError):
    """There is no hold {id}.

    next: cctv hold list --all
    """


class HoldReleased(UsageError):
    """{id} was released on {when}; nothing was changed.

    next: place a new one with `cctv hold place` if the footage is needed again.
    """


class HoldTooLong(UsageError):
    """A hold until {end} is not placed: it would keep what is recorded over more than {days} days to come.

    next: give an end up to {latest}, and place another hold when it is still needed then.
    """


def check_end(span: Span, now: datetime, zone: ZoneInfo) -> None:
    """Raises HoldTooLong where a hold over a span would end more than 90 days ahead, or never."""
    latest = now + LONGEST_AHEAD
    if span.end > latest:
        end, until = echo_instant(span.end, zone), echo_instant(latest, zone)
        raise HoldTooLong(end=end, days=LONGEST_AHEAD.days, latest=until)


def place(
    connection: Connection,
    site: Storage,
    *,
    ground: Ground,
    cameras: Iterable[CameraId],
    span: Span,
    review: datetime,
    reason: str | None,
) -> Hold:
    """Place a hold in the caller's transaction: its file first, then its row and audit entry; raises HoldTooLong."""
    now = site.clock.now()
    check_end(span, now, site.settings.site.timezone)
    hold = Hold(
        id=_free_id(connection, site, now.year),
        ground=ground,
        cameras=frozenset(cameras),
        span=span,
        review=review,
        placed=now,
        placed_by=site.actor.account,
    )
    write_hold_file(site, hold)
    _insert(connection, hold)
    log.info("hold.placed", extra={"hold": hold.id, "case": ground.case_id, "cameras": len(hold.cameras)})
    append_entry(
        connection, site, Act.HOLD_PLACED, hold.id, case_id=ground.case_id, facts=hold_facts(hold), reason=reason
    )
    return hold


def hold_facts(hold: Hold) -> AuditFacts:
    """The facts of an entry that places a hold: enough to make it again."""
    return {
        "cameras": sorted(hold.cameras),
        "span": str(hold.span),
        "ground": hold.ground.kind.value,
        "start_us": to_us(hold.span.start),
        "end_us": to_us(hold.span.end),
        "review_us": to_us(hold.review),
        "placed_us": to_us(hold.placed),
        "placed_by": hold.placed_by,
    }


def unknown_files(connection: Connection, site: Storage) -> list[Hold]:
    """Holds of `holds/` that are not in the index, which `match_files` would adopt; raises FileUnreadable."""
    indexed = {hold.id for hold in all_holds(connection)}
    return [hold for hold in read_hold_files(site) if hold.id not in indexed]


def without_file(connection: Connection, site: Storage) -> list[HoldId]:
    """Holds in force whose file is not in `holds/`, oldest first."""
    return [hold.id for hold in holds_in_force(connection) if not hold_path(site, hold.id).exists()]


def match_files(site: Storage) -> list[Hold]:
    """Reconcile `holds/` with the index; the sweep calls it before it decides.  Returns the adopted holds.

    A file without a row is from a placing that crashed before its commit, or of a hold younger than a restored index:
    it is adopted, for only over-holding is safe.  The file of a released hold is left from a crash: it is removed.
    """
    names = {path.stem for path in (site.root / "holds").glob("HOLD-*.json")}
    with read_transaction(site.engine) as connection:
        if names == {hold.id for hold in holds_in_force(connection)}:
            return []
    site.disk.settle(site.root)  # a placing that was killed may not have flushed its file, which the row relies on
    with write_transaction(site.engine) as connection:  # no placing is in progress under this write lock
        indexed = {hold.id: hold for hold in all_holds(connection)}
        on_disk = read_hold_files(site)
        orphans = [hold for hold in on_disk if hold.id not in indexed]
        for hold in orphans:
            _insert(connection, hold)
            log.warning("hold.adopted", extra={"hold": hold.id, "case": hold.ground.case_id, SHOWN: True})
            keep_short_id(connection, hold.id)
            log_adopted(connection, site, hold)
    for hold in on_disk:
        if hold.id in indexed and not indexed[hold.id].in_force:
            remove_hold_file(site, hold.id)
    return orphans


def log_adopted(connection: Connection, site: Storage, hold: Hold) -> None:
    """The entry by which a hold is in force that the log did not know so, in the caller's transaction."""
    facts = hold_facts(hold)
    append_entry(connection, site, Act.HOLD_ADOPTED, hold.id, case_id=hold.ground.case_id, facts=facts)


def put_back(connection: Connection, hold: Hold) -> None:
    """Make the row of a hold again as the log says it, in the caller's transaction; its file is the caller's."""
    connection.execute(delete(schema.hold_cameras).where(schema.hold_cameras.c.hold_id == hold.id))
    connection.execute(delete(schema.holds).where(schema.holds.c.id == hold.id))
    _insert(connection, hold)


def release(connection: Connection, site: Storage, hold_id: str, *, reason: str | None) -> Hold:
    """Release a hold in the caller's transaction; returns it.  Raises HoldUnknown, HoldReleased."""
    hold = find_hold(connection, hold_id)
    if hold.released is not None:
        raise HoldReleased(id=hold_id, when=hold.released.date())
    connection.execute(
        update(schema.holds)
        .where(schema.holds.c.id == hold_id)
        .values(released_us=site.clock.now(), released_by=site.actor.account)
    )
    unmark_held_past_limit(connection, hold)
    if not is_dry_run(connection):
        log.info("hold.released", extra={"hold": hold.id, "case": hold.ground.case_id})
    append_entry(connection, site, Act.HOLD_RELEASED, hold.id, case_id=hold.ground.case_id, reason=reason)
    return find_hold(connection, hold_id)


def renew(connection: Connection, site: Storage, hold: Hold, review: datetime, *, reason: str) -> Hold:
    """Move the review date in the caller's transaction, its file first: a crash can only leave an earlier row.

    Only a rebuild of the index reads the date of the file, and a later review deletes nothing.
    """
    renewed = replace(hold, review=review)
    write_hold_file(site, renewed)
    connection.execute(update(schema.holds).where(schema.holds.c.id == hold.id).values(review_us=review))
    facts: AuditFacts = {"review": iso(review), "before": iso(hold.review), "review_us": to_us(review)}
    append_entry(connection, site, Act.HOLD_RENEWED, hold.id, case_id=hold.ground.case_id, facts=facts, reason=reason)
    return renewed


def follow(connection: Connection, site: Storage, hold: Hold, names: Mapping[CameraId, CameraId]) -> Hold:
    """Let a hold and its case go on under later names of its cameras, in the caller's transaction; returns the hold.

    `names` is the name that the hold has by each later one.  The file comes first: a crash can only over-hold.  The old
    names stay, for the footage that was recorded under them.
    """
    followed = replace(hold, cameras=hold.cameras | set(names))
    write_hold_file(site, followed)
    rows = [{"camera": camera, "hold_id": hold.id} for camera in sorted(followed.cameras - hold.cameras)]
    connection.execute(insert(schema.hold_cameras), rows)
    _case_follows(connection, hold, names)
    facts: AuditFacts = {"renamed": [f"{old} -> {new}" for new, old in sorted(names.items())]}
    append_entry(connection, site, Act.HOLD_FOLLOWED, hold.id, case_id=hold.ground.case_id, facts=facts)
    log.info("hold.followed", extra={"hold": hold.id, "case": hold.ground.case_id, "cameras": len(followed.cameras)})
    return followed


def _case_follows(connection: Connection, hold: Hold, names: Mapping[CameraId, CameraId]) -> None:
    """The case itself names the new cameras beside the old ones, and so do the blocks of a request.

    Not where the hold is over another time than the case: the case may be about what was over before the rename.
    """
    table, ground = _CASES[hold.ground.kind], hold.ground
    of_case = table.c.id == ground.case_id
    about = connection.execute(select(table.c.cameras, table.c.start_us, table.c.end_us).where(of_case)).one_or_none()
    if about is None or (about.start_us, about.end_us) != (hold.span.start, hold.span.end):
        return
    cameras = tuple(about.cameras)
    more = [new for new, old in names.items() if old in cameras]
    if more:
        connection.execute(update(table).where(of_case).values(cameras=tuple(dict.fromkeys((*cameras, *more)))))
    blocked = schema.block_cameras.c
    of_request = select(schema.blocks.c.id).where(
        schema.blocks.c.request_id == ground.case_id, schema.blocks.c.lifted_us.is_(None)
    )
    pairs = connection.execute(select(blocked.block_id, blocked.camera).where(blocked.block_id.in_(of_request))).all()
    known = {(row.block_id, row.camera) for row in pairs}
    missing = {(row.block_id, new) for row in pairs for new, old in names.items() if old == row.camera} - known
    for block, camera in sorted(missing):
        connection.execute(insert(schema.block_cameras).values(block_id=block, camera=camera))


def find_hold(connection: Connection, hold_id: str) -> Hold:
    """A hold, released or not; raises HoldUnknown."""
    holds = _load(connection, schema.holds.c.id == hold_id)
    if not holds:
        raise HoldUnknown(id=hold_id)
    return holds[0]


def holds_in_force(connection: Connection) -> list[Hold]:
    """The holds that are not released, oldest first."""
    return _load(connection, schema.holds.c.released_us.is_(None))


def all_holds(connection: Connection) -> list[Hold]:
    """Every hold ever placed, oldest first."""
    return _load(connection, true())


def holds_of(connection: Connection, case_id: str, *, released_too: bool = False) -> list[Hold]:
    """The holds of a case, oldest first; `released_too` includes the released ones."""
    of_case = schema.holds.c.ground_id == case_id
    return _load(connection, of_case if released_too else of_case & schema.holds.c.released_us.is_(None))


def _free_id(connection: Connection, site: Storage, year: int) -> HoldId:
    """The next id without a file in `holds/`: a restored, older index counts from a lower number."""
    while hold_path(site, hold := HoldId(next_short_id(connection, IdKind.HOLD, year))).exists():
        pass
    return hold


def _insert(connection: Connection, hold: Hold) -> None:
    connection.execute(
        insert(schema.holds).values(
            id=hold.id,
            ground_kind=hold.ground.kind,
            ground_id=hold.ground.case_id,
            start_us=hold.span.start,
            end_us=hold.span.end,
            review_us=hold.review,
            placed_us=hold.placed,
            placed_by=hold.placed_by,
        )
    )
    connection.execute(
        insert(schema.hold_cameras), [{"camera": camera, "hold_id": hold.id} for camera in sorted(hold.cameras)]
    )


def _load(connection: Connection, where: ColumnElement[bool]) -> list[Hold]:
    cameras: defaultdict[str, set[CameraId]] = defaultdict(set)
    joined = select(schema.hold_cameras).join(schema.holds, schema.holds.c.id == schema.hold_cameras.c.hold_id)
    for pair in connection.execute(joined.where(where)):
        cameras[pair.hold_id].add(pair.camera)
    rows = connection.execute(select(schema.holds).where(where).order_by(schema.holds.c.placed_us, schema.holds.c.id))
    return [_hold(row, frozenset(cameras[row.id])) for row in rows]


def _hold(row: Row[Any], cameras: frozenset[CameraId]) -> Hold:
    return Hold(
        id=row.id,
        ground=Ground(row.ground_kind, row.ground_id),
        cameras=cameras,
        span=span_of(row.start_us, row.end_us),
        review=row.review_us,
        placed=row.placed_us,
        placed_by=row.placed_by,
        released=row.released_us,
        released_by=row.released_by,
    )
