"""Cutting a request's footage into parts: unbroken stretches of one camera, each redacted as one video.

Pure.  Never joins across a gap: a missing second stays missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from cctv.model.footage import Segment

LARGEST_SEAM = timedelta(seconds=1)  # a longer pause between two segments is a gap that the recipient must see
_OVERLAP = timedelta(milliseconds=10)  # rounding; less than a frame


def cut(segments: Iterable[Segment]) -> list[tuple[Segment, ...]]:
    """The segments of one camera as unbroken stretches, in order."""
    parts: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda one: one.span):
        if parts and _follows(parts[-1][-1], segment):
            parts[-1].append(segment)
        else:
            parts.append([segment])
    return [tuple(part) for part in parts]


def _follows(before: Segment, after: Segment) -> bool:
    pause = after.span.start - before.span.end
    return -_OVERLAP <= pause <= LARGEST_SEAM
