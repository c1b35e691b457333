"""Preparing a request: its footage is cut into parts, each is analysed, and the sheet is written.

1. sources checked, each new part analysed into a directory of its own, flushed   (crash: a directory that no row names;
   the next call goes on from those that are whole)
2. rows and audit entry, committed
3. the sheet; directories that no row names are removed                           (crash: `redaction show` writes it)

Owns that order.  A part whose recordings did not change keeps its numbers, decisions and approval.  Never changes a row
while a file is missing or different.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from cctv import audit
from cctv.casework.blocks import require_usable
from cctv.casework.found import Found, look
from cctv.casework.requests import find_request
from cctv.config.fields import Polygon
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.durable import exclusive
from cctv.kernel.phrases import Phrase, listed, phrase
from cctv.kernel.span import Span
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, RequestType
from cctv.model.ids import CameraId
from cctv.redaction.case.analysis import analyse_part, remove_unnamed
from cctv.redaction.case.errors import NoFootage, TypeHasNoCopy
from cctv.redaction.case.file import (
    LOCK,
    CaseFile,
    Progress,
    case_directory,
    check_sources,
    require_open,
    sheet_path,
    silent,
)
from cctv.redaction.case.finished import finished_part
from cctv.redaction.case.masks import masks_in_force
from cctv.redaction.case.part import CasePart, CasePlan, PartSource, trimmed
from cctv.redaction.case.room import room
from cctv.redaction.case.sheet import write_sheet
from cctv.redaction.case.store import parts_of, replace_parts
from cctv.redaction.case.wanted import wanted_parts

log = logging.getLogger(__name__)

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
    """A part as the archive has it now, and the earlier analysis of the very same recordings, if there is one.

    `sources` are whole segments, `span` is what of them was asked for.
    An earlier analysis that left a mask uncovered does not count.
    """

    camera: CameraId
    position: int
    sources: tuple[PartSource, ...]
    span: Span
    before: CasePart | None
    masks: tuple[Polygon, ...]


def prepare(
    site: Site, request_id: str, progress: Progress = silent, *, again: bool = False, dry_run: bool = False
) -> Prepared:
    """Prepare a request for decisions.

    Raises RequestUnknown, RequestClosed, TypeHasNoCopy; NoFootage (14); SegmentMissing, SegmentChanged,
    SourceUnreadable (15).
    """
    with reading(site.engine) as connection:
        request = find_request(connection, request_id)
        require_open(site, request)
        if request.type not in _WITH_COPY:
            raise TypeHasNoCopy(request=request.id, type=request.type)
        require_usable(site, request, "redaction prepare")
        cuts = _cuts(site, connection, request, again)
        if not cuts:
            raise _no_footage(request, look(connection, site, request.cameras, request.span))
    check_sources(site, (source for one in cuts for source in one.sources), progress)
    if dry_run:
        parts = tuple(_planned(one) for one in cuts)
        return Prepared(request, sheet_path(site, request.id), parts, dry_run=True)
    directory = case_directory(site, request.id)
    site.disk.make_directory(directory)
    with exclusive(directory / LOCK), room(directory, _PART_BYTES * len(cuts)):
        prepared = [_prepared(site, request, one, progress, again=again) for one in cuts]
        _commit(site, request, prepared)
        write_sheet(site, CaseFile(request, tuple(prepared)))
        remove_unnamed(site, request.id, prepared)
    log.info("request.prepared", extra={"case": request.id, "cameras": len(request.cameras), "files": len(prepared)})
    found = tuple(_described(part, one) for part, one in zip(prepared, cuts, strict=True))
    return Prepared(request, sheet_path(site, request.id), found, dry_run=False)


def _cuts(site: Site, connection: Connection, request: AccessRequest, again: bool) -> list[_Cut]:
    known = {} if again else {part.plan.sources: part for part in parts_of(connection, request.id)}
    cuts: list[_Cut] = []
    for camera in request.cameras:
        for position, segments in enumerate(wanted_parts(site, connection, camera, request.span), 1):
            sources = tuple(PartSource.of(segment) for segment in segments)
            span = trimmed(sources, request.span)
            masks = masks_in_force(site, connection, camera, span)
            before = known.get(sources)
            if before is not None and set(masks) - set(before.plan.masks):
                before = None
            cuts.append(_Cut(camera, position, sources, span, before, masks))
    return cuts


def _prepared(site: Site, request: AccessRequest, one: _Cut, progress: Progress, *, again: bool) -> CasePart:
    """The earlier part, under the number that it has now, or a new one; a new number is a new plan.

    Of a preparation that was broken off, what it had finished counts.
    """
    if one.before is None:
        plan = CasePlan(request.id, one.camera, one.position, one.sources, request.span, masks=one.masks)
        return (None if again else finished_part(site, plan)) or analyse_part(site, plan, progress)
    plan = replace(one.before.plan, position=one.position)
    return replace(one.before, plan=plan, digest=plan.digest)


def _commit(site: Site, request: AccessRequest, parts: Sequence[CasePart]) -> None:
    facts: dict[str, str | int | list[str]] = {
        "plans": [f"{part.name}: {part.digest}" for part in parts],
        "segments": sum(len(part.plan.sources) for part in parts),
        "samples": sum(part.plan.samples for part in parts),
    }
    require_usable(site, request, "redaction prepare")  # a block may have come while it was analysed
    with writing(site.engine) as connection:
        require_open(site, find_request(connection, request.id))
        replace_parts(connection, request.id, parts)
        audit.append(connection, site, Act.REDACTION_PREPARED, request.id, case_id=request.id, facts=facts)


def _planned(one: _Cut) -> PreparedPart:
    return PreparedPart(one.camera, one.position, one.span, len(one.sources), None, None, one.before is not None)


def _described(part: CasePart, one: _Cut) -> PreparedPart:
    plan = part.plan
    return PreparedPart(
        plan.camera,
        plan.position,
        plan.span,
        len(plan.sources),
        plan.frames,
        len(plan.tracks),
        one.before is not None,
    )


def _no_footage(request: AccessRequest, footage: Iterable[Found]) -> NoFootage:
    found = list(footage)
    coming = any(one.being_written or one.to_come for one in found)
    return NoFootage(
        request=request.id,
        causes=listed(
            (phrase("{camera}: {cause}", camera=one.camera, cause=_cause(one)) for one in found), between="; "
        ),
        following=phrase("wait until it is recorded, then repeat this command.")
        if coming
        else f"cctv request answer {request.id} --outcome no-footage",
    )


def _cause(one: Found) -> Phrase:
    causes = [phrase("deleted because it was {reason}", reason=gone.reason) for gone in one.gone]
    causes += [phrase("not recorded ({cause})", cause=hole.cause) for hole in one.unrecorded if hole.cause]
    if any(hole.cause is None for hole in one.unrecorded):
        causes.append(phrase("never recorded"))
    if one.being_written:
        causes.append(phrase("still being written"))
    if one.to_come:
        causes.append(phrase("still to come"))
    return listed(dict.fromkeys(causes)) if causes else phrase("no frame was taken in that time")
