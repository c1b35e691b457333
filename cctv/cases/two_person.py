"""The rule of two persons for whatever ends a hold, lets unredacted footage be seen, or states an abuse.

`[policy] two_person` names the acts.  What of them has no decision of its own to sign asks here:

* `hold.release`: one account gives the first signature, another one ends the hold.  A hold of which another hold of the
  same case keeps everything ends with one person, because its end frees nothing; so does a case without holds in force.
* `request.answer`: the same for an answer that gives a copy, an erasure or a viewing.  Any other answer ends its holds
  as `cctv request close` does, by `hold.release` (docs/decisions/0023-two-persons-at-every-ending.md).
* `export.unredacted`: a disclosure that one account approved counts as approved only where that account neither opened
  it nor corrected a field of `BUILT`.  This is asked again when it is built, handed over and shown.
* `footage.view`: one account asks to see a camera over a span for a case, another one sees it.

That a request is an abuse is stated by two persons whatever the policy: it is what the law presumes of nobody, and the
controller must prove it.  They sign the same reason and evidence, word for word.

A signature is an audit entry and nothing else.  It is valid for a week and for the facts that it names; that of a hold
no longer once the hold is renewed.  The first one is recorded and ends the command as done in part (`Recorded`); the
same account typing it again is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.access.errors import CodeMissing
from cctv.access.second_factor import unproved
from cctv.audit.chain import AuditEntry, AuditFacts
from cctv.audit.log import append_entry, audit_entries
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
from cctv.core.access import accounts_that_write
from cctv.core.errors import CctvError, Recorded
from cctv.core.i18n import N_, Message, join_messages
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.storage import Storage
from cctv.footage.initialise import require_known_settings
from cctv.model.audit import Act
from cctv.model.cases import CaseOutcome
from cctv.model.disclosures import Disclosure
from cctv.model.holds import Hold
from cctv.model.ids import CameraId
from cctv.model.requests import RefusalGround

SIGNATURE_VALIDITY = timedelta(days=7)  # later, the second person should be given the reason again
BUILT = ("authority", "country", "basis", "cameras", "span")  # of a disclosure: what approval and package rest on
_GIVING = frozenset({CaseOutcome.GRANTED, CaseOutcome.PARTLY, CaseOutcome.VIEWING})


@dataclass(frozen=True, slots=True)
class Signature:
    """The first of the two: which account gave it, when, and whether that was just now."""

    account: str
    at: datetime
    is_new: bool = False

    def is_valid(self, now: datetime) -> bool:
        return now - self.at < SIGNATURE_VALIDITY


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
    if act not in site.settings.policy.two_person:
        return None
    freeing = [hold for hold in holds if kept_by is None or not kept_by.keeps(hold)]
    signed = [
        (hold, _sign(connection, site, Act.RELEASE_ASKED, hold.id, hold.ground.case_id, reason, ends=Act.HOLD_RENEWED))
        for hold in freeing
    ]
    waiting = [(hold, signature) for hold, signature in signed if signature is not None]
    if not waiting:
        return None
    refusal = FirstSigned if any(signature.is_new for _, signature in waiting) else ReleaseAsked
    ids = ", ".join(hold.id for hold, _ in waiting)
    return refusal(id=ids, **_second(site, waiting[0][1], line))


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
    signature = _sign(connection, site, Act.REFUSAL_SIGNED, request_id, request_id, text, facts=facts, verbatim=True)
    if signature is None:
        return None
    options = f'--outcome {ending.outcome.value} --ground {ending.ground.value} --reason "..." --evidence "..."'
    refusal = RefusalSigned if signature.is_new else RefusalUnsigned
    return refusal(id=request_id, **_second(site, signature, f"cctv request {command} {request_id} {options}"))


def sign_look(
    connection: Connection, site: Storage, case_id: str, camera: CameraId, span: Span, *, reason: str | None, line: str
) -> LookSigned | LookAsked | None:
    """None when the account may see this now; else what to raise, with the first signature.  As `sign_release`.

    `line` is what the second person types.  Raises SettingsForeign.
    """
    require_known_settings(connection, site)
    if TwoPersonAct.FOOTAGE_VIEW not in site.settings.policy.two_person:
        return None
    facts: AuditFacts = {"camera": camera, "span": str(span)}
    signature = _sign(connection, site, Act.LOOK_ASKED, case_id, case_id, reason, facts=facts)
    if signature is None:
        return None
    refusal = LookSigned if signature.is_new else LookAsked
    return refusal(case=case_id, camera=camera, **_second(site, signature, line))


def first_of(*refusals: CctvError | None) -> CctvError | None:
    """The one to raise of what several rules returned: a signature that was recorded now before a refusal.  Pure."""
    asked = [refusal for refusal in refusals if refusal is not None]
    return next((refusal for refusal in asked if isinstance(refusal, Recorded)), asked[0] if asked else None)


def _sign(
    connection: Connection,
    site: Storage,
    act: Act,
    subject: str,
    case_id: str,
    reason: str | None,
    *,
    facts: AuditFacts | None = None,
    verbatim: bool = False,
    ends: Act | None = None,
) -> Signature | None:
    """None when this account may act, as the second; else the first signature, entered now where there is none.

    A signature counts for the same subject and facts, with `verbatim` for the same reason too, and not past an entry
    `ends` about the subject.
    """
    now, account = site.clock.now(), site.actor.account
    signature = _signature(connection, act, subject, facts, reason if verbatim else None, ends)
    if signature is not None and signature.is_valid(now):
        return signature if signature.account == account else None
    entry = append_entry(connection, site, act, subject, case_id=case_id, facts=facts, reason=reason)
    return Signature(entry.actor.account, entry.at, is_new=True)


def _signature(
    connection: Connection, act: Act, subject: str, facts: AuditFacts | None, words: str | None, ends: Act | None
) -> Signature | None:
    """The last signature of an act; `words` is the text that it must have, None for any."""
    for entry, text in reversed(audit_entries(connection, about=subject)):
        if entry.act is ends:
            return None
        is_same = entry.facts == (facts or {}) and (words is None or text == words)
        if entry.act is act and entry.subject == subject and is_same:
            return Signature(entry.actor.account, entry.at)
    return None


def _second(site: Storage, first: Signature, line: str) -> dict[str, object]:
    """What every refusal says of the first signature, and of who may give the second by typing `line`."""
    zone = site.settings.site.timezone
    return {
        "account": first.account,
        "when": first.at.astimezone(zone).date(),
        "until": echo_instant(first.at + SIGNATURE_VALIDITY, zone),
        "line": line,
        "who": _who_else(site, first.account),
    }


def _who_else(site: Storage, account: str) -> Message:
    """Who may give the second signature: whoever else may write the storage."""
    others = [name for name in accounts_that_write(site.root) if name != account]
    if not others:
        return N_("no other account may write {path} yet; whoever runs the site gives one that right.", path=site.root)
    return N_("{accounts} may.", accounts=join_messages(others))
