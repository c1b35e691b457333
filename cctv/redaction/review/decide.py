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
from cctv.model.requests import Consent
from cctv.redaction.render.options import Others
from cctv.redaction.review.analysis import analyse_again, remove_unnamed
from cctv.redaction.review.artefacts import TRACKS, read_tracks
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
from cctv.redaction.review.errors import (
    CompanionUnknown,
    ConsentLater,
    ConsentMissing,
    HideBoxesOnly,
    NothingDecided,
    TrackUnknown,
)
from cctv.redaction.review.plan import CasePart, Companion, PartDecisions
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import update_unmoved
from cctv.redaction.review.render import keep_of
from cctv.redaction.review.sheet.labels import ranges_text
from cctv.redaction.review.sheet.write import write_sheet
from cctv.redaction.review.subject import consents_needed, kept_paths, only_kept, two_people, with_companion
from cctv.redaction.tracking.annotations import KeepBoxes, check_within, read_keep

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person typed: which part, which tracks, which file of boxes, how others appear, and why.

    `companions` are tracks and ids of boxes of a person beside the requester, who gave `consent`.  `one_person`:
    everything else that is kept is the requester, though it stands apart.
    """

    request_id: str
    tracks: tuple[int, ...]
    boxes: Path | None
    reason: str
    camera: str | None = None
    position: int | None = None
    others: Others | None = None
    companions: tuple[str, ...] = ()
    consent: Consent | None = None
    one_person: bool = False


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
    """Keep tracks visible, or replace all drawn boxes (to keep and to hide) by those of KEEP.json.

    Two people are kept only with the consent of the one who is not the requester; raises ConsentMissing, ConsentLater,
    CompanionUnknown.
    """

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
        return replace(
            old,
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
    decisions, consents = _with_consent(site, part, only_kept(change(part.plan.decisions, boxes)), choice)
    plan = part.plan.deciding(decisions, site.actor.account)
    planned = replace(part, plan=plan, digest=plan.digest, consents=consents)
    if act is Act.REDACTION_KEPT:
        require_consent(site, planned)
    if dry_run:
        return Decided(part, planned)
    with exclusive(case_directory(site, case.request.id) / LOCK):
        check_sources(site, part.plan.sources, progress)
        check_artefacts(site, part)
        decided = Decided(part, replace(analyse_again(site, part, plan, progress), consents=consents))
        now = _store(site, decided, act, choice, reason)
        write_sheet(site, now)
        remove_unnamed(site, case.request.id, now.parts)
    facts = {"case": case.request.id, "camera": part.plan.camera, "part": part.plan.position, "action": act}
    log.info("part.decided", extra=facts)
    return decided


def _checked(site: Storage, case: CaseFile, part: CasePart, choice: Choice, verb: str) -> KeepBoxes | None:
    if not (choice.tracks or choice.boxes or choice.others or choice.companions or choice.one_person):
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


def require_consent(site: Storage, part: CasePart) -> None:
    """Raises ConsentMissing where two people are kept as if both were the requester."""
    decisions, tracks = part.plan.decisions, read_tracks(site.root / part.directory / TRACKS)
    pair = two_people(decisions, kept_paths(decisions, tracks, keep_of(decisions, tracks).keep))
    if pair is None:
        return
    first, second = (
        N_("track {number}", number=name) if isinstance(name, int) else N_("box {id}", id=name)
        for name in (pair.first, pair.second)
    )
    raise ConsentMissing(
        request=part.plan.request,
        part=part.name,
        first=first,
        second=second,
        frame=pair.frame,
        kept=pair.second if isinstance(pair.second, int) else "--boxes KEEP.json",
        name=pair.second,
    )


def _with_consent(
    site: Storage, part: CasePart, decisions: PartDecisions, choice: Choice
) -> tuple[PartDecisions, tuple[Consent, ...]]:
    """The decisions with what is a companion's, and the consents of the companions that are left."""
    if choice.one_person:
        kept: tuple[int | str, ...] = (*decisions.keep, *(path.id for path in decisions.boxes.keep))
        mine = tuple(name for name in kept if name not in {*decisions.of_companions, *choice.companions})
        decisions = replace(decisions, one_person=mine)
    if choice.consent is None:
        return consents_needed(decisions, part.consents)
    consent = _checked_consent(site, choice.consent)
    names = [_companion(part, decisions, name) for name in choice.companions]
    consents = part.consents if consent in part.consents else (*part.consents, consent)
    companion = Companion(
        consents.index(consent) + 1,
        tuple(name for name in names if isinstance(name, int)),
        tuple(name for name in names if isinstance(name, str)),
    )
    return consents_needed(with_companion(decisions, companion), consents)


def _checked_consent(site: Storage, consent: Consent) -> Consent:
    if consent.given > site.clock.now().astimezone(site.settings.site.timezone).date():
        raise ConsentLater(when=consent.given)
    return Consent(
        checked_text(N_("name"), consent.who, N_("name who consented: --consent-by NAME.")),
        consent.given,
        checked_text(N_("consent"), consent.recorded, N_("say how it is recorded: --consent-how HOW.")),
    )


def _companion(part: CasePart, decisions: PartDecisions, name: str) -> int | str:
    """The drawn box or the track that a name means; raises CompanionUnknown."""
    if any(path.id == name for path in decisions.boxes.keep):
        return name
    if name.isdecimal() and int(name) in decisions.keep:
        return int(name)
    raise CompanionUnknown(request=part.plan.request, part=part.name, names=name)


def _store(site: Storage, decided: Decided, act: Act, choice: Choice, reason: str) -> CaseFile:
    part = decided.after
    facts: dict[str, str | int | list[str]] = {
        "camera": part.plan.camera,
        "part": part.plan.position,
        "tracks": [str(number) for number in choice.tracks],
        "boxes": len(part.plan.decisions.boxes.keep) + len(part.plan.decisions.boxes.hide),
        "others": part.plan.decisions.others.value,
        "consents": [str(part.consents[kept.consent - 1].given) for kept in part.plan.decisions.companions],
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
