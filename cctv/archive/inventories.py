"""Inventory: of a camera over a span, what is saved, what is gone and when, what was never recorded and why.

Pure apart from the queries that `inventory` makes; `coverage` parts the span.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.archive.coverage import SEAM, Missing, part, unexplained
from cctv.archive.foldstore import folded_of
from cctv.archive.runstore import first_and_last, gaps_of
from cctv.archive.store import segments_of, tombstones_of
from cctv.kernel.errors import CctvError, Exit
from cctv.kernel.span import Span, total
from cctv.model.folded import FoldedGroup
from cctv.model.footage import Segment, Tombstone
from cctv.model.ids import CameraId


class NoFootage(CctvError):
    """There is no footage of {cameras} in that span: {cause}.

    next: cctv footage coverage shows what there is; try another camera or time.
    """

    exit_code = Exit.NO_FOOTAGE


@dataclass(frozen=True, slots=True)
class Inventory:
    """One camera over one span as it stands at an instant.

    `saved`, `deleted`, `missing` and `to_come` make the span without rest; nothing lies in two of them, unless the
    clock was set back and footage is dated later than now.  `unexplained` is that part of `missing`, between the
    camera's first footage and its last, of which nobody knows why.
    """

    camera: CameraId
    span: Span
    segments: tuple[Segment, ...]
    gone: tuple[Tombstone, ...]
    folded: tuple[FoldedGroup, ...]  # what went more than a year ago, no longer known one by one
    saved: tuple[Span, ...]
    deleted: tuple[Span, ...]
    missing: tuple[Missing, ...]
    unexplained: tuple[Span, ...]
    to_come: Span | None

    @property
    def size_bytes(self) -> int:
        return sum(segment.size_bytes for segment in self.segments)

    @property
    def coverage(self) -> float:
        """Recorded fraction of the span so far, 0 to 1; footage that was deleted does not count."""
        past = self.span.duration - (self.to_come.duration if self.to_come else timedelta(0))
        return min(1.0, total(self.saved) / past) if past else 0.0


def inventory(connection: Connection, camera: CameraId, span: Span, now: datetime) -> Inventory:
    """Look one camera up; `now` divides what is missing from what is still to come."""
    around = Span(span.start - SEAM, span.end + SEAM)  # what stands there tells a seam from a hole
    segments, gone = segments_of(connection, camera, around), tombstones_of(connection, camera, around)
    folded = folded_of(connection, camera, around)
    went = [*(one.span for one in gone), *(one.span for one in folded)]
    parts = part(around, [one.span for one in segments], went, gaps_of(connection, camera, around))
    past = span.intersection(Span(span.start, now)) if now > span.start else None
    missing = [
        Missing(shared, hole.cause) for hole in parts.missing if past and (shared := hole.span.intersection(past))
    ]
    return Inventory(
        camera=camera,
        span=span,
        segments=tuple(one for one in segments if one.span.overlaps(span)),
        gone=tuple(one for one in gone if one.span.overlaps(span)),
        folded=tuple(one for one in folded if one.span.overlaps(span)),
        saved=_inside(span, parts.saved),
        deleted=_inside(span, parts.deleted),
        missing=tuple(missing),
        unexplained=tuple(unexplained(missing, first_and_last(connection, camera))),
        to_come=Span(max(now, span.start), span.end) if span.end > now else None,
    )


def absence(found: Iterable[Inventory]) -> str:
    """Why there is no footage, in words: expired, a gap and its cause, never recorded, still to come."""
    said: list[str] = []
    for one in found:
        if one.gone or one.folded:
            said.append(f"{one.camera}: deleted ({(one.gone or one.folded)[-1].reason.value})")
        causes = sorted({hole.cause.value for hole in one.missing if hole.cause})
        if causes:
            said.append(f"{one.camera}: not recorded ({', '.join(causes)})")
        if any(hole.cause is None for hole in one.missing):
            said.append(f"{one.camera}: never recorded around that time")
        if one.to_come and not said:
            said.append(f"{one.camera}: still to come")
    return "; ".join(said) or "nothing is known of that time"


def _inside(whole: Span, parts: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(shared for span in parts if (shared := span.intersection(whole)))
