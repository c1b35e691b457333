"""The second person: where `[policy] two_person` names `hold.release`, one account asks and another one releases.

What was asked stands in the audit log, and nowhere else.  It counts for a week, and no longer once the hold is renewed.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from cctv.audit.chain import AuditEntry
from cctv.audit.log import append_entry, audit_entries
from cctv.cases.errors.requests import ReleaseAsked
from cctv.config.schema import TwoPersonAct
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.holds import Hold

RELEASE_REQUEST_VALIDITY = timedelta(days=7)  # whoever confirms later should hear again why


def ask_release(connection: Connection, site: Storage, hold: Hold, reason: str) -> ReleaseAsked | None:
    """None when the hold may be released now; else what is missing, asked for in the caller's transaction.

    Answers rather than raises, so that the asking is committed.
    """
    if TwoPersonAct.HOLD_RELEASE not in site.settings.policy.two_person:
        return None
    request, now = _release_request(connection, hold), site.clock.now()
    if request is not None and now - request.at < RELEASE_REQUEST_VALIDITY:
        if request.actor.account != site.actor.account:
            return None
    else:
        case = hold.ground.case_id
        request = append_entry(connection, site, Act.RELEASE_ASKED, hold.id, case_id=case, reason=reason)
    when = request.at.astimezone(site.settings.site.timezone).date()
    return ReleaseAsked(id=hold.id, account=request.actor.account, when=when)


def _release_request(connection: Connection, hold: Hold) -> AuditEntry | None:
    for entry, _ in reversed(audit_entries(connection, about=hold.id)):
        if entry.act is Act.HOLD_RENEWED:
            return None
        if entry.act is Act.RELEASE_ASKED and entry.subject == hold.id:
            return entry
    return None
