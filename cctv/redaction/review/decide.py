"""Decisions on who stays visible: keep and hide, by track or by drawn boxes.

Every change gives the plan another digest, so that an approval of the old one is void; the decision and its reason are
in the audit log in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from cctv.audit.log import append_entry
from cctv.cases.requests.blocks import require_usable
from cctv.cases.text_input import checked_text
from cctv.core.durable import exclusive
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.redaction.render.options import Others
from cctv.redaction.review.analysis import analyse_again, remove_unnamed
from cctv.redaction.review.case import (
    LOCK,
    CaseFile,
    Progress,
    case_directory,
    check_artefacts,
    check_sources,
    choose_part,
    prepared_case,
    require_open,
    sheet_path,
    silent,
)
from cctv.redaction.review.errors import HideBoxesOnly, NothingDecided, TrackUnknown
from cctv.redaction.review.plan import CasePart, PartDecisions
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import update_unmoved
from cctv.redaction.review.sheet.labels import ranges_text
from cctv.redaction.review.sheet.write import write_sheet
from cctv.redaction.tracking.annotations import KeepBoxes, check_within, read_keep

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person typed: which part, which tracks, which file of boxes, how others appear, and why."""

    request_id: str
    tracks: tuple[int, ...]
    boxes: Path | None
    reason: str
    camera: str | None = None
    position: int | None = None
    others: Others | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A part before and after a decision; `voided`: whether that voided an approval."""

    before: CasePart
    after: CasePart

    @property
    def voided(self) -> bool:
        """Whether the decision voided an approval."""
        return self.before.approved and not self.after.approved


def keep(site: Storage, choice: Choice, progress: Progress = silent, *, dry_run: bool = False) -> Decided:
    """Keep tracks visible, or replace all drawn boxes (to keep and to hide) by those of KEEP.json."""

    def change(old: PartDecisions, boxes: KeepBoxes | None) -> PartDecisions:
        return replace(
            old,
            keep=_with(old.keep, choice.tracks),
            hide=_without(old.hide, choice.tracks),
            boxes=boxes if boxes is not None else old.boxes,
        )

    return _decide(site, choice, Act.REDACTION_KEPT, change, progress, dry_run)


def hide(site: Storage, choice: Choice, progress: Progress = silent, *, dry_run: bool = False) -> Decided:
    """Hide tracks, replace the hide boxes by those of KEEP.json, or choose how others appear; hide beats keep."""

    def change(old: PartDecisions, boxes: KeepBoxes | None) -> PartDecisions:
        if boxes is not None and boxes.keep:
            raise HideBoxesOnly(path=choice.boxes)
        return PartDecisions(
            keep=_without(old.keep, choice.tracks),
            hide=_with(old.hide, choice.tracks),
            boxes=replace(old.boxes, hide=boxes.hide) if boxes is not None else old.boxes,
            others=choice.others or old.others,
        )

    return _decide(site, choice, Act.REDACTION_HIDDEN, change, progress, dry_run)


def _decide(
    site: Storage,
    choice: Choice,
    act: Act,
    change: Callable[[PartDecisions, KeepBoxes | None], PartDecisions],
    progress: Progress,
    dry_run: bool,
) -> Decided:
    reason = checked_text(N_("reason"), choice.reason, N_('say why: --reason "WHY".'))
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, choice.request_id)
        require_open(site, case.request)
        require_usable(site, case.request, "redaction decision")
        part = choose_part(case, choice.camera, choice.position)
        require_masked(site, connection, [part])
    boxes = _checked(site, case, part, choice, "keep" if act is Act.REDACTION_KEPT else "hide")
    plan = part.plan.deciding(change(part.plan.decisions, boxes), site.actor.account)
    if dry_run:
        return Decided(part, replace(part, plan=plan, digest=plan.digest))
    with exclusive(case_directory(site, case.request.id) / LOCK):
        check_sources(site, part.plan.sources, progress)
        check_artefacts(site, part)
        decided = Decided(part, analyse_again(site, part, plan, progress))
        now = _store(site, decided, act, choice, reason)
        write_sheet(site, now)
        remove_unnamed(site, case.request.id, now.parts)
    facts = {"case": case.request.id, "camera": part.plan.camera, "part": part.plan.position, "action": act}
    log.info("part.decided", extra=facts)
    return decided


def _checked(site: Storage, case: CaseFile, part: CasePart, choice: Choice, verb: str) -> KeepBoxes | None:
    if not choice.tracks and choice.boxes is None and choice.others is None:
        raise NothingDecided(verb=verb)
    unknown = sorted(set(choice.tracks) - set(part.plan.tracks))
    if unknown:
        raise TrackUnknown(
            request=case.request.id,
            part=part.name,
            tracks=", ".join(map(str, unknown)),
            known=N_("tracks {tracks}", tracks=ranges_text(part.plan.tracks)) if part.plan.tracks else N_("no tracks"),
            sheet=sheet_path(site, case.request.id),
        )
    if choice.boxes is None:
        return None
    boxes = read_keep(choice.boxes)
    check_within(boxes, part.plan.frames, choice.boxes)
    return boxes


def _store(site: Storage, decided: Decided, act: Act, choice: Choice, reason: str) -> CaseFile:
    part = decided.after
    facts: dict[str, str | int | list[str]] = {
        "camera": part.plan.camera,
        "part": part.plan.position,
        "tracks": [str(number) for number in choice.tracks],
        "boxes": len(part.plan.decisions.boxes.keep) + len(part.plan.decisions.boxes.hide),
        "others": part.plan.decisions.others.value,
        "plan": part.digest,
    }
    with write_transaction(site.engine) as connection:
        update_unmoved(connection, [decided.before], [part])
        append_entry(connection, site, act, part.plan.request, case_id=part.plan.request, facts=facts, reason=reason)
        return prepared_case(connection, part.plan.request)


def _with(numbers: Collection[int], more: Collection[int]) -> tuple[int, ...]:
    return tuple(sorted({*numbers, *more}))


def _without(numbers: Collection[int], fewer: Collection[int]) -> tuple[int, ...]:
    return tuple(sorted({*numbers} - {*fewer}))
