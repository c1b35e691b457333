"""Background samples from around a part: other footage of its camera, from which its empty scene is learned too.

A person who stands still throughout the requested minutes would become part of a backdrop made from them alone.
Chooses segments (pure), has one picture of each decoded, and takes some of the part's own first and last segment that
lie outside of the requested span.  Samples stay in memory, since on disk they could outlive their limit; the audit log
counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from cctv.core.clock import to_us
from cctv.core.confine import Confinement
from cctv.core.errors import ToolFailed
from cctv.core.process import run_process
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.footage.media import READING
from cctv.footage.segments import segments_of
from cctv.model.footage import Segment
from cctv.redaction.background.model import BackgroundSample, Sampler
from cctv.redaction.render.privacy_masks import MaskedArea, masked_area
from cctv.redaction.review.case import Progress
from cctv.redaction.review.plan import CasePlan, PartSource
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import Reading, clip_of
from cctv.redaction.video.yuv import frame_bytes, from_buffer

REACH = timedelta(hours=6)  # before and after: enough for people to move on, and mostly still the same season of light
MARGIN = 12  # pictures from before the request in the part's first segment, and from after it in the last
MOST = 48  # pictures; a backdrop takes about 100 in all (docs/redaction.md), the rest come from the part itself
MOST_SAMPLES = MOST + 2 * MARGIN


@dataclass(frozen=True, slots=True)
class Samples:
    """One picture each from other footage, before and after the part, in order of time; in memory only."""

    before: tuple[BackgroundSample, ...] = ()
    after: tuple[BackgroundSample, ...] = ()

    @property
    def count(self) -> int:
        """How many there are in all."""
        return len(self.before) + len(self.after)


@dataclass(frozen=True, slots=True)
class RawPicture:
    """The first picture of a segment around a part as ffmpeg gave it, of any size, and whether it comes before it."""

    data: bytes
    is_before: bool


def pictures_around(site: Storage, plan: CasePlan, progress: Progress) -> list[RawPicture]:
    """One picture of each of some segments around a part, decoded by a confined ffmpeg, in order of time.

    A segment that is missing or unreadable gives none: it is not what was requested, and a sample less is no loss.
    """
    with read_transaction(site.engine) as connection:
        around = samples_around(connection, plan)
    pictures: list[RawPicture] = []
    for done, segment in enumerate(around):
        progress("samples", done, len(around))
        data = _first_picture(inside(site.root, segment.path))
        if data is not None:
            pictures.append(RawPicture(data, segment.span.start < plan.span.start))
    progress("samples", len(around), len(around))
    return pictures


def samples_of(site: Storage, plan: CasePlan, size: Size, pictures: list[RawPicture]) -> Samples:
    """Pictures of the part's (displayed) size from around it: `pictures`, which are used up, and its own margins.

    The plan's masks cover them.  One of another size gives none.
    """
    masked = masked_area(plan.masks, size)
    before: list[BackgroundSample] = []
    after = _margin(site, plan, plan.sources[-1], plan.span.end, plan.sources[-1].end)
    pictures.reverse()
    while pictures:
        raw = pictures.pop()
        buffer = _as_buffer(raw.data, size, masked)
        if buffer is not None:
            (before if raw.is_before else after).append(BackgroundSample(0, buffer, None))
    before += _margin(site, plan, plan.sources[0], plan.sources[0].start, plan.span.start)
    return Samples(tuple(before), tuple(after))


def samples_around(connection: Connection, plan: CasePlan) -> list[Segment]:
    """At most MOST segments of the camera within REACH of the part, not of the part itself, evenly spread."""
    wide = Span(plan.span.start - REACH, plan.span.end + REACH)
    own = {source.path for source in plan.sources}
    return spread([segment for segment in segments_of(connection, plan.camera, wide) if segment.path not in own], MOST)


def spread(segments: Sequence[Segment], most: int) -> list[Segment]:
    """At most `most` of them, evenly by rank, the first and the last included."""
    if len(segments) <= most:
        return list(segments)
    step = (len(segments) - 1) / (most - 1)
    return [segments[round(index * step)] for index in range(most)]


def _margin(
    site: Storage, plan: CasePlan, source: PartSource, start: datetime, end: datetime
) -> list[BackgroundSample]:
    """At most MARGIN pictures of the part's own segment from [start, end), which was not requested, evenly spread."""
    if end <= start:
        return []
    zero = to_us(source.start)
    clip = replace(clip_of([inside(site.root, source.path)], [0]), masks=plan.masks)
    estimate = clip.frames_estimate * ((end - start) / source.span.duration)
    sampler = Sampler(clip.size.even(), stride=max(1, ceil(estimate / MARGIN)))
    for number, planes in enumerate(Reading(clip.within(to_us(start) - zero, to_us(end) - zero))):
        if sampler.wants(number):
            sampler.add(number, planes, None)
    return sampler.kept[:MARGIN]


def _first_picture(path: Path) -> bytes | None:
    """The first picture of a file as flat yuv420p, padded to even sides."""
    if not path.is_file():
        return None
    try:
        return run_process(first_picture_command(path), timeout=60, confined=Confinement((path,), programs=("ffmpeg",)))
    except ToolFailed:
        return None


def _as_buffer(data: bytes, size: Size, masked: MaskedArea | None) -> NDArray[np.uint8] | None:
    """A picture as one flat yuv420p buffer, masked as the engine does; None for one of another size."""
    if len(data) != frame_bytes(size.even()):
        return None
    buffer = np.frombuffer(data, np.uint8).copy()
    if masked is not None:
        masked.cover(from_buffer(buffer, size.even()))
    return buffer


def first_picture_command(path: Path) -> list[str]:
    """The ffmpeg command that writes a file's first picture as raw yuv420p, padded to even sides."""
    source: Any = ffmpeg.input(f"file:{path}", nostdin=None, v="error", **READING)
    pad = "pad=ceil(iw/2)*2:ceil(ih/2)*2:0:0"
    picture = {"format": "rawvideo", "pix_fmt": "yuv420p", "vf": pad, "an": None, "frames:v": 1}
    command: list[str] = ffmpeg.compile(source["v:0"].output("pipe:1", **picture))
    return command
