"""Grants: which account may do what, since when, after which briefing.

docs/policies/000.txt: "uitdrukkelijke toestemming", "briefing".

Responsible for the register of grants and for the check of one.  `[policy] granted_only` names what needs a grant, and
where there are `[roles]` everything does; an administrator has none unless another account gave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from cctv.access.policy import knows_settings, require_known_settings
from cctv.access.proposals import not_yet, require_two
from cctv.access.roles import accounts_with, today
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.queries import insert_grant, mark_withdrawn, select_grants
from cctv.cases.errors.compliance import GrantRefused, GrantUnknown, NotGranted
from cctv.cases.text_input import checked_text
from cctv.config.schema import Settings, TwoPersonAct
from cctv.core.errors import CctvError
from cctv.core.i18n import N_, Message, join_messages
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.model.access import Role
from cctv.model.audit import Act
from cctv.model.compliance import Grant, Permission
from cctv.model.ids import GrantId, IdKind, typed_id


def give_grant(
    site: Storage,
    account: str,
    permission: Permission,
    *,
    briefed: date,
    confidentiality: date,
    reason: str,
    until: date | None = None,
    dry_run: bool = False,
) -> Grant:
    """Grant a permission to an account; `until` is its last day, None for one without an end.

    Raises GrantRefused for one's own account, before the briefing and the agreement, and for an end that is past;
    TextUnusable; ActProposed or ProposalWaits while the policy asks for a second person.
    """
    account = checked_text(N_("account"), account, N_("give the unix account, as `id -un` prints it."))
    reason = checked_text(N_("reason"), reason, N_("say why this person needs it."))
    now = site.clock.now()
    day = today(site)
    if account == site.actor.account:
        following = N_("let another account grant it.")
        raise GrantRefused(problem=N_("{account} would grant it to themselves", account=account), following=following)
    if briefed > day or confidentiality > day:
        following = N_("brief first, sign first, then grant.")
        raise GrantRefused(
            problem=N_("the briefing or the confidentiality agreement is still to come"), following=following
        )
    if until is not None and until < day:
        raise GrantRefused(problem=N_("its last day is past"), following=N_("give a day to come: --until 31/12."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        facts: AuditFacts = {
            "account": account,
            "permission": permission.value,
            **({"until": until.isoformat()} if until is not None else {}),
        }
        line = f"cctv grant give {account} {permission.value} --briefed {briefed} --confidentiality {confidentiality}"
        line += f" --until {until}" if until is not None else ""
        waiting = None if dry_run else _sign(connection, site, account, facts, reason, f"{line} --reason WHY")
        if waiting is None:
            grant = Grant(
                id=GrantId(next_short_id(connection, IdKind.GRANT, now.year)),
                account=account,
                permission=permission,
                briefed=briefed,
                confidentiality=confidentiality,
                granted=now,
                granted_by=site.actor.account,
                until=until,
            )
            insert_grant(connection, grant)
            append_entry(connection, site, Act.GRANT_GIVEN, grant.id, facts=facts, reason=reason)
    if waiting is not None:
        raise waiting
    return grant


def withdraw_grant(site: Storage, grant_id: str, *, reason: str, dry_run: bool = False) -> Grant:
    """Withdraw a grant at once; raises GrantUnknown, and as `give_grant` while a second person is asked for."""
    reason = checked_text(N_("reason"), reason, N_("say why, for example --reason left the company."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        grant = next(
            (
                candidate
                for candidate in select_grants(connection, withdrawn_too=False)
                if candidate.id == typed_id(grant_id)
            ),
            None,
        )
        if grant is None:
            raise GrantUnknown(id=grant_id)
        facts: AuditFacts = {"account": grant.account, "permission": grant.permission.value}
        line = f"cctv grant withdraw {grant.id} --reason WHY"
        waiting = None if dry_run else _sign(connection, site, grant.id, facts, reason, line)
        if waiting is None:
            mark_withdrawn(connection, grant.id, site.clock.now(), site.actor.account)
            append_entry(connection, site, Act.GRANT_WITHDRAWN, grant.id, facts=facts, reason=reason)
    if waiting is not None:
        raise waiting
    return grant


def sign_grant_change(
    connection: Connection,
    site: Storage,
    subject: str,
    facts: AuditFacts,
    what: Message,
    *,
    reason: str,
    line: str,
) -> CctvError | None:
    """What to raise, after the commit, where a second person must agree to a change of who may do what; `what` it is.

    `subject` and `facts` are those of the change, `line` is what the second person types.
    """
    first = require_two(connection, site, TwoPersonAct.GRANT_CHANGE, subject, facts=facts, reason=reason, line=line)
    return not_yet(site, first, what, line)


def _sign(
    connection: Connection, site: Storage, subject: str, facts: AuditFacts, reason: str, line: str
) -> CctvError | None:
    what = N_("a change of the grant {permission} of {account}", **facts)
    return sign_grant_change(connection, site, subject, facts, what, reason=reason, line=line)


def list_grants(site: Storage, *, withdrawn_too: bool) -> Sequence[Grant]:
    """Grants in order of their ids."""
    with read_transaction(site.engine) as connection:
        return select_grants(connection, withdrawn_too=withdrawn_too)


def require(site: Storage, permission: Permission) -> None:
    """Raises NotGranted (12), with an audit entry, where the site requires a grant that the account lacks.

    Raises SettingsForeign (10) under a cameras.toml that the storage does not follow.
    """
    with read_transaction(site.engine) as connection:
        is_known = knows_settings(connection, site)
    if not is_known:
        with write_transaction(site.engine) as connection:
            require_known_settings(connection, site)
    if permission not in site.settings.granted_only:
        return
    account, day = site.actor.account, today(site)
    with write_transaction(site.engine) as connection:
        grants = select_grants(connection, withdrawn_too=False)
        mine = (grant for grant in grants if grant.account == account and grant.permission is permission)
        if any(grant.is_in_force(day) for grant in mine):
            return
        facts: AuditFacts = {"permission": permission.value}
        append_entry(connection, site, Act.GRANT_MISSED, account, facts=facts)
    raise NotGranted(
        account=account, permission=permission, word=permission.value, who=_who_grants(site.settings, account)
    )


def _who_grants(settings: Settings, account: str) -> Message | str:
    """Who may give a grant to an account, for a message."""
    deciders = accounts_with(settings.roles, Role.DECIDER) if settings.roles.is_set else ()
    others = [name for name in deciders if name != account]
    return join_messages(others, N_(" or ")) if others else N_("somebody else")
