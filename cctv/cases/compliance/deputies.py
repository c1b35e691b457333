"""Name deputies, and make exceptions for a data protection officer; each with an end, by somebody else, in the log.

A deputyship gives a role until a day.  An exception lets an officer handle one case, which Article 38(6) GDPR otherwise
keeps apart from the officer's tasks: who decided that, and why, must be on record (EDPB, WP 243 rev.01, 3.5).  Who may
do either is asked by the command (`Right.GRANT`); here: never for oneself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection

from cctv.access.deputies import all_deputyships, all_exceptions
from cctv.access.roles import held_roles, must_be_apart, today
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.compliance.grants import sign_grant_change
from cctv.cases.errors.compliance import GrantRefused
from cctv.cases.holds import find_ground
from cctv.cases.text_input import checked_text
from cctv.core.access import account_ids
from cctv.core.i18n import N_
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.model.access import Deputyship, HandlingException, Role
from cctv.model.audit import Act
from cctv.model.ids import GrantId, IdKind, typed_id

LONGEST = timedelta(days=92)  # three months: longer is no stand-in, and a group says it better


def name_deputy(
    site: Storage, account: str, role: Role, *, until: date, reason: str, dry_run: bool = False
) -> Deputyship:
    """Give an account a role until the end of a day.

    Raises GrantRefused for oneself, an account that the machine lacks or whose role must be apart from this one, an end
    that is past or over 92 days ahead, and where the site has no roles; TextUnusable;
    ActProposed or ProposalWaits while the policy asks for a second person.
    """
    reason = checked_text(N_("reason"), reason, N_("say for whom, and why: --reason leave of Lieve."))
    day = today(site)
    _check(site, account)
    if not day <= until <= day + LONGEST:
        problem = N_("a deputyship ends within {days} days, and not before today", days=LONGEST.days)
        raise GrantRefused(
            problem=problem, following=N_("give such a day: --until {day}.", day=f"{day + LONGEST:%d/%m}")
        )
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        _check_apart(connection, site, account, role)
        facts: AuditFacts = {"role": role.value, "until": until.isoformat()}
        what = N_("{account} as deputy {role}", account=account, role=role)
        line = f"cctv grant deputy {account} --role {role.value} --until {until} --reason WHY"
        waiting = (
            None if dry_run else sign_grant_change(connection, site, account, facts, what, reason=reason, line=line)
        )
        if waiting is None:
            now = site.clock.now()
            grant_id = GrantId(next_short_id(connection, IdKind.GRANT, now.year))
            facts = {"grant": grant_id, **facts}
            append_entry(connection, site, Act.DEPUTY_NAMED, account, case_id=grant_id, facts=facts, reason=reason)
    if waiting is not None:
        raise waiting
    return Deputyship(grant_id, account, role, until, now, site.actor.account, reason)


def give_exception(
    site: Storage, account: str, case_id: str, *, reason: str, until: date | None = None, dry_run: bool = False
) -> HandlingException:
    """Let a data protection officer handle one open case.

    Raises GrantRefused for oneself, and for an account that is no officer here; GroundUnknown, GroundClosed,
    TextUnusable; ActProposed or ProposalWaits as `name_deputy`.
    """
    reason = checked_text(N_("reason"), reason, N_("say why nobody else can, and why it is no conflict."))
    day = today(site)
    _check(site, account)
    if until is not None and until < day:
        raise GrantRefused(problem=N_("its last day is past"), following=N_("give a day to come: --until 31/12."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        case = find_ground(connection, site, case_id).case_id
        if all(held.role is not Role.DPO for held in held_roles(connection, site, account)):
            problem = N_("{account} is no data protection officer here", account=account)
            following = f"cctv grant deputy {account} --role handler --until DATE --reason WHY"
            raise GrantRefused(problem=problem, following=following)
        facts: AuditFacts = {"article": "38(6)", "for": case}
        line = f"cctv grant exception {account} {case} --reason WHY"
        if until is not None:
            facts, line = {**facts, "until": until.isoformat()}, f"{line} --until {until}"
        what = N_("an exception for {account} in {case}", account=account, case=case)
        waiting = (
            None if dry_run else sign_grant_change(connection, site, account, facts, what, reason=reason, line=line)
        )
        if waiting is None:
            now = site.clock.now()
            grant_id = GrantId(next_short_id(connection, IdKind.GRANT, now.year))
            facts = {"grant": grant_id, **{name: value for name, value in facts.items() if name != "for"}}
            append_entry(connection, site, Act.EXCEPTION_GIVEN, account, case_id=case, facts=facts, reason=reason)
    if waiting is not None:
        raise waiting
    return HandlingException(grant_id, account, case, now, site.actor.account, reason, until)


def withdraw_deputy_or_exception(
    site: Storage, grant_id: str, *, reason: str, dry_run: bool = False
) -> Deputyship | HandlingException | None:
    """End a deputyship or an exception at once; None where the id is that of neither, or it has ended.

    Raises ActProposed or ProposalWaits as `name_deputy`: whoever ends the only other decider is alone.
    """
    reason = checked_text(N_("reason"), reason, N_("say why, for example --reason left the company."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        given = _in_force(connection, site, typed_id(grant_id))
        if given is None:
            return None
        facts: AuditFacts = {"grant": given.id}
        if isinstance(given, Deputyship):
            act, case = Act.DEPUTY_WITHDRAWN, str(given.id)
        else:
            act, case = Act.EXCEPTION_WITHDRAWN, given.case_id
        line = f"cctv grant withdraw {given.id} --reason WHY"
        what = N_("to end {id} of {account}", id=given.id, account=given.account)
        waiting = (
            None
            if dry_run
            else sign_grant_change(connection, site, given.account, facts, what, reason=reason, line=line)
        )
        if waiting is None:
            entry = append_entry(connection, site, act, given.account, case_id=case, facts=facts, reason=reason)
    if waiting is not None:
        raise waiting
    return replace(given, withdrawn=entry.at, withdrawn_by=entry.actor.account)


def _in_force(connection: Connection, site: Storage, grant_id: str) -> Deputyship | HandlingException | None:
    given: tuple[Deputyship | HandlingException, ...] = (*all_deputyships(connection), *all_exceptions(connection))
    return next((one for one in given if one.id == grant_id and one.is_in_force(today(site))), None)


def _check_apart(connection: Connection, site: Storage, account: str, role: Role) -> None:
    """Raises GrantRefused where a role of the account keeps it from this one."""
    own = must_be_apart([held.role for held in held_roles(connection, site, account)], role)
    if own is not None:
        problem = N_("{account} is {own}, which stays apart from {role}", account=account, own=own, role=role)
        raise GrantRefused(problem=problem, following=N_("name another account."))


def _check(site: Storage, account: str) -> None:
    if not site.settings.roles.is_set:
        problem = N_("this site has no roles: cameras.toml has no section [roles]")
        raise GrantRefused(problem=problem, following=N_("add that section (docs/roles.md), then `cctv config check`."))
    if account == site.actor.account:
        following = N_("let another account name you.")
        raise GrantRefused(problem=N_("{account} would name themselves", account=account), following=following)
    if account_ids(account) is None:
        problem = N_("this machine has no account {account}", account=account)
        following = N_("give the unix account, as `id -un` prints it.")
        raise GrantRefused(problem=problem, following=following)
