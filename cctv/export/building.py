"""Building a package: from approved plans to a signed folder.

Owns the order of a build; the folder's own steps are in `folder`.  Renders only what was approved, checks every render,
and enters the package in the same transaction as its audit entry.  A refusal is in the log too.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from cctv import __version__, audit
from cctv.casework.blocks import require_unblocked
from cctv.casework.duties import require
from cctv.casework.errors import FootageBlocked
from cctv.db.engine import writing
from cctv.db.site import Site, next_short_id
from cctv.export import folder
from cctv.export.errors import FootageAdded, NotApproved
from cctv.export.lease import lease_end
from cctv.export.manifest import (
    MANIFEST,
    By,
    Covered,
    Hidden,
    Manifest,
    Output,
    Period,
    Reviewed,
    SiteName,
    Source,
    Verified,
)
from cctv.export.plan import BuildPlan, PlannedOutput, plan_build
from cctv.export.readme import readme
from cctv.export.store import Package, insert_package
from cctv.kernel.durable import exclusive, sha256_file
from cctv.model.accountability import Permission
from cctv.model.acts import Act
from cctv.model.ids import ExportId, IdKind
from cctv.redaction.case.analysis import backdrop_hashes
from cctv.redaction.case.errors import (
    ArtefactChanged,
    DetectorFailed,
    MasksAdded,
    NotPrepared,
    NotReviewed,
    PlanMoved,
    SegmentChanged,
    SegmentMissing,
)
from cctv.redaction.case.file import Progress, silent
from cctv.redaction.case.kept import forget_renders, kept_render
from cctv.redaction.case.part import CasePlan
from cctv.redaction.case.render import render_part
from cctv.redaction.case.room import room
from cctv.redaction.case.store import parts_of
from cctv.redaction.errors import SceneLost, SearchFailed, SourceUnreadable, VerifyFailed
from cctv.signing import SigningKey, signing_key

log = logging.getLogger(__name__)

MODE = "backdrop"
_REFUSALS = (
    *(NotPrepared, NotApproved, FootageAdded, MasksAdded, PlanMoved, SegmentMissing, SegmentChanged, ArtefactChanged),
    *(NotReviewed, SourceUnreadable, SceneLost, SearchFailed, DetectorFailed, VerifyFailed, FootageBlocked),
)
_MOST_OF_SOURCE = 1.5  # a render of mostly still backdrop is smaller than its source; this is the worst that was seen


@dataclass(frozen=True, slots=True)
class Built:
    """A package that stands in its place."""

    package: Package
    path: Path
    manifest: Manifest


def build(site: Site, request_id: str, progress: Progress = silent) -> Built:
    """Build the package of a request whose every plan is approved; raises as `plan_build`, and RoomMissing (16).

    Videos that a build had finished before it was broken off are taken as they are.
    """
    require(site, Permission.EXPORT)
    with exclusive(site.root / "exports" / ".lock"), _refusals_logged(site, request_id):
        plan = plan_build(site, request_id, progress)
        key = signing_key(site.root / "keys", site.disk)
        with room(site.root, int(plan.source_bytes * _MOST_OF_SOURCE)):
            working = folder.begin(site)
            try:
                outputs = tuple(_render(site, plan, output, working, progress) for output in plan.outputs)
                package, manifest = _commit(site, plan, working, outputs, key)
            except BaseException:
                folder.settle(site)  # removes it, unless the package was committed
                raise
        path = site.root / package.path
        site.disk.rename(working, path)
        forget_renders(site, (output.part for output in plan.outputs))
    log.info("package.built", extra={"package": package.id, "case": package.case_id, "files": len(outputs)})
    return Built(package, path, manifest)


def _render(site: Site, plan: BuildPlan, planned: PlannedOutput, working: Path, progress: Progress) -> Output:
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
        sources=tuple(Source(one.name, one.sha256, Period(one.start, one.end)) for one in part.plan.sources),
        plan_sha256=part.digest,
        backdrop_sha256=backdrop_hashes(part.plan),
        prepared=By(part.prepared, part.prepared_by),
        approved=By(part.approval.at, part.approval.by),
        verified=Verified(
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
    site: Site, plan: BuildPlan, working: Path, outputs: tuple[Output, ...], key: SigningKey
) -> tuple[Package, Manifest]:
    """Seal the folder and enter it; the plans must still be those that were rendered."""
    now = site.clock.now()
    with writing(site.engine) as connection:
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
        manifest = folder.complete(working, site.disk, draft, readme(draft, site.settings.site.timezone), key)
        site.disk.sync_directory(working)
        package = Package(
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
            raise PlanMoved(part=output.part.name)


def _log(connection: Connection, site: Site, package: Package, outputs: tuple[Output, ...]) -> None:
    facts: dict[str, str | int | list[str]] = {
        "manifest": package.manifest_sha256,
        "outputs": [output.sha256 for output in outputs],
        "plans": [output.plan_sha256 for output in outputs],
        "expires": package.expires.date().isoformat(),
    }
    audit.append(connection, site, Act.EXPORT_BUILT, package.id, case_id=package.case_id, facts=facts)


@contextmanager
def _refusals_logged(site: Site, request_id: str) -> Iterator[None]:
    try:
        yield
    except _REFUSALS as error:
        subject = request_id.strip().upper()
        log.info("package.refused", extra={"case": subject, "error": error.code})
        with writing(site.engine) as connection:
            facts: dict[str, str | int | list[str]] = {"code": error.code, "exit": int(error.exit_code)}
            audit.append(connection, site, Act.EXPORT_REFUSED, subject, case_id=subject, facts=facts)
        raise
