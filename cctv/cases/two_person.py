"""The rule of two persons for whatever ends a hold, lets unredacted footage be seen, or states an abuse.

`[policy] two_person` names the acts.  What of them has no decision of its own to sign asks here:

* `hold.release`: one account gives the first signature, another one ends the hold.  A hold of which another hold of the
  same case keeps everything ends with one person, because its end frees nothing; so does a case without holds in force.
* `request.answer`: the same for an answer that gives the person what was asked.  An answer that gives nothing ends its
  holds as `cctv request close` does, by `hold.release` (docs/decisions/0023-two-persons-at-every-ending.md).
* `export.unredacted`: a disclosure that one account opened and approved is not approved, for any command.
* `footage.view`: one account asks to see a camera over a span for a case, another one sees it.

That a request is an abuse is stated by two persons whatever the policy: it is what the law presumes of nobody, and the
controller must prove it.  They sign the same reason and evidence, word for word.

A signature is an audit entry and nothing else.  It is valid for a week; that of a hold no longer once the hold is
renewed.

A corrected camera or time moves a hold: the new one is placed before the old one is released, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, audit_entries
from cctv.cases.errors.requests import FirstSigned, LookAsked, RefusalUnsigned, ReleaseAsked
from cctv.cases.footage_status import FootageStatus
from cctv.cases.requests.outcomes import RequestOutcome
from cctv.config.schema import TwoPersonAct
from cctv.core.access import accounts_that_write
from cctv.core.i18n import N_, Message, join_messages
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import is_dry_run
from cctv.db.storage import Storage
from cctv.footage.initialise import require_known_settings
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, place, release
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, CaseOutcome, Incident
from cctv.model.disclosures import Disclosure
from cctv.model.holds import Ground, Hold
from cctv.model.ids import CameraId, HoldId
from cctv.model.requests import RefusalGround

CaseT = TypeVar("CaseT", AccessRequest, Incident, Disclosure)
_HeldT = TypeVar("_HeldT", Incident, Disclosure)
REVIEW = timedelta(days=30)  # of a moved hold, where a person released the one before
SIGNATURE_VALIDITY = timedelta(days=7)  # later, the second person should be given the reason again
_NOTHING_GIVEN = frozenset({CaseOutcome.REFUSED, CaseOutcome.NOT_IDENTIFIABLE})


@dataclass(frozen=True, slots=True)
class Signature:
    """The first of the two: which account asked, and when."""

    account: str
    at: datetime

    def is_valid(self, now: datetime) -> bool:
        return now - self.at < SIGNATURE_VALIDITY

    def lets_end(self, account: str, now: datetime) -> bool:
        """Whether this account may act now: another one signed within a week."""
        return self.is_valid(now) and account != self.account


@dataclass(frozen=True, slots=True)
class Replaced:
    """The holds that a new one replaced: released, or kept until a second person releases them."""

    released: tuple[HoldId, ...] = ()
    kept: tuple[HoldId, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedHold:
    """The hold over the corrected scope, and what became of those that kept the one before."""

    hold: Hold
    replaced: Replaced


@dataclass(frozen=True, slots=True)
class Corrected(Generic[CaseT]):
    """A case as it stands now, the fields that changed, its hold where that moved, and its footage."""

    case: CaseT
    fields: tuple[str, ...]
    moved: MovedHold | None
    footage: tuple[FootageStatus, ...]
    letters: bool = False  # whether letters were made before


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a hold of the same case keeps from now on, whoever released the others."""

    cameras: frozenset[CameraId]
    span: Span

    def keeps(self, hold: Hold) -> bool:
        """Whether the end of this hold frees nothing."""
        return hold.cameras <= self.cameras and self.span.start <= hold.span.start and hold.span.end <= self.span.end


def ending_act(outcome: CaseOutcome) -> TwoPersonAct:
    """Which act of the policy the end of a request by an answer is.  Pure."""
    return TwoPersonAct.HOLD_RELEASE if outcome in _NOTHING_GIVEN else TwoPersonAct.REQUEST_ANSWER


def is_one_person(acts: Collection[TwoPersonAct], act: TwoPersonAct, first: str, second: str | None) -> bool:
    """Whether the policy asks two persons for an act, and both signatures are of one account.  Pure."""
    return act in acts and first == second


def sign_release(
    connection: Connection,
    site: Storage,
    holds: Sequence[Hold],
    *,
    reason: str | None,
    line: str,
    act: TwoPersonAct = TwoPersonAct.HOLD_RELEASE,
    kept_by: Replacement | None = None,
) -> FirstSigned | ReleaseAsked | None:
    """None when the holds may end now; else what to raise.

    FirstSigned with a signature in the caller's transaction, ReleaseAsked where this account signed before.  Returned
    rather than raised, so that the signature is committed.  `line` is what the second person types, `kept_by` what
    takes the place of the holds.  Raises SettingsForeign.
    """
    require_known_settings(connection, site)
    if act not in site.settings.policy.two_person:
        return None
    now, account = site.clock.now(), site.actor.account
    freeing = [hold for hold in holds if kept_by is None or not kept_by.keeps(hold)]
    signed = {hold.id: _signature(connection, hold) for hold in freeing}
    waiting = [hold for hold in freeing if not _lets_end(signed[hold.id], account, now)]
    if not waiting:
        return None
    unsigned = [hold for hold in waiting if not _is_valid(signed[hold.id], now)]
    for hold in unsigned:
        entry = append_entry(connection, site, Act.RELEASE_ASKED, hold.id, case_id=hold.ground.case_id, reason=reason)
        signed[hold.id] = Signature(entry.actor.account, entry.at)
    first = signed[waiting[0].id]
    assert first is not None
    zone = site.settings.site.timezone
    refusal = FirstSigned if unsigned else ReleaseAsked
    return refusal(
        id=", ".join(hold.id for hold in waiting),
        account=first.account,
        when=first.at.astimezone(zone).date(),
        until=echo_instant(first.at + SIGNATURE_VALIDITY, zone),
        line=line,
        who=_who_else(site, first.account),
    )


def sign_refusal(
    connection: Connection, site: Storage, request_id: str, ending: RequestOutcome, command: str
) -> RefusalUnsigned | None:
    """None when the request may end so; else the error to raise, with the first signature as in `sign_release`.

    `command` is the one that the second person types, `answer` or `close`.
    """
    if ending.ground is not RefusalGround.ABUSIVE:
        return None
    now, account = site.clock.now(), site.actor.account
    text = f"{ending.reason}\n{ending.evidence}"
    signature = _refusal_signature(connection, request_id, text)
    if signature is None or not signature.is_valid(now):
        facts = {"outcome": ending.outcome.value, "ground": ending.ground.value}
        entry = append_entry(
            connection, site, Act.REFUSAL_SIGNED, request_id, case_id=request_id, facts=facts, reason=text
        )
        signature = Signature(entry.actor.account, entry.at)
    elif signature.lets_end(account, now):
        return None
    options = f'--outcome {ending.outcome.value} --ground {ending.ground.value} --reason "..." --evidence "..."'
    return RefusalUnsigned(
        id=request_id,
        account=signature.account,
        when=signature.at.astimezone(site.settings.site.timezone).date(),
        line=f"cctv request {command} {request_id} {options}",
    )


def _refusal_signature(connection: Connection, request_id: str, text: str) -> Signature | None:
    """The last signature of a refusal, None where it is of other words."""
    signed = audit_entries(connection, act=Act.REFUSAL_SIGNED, about=request_id, last=1)
    return Signature(signed[0][0].actor.account, signed[0][0].at) if signed and signed[0][1] == text else None


def sign_look(
    connection: Connection, site: Storage, case_id: str, camera: CameraId, span: Span, *, reason: str | None, line: str
) -> LookAsked | None:
    """None when the account may see this now; else the error to raise, with the first signature.  As `sign_release`.

    `line` is what the second person types.  Raises SettingsForeign.
    """
    require_known_settings(connection, site)
    if TwoPersonAct.FOOTAGE_VIEW not in site.settings.policy.two_person:
        return None
    now, account = site.clock.now(), site.actor.account
    facts: AuditFacts = {"camera": camera, "span": str(span)}
    signature = next(
        (
            Signature(entry.actor.account, entry.at)
            for entry, _ in reversed(audit_entries(connection, act=Act.LOOK_ASKED, about=case_id))
            if entry.facts == facts
        ),
        None,
    )
    if _lets_end(signature, account, now):
        return None
    if signature is None or not signature.is_valid(now):
        entry = append_entry(connection, site, Act.LOOK_ASKED, case_id, case_id=case_id, facts=facts, reason=reason)
        signature = Signature(entry.actor.account, entry.at)
    when = signature.at.astimezone(site.settings.site.timezone).date()
    return LookAsked(case=case_id, camera=camera, account=signature.account, when=when, line=line)


def release_replaced(
    connection: Connection, site: Storage, before: Sequence[Hold], hold: Hold, reason: str
) -> Replaced:
    """Release holds that a new one replaced, in the caller's transaction; their files are the caller's.

    What lies within the new one loses nothing and goes at once.  Another one keeps other footage: where the policy asks
    for two persons it has a first signature now, and stays until the second releases it.
    """
    now_kept = Replacement(hold.cameras, hold.span)
    released, kept = [], []
    for old in before:
        line = f"cctv hold release {old.id} --reason WHY"
        if sign_release(connection, site, [old], reason=reason, line=line, kept_by=now_kept) is not None:
            kept.append(old.id)
        else:
            released.append(release(connection, site, old.id, reason=reason).id)
    return Replaced(tuple(released), tuple(kept))


def move_hold(
    connection: Connection, site: Storage, ground: Ground, before: _HeldT, after: _HeldT, reason: str
) -> MovedHold | None:
    """Place the hold over the corrected scope, with the review of the one before; then release that one."""
    if (before.cameras, before.span) == (after.cameras, after.span) or is_dry_run(connection):
        return None
    scope = frozenset(before.cameras), before.span
    own = [hold for hold in holds_of(connection, ground.case_id) if (hold.cameras, hold.span) == scope]
    review = max((hold.review for hold in own), default=site.clock.now() + REVIEW)
    hold = place(connection, site, ground=ground, cameras=after.cameras, span=after.span, review=review, reason=reason)
    return MovedHold(hold, release_replaced(connection, site, own, hold, reason))


def remove_replaced(site: Storage, moved: MovedHold | None) -> None:
    """After the commit: delete the files of the holds that a moved one replaced."""
    for hold_id in moved.replaced.released if moved is not None else ():
        remove_hold_file(site, hold_id)


def _who_else(site: Storage, account: str) -> Message:
    """Who may give the second signature: whoever else may write the storage."""
    others = [name for name in accounts_that_write(site.root) if name != account]
    if not others:
        return N_("no other account may write {path} yet; whoever runs the site gives one that right.", path=site.root)
    return N_("{accounts} may.", accounts=join_messages(others))


def _is_valid(signature: Signature | None, now: datetime) -> bool:
    return signature is not None and signature.is_valid(now)


def _lets_end(signature: Signature | None, account: str, now: datetime) -> bool:
    return signature is not None and signature.lets_end(account, now)


def _signature(connection: Connection, hold: Hold) -> Signature | None:
    for entry, _ in reversed(audit_entries(connection, about=hold.id)):
        if entry.act is Act.HOLD_RENEWED:
            return None
        if entry.act is Act.RELEASE_ASKED and entry.subject == hold.id:
            return Signature(entry.actor.account, entry.at)
    return None
