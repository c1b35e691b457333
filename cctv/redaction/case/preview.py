"""Preview videos: a part as it would leave, to be watched by the reviewer.

Owns `preview.mp4` in a part's directory.  It is rendered and proved as in a package.  A changed plan has another
directory, so that a preview never shows another plan than the sheet beside it.  Never part of an export.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cctv import audit
from cctv.casework.blocks import require_usable
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.durable import exclusive
from cctv.model.acts import Act
from cctv.model.ids import RequestId
from cctv.redaction.case.errors import PlanMoved
from cctv.redaction.case.file import (
    LOCK,
    Progress,
    case_directory,
    check_artefacts,
    check_sources,
    choose_part,
    prepared_case,
    require_open,
    silent,
)
from cctv.redaction.case.masks import require_masked
from cctv.redaction.case.part import CasePart
from cctv.redaction.case.render import render_part
from cctv.redaction.case.room import room
from cctv.redaction.case.sheet import PREVIEW, write_sheet
from cctv.redaction.case.store import parts_of

_MOST_OF_SOURCE = 1.5  # as in a build


@dataclass(frozen=True, slots=True)
class PreviewVideo:
    """A part's preview."""

    camera: str
    part: int
    path: Path


@dataclass(frozen=True, slots=True)
class Previews:
    """What was made, or would be."""

    request: RequestId
    videos: tuple[PreviewVideo, ...]


def preview(
    site: Site,
    request_id: str,
    camera: str | None = None,
    position: int | None = None,
    progress: Progress = silent,
    *,
    dry_run: bool = False,
) -> Previews:
    """Render every part, or one, as it would be shown now.

    Raises RequestUnknown, RequestClosed, NotPrepared; SegmentMissing, SegmentChanged, ArtefactChanged, DetectorFailed,
    VerifyFailed (15), RoomMissing (16).
    """
    with reading(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_usable(site, case.request, "redaction preview")
        every = camera is None and position is None
        parts = list(case.parts) if every else [choose_part(case, camera, position)]
        require_masked(site, connection, parts)
    made = Previews(case.request.id, tuple(_video(site, part) for part in parts))
    if dry_run:
        return made
    directory = case_directory(site, case.request.id)
    needed = sum(source.size_bytes for part in parts for source in part.plan.sources)
    with exclusive(directory / LOCK), room(directory, int(needed * _MOST_OF_SOURCE)):
        for part, video in zip(parts, made.videos, strict=True):
            check_artefacts(site, part)
            check_sources(site, part.plan.sources, progress)
            render_part(site, part, case.request.language, video.path, progress)
        _log(site, case.request.id, parts)
        write_sheet(site, case)
    return made


def _video(site: Site, part: CasePart) -> PreviewVideo:
    return PreviewVideo(part.plan.camera, part.plan.position, site.root / part.directory / PREVIEW)


def _log(site: Site, request: RequestId, parts: list[CasePart]) -> None:
    with writing(site.engine) as connection:
        now = parts_of(connection, request)
        for part in parts:
            if part not in now:
                raise PlanMoved(part=part.name)
        facts = {"plans": [f"{part.name}: {part.digest}" for part in parts]}
        audit.append(connection, site, Act.REDACTION_PREVIEWED, request, case_id=request, facts=facts)
