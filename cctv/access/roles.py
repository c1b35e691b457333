"""Roles: which account may do what.

One table says which role has which right; whoever lacks a right is refused, and the refusal is logged.  A role comes
from the unix groups that `[roles]` names, looked up by the name of the account when a command runs, from a deputyship
with an end, or from owning the storage.  A site without `[roles]` is a box of one person, and nothing is asked here.

A right to view, to export or to disclose opens the door only: at it a grant to the account is asked for as well
(`cctv.cases.compliance.grants`), so that no role alone shows anybody.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from sqlalchemy import Connection

from cctv.access.deputies import deputyships_of, exceptions_of
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.checks import why_apart
from cctv.config.schema import RolesSettings, Settings
from cctv.core.access import account_ids, owner_of
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_, Message, join_messages
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.access import APART, HeldRole, Right, Role, RoleSource
from cctv.model.audit import Act
from cctv.model.ids import id_in

_MOST_NAMES = 3  # in a message
# As what an account is named deputy where several roles have the right: the least that helps, an officer never.
_AS_DEPUTY = (Role.STAFF, Role.HANDLER, Role.AUDITOR, Role.DECIDER, Role.OPERATOR, Role.DPO)

_EVERYBODY = {Right.READ_STATE, Right.PROVE}
_CASEWORK = {
    Right.READ_HOLDS,
    Right.READ_INCIDENTS,
    Right.RECORD_INCIDENTS,
    Right.END_HOLDS,
    Right.RECEIVE,
    Right.VIEW,
    Right.EXPORT,
    Right.DISCLOSE,
    Right.REPORT_BREACH,
    Right.RECORD_CHECKS,
}
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OPERATOR: frozenset(
            _EVERYBODY | {Right.START_SERVICES, Right.OPERATE, Right.READ_HOLDS, Right.REPORT_BREACH}
        ),
        Role.STAFF: frozenset(_EVERYBODY | _CASEWORK),
        Role.HANDLER: frozenset(
            _EVERYBODY
            | _CASEWORK
            | {Right.READ_REQUESTS, Right.HANDLE, Right.REVIEW, Right.KEEP_REGISTERS, Right.READ_REGISTERS}
        ),
        Role.DECIDER: frozenset(
            _EVERYBODY
            | _CASEWORK
            | {
                Right.READ_REQUESTS,
                Right.REVIEW,
                Right.DECIDE,
                Right.KEEP_REGISTERS,
                Right.READ_REGISTERS,
                Right.READ_LOG,
                Right.SET_POLICY,
                Right.DESTROY,
                Right.GRANT,
            }
        ),
        Role.DPO: frozenset(
            _EVERYBODY
            | {
                Right.READ_HOLDS,
                Right.READ_INCIDENTS,
                Right.READ_REQUESTS,
                Right.READ_REGISTERS,
                Right.READ_LOG,
                Right.VIEW,
                Right.REPORT_BREACH,
                Right.RECORD_CHECKS,
            }
        ),
        Role.AUDITOR: frozenset(_EVERYBODY | {Right.READ_HOLDS, Right.READ_REGISTERS, Right.READ_LOG}),
    }
)
# Who stands in for a decider may decide, but cannot pass that on: else deputies would name each other for ever.
NOT_BY_DEPUTY = frozenset({Right.GRANT})
BY_EXCEPTION = frozenset({Right.HANDLE, Right.REVIEW})  # of one case, to a data protection officer; never to decide
# What no other role gives to a data protection officer: who determines purposes and means of the processing cannot
# watch over it (Article 38(6) GDPR; CJEU, C-453/21, X-FAB Dresden).
NOT_BY_OFFICER = frozenset({Right.HANDLE, Right.REVIEW, Right.DECIDE, Right.GRANT, Right.SET_POLICY, Right.DESTROY})
# What package scripts and units run as root, without whom there is no storage to have roles in.
ROOT_RIGHTS = frozenset({Right.READ_STATE, Right.START_SERVICES})


class RightMissing(CctvError):
    """{account} may not {right}: {who} may, and {account} is {own}. Nothing was done{logged}.

    next: {following}
    """

    exit_code = Exit.NOT_PERMITTED


class OneAccountOnly(CctvError):
    """{account} may do nothing here: the site has no roles, so that {owner} and root do everything. Nothing was done
    but to log the refusal.

    next: whoever runs the machine adds a section [roles] to cameras.toml (docs/roles.md), or types it: `sudo cctv ...`.
    """

    exit_code = Exit.NOT_PERMITTED


def rights_of(held: Iterable[HeldRole]) -> frozenset[Right]:
    """What an account with these roles may do.  Pure."""
    rights: set[Right] = set()
    roles = tuple(held)
    for role in roles:
        rights |= RIGHTS[role.role] - (NOT_BY_DEPUTY if role.source is RoleSource.DEPUTY else frozenset())
    return frozenset(rights - NOT_BY_OFFICER if _is_dpo(roles) else rights)


def must_be_apart(own: Iterable[Role], role: Role) -> Role | None:
    """Which of an account's roles keeps it from being a deputy in another one; None where none does.  Pure.

    A handler may stand in for a decider and the other way round: nobody approves their own work, whatever their roles.
    """
    pairs = [{*pair} for pair in APART if pair != (Role.HANDLER, Role.DECIDER)]
    return next((one for one in own if {one, role} in pairs), None)


def roles_with(right: Right) -> tuple[Role, ...]:
    """The roles that have a right, in the order of the enum.  Pure."""
    return tuple(role for role in Role if right in RIGHTS[role])


def roles_of_groups(settings: RolesSettings, groups: Collection[str]) -> tuple[HeldRole, ...]:
    """The roles of a member of these groups, each by the first of its groups.  Pure."""
    first = ((role, next((name for name in names if name in groups), None)) for role, names in settings.groups.items())
    return tuple(HeldRole(role, RoleSource.GROUP, name) for role, name in first if name is not None)


def groups_of(account: str) -> frozenset[str]:
    """The groups of an account by the machine's group database; none of an account that the machine does not know."""
    ids = account_ids(account)
    if ids is None:
        return frozenset()
    names = set()
    for number in os.getgrouplist(account, ids[1]):
        try:
            names.add(grp.getgrgid(number).gr_name)
        except KeyError:  # a group that was removed, and of which a number is left
            continue
    return frozenset(names)


def members_of(group: str) -> tuple[str, ...] | None:
    """The accounts in a group, sorted; None where this machine has no such group."""
    try:
        entry = grp.getgrnam(group)
    except KeyError:
        return None
    primary = {account.pw_name for account in pwd.getpwall() if account.pw_gid == entry.gr_gid}
    return tuple(sorted({*entry.gr_mem, *primary}))


def accounts_with(settings: RolesSettings, role: Role) -> tuple[str, ...]:
    """The accounts that have a role by a group, sorted; not its deputies."""
    members = (members_of(group) or () for group in settings.groups[role])
    return tuple(sorted({account for names in members for account in names}))


def held_roles(connection: Connection, site: Storage, account: str) -> tuple[HeldRole, ...]:
    """The roles that an account has at this instant, by groups, by deputyships, and as the owner of the storage."""
    day = today(site)
    by_group = roles_of_groups(site.settings.roles, groups_of(account))
    deputy = [
        HeldRole(given.role, RoleSource.DEPUTY, given.id, given.until)
        for given in deputyships_of(connection, account)
        if given.is_in_force(day)
    ]
    return (*by_group, *deputy, *_as_owner(site.settings, account))


def require_right(site: Storage, right: Right, *, about: str | None = None, command: str | None = None) -> None:
    """Raises RightMissing (12), with an entry in the log, where the account of `site` lacks a right.

    `about` is what was typed as the id of what is acted on: logged where it has the form of an id, known or not.
    `command` is what was typed of the command line without arguments, for the log.
    """
    if not site.settings.roles.is_set:
        return
    account, case = site.actor.account, id_in(about)
    with read_transaction(site.engine) as connection:
        held = held_roles(connection, site, account)
        if right in rights_of(held) or (right in ROOT_RIGHTS and _is_root(account)):
            return
        if right in BY_EXCEPTION and case is not None and _is_dpo(held) and _is_excepted(connection, site, case):
            return
    facts: AuditFacts = {"right": right.value, "command": command or ""}
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.RIGHT_REFUSED, account, case_id=case, facts=facts)
    raise right_missing(site.settings, account, right, held, case, logged=N_(" but to log the refusal"))


def require_sole_account(site: Storage, right: Right, *, about: str | None = None, command: str | None = None) -> None:
    """Raises OneAccountOnly (12), with an entry, where neither owner nor root acts in a site without roles.

    For commands that a process of the owner runs for a caller: in a process of one's own the files decide.
    """
    account, owner = site.actor.account, owner_of(site.root)
    if site.settings.roles.is_set or account == owner or _is_root(account):
        return
    facts: AuditFacts = {"right": right.value, "command": command or ""}
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.RIGHT_REFUSED, account, case_id=id_in(about), facts=facts)
    raise OneAccountOnly(account=account, owner=owner)


def require_machine_right(settings: Settings, account: str, right: Right) -> None:
    """As `require_right` by groups alone, for commands that run where no storage can be opened; leaves no entry."""
    held = (*roles_of_groups(settings.roles, groups_of(account)), *_as_owner(settings, account))
    if settings.roles.is_set and right not in rights_of(held) and not (right in ROOT_RIGHTS and _is_root(account)):
        raise right_missing(settings, account, right, held, None)


def right_missing(
    settings: Settings,
    account: str,
    right: Right,
    held: Sequence[HeldRole],
    case: str | None,
    *,
    logged: Message | str = "",
) -> RightMissing:
    """The refusal: who has the right, what the account is, and who can change that."""
    return RightMissing(
        account=account,
        right=right,
        who=who_may(right),
        own=join_messages((role.role for role in held), N_(" and ")) if held else N_("none of the roles"),
        logged=logged,
        following=_who_helps(settings, account, right, held, case),
    )


def _who_helps(settings: Settings, account: str, right: Right, held: Sequence[HeldRole], case: str | None) -> Message:
    own = [given.role for given in held]
    able = [role for role in _AS_DEPUTY if role in roles_with(right) and must_be_apart(own, role) is None]
    if right in BY_EXCEPTION and _is_dpo(held):
        return N_(
            "ask {names} to do it, or for an exception under Article 38(6) GDPR: "
            "`cctv grant exception {account} {case} --reason WHY`.",
            names=who_decides(settings, account),
            account=account,
            case=case or "REQ-YYYY-NNN",
        )
    if right in NOT_BY_DEPUTY or not able:
        return N_("ask {names}; `cctv grant mine` shows what you may.", names=who_decides(settings, account))
    return N_(
        "ask {names} to do it or to name you: `cctv grant deputy {account} --role {role} --until DATE --reason WHY`; "
        "`cctv grant mine` shows what you may.",
        names=who_decides(settings, account),
        account=account,
        role=able[0].value,
    )


def who_may(right: Right) -> Message:
    """The roles that have a right, for a message."""
    roles = roles_with(right)
    return N_("whoever has a role") if len(roles) == len(Role) else join_messages(roles, N_(" or "))


def who_decides(settings: Settings, account: str) -> Message:
    """Who gives grants, for a message to an account."""
    others = [name for name in accounts_with(settings.roles, Role.DECIDER) if name != account]
    if not others:
        groups = ", ".join(settings.roles.decider)
        return N_("whoever runs the machine to put an account into the group {groups}", groups=groups)
    return join_messages(others[:_MOST_NAMES], N_(" or "))


def roles_warnings(settings: RolesSettings) -> list[str]:
    """What the group database makes doubtful in `[roles]`: groups that are not there, nobody who decides, accounts
    with roles that should be apart.  In English, as all of `cctv config check`.
    """
    if not settings.is_set:
        return []
    warnings = []
    for role, groups in settings.groups.items():
        for group in groups:
            if members_of(group) is None:
                why = f"nobody is {role.value} by it: sudo groupadd {group}"
                warnings.append(f"[roles] {role.value}: this machine has no group {group}; {why}")
    accounts = {role: accounts_with(settings, role) for role in Role}
    known = all(members_of(group) is not None for group in settings.decider)
    if settings.is_set and known and not accounts[Role.DECIDER]:
        group = settings.decider[0]
        line = f"sudo gpasswd -a NAME {group}"
        warnings.append(f"[roles] decider: nobody is in {group}, so that nobody can approve: {line}")
    for first, second in APART:
        shared = {*settings.groups[first]} & {*settings.groups[second]}
        for account in accounts[first]:
            if account in accounts[second] and not shared & groups_of(account):
                why = why_apart(first, second).partition(";")[0]
                warnings.append(f"[roles]: {account} is both {first.value} and {second.value}: {why}")
    return warnings


def today(site: Storage) -> date:
    """The local day at the site."""
    return site.clock.now().astimezone(site.settings.site.timezone).date()


def _as_owner(settings: Settings, account: str) -> tuple[HeldRole, ...]:
    """The account that owns the storage runs recorder and sweeper, and reaches the files whatever a table says."""
    owner = owner_of(settings.site.storage)
    return (HeldRole(Role.OPERATOR, RoleSource.OWNER, owner),) if account == owner else ()


def _is_root(account: str) -> bool:
    ids = account_ids(account)
    return ids is not None and ids[0] == 0


def _is_excepted(connection: Connection, site: Storage, case_id: str) -> bool:
    """Whether an exception lets the account handle a case today."""
    given = exceptions_of(connection, site.actor.account, case_id)
    return any(exception.is_in_force(today(site)) for exception in given)


def _is_dpo(held: Iterable[HeldRole]) -> bool:
    return any(role.role is Role.DPO for role in held)
