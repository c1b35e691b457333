"""The line of a camera's deletions of a day: made from tombstones, written down, read again.  Pure.

Canonical JSON with sorted keys and without spaces: what is signed.  Counts and bytes; no path and no hash of footage.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cctv.kernel.clock import from_us, to_us
from cctv.kernel.span import Span
from cctv.model.folded import FoldedGroup
from cctv.model.footage import Reason, Tombstone
from cctv.model.ids import CameraId, ZoneId

_MICROSECOND = timedelta(microseconds=1)


def groups_of(stones: Sequence[Tombstone]) -> tuple[FoldedGroup, ...]:
    """Closed tombstones of one camera, parted by zone, policy, reason and day of recording."""
    parted: defaultdict[tuple[str, str, str, Reason], list[Tombstone]] = defaultdict(list)
    for one in stones:
        day = f"{one.span.start.astimezone(UTC):%Y-%m-%d}"
        parted[day, one.zone, one.policy, one.reason].append(one)
    keys = sorted(parted, key=lambda key: (*key[:3], key[3].value))
    return tuple(_group(key[0], parted[key]) for key in keys)


def _group(day: str, stones: Sequence[Tombstone]) -> FoldedGroup:
    first = stones[0]
    closed = [one.closed for one in stones if one.closed is not None]
    return FoldedGroup(
        camera=first.camera,
        zone=first.zone,
        policy=first.policy,
        reason=first.reason,
        recorded=day,
        span=Span(min(one.span.start for one in stones), max(one.span.end for one in stones)),
        segments=len(stones),
        size_bytes=sum(one.size_bytes for one in stones),
        first_deleted=min(closed),
        last_deleted=max(closed),
        latest=max(one.closed - one.limit for one in stones if one.closed is not None),
    )


def line_of(
    site: str, day: str, part: int, stones: Sequence[Tombstone], digest: str, folded: datetime
) -> tuple[str, tuple[FoldedGroup, ...]]:
    """The line to sign, and its groups; `digest` is that of the tombstones, as the log binds them."""
    groups = groups_of(stones)
    said = {
        "schema": 1,
        "site": site,
        "day": day,
        "camera": stones[0].camera,
        "part": part,
        "first_tombstone": stones[0].id,
        "last_tombstone": stones[-1].id,
        "digest": digest,
        "folded_us": to_us(folded),
        "groups": [_said(one) for one in groups],
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False), groups


def from_line(line: str) -> tuple[FoldedGroup, ...]:
    """The groups that a line tells of."""
    said = json.loads(line)
    return tuple(
        FoldedGroup(
            camera=CameraId(said["camera"]),
            zone=ZoneId(one["zone"]),
            policy=one["policy"],
            reason=Reason(one["reason"]),
            recorded=one["recorded"],
            span=Span(from_us(one["start_us"]), from_us(one["end_us"])),
            segments=one["segments"],
            size_bytes=one["size_bytes"],
            first_deleted=from_us(one["first_deleted_us"]),
            last_deleted=from_us(one["last_deleted_us"]),
            latest=timedelta(microseconds=one["latest_us"]),
        )
        for one in said["groups"]
    )


def _said(one: FoldedGroup) -> dict[str, str | int]:
    return {
        "zone": one.zone,
        "policy": one.policy,
        "reason": one.reason.value,
        "recorded": one.recorded,
        "start_us": to_us(one.span.start),
        "end_us": to_us(one.span.end),
        "segments": one.segments,
        "size_bytes": one.size_bytes,
        "first_deleted_us": to_us(one.first_deleted),
        "last_deleted_us": to_us(one.last_deleted),
        "latest_us": one.latest // _MICROSECOND,
    }
