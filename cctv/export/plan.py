"""The plan of a package: what would be in it, and every reason why it may not be built.

Owns the refusals of an export; one plan serves `--dry-run` and the build.  Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.casework.blocks import require_unblocked
from cctv.casework.found import Found, look
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.export.errors import FootageAdded, NotApproved
from cctv.export.manifest import Period, Unrecorded
from cctv.kernel.phrases import counted, listed, phrase
from cctv.kernel.span import Span
from cctv.model.casework import AccessRequest
from cctv.model.ids import CameraId
from cctv.redaction.case.file import Progress, check_artefacts, check_sources, prepared_case, require_open, silent
from cctv.redaction.case.masks import require_masked
from cctv.redaction.case.missing import require_reviewed
from cctv.redaction.case.part import CasePart
from cctv.redaction.case.wanted import wanted_parts
from cctv.redaction.case.words import DELETED, NEVER_RECORDED, TO_COME


@dataclass(frozen=True, slots=True)
class PlannedOutput:
    """A part and the name of the video that it becomes."""

    part: CasePart
    file: str

    @property
    def source_bytes(self) -> int:
        return sum(source.size_bytes for source in self.part.plan.sources)


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """Everything that a build would do; it was allowed when this was made."""

    request: AccessRequest
    outputs: tuple[PlannedOutput, ...]
    gaps: tuple[Unrecorded, ...]

    @property
    def source_bytes(self) -> int:
        return sum(output.source_bytes for output in self.outputs)


def plan_build(site: Site, request_id: str, progress: Progress = silent) -> BuildPlan:
    """Check that a request may be exported, and say what the package would hold.

    Raises RequestUnknown, RequestClosed; FootageBlocked (12); NotPrepared, NotApproved, NotReviewed, FootageAdded,
    MasksAdded (13); SegmentMissing, SegmentChanged, ArtefactChanged (15).
    """
    with reading(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_unblocked(connection, site, case.request.id, case.request.cameras, case.request.span)
        require_approved(case.request, case.parts)
        require_masked(site, connection, case.parts)
        _require_complete(site, connection, case.request, case.parts)
        gaps = tuple(gaps_of(look(connection, site, case.request.cameras, case.request.span)))
    for part in case.parts:
        check_artefacts(site, part)
    require_reviewed(site, case)
    check_sources(site, (source for part in case.parts for source in part.plan.sources), progress)
    return BuildPlan(case.request, tuple(_named(case.parts, site.settings.site.timezone)), gaps)


def require_approved(request: AccessRequest, parts: Iterable[CasePart]) -> None:
    """Raises NotApproved unless every part is approved exactly as it is."""
    waiting = [part for part in parts if not part.approved or part.plan.requested != request.span]
    if not waiting:
        return
    changed = any(part.approval is not None for part in waiting)
    names = listed(part.name for part in waiting)
    raise NotApproved(
        request=request.id,
        parts=counted(len(waiting), "{parts} is", "{parts} are", parts=names),
        why=phrase(" (the plan changed after it was approved)") if changed else "",
    )


def _require_complete(site: Site, connection: Connection, request: AccessRequest, parts: Iterable[CasePart]) -> None:
    reviewed = {source.path for part in parts for source in part.plan.sources}
    added = [
        segment
        for camera in request.cameras
        for part in wanted_parts(site, connection, camera, request.span)
        for segment in part
        if segment.path not in reviewed
    ]
    if added:
        cameras = ", ".join(sorted({segment.camera for segment in added}))
        raise FootageAdded(request=request.id, count=len(added), cameras=cameras)


def video_name(camera: CameraId, start: datetime, zone: ZoneInfo) -> str:
    """By camera and local start, with the zone's abbreviation because an hour may come twice; never by person."""
    local = start.astimezone(zone)
    label = "".join(sign if sign.isalnum() else "_" for sign in local.strftime("%Z"))
    return f"{camera}_{local:%Y-%m-%d_%H-%M-%S}_{label}.mp4"


def _named(parts: Iterable[CasePart], zone: ZoneInfo) -> Iterable[PlannedOutput]:
    taken: set[str] = set()
    for part in parts:
        stem = video_name(part.plan.camera, part.plan.span.start, zone).removesuffix(".mp4")
        if stem in taken:
            stem = f"{stem}_{part.plan.position}"
        taken.add(stem)
        yield PlannedOutput(part, f"{stem}.mp4")


def gaps_of(footage: Iterable[Found]) -> Iterable[Unrecorded]:
    """Every span that was asked for without picture, with its cause, in order."""
    for found in footage:
        holes: list[tuple[Span, str]] = [(gone.span, DELETED) for gone in found.gone]
        holes += [(hole.span, hole.cause.value if hole.cause else NEVER_RECORDED) for hole in found.unrecorded]
        coming = found.being_written or found.to_come
        if coming is not None:
            holes.append((Span(coming.start, max(coming.end, found.span.end)), TO_COME))
        for span, cause in sorted(holes, key=lambda hole: hole[0]):
            if span.duration > timedelta(0):
                yield Unrecorded(found.camera, Period(span.start, span.end), cause)
