"""A request's redaction as it stands: its parts, and whether their sources and artefacts are intact.

Reads a case and checks its files.  Changes nothing, and never ignores a file that is missing or different: a package
from other bytes than were reviewed is an unreviewed package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv.cases.errors.requests import RequestClosed
from cctv.cases.requests.lifecycle import find_request
from cctv.cases.requests.needs import is_asked
from cctv.core.durable import sha256_file
from cctv.core.i18n import N_, join_messages
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import derived_directory, inside
from cctv.model.cases import AccessRequest
from cctv.redaction.review.errors import (
    ArtefactChanged,
    NotPrepared,
    PartAmbiguous,
    PartUnknown,
    ScopeMoved,
    SegmentChanged,
    SegmentMissing,
)
from cctv.redaction.review.plan import CasePart, PartSource
from cctv.redaction.review.queries import parts_of

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
    """Progress that no one watches."""


def case_file(site: Storage, request_id: str) -> CaseFile:
    """A request that was prepared, open or closed; raises RequestUnknown, NotPrepared."""
    with read_transaction(site.engine) as connection:
        return prepared_case(connection, request_id)


def prepared_case(connection: Connection, request_id: str) -> CaseFile:
    """The same in the caller's transaction."""
    request = find_request(connection, request_id)
    parts = tuple(parts_of(connection, request.id))
    if not parts:
        raise NotPrepared(request=request.id)
    return CaseFile(request, parts)


def unapproved(request: AccessRequest, parts: Iterable[CasePart]) -> tuple[CasePart, ...]:
    """The parts that nothing is made of: not approved exactly as they are, or not of what the request asks now.  Pure.

    The one rule of a build, and of whether a package that was built stands for the answer.
    """
    return tuple(part for part in parts if not (part.approved and _is_asked(request, part)))


def require_asked(request: AccessRequest, parts: Iterable[CasePart]) -> None:
    """Raises ScopeMoved for parts that were prepared before the request's cameras or its time were corrected."""
    moved = [part for part in parts if not _is_asked(request, part)]
    if moved:
        raise ScopeMoved(request=request.id, parts=join_messages(part.name for part in moved))


def _is_asked(request: AccessRequest, part: CasePart) -> bool:
    return is_asked(request, part.plan.camera, part.plan.requested)


def require_open(site: Storage, request: AccessRequest) -> None:
    """Raises RequestClosed: what was answered is not redacted or exported again."""
    if request.closed is not None:
        when = request.closed.astimezone(site.settings.site.timezone).date()
        raise RequestClosed(id=request.id, when=when, by=request.closed_by)


def case_directory(site: Storage, request_id: str) -> Path:
    """`derived/REQ-YYYY-NNN`; raises PathOutside where a link is in its place."""
    return derived_directory(site.root, request_id)


def part_directory(site: Storage, part: CasePart) -> Path:
    """The folder of a part's analysis; raises PathOutside where the index names one outside of the storage."""
    return inside(site.root, part.directory, N_("part {part}", part=part.name))


def sheet_path(site: Storage, request_id: str) -> Path:
    """The page that a person decides from; opens in any browser."""
    return case_directory(site, request_id) / "sheet.html"


def choose_part(case: CaseFile, camera: str | None, position: int | None) -> CasePart:
    """The part that a person means; raises PartAmbiguous, PartUnknown."""
    names = join_messages(part.name for part in case.parts)
    parts = [
        part for part in case.parts if camera in (None, part.plan.camera) and position in (None, part.plan.position)
    ]
    if not parts:
        of_camera = [N_("camera {camera}", camera=camera)] if camera else []
        requested = join_messages([*of_camera, *([N_("part {part}", part=position)] if position else [])], between=" ")
        raise PartUnknown(request=case.request.id, wanted=requested, parts=names)
    if len(parts) > 1:
        option = "--part N" if len({part.plan.camera for part in parts}) == 1 else "--camera CAMERA"
        raise PartAmbiguous(request=case.request.id, count=len(parts), parts=names, option=option)
    return parts[0]


def check_sources(site: Storage, sources: Iterable[PartSource], progress: Progress = silent) -> None:
    """Compare every segment with the hash that it was indexed with; raises SegmentMissing, SegmentChanged."""
    listed = list(sources)
    for done, source in enumerate(listed):
        progress("checking", done, len(listed))
        path = inside(site.root, source.path)
        if not path.is_file():
            raise SegmentMissing(path=path)
        size = path.stat().st_size
        if size != source.size_bytes:
            problem = N_("{size} bytes of {whole}", size=size, whole=source.size_bytes)
            raise SegmentChanged(path=path, problem=problem)
        if sha256_file(path) != source.sha256:
            raise SegmentChanged(path=path, problem=N_("its hash differs"))
    progress("checking", len(listed), len(listed))


def check_artefacts(site: Storage, part: CasePart) -> None:
    """Compare what the analysis wrote with the plan; raises ArtefactChanged."""
    for artefact in part.plan.artefacts:
        path = inside(site.root, f"{part.directory}/{artefact.name}", N_("part {part}", part=part.name))
        problem = None
        if not path.is_file():
            problem = N_("gone")
        elif sha256_file(path) != artefact.sha256:
            problem = N_("not what it was")
        if problem is not None:
            raise ArtefactChanged(path=path, part=part.name, problem=problem, request=part.plan.request)
