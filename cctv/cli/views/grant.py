"""How grants, deputyships and exceptions look, and what an account may do itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from rich.console import Console

from cctv.access.roles import who_decides, who_may
from cctv.cli.output import table
from cctv.cli.views.footage import day, print_next
from cctv.config.schema import Settings
from cctv.core.i18n import _, enum_text, translate
from cctv.model.access import Deputyship, HandlingException, HeldRole, Right, Role, RoleSource
from cctv.model.compliance import Grant, Permission

# What a right opens the door to, and the grant that is asked for at it.
GRANT_FOR = {Right.VIEW: Permission.VIEW, Right.EXPORT: Permission.EXPORT, Right.DISCLOSE: Permission.EXPORT_UNREDACTED}


@dataclass(frozen=True, slots=True)
class OwnRights:
    """What an account may do here: its roles, what they give, its grants, and the cases that it handles by exception.

    `has_roles` is false for a site without `[roles]`, where every account that reaches the storage may do everything
    that needs no grant.
    """

    account: str
    today: date
    has_roles: bool
    held: tuple[HeldRole, ...]
    rights: frozenset[Right]
    grants: tuple[Grant, ...]
    exceptions: tuple[HandlingException, ...]

    @property
    def granted(self) -> frozenset[Permission]:
        """The permissions that are in force today."""
        return frozenset(grant.permission for grant in self.grants if grant.is_in_force(self.today))


def grant_data(grant: Grant) -> dict[str, object]:
    return {
        "id": grant.id,
        "account": grant.account,
        "permission": grant.permission,
        "briefed": grant.briefed,
        "confidentiality": grant.confidentiality,
        "granted": grant.granted,
        "granted_by": grant.granted_by,
        "until": grant.until,
        "withdrawn": grant.withdrawn,
    }


def deputy_data(deputy: Deputyship) -> dict[str, object]:
    return {
        "id": deputy.id,
        "account": deputy.account,
        "role": deputy.role,
        "until": deputy.until,
        "named": deputy.named,
        "named_by": deputy.named_by,
        "reason": deputy.reason,
        "withdrawn": deputy.withdrawn,
    }


def exception_data(given: HandlingException) -> dict[str, object]:
    return {
        "id": given.id,
        "account": given.account,
        "case": given.case_id,
        "article": "38(6)",
        "given": given.given,
        "given_by": given.given_by,
        "until": given.until,
        "reason": given.reason,
        "withdrawn": given.withdrawn,
    }


def exception_text(given: HandlingException, zone: ZoneInfo) -> str:
    """That a data protection officer handles a case, on one line."""
    since = _("{when} by {who}", when=day(given.given, zone), who=given.given_by)
    text = _(
        "{account}, data protection officer, handles this by exception (Article 38(6) GDPR), given {since}: {reason}",
        account=given.account,
        since=since,
        reason=given.reason or _("erased"),
    )
    ended = _("withdrawn {day}", day=day(given.withdrawn, zone)) if given.withdrawn else None
    until = _("until {day:%d/%m/%Y}", day=given.until) if given.until else None
    more = ", ".join(filter(None, (until, ended)))
    return f"{text} ({more})" if more else text


def state_text(given: Grant | Deputyship | HandlingException, today: date, zone: ZoneInfo) -> str:
    """Whether it is in force, and until when."""
    if given.withdrawn:
        return _("withdrawn {day}", day=day(given.withdrawn, zone))
    if given.until is None:
        return _("in force")
    if given.is_in_force(today):
        return _("until {day:%d/%m/%Y}", day=given.until)
    return _("ended {day:%d/%m/%Y}", day=given.until)


def print_deputies(console: Console, deputies: Sequence[Deputyship], today: date, zone: ZoneInfo) -> None:
    rows = [
        (
            deputy.id,
            deputy.account,
            enum_text(deputy.role),
            _("{when} by {who}", when=day(deputy.named, zone), who=deputy.named_by),
            state_text(deputy, today, zone),
            deputy.reason or _("erased"),
        )
        for deputy in deputies
    ]
    console.print(_("Deputies"), style="bold")
    console.print(table(("id", "account", "role", "named", "state", "reason"), rows))
    console.print()


def print_exceptions(console: Console, given: Sequence[HandlingException], today: date, zone: ZoneInfo) -> None:
    rows = [
        (
            exception.id,
            exception.account,
            exception.case_id,
            _("{when} by {who}", when=day(exception.given, zone), who=exception.given_by),
            state_text(exception, today, zone),
            exception.reason or _("erased"),
        )
        for exception in given
    ]
    console.print(_("Exceptions for a data protection officer (Article 38(6) GDPR)"), style="bold")
    console.print(table(("id", "account", "case", "granted", "state", "reason"), rows))
    console.print()


def own_data(own: OwnRights) -> dict[str, object]:
    return {
        "account": own.account,
        "roles": [{"role": held.role, "by": held.source, "name": held.name, "until": held.until} for held in own.held],
        "rights": [right for right in Right if right in own.rights],
        "refused": [right for right in Right if own.has_roles and right not in own.rights],
        "grants": [grant_data(grant) for grant in own.grants],
        "exceptions": [exception_data(given) for given in own.exceptions],
    }


def print_own(console: Console, own: OwnRights, settings: Settings, zone: ZoneInfo) -> None:
    """What an account is and may do, what it is refused, and who can change that."""
    console.print(_("You are {account}.", account=own.account), style="bold")
    if not own.has_roles:
        console.print(_("This site has no roles: whoever may write its storage may do everything that needs no grant."))
    elif not own.held:
        console.print(_("You have no role here."))
    for held in own.held:
        console.print(f"  {enum_text(held.role)}: {_source_text(held)}")
    if own.has_roles:
        _print_rights(console, own)
    if own.grants:
        console.print()
        console.print(_("Your grants"), style="bold")
        for grant in own.grants:
            state = state_text(grant, own.today, zone)
            console.print(f"  {grant.id}  {enum_text(grant.permission)}: {state}", soft_wrap=True)
    for given in own.exceptions:
        console.print(f"  {given.id}  {given.case_id}: {exception_text(given, zone)}", soft_wrap=True)
    if own.has_roles:
        _print_refused(console, own, settings)


def _source_text(held: HeldRole) -> str:
    if held.source is RoleSource.OWNER:
        return _("as the account that owns the storage")
    if held.source is RoleSource.GROUP:
        return _("by the group {group}", group=held.name)
    return _("as a deputy ({id}), until {day:%d/%m/%Y}", id=held.name, day=held.until)


def _print_rights(console: Console, own: OwnRights) -> None:
    if not own.rights:
        return
    console.print()
    console.print(_("You may"), style="bold")
    for right in (right for right in Right if right in own.rights):
        permission = GRANT_FOR.get(right)
        lacks = permission is not None and permission not in own.granted
        note = "  " + _("(a grant for {permission} is missing)", permission=permission) if lacks else ""
        console.print(f"  {enum_text(right)}{note}", soft_wrap=True)


def _print_refused(console: Console, own: OwnRights, settings: Settings) -> None:
    refused = [right for right in Right if right not in own.rights] if own.held else []
    if refused:
        console.print()
        console.print(_("You may not"), style="bold")
    for right in refused:
        console.print(f"  {enum_text(right)}: {translate(who_may(right))}", soft_wrap=True)
    console.print()
    names = translate(who_decides(settings, own.account))
    console.print(_("Who gives grants and names deputies: {names}.", names=names), soft_wrap=True)
    lines = [*_role_lines(own, settings), *_grant_lines(own)]
    if lines:
        console.print(_("What they type:"))
        print_next(*lines)


def _role_lines(own: OwnRights, settings: Settings) -> Iterable[str]:
    if not own.held:
        role = next((role for role in Role if role is not Role.OPERATOR and settings.roles.groups[role]), Role.STAFF)
        yield f"cctv grant deputy {own.account} --role {role.value} --until DATE --reason WHY"


def _grant_lines(own: OwnRights) -> Iterable[str]:
    for right, permission in GRANT_FOR.items():
        if right in own.rights and permission not in own.granted:
            options = "--briefed DATE --confidentiality DATE --reason WHY"
            yield f"cctv grant give {own.account} {permission.value} {options}"
