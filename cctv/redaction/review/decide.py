"""Decisions on who stays visible: keep and hide, by person, by track or by drawn boxes, and answers to questions.

Every change gives the plan another digest, so that an approval of the old one is void; the decision and its reason are
in the audit log in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.requests.blocks import require_usable
from cctv.cases.text_input import checked_text
from cctv.core.durable import exclusive
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.requests import Consent
from cctv.redaction.people.persons import AnswerKind, TrackRef, Verdict, with_answer
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
from cctv.redaction.review.errors import (
    AnswerUnknown,
    CompanionUnknown,
    HideBoxesOnly,
    NothingDecided,
    PersonElsewhere,
    QuestionStale,
    TracksAndPeople,
    TrackUnknown,
)
from cctv.redaction.review.people import AskedQuestion, People, require_consent
from cctv.redaction.review.plan import CasePart, Companion, PartDecisions
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import update_unmoved
from cctv.redaction.review.sheet.labels import ranges_text
from cctv.redaction.review.sheet.write import write_sheet
from cctv.redaction.review.subject import (
    checked_consent,
    companion_named,
    consents_needed,
    only_kept,
    with_companion,
)
from cctv.redaction.tracking.annotations import KeepBoxes, check_within, read_keep

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person typed: which part, which tracks, which file of boxes, how others appear, and why.

    `companions` are tracks and ids of boxes of a person beside the requester, who gave `consent`.  `one_person`:
    everything else that is kept is the requester, though it stands apart.  `persons` are numbers of people, in place of
    tracks and boxes, in every part that was not excluded; `companions` are then numbers of people too.
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
    persons: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What a person answered: to which question, by its id, and why."""

    question: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the audit log that a decision makes; the digests of the plans are added to its facts."""

    act: Act
    facts: AuditFacts
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A part before and after a decision; `voided`: whether that voided an approval."""

    before: CasePart
    after: CasePart

    @property
    def voided(self) -> bool:
        """Whether the decision voided an approval."""
        return self.before.approved and not self.after.approved


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A question, its answer, and the parts that it changed."""

    asked: AskedQuestion
    verdict: Verdict
    decided: tuple[Decided, ...]


def keep(site: Storage, choice: Choice, progress: Progress = silent, *, dry_run: bool = False) -> tuple[Decided, ...]:
    """Keep tracks or people visible, or replace all drawn boxes (to keep and to hide) by those of KEEP.json.

    Two people are kept only with the consent of the one who is not the requester; raises ConsentMissing, ConsentLater,
    CompanionUnknown; KeptAgainstAnswer where an answer says that they are two.
    """

    def change(chosen: Choice, old: PartDecisions, boxes: KeepBoxes | None) -> PartDecisions:
        return replace(old.keeping(chosen.tracks), boxes=boxes if boxes is not None else old.boxes)

    return _decide(site, choice, Act.REDACTION_KEPT, change, progress, dry_run)


def hide(site: Storage, choice: Choice, progress: Progress = silent, *, dry_run: bool = False) -> tuple[Decided, ...]:
    """Hide tracks or people, replace the hide boxes, or choose how others appear; hide beats keep."""

    def change(chosen: Choice, old: PartDecisions, boxes: KeepBoxes | None) -> PartDecisions:
        if boxes is not None and boxes.keep:
            raise HideBoxesOnly(path=chosen.boxes)
        return replace(
            old.hiding(chosen.tracks),
            boxes=replace(old.boxes, hide=boxes.hide) if boxes is not None else old.boxes,
            others=chosen.others or old.others,
        )

    return _decide(site, choice, Act.REDACTION_HIDDEN, change, progress, dry_run)


def answer(
    site: Storage, request_id: str, given: Given, progress: Progress = silent, *, dry_run: bool = False
) -> QuestionAnswered:
    """Answer the question that was shown.  A yes to "the same" keeps what it joins; only what shows more is rendered.

    Raises QuestionStale where it is no longer the next question, AnswerContradicts, ConsentMissing.
    """
    reason = checked_text(N_("reason"), given.reason, N_('say why: --reason "WHY".'))
    case = _case(site, request_id, "redaction decision")
    people = People(site, case.parts)
    open_questions = [people.question(again=again) for again in (False, True)]
    question = next((one for one in open_questions if one is not None and one.id == given.question), None)
    if question is None:
        raise QuestionStale(request=case.request.id, question=given.question)
    answered = question.answered(given.verdict)
    people.require_consistent(answered)
    asked = people.asked(question)
    shows = given.verdict is Verdict.YES and question.kind is AnswerKind.SAME
    changes = []
    for key, part in people.parts.items():
        adds = tuple(ref.track for ref in question.adds if shows and ref.part == key)
        if not adds and key not in {ref.part for ref in answered.refs}:
            continue
        old = part.plan.decisions
        answers = with_answer(old.answers, answered)
        changes.append(_changed(site, part, replace(old.keeping(adds), answers=answers)))
    for change in changes:
        require_consent(site, change.after, people)
    facts: AuditFacts = {
        "question": question.id,
        "asked": question.kind.value,
        "answer": given.verdict.value,
        "tracks": [f"{people.parts[ref.part].name}: {ref.track}" for ref in answered.refs],
    }
    entry = _Entry(Act.REDACTION_ANSWERED, facts, reason)
    return QuestionAnswered(asked, given.verdict, _carry_out(site, case, changes, [entry], progress, dry_run))


def take_back(
    site: Storage, request_id: str, question: str, reason: str, progress: Progress = silent, *, dry_run: bool = False
) -> tuple[Decided, ...]:
    """Take an answer back: what only it joined with the requester is hidden again; raises AnswerUnknown."""
    reason = checked_text(N_("reason"), reason, N_('say why: --reason "WHY".'))
    case = _case(site, request_id, "redaction decision")
    people = People(site, case.parts)
    given = next((one for one in people.answers if one.question == question), None)
    if given is None:
        known = ", ".join(one.question for one in people.answers) or N_("no question")
        raise AnswerUnknown(request=case.request.id, question=question, known=known)
    parted = people.tracks.joined_only_by(given)
    changes = []
    for key, part in people.parts.items():
        old = part.plan.decisions
        keep = tuple(number for number in old.keep if TrackRef(key, number) not in parted)
        decisions = only_kept(replace(old, keep=keep, answers=tuple(one for one in old.answers if one != given)))
        if decisions != old:
            changes.append(_changed(site, part, decisions))
    facts: AuditFacts = {"question": given.question, "asked": given.kind.value, "answer": "taken back"}
    return _carry_out(site, case, changes, [_Entry(Act.REDACTION_ANSWERED, facts, reason)], progress, dry_run)


def _decide(
    site: Storage,
    choice: Choice,
    act: Act,
    change: Callable[[Choice, PartDecisions, KeepBoxes | None], PartDecisions],
    progress: Progress,
    dry_run: bool,
) -> tuple[Decided, ...]:
    reason = checked_text(N_("reason"), choice.reason, N_('say why: --reason "WHY".'))
    case = _case(site, choice.request_id, "redaction decision")
    people = People(site, case.parts) if choice.persons else None
    if people is not None:
        chosen = _of_people(people, case, choice)
    else:
        chosen = [(choose_part(case, choice.camera, choice.position), choice)]
    changes = []
    for part, own in chosen:
        boxes = _checked(site, case, part, own, "keep" if act is Act.REDACTION_KEPT else "hide")
        decisions, consents = _with_consent(site, part, only_kept(change(own, part.plan.decisions, boxes)), own)
        planned = replace(_changed(site, part, decisions).after, consents=consents)
        if act is Act.REDACTION_KEPT:
            require_consent(site, planned, people)
        changes.append(Decided(part, planned))
    if act is Act.REDACTION_KEPT and any(part.plan.decisions.answers for part in case.parts):
        by_key = {change.after.plan.analysis: change.after for change in changes}
        People(site, (by_key.get(part.plan.analysis, part) for part in case.parts)).require_unparted()
    entries = [_Entry(act, _facts(change.after, own), reason) for change, (_, own) in zip(changes, chosen, strict=True)]
    return _carry_out(site, case, changes, entries, progress, dry_run)


def _case(site: Storage, request_id: str, use: str) -> CaseFile:
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_usable(site, case.request, use)
        return case


def _of_people(people: People, case: CaseFile, choice: Choice) -> list[tuple[CasePart, Choice]]:
    """The parts in which the chosen people are, and what is chosen of each; raises PersonUnknown, PartUnknown."""
    if choice.tracks or choice.boxes:
        raise TracksAndPeople(request=case.request.id)
    unknown = [name for name in choice.companions if name not in map(str, choice.persons)]
    if unknown:
        raise CompanionUnknown(request=case.request.id, part=case.request.id, names=", ".join(sorted(unknown)))
    tracks, companions = people.tracks_of(choice.persons), people.tracks_of(map(int, choice.companions))
    wanted = [
        (part, key)
        for key, part in people.parts.items()
        if key in tracks and choice.camera in (None, part.plan.camera) and choice.position in (None, part.plan.position)
    ]
    if not wanted:
        raise PersonElsewhere(request=case.request.id, numbers=", ".join(map(str, choice.persons)))
    return [
        (
            part,
            replace(
                choice,
                tracks=tracks[key],
                companions=tuple(map(str, companions.get(key, ()))),
                consent=choice.consent if key in companions else None,
            ),
        )
        for part, key in wanted
    ]


def _changed(site: Storage, part: CasePart, decisions: PartDecisions) -> Decided:
    plan = part.plan.deciding(decisions, site.actor.account)
    return Decided(part, replace(part, plan=plan, digest=plan.digest))


def _carry_out(
    site: Storage,
    case: CaseFile,
    changes: Sequence[Decided],
    entries: Sequence[_Entry],
    progress: Progress,
    dry_run: bool,
) -> tuple[Decided, ...]:
    """Analyse again the parts that show something else, and store all of them with the entries in one transaction."""
    with read_transaction(site.engine) as connection:
        require_masked(site, connection, [change.before for change in changes])
    if dry_run:
        return tuple(changes)
    request = case.request.id
    with exclusive(case_directory(site, request) / LOCK):
        done = tuple(_analysed(site, change, progress) for change in changes)
        with write_transaction(site.engine) as connection:
            update_unmoved(connection, [change.before for change in done], [change.after for change in done])
            plans = [f"{change.after.name}: {change.after.digest}" for change in done]
            for entry in entries:
                facts = {**entry.facts, "plans": plans}
                append_entry(connection, site, entry.act, request, case_id=request, facts=facts, reason=entry.reason)
            now = prepared_case(connection, request)
        write_sheet(site, now)
        remove_unnamed(site, request, now.parts)
    for change in done:
        plan = change.after.plan
        extra = {"case": request, "camera": plan.camera, "part": plan.position, "action": entries[0].act}
        log.info("part.decided", extra=extra)
    return done


def _analysed(site: Storage, change: Decided, progress: Progress) -> Decided:
    """The change with what it shows; where that is what was shown before, nothing is rendered."""
    part, planned = change.before, change.after
    check_artefacts(site, part)
    if planned.plan.shown == part.plan.shown:
        return change
    check_sources(site, part.plan.sources, progress)
    after = replace(analyse_again(site, part, planned.plan, progress), consents=planned.consents)
    return Decided(part, after)


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
    consent = checked_consent(choice.consent, site.clock.now().astimezone(site.settings.site.timezone).date())
    names = [companion_named(part, decisions, name) for name in choice.companions]
    consents = part.consents if consent in part.consents else (*part.consents, consent)
    companion = Companion(
        consents.index(consent) + 1,
        tuple(name for name in names if isinstance(name, int)),
        tuple(name for name in names if isinstance(name, str)),
    )
    return consents_needed(with_companion(decisions, companion), consents)


def _facts(part: CasePart, choice: Choice) -> dict[str, str | int | list[str]]:
    """Facts of a decision for the audit log."""
    facts: dict[str, str | int | list[str]] = {
        "camera": part.plan.camera,
        "part": part.plan.position,
        "tracks": [str(number) for number in choice.tracks],
        "boxes": len(part.plan.decisions.boxes.keep) + len(part.plan.decisions.boxes.hide),
        "others": part.plan.decisions.others.value,
        "consents": [str(part.consents[kept.consent - 1].given) for kept in part.plan.decisions.companions],
    }
    if choice.persons:
        facts["people"] = [str(number) for number in choice.persons]
    if choice.one_person:
        facts["one_person"] = len(part.plan.decisions.one_person)
    return facts
