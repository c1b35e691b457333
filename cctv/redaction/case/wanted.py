"""The recordings of a request that hold a frame of what was asked for, as unbroken stretches.

A request may touch a recording for less than a frame takes; a stretch of which only that was asked for has no picture
to show, and is no part.  Reads files only where a stretch is that short.  Never leaves out one that cannot be read:
whoever uses it says so.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.archive import segments_of
from cctv.db.site import Site
from cctv.kernel import process
from cctv.kernel.errors import ToolFailed
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
    times = _times(site.root / segment.path)
    if times is None:
        return True
    return any(span.contains(segment.span.start + timedelta(seconds=time - times[0])) for time in times)


def _times(path: Path) -> list[float] | None:
    """Seconds of each frame, rising; None for a file that cannot be read."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "json"]
    try:
        said = json.loads(process.run([*command, f"file:{path}"], timeout=60))
    except (ToolFailed, ValueError):
        return None
    return sorted(float(one["pts_time"]) for one in said.get("packets", []) if "pts_time" in one) or None
