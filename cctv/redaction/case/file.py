"""A request's redaction as it stands: its parts, and whether what they rest on is still there and unchanged.

Owns the reading of a case and the check of its sources.  Never changes anything, and never passes over a file that is
missing or different: an export from other bytes than were reviewed is an unreviewed export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv.casework.errors import RequestClosed
from cctv.casework.requests import find_request
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.kernel.durable import sha256_file
from cctv.kernel.phrases import listed, phrase
from cctv.model.casework import AccessRequest
from cctv.redaction.case.errors import (
    ArtefactChanged,
    NotPrepared,
    PartAmbiguous,
    PartUnknown,
    SegmentChanged,
    SegmentMissing,
)
from cctv.redaction.case.part import CasePart, PartSource
from cctv.redaction.case.store import parts_of

LOCK = ".lock"
"""In a case's directory: held by whoever changes its plans."""

Progress = Callable[[str, int, int], None]
"""What is being done; how far; of how much (0: unknown)."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A request and the parts of its redaction; no parts when it was not prepared."""

    request: AccessRequest
    parts: tuple[CasePart, ...]


def silent(stage: str, done: int, of: int) -> None:
    """Progress that nobody watches."""


def case_file(site: Site, request_id: str) -> CaseFile:
    """A request that was prepared, open or closed; raises RequestUnknown, NotPrepared."""
    with reading(site.engine) as connection:
        return prepared_case(connection, request_id)


def prepared_case(connection: Connection, request_id: str) -> CaseFile:
    """The same in the caller's transaction."""
    request = find_request(connection, request_id)
    parts = tuple(parts_of(connection, request.id))
    if not parts:
        raise NotPrepared(request=request.id)
    return CaseFile(request, parts)


def require_open(site: Site, request: AccessRequest) -> None:
    """Raises RequestClosed: what was answered is not redacted or exported again."""
    if request.closed is not None:
        when = request.closed.astimezone(site.settings.site.timezone).date()
        raise RequestClosed(id=request.id, when=when, by=request.closed_by)


def case_directory(site: Site, request_id: str) -> Path:
    """`derived/REQ-YYYY-NNN`."""
    return site.root / "derived" / request_id


def sheet_path(site: Site, request_id: str) -> Path:
    """The page that a person decides from; opens in any browser."""
    return case_directory(site, request_id) / "sheet.html"


def choose_part(case: CaseFile, camera: str | None, position: int | None) -> CasePart:
    """The part that somebody means; raises PartAmbiguous, PartUnknown."""
    names = listed(part.name for part in case.parts)
    found = [
        part for part in case.parts if camera in (None, part.plan.camera) and position in (None, part.plan.position)
    ]
    if not found:
        of_camera = [phrase("camera {camera}", camera=camera)] if camera else []
        wanted = listed([*of_camera, *([phrase("part {part}", part=position)] if position else [])], between=" ")
        raise PartUnknown(request=case.request.id, wanted=wanted, parts=names)
    if len(found) > 1:
        option = "--part N" if len({part.plan.camera for part in found}) == 1 else "--camera CAMERA"
        raise PartAmbiguous(request=case.request.id, count=len(found), parts=names, option=option)
    return found[0]


def check_sources(site: Site, sources: Iterable[PartSource], progress: Progress = silent) -> None:
    """Compare every segment with the hash that it was indexed with; raises SegmentMissing, SegmentChanged."""
    listed = list(sources)
    for done, source in enumerate(listed):
        progress("checking", done, len(listed))
        path = site.root / source.path
        if not path.is_file():
            raise SegmentMissing(path=path)
        size = path.stat().st_size
        if size != source.size_bytes:
            kept = phrase("{size} bytes of {whole}", size=size, whole=source.size_bytes)
            raise SegmentChanged(path=path, problem=kept)
        if sha256_file(path) != source.sha256:
            raise SegmentChanged(path=path, problem=phrase("its hash differs"))
    progress("checking", len(listed), len(listed))


def check_artefacts(site: Site, part: CasePart) -> None:
    """Compare what the analysis wrote with the plan; raises ArtefactChanged."""
    for artefact in part.plan.artefacts:
        path = site.root / part.directory / artefact.name
        problem = None
        if not path.is_file():
            problem = phrase("gone")
        elif sha256_file(path) != artefact.sha256:
            problem = phrase("not what it was")
        if problem is not None:
            raise ArtefactChanged(path=path, part=part.name, problem=problem, request=part.plan.request)
