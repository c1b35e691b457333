"""The rule of two persons for whatever ends a hold, lets unredacted footage be seen, or states an abuse.

`[policy] two_person` names the acts.  What of them has no decision of its own to sign asks here:

* `hold.release`: one account gives the first signature, another one ends the hold.  A hold of which another hold of the
  same case keeps everything ends with one person, because its end frees nothing; so does a case without holds in force.
* `request.answer`: the same for an answer that gives a copy, an erasure or a viewing.  Any other answer ends its holds
  as `cctv request close` does, by `hold.release` (docs/decisions/0023-two-persons-at-every-ending.md).
* `export.unredacted`: a disclosure that one account approved counts as approved only where that account neither opened
  it nor corrected a field of `BUILT`.  This is asked again when it is built, handed over and shown.
  A person elsewhere whom `[policy] approvers` names may approve what its opener asks for, by a signed text.
* `footage.view`: one account asks to see a camera over a span for a case, another one sees it.

That a request is an abuse is stated by two persons whatever the policy: it is what the law presumes of nobody, and the
controller must prove it.  They sign the same reason and evidence, word for word.

The rule itself is `cctv.access.proposals.require_two`.  A signature is an audit entry and nothing else.  It is valid
for a week and for the facts that it names; that of a hold no longer once the hold is renewed.  The first one is
recorded and ends the command as done in part (`Recorded`); the same account typing it again is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv.access.errors import CodeMissing
from cctv.access.policy import require_known_settings
from cctv.access.proposals import approvers_in_force, not_yet, require_two, second_person
from cctv.access.second_factor import unproved
from cctv.audit.chain import AuditEntry, AuditFacts
from cctv.audit.log import audit_entries
from cctv.cases.errors.requests import (
    AbuseUnproved,
    FirstSigned,
    LookAsked,
    LookSigned,
    ReasonMissing,
    RefusalSigned,
    RefusalUnsigned,
    ReleaseAsked,
)
from cctv.cases.requests.outcomes import RequestOutcome
from cctv.config.schema import SecondFactorUse, TwoPersonAct
from cctv.core.errors import CctvError, Recorded
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.cases import CaseOutcome
from cctv.model.disclosures import Disclosure
from cctv.model.holds import Hold
from cctv.model.ids import CameraId
from cctv.model.requests import RefusalGround

BUILT = ("authority", "country", "basis", "cameras", "span")  # of a disclosure: what approval and package rest on
_GIVING = frozenset({CaseOutcome.GRANTED, CaseOutcome.PARTLY, CaseOutcome.VIEWING})


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a hold of the same case keeps from now on, whoever released the others."""

    cameras: frozenset[CameraId]
    span: Span

    def keeps(self, hold: Hold) -> bool:
        """Whether the end of this hold frees nothing."""
        return hold.cameras <= self.cameras and self.span.start <= hold.span.start and hold.span.end <= self.span.end


def ending_act(outcome: CaseOutcome, *, given: bool) -> TwoPersonAct:
    """Which act of the policy the end of a request by an answer is.  Pure.

    `given` says whether the person gets a copy or a viewing, or an erasure: then others approved what is done.
    """
    return TwoPersonAct.REQUEST_ANSWER if given and outcome in _GIVING else TwoPersonAct.HOLD_RELEASE


def is_one_person(acts: Collection[TwoPersonAct], act: TwoPersonAct, first: str, second: str | None) -> bool:
    """Whether the policy asks two persons for an act, and both signatures are of one account.  Pure."""
    return act in acts and first == second


def who_typed(connection: Connection, disclosure: Disclosure) -> tuple[str, ...]:
    """The accounts that typed what a disclosure's approval and package rest on: who opened it, who corrected that."""
    corrections = audit_entries(connection, act=Act.DISCLOSURE_CORRECTED, about=disclosure.id)
    correctors = (entry.actor.account for entry, _ in corrections if _is_built_of(entry))
    return tuple(dict.fromkeys((disclosure.opened_by, *correctors)))


def _is_built_of(correction: AuditEntry) -> bool:
    fields = correction.facts.get("fields")
    return isinstance(fields, list) and not set(BUILT).isdisjoint(fields)


def sign_release(
    connection: Connection,
    site: Storage,
    holds: Sequence[Hold],
    *,
    reason: str | None,
    line: str,
    act: TwoPersonAct = TwoPersonAct.HOLD_RELEASE,
    kept_by: Replacement | None = None,
) -> FirstSigned | ReleaseAsked | CodeMissing | None:
    """None when the holds may end now; else what to raise.

    CodeMissing where the function of the act did not ask for the second factor (`cctv.access.second_factor`);
    FirstSigned with a signature in the caller's transaction, ReleaseAsked where this account signed before.  Returned
    rather than raised, so that the signature is committed.  `line` is what the second person types, `kept_by` what
    takes the place of the holds.  Raises SettingsForeign.
    """
    require_known_settings(connection, site)
    if (missing := unproved(connection, site, SecondFactorUse.RELEASE)) is not None:
        return missing
    freeing = [hold for hold in holds if kept_by is None or not kept_by.keeps(hold)]
    signed = [
        (
            hold,
            require_two(
                connection,
                site,
                act,
                hold.id,
                reason=reason,
                line=line,
                case_id=hold.ground.case_id,
                entered_as=Act.RELEASE_ASKED,
                repeatable=True,
            ),
        )
        for hold in freeing
    ]
    waiting = [(hold, signature) for hold, signature in signed if signature is not None]
    if not waiting:
        return None
    refusal = FirstSigned if any(signature.is_new for _, signature in waiting) else ReleaseAsked
    ids = ", ".join(hold.id for hold, _ in waiting)
    return refusal(id=ids, **second_person(site, waiting[0][1], line))


def sign_refusal(
    connection: Connection, site: Storage, request_id: str, ending: RequestOutcome, command: str
) -> RefusalSigned | RefusalUnsigned | None:
    """None when the request may end so; else what to raise, with the first signature as in `sign_release`.

    `command` is the one that the second person types, `answer` or `close`.  Raises ReasonMissing, AbuseUnproved: what
    is not there is not signed.
    """
    if ending.ground is not RefusalGround.ABUSIVE:
        return None
    if ending.reason is None:
        raise ReasonMissing(outcome=ending.outcome)
    if ending.evidence is None:
        raise AbuseUnproved(ground=ending.ground)
    facts: AuditFacts = {"outcome": ending.outcome.value, "ground": ending.ground.value}
    text = f"{ending.reason}\n{ending.evidence}"
    options = f'--outcome {ending.outcome.value} --ground {ending.ground.value} --reason "..." --evidence "..."'
    line = f"cctv request {command} {request_id} {options}"
    signature = require_two(
        connection,
        site,
        TwoPersonAct.REQUEST_ANSWER,
        request_id,
        facts=facts,
        reason=text,
        line=line,
        case_id=request_id,
        entered_as=Act.REFUSAL_SIGNED,
        verbatim=True,
        whatever_the_policy=True,
        repeatable=True,
    )
    if signature is None:
        return None
    refusal = RefusalSigned if signature.is_new else RefusalUnsigned
    return refusal(id=request_id, **second_person(site, signature, line))


def sign_look(
    connection: Connection, site: Storage, case_id: str, camera: CameraId, span: Span, *, reason: str | None, line: str
) -> LookSigned | LookAsked | None:
    """None when the account may see this now; else what to raise, with the first signature.  As `sign_release`.

    `line` is what the second person types.  Raises SettingsForeign.
    """
    facts: AuditFacts = {"camera": camera, "span": str(span)}
    signature = require_two(
        connection,
        site,
        TwoPersonAct.FOOTAGE_VIEW,
        case_id,
        facts=facts,
        reason=reason,
        line=line,
        case_id=case_id,
        entered_as=Act.LOOK_ASKED,
        repeatable=True,
    )
    if signature is None:
        return None
    refusal = LookSigned if signature.is_new else LookAsked
    return refusal(case=case_id, camera=camera, **second_person(site, signature, line))


def first_of(*refusals: CctvError | None) -> CctvError | None:
    """The one to raise of what several rules returned: a signature that was recorded now before a refusal.  Pure."""
    asked = [refusal for refusal in refusals if refusal is not None]
    return next((refusal for refusal in asked if isinstance(refusal, Recorded)), asked[0] if asked else None)


def agreed_elsewhere(
    connection: Connection, site: Storage, approved: Disclosure, reason: str
) -> tuple[Disclosure, CctvError | None]:
    """Where whoever typed a disclosure approves it too: the approval in the name of a person elsewhere who agreed.

    Else what to raise while their signature waits; as it was where no person elsewhere is named, or none is needed.
    They agree to what is typed now: a correction needs another signature.
    """
    acts, account = site.settings.policy.two_person, site.actor.account
    is_own = is_one_person(acts, TwoPersonAct.EXPORT_UNREDACTED, account, account)
    if not is_own or account not in who_typed(connection, approved) or not approvers_in_force(connection):
        return approved, None
    typed = audit_entries(connection, about=approved.id)
    as_of = max(entry.seq for entry, _ in typed if entry.act in (Act.DISCLOSURE_OPENED, Act.DISCLOSURE_CORRECTED))
    facts: AuditFacts = {"cameras": list(approved.cameras), "span": str(approved.span), "as_of": as_of}
    line = f"cctv disclosure approve {approved.id} --reason WHAT-WAS-CHECKED"
    first = require_two(
        connection, site, TwoPersonAct.EXPORT_UNREDACTED, approved.id, facts=facts, reason=reason, line=line,
        case_id=approved.id,
    )  # fmt: skip
    if first is not None:
        return approved, not_yet(site, first, N_("to hand over unredacted footage by {id}", id=approved.id), line)
    ((seconded, _),) = audit_entries(connection, act=Act.PROPOSAL_SECONDED, about=approved.id, last=1)
    name = seconded.facts.get("approver")
    return (replace(approved, approved_by=name) if isinstance(name, str) else approved), None
