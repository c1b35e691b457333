"""The search for what overlaps a span, at a cost that does not grow with what is stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, and_, func, literal, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import ColumnElement

from cctv.core.clock import EPOCH
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.types import Instant
from cctv.model.ids import CameraId

Columns = ReadOnlyColumnCollection[str, Column[Any]]


def overlaps_span(columns: Columns, camera: CameraId, span: Span) -> ColumnElement[bool]:
    """SQL: a row of `segments` or `tombstones` is of the camera and overlaps the span.

    What overlaps began at most the longest segment of its camera before the span; where that is not known, the search
    looks at everything that began before the span's end.
    """
    totals = schema.camera_totals.c
    reach = select(literal(span.start, Instant) - totals.longest_us).where(totals.camera == camera).scalar_subquery()
    return and_(
        columns.camera == camera,
        columns.start_us < span.end,
        columns.start_us > func.coalesce(reach, literal(EPOCH, Instant)),
        columns.end_us > span.start,
    )
