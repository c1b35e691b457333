"""Approval: a person answers for what will be visible.

Owns the rule that an approval names the digest of every part's plan, and the second person where the policy asks for
one.  Never approves a plan that rests on files that are gone or changed.
"""

from __future__ import annotations

from dataclasses import replace

from cctv import audit
from cctv.casework.blocks import require_usable
from cctv.casework.words import checked_text
from cctv.config import TwoPersonAct
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.model.acts import Act
from cctv.redaction.case.errors import PlanMoved, SecondPersonNeeded
from cctv.redaction.case.file import CaseFile, check_artefacts, prepared_case, require_open
from cctv.redaction.case.masks import require_masked
from cctv.redaction.case.part import Approval
from cctv.redaction.case.store import parts_of, update_part


def approve(site: Site, request_id: str, reason: str, *, dry_run: bool = False) -> CaseFile:
    """Approve every part of a request at its present digest; what nobody decided on stays hidden.

    Raises RequestUnknown, RequestClosed, NotPrepared, ArtefactChanged, SecondPersonNeeded.
    """
    reason = checked_text("reason", reason, 'say on what you base it: --reason "WHY".')
    with reading(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_usable(site, case.request, "redaction approve")
        require_masked(site, connection, case.parts)
    _check_second_person(site, case)
    for part in case.parts:
        check_artefacts(site, part)
    approval = [Approval(site.clock.now(), site.actor.account, part.digest) for part in case.parts]
    approved = tuple(replace(part, approval=one) for part, one in zip(case.parts, approval, strict=True))
    if not dry_run:
        _store(site, case, replace(case, parts=approved), reason)
    return replace(case, parts=approved)


def _check_second_person(site: Site, case: CaseFile) -> None:
    if TwoPersonAct.REDACTION_APPROVE not in site.settings.policy.two_person:
        return
    for part in case.parts:
        if site.actor.account in {part.prepared_by, *part.plan.decided_by}:
            raise SecondPersonNeeded(request=case.request.id, account=site.actor.account)


def _store(site: Site, seen: CaseFile, approved: CaseFile, reason: str) -> None:
    request = seen.request.id
    facts: dict[str, str | int | list[str]] = {"plans": [f"{part.name}: {part.digest}" for part in approved.parts]}
    with writing(site.engine) as connection:
        now = tuple(parts_of(connection, request))
        for before in seen.parts:
            if before not in now:
                raise PlanMoved(part=before.name)
        if len(now) != len(seen.parts):
            raise PlanMoved(part=request)
        for part in approved.parts:
            update_part(connection, part)
        audit.append(connection, site, Act.REDACTION_APPROVED, request, case_id=request, facts=facts, reason=reason)
