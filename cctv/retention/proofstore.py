"""Queries of explanation and certificate.  By index only where one segment is asked about; decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from cctv import holds
from cctv.db import tables
from cctv.kernel.span import Span
from cctv.model.footage import Reason
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId

SLACK = timedelta(days=2)  # numbers of tombstones rise with time, apart from what a clock was ever set back


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy version: its canonical text, and since when it was recorded under."""

    digest: str
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    """What went for one reason, of one camera and zone under one policy: counts, bytes, and the furthest times.

    `latest` is how far beyond its limit the latest of them went; below zero when all of them went in time.
    """

    camera: CameraId
    zone: ZoneId
    policy: str
    reason: Reason
    segments: int
    size_bytes: int
    recorded: Span
    first: datetime
    last: datetime
    latest: timedelta


def policies(connection: Connection, digests: Sequence[str]) -> dict[str, PolicyRow]:
    """The policy versions of these digests, as far as their text is known."""
    table = tables.policies
    rows = connection.execute(select(table).where(table.c.digest.in_(sorted(set(digests)))))
    return {row.digest: PolicyRow(row.digest, row.text, row.first_seen_us) for row in rows}


def holds_over(connection: Connection, camera: CameraId, span: Span) -> list[Hold]:
    """Every hold over a camera and span that there ever was, released or not, the first placed first."""
    hold, of = tables.holds.c, tables.hold_cameras.c
    query = select(hold.id).join(tables.hold_cameras, of.hold_id == hold.id).where(of.camera == camera)
    query = query.where(hold.start_us < span.end, hold.end_us > span.start)
    found = connection.execute(query.order_by(hold.placed_us, hold.id)).scalars().all()
    return [holds.find_hold(connection, one) for one in found]


def cases_over(connection: Connection, camera: CameraId, span: Span) -> list[str]:
    """Ids of the incidents and requests about a camera over a span, open or closed."""
    found: list[str] = []
    for table in (tables.incidents, tables.requests):
        rows = connection.execute(
            select(table.c.id, table.c.cameras)
            .where(table.c.start_us < span.end, table.c.end_us > span.start)
            .order_by(table.c.opened_us, table.c.id)
        )
        found += [row.id for row in rows if camera in row.cameras]
    return found


def deleted_between(connection: Connection, first: datetime, last: datetime) -> list[Deleted]:
    """What went from one instant to before another and has its tombstones still, by camera, zone, policy and reason."""
    stone = tables.tombstones.c
    keys = (stone.camera, stone.zone, stone.policy, stone.reason)
    rows = connection.execute(
        select(
            *keys,
            func.count().label("segments"),
            func.sum(stone.size_bytes).label("size_bytes"),
            func.min(stone.start_us).label("start_us"),
            func.max(stone.end_us).label("end_us"),
            func.min(stone.closed_us).label("first"),
            func.max(stone.closed_us).label("last"),
            func.max(stone.closed_us - stone.limit_us).label("latest"),
        )
        .where(_closed_between(connection, first, last))
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        Deleted(
            row.camera, row.zone, row.policy, row.reason, row.segments, int(row.size_bytes),
            Span(row.start_us, row.end_us), row.first, row.last, row.latest,
        )
        for row in rows
    ]  # fmt: skip


def _closed_between(connection: Connection, first: datetime, last: datetime) -> ColumnElement[bool]:
    stone = tables.tombstones.c
    low, high = _number_at(connection, first - SLACK), _number_at(connection, last + SLACK)
    exact = and_(stone.closed_us >= first, stone.closed_us < last)
    return and_(stone.id >= low, stone.id < high, exact)


def _number_at(connection: Connection, at: datetime) -> int:
    """The number of the first tombstone that began at an instant or later, found by halving: there is no index on it,
    for every deletion would pay for that.
    """
    stone = tables.tombstones.c
    first, last = connection.execute(select(func.min(stone.id), func.max(stone.id))).one()
    if first is None:
        return 0

    def is_before(number: int) -> bool:
        query = select(stone.began_us).where(stone.id >= number).order_by(stone.id).limit(1)
        began: datetime | None = connection.execute(query).scalar()
        return began is not None and began < at

    return _halved(first, last + 1, is_before)


def _halved(low: int, high: int, is_before: Callable[[int], bool]) -> int:
    while low < high:
        middle = (low + high) // 2
        if is_before(middle):
            low = middle + 1
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True)
class Passes:
    """The sweeps of a time: how many ended, and how often each guard stopped one."""

    completed: int
    refused: tuple[tuple[str, int], ...]


def passes_between(connection: Connection, first: datetime, last: datetime) -> Passes:
    """Counts of the sweeps from one instant to before another."""
    sweep = tables.sweeps.c
    query = select(sweep.refused_by, func.count()).where(sweep.at_us >= first, sweep.at_us < last)
    counts: dict[Any, int] = {row[0]: row[1] for row in connection.execute(query.group_by(sweep.refused_by))}
    completed = counts.pop(None, 0)
    return Passes(completed, tuple(sorted(counts.items())))


def held_over_by(connection: Connection) -> int:
    """How many segments holds keep past their limit, as far as sweeps have met them."""
    query = select(func.coalesce(func.sum(tables.camera_totals.c.held_over), 0))
    return int(connection.execute(query).scalar_one())


def open_deletions(connection: Connection) -> int:
    """Deletions that began and have not ended."""
    stone = tables.tombstones.c
    return int(connection.execute(_count(tables.tombstones, stone.closed_us.is_(None))).scalar_one())


def _count(table: Table, where: ColumnElement[bool]) -> Any:  # noqa: ANN401
    return select(func.count()).select_from(table).where(where)
