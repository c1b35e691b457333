"""Approval: a person is answerable for what will be visible.

An approval names the digest of every part's plan.  It requires that every backdrop was signed off and every frame
reviewed, a consent for everybody beside the requester, a reason where little of the requester is shown, and a second
person where the policy demands one.  Never approves a plan whose files are missing or changed.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from cctv.access.policy import require_known_settings
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.requests.blocks import require_usable
from cctv.cases.requests.questions import require_question_answered
from cctv.cases.text_input import checked_text
from cctv.config.schema import TwoPersonAct
from cctv.core.durable import exclusive
from cctv.core.i18n import N_, join_messages
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.redaction.review.case import (
    LOCK,
    CaseFile,
    case_directory,
    check_artefacts,
    prepared_case,
    require_asked,
    require_open,
)
from cctv.redaction.review.errors import PlanChanged, SecondPersonNeeded, SubjectHidden
from cctv.redaction.review.people import require_consent
from cctv.redaction.review.plan import Approval, CasePart
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.queries import parts_of, update_unmoved
from cctv.redaction.review.review import backdrop_facts, require_reviewed, review_facts, reviewed, signed_off
from cctv.redaction.review.sheet.labels import visible_words
from cctv.redaction.review.sheet.write import write_sheet
from cctv.redaction.review.subject import little_shown

log = logging.getLogger(__name__)


def approve(
    site: Storage,
    request_id: str,
    reason: str,
    *,
    hidden_reason: str | None = None,
    everything: bool = False,
    dry_run: bool = False,
) -> CaseFile:
    """Approve every part of a request at its present digest; what no one decided on stays hidden.

    With `everything` the same person declares having inspected every backdrop and every frame: what is not signed off
    or reviewed yet is, in the same transaction and with entries of its own.  `hidden_reason` says why the requester is
    visible in a smaller share of the frames than `[policy] least_visible`; it is logged where they are.

    Raises RequestUnknown, RequestClosed, NotPrepared, ScopeMoved, NotReviewed, ArtefactChanged, QuestionOpen,
    SecondPersonNeeded, ConsentMissing, SubjectHidden.
    """
    reason = checked_text(N_("reason"), reason, N_('say on what you base it: --reason "WHY".'))
    if hidden_reason is not None:
        hidden_reason = checked_text(N_("reason"), hidden_reason, N_('say why: --hidden-reason "WHY".'))
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_usable(site, case.request, "redaction approve")
        require_question_answered(site, case.request, "redaction approve")
        require_asked(case.request, case.parts)
        require_masked(site, connection, case.parts)
    _check_second_person(site, case)
    for part in case.parts:
        check_artefacts(site, part)
    looked = replace(case, parts=tuple(_looked_at(site, part) for part in case.parts)) if everything else case
    require_reviewed(site, looked)
    for part in looked.parts:
        require_consent(site, part)
    if not little_shown([part.plan for part in looked.parts], site.settings.policy.least_visible):
        hidden_reason = None
    elif hidden_reason is None:
        raise _subject_hidden(site, looked)
    now, account = site.clock.now(), site.actor.account
    parts = tuple(replace(part, approval=Approval(now, account, part.digest)) for part in looked.parts)
    approved = replace(case, parts=parts)
    if not dry_run:
        with exclusive(case_directory(site, case.request.id) / LOCK):
            _store(site, case, approved, reason, hidden_reason)
            write_sheet(site, approved)
        log.info("request.approved", extra={"case": case.request.id, "files": len(approved.parts)})
    return approved


def _looked_at(site: Storage, part: CasePart) -> CasePart:
    """The part with everything signed off and reviewed that was not."""
    plan = signed_off(site, part.plan, part.plan.unsigned)
    signed = replace(part, plan=plan, digest=plan.digest)
    return reviewed(site, signed, None) if signed.unreviewed else signed


def _check_second_person(site: Storage, case: CaseFile) -> None:
    apart = site.settings.roles.is_set  # who has both roles, or is a deputy, does not approve their own work either
    if not apart and TwoPersonAct.REDACTION_APPROVE not in site.settings.policy.two_person:
        return
    for part in case.parts:
        if site.actor.account in {part.prepared_by, *part.plan.decided_by}:
            raise SecondPersonNeeded(request=case.request.id, account=site.actor.account)


def _subject_hidden(site: Storage, case: CaseFile) -> SubjectHidden:
    least = site.settings.policy.least_visible
    little = little_shown([part.plan for part in case.parts], least)
    words = [
        N_("{part}: {found}", part=part.name, found=visible_words(part.plan.subject))
        for part in case.parts
        if part.plan in little
    ]
    return SubjectHidden(request=case.request.id, least=f"{100 * least:g}", parts=join_messages(words, between="; "))


def _store(site: Storage, seen: CaseFile, approved: CaseFile, reason: str, hidden_reason: str | None) -> None:
    request = seen.request.id
    with write_transaction(site.engine) as connection:
        require_known_settings(connection, site)
        if len(parts_of(connection, request)) != len(seen.parts):
            raise PlanChanged(part=request)
        update_unmoved(connection, seen.parts, approved.parts)

        def log(act: Act, facts: AuditFacts, why: str = reason) -> None:
            append_entry(connection, site, act, request, case_id=request, facts=facts, reason=why)

        for before, part in zip(seen.parts, approved.parts, strict=True):
            if before.plan.unsigned:
                log(Act.REDACTION_BACKDROP, backdrop_facts(part))
            if before.unreviewed:
                log(Act.REDACTION_REVIEWED, review_facts(part))
        plans = [f"{part.name}: {part.digest}" for part in approved.parts]
        shown = [f"{part.name}: {part.plan.subject.visible} of {part.plan.subject.frames}" for part in approved.parts]
        if hidden_reason is not None:
            log(Act.REDACTION_PARTIAL, {"visible": shown}, hidden_reason)
        log(Act.REDACTION_APPROVED, {"plans": plans, "visible": shown})
