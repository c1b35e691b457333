"""The rule of two persons for whatever ends a hold, by whichever command.

Where `[policy] two_person` names `hold.release`, one account gives the first signature and another one ends the hold.
A signature is an audit entry about the hold and nothing else.  It is valid for a week, and no longer once the hold is
renewed.  A case without holds in force ends with one person: nothing is kept for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.audit.log import append_entry, audit_entries
from cctv.cases.errors.requests import ReleaseAsked
from cctv.config.schema import TwoPersonAct
from cctv.db.storage import Storage
from cctv.footage.initialise import require_known_settings
from cctv.model.audit import Act
from cctv.model.holds import Hold

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


def sign_release(
    connection: Connection, site: Storage, holds: Sequence[Hold], *, reason: str | None, line: str
) -> ReleaseAsked | None:
    """None when the holds may end now; else the error to raise, with the first signature in the caller's transaction.

    Returned rather than raised, so that the signature is committed.  `line` is what the second person types.
    Raises SettingsForeign.
    """
    require_known_settings(connection, site)
    if TwoPersonAct.HOLD_RELEASE not in site.settings.policy.two_person:
        return None
    now, account = site.clock.now(), site.actor.account
    signed = {hold.id: _signature(connection, hold) for hold in holds}
    waiting = [hold for hold in holds if not _lets_end(signed[hold.id], account, now)]
    if not waiting:
        return None
    for hold in waiting:
        signature = signed[hold.id]
        if signature is None or not signature.is_valid(now):
            entry = append_entry(
                connection, site, Act.RELEASE_ASKED, hold.id, case_id=hold.ground.case_id, reason=reason
            )
            signed[hold.id] = Signature(entry.actor.account, entry.at)
    first = signed[waiting[0].id]
    assert first is not None
    return ReleaseAsked(
        id=", ".join(hold.id for hold in waiting),
        account=first.account,
        when=first.at.astimezone(site.settings.site.timezone).date(),
        line=line,
    )


def _lets_end(signature: Signature | None, account: str, now: datetime) -> bool:
    return signature is not None and signature.lets_end(account, now)


def _signature(connection: Connection, hold: Hold) -> Signature | None:
    for entry, _ in reversed(audit_entries(connection, about=hold.id)):
        if entry.act is Act.HOLD_RENEWED:
            return None
        if entry.act is Act.RELEASE_ASKED and entry.subject == hold.id:
            return Signature(entry.actor.account, entry.at)
    return None
