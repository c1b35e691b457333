"""Folded deletions: what is left of tombstones after a year, counts and bytes in place of single files.  No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cctv.kernel.span import Span
from cctv.model.footage import Reason
from cctv.model.ids import CameraId, ZoneId


@dataclass(frozen=True, slots=True)
class FoldedGroup:
    """Segments of one camera and zone, recorded on one day (UTC) under one policy, deleted for one reason.

    `span` is from the first frame of the first to the end of the last.  `latest` is how far beyond its limit the latest
    of them went; below zero when all of them went in time.
    """

    camera: CameraId
    zone: ZoneId
    policy: str
    reason: Reason
    recorded: str
    span: Span
    segments: int
    size_bytes: int
    first_deleted: datetime
    last_deleted: datetime
    latest: timedelta


@dataclass(frozen=True, slots=True)
class FoldedDay:
    """What one camera lost on one day (UTC), as the signed line says it; `part` counts lines of the same day."""

    day: str
    camera: CameraId
    part: int
    groups: tuple[FoldedGroup, ...]
    line: str
    signature: str

    @property
    def span(self) -> Span:
        """From the first footage to the end of the last."""
        return Span(min(one.span.start for one in self.groups), max(one.span.end for one in self.groups))
