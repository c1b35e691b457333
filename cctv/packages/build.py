"""Building a package: from approved plans to a signed folder.

Owns the order of a build; the folder's own steps are in `folder`.  Renders only what was approved, checks every render,
and enters the package in the same transaction as its audit entry.  A refusal is in the log too.

The plan of a package: what would be in it, and every reason why it may not be built.

Owns the refusals of an export; one plan serves `--dry-run` and the build.  Reads only.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv import __version__
from cctv.audit.log import append_entry
from cctv.cases.compliance.grants import require
from cctv.cases.errors.requests import FootageBlocked
from cctv.cases.footage_status import FootageStatus, footage_status
from cctv.cases.requests.blocks import require_unblocked
from cctv.core.durable import exclusive, sha256_file
from cctv.core.filesystem import require_disk_space
from cctv.core.i18n import N_, join_messages, ngettext_lazy
from cctv.core.time_range import Span
from cctv.crypto.signing_key import SigningKey, signing_key
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.compliance import Permission
from cctv.model.ids import CameraId, ExportId, IdKind
from cctv.packages.documents import readme
from cctv.packages.errors import FootageAdded, NotApproved
from cctv.packages.expiry import lease_end
from cctv.packages.folder import begin_build, complete_build, finish_interrupted_build
from cctv.packages.manifest import (
    MANIFEST,
    By,
    Covered,
    Hidden,
    Manifest,
    ManifestSource,
    Output,
    Period,
    Reviewed,
    SiteName,
    UnrecordedSpan,
    VerifiedPackage,
)
from cctv.packages.queries import PackageRow, insert_package
from cctv.redaction.errors import SceneLost, SearchFailed, SourceUnreadable, VerifyFailed
from cctv.redaction.review.analysis import backdrop_hashes
from cctv.redaction.review.case import Progress, check_artefacts, check_sources, prepared_case, require_open, silent
from cctv.redaction.review.checkpoints import forget_renders, kept_render
from cctv.redaction.review.errors import (
    ArtefactChanged,
    DetectorFailed,
    MasksAdded,
    NotPrepared,
    NotReviewed,
    PlanChanged,
    SegmentChanged,
    SegmentMissing,
)
from cctv.redaction.review.plan import CasePart, CasePlan
from cctv.redaction.review.prepare import wanted_parts
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import parts_of
from cctv.redaction.review.render import render_part
from cctv.redaction.review.review import require_reviewed
from cctv.redaction.review.sheet.labels import DELETED, NEVER_RECORDED, TO_COME


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
    gaps: tuple[UnrecordedSpan, ...]

    @property
    def source_bytes(self) -> int:
        return sum(output.source_bytes for output in self.outputs)


def plan_build(site: Storage, request_id: str, progress: Progress = silent) -> BuildPlan:
    """Check that a request may be exported, and say what the package would hold.

    Raises RequestUnknown, RequestClosed; FootageBlocked (12); NotPrepared, NotApproved, NotReviewed, FootageAdded,
    MasksAdded (13); SegmentMissing, SegmentChanged, ArtefactChanged (15).
    """
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_unblocked(connection, site, case.request.id, case.request.cameras, case.request.span)
        require_approved(case.request, case.parts)
        require_masked(site, connection, case.parts)
        _require_complete(site, connection, case.request, case.parts)
        gaps = tuple(gaps_of(footage_status(connection, site, case.request.cameras, case.request.span)))
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
    names = join_messages(part.name for part in waiting)
    raise NotApproved(
        request=request.id,
        parts=ngettext_lazy(len(waiting), "{parts} is", "{parts} are", parts=names),
        why=N_(" (the plan changed after it was approved)") if changed else "",
    )


def _require_complete(site: Storage, connection: Connection, request: AccessRequest, parts: Iterable[CasePart]) -> None:
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


def gaps_of(footage: Iterable[FootageStatus]) -> Iterable[UnrecordedSpan]:
    """Every span that was asked for without picture, with its cause, in order."""
    for found in footage:
        holes: list[tuple[Span, str]] = [(gone.span, DELETED) for gone in found.gone]
        holes += [(hole.span, hole.cause.value if hole.cause else NEVER_RECORDED) for hole in found.unrecorded]
        coming = found.being_written or found.to_come
        if coming is not None:
            holes.append((Span(coming.start, max(coming.end, found.span.end)), TO_COME))
        for span, cause in sorted(holes, key=lambda hole: hole[0]):
            if span.duration > timedelta(0):
                yield UnrecordedSpan(found.camera, Period(span.start, span.end), cause)


log = logging.getLogger(__name__)

MODE = "backdrop"
_REFUSALS = (
    *(NotPrepared, NotApproved, FootageAdded, MasksAdded, PlanChanged, SegmentMissing, SegmentChanged, ArtefactChanged),
    *(NotReviewed, SourceUnreadable, SceneLost, SearchFailed, DetectorFailed, VerifyFailed, FootageBlocked),
)
_MOST_OF_SOURCE = 1.5  # a render of mostly still backdrop is smaller than its source; this is the worst that was seen


@dataclass(frozen=True, slots=True)
class Built:
    """A package that stands in its place."""

    package: PackageRow
    path: Path
    manifest: Manifest


def build(site: Storage, request_id: str, progress: Progress = silent) -> Built:
    """Build the package of a request whose every plan is approved; raises as `plan_build`, and RoomMissing (16).

    Videos that a build had finished before it was broken off are taken as they are.
    """
    require(site, Permission.EXPORT)
    with exclusive(site.root / "exports" / ".lock"), _refusals_logged(site, request_id):
        plan = plan_build(site, request_id, progress)
        key = signing_key(site.root / "keys", site.disk)
        with require_disk_space(site.root, int(plan.source_bytes * _MOST_OF_SOURCE)):
            working = begin_build(site)
            try:
                outputs = tuple(_render(site, plan, output, working, progress) for output in plan.outputs)
                package, manifest = _commit(site, plan, working, outputs, key)
            except BaseException:
                finish_interrupted_build(site)  # removes it, unless the package was committed
                raise
        path = site.root / package.path
        site.disk.rename(working, path)
        forget_renders(site, (output.part for output in plan.outputs))
    log.info("package.built", extra={"package": package.id, "case": package.case_id, "files": len(outputs)})
    return Built(package, path, manifest)


def _render(site: Storage, plan: BuildPlan, planned: PlannedOutput, working: Path, progress: Progress) -> Output:
    part, target = planned.part, working / planned.file
    language = plan.request.language
    found = kept_render(site, part, language, target, lambda path: render_part(site, part, language, path, progress))
    site.disk.sync_file(target)
    assert part.approval is not None
    return Output(
        file=planned.file,
        sha256=sha256_file(target),
        size_bytes=target.stat().st_size,
        frames=found.frames,
        camera=part.plan.camera,
        part=part.plan.position,
        span=Period(part.plan.span.start, part.plan.span.end),
        sources=tuple(ManifestSource(one.name, one.sha256, Period(one.start, one.end)) for one in part.plan.sources),
        plan_sha256=part.digest,
        backdrop_sha256=backdrop_hashes(part.plan),
        prepared=By(part.prepared, part.prepared_by),
        approved=By(part.approval.at, part.approval.by),
        verified=VerifiedPackage(
            frames=found.frames,
            live_pixels_outside=found.live_pixels_outside,
            same_times=found.same_times,
            audio_streams=found.audio_streams,
            metadata_entries=found.metadata_entries,
            masked_pixels=found.masked_pixels,
            masked_pixels_live=found.masked_pixels_live,
        ),
        masks=part.plan.masks,
        others=part.plan.decisions.others.value,
        hidden=_hidden(part.plan),
        covered=tuple(
            Covered(one.number, tuple((box.x, box.y, box.w, box.h) for box in one.covers))
            for one in part.plan.backdrops
            if one.covers
        ),
        signed_off=tuple(sorted({one.signed_by for one in part.plan.backdrops if one.signed_by})),
        reviewed=tuple(Reviewed(one.first, one.last, By(one.at, one.by)) for one in part.reviewed),
    )


def _hidden(plan: CasePlan) -> tuple[Hidden, ...]:
    """How much was hidden by drawing, by reason; what was drawn and where is nobody's business outside."""
    counted = Counter(path.reason.value if path.reason else "" for path in plan.decisions.boxes.hide)
    return tuple(Hidden(reason or None, count) for reason, count in sorted(counted.items()))


def _commit(
    site: Storage, plan: BuildPlan, working: Path, outputs: tuple[Output, ...], key: SigningKey
) -> tuple[PackageRow, Manifest]:
    """Seal the folder and enter it; the plans must still be those that were rendered."""
    now = site.clock.now()
    with write_transaction(site.engine) as connection:
        _require_unmoved(connection, plan)
        require_unblocked(connection, site, plan.request.id, plan.request.cameras, plan.request.span)
        package_id = ExportId(next_short_id(connection, IdKind.EXPORT, now.year))
        draft = Manifest(
            schema=1,
            package=package_id,
            request=plan.request.id,
            site=SiteName(site.settings.site.name, str(site.identity.site)),
            software=f"cctv {__version__}",
            mode=MODE,
            language=plan.request.language.value,
            requested=Period(plan.request.span.start, plan.request.span.end),
            cameras=plan.request.cameras,
            built=By(now, site.actor.account, site.actor.on_behalf_of),
            expires=lease_end(now),
            key=key.public.fingerprint,
            outputs=outputs,
            gaps=plan.gaps,
            files=(),
        )
        manifest = complete_build(working, site.disk, draft, readme(draft, site.settings.site.timezone), key)
        site.disk.sync_directory(working)
        package = PackageRow(
            id=package_id,
            request=plan.request.id,
            path=f"exports/{package_id}",
            manifest_sha256=sha256_file(working / MANIFEST),
            built=now,
            built_by=site.actor.account,
            expires=draft.expires,
        )
        insert_package(connection, package)
        _log(connection, site, package, outputs)
    return package, manifest


def _require_unmoved(connection: Connection, plan: BuildPlan) -> None:
    now = parts_of(connection, plan.request.id)
    for output in plan.outputs:
        if output.part not in now:
            raise PlanChanged(part=output.part.name)


def _log(connection: Connection, site: Storage, package: PackageRow, outputs: tuple[Output, ...]) -> None:
    facts: dict[str, str | int | list[str]] = {
        "manifest": package.manifest_sha256,
        "outputs": [output.sha256 for output in outputs],
        "plans": [output.plan_sha256 for output in outputs],
        "expires": package.expires.date().isoformat(),
    }
    append_entry(connection, site, Act.EXPORT_BUILT, package.id, case_id=package.case_id, facts=facts)


@contextmanager
def _refusals_logged(site: Storage, request_id: str) -> Iterator[None]:
    try:
        yield
    except _REFUSALS as error:
        subject = request_id.strip().upper()
        log.info("package.refused", extra={"case": subject, "error": error.code})
        with write_transaction(site.engine) as connection:
            facts: dict[str, str | int | list[str]] = {"code": error.code, "exit": int(error.exit_code)}
            append_entry(connection, site, Act.EXPORT_REFUSED, subject, case_id=subject, facts=facts)
        raise
