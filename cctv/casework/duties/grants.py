"""Grants: which account may do what, since when, after which briefing.

docs/policies/000.txt: "uitdrukkelijke toestemming", "briefing".

Owns the register of grants and its check.  What a site asks a grant for stands in `[policy] granted_only`; an
administrator has no grant unless somebody else gave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cctv import audit
from cctv.casework.duties import store
from cctv.casework.duties.errors import GrantRefused, GrantUnknown, NotGranted
from cctv.casework.words import checked_text, typed_id
from cctv.db.engine import reading, writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.phrases import phrase
from cctv.model.accountability import Grant, Permission
from cctv.model.acts import Act
from cctv.model.ids import GrantId, IdKind


def give_grant(
    site: Site,
    account: str,
    permission: Permission,
    *,
    briefed: date,
    confidentiality: date,
    reason: str,
    dry_run: bool = False,
) -> Grant:
    """Grant a permission.  Nobody grants one to themselves; the briefing and the agreement come first."""
    account = checked_text(phrase("account"), account, phrase("give the unix account, as `id -un` prints it."))
    reason = checked_text(phrase("reason"), reason, phrase("say why this person needs it."))
    now = site.clock.now()
    today = now.astimezone(site.settings.site.timezone).date()
    if account == site.actor.account:
        following = phrase("let another account grant it.")
        raise GrantRefused(
            problem=phrase("{account} would grant it to themselves", account=account), following=following
        )
    if briefed > today or confidentiality > today:
        following = phrase("brief first, sign first, then grant.")
        raise GrantRefused(
            problem=phrase("the briefing or the confidentiality agreement is still to come"), following=following
        )
    with writing(site.engine, dry_run=dry_run) as connection:
        grant = Grant(
            id=GrantId(next_short_id(connection, IdKind.GRANT, now.year)),
            account=account,
            permission=permission,
            briefed=briefed,
            confidentiality=confidentiality,
            granted=now,
            granted_by=site.actor.account,
        )
        store.insert_grant(connection, grant)
        facts: audit.Facts = {"account": account, "permission": permission.value}
        audit.append(connection, site, Act.GRANT_GIVEN, grant.id, facts=facts, reason=reason)
    return grant


def withdraw_grant(site: Site, grant_id: str, *, reason: str, dry_run: bool = False) -> Grant:
    """Withdraw a grant at once; raises GrantUnknown."""
    reason = checked_text(phrase("reason"), reason, phrase("say why, for example --reason left the company."))
    with writing(site.engine, dry_run=dry_run) as connection:
        grant = next(
            (g for g in store.select_grants(connection, withdrawn_too=False) if g.id == typed_id(grant_id)), None
        )
        if grant is None:
            raise GrantUnknown(id=grant_id)
        store.mark_withdrawn(connection, grant.id, site.clock.now(), site.actor.account)
        facts: audit.Facts = {"account": grant.account, "permission": grant.permission.value}
        audit.append(connection, site, Act.GRANT_WITHDRAWN, grant.id, facts=facts, reason=reason)
    return grant


def list_grants(site: Site, *, withdrawn_too: bool) -> Sequence[Grant]:
    """Grants in order of their ids."""
    with reading(site.engine) as connection:
        return store.select_grants(connection, withdrawn_too=withdrawn_too)


def require(site: Site, permission: Permission) -> None:
    """Refuse who has no grant where the site asks for one; the refusal is in the log.  Raises NotGranted (12)."""
    if permission not in site.settings.policy.granted_only:
        return
    account = site.actor.account
    with writing(site.engine) as connection:
        found = store.select_grants(connection, withdrawn_too=False)
        if any(grant.account == account and grant.permission is permission for grant in found):
            return
        facts: audit.Facts = {"permission": permission.value}
        audit.append(connection, site, Act.GRANT_MISSED, account, facts=facts)
    raise NotGranted(account=account, permission=permission.value)
