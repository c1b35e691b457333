"""Footage: segments, gaps, tombstones and deletion summaries, as packages exchange them.  No I/O.

A deletion summary replaces tombstones after a year: counts and bytes in place of single files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from cctv.core.time_range import Span
from cctv.model.ids import CameraId, ZoneId


class GapCause(Enum):
    """Why a span of a camera was not recorded."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"
    STALLED = "stalled"
    FRAMES_MISSING = "frames missing"
    RECORDER_STOPPED = "recorder stopped"
    STORAGE_FULL = "storage full"
    CLOCK_STEP = "clock step"
    SCHEDULE = "schedule"
    CAMERA_REMOVED = "camera removed"
    UNREADABLE = "unreadable"


class FootageSource(Enum):
    """Where the pictures of a segment come from."""

    LIVE = "live"
    CARD = "the camera's own card"  # fetched afterwards, to fill a gap


class Reason(Enum):
    """Why a segment is kept or deleted."""

    WITHIN_LIMIT = "within its limit"
    HELD = "held"
    PAST_LIMIT = "past its limit"
    SPACE_NEEDED = "space needed"
    NEVER_ALLOWED = "should never have been made"
    ERASED = "erased at a person's request"
    SITE_CLOSED = "site closed"
    LOST = "lost"  # not deleted by this program: its file was missing
    FORGOTTEN = "gone before the index was made again"  # deleted or lost; the index that recorded which is lost itself


@dataclass(frozen=True, slots=True)
class NewSegment:
    """A closed, hashed media file that is about to be indexed.  `path` is relative to the storage."""

    camera: CameraId
    zone: ZoneId
    span: Span
    limit: datetime
    path: str
    sha256: str
    size_bytes: int
    policy: str
    run_id: int | None
    source: FootageSource = FootageSource.LIVE


@dataclass(frozen=True, slots=True)
class Segment:
    """One indexed media file covering a span of one camera.

    `limit` is the instant by which it must be deleted, fixed when its run started; `policy` is the digest of the policy
    version then in force; `path` is relative to the storage.
    """

    id: int
    camera: CameraId
    zone: ZoneId
    span: Span
    limit: datetime
    path: str
    sha256: str
    size_bytes: int
    policy: str
    source: FootageSource = FootageSource.LIVE


@dataclass(frozen=True, slots=True)
class Gap:
    """An unrecorded span of a camera with its cause; `end` is None while it lasts."""

    camera: CameraId
    start: datetime
    end: datetime | None
    cause: GapCause


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Proof that the deletion of a segment began, under which rule, and when its file was deleted."""

    id: int
    camera: CameraId
    zone: ZoneId
    span: Span
    limit: datetime
    path: str
    sha256: str
    size_bytes: int
    policy: str
    reason: Reason
    began: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True)
class FoldedGroup:
    """Segments of one camera and zone, recorded on one day (UTC) under one policy, deleted for one reason.

    `span` is from the first frame of the first to the end of the last.  `latest` is how far beyond its limit the last
    of them was deleted; negative when all were deleted in time.
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
    """The deletions of one camera on one day (UTC), as the signed line states them; `part` counts lines of the day."""

    day: str
    camera: CameraId
    part: int
    groups: tuple[FoldedGroup, ...]
    line: str
    signature: str

    @property
    def span(self) -> Span:
        """From the first footage to the end of the last."""
        return Span(min(group.span.start for group in self.groups), max(group.span.end for group in self.groups))
