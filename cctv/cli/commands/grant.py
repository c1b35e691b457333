"""`cctv grant`: which account may view or export, who stands in for whom, and what one may do oneself."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console

from cctv.access.deputies import all_deputyships, all_exceptions
from cctv.access.policy import by_adopted_roles
from cctv.access.roles import held_roles, rights_of, today
from cctv.cases.compliance.deputies import give_exception, name_deputy, withdraw_deputy_or_exception
from cctv.cases.compliance.grants import give_grant, list_grants, withdraw_grant
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, one_of, reason_option
from cctv.cli.output import table
from cctv.cli.views.footage import day, print_dry, print_next
from cctv.cli.views.grant import (
    OwnRights,
    deputy_data,
    exception_data,
    exception_text,
    grant_data,
    own_data,
    print_deputies,
    print_exceptions,
    print_own,
    state_text,
)
from cctv.core.i18n import _, enum_text
from cctv.db.engine import read_transaction
from cctv.model.access import Deputyship, HandlingException, Role
from cctv.model.compliance import Grant, Permission


@click.group()
def grant() -> None:
    """Give and withdraw permissions that [policy] granted_only asks for, and name deputies.

    \b
      cctv grant mine
      cctv grant give sofie export --briefed 1/11 --confidentiality 1/11 --reason "answers requests"
      cctv grant deputy jan --role handler --until 31/12 --reason "leave of Sofie"
      cctv grant list
    """


@grant.command()
@click.argument("account")
@click.argument("permission", type=one_of(Permission))
@click.option("--briefed", required=True, metavar="DATE", help="The day of the briefing.")
@click.option("--confidentiality", required=True, metavar="DATE", help="Of the signed confidentiality agreement.")
@click.option("--until", metavar="DATE", help="The last day; else until it is withdrawn.")
@reason_option()
@mutation
@click.pass_obj
def give(
    context: CommandContext,
    account: str,
    permission: str,
    briefed: str,
    confidentiality: str,
    until: str | None,
    reason: str,
) -> None:
    """Grant a permission to another account; nobody grants one to themselves.

    \b
      cctv grant give sofie export --briefed 1/11 --confidentiality 1/11 --reason "answers requests"
      cctv grant give jan view --briefed 1/11 --confidentiality 1/11 --until 31/12 --reason "stands in for Sofie"
    """
    granted = give_grant(
        context.site,
        account,
        Permission(permission),
        briefed=context.day(briefed),
        confidentiality=context.day(confidentiality),
        reason=reason,
        until=context.day(until) if until is not None else None,
        dry_run=context.dry_run,
    )
    _show(context, granted, _("would be given") if context.dry_run else _("given"))


@grant.command()
@click.argument("account")
@click.option("--role", required=True, type=one_of(Role), help="Which role.")
@click.option("--until", required=True, metavar="DATE", help="The last day, within 92 days.")
@reason_option()
@mutation
@click.pass_obj
def deputy(context: CommandContext, account: str, role: str, until: str, reason: str) -> None:
    """Give another account a role until a day, when somebody is away; only where cameras.toml has [roles].

    A deputy of a decider decides, and gives no grants.  `cctv grant withdraw` ends it earlier.

    \b
      cctv grant deputy jan --role handler --until 31/12 --reason "leave of Sofie"
    """
    named = name_deputy(
        context.site, account, Role(role), until=context.day(until), reason=reason, dry_run=context.dry_run
    )

    def text(console: Console) -> None:
        what = _("would be named") if context.dry_run else _("named")
        message = _(
            "{id} {what}: {account} is {role} until {day:%d/%m/%Y}",
            id=named.id,
            what=what,
            account=named.account,
            role=named.role,
            day=named.until,
        )
        console.print(message, style="bold")
        _print_end(context, console, named)

    context.emit({"dry_run": context.dry_run, "deputy": deputy_data(named)}, text)


@grant.command()
@click.argument("account")
@click.argument("case_id", metavar="ID")
@click.option("--until", metavar="DATE", help="The last day; else as long as the case is open.")
@reason_option()
@mutation
@click.pass_obj
def exception(context: CommandContext, account: str, case_id: str, until: str | None, reason: str) -> None:
    """Let the data protection officer handle one case, although Article 38(6) GDPR keeps the tasks apart.

    The officer may then prepare it, and never decides.  It stands in the log and in `cctv request show`.

    \b
      cctv grant exception anna REQ-2026-007 --reason "nobody else is here this week; she advises on it no more"
    """
    given = give_exception(
        context.site,
        account,
        case_id,
        reason=reason,
        until=context.day(until) if until is not None else None,
        dry_run=context.dry_run,
    )

    def text(console: Console) -> None:
        what = _("would be given") if context.dry_run else _("given")
        about = exception_text(given, context.zone)
        console.print(_("{id} {what}: {permission}", id=given.id, what=what, permission=about), style="bold")
        _print_end(context, console, given)

    context.emit({"dry_run": context.dry_run, "exception": exception_data(given)}, text)


@grant.command()
@click.argument("grant_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def withdraw(context: CommandContext, grant_id: str, reason: str) -> None:
    """Withdraw a grant at once, or end a deputyship or an exception.

    \b
      cctv grant withdraw GRA-2026-001 --reason "left the company"
    """
    what = _("would be withdrawn") if context.dry_run else _("withdrawn")
    ended = withdraw_deputy_or_exception(context.site, grant_id, reason=reason, dry_run=context.dry_run)
    if ended is None:
        withdrawn = withdraw_grant(context.site, grant_id, reason=reason, dry_run=context.dry_run)
        _show(context, withdrawn, what)
        return

    def text(console: Console) -> None:
        about = ended.role if isinstance(ended, Deputyship) else ended.case_id
        for_whom = _("{permission} for {account}", permission=about, account=ended.account)
        console.print(_("{id} {what}: {permission}", id=ended.id, what=what, permission=for_whom), style="bold")
        if context.dry_run:
            print_dry(console)

    data = {"deputy": deputy_data(ended)} if isinstance(ended, Deputyship) else {"exception": exception_data(ended)}
    context.emit({"dry_run": context.dry_run, **data}, text)


@grant.command("list")
@click.option("--all", "withdrawn_too", is_flag=True, help="Withdrawn and ended ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, withdrawn_too: bool) -> None:
    """List the grants, deputies and exceptions."""
    grants, on = list_grants(context.site, withdrawn_too=withdrawn_too), today(context.site)
    if not withdrawn_too:
        grants = [grant for grant in grants if grant.is_in_force(on)]
    with read_transaction(context.site.engine) as connection:
        deputies, exceptions = all_deputyships(connection), all_exceptions(connection)
    if not withdrawn_too:
        deputies = tuple(deputy for deputy in deputies if deputy.is_in_force(on))
        exceptions = tuple(given for given in exceptions if given.is_in_force(on))
    data: dict[str, object] = {"grants": [grant_data(grant) for grant in grants]}
    if context.settings.roles.is_set:
        data["deputies"] = [deputy_data(deputy) for deputy in deputies]
        data["exceptions"] = [exception_data(given) for given in exceptions]

    def text(console: Console) -> None:
        if deputies:
            print_deputies(console, deputies, on, context.zone)
        if exceptions:
            print_exceptions(console, exceptions, on, context.zone)
        _list_text(console, context, grants)

    context.emit(data, text)


@grant.command()
@json_option
@click.pass_obj
def mine(context: CommandContext) -> None:
    """Show what you may do here: your roles and from what, your grants and their ends, what is refused, and who helps.

    \b
      cctv grant mine
    """
    site, account = by_adopted_roles(context.site), context.site.actor.account
    on = today(site)
    with read_transaction(site.engine) as connection:
        held = held_roles(connection, site, account) if site.settings.roles.is_set else ()
        exceptions = tuple(given for given in all_exceptions(connection) if given.account == account)
    grants = tuple(grant for grant in list_grants(site, withdrawn_too=False) if grant.account == account)
    own = OwnRights(
        account=account,
        today=on,
        has_roles=site.settings.roles.is_set,
        held=held,
        rights=rights_of(held),
        grants=grants,
        exceptions=tuple(given for given in exceptions if given.is_in_force(on)),
    )
    context.emit(own_data(own), lambda console: print_own(console, own, site.settings, context.zone))


def _print_end(context: CommandContext, console: Console, given: Deputyship | HandlingException) -> None:
    if context.dry_run:
        print_dry(console)
    else:
        print_next(f"cctv grant withdraw {given.id} --reason WHY   {_('to end it earlier')}")


def _show(context: CommandContext, grant: Grant, what: str) -> None:
    def text(console: Console) -> None:
        for_whom = _("{permission} for {account}", permission=grant.permission, account=grant.account)
        console.print(_("{id} {what}: {permission}", id=grant.id, what=what, permission=for_whom), style="bold")
        if grant.until is not None and not grant.withdrawn:
            console.print(_("until {day:%d/%m/%Y}", day=grant.until))
        if grant.permission not in context.settings.granted_only:
            name = grant.permission.value
            console.print(_('[policy] granted_only does not name "{name}": every account may do it.', name=name))
        if context.dry_run:
            print_dry(console)

    context.emit({"dry_run": context.dry_run, "grant": grant_data(grant)}, text)


def _list_text(console: Console, context: CommandContext, grants: Sequence[Grant]) -> None:
    restricted = ", ".join(sorted(permission.value for permission in context.settings.granted_only)) or _("nothing")
    if grants:
        on = today(context.site)
        rows = [
            (
                grant.id,
                grant.account,
                enum_text(grant.permission),
                f"{grant.briefed:%d/%m/%Y}",
                f"{grant.confidentiality:%d/%m/%Y}",
                _("{when} by {who}", when=day(grant.granted, context.zone), who=grant.granted_by),
                state_text(grant, on, context.zone),
            )
            for grant in grants
        ]
        console.print(table(("id", "account", "permission", "briefed", "confidentiality", "granted", "state"), rows))
        console.print()
    console.print(_("A grant is asked for: {what} ([policy] granted_only).", what=restricted))
