"""Prepare a request: its footage is split into parts, each is analysed, and the sheet is written.

1. sources checked, each new part analysed into a directory of its own, flushed   (crash: a directory that no row names;
   the next call reuses those that are intact)
2. rows and audit entry, committed
3. the sheet; directories that no row names are removed                           (crash: `redaction show` writes it)

A part is an unbroken stretch of one camera, redacted as one video; it never joins across a gap, and its segments are
2.6 GB at the most.  A stretch of which
less than a frame was requested has no picture and is no part; files are read only where a stretch is that short, and
one that cannot be read counts as a part, whose use then reports why.

A part of the same frames of the same recordings keeps its numbers, decisions and approval; the approval not where the
request asks another time around them, which its digest has.  Never changes a row while a file is
missing or different.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.audit.log import append_entry
from cctv.cases.footage_status import FootageStatus, request_footage
from cctv.cases.requests.blocks import require_usable
from cctv.cases.requests.lifecycle import find_request
from cctv.cases.requests.needs import scope_of
from cctv.cases.requests.questions import require_question_answered
from cctv.config.fields import Polygon
from cctv.config.schema import SecondFactorUse
from cctv.core.durable import exclusive
from cctv.core.filesystem import require_disk_space
from cctv.core.i18n import N_, Message, join_messages
from cctv.core.time_range import Span
from cctv.core.worker import WorkerFailed
from cctv.core.worker_messages import is_count
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.footage.media import MediaUnreadable, read_timing
from cctv.footage.segments import segments_of
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, RequestType
from cctv.model.footage import Segment
from cctv.model.ids import CameraId
from cctv.redaction.decoding import Decoding, decode_apart
from cctv.redaction.review.analysis import analyse_part, remove_unnamed
from cctv.redaction.review.case import (
    LOCK,
    CaseFile,
    Progress,
    case_directory,
    check_sources,
    require_open,
    sheet_path,
    silent,
)
from cctv.redaction.review.checkpoints import finished_part
from cctv.redaction.review.errors import NoFootageToRedact, TypeHasNoCopy
from cctv.redaction.review.plan import CasePart, CasePlan, PartSource, trimmed
from cctv.redaction.review.privacy_masks import masks_in_force
from cctv.redaction.review.queries import parts_of, replace_parts
from cctv.redaction.review.sheet.write import write_sheet

log = logging.getLogger(__name__)

LARGEST_SEAM = timedelta(seconds=1)  # a longer pause between two segments is a gap that the recipient must see
LARGEST_PART_BYTES = 2_600_000_000  # a render is 1.5 times its source at the most, and FAT32 takes 4 GiB of one file
_MAX_OVERLAP = timedelta(milliseconds=10)  # rounding; less than a frame
SHORT = timedelta(seconds=10)  # the slowest cameras send a frame each second or two
_PART_BYTES = 16 << 20  # two backdrops of 1080p and the sheet's pictures
_WITH_COPY = frozenset({RequestType.ACCESS, RequestType.PORTABILITY, RequestType.OBJECTION})


@dataclass(frozen=True, slots=True)
class PreparedPart:
    """What was found in a part; `tracks` is None in a dry run, `unchanged` when an earlier analysis still holds."""

    camera: CameraId
    position: int
    span: Span
    segments: int
    frames: int | None
    tracks: int | None
    unchanged: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that can be decided on, and where its sheet is."""

    request: AccessRequest
    sheet: Path
    parts: tuple[PreparedPart, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """A part as the footage is now, and the earlier analysis of the very same recordings, if there is one.

    `sources` are whole segments, `span` is what of them was requested.
    An earlier analysis of other frames of them, or one that left a mask uncovered, does not count.
    """

    camera: CameraId
    position: int
    sources: tuple[PartSource, ...]
    span: Span
    before: CasePart | None
    masks: tuple[Polygon, ...]


def split_into_parts(segments: Iterable[Segment], largest_bytes: int = LARGEST_PART_BYTES) -> list[tuple[Segment, ...]]:
    """The segments of one camera as unbroken stretches, in order.

    One whose segments are more than `largest_bytes` is cut: its video has to fit on any medium.
    """
    parts: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda segment: segment.span):
        if parts and _follows(parts[-1][-1], segment) and _fits(parts[-1], segment, largest_bytes):
            parts[-1].append(segment)
        else:
            parts.append([segment])
    return [tuple(part) for part in parts]


def wanted_parts(site: Storage, connection: Connection, camera: CameraId, span: Span) -> list[tuple[Segment, ...]]:
    """The stretches of a camera's segments that hold at least one frame within the span, in order."""
    stretches = split_into_parts(segments_of(connection, camera, span))
    return [part for part in stretches if _long(part, span) or any(_holds(site, segment, span) for segment in part)]


def prepare(
    site: Storage, request_id: str, progress: Progress = silent, *, again: bool = False, dry_run: bool = False
) -> Prepared:
    """Prepare a request for decisions.

    Raises RequestUnknown, RequestClosed, TypeHasNoCopy; QuestionOpen (13); NoFootage (14); SegmentMissing,
    SegmentChanged, SourceUnreadable (15).
    """
    with read_transaction(site.engine) as connection:
        request = find_request(connection, request_id)
        require_open(site, request)
        if request.type not in _WITH_COPY:
            raise TypeHasNoCopy(request=request.id, type=request.type)
        require_usable(site, request, "redaction prepare")
        require_question_answered(site, request, "redaction prepare")
        cuts = _cuts(site, connection, request, again)
        if not cuts:
            raise _no_footage(request, request_footage(connection, site, request))
    check_sources(site, (source for cut in cuts for source in cut.sources), progress)
    if dry_run:
        parts = tuple(_planned(cut) for cut in cuts)
        return Prepared(request, sheet_path(site, request.id), parts, dry_run=True)
    require_code(site, SecondFactorUse.VIEW)
    directory = case_directory(site, request.id)
    site.disk.make_directory(directory)
    with exclusive(directory / LOCK), require_disk_space(directory, _PART_BYTES * len(cuts)):
        prepared = [_prepared(site, request, cut, progress, again=again) for cut in cuts]
        _commit(site, request, prepared)
        write_sheet(site, CaseFile(request, tuple(prepared)))
        remove_unnamed(site, request.id, prepared)
    log.info("request.prepared", extra={"case": request.id, "cameras": len(request.cameras), "files": len(prepared)})
    described = tuple(_described(part, cut) for part, cut in zip(prepared, cuts, strict=True))
    return Prepared(request, sheet_path(site, request.id), described, dry_run=False)


def _fits(before: Sequence[Segment], after: Segment, largest_bytes: int) -> bool:
    return sum(segment.size_bytes for segment in (*before, after)) <= largest_bytes


def _follows(before: Segment, after: Segment) -> bool:
    pause = after.span.start - before.span.end
    return -_MAX_OVERLAP <= pause <= LARGEST_SEAM


def _long(part: tuple[Segment, ...], span: Span) -> bool:
    return min(part[-1].span.end, span.end) - max(part[0].span.start, span.start) >= SHORT


def _holds(site: Storage, segment: Segment, span: Span) -> bool:
    path = inside(site.root, segment.path)
    if not path.is_file():
        return True
    decoding = Decoding((path,), is_led=False)
    try:
        told = decode_apart(lambda _: _times(path), decoding, silent)
    except WorkerFailed:  # a part of it is requested: the analysis reports what is wrong
        return True
    if not isinstance(told, list) or not all(is_count(time) for time in told):
        return True
    return any(span.contains(segment.span.start + timedelta(microseconds=time)) for time in told)


def _times(path: Path) -> list[int] | None:
    """When the pictures of a file are shown, microseconds from its first; None where it cannot be read."""
    try:
        times = read_timing(path).times
    except MediaUnreadable:
        return None
    return [(time - times[0]) // timedelta(microseconds=1) for time in times]


def _cuts(site: Storage, connection: Connection, request: AccessRequest, again: bool) -> list[_Cut]:
    earlier = {} if again else {part.plan.sources: part for part in parts_of(connection, request.id)}
    cuts: list[_Cut] = []
    requested = scope_of(request)
    for camera in request.cameras:
        for position, segments in enumerate(wanted_parts(site, connection, camera, requested), 1):
            sources = tuple(PartSource.of(segment) for segment in segments)
            span = trimmed(sources, requested)
            masks = masks_in_force(site, connection, camera, span)
            before = earlier.get(sources)
            if before is not None and (before.plan.span != span or set(masks) - set(before.plan.masks)):
                before = None
            cuts.append(_Cut(camera, position, sources, span, before, masks))
    return cuts


def _prepared(site: Storage, request: AccessRequest, cut: _Cut, progress: Progress, *, again: bool) -> CasePart:
    """The earlier part, under the number that it has now, or a new one; a new number is a new plan.

    Of a preparation that was broken off, what it had finished counts.
    """
    if cut.before is None:
        plan = CasePlan(request.id, cut.camera, cut.position, cut.sources, scope_of(request), masks=cut.masks)
        return (None if again else finished_part(site, plan)) or analyse_part(site, plan, progress)
    plan = replace(cut.before.plan, position=cut.position, requested=scope_of(request))
    return replace(cut.before, plan=plan, digest=plan.digest)


def _commit(site: Storage, request: AccessRequest, parts: Sequence[CasePart]) -> None:
    facts: dict[str, str | int | list[str]] = {
        "plans": [f"{part.name}: {part.digest}" for part in parts],
        "segments": sum(len(part.plan.sources) for part in parts),
        "samples": sum(part.plan.samples for part in parts),
    }
    require_usable(site, request, "redaction prepare")  # a block may have come while it was analysed
    with write_transaction(site.engine) as connection:
        require_open(site, find_request(connection, request.id))
        replace_parts(connection, request.id, parts)
        append_entry(connection, site, Act.REDACTION_PREPARED, request.id, case_id=request.id, facts=facts)


def _planned(cut: _Cut) -> PreparedPart:
    return PreparedPart(cut.camera, cut.position, cut.span, len(cut.sources), None, None, cut.before is not None)


def _described(part: CasePart, cut: _Cut) -> PreparedPart:
    plan = part.plan
    return PreparedPart(
        plan.camera,
        plan.position,
        plan.span,
        len(plan.sources),
        plan.frames,
        len(plan.tracks),
        cut.before is not None,
    )


def _no_footage(request: AccessRequest, footage: Iterable[FootageStatus]) -> NoFootageToRedact:
    statuses = list(footage)
    coming = any(status.being_written or status.to_come for status in statuses)
    return NoFootageToRedact(
        request=request.id,
        causes=join_messages(
            (N_("{camera}: {cause}", camera=status.camera, cause=_cause(status)) for status in statuses), between="; "
        ),
        following=N_("wait until it is recorded, then repeat this command.")
        if coming
        else f"cctv request answer {request.id} --outcome no-footage",
    )


def _cause(status: FootageStatus) -> Message:
    causes = [N_("deleted because it was {reason}", reason=deletion.reason) for deletion in status.gone]
    causes += [N_("not recorded ({cause})", cause=hole.cause) for hole in status.unrecorded if hole.cause]
    if any(hole.cause is None for hole in status.unrecorded):
        causes.append(N_("never recorded"))
    if status.being_written:
        causes.append(N_("still being written"))
    if status.to_come:
        causes.append(N_("still to come"))
    return join_messages(dict.fromkeys(causes)) if causes else N_("no frame was taken in that time")
