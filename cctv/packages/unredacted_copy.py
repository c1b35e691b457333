"""Building the package of a disclosure: recorded frames, bit for bit, on a named ground.

Responsible for the refusals and the order of such a build; the steps of the folder are in `folder`.  Never builds an
unapproved disclosure, and never shows what a mask hides unless an order names it.  A refusal is in the audit log too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv import __version__
from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.grants import require
from cctv.cases.disclosures.disclosures import find_disclosure, package_built, require_approved, unclosed
from cctv.cases.errors.compliance import CountryUnreadable, OutsideArea
from cctv.cases.errors.disclosures import (
    DisclosureClosed,
    DisclosureNeedsSecond,
    DisclosureUnapproved,
    DisclosureUnknown,
    ViewedAlready,
)
from cctv.cases.errors.requests import FootageBlocked
from cctv.cases.footage_status import footage_status
from cctv.cases.requests.blocks import require_unblocked
from cctv.config.fields import Polygon
from cctv.config.schema import SecondFactorUse
from cctv.core.durable import exclusive, sha256_file
from cctv.core.filesystem import require_disk_space
from cctv.core.i18n import N_, join_messages, pgettext_lazy
from cctv.core.time_range import Span
from cctv.core.worker import WorkerFailed
from cctv.crypto.signing_key import SigningKey, signing_key
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.footage.layout import inside
from cctv.footage.segments import segments_of
from cctv.model.audit import Act
from cctv.model.compliance import Permission
from cctv.model.disclosures import Disclosure
from cctv.model.footage import Segment
from cctv.model.ids import CameraId, ExportId, IdKind, id_in
from cctv.packages.build import gaps_of, video_name
from cctv.packages.documents import disclosure_readme
from cctv.packages.errors import NO_ID, CopyDiffers, DisclosureChanged, MasksHide, RecordingUnreadable, refusals_logged
from cctv.packages.expiry import lease_end
from cctv.packages.folder import begin_build, complete_build, finish_interrupted_build
from cctv.packages.manifest import (
    MANIFEST,
    UNREDACTED,
    By,
    CopiedOutput,
    CopiedSource,
    DisclosureManifest,
    LegalBasis,
    Period,
    SiteName,
    UnrecordedSpan,
)
from cctv.packages.queries import PackageRow, insert_package
from cctv.packages.stream_copy import CopyStretch, copy, read_recording, stretches, take
from cctv.redaction.review.case import Progress, check_sources, silent
from cctv.redaction.review.errors import NoFootageToRedact, SegmentChanged, SegmentMissing
from cctv.redaction.review.plan import PartSource
from cctv.redaction.review.privacy_masks import masks_in_force

log = logging.getLogger(__name__)

_REFUSALS = (
    WorkerFailed,
    DisclosureUnknown,
    DisclosureClosed,
    DisclosureNeedsSecond,
    DisclosureUnapproved,
    CountryUnreadable,
    OutsideArea,
    ViewedAlready,
    DisclosureChanged,
    MasksHide,
    NoFootageToRedact,
    SegmentMissing,
    SegmentChanged,
    RecordingUnreadable,
    CopyDiffers,
    FootageBlocked,
)


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """An unbroken recording and the name of the file that it becomes."""

    camera: CameraId
    stretch: CopyStretch
    file: str
    masks: tuple[Polygon, ...]


@dataclass(frozen=True, slots=True)
class DisclosurePlan:
    """Everything that a build would do; it was permitted when the plan was made."""

    disclosure: Disclosure
    outputs: tuple[PlannedCopy, ...]
    gaps: tuple[UnrecordedSpan, ...]

    @property
    def source_bytes(self) -> int:
        return sum(take.recording.segment.size_bytes for output in self.outputs for take in output.stretch.takes)


@dataclass(frozen=True, slots=True)
class BuiltDisclosure:
    """A package that stands in its place."""

    package: PackageRow
    path: Path
    manifest: DisclosureManifest


def plan_disclosure(site: Storage, disclosure_id: str, progress: Progress = silent) -> DisclosurePlan:
    """Check that a disclosure may be built, and return what its package would hold.

    Raises DisclosureUnknown, DisclosureClosed (2); FootageBlocked (12); DisclosureUnapproved, DisclosureNeedsSecond,
    MasksHide (13); NoFootage (14); SegmentMissing, SegmentChanged, RecordingUnreadable (15).
    """
    with read_transaction(site.engine) as connection:
        disclosure = unclosed(connection, site, disclosure_id)
        require_unblocked(connection, site, disclosure.id, disclosure.cameras, disclosure.span)
        require_approved(connection, site, disclosure)
        masks = {camera: masks_in_force(site, connection, camera, disclosure.span) for camera in disclosure.cameras}
        hidden = [camera for camera, polygons in masks.items() if polygons]
        if hidden and not disclosure.unmasked:
            raise MasksHide(id=disclosure.id, cameras=", ".join(hidden))
        segments = {camera: segments_of(connection, camera, disclosure.span) for camera in disclosure.cameras}
        gaps = tuple(gaps_of(footage_status(connection, site, disclosure.cameras, disclosure.span)))
    check_sources(site, (PartSource.of(segment) for recorded in segments.values() for segment in recorded), progress)
    outputs = tuple(
        PlannedCopy(camera, stretch, video_name(camera, stretch.span.start, site.settings.site.timezone), masks[camera])
        for camera, recorded in segments.items()
        for stretch in _stretches(site, recorded, disclosure.span)
    )
    if not outputs:
        causes_by_camera = sorted({(gap.camera, gap.cause) for gap in gaps})
        labels = [
            N_("{camera}: {cause}", camera=camera, cause=pgettext_lazy("GapCause", cause))
            for camera, cause in causes_by_camera
        ]
        causes = join_messages(labels, between="; ") if labels else N_("no frame lies in that span")
        following = f"cctv disclosure end {disclosure.id} --how refused --reason WHY"
        raise NoFootageToRedact(request=disclosure.id, causes=causes, following=following)
    return DisclosurePlan(disclosure, outputs, gaps)


def build_disclosure(site: Storage, disclosure_id: str, progress: Progress = silent) -> BuiltDisclosure:
    """Build the package of an approved disclosure.

    Raises as `plan_disclosure`; NotGranted (12), CopyDiffers (15), RoomMissing (16).
    """
    require(site, Permission.EXPORT_UNREDACTED)
    require_code(site, SecondFactorUse.DISCLOSURE)
    subject = id_in(disclosure_id)
    logged = refusals_logged(site, subject or NO_ID, subject, _REFUSALS, {"mode": UNREDACTED})
    with exclusive(site.root / "exports" / ".lock"), logged:
        plan = plan_disclosure(site, disclosure_id, progress)
        with require_disk_space(site.root, plan.source_bytes):
            working = begin_build(site)
            try:
                outputs = []
                for done, planned in enumerate(plan.outputs):
                    progress("copying", done, len(plan.outputs))
                    outputs.append(_copied(site, planned, working))
                key = signing_key(site.root / "keys", site.disk)  # not before: what reads has a copy of this memory
                package, manifest = _commit(site, plan, working, tuple(outputs), key)
            except BaseException:
                finish_interrupted_build(site)  # removes it, unless the package was committed
                raise
        path = inside(site.root, package.path)
        site.disk.rename(working, path)
    log.info("package.built", extra={"package": package.id, "case": package.case_id, "files": len(outputs)})
    return BuiltDisclosure(package, path, manifest)


def _stretches(site: Storage, segments: list[Segment], span: Span) -> list[CopyStretch]:
    takes = (take(read_recording(segment, inside(site.root, segment.path)), span) for segment in segments)
    return stretches(selected for selected in takes if selected is not None)


def _copied(site: Storage, planned: PlannedCopy, working: Path) -> CopiedOutput:
    target = working / planned.file
    copied = copy(site, planned.stretch, target)
    site.disk.sync_file(target)
    span = planned.stretch.span
    return CopiedOutput(
        file=planned.file,
        sha256=sha256_file(target),
        size_bytes=target.stat().st_size,
        frames=copied.frames,
        stream_sha256=copied.stream_sha256,
        codec=planned.stretch.takes[0].recording.setup[0],
        camera=planned.camera,
        span=Period(span.start, span.end),
        sources=tuple(
            CopiedSource(
                Path(source.recording.segment.path).name,
                source.recording.segment.sha256,
                Period(source.recording.segment.span.start, source.recording.segment.span.end),
                len(source.packets),
                source.recording.segment.source,
            )
            for source in planned.stretch.takes
        ),
        unmasked=planned.masks,
    )


def _commit(
    site: Storage, plan: DisclosurePlan, working: Path, outputs: tuple[CopiedOutput, ...], key: SigningKey
) -> tuple[PackageRow, DisclosureManifest]:
    """Seal the folder and enter it; the disclosure must still be the one that was approved."""
    disclosure, now = plan.disclosure, site.clock.now()
    with write_transaction(site.engine) as connection:
        if find_disclosure(connection, disclosure.id) != disclosure:
            raise DisclosureChanged(id=disclosure.id)
        require_unblocked(connection, site, disclosure.id, disclosure.cameras, disclosure.span)
        package_id = ExportId(next_short_id(connection, IdKind.EXPORT, now.year))
        draft = _draft(site, plan, package_id, outputs, key)
        text = disclosure_readme(draft, site.settings.site.timezone)
        manifest = complete_build(working, site.disk, draft, text, key)
        site.disk.sync_directory(working)
        package = PackageRow(
            id=package_id,
            request=None,
            disclosure=disclosure.id,
            path=f"exports/{package_id}",
            manifest_sha256=sha256_file(working / MANIFEST),
            built=now,
            built_by=site.actor.account,
            expires=draft.expires,
        )
        insert_package(connection, package)
        package_built(connection, disclosure, package_id)
        _log(connection, site, package, outputs)
    return package, manifest


def _draft(
    site: Storage, plan: DisclosurePlan, package: ExportId, outputs: tuple[CopiedOutput, ...], key: SigningKey
) -> DisclosureManifest:
    disclosure, now = plan.disclosure, site.clock.now()
    assert disclosure.approved is not None
    assert disclosure.approved_by is not None
    receiver = disclosure.receiver
    return DisclosureManifest(
        schema=1,
        package=package,
        disclosure=disclosure.id,
        site=SiteName(site.settings.site.name, str(site.identity.site)),
        software=f"cctv {__version__}",
        mode=UNREDACTED,
        language=site.settings.site.language.value,
        ground=LegalBasis(
            disclosure.recipient.value,
            receiver.authority,
            receiver.reference,
            disclosure.duty.value,
            receiver.basis or disclosure.case_id or "",
        ),
        requested=Period(disclosure.span.start, disclosure.span.end),
        cameras=disclosure.cameras,
        opened=By(disclosure.opened, disclosure.opened_by),
        approved=By(disclosure.approved, disclosure.approved_by),
        built=By(now, site.actor.account, site.actor.on_behalf_of),
        expires=lease_end(now),
        key=key.public.fingerprint,
        outputs=outputs,
        gaps=plan.gaps,
        files=(),
    )


def _log(connection: Connection, site: Storage, package: PackageRow, outputs: tuple[CopiedOutput, ...]) -> None:
    facts: AuditFacts = {
        "mode": UNREDACTED,
        "manifest": package.manifest_sha256,
        "outputs": [output.sha256 for output in outputs],
        "streams": [output.stream_sha256 for output in outputs],
        "expires": package.expires.date().isoformat(),
    }
    append_entry(connection, site, Act.EXPORT_BUILT, package.id, case_id=package.case_id, facts=facts)
