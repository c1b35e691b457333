"""The recordings of a request that hold a frame of what was asked for, as unbroken stretches.

A request may touch a recording for less than a frame takes; a stretch of which only that was asked for has no picture
to show, and is no part.  Reads files only where a stretch is that short.  Never leaves out one that cannot be read:
whoever uses it says so.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from cctv.archive import segments_of
from cctv.archive.media import MediaUnreadable, read_timing
from cctv.db.site import Site
from cctv.kernel.span import Span
from cctv.model.footage import Segment
from cctv.model.ids import CameraId
from cctv.redaction.case.cut import cut

SHORT = timedelta(seconds=10)  # the slowest cameras send a frame each second or two


def wanted_parts(site: Site, connection: Connection, camera: CameraId, span: Span) -> list[tuple[Segment, ...]]:
    """The stretches of a camera's segments that hold at least one frame within the span, in order."""
    found = cut(segments_of(connection, camera, span))
    return [part for part in found if _long(part, span) or any(_holds(site, segment, span) for segment in part)]


def _long(part: tuple[Segment, ...], span: Span) -> bool:
    return min(part[-1].span.end, span.end) - max(part[0].span.start, span.start) >= SHORT


def _holds(site: Site, segment: Segment, span: Span) -> bool:
    try:
        times = read_timing(site.root / segment.path).times
    except MediaUnreadable:  # a part of it is asked for: reading it says what is wrong
        return True
    return any(span.contains(segment.span.start + time - times[0]) for time in times)
