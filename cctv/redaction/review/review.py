"""Review of what a plan shows: sign off backdrops, cover parts of them, review frames range by range.

A sign-off names the hash of a picture and a review the digest of what is shown, so that any change of the picture voids
them.  `require_reviewed` lists what is missing before an approval.  Never signs or reviews files that are missing or
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.requests.blocks import require_usable
from cctv.cases.text_input import checked_text
from cctv.core.durable import exclusive
from cctv.core.i18n import N_, Message, join_messages
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.redaction.review.analysis import analyse_again, remove_unnamed
from cctv.redaction.review.artefacts import SURVEY, read_survey, read_times
from cctv.redaction.review.case import (
    LOCK,
    CaseFile,
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
from cctv.redaction.review.errors import BackdropAmbiguous, BackdropUnknown, CoverRefused, NotReviewed, RangeRefused
from cctv.redaction.review.plan import BackdropDecision, CasePart, CasePlan, Review
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import update_unmoved
from cctv.redaction.review.sheet.thumbnails import FrameRange
from cctv.redaction.review.sheet.write import write_sheet
from cctv.redaction.video.geometry import Rect, outer


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selected part of a request, and the reason; without camera and position every part."""

    request_id: str
    reason: str
    camera: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class BackdropChoice:
    """A decision on backdrops: `number` from 1 (None: all), `covers` in place of those before (None: as they are)."""

    number: int | None
    approve: bool
    covers: tuple[Rect, ...] | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """The parts before and after an act, in the same order."""

    before: tuple[CasePart, ...]
    after: tuple[CasePart, ...]

    @property
    def voided(self) -> bool:
        """Whether an approval was lost by it."""
        return any(old.approved and not new.approved for old, new in zip(self.before, self.after, strict=True))


def require_reviewed(site: Storage, case: CaseFile) -> None:
    """Raises NotReviewed unless every backdrop is signed off and every frame reviewed, as the plans are now."""
    missing = [
        N_("{part}: {missing}", part=part.name, missing=join_messages(words))
        for part in case.parts
        if (words := list(missing_words(site, part)))
    ]
    if missing:
        sheet = sheet_path(site, case.request.id)
        raise NotReviewed(request=case.request.id, missing=join_messages(missing, between="; "), sheet=sheet)


def missing_words(site: Storage, part: CasePart) -> Iterable[Message]:
    """What is missing of a part, one thing a line."""
    for number in part.plan.unsigned:
        yield N_("backdrop {number} is not signed off", number=number)
    if part.unreviewed:
        times = read_times(part_directory(site, part) / SURVEY)
        start = part.plan.span.start.astimezone(site.settings.site.timezone)
        for first, last in part.unreviewed:
            since, until = (start + timedelta(microseconds=times[frame]) for frame in (first, last))
            yield N_(
                "frames {first}-{last} ({since:%d/%m %H:%M:%S} - {until:%H:%M:%S}) are not reviewed",
                first=first,
                last=last,
                since=since,
                until=until,
            )


def decide_backdrop(
    site: Storage, chosen: Chosen, choice: BackdropChoice, progress: Progress = silent, *, dry_run: bool = False
) -> Noted:
    """Cover parts of a backdrop, sign backdrops off, or both.

    Raises RequestUnknown, RequestClosed, NotPrepared, BackdropUnknown, BackdropAmbiguous, CoverRefused,
    ArtefactChanged.
    """
    reason = checked_text(N_("reason"), chosen.reason, N_('say why: --reason "WHY".'))
    case, parts = _chosen(site, chosen, every=choice.covers is None)
    plans = [_with_backdrops(site, part, choice) for part in parts]
    if choice.covers is None or dry_run:
        after = [replace(part, plan=plan, digest=plan.digest) for part, plan in zip(parts, plans, strict=True)]
        if dry_run:
            return Noted(tuple(parts), tuple(after))
        return _noted(site, case, parts, lambda: after, backdrop_facts, Act.REDACTION_BACKDROP, reason)

    def covered() -> list[CasePart]:
        check_sources(site, parts[0].plan.sources, progress)
        return [analyse_again(site, parts[0], plans[0], progress)]

    return _noted(site, case, parts, covered, backdrop_facts, Act.REDACTION_BACKDROP, reason)


def review(site: Storage, chosen: Chosen, frames: FrameRange | None, *, dry_run: bool = False) -> Noted:
    """Record that a person inspected a range of frames as the plan shows it, or at every frame (None).

    Raises RequestUnknown, RequestClosed, NotPrepared, RangeRefused, PartAmbiguous, ArtefactChanged.
    """
    reason = checked_text(N_("reason"), chosen.reason, N_('say how you looked: --reason "WHY".'))
    case, parts = _chosen(site, chosen, every=frames is None)
    if frames is not None and not 0 <= frames.first <= frames.last < parts[0].plan.frames:
        raise RangeRefused(
            text=f"{frames.first}-{frames.last}",
            part=parts[0].name,
            problem=N_("its frames are 0 to {last}", last=parts[0].plan.frames - 1),
        )
    after = [reviewed(site, part, frames) for part in parts]
    if dry_run:
        return Noted(tuple(parts), tuple(after))
    return _noted(site, case, parts, lambda: after, review_facts, Act.REDACTION_REVIEWED, reason)


def reviewed(site: Storage, part: CasePart, frames: FrameRange | None) -> CasePart:
    """The part with a review of these frames (None: all), by the account that acts now."""
    within = frames or FrameRange(0, part.plan.frames - 1)
    added = Review(within.first, within.last, part.plan.shown, site.clock.now(), site.actor.account)
    return replace(part, reviews=(*part.reviewed, added))


def signed_off(site: Storage, plan: CasePlan, numbers: Iterable[int]) -> CasePlan:
    """The plan with these backdrops signed off, by the account that acts now."""
    for number in numbers:
        hash_ = plan.backdrop_files[number - 1].sha256
        plan = plan.with_backdrop(
            replace(plan.backdrop(number), signed=hash_, signed_by=site.actor.account),
        )
    return plan


def backdrop_facts(part: CasePart) -> AuditFacts:
    """Facts of a part's backdrops for the audit log."""
    files = part.plan.backdrop_files
    return {
        "camera": part.plan.camera,
        "part": part.plan.position,
        "backdrops": [file.sha256 for file in files],
        "signed": [str(number) for number in range(1, len(files) + 1) if number not in part.plan.unsigned],
        "covers": sum(len(decision.covers) for decision in part.plan.backdrops),
        "plan": part.digest,
    }


def review_facts(part: CasePart) -> AuditFacts:
    """Facts of a part's last review for the audit log."""
    last = part.reviews[-1]
    return {
        "camera": part.plan.camera,
        "part": part.plan.position,
        "frames": f"{last.first}-{last.last}",
        "shown": last.shown,
    }


def _chosen(site: Storage, chosen: Chosen, *, every: bool) -> tuple[CaseFile, list[CasePart]]:
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, chosen.request_id)
        require_open(site, case.request)
        require_usable(site, case.request, "redaction review")
        if every and chosen.camera is None and chosen.position is None:
            parts = list(case.parts)
        else:
            parts = [choose_part(case, chosen.camera, chosen.position)]
        require_masked(site, connection, parts)
    for part in parts:
        check_artefacts(site, part)
    return case, parts


def _with_backdrops(site: Storage, part: CasePart, choice: BackdropChoice) -> CasePlan:
    """The part's plan after a choice."""
    plan, count = part.plan, len(part.plan.backdrop_files)
    if choice.number is not None and choice.number > count:
        raise BackdropUnknown(
            request=plan.request,
            part=part.name,
            number=choice.number,
            known=N_("backdrops 1 to {known}", known=count) if count > 1 else N_("backdrop 1"),
            sheet=sheet_path(site, plan.request),
        )
    numbers = [choice.number] if choice.number is not None else list(range(1, count + 1))
    if choice.covers is not None:
        if len(numbers) > 1:
            raise BackdropAmbiguous(
                request=plan.request, part=part.name, count=count, sheet=sheet_path(site, plan.request)
            )
        _check_covers(site, part, choice.covers)
        covering = BackdropDecision(numbers[0], choice.covers)
        plan = plan.with_backdrop(covering).deciding(plan.decisions, site.actor.account)
    return signed_off(site, plan, numbers) if choice.approve else plan


def _check_covers(site: Storage, part: CasePart, covers: Sequence[Rect]) -> None:
    size = read_survey(part_directory(site, part) / SURVEY).backdrops[0].planes.size
    for box in covers:
        if box.w <= 0 or box.h <= 0 or outer(box, size).empty:
            text = ",".join(f"{side:g}" for side in (box.x, box.y, box.w, box.h))
            raise CoverRefused(
                text=text,
                problem=N_("the picture is {width} x {height} pixels", width=size.width, height=size.height),
            )


def _noted(
    site: Storage,
    case: CaseFile,
    before: Sequence[CasePart],
    make: Callable[[], list[CasePart]],
    facts: Callable[[CasePart], AuditFacts],
    act: Act,
    reason: str,
) -> Noted:
    """Store the changed parts and their entries in one transaction, then write the sheet again."""
    request = case.request.id
    with exclusive(case_directory(site, request) / LOCK):
        after = make()
        with write_transaction(site.engine) as connection:
            update_unmoved(connection, before, after)
            for part in after:
                append_entry(connection, site, act, request, case_id=request, facts=facts(part), reason=reason)
            now = prepared_case(connection, request)
        write_sheet(site, now)
        remove_unnamed(site, request, now.parts)
    return Noted(tuple(before), tuple(after))
