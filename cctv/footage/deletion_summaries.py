"""Deletion summaries: one signed line for a camera's deletions of a day, in place of their tombstones.

Makes the line from tombstones, parses it, and queries its rows; decides nothing and signs nothing.  A line is canonical
JSON with sorted keys and without spaces, for its bytes are what is signed.  It has counts and bytes per group, and no
path and no hash of footage.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from cctv.core.clock import from_us, to_us
from cctv.core.text import parse_json
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.footage.segments import to_tombstone
from cctv.model.footage import FoldedDay, FoldedGroup, Reason, Tombstone
from cctv.model.ids import CameraId, ZoneId

_MICROSECOND = timedelta(microseconds=1)
FOLDED = (Reason.PAST_LIMIT, Reason.SPACE_NEEDED, Reason.NEVER_ALLOWED, Reason.ERASED, Reason.SITE_CLOSED)
"""The reasons that are summarised.  Tombstones of lost footage stay: a hold may still need them."""
_CHUNK = 1000
_ONE_DAY = timedelta(days=1)


def groups_of(stones: Sequence[Tombstone]) -> tuple[FoldedGroup, ...]:
    """Closed tombstones of one camera, parted by zone, policy, reason and day of recording."""
    parted: defaultdict[tuple[str, str, str, Reason], list[Tombstone]] = defaultdict(list)
    for stone in stones:
        day = f"{stone.span.start.astimezone(UTC):%Y-%m-%d}"
        parted[day, stone.zone, stone.policy, stone.reason].append(stone)
    keys = sorted(parted, key=lambda key: (*key[:3], key[3].value))
    return tuple(_group(key[0], parted[key]) for key in keys)


def _group(day: str, stones: Sequence[Tombstone]) -> FoldedGroup:
    first = stones[0]
    closed = [stone.closed for stone in stones if stone.closed is not None]
    return FoldedGroup(
        camera=first.camera,
        zone=first.zone,
        policy=first.policy,
        reason=first.reason,
        recorded=day,
        span=Span(min(stone.span.start for stone in stones), max(stone.span.end for stone in stones)),
        segments=len(stones),
        size_bytes=sum(stone.size_bytes for stone in stones),
        first_deleted=min(closed),
        last_deleted=max(closed),
        latest=max(stone.closed - stone.limit for stone in stones if stone.closed is not None),
    )


def line_of(
    site: str, day: str, part: int, stones: Sequence[Tombstone], digest: str, folded: datetime
) -> tuple[str, tuple[FoldedGroup, ...]]:
    """The line to sign, and its groups; `digest` is that of the tombstones, as the log binds them."""
    groups = groups_of(stones)
    payload = {
        "schema": 1,
        "site": site,
        "day": day,
        "camera": stones[0].camera,
        "part": part,
        "first_tombstone": stones[0].id,
        "last_tombstone": stones[-1].id,
        "digest": digest,
        "folded_us": to_us(folded),
        "groups": [_group_fields(group) for group in groups],
    }
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False), groups


def from_line(line: str) -> tuple[FoldedGroup, ...]:
    """The groups of a line; raises ValueError or KeyError for a line that is none."""
    payload = parse_json(line)
    return tuple(
        FoldedGroup(
            camera=CameraId(payload["camera"]),
            zone=ZoneId(group["zone"]),
            policy=group["policy"],
            reason=Reason(group["reason"]),
            recorded=group["recorded"],
            span=Span(from_us(group["start_us"]), from_us(group["end_us"])),
            segments=group["segments"],
            size_bytes=group["size_bytes"],
            first_deleted=from_us(group["first_deleted_us"]),
            last_deleted=from_us(group["last_deleted_us"]),
            latest=timedelta(microseconds=group["latest_us"]),
        )
        for group in payload["groups"]
    )


def _group_fields(group: FoldedGroup) -> dict[str, str | int]:
    return {
        "zone": group.zone,
        "policy": group.policy,
        "reason": group.reason.value,
        "recorded": group.recorded,
        "start_us": to_us(group.span.start),
        "end_us": to_us(group.span.end),
        "segments": group.segments,
        "size_bytes": group.size_bytes,
        "first_deleted_us": to_us(group.first_deleted),
        "last_deleted_us": to_us(group.last_deleted),
        "latest_us": group.latest // _MICROSECOND,
    }


def oldest_day(connection: Connection, before: datetime) -> dict[CameraId, list[int]]:
    """The tombstones of the oldest day (UTC) of deletions that ended before an instant, by camera.

    Empty when there is none.  The newest tombstone of all is left out: an id must never be assigned twice.
    """
    table = schema.tombstones.c
    newest = select(func.max(table.id)).scalar_subquery()
    closed = table.closed_us.is_not(None) & table.reason.in_(FOLDED) & (table.id < newest)
    first = connection.execute(select(table.id, table.closed_us).where(closed).order_by(table.id).limit(1)).first()
    if first is None:
        return {}
    begins = first.closed_us.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = begins + _ONE_DAY
    if begins + _ONE_DAY > before:
        return {}
    later = select(table.id).where(table.id > first.id, table.closed_us >= ends).order_by(table.id).limit(1)
    after: int | None = connection.execute(later).scalar()
    rows = select(table.id, table.camera).where(closed, table.id >= first.id)
    rows = rows.where(table.closed_us >= begins, table.closed_us < ends).order_by(table.id)
    ids_by_camera: defaultdict[CameraId, list[int]] = defaultdict(list)
    for row in connection.execute(rows.where(table.id < after) if after is not None else rows):
        ids_by_camera[row.camera].append(row.id)
    return dict(ids_by_camera)


def tombstones_by_id(connection: Connection, ids: Sequence[int]) -> list[Tombstone]:
    """The tombstones with these ids that still exist, in order."""
    table, stones = schema.tombstones, []
    for first in range(0, len(ids), _CHUNK):
        query = select(table).where(table.c.id.in_(ids[first : first + _CHUNK])).order_by(table.c.id)
        stones += [to_tombstone(row) for row in connection.execute(query)]
    return stones


def replace_tombstones(connection: Connection, stones: Sequence[Tombstone], folded: FoldedDay) -> None:
    """Insert a signed line and delete the tombstones that it replaces."""
    values = {"day": folded.day, "camera": folded.camera, "part": folded.part, "line": folded.line}
    span = {"start_us": folded.span.start, "end_us": folded.span.end}
    connection.execute(insert(schema.folded_days).values(**values, **span, signature=folded.signature))
    ids = [stone.id for stone in stones]
    for first in range(0, len(ids), _CHUNK):
        connection.execute(delete(schema.tombstones).where(schema.tombstones.c.id.in_(ids[first : first + _CHUNK])))


def next_part(connection: Connection, day: str, camera: CameraId) -> int:
    """The number of a further line of the same day and camera; 1 for the first."""
    table = schema.folded_days.c
    query = select(func.coalesce(func.max(table.part), 0)).where(table.day == day, table.camera == camera)
    return int(connection.execute(query).scalar_one()) + 1


def folded_between(connection: Connection, first_day: str, last_day: str) -> list[FoldedDay]:
    """The lines of deletions from one day to another (UTC), both included, in order."""
    table = schema.folded_days
    query = select(table).where(table.c.day.between(first_day, last_day))
    return [_folded(row) for row in connection.execute(query.order_by(table.c.day, table.c.camera, table.c.part))]


def folded_of(connection: Connection, camera: CameraId, span: Span) -> list[FoldedGroup]:
    """The groups of a camera's folded deletions that overlap a span of footage, in order."""
    table = schema.folded_days
    query = select(table).where(table.c.camera == camera, table.c.start_us < span.end, table.c.end_us > span.start)
    groups = [group for row in connection.execute(query) for group in _folded(row).groups]
    inside = (group for group in groups if group.span.overlaps(span))
    return sorted(inside, key=lambda group: (group.span, group.first_deleted))


def _folded(row: Row[Any]) -> FoldedDay:
    return FoldedDay(row.day, row.camera, row.part, from_line(row.line), row.line, row.signature)


def day_of(instant: datetime) -> str:
    """The day of an instant, UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%d}"
