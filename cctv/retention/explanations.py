"""Explain: why a segment is still there, or went, in the words of its decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cctv import archive, holds
from cctv.archive import Missing
from cctv.kernel.span import Span
from cctv.model.footage import Tombstone
from cctv.model.ids import CameraId
from cctv.retention.policy import Decision, decide, due


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a camera over a span: decisions about what is stored, what went, what never was."""

    camera: CameraId
    span: Span
    decisions: tuple[Decision, ...]
    gone: tuple[Tombstone, ...]
    missing: tuple[Missing, ...]


def explain(connection: Connection, camera: CameraId, span: Span, now: datetime) -> Explanation:
    """Explain every segment of a camera that touches the span."""
    found = archive.inventory(connection, camera, span, now)
    in_force = holds.in_force(connection)
    decisions = tuple(decide(segment, in_force, now) for segment in found.segments)
    return Explanation(camera, span, decisions, found.gone, found.missing)


def goes_at(decision: Decision) -> datetime:
    """When the sweep takes a segment that no hold keeps."""
    return due(decision.segment)
