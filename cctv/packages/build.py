"""Building the package of a request: from approved plans to a signed folder.

Responsible for the refusals of an export and for the order of a build; the steps of the folder are in `folder`.  One
plan serves `--dry-run` and the build.  Renders only what was approved, verifies every render, and enters the package in
the same transaction as its audit entry.  A refusal is in the audit log too.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv import __version__
from cctv.access.second_factor import require_code
from cctv.audit.log import append_entry
from cctv.cases.compliance.grants import require
from cctv.cases.errors.requests import CopyNotReady, FootageBlocked, RequestClosed, RequestUnknown
from cctv.cases.footage_status import FootageStatus, request_footage
from cctv.cases.requests.blocks import require_unblocked
from cctv.cases.requests.lifecycle import find_request
from cctv.cases.requests.needs import scope_of
from cctv.cases.requests.questions import require_ready
from cctv.config.schema import SecondFactorUse
from cctv.core.durable import exclusive, sha256_file
from cctv.core.filesystem import require_disk_space
from cctv.core.i18n import N_, join_messages, ngettext_lazy
from cctv.core.time_range import Span
from cctv.core.worker import WorkerFailed
from cctv.crypto.signing_key import SigningKey, signing_key
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.footage.layout import inside
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.compliance import Permission
from cctv.model.ids import CameraId, ExportId, IdKind, id_in
from cctv.packages.documents import readme
from cctv.packages.errors import NO_ID, FootageAdded, NotApproved, refusals_logged
from cctv.packages.expiry import lease_end
from cctv.packages.folder import begin_build, complete_build, finish_interrupted_build
from cctv.packages.manifest import (
    MANIFEST,
    By,
    CompanionShown,
    Covered,
    Hidden,
    Manifest,
    ManifestSource,
    Output,
    Period,
    Reviewed,
    SiteName,
    SubjectHiddenSpan,
    SubjectShown,
    UnrecordedSpan,
    VerifiedPackage,
)
from cctv.packages.queries import PackageRow, insert_package
from cctv.redaction.errors import (
    DetectorBlind,
    ModelRefused,
    PeopleSearchFailed,
    SceneLost,
    SourceUnreadable,
    VerifyFailed,
    WeightsDiffer,
    WeightsMissing,
)
from cctv.redaction.review.analysis import backdrop_hashes
from cctv.redaction.review.artefacts import SURVEY, read_times
from cctv.redaction.review.case import (
    Progress,
    check_artefacts,
    check_sources,
    part_directory,
    prepared_case,
    require_asked,
    require_open,
    silent,
    unapproved,
)
from cctv.redaction.review.checkpoints import forget_renders, kept_render
from cctv.redaction.review.errors import (
    ArtefactChanged,
    DetectorFailed,
    MasksAdded,
    NotPrepared,
    NotReviewed,
    PlanChanged,
    ScopeMoved,
    SegmentChanged,
    SegmentMissing,
)
from cctv.redaction.review.plan import CasePart, CasePlan, SubjectVisibility
from cctv.redaction.review.prepare import wanted_parts
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import parts_of
from cctv.redaction.review.render import render_part
from cctv.redaction.review.review import require_reviewed
from cctv.redaction.review.sheet.labels import DELETED, NEVER_RECORDED, TO_COME

log = logging.getLogger(__name__)

MODE = "backdrop"
_REFUSALS = (
    *(NotPrepared, NotApproved, FootageAdded, MasksAdded, PlanChanged, SegmentMissing, SegmentChanged, ArtefactChanged),
    *(ScopeMoved, NotReviewed, SourceUnreadable, SceneLost, DetectorFailed, VerifyFailed),
    *(PeopleSearchFailed, DetectorBlind, ModelRefused, WeightsMissing, WeightsDiffer),
    *(WorkerFailed, FootageBlocked, CopyNotReady, RequestUnknown, RequestClosed),
)
_MAX_RENDER_FRACTION = (
    1.5  # a render of mostly still backdrop is smaller than its source; this is the worst that was measured
)


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
    """Everything that a build would do; it was permitted when the plan was made."""

    request: AccessRequest
    outputs: tuple[PlannedOutput, ...]
    gaps: tuple[UnrecordedSpan, ...]

    @property
    def source_bytes(self) -> int:
        return sum(output.source_bytes for output in self.outputs)


@dataclass(frozen=True, slots=True)
class Built:
    """A package that stands in its place."""

    package: PackageRow
    path: Path
    manifest: Manifest


def plan_build(site: Storage, request_id: str, progress: Progress = silent) -> BuildPlan:
    """Check that a request may be exported, and return what the package would hold.

    Raises RequestUnknown, RequestClosed; FootageBlocked (12); CopyNotReady, NotPrepared, ScopeMoved, NotApproved,
    NotReviewed, FootageAdded, MasksAdded (13); SegmentMissing, SegmentChanged, ArtefactChanged (15).
    """
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_unblocked(connection, site, case.request.id, case.request.cameras, scope_of(case.request))
        require_ready(connection, site, case.request)
        require_approved(case.request, case.parts)
        require_masked(site, connection, case.parts)
        _require_complete(site, connection, case.request, case.parts)
        gaps = tuple(gaps_of(request_footage(connection, site, case.request)))
    for part in case.parts:
        check_artefacts(site, part)
    require_reviewed(site, case)
    check_sources(site, (source for part in case.parts for source in part.plan.sources), progress)
    return BuildPlan(case.request, tuple(_name_outputs(case.parts, site.settings.site.timezone)), gaps)


def build(site: Storage, request_id: str, progress: Progress = silent) -> Built:
    """Build the package of a request whose every plan is approved; raises as `plan_build`, and RoomMissing (16).

    Videos that an interrupted build had finished are reused.
    """
    require(site, Permission.EXPORT)
    require_code(site, SecondFactorUse.EXPORT)
    subject = id_in(request_id)
    with exclusive(site.root / "exports" / ".lock"), refusals_logged(site, subject or NO_ID, subject, _REFUSALS):
        plan = plan_build(site, request_id, progress)
        with require_disk_space(site.root, int(plan.source_bytes * _MAX_RENDER_FRACTION)):
            working = begin_build(site)
            try:
                outputs = tuple(_render(site, plan, output, working, progress) for output in plan.outputs)
                key = signing_key(site.root / "keys", site.disk)  # not before: what decodes has a copy of this memory
                package, manifest = _commit(site, plan, working, outputs, key)
            except BaseException:
                finish_interrupted_build(site)  # removes it, unless the package was committed
                raise
        path = inside(site.root, package.path)
        site.disk.rename(working, path)
        forget_renders(site, (output.part for output in plan.outputs))
    log.info("package.built", extra={"package": package.id, "case": package.case_id, "files": len(outputs)})
    return Built(package, path, manifest)


def require_approved(request: AccessRequest, parts: Sequence[CasePart]) -> None:
    """Raises ScopeMoved, NotApproved unless every part is approved exactly as it is, and is of what is asked now."""
    require_asked(request, parts)
    waiting = unapproved(request, parts)
    if not waiting:
        return
    changed = any(part.approval is not None for part in waiting)
    names = join_messages(part.name for part in waiting)
    raise NotApproved(
        request=request.id,
        parts=ngettext_lazy(len(waiting), "{parts} is", "{parts} are", parts=names),
        why=N_(" (the plan changed after it was approved)") if changed else "",
    )


def video_name(camera: CameraId, start: datetime, zone: ZoneInfo) -> str:
    """By camera and local start, with the zone's abbreviation because an hour may come twice; never by person."""
    local = start.astimezone(zone)
    label = "".join(sign if sign.isalnum() else "_" for sign in local.strftime("%Z"))
    return f"{camera}_{local:%Y-%m-%d_%H-%M-%S}_{label}.mp4"


def gaps_of(footage: Iterable[FootageStatus]) -> Iterable[UnrecordedSpan]:
    """Yield every requested span without picture, with its cause, in order."""
    for status in footage:
        gaps: list[tuple[Span, str]] = [(deleted.span, DELETED) for deleted in status.gone]
        gaps += [(gap.span, gap.cause.value if gap.cause else NEVER_RECORDED) for gap in status.unrecorded]
        pending = status.being_written or status.to_come
        if pending is not None:
            gaps.append((Span(pending.start, max(pending.end, status.span.end)), TO_COME))
        for span, cause in sorted(gaps, key=lambda gap: gap[0]):
            if span.duration > timedelta(0):
                yield UnrecordedSpan(status.camera, Period(span.start, span.end), cause)


def _require_complete(site: Storage, connection: Connection, request: AccessRequest, parts: Iterable[CasePart]) -> None:
    reviewed = {source.path for part in parts for source in part.plan.sources}
    added = [
        segment
        for camera in request.cameras
        for part in wanted_parts(site, connection, camera, scope_of(request))
        for segment in part
        if segment.path not in reviewed
    ]
    if added:
        cameras = ", ".join(sorted({segment.camera for segment in added}))
        raise FootageAdded(request=request.id, count=len(added), cameras=cameras)


def _name_outputs(parts: Iterable[CasePart], zone: ZoneInfo) -> Iterable[PlannedOutput]:
    stems: set[str] = set()
    for part in parts:
        stem = video_name(part.plan.camera, part.plan.span.start, zone).removesuffix(".mp4")
        if stem in stems:
            stem = f"{stem}_{part.plan.position}"
        stems.add(stem)
        yield PlannedOutput(part, f"{stem}.mp4")


def _render(site: Storage, plan: BuildPlan, planned: PlannedOutput, working: Path, progress: Progress) -> Output:
    part, target = planned.part, working / planned.file
    language = plan.request.language
    render = kept_render(site, part, language, target, lambda path: render_part(site, part, language, path, progress))
    site.disk.sync_file(target)
    assert part.approval is not None
    return Output(
        file=planned.file,
        sha256=sha256_file(target),
        size_bytes=target.stat().st_size,
        frames=render.frames,
        camera=part.plan.camera,
        part=part.plan.position,
        span=Period(part.plan.span.start, part.plan.span.end),
        sources=tuple(
            ManifestSource(source.name, source.sha256, Period(source.start, source.end)) for source in part.plan.sources
        ),
        plan_sha256=part.digest,
        backdrop_sha256=backdrop_hashes(part.plan),
        prepared=By(part.prepared, part.prepared_by),
        approved=By(part.approval.at, part.approval.by),
        verified=VerifiedPackage(
            frames=render.frames,
            live_pixels_outside=render.live_pixels_outside,
            same_times=render.same_times,
            audio_streams=render.audio_streams,
            metadata_entries=render.metadata_entries,
            masked_pixels=render.masked_pixels,
            masked_pixels_live=render.masked_pixels_live,
            witness_model=render.witness_model,
            witness_frames=render.witness_frames,
            witness_subjects=render.witness_subjects,
        ),
        masks=part.plan.masks,
        others=part.plan.decisions.others.value,
        hidden=_hidden(part.plan),
        covered=tuple(
            Covered(backdrop.number, tuple((box.x, box.y, box.w, box.h) for box in backdrop.covers))
            for backdrop in part.plan.backdrops
            if backdrop.covers
        ),
        signed_off=tuple(sorted({backdrop.signed_by for backdrop in part.plan.backdrops if backdrop.signed_by})),
        reviewed=tuple(Reviewed(review.first, review.last, By(review.at, review.by)) for review in part.reviewed),
        subject=_shown(site, part, part.plan.subject),
        companions=tuple(_companions(site, part)),
    )


def _companions(site: Storage, part: CasePart) -> Iterable[CompanionShown]:
    """Who else stays visible, and how much of each the video shows."""
    for number, kept in enumerate(part.plan.decisions.companions):
        shown = part.plan.shown_of_companion(number)
        yield CompanionShown(part.consents[kept.consent - 1].given, _shown(site, part, shown) if shown else None)


def _shown(site: Storage, part: CasePart, person: SubjectVisibility) -> SubjectShown:
    """How much of a person the video shows; a stretch ends where the next frame begins."""
    span = part.plan.span
    times = read_times(part_directory(site, part) / SURVEY)
    starts = [span.start + timedelta(microseconds=time) for time in times]
    hidden = tuple(
        SubjectHiddenSpan(
            stretch.first,
            stretch.last,
            Period(starts[stretch.first], [*starts, max(span.end, starts[-1])][stretch.last + 1]),
            stretch.cause.value,
        )
        for stretch in person.hidden
    )
    return SubjectShown(person.visible, person.frames, hidden)


def _hidden(plan: CasePlan) -> tuple[Hidden, ...]:
    """How much was hidden by drawing, by reason; the recipient does not learn what was drawn, nor where."""
    counted = Counter(path.reason.value if path.reason else "" for path in plan.decisions.boxes.hide)
    return tuple(Hidden(reason or None, count) for reason, count in sorted(counted.items()))


def _commit(
    site: Storage, plan: BuildPlan, working: Path, outputs: tuple[Output, ...], key: SigningKey
) -> tuple[PackageRow, Manifest]:
    """Seal the folder and enter it; the plans must still be those that were rendered, and of what is asked."""
    now = site.clock.now()
    with write_transaction(site.engine) as connection:
        _require_unchanged(connection, plan)
        span = scope_of(plan.request)
        require_unblocked(connection, site, plan.request.id, plan.request.cameras, span)
        request = find_request(connection, plan.request.id)
        require_approved(request, [output.part for output in plan.outputs])
        require_ready(connection, site, request)
        package_id = ExportId(next_short_id(connection, IdKind.EXPORT, now.year))
        draft = Manifest(
            schema=1,
            package=package_id,
            request=plan.request.id,
            site=SiteName(site.settings.site.name, str(site.identity.site)),
            software=f"cctv {__version__}",
            mode=MODE,
            language=plan.request.language.value,
            requested=Period(span.start, span.end),
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


def _require_unchanged(connection: Connection, plan: BuildPlan) -> None:
    parts = parts_of(connection, plan.request.id)
    for output in plan.outputs:
        if output.part not in parts:
            raise PlanChanged(part=output.part.name)


def _log(connection: Connection, site: Storage, package: PackageRow, outputs: tuple[Output, ...]) -> None:
    facts: dict[str, str | int | list[str]] = {
        "manifest": package.manifest_sha256,
        "outputs": [output.sha256 for output in outputs],
        "plans": [output.plan_sha256 for output in outputs],
        "expires": package.expires.date().isoformat(),
    }
    append_entry(connection, site, Act.EXPORT_BUILT, package.id, case_id=package.case_id, facts=facts)
