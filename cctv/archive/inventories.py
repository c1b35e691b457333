"""Inventory: of a camera over a span, what is saved, what is gone and when, what was never recorded and why.

Pure apart from the three queries that `inventory` makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.archive.runstore import gaps_of
from cctv.archive.store import segments_of, tombstones_of
from cctv.kernel.errors import CctvError, Exit
from cctv.kernel.span import Span, merged, total, without
from cctv.model.footage import Gap, GapCause, Segment, Tombstone
from cctv.model.ids import CameraId

SEAM = timedelta(milliseconds=500)  # between segments of one run; shorter than any cause that is worth a line


class NoFootage(CctvError):
    """There is no footage of {cameras} in that span: {cause}.

    next: cctv footage coverage shows what there is; try another camera or time.
    """

    exit_code = Exit.NO_FOOTAGE


@dataclass(frozen=True, slots=True)
class Missing:
    """An unrecorded span; `cause` is None where nothing was ever recorded around it."""

    span: Span
    cause: GapCause | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """One camera over one span as it stands at an instant."""

    camera: CameraId
    span: Span
    segments: tuple[Segment, ...]
    gone: tuple[Tombstone, ...]
    missing: tuple[Missing, ...]
    to_come: Span | None

    @property
    def saved(self) -> tuple[Span, ...]:
        """The footage that exists inside the span, as few spans."""
        inside = (segment.span.intersection(self.span) for segment in self.segments)
        return tuple(merged((span for span in inside if span), SEAM))

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
    segments = segments_of(connection, camera, span)
    gone = tombstones_of(connection, camera, span)
    past = span.intersection(Span(span.start, now)) if now > span.start else None
    known = [one.span for one in segments] + [one.span for one in gone]
    missing = _missing(past, known, gaps_of(connection, camera, span)) if past else []
    to_come = Span(max(now, span.start), span.end) if span.end > now else None
    return Inventory(camera, span, tuple(segments), tuple(gone), tuple(missing), to_come)


def absence(found: Iterable[Inventory]) -> str:
    """Why there is no footage, in words: expired, a gap and its cause, never recorded, still to come."""
    said: list[str] = []
    for one in found:
        if one.gone:
            said.append(f"{one.camera}: deleted ({one.gone[-1].reason.value})")
        causes = sorted({hole.cause.value for hole in one.missing if hole.cause})
        if causes:
            said.append(f"{one.camera}: not recorded ({', '.join(causes)})")
        if any(hole.cause is None for hole in one.missing):
            said.append(f"{one.camera}: never recorded around that time")
        if one.to_come and not said:
            said.append(f"{one.camera}: still to come")
    return "; ".join(said) or "nothing is known of that time"


def _missing(past: Span, known: Iterable[Span], gaps: Iterable[Gap]) -> list[Missing]:
    """What neither a segment nor a tombstone explains, cut where causes change."""
    causes = [(Span(gap.start, gap.end or max(past.end, gap.start + SEAM)), gap.cause) for gap in gaps]
    out: list[Missing] = []
    for hole in without(past, merged(known, SEAM)):
        explained = [(shared, cause) for span, cause in causes if (shared := hole.intersection(span))]
        out += [Missing(span, cause) for span, cause in explained]
        out += [Missing(span, None) for span in without(hole, (span for span, _ in explained))]
    return sorted(out, key=lambda one: one.span)
