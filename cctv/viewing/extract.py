"""The extract: the requested frames of one camera as videos, one for each unbroken stretch, privacy masks covered.

For the people who handle the case, on this computer: it is unredacted.  Third parties get a package or a disclosure.

1. audit entry, committed      (crash: the log names a view that was not made)
2. each video in a folder of its own, by a worker, then flushed and renamed   (crash: the sweep removes it)
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.clock import to_us
from cctv.core.durable import DurableFiles
from cctv.core.filesystem import require_disk_space
from cctv.core.time_range import Span
from cctv.core.worker_messages import Nonsense, is_count
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.model.audit import Act
from cctv.model.footage import Segment
from cctv.model.ids import CameraId
from cctv.redaction.decoding import Decoding, believed, decode_apart, take_out, workroom
from cctv.redaction.review.case import Progress, silent
from cctv.redaction.video.encoder import Picture, from_first, h264_writer, write_planes
from cctv.redaction.video.reader import Clip, Reading, clip_of
from cctv.retention.copies import view_stem
from cctv.viewing.permission import Look, require_view, views_directory

_MAX_SOURCE_RATIO = 1.5  # as in a build
_WORKROOM = ".extracting"  # in the folder of views


@dataclass(frozen=True, slots=True)
class Extract:
    """The videos, in order of time."""

    paths: tuple[Path, ...]
    frames: int


def extract_footage(
    site: Storage,
    case_id: str,
    camera: CameraId,
    span: Span,
    *,
    reason: str | None,
    progress: Progress = silent,
    dry_run: bool = False,
) -> Extract:
    """Write the frames of a span, and no other.

    Raises what `require_view` raises, SourceUnreadable, WorkerFailed (15), RenderFailed, RoomMissing (16).
    """
    look = require_view(site, case_id, camera, span, "footage extract", reason=reason, dry_run=dry_run)
    if dry_run:
        return Extract(tuple(_name(site, look, stretch, Path("views")) for stretch in look.stretches), 0)
    directory = views_directory(site, look.case)
    needed = sum(segment.size_bytes for stretch in look.stretches for segment in stretch)
    with require_disk_space(directory, int(needed * _MAX_SOURCE_RATIO)):
        with write_transaction(site.engine) as connection:
            facts: AuditFacts = {"camera": camera, "span": str(span), "videos": len(look.stretches)}
            append_entry(
                connection, site, Act.FOOTAGE_EXTRACTED, look.case, case_id=look.case, facts=facts, reason=reason
            )
        paths, frames = [], 0
        for stretch in look.stretches:
            path = _name(site, look, stretch, directory)
            frames += _extracted(site, look, stretch, path, progress)
            paths.append(path)
    return Extract(tuple(paths), frames)


def _extracted(site: Storage, look: Look, stretch: tuple[Segment, ...], path: Path, progress: Progress) -> int:
    """Have a worker write the frames of a stretch; returns how many."""
    with workroom(site, path.parent, _WORKROOM) as room:
        decoding = Decoding(tuple(inside(site.root, segment.path) for segment in stretch), writes=(room,))
        made = room / path.name
        told = decode_apart(lambda told: _write(_clip(site, look, stretch), made, told), decoding, progress)
        with believed(decoding):
            if not is_count(told):
                raise Nonsense
            take_out(site, room, path)
    return int(told)


def _clip(site: Storage, look: Look, stretch: tuple[Segment, ...]) -> Clip:
    start = to_us(look.span.start)
    paths = [inside(site.root, segment.path) for segment in stretch]
    clip = clip_of(paths, [to_us(segment.span.start) - start for segment in stretch])
    return replace(clip, masks=look.masks).within(0, to_us(look.span.end) - start)


def _write(clip: Clip, path: Path, progress: Progress) -> int:
    """Write a clip, in the worker; returns its frames.

    Reads it twice: the writer needs all times before the first frame.
    """
    timing = Reading(clip)
    for number, _ in enumerate(timing):
        progress("reading", number + 1, clip.frames_estimate)
    times = from_first(timing.times)
    stream = clip.parts[0].stream
    os.close(DurableFiles().create(path))  # the encoder would make it readable for others
    with h264_writer(path, Picture(clip.size, stream.aspect, stream.colour), times) as writer:
        for number, planes in enumerate(Reading(clip)):
            write_planes(writer, planes)
            progress("writing", number + 1, len(times))
    return len(times)


def _name(site: Storage, look: Look, stretch: tuple[Segment, ...], directory: Path) -> Path:
    shown = Span(max(stretch[0].span.start, look.span.start), min(stretch[-1].span.end, look.span.end))
    first = shown.start.astimezone(site.settings.site.timezone)
    return directory / f"{look.camera}_{first:%Y-%m-%d_%H-%M-%S_%Z}_{view_stem(shown, site.clock.now())}.mp4"
