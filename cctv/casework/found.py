"""Found: what exists of the footage that a case asks for, camera by camera, in the terms that people are told.

Owns the step from the archive's rows to those terms: neighbouring spans as one, the cause of every hole.  Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.archive import Inventory, Missing, inventory, overlapping, segments_of
from cctv.casework.store import first_recorded
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.kernel.span import Span
from cctv.model.footage import GapCause, Reason, Tombstone
from cctv.model.ids import CameraId

SEAM = timedelta(milliseconds=500)  # as archive.inventory: what lies between two segments of one run
_OPEN_FILES = 3  # segments: one being written, one being closed, and one for a camera with a long key frame interval


@dataclass(frozen=True, slots=True)
class Gone:
    """Footage that was deleted, from the first to the last of its segments."""

    span: Span
    first_deleted: datetime
    last_deleted: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A span without footage: `cause` if the recorder knows one, `began` if the camera was first recorded later."""

    span: Span
    cause: GapCause | None
    began: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """One camera over the span that a case asks for."""

    camera: CameraId
    span: Span
    saved: tuple[Span, ...]
    size_bytes: int
    gone: tuple[Gone, ...]
    unrecorded: tuple[Unrecorded, ...]
    being_written: Span | None
    to_come: Span | None
    ever_recorded: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep, now or later."""
        return not (self.saved or self.being_written or self.to_come)


def find_footage(site: Site, cameras: Sequence[CameraId], span: Span) -> tuple[Found, ...]:
    """What exists now of these cameras over a span."""
    with reading(site.engine) as connection:
        return look(connection, site, cameras, span)


def look(connection: Connection, site: Site, cameras: Sequence[CameraId], span: Span) -> tuple[Found, ...]:
    """The same in the caller's transaction."""
    now = site.clock.now()
    return tuple(_found(connection, site, inventory(connection, camera, span, now), now) for camera in cameras)


def _found(connection: Connection, site: Site, stock: Inventory, now: datetime) -> Found:
    began = first_recorded(connection, stock.camera)
    recent = _being_written(connection, site, stock.camera, now)
    open_holes = [hole for hole in stock.missing if hole.cause is None and recent and _within(hole.span, recent)]
    holes = [hole for hole in stock.missing if hole not in open_holes]
    return Found(
        camera=stock.camera,
        span=stock.span,
        saved=stock.saved,
        size_bytes=stock.size_bytes,
        gone=tuple(_joined_gone(stock.gone, stock.deleted)),
        unrecorded=tuple(_joined_holes(holes, began)),
        being_written=Span(open_holes[0].span.start, open_holes[-1].span.end) if open_holes else None,
        to_come=stock.to_come,
        ever_recorded=began is not None,
    )


def _being_written(connection: Connection, site: Site, camera: CameraId, now: datetime) -> Span | None:
    """What the recorder has on disk but not yet in the index: from the last segment until now, within reason."""
    incoming = site.root / "incoming" / camera
    if not incoming.is_dir() or not any(incoming.glob("run*.mp4")):
        return None
    earliest = now - _OPEN_FILES * site.settings.recording.segment
    indexed = segments_of(connection, camera, Span(earliest, now))
    start = max([earliest, *(segment.span.end for segment in indexed)])
    return Span(start, now) if start < now else None


def _within(inner: Span, outer: Span) -> bool:
    return outer.start - SEAM <= inner.start and inner.end <= outer.end


def _joined_gone(tombstones: Iterable[Tombstone], stretches: Sequence[Span]) -> list[Gone]:
    """Tombstones as few spans: one for each stretch of footage that was deleted, two where the reason changes."""
    out: list[Gone] = []
    met = [(one, stretch) for one in tombstones for stretch in overlapping(stretches, one.span)]
    for one, stretch in met:
        start, end = max(one.span.start, stretch.start), min(one.span.end, stretch.end)
        deleted, last = one.closed or one.began, out[-1] if out else None
        if last and last.reason is one.reason and stretch.start <= last.span.start:
            reach = Span(last.span.start, max(last.span.end, end))
            out[-1] = Gone(reach, min(last.first_deleted, deleted), max(last.last_deleted, deleted), one.reason)
        else:
            out.append(Gone(Span(start, end), deleted, deleted, one.reason))
    return out


def _joined_holes(holes: Iterable[Missing], began: datetime | None) -> list[Unrecorded]:
    out: list[Unrecorded] = []
    for hole in holes:
        later = began if hole.cause is None and began is not None and began >= hole.span.end else None
        last = out[-1] if out else None
        if last and (last.cause, last.began) == (hole.cause, later) and hole.span.start == last.span.end:
            out[-1] = Unrecorded(Span(last.span.start, max(last.span.end, hole.span.end)), hole.cause, later)
        else:
            out.append(Unrecorded(hole.span, hole.cause, later))
    return out
