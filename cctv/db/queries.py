"""The search for footage that overlaps a span, at a cost that does not grow with the index."""

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

    An overlapping row starts at most the camera's longest segment before the span; where that is unknown, the search
    reads every row that starts before the span's end.
    """
    totals = schema.camera_totals.c
    earliest = select(literal(span.start, Instant) - totals.longest_us).where(totals.camera == camera).scalar_subquery()
    return and_(
        columns.camera == camera,
        columns.start_us < span.end,
        columns.start_us > func.coalesce(earliest, literal(EPOCH, Instant)),
        columns.end_us > span.start,
    )
