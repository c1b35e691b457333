"""The rule of two persons for whatever ends a hold, by whichever command.

Where `[policy] two_person` names `hold.release`, one account gives the first signature and another one ends the hold.
A signature is an audit entry about the hold and nothing else.  It is valid for a week, and no longer once the hold is
renewed.  A case without holds in force ends with one person: nothing is kept for it.

A corrected camera or time moves a hold: the new one is placed before the old one is released, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Connection

from cctv.audit.log import append_entry, audit_entries
from cctv.cases.errors.requests import FirstSigned, ReleaseAsked
from cctv.cases.footage_status import FootageStatus
from cctv.config.schema import TwoPersonAct
from cctv.core.access import accounts_that_write
from cctv.core.i18n import N_, Message, join_messages
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import is_dry_run
from cctv.db.storage import Storage
from cctv.footage.initialise import require_known_settings
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, place, release
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, Incident
from cctv.model.disclosures import Disclosure
from cctv.model.holds import Ground, Hold
from cctv.model.ids import HoldId

CaseT = TypeVar("CaseT", AccessRequest, Incident, Disclosure)
_HeldT = TypeVar("_HeldT", Incident, Disclosure)
REVIEW = timedelta(days=30)  # of a moved hold, where a person released the one before
SIGNATURE_VALIDITY = timedelta(days=7)  # later, the second person should be given the reason again


@dataclass(frozen=True, slots=True)
class Signature:
    """The first of the two: which account asked that a hold ends, and when."""

    account: str
    at: datetime

    def is_valid(self, now: datetime) -> bool:
        return now - self.at < SIGNATURE_VALIDITY

    def lets_end(self, account: str, now: datetime) -> bool:
        """Whether this account may end the hold now: another one signed within a week."""
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


def sign_release(
    connection: Connection, site: Storage, holds: Sequence[Hold], *, reason: str | None, line: str
) -> FirstSigned | ReleaseAsked | None:
    """None when the holds may end now; else what to raise.

    FirstSigned with a signature in the caller's transaction, ReleaseAsked where this account signed before.  Returned
    rather than raised, so that the signature is committed.  `line` is what the second person types.  Raises
    SettingsForeign.
    """
    require_known_settings(connection, site)
    if TwoPersonAct.HOLD_RELEASE not in site.settings.policy.two_person:
        return None
    now, account = site.clock.now(), site.actor.account
    signed = {hold.id: _signature(connection, hold) for hold in holds}
    waiting = [hold for hold in holds if not _lets_end(signed[hold.id], account, now)]
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


def release_replaced(
    connection: Connection, site: Storage, before: Sequence[Hold], hold: Hold, reason: str
) -> Replaced:
    """Release holds that a new one replaced, in the caller's transaction; their files are the caller's.

    What lies within the new one loses nothing and goes at once.  Another one keeps other footage: where the policy asks
    for two persons it has a first signature now, and stays until the second releases it.
    """
    released, kept = [], []
    for old in before:
        within = old.cameras <= hold.cameras and hold.span.start <= old.span.start and old.span.end <= hold.span.end
        line = f"cctv hold release {old.id} --reason WHY"
        if not within and sign_release(connection, site, [old], reason=reason, line=line) is not None:
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
