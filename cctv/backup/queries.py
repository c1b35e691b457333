"""Queries of back-up and restore.  Decides nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Row, delete, exists, func, insert, select

from cctv.backup.state import HeldCopy
from cctv.db import schema
from cctv.footage.segments import SEGMENT, count_all_again, to_segment, tombstones_of
from cctv.holds.cover import is_covered_by_hold
from cctv.holds.store import all_holds, holds_in_force
from cctv.model.footage import Reason, Segment
from cctv.model.ids import HoldId

_PAGE = 5000
_REGISTERS = (
    schema.incidents,
    schema.requests,
    schema.disclosures,
    schema.exports,
    schema.breaches,
    schema.processors,
    schema.grants,
    schema.declarations,
    schema.workstation_checks,
    schema.reviews,
)


def held_segments(connection: Connection) -> list[Segment]:
    """Every indexed segment that a hold in force covers, oldest first."""
    table = schema.segments
    rows = connection.execute(select(*SEGMENT).where(is_covered_by_hold()).order_by(table.c.start_us, table.c.id))
    return [to_segment(row) for row in rows]


def held_lost(connection: Connection) -> list[tuple[str, str]]:
    """Path and hash of lost footage under a hold in force, which was not deleted: its copy is all there is."""
    hold, camera, stone = schema.holds.c, schema.hold_cameras.c, schema.tombstones.c
    covered = exists(
        select(hold.id)
        .join(schema.hold_cameras, camera.hold_id == hold.id)
        .where(camera.camera == stone.camera, hold.released_us.is_(None), hold.start_us < stone.end_us,
               hold.end_us > stone.start_us)
        .correlate(schema.tombstones)
    )  # fmt: skip
    lost = stone.reason.in_([Reason.LOST, Reason.FORGOTTEN])
    rows = connection.execute(select(stone.path, stone.sha256).where(lost, covered))
    return [(row.path, row.sha256) for row in rows]


def log_end(connection: Connection) -> tuple[int, str]:
    """Number and hash of the audit log's last entry; the log itself is not verified."""
    table = schema.audit
    row = connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)).one_or_none()
    return (int(row.seq), str(row.hash)) if row else (0, "")


@dataclass(frozen=True, slots=True)
class Registers:
    """What an index has: ids by register, requests whose people it names, holds, paths of segments, entries."""

    ids: Mapping[str, frozenset[str]]
    named: frozenset[str]
    holds: frozenset[HoldId]
    in_force: frozenset[HoldId]
    segments: frozenset[str]
    entries: int


def registers_of(connection: Connection) -> Registers:
    """Read what a restore is compared by."""

    def column(column: Column[Any]) -> frozenset[str]:
        return frozenset(str(value) for value in connection.execute(select(column)).scalars())

    tables = {table.name: table for table in _REGISTERS}
    return Registers(
        ids={name: column(table.c.id) for name, table in tables.items()},
        named=column(schema.parties.c.request_id),
        holds=frozenset(hold.id for hold in all_holds(connection)),
        in_force=frozenset(hold.id for hold in holds_in_force(connection)),
        segments=column(schema.segments.c.path),
        entries=log_end(connection)[0],
    )


def released_since(connection: Connection, at: datetime) -> int:
    """How many holds were released after an instant."""
    late = schema.holds.c.released_us > at
    return int(connection.execute(select(func.count()).select_from(schema.holds).where(late)).scalar_one())


def released_limit(connection: Connection, copy: HeldCopy) -> datetime | None:
    """Since when the copy of held footage should have lost something, None where it need not.

    Of a released hold's footage it should lose what was deleted: what is stored still is within its limit.  A hold that
    was placed since the copy was brought up to date has nothing in it.
    """
    in_force = holds_in_force(connection)
    limits = [
        max(stone.limit, hold.released)
        for hold in all_holds(connection)
        if hold.released is not None and hold.placed <= copy.at < hold.released
        for camera in sorted(hold.cameras)
        for stone in tombstones_of(connection, camera, hold.span)
        if not any(other.covers(camera, stone.span) for other in in_force)
    ]
    return min(limits, default=None)


def carry_tombstones(replaced: Connection, connection: Connection, root: Path) -> int:
    """Enter the deletions of the index that is replaced; returns how many rows went with them.

    What was deleted is no footage of the back-up any more, whether its file is gone, is there still (a deletion that
    had begun), or is only in the copy of held footage.  What was lost there and is on the disk again is no deletion.
    """
    gone = 0
    table = schema.tombstones
    after, known = _common(replaced, connection)
    while rows := replaced.execute(select(table).where(table.c.id > after).order_by(table.c.id).limit(_PAGE)).all():
        after = rows[-1].id
        stones = [row._asdict() for row in rows if (row.path, row.began_us) not in known and _is_gone(root, row)]
        for stone in stones:
            del stone["id"]
        if stones:
            connection.execute(insert(table), stones)
            paths = schema.segments.c.path.in_([stone["path"] for stone in stones])
            gone += connection.execute(delete(schema.segments).where(paths)).rowcount
    _carry_folded(replaced, connection)
    count_all_again(connection)
    return gone


def _common(replaced: Connection, connection: Connection) -> tuple[int, set[tuple[str, datetime]]]:
    """The id up to which both have the same tombstones; where their histories differ 0, and those that one has."""
    table = schema.tombstones.c
    newest = select(table.id, table.path, table.began_us).order_by(table.id.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    if last is None:
        return 0, set()
    same = select(table.id).where(table.id == last.id, table.path == last.path, table.began_us == last.began_us)
    if replaced.execute(same).first() is not None:
        return last.id, set()
    return 0, {(row.path, row.began_us) for row in connection.execute(select(table.path, table.began_us))}


def _is_gone(root: Path, stone: Row[Any]) -> bool:
    was_lost = stone.reason in (Reason.LOST, Reason.FORGOTTEN)
    return not (was_lost and os.path.lexists(root / stone.path))


def _carry_folded(replaced: Connection, connection: Connection) -> None:
    """Summaries of days of deletions that the other index has neither as lines nor as tombstones."""
    line, stone = schema.folded_days, schema.tombstones.c
    known = {(row.day, row.camera) for row in connection.execute(select(line.c.day, line.c.camera))}
    for row in replaced.execute(select(line).order_by(line.c.day, line.c.part)).all():
        begins = datetime.fromisoformat(row.day).replace(tzinfo=UTC)
        on_day = (stone.closed_us >= begins) & (stone.closed_us < begins + timedelta(days=1))
        single = connection.execute(select(stone.id).where(stone.camera == row.camera, on_day).limit(1)).first()
        if (row.day, row.camera) not in known and single is None:
            connection.execute(insert(line).values(**row._asdict()))
