"""Coverage: a span of one camera, split into what is saved, was deleted, or was never recorded, with its cause.

`inventory` queries the index; everything else is pure.  Every instant lies in exactly one part:

* A noted gap was not recorded, although a segment's span goes on around it.
* A segment holds at least one picture: a gap that leaves nothing of it is wrong, and the file on the disk is right.
* For overlapping gaps, the latest start wins.
* Footage that a camera's own card filled a gap with is recorded: it overrides the gap, which stays noted.
* Footage at most SEAM apart, with no gap noted in between, is joined; so short a rest beside a gap belongs to the gap.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from heapq import heappop, heappush
from itertools import pairwise
from typing import TypeAlias

from sqlalchemy import Connection

from cctv.core.errors import CctvError, Exit
from cctv.core.time_range import Span, merged, total, without
from cctv.footage.deletion_summaries import folded_of
from cctv.footage.runs import first_and_last, gaps_of
from cctv.footage.segments import segments_of, tombstones_of
from cctv.model.footage import FoldedGroup, FootageSource, Gap, GapCause, Segment, Tombstone
from cctv.model.ids import CameraId

SEAM = timedelta(milliseconds=500)  # between segments of one run; shorter than any cause that is worth a line
_FOREVER = datetime.max.replace(tzinfo=UTC)
_Kind: TypeAlias = "_Footage | GapCause | None"
_Piece: TypeAlias = tuple[Span, _Kind]


@dataclass(frozen=True, slots=True)
class Missing:
    """An unrecorded span; `cause` is None where none was noted."""

    span: Span
    cause: GapCause | None


@dataclass(frozen=True, slots=True)
class Parts:
    """A span, completely divided: saved, deleted, never recorded; each in order, no overlaps."""

    saved: tuple[Span, ...]
    deleted: tuple[Span, ...]
    missing: tuple[Missing, ...]


class _Footage(Enum):
    SAVED = 1
    DELETED = 2


class FootageAbsence(CctvError):
    """There is no footage of {cameras} in that span: {cause}.

    next: cctv footage coverage shows what there is; try another camera or time.
    """

    code = "NoFootage"
    exit_code = Exit.NO_FOOTAGE


@dataclass(frozen=True, slots=True)
class Inventory:
    """One camera over one span at one instant.

    `saved`, `deleted`, `missing` and `to_come` make up the whole span and do not overlap, unless the
    clock was set back and footage is dated later than now.  `unexplained` is that part of `missing`, between the
    camera's first footage and its last, that has no known cause.
    """

    camera: CameraId
    span: Span
    segments: tuple[Segment, ...]
    gone: tuple[Tombstone, ...]
    folded: tuple[FoldedGroup, ...]  # deleted more than a year ago, no longer known by file
    saved: tuple[Span, ...]
    deleted: tuple[Span, ...]
    missing: tuple[Missing, ...]
    unexplained: tuple[Span, ...]
    to_come: Span | None
    from_card: tuple[Span, ...] = ()  # that part of `saved` which was fetched from the camera's own card

    @property
    def size_bytes(self) -> int:
        """Bytes of the stored segments that overlap the span."""
        return sum(segment.size_bytes for segment in self.segments)

    @property
    def coverage(self) -> float:
        """Recorded fraction of the span so far, 0 to 1; footage that was deleted does not count."""
        past = self.span.duration - (self.to_come.duration if self.to_come else timedelta(0))
        return min(1.0, total(self.saved) / past) if past else 0.0


def split_span(whole: Span, segments: Iterable[Span], deleted: Iterable[Span], gaps: Iterable[Gap]) -> Parts:
    """Split a span by the segments that exist, the deleted ones, and the noted gaps."""
    gap_pieces = _disjoint([(Span(gap.start, gap.end or _FOREVER), gap.cause) for gap in gaps])
    unrecorded = merged(span for span, _ in gap_pieces)
    saved = merged(_pictures(segments, unrecorded))
    pictures = merged(_pictures(deleted, unrecorded))
    removed = [rest for span in pictures for rest in without(span, overlapping(saved, span))]
    footage = merged([*saved, *removed])
    noted: list[_Piece] = [(span, _Footage.SAVED) for span in saved]
    noted += [(span, _Footage.DELETED) for span in removed]
    noted += [(rest, cause) for span, cause in gap_pieces for rest in without(span, overlapping(footage, span))]
    pieces = list(_joined(_assign_seams(_fill_span(whole, noted))))
    return Parts(
        saved=tuple(span for span, kind in pieces if kind is _Footage.SAVED),
        deleted=tuple(span for span, kind in pieces if kind is _Footage.DELETED),
        missing=tuple(Missing(span, kind) for span, kind in pieces if not isinstance(kind, _Footage)),
    )


def unexplained(missing: Iterable[Missing], recorded: Span | None) -> list[Span]:
    """The missing spans without a noted cause, inside `recorded`: from the camera's first footage to its last.

    Before the first there is nothing to explain, and after the last is what is being written.  None: no footage ever.
    """
    holes = (hole.span for hole in missing if hole.cause is None)
    return [shared for hole in holes if recorded and (shared := hole.intersection(recorded))]


def _pictures(footage: Iterable[Span], unrecorded: Sequence[Span]) -> Iterator[Span]:
    for span in footage:
        gaps = overlapping(unrecorded, span) if unrecorded else ()
        yield from (without(span, gaps) or [span]) if gaps else (span,)


def overlapping(parts: Sequence[Span], span: Span) -> Sequence[Span]:
    """The parts that overlap a span; `parts` must be in order and disjoint."""
    first = bisect_right(parts, span.start, key=lambda part: part.end)
    return parts[first : bisect_left(parts, span.end, key=lambda part: part.start)]


def _disjoint(gaps: Iterable[tuple[Span, GapCause]]) -> list[tuple[Span, GapCause]]:
    """Disjoint gaps in order: for overlapping gaps, the latest start wins, then the earliest end."""
    ordered = sorted(gaps, key=lambda gap: (gap[0].start, -gap[0].duration, gap[1].value))
    cuts = sorted({at for span, _ in ordered for at in (span.start, span.end)})
    out: list[tuple[Span, GapCause]] = []
    open_ones: list[int] = []
    begun = 0
    for start, end in pairwise(cuts):
        while begun < len(ordered) and ordered[begun][0].start <= start:
            heappush(open_ones, -begun)
            begun += 1
        while open_ones and ordered[-open_ones[0]][0].end <= start:
            heappop(open_ones)
        if open_ones:
            out.append((Span(start, end), ordered[-open_ones[0]][1]))
    return out


def _fill_span(whole: Span, pieces: Iterable[_Piece]) -> list[_Piece]:
    """The pieces inside a span, and between them the rest with kind None."""
    inside: list[_Piece] = [(shared, kind) for span, kind in pieces if (shared := span.intersection(whole))]
    rest: list[_Piece] = [(span, None) for span in without(whole, (span for span, _ in inside))]
    return sorted(inside + rest, key=lambda piece: piece[0])


def _assign_seams(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """Pieces of no kind that are no longer than a seam join a gap beside them, or the footage on both sides."""
    for number, (span, kind) in enumerate(pieces):
        if kind is None and span.duration <= SEAM and 0 < number < len(pieces) - 1:
            before, after = pieces[number - 1][1], pieces[number + 1][1]
            yield span, before if isinstance(before, GapCause) or isinstance(after, _Footage) else after
        else:
            yield span, kind


def _joined(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Neighbours of one kind as one piece."""
    last: _Piece | None = None
    for span, kind in pieces:
        if last is not None and last[1] is kind:
            last = Span(last[0].start, span.end), kind
            continue
        if last is not None:
            yield last
        last = span, kind
    if last is not None:
        yield last


def inventory(connection: Connection, camera: CameraId, span: Span, now: datetime) -> Inventory:
    """Query one camera; `now` divides what is missing from what is still to come."""
    around = Span(span.start - SEAM, span.end + SEAM)  # the footage there distinguishes a seam from a hole
    segments, tombstones = segments_of(connection, camera, around), tombstones_of(connection, camera, around)
    folded = folded_of(connection, camera, around)
    deleted = [*(stone.span for stone in tombstones), *(group.span for group in folded)]
    saved = [segment.span for segment in segments]
    from_card = merged(segment.span for segment in segments if segment.source is FootageSource.CARD)
    gaps = [rest for gap in gaps_of(connection, camera, around) for rest in _unfilled(gap, from_card)]
    parts = split_span(around, saved, deleted, gaps)
    past = span.intersection(Span(span.start, now)) if now > span.start else None
    missing = [
        Missing(shared, hole.cause) for hole in parts.missing if past and (shared := hole.span.intersection(past))
    ]
    return Inventory(
        camera=camera,
        span=span,
        segments=tuple(segment for segment in segments if segment.span.overlaps(span)),
        gone=tuple(stone for stone in tombstones if stone.span.overlaps(span)),
        folded=tuple(group for group in folded if group.span.overlaps(span)),
        saved=_inside(span, parts.saved),
        deleted=_inside(span, parts.deleted),
        missing=tuple(missing),
        unexplained=tuple(unexplained(missing, first_and_last(connection, camera))),
        to_come=Span(max(now, span.start), span.end) if span.end > now else None,
        from_card=_inside(span, from_card),
    )


def _unfilled(gap: Gap, filled: Sequence[Span]) -> list[Gap]:
    """What is left of a gap after it was filled from a card; of one that lasts, nothing is filled."""
    if gap.end is None or not filled or gap.end <= gap.start:
        return [gap]
    return [replace(gap, start=rest.start, end=rest.end) for rest in without(Span(gap.start, gap.end), filled)]


def absence(inventories: Iterable[Inventory]) -> str:
    """Why there is no footage, as text: expired, a gap and its cause, never recorded, still to come."""
    reasons: list[str] = []
    for footage in inventories:
        if deleted := footage.gone or footage.folded:
            reasons.append(f"{footage.camera}: deleted ({deleted[-1].reason.value})")
        causes = sorted({hole.cause.value for hole in footage.missing if hole.cause})
        if causes:
            reasons.append(f"{footage.camera}: not recorded ({', '.join(causes)})")
        if any(hole.cause is None for hole in footage.missing):
            reasons.append(f"{footage.camera}: never recorded around that time")
        if footage.to_come and not reasons:
            reasons.append(f"{footage.camera}: still to come")
    return "; ".join(reasons) or "nothing is known of that time"


def _inside(whole: Span, parts: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(shared for span in parts if (shared := span.intersection(whole)))
