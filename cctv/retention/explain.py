"""Explanation: why footage is still stored or was deleted: limit, the rule behind it, holds, and the log's entries.

Also the counts that the certificate of deletion needs.  Reads only and decides nothing.  Costs what the camera and span
hold, by index; the log is read by the names of its entries, never from end to end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from cctv.audit.chain import AuditEntry
from cctv.audit.log import audit_entries, entries_since
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.footage.coverage import Missing, inventory
from cctv.holds.store import find_hold, holds_in_force
from cctv.model.audit import Act
from cctv.model.footage import FoldedGroup, Reason, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId
from cctv.retention.policy import RetentionDecision, decide, due

SLACK = timedelta(days=2)  # ids of tombstones rise with time, except where a clock was set back
MAX_BATCHES = 100  # deletions that are looked up in the log for one explanation
MAX_ENTRIES_AFTER_BATCH = 50  # the recorder and commands may write entries in between
_Promised = Segment | Tombstone | FoldedGroup


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy version: its canonical text, and since when it was recorded under."""

    digest: str
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    """Deletions for one reason, of one camera and zone under one policy: counts, bytes, first and last time.

    `latest` is how far beyond its limit the latest of them was deleted; below zero when all were deleted in time.
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


@dataclass(frozen=True, slots=True)
class Passes:
    """The sweeps of a period: how many completed, and how often each guard stopped one."""

    completed: int
    refused: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy version that footage was recorded under, and its rule for the zone.

    `rule` is the bound that decided the period: zone, site cap or jurisdiction cap; None when unknown.
    """

    policy: str
    since: datetime | None
    rule: str | None
    declared: timedelta | None
    period: timedelta | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A camera over a span: decisions about what is stored, what was deleted, what was never recorded.

    `holds` are all that ever covered part of the span, released ones too; `acts` are the log's entries about it with
    their reason, None where it no longer exists.
    """

    camera: CameraId
    span: Span
    decisions: tuple[RetentionDecision, ...]
    gone: tuple[Tombstone, ...]
    folded: tuple[FoldedGroup, ...]
    missing: tuple[Missing, ...]
    holds: tuple[Hold, ...]
    acts: tuple[tuple[AuditEntry, str | None], ...]
    policies: Mapping[str, PolicyRow]

    def terms(self, footage: _Promised) -> Terms:
        """The terms of the policy in force when this footage was recorded."""
        return terms_of(footage.policy, footage.zone, self.policies)

    def holds_of(self, span: Span) -> tuple[Hold, ...]:
        """The holds that ever covered a part of the span."""
        return tuple(hold for hold in self.holds if hold.span.overlaps(span))


def policies(connection: Connection, digests: Sequence[str]) -> dict[str, PolicyRow]:
    """The policy versions of these digests, as far as their text is known."""
    table = schema.policies
    rows = connection.execute(select(table).where(table.c.digest.in_(sorted(set(digests)))))
    return {row.digest: PolicyRow(row.digest, row.text, row.first_seen_us) for row in rows}


def holds_over(connection: Connection, camera: CameraId, span: Span) -> list[Hold]:
    """Every hold over a camera and span that there ever was, released or not, the first placed first."""
    hold, of = schema.holds.c, schema.hold_cameras.c
    query = select(hold.id).join(schema.hold_cameras, of.hold_id == hold.id).where(of.camera == camera)
    query = query.where(hold.start_us < span.end, hold.end_us > span.start)
    ids = connection.execute(query.order_by(hold.placed_us, hold.id)).scalars().all()
    return [find_hold(connection, hold_id) for hold_id in ids]


def cases_over(connection: Connection, camera: CameraId, span: Span) -> list[str]:
    """Ids of the incidents and requests about a camera over a span, open or closed."""
    cases: list[str] = []
    for table in (schema.incidents, schema.requests):
        rows = connection.execute(
            select(table.c.id, table.c.cameras)
            .where(table.c.start_us < span.end, table.c.end_us > span.start)
            .order_by(table.c.opened_us, table.c.id)
        )
        cases += [row.id for row in rows if camera in row.cameras]
    return cases


def deleted_between(connection: Connection, first: datetime, last: datetime) -> list[Deleted]:
    """Deletions in [first, last) that still have their tombstones, by camera, zone, policy and reason."""
    stone = schema.tombstones.c
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
    stone = schema.tombstones.c
    low, high = _number_at(connection, first - SLACK), _number_at(connection, last + SLACK)
    exact = and_(stone.closed_us >= first, stone.closed_us < last)
    return and_(stone.id >= low, stone.id < high, exact)


def _number_at(connection: Connection, at: datetime) -> int:
    """The id of the first tombstone that began at an instant or later, by binary search: there is no index on the time,
    for every deletion would pay for it.
    """
    stone = schema.tombstones.c
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


def passes_between(connection: Connection, first: datetime, last: datetime) -> Passes:
    """Counts of the sweeps in [first, last)."""
    sweep = schema.sweeps.c
    query = select(sweep.refused_by, func.count()).where(sweep.at_us >= first, sweep.at_us < last)
    counts: dict[Any, int] = {row[0]: row[1] for row in connection.execute(query.group_by(sweep.refused_by))}
    completed = counts.pop(None, 0)
    return Passes(completed, tuple(sorted(counts.items())))


def held_over_by(connection: Connection) -> int:
    """How many segments holds keep past their limit, as far as sweeps have marked them."""
    query = select(func.coalesce(func.sum(schema.camera_totals.c.held_over), 0))
    return int(connection.execute(query).scalar_one())


def open_deletions(connection: Connection) -> int:
    """Deletions that began and have not ended."""
    stone = schema.tombstones.c
    return int(connection.execute(_count(schema.tombstones, stone.closed_us.is_(None))).scalar_one())


def _count(table: Table, where: ColumnElement[bool]) -> Any:  # noqa: ANN401
    return select(func.count()).select_from(table).where(where)


def explain(connection: Connection, camera: CameraId, span: Span, now: datetime) -> Explanation:
    """Explain every segment of a camera that touches the span."""
    stock = inventory(connection, camera, span, now)
    in_force = holds_in_force(connection)
    decisions = tuple(decide(segment, in_force, now) for segment in stock.segments)
    promised: list[_Promised] = [*stock.segments, *stock.gone, *stock.folded]
    ever = holds_over(connection, camera, span)
    cases = [*cases_over(connection, camera, span), *(hold.ground.case_id for hold in ever)]
    return Explanation(
        camera=camera,
        span=span,
        decisions=decisions,
        gone=stock.gone,
        folded=stock.folded,
        missing=stock.missing,
        holds=tuple(ever),
        acts=tuple(_acts(connection, camera, span, cases, ever, [*stock.segments, *stock.gone])),
        policies=policies(connection, [footage.policy for footage in promised]),
    )


def goes_at(decision: RetentionDecision) -> datetime:
    """When the sweep deletes a segment that no hold keeps."""
    return due(decision.segment)


def terms_of(policy: str, zone: str, versions: Mapping[str, PolicyRow]) -> Terms:
    """The terms of a policy version for a zone; None fields where they are unknown.  Pure."""
    row = versions.get(policy)
    if row is None:
        return Terms(policy, None, None, None, None)
    try:
        payload = json.loads(row.text)["zones"][zone]
        declared, period = timedelta(seconds=payload["declared"]), timedelta(seconds=payload["limit"])
        return Terms(policy, row.since, str(payload["rule"]), declared, period)
    except (ValueError, KeyError, TypeError):
        return Terms(policy, row.since, None, None, None)


def _acts(
    connection: Connection,
    camera: CameraId,
    span: Span,
    cases: Sequence[str],
    ever: Sequence[Hold],
    footage: Sequence[Segment | Tombstone],
) -> list[tuple[AuditEntry, str | None]]:
    """The log's entries about a camera and span, in order: of its cases, of its files, of their deletion."""
    acts: dict[int, tuple[AuditEntry, str | None]] = {}
    ours = {hold.id for hold in ever}
    for case in sorted(set(cases)):
        for entry, reason in audit_entries(connection, about=case):
            if not entry.subject.startswith("HOLD-") or entry.subject in ours:
                acts[entry.seq] = entry, reason
    for item in footage:
        for entry, reason in audit_entries(connection, about=item.path):
            acts[entry.seq] = entry, reason
    for entry in _batches(connection, [item for item in footage if isinstance(item, Tombstone)]):
        acts[entry.seq] = entry, None
    if any(isinstance(item, Tombstone) and item.reason is Reason.NEVER_ALLOWED for item in footage):
        for entry, reason in audit_entries(connection, act=Act.DELETION_ORDERED, about="footage"):
            cameras = entry.facts.get("cameras")
            if isinstance(cameras, list) and camera in cameras and _overlaps(entry.facts.get("span"), span):
                acts[entry.seq] = entry, reason
    return [acts[seq] for seq in sorted(acts)]


def _batches(connection: Connection, tombstones: Sequence[Tombstone]) -> Iterator[AuditEntry]:
    """The audit entries of the batches that deleted the tombstones; each was written when its batch began."""
    number_by_start = {
        stone.began: stone.id for stone in tombstones if stone.reason not in (Reason.LOST, Reason.FORGOTTEN)
    }
    for began, number in sorted(number_by_start.items())[:MAX_BATCHES]:
        for count, entry in enumerate(entries_since(connection, began)):
            first, last = entry.facts.get("first_tombstone"), entry.facts.get("last_tombstone")
            if isinstance(first, int) and isinstance(last, int) and first <= number <= last:
                yield entry
                break
            if count >= MAX_ENTRIES_AFTER_BATCH:
                break


def _overlaps(text: object, span: Span) -> bool:
    try:
        start, _, end = str(text).partition("/")
        return Span(datetime.fromisoformat(start), datetime.fromisoformat(end)).overlaps(span)
    except ValueError:
        return False
