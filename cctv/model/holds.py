"""Holds: dated suspensions of expiry, and the rule of what they cover.  No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cctv.core.time_range import Span
from cctv.model.ids import CameraId, HoldId


class GroundKind(Enum):
    """What justifies a hold.  Deletion ignores the kind: every hold counts (invariant 2)."""

    INCIDENT = "incident"
    REQUEST = "request"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    DISCLOSURE = "disclosure"


@dataclass(frozen=True, slots=True)
class Ground:
    """The case that justifies a hold: its kind and short id."""

    kind: GroundKind
    case_id: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Footage of `cameras` over `span` that is kept until the hold is released."""

    id: HoldId
    ground: Ground
    cameras: frozenset[CameraId]
    span: Span
    review: datetime
    placed: datetime
    placed_by: str
    released: datetime | None = None
    released_by: str | None = None

    @property
    def in_force(self) -> bool:
        return self.released is None

    def covers(self, camera: CameraId, span: Span) -> bool:
        """Whether this hold keeps footage of the camera over any part of the span."""
        return self.in_force and camera in self.cameras and self.span.overlaps(span)
