"""Departures: which footage goes when, once certain holds are released.

Reads only; the sweeper decides and deletes.  Never says that footage goes while another hold covers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection

from cctv import holds
from cctv.archive import segments_of
from cctv.kernel.span import Span
from cctv.model.footage import Segment
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, HoldId


class Fate(Enum):
    """What becomes of footage that a hold no longer keeps."""

    NEXT_SWEEP = "goes at the next sweep"
    AT_LIMIT = "goes at its limit"
    STILL_HELD = "stays held"


@dataclass(frozen=True, slots=True)
class Departure:
    """Footage of one camera with one fate; `first_limit` and `last_limit` say when its limits fall."""

    camera: CameraId
    fate: Fate
    span: Span
    segments: int
    size_bytes: int
    first_limit: datetime
    last_limit: datetime
    holds: tuple[HoldId, ...]


def departures(connection: Connection, leaving: Sequence[Hold], now: datetime) -> tuple[Departure, ...]:
    """The footage that `leaving` keep and what becomes of it without them, by camera and fate."""
    released = {hold.id for hold in leaving}
    others = [hold for hold in holds.in_force(connection) if hold.id not in released]
    groups: dict[tuple[CameraId, Fate, tuple[HoldId, ...]], list[Segment]] = {}
    for segment in _kept_by(connection, leaving):
        keeping = tuple(hold.id for hold in others if hold.covers(segment.camera, segment.span))
        groups.setdefault((segment.camera, _fate(segment, keeping, now), keeping), []).append(segment)
    return tuple(_departure(key, group) for key, group in groups.items())


def _kept_by(connection: Connection, leaving: Iterable[Hold]) -> list[Segment]:
    found = {
        segment.id: segment
        for hold in leaving
        for camera in hold.cameras
        for segment in segments_of(connection, camera, hold.span)
    }
    return sorted(found.values(), key=lambda segment: (segment.camera, segment.span))


def _fate(segment: Segment, keeping: tuple[HoldId, ...], now: datetime) -> Fate:
    if keeping:
        return Fate.STILL_HELD
    return Fate.NEXT_SWEEP if segment.limit <= now else Fate.AT_LIMIT


def _departure(key: tuple[CameraId, Fate, tuple[HoldId, ...]], group: Sequence[Segment]) -> Departure:
    camera, fate, keeping = key
    return Departure(
        camera=camera,
        fate=fate,
        span=Span(group[0].span.start, max(segment.span.end for segment in group)),
        segments=len(group),
        size_bytes=sum(segment.size_bytes for segment in group),
        first_limit=min(segment.limit for segment in group),
        last_limit=max(segment.limit for segment in group),
        holds=keeping,
    )
