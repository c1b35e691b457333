"""What is required before a request is answered, and the one transaction that answers it.

Responsible for the refusals (a mandate, identity check or decision is missing) and for what an answer does to holds,
blocks and footage.  `cctv.packages` builds the copy.  Deletes nothing: an erasure is ordered here and carried out after
the commit.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import AnswerNotReady, FootageThere
from cctv.cases.footage_status import ReleaseEffect, release_effects
from cctv.cases.requests.close import (
    ErasurePlan,
    end,
    order_erasure,
    plan_erasure,
    release_own,
    require_agreed,
    sign_erasure,
)
from cctv.cases.requests.lifecycle import Transition, apply_transition, find_request, load_for_transition, next_state
from cctv.cases.requests.needs import NextStepKind, address_unchecked, permitting, step_label
from cctv.cases.requests.next_steps import copy_wanted, facts_of, missing
from cctv.cases.requests.outcomes import RequestOutcome, check_ending, check_keeping, erasure_ground
from cctv.cases.requests.queries import mark_answered
from cctv.cases.requests.questions import require_instructed
from cctv.cases.two_person import ending_act, first_of, sign_refusal, sign_release
from cctv.config.schema import SecondFactorUse
from cctv.core.errors import CctvError
from cctv.core.i18n import join_messages
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import holds_of
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.requests import RefusalGround

_HANDED_OVER = frozenset({CaseOutcome.GRANTED, CaseOutcome.PARTLY})


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """What answering would do; it was allowed when this was made.

    `copied` says whether a package is enclosed, `erasure` what would be deleted, `releases` which holds end,
    `departures` what becomes of the footage under them where nothing is erased.
    """

    request: AccessRequest
    requested: RequestOutcome
    ending: RequestOutcome
    copied: bool
    erasure: ErasurePlan | None
    releases: tuple[Hold, ...]
    departures: tuple[ReleaseEffect, ...]

    @property
    def gives(self) -> bool:
        """Whether the person gets a copy, an erasure or a viewing."""
        return self.copied or self.erasure is not None or self.ending.outcome is CaseOutcome.VIEWING


def plan_answer(connection: Connection, site: Storage, request_id: str, requested: RequestOutcome) -> AnswerPlan:
    """Check that a request may be answered so, and say what that would do.

    Raises RequestUnknown, RequestClosed, MoveRefused, what `check_ending`, `erasure_ground` and `check_keeping` raise;
    NotInstructed, AnswerNotReady, FootageThere (13).

    A refusal waits for nothing but the check of a requester whose address was corrected, to which its letter goes; one
    because identity was not shown not even for that.
    """
    request = load_for_transition(connection, site, request_id, Transition.ANSWER)
    ending = check_ending(request.type, request.state, requested)
    require_instructed(site.settings, request, permitting(ending.outcome))
    facts = facts_of(connection, site, request)
    unknown = ending.outcome is CaseOutcome.NOT_IDENTIFIABLE  # also of a person who never said when or where
    steps = missing(facts, site.clock.now(), ending.outcome)
    waiting = [step for step in steps if step.must and not (unknown and step.need is NextStepKind.SCOPE)]
    if ending.outcome is CaseOutcome.REFUSED:
        is_shown = ending.ground is not RefusalGround.IDENTITY_NOT_SHOWN
        waiting = list(address_unchecked(request, facts.checks)) if is_shown else []
    if waiting:
        needs = join_messages(step_label(step) for step in waiting)
        raise AnswerNotReady(id=request.id, missing=needs, following=waiting[0].line)
    if ending.outcome is CaseOutcome.NO_FOOTAGE and facts.has_footage:
        raise FootageThere(id=request.id)
    ground = erasure_ground(request, ending)
    erasure = plan_erasure(connection, site, request, ground) if ground else None
    if erasure is not None:
        check_keeping(request, ending, erasure.waiting)
    ends = next_state(request.type, request.state, Transition.ANSWER) is not RequestState.RESTRICTED
    own = tuple(holds_of(connection, request.id)) if ends else ()
    leaving = release_effects(connection, own, site.clock.now()) if own and erasure is None else ()
    copied = copy_wanted(request) and ending.outcome in _HANDED_OVER
    return AnswerPlan(request, requested, ending, copied, erasure, own, leaving)


def sign_answer(site: Storage, plan: AnswerPlan) -> None:
    """Ask the rule of two persons, for a refusal and for the holds that an answer ends, before anything is made of it.

    Raises FirstSigned or RefusalSigned with the first signatures committed, ReleaseAsked or RefusalUnsigned where this
    account gave them before.
    """
    require_code(site, SecondFactorUse.RELEASE)
    with write_transaction(site.engine) as connection:
        unsigned = sign_refusal(connection, site, plan.request.id, plan.ending, "answer")
        refusal = first_of(unsigned, _unsigned(connection, site, plan))
    if refusal is not None:
        raise refusal


def answer(
    connection: Connection, site: Storage, plan: AnswerPlan, package: str | None, agreed: ErasurePlan | None
) -> AccessRequest:
    """Answer in the caller's transaction, as it was planned; `package` is the id of the copy, if there is one.

    The caller hands `plan.releases` to `finish` after the commit, and then erases what was ordered: what a person
    agreed to, and no more.  Raises what `plan_answer`, `require_agreed` and `sign_answer` raise when something changed
    since.
    """
    current = plan_answer(connection, site, plan.request.id, plan.requested)
    request, ending = current.request, current.ending
    if current.erasure is not None:
        require_agreed(request.id, current.erasure, agreed)
    if (refusal := _unsigned(connection, site, current)) is not None:  # a hold that was placed since
        raise refusal
    mark_answered(connection, request.id, ending.outcome, ending.ground, site.clock.now())
    facts: AuditFacts = {
        "outcome": ending.outcome.value,
        "ground": ending.ground.value if ending.ground else "none",
        "package": package or "none",
    }
    append_entry(
        connection, site, Act.REQUEST_ANSWERED, request.id, case_id=request.id, facts=facts, reason=ending.reason
    )
    if current.erasure is not None:
        release_own(connection, site, current.releases, f"{request.id}: its footage is to be erased")
        order_erasure(connection, site, request, current.erasure)
    request = find_request(connection, request.id)
    if next_state(request.type, request.state, Transition.ANSWER) is RequestState.CLOSED:
        end(connection, site, request, ending, Transition.ANSWER)
    else:
        apply_transition(connection, request, Transition.ANSWER)
        if current.erasure is None and request.type is RequestType.ERASURE:
            release_own(connection, site, current.releases, f"{request.id} answered: {ending.outcome.value}")
    return find_request(connection, request.id)


def _unsigned(connection: Connection, site: Storage, plan: AnswerPlan) -> CctvError | None:
    """What to raise where the end of a hold, or what an erasure destroys, waits for a second person."""
    ending = plan.ending
    line = f"cctv request answer {plan.request.id} --outcome {plan.requested.outcome.value}"
    line += f" --erasure-ground {ending.erasure.value}" if ending.erasure else ""
    line += f" --ground {ending.ground.value}" if ending.ground else ""
    line += " --reason WHY" if ending.reason else ""
    act = ending_act(ending.outcome, given=plan.gives)
    kept = sign_release(connection, site, plan.releases, reason=ending.reason, line=line, act=act)
    if plan.erasure is None:
        return kept
    erasure = sign_erasure(connection, site, plan.request, plan.erasure, reason=ending.reason, line=f"{line} --yes")
    return first_of(kept, erasure)
