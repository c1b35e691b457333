"""Other footage of a camera from around a part: what its empty scene is learned from besides the part itself.

Somebody who stands still throughout the requested minutes would become part of a backdrop made from them alone.  Owns
the choice of segments (pure) and the cutting of one picture out of each.  Never keeps a picture: it is gone when the
survey is done, and the log counts it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.archive import segments_of
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.kernel import process
from cctv.kernel.errors import ToolFailed
from cctv.kernel.span import Span
from cctv.model.footage import Segment
from cctv.redaction.caseengine import Samples
from cctv.redaction.casefile import Progress
from cctv.redaction.casepart import CasePlan

REACH = timedelta(hours=6)  # before and after: enough for people to move on, and mostly still the same season of light
MOST = 48  # pictures; REDACTION.md takes about 100 in all, the rest come from the part itself


@contextmanager
def samples_of(site: Site, plan: CasePlan, progress: Progress) -> Iterator[Samples]:
    """One picture each from segments around a part, for as long as the block lasts."""
    with reading(site.engine) as connection:
        around = samples_around(connection, plan)
    with tempfile.TemporaryDirectory(prefix=".samples-", dir=site.root / "derived") as name:
        before = [one for one in around if one.span.start < plan.span.start]
        pieces = list(first_pictures(site, around, Path(name), progress))
        yield Samples(
            tuple(piece for segment, piece in pieces if segment in before),
            tuple(piece for segment, piece in pieces if segment not in before),
        )


def samples_around(connection: Connection, plan: CasePlan) -> list[Segment]:
    """At most MOST segments of the camera within REACH of the part, not of the part itself, evenly spread."""
    wide = Span(plan.span.start - REACH, plan.span.end + REACH)
    own = {source.path for source in plan.sources}
    return spread([one for one in segments_of(connection, plan.camera, wide) if one.path not in own], MOST)


def spread(segments: Sequence[Segment], most: int) -> list[Segment]:
    """At most `most` of them, evenly by rank, the first and the last included."""
    if len(segments) <= most:
        return list(segments)
    step = (len(segments) - 1) / (most - 1)
    return [segments[round(index * step)] for index in range(most)]


def first_pictures(
    site: Site, segments: Sequence[Segment], into: Path, progress: Progress
) -> Iterator[tuple[Segment, Path]]:
    """The first key frame of each segment as a file of its own, copied and not decoded.

    A segment that is gone or unreadable gives none: a sample less is no loss, and it is not what was asked for.
    """
    for done, segment in enumerate(segments):
        progress("samples", done, len(segments))
        target = into / f"sample-{done:03d}.mkv"
        source = site.root / segment.path
        if not source.is_file():
            continue
        command = ["ffmpeg", "-nostdin", "-v", "error", "-i", f"file:{source}", "-map", "0:v:0", "-an", "-c", "copy"]
        try:
            process.run([*command, "-frames:v", "1", "-f", "matroska", f"file:{target}"], timeout=60)
        except ToolFailed:
            continue
        yield segment, target
    progress("samples", len(segments), len(segments))
