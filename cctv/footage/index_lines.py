"""The lines of index.jsonl, read back: what a day's folder says of its segments.

Reads only.  Where a segment has more than one line the shorter limit counts: a limit is never lengthened.
"""

from __future__ import annotations

from pathlib import Path

from cctv.footage.ingest import from_index_line
from cctv.footage.layout import INDEX
from cctv.model.footage import NewSegment


def lines_in(directory: Path, relative: str) -> dict[str, NewSegment]:
    """The segments of a day's folder by their relative path; a torn line, or one of another folder, is none."""
    try:
        text = (directory / INDEX).read_text(errors="replace")
    except FileNotFoundError:
        return {}
    _, zone, camera, _ = relative.split("/")
    segments: dict[str, NewSegment] = {}
    for line in text.splitlines():
        try:
            new = from_index_line(line, relative)
        except (ValueError, OverflowError):
            continue
        if (new.zone, new.camera) != (zone, camera) or "/" in new.path[len(relative) + 1 :]:
            continue
        earlier = segments.get(new.path)
        if earlier is None or new.limit <= earlier.limit:
            segments[new.path] = new
    return segments
