"""Preview videos: a part as it would be disclosed, for the reviewer.

Responsible for `preview.mp4` in a part's directory, rendered and verified as in a package.  A changed plan has another
directory, so that a preview never shows another plan than the sheet beside it.  Never part of a package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.requests.blocks import require_usable
from cctv.config.schema import SecondFactorUse
from cctv.core.durable import exclusive
from cctv.core.filesystem import require_disk_space
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.ids import RequestId
from cctv.redaction.review.case import (
    LOCK,
    Progress,
    case_directory,
    check_artefacts,
    check_sources,
    choose_part,
    part_directory,
    prepared_case,
    require_open,
    sheet_path,
    silent,
)
from cctv.redaction.review.errors import PlanChanged
from cctv.redaction.review.plan import CasePart
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import parts_of
from cctv.redaction.review.render import render_part
from cctv.redaction.review.sheet.write import PREVIEW, write_sheet

_MAX_SOURCE_RATIO = 1.5  # as in a build


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
    site: Storage,
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
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_usable(site, case.request, "redaction preview")
        every = camera is None and position is None
        parts = list(case.parts) if every else [choose_part(case, camera, position)]
        require_masked(site, connection, parts)
    previews = Previews(case.request.id, tuple(_video(site, part) for part in parts))
    if dry_run:
        return previews
    require_code(site, SecondFactorUse.VIEW)
    directory = case_directory(site, case.request.id)
    needed = sum(source.size_bytes for part in parts for source in part.plan.sources)
    with exclusive(directory / LOCK), require_disk_space(directory, int(needed * _MAX_SOURCE_RATIO)):
        for part, video in zip(parts, previews.videos, strict=True):
            check_artefacts(site, part)
            check_sources(site, part.plan.sources, progress)
            render_part(site, part, case.request.language, video.path, progress)
        _log(site, case.request.id, parts)
        write_sheet(site, case)
    return previews


def _video(site: Storage, part: CasePart) -> PreviewVideo:
    return PreviewVideo(part.plan.camera, part.plan.position, part_directory(site, part) / PREVIEW)


def _log(site: Storage, request: RequestId, parts: list[CasePart]) -> None:
    with write_transaction(site.engine) as connection:
        now = parts_of(connection, request)
        for part in parts:
            if part not in now:
                raise PlanChanged(part=part.name)
        facts = {"plans": [f"{part.name}: {part.digest}" for part in parts]}
        append_entry(connection, site, Act.REDACTION_PREVIEWED, request, case_id=request, facts=facts)


def pictured(site: Storage, request_id: RequestId, parts: Sequence[CasePart]) -> dict[str, Path]:
    """What a person decides from, by the names of copies: the sheet, the pictures of a question, previews of parts.

    It is in the log first: the copies outlive the case unless somebody deletes them.
    """
    directory = case_directory(site, request_id)
    found = [sheet_path(site, request_id), *sorted(directory.glob("question-*.jpg"))]
    files = {path.name: path for path in found}
    files |= {
        f"preview-{part.plan.camera}-{part.plan.position}.mp4": part_directory(site, part) / PREVIEW for part in parts
    }
    files = {name: path for name, path in files.items() if path.is_file() and not path.is_symlink()}
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"pictures": len(files)}
        append_entry(connection, site, Act.REDACTION_PICTURED, request_id, case_id=request_id, facts=facts)
    return files
