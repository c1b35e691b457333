"""Spans: half-open UTC intervals `[start, end)`, and the algebra of sets of them.

Pure.  A span is never empty and never naive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cctv.core.clock import iso


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """`[start, end)` in UTC; raises ValueError when it is empty, reversed or naive."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware times")
        # In UTC before they are compared: Python compares two times of one zone by wall-clock time, which repeats an
        # hour on the night when summer time ends.
        if self.start.tzinfo is not UTC:
            object.__setattr__(self, "start", self.start.astimezone(UTC))
        if self.end.tzinfo is not UTC:
            object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError(f"a span ends after it starts: {self.start} - {self.end}")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether the two share an instant; spans that only touch do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def intersection(self, other: Span) -> Span | None:
        """What the two share, None where they only touch or lie apart."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"


def merged(spans: Iterable[Span], tolerance: timedelta = timedelta(0)) -> list[Span]:
    """The union of the spans as disjoint spans in order; spans at most `tolerance` apart become one."""
    ordered = sorted(spans, key=lambda span: span.start)
    if not ordered:
        return []
    result: list[Span] = []
    start, end = ordered[0].start, ordered[0].end
    for span in ordered:
        if span.start - end > tolerance:
            result.append(Span(start, end))
            start, end = span.start, span.end
        elif span.end > end:
            end = span.end
    return [*result, Span(start, end)]


def without(whole: Span, removed: Iterable[Span]) -> list[Span]:
    """The parts of `whole` outside every span of `removed`, in order."""
    rest: list[Span] = []
    cursor = whole.start
    for span in merged(removed):
        if span.end <= cursor:
            continue
        if span.start >= whole.end:
            break
        if span.start > cursor:
            rest.append(Span(cursor, span.start))
        cursor = max(cursor, span.end)
    if cursor < whole.end:
        rest.append(Span(cursor, whole.end))
    return rest


def total(spans: Iterable[Span]) -> timedelta:
    """Length of the union of the spans."""
    return sum((span.duration for span in merged(spans)), timedelta(0))
