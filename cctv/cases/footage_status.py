"""What exists of the footage that a case requests, camera by camera, and what becomes of footage under released holds.

Responsible for turning rows of the index into few spans: neighbours merged, each span without footage with its cause.
Reads only: the sweep decides and deletes.  Footage that another hold covers is never reported as due for deletion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Connection

from cctv.cases.incident_queries import first_recorded
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.coverage import Inventory, Missing, inventory, overlapping
from cctv.footage.segments import segments_of
from cctv.holds.store import holds_in_force
from cctv.model.cases import AccessRequest
from cctv.model.footage import GapCause, Reason, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, HoldId

SEAM = timedelta(milliseconds=500)  # as in footage.coverage: the gap between two segments of one run
_OPEN_SEGMENTS = 3  # one being written, one being closed, and one for a camera with a long key frame interval


class Fate(Enum):
    """What becomes of footage that a hold no longer keeps."""

    NEXT_SWEEP = "goes at the next sweep"
    AT_LIMIT = "goes at its limit"
    STILL_HELD = "stays held"


@dataclass(frozen=True, slots=True)
class ReleaseEffect:
    """Footage of one camera with one fate; `first_limit` and `last_limit` say when its limits fall."""

    camera: CameraId
    fate: Fate
    span: Span
    segments: int
    size_bytes: int
    first_limit: datetime
    last_limit: datetime
    holds: tuple[HoldId, ...]


@dataclass(frozen=True, slots=True)
class DeletedFootage:
    """Footage that was deleted, from the first to the last of its segments."""

    span: Span
    first_deleted: datetime
    last_deleted: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class UnrecordedFootage:
    """A span without footage: `cause` if the recorder knows one, `began` if the camera was first recorded later."""

    span: Span
    cause: GapCause | None
    began: datetime | None


@dataclass(frozen=True, slots=True)
class FootageStatus:
    """One camera over the span that a case asks for."""

    camera: CameraId
    span: Span
    saved: tuple[Span, ...]
    size_bytes: int
    gone: tuple[DeletedFootage, ...]
    unrecorded: tuple[UnrecordedFootage, ...]
    being_written: Span | None
    to_come: Span | None
    ever_recorded: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep, now or later."""
        return not (self.saved or self.being_written or self.to_come)


def find_footage(site: Storage, cameras: Sequence[CameraId], span: Span) -> tuple[FootageStatus, ...]:
    """What exists now of these cameras over a span."""
    with read_transaction(site.engine) as connection:
        return footage_status(connection, site, cameras, span)


def footage_status(
    connection: Connection, site: Storage, cameras: Sequence[CameraId], span: Span
) -> tuple[FootageStatus, ...]:
    """The same in the caller's transaction."""
    now = site.clock.now()
    return tuple(_camera_status(connection, site, inventory(connection, camera, span, now), now) for camera in cameras)


def request_footage(connection: Connection, site: Storage, request: AccessRequest) -> tuple[FootageStatus, ...]:
    """What exists of the footage of a request; empty while its cameras or its time are not known."""
    return footage_status(connection, site, request.cameras, request.span) if request.span is not None else ()


def release_effects(connection: Connection, leaving: Sequence[Hold], now: datetime) -> tuple[ReleaseEffect, ...]:
    """The footage that the `leaving` holds keep and what becomes of it without them, by camera and fate."""
    released = {hold.id for hold in leaving}
    others = [hold for hold in holds_in_force(connection) if hold.id not in released]
    groups: dict[tuple[CameraId, Fate, tuple[HoldId, ...]], list[Segment]] = {}
    for segment in _kept_by(connection, leaving):
        keeping = tuple(hold.id for hold in others if hold.covers(segment.camera, segment.span))
        groups.setdefault((segment.camera, _fate(segment, keeping, now), keeping), []).append(segment)
    return tuple(_release_effect(key, group) for key, group in groups.items())


def _kept_by(connection: Connection, leaving: Iterable[Hold]) -> list[Segment]:
    segments = {
        segment.id: segment
        for hold in leaving
        for camera in hold.cameras
        for segment in segments_of(connection, camera, hold.span)
    }
    return sorted(segments.values(), key=lambda segment: (segment.camera, segment.span))


def _fate(segment: Segment, keeping: tuple[HoldId, ...], now: datetime) -> Fate:
    if keeping:
        return Fate.STILL_HELD
    return Fate.NEXT_SWEEP if segment.limit <= now else Fate.AT_LIMIT


def _release_effect(key: tuple[CameraId, Fate, tuple[HoldId, ...]], group: Sequence[Segment]) -> ReleaseEffect:
    camera, fate, keeping = key
    return ReleaseEffect(
        camera=camera,
        fate=fate,
        span=Span(group[0].span.start, max(segment.span.end for segment in group)),
        segments=len(group),
        size_bytes=sum(segment.size_bytes for segment in group),
        first_limit=min(segment.limit for segment in group),
        last_limit=max(segment.limit for segment in group),
        holds=keeping,
    )


def _camera_status(connection: Connection, site: Storage, stock: Inventory, now: datetime) -> FootageStatus:
    began = first_recorded(connection, stock.camera)
    recent = _being_written(connection, site, stock.camera, now)
    open_holes = [hole for hole in stock.missing if hole.cause is None and recent and _within(hole.span, recent)]
    holes = [hole for hole in stock.missing if hole not in open_holes]
    return FootageStatus(
        camera=stock.camera,
        span=stock.span,
        saved=stock.saved,
        size_bytes=stock.size_bytes,
        gone=tuple(_merged_deletions(stock.gone, stock.deleted)),
        unrecorded=tuple(_merged_holes(holes, began)),
        being_written=Span(open_holes[0].span.start, open_holes[-1].span.end) if open_holes else None,
        to_come=stock.to_come,
        ever_recorded=began is not None,
    )


def _being_written(connection: Connection, site: Storage, camera: CameraId, now: datetime) -> Span | None:
    """What the recorder has on disk but not yet in the index: from the last segment until now, within reason."""
    incoming = site.root / "incoming" / camera
    if not incoming.is_dir() or not any(incoming.glob("run*.mp4")):
        return None
    earliest = now - _OPEN_SEGMENTS * site.settings.recording.segment
    indexed = segments_of(connection, camera, Span(earliest, now))
    start = max([earliest, *(segment.span.end for segment in indexed)])
    return Span(start, now) if start < now else None


def _within(inner: Span, outer: Span) -> bool:
    return outer.start - SEAM <= inner.start and inner.end <= outer.end


def _merged_deletions(tombstones: Iterable[Tombstone], deleted_spans: Sequence[Span]) -> list[DeletedFootage]:
    """Tombstones merged into few spans: one for each deleted span, two where the reason changes."""
    spans: list[DeletedFootage] = []
    pairs = [
        (tombstone, deleted_span)
        for tombstone in tombstones
        for deleted_span in overlapping(deleted_spans, tombstone.span)
    ]
    for tombstone, deleted_span in pairs:
        start, end = max(tombstone.span.start, deleted_span.start), min(tombstone.span.end, deleted_span.end)
        deleted, last = tombstone.closed or tombstone.began, spans[-1] if spans else None
        if last and last.reason is tombstone.reason and deleted_span.start <= last.span.start:
            reach = Span(last.span.start, max(last.span.end, end))
            spans[-1] = DeletedFootage(
                reach, min(last.first_deleted, deleted), max(last.last_deleted, deleted), tombstone.reason
            )
        else:
            spans.append(DeletedFootage(Span(start, end), deleted, deleted, tombstone.reason))
    return spans


def _merged_holes(holes: Iterable[Missing], began: datetime | None) -> list[UnrecordedFootage]:
    spans: list[UnrecordedFootage] = []
    for hole in holes:
        later = began if hole.cause is None and began is not None and began >= hole.span.end else None
        last = spans[-1] if spans else None
        if last and (last.cause, last.began) == (hole.cause, later) and hole.span.start == last.span.end:
            spans[-1] = UnrecordedFootage(Span(last.span.start, max(last.span.end, hole.span.end)), hole.cause, later)
        else:
            spans.append(UnrecordedFootage(hole.span, hole.cause, later))
    return spans
