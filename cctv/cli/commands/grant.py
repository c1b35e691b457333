"""`cctv grant`: which account may view or export, since when, after which briefing."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console

from cctv.cases.compliance.grants import give_grant, list_grants, withdraw_grant
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, one_of, reason_option
from cctv.cli.output import table
from cctv.cli.views.footage import day, print_dry
from cctv.core.i18n import _, enum_text
from cctv.model.compliance import Grant, Permission


@click.group()
def grant() -> None:
    """Give and withdraw permissions that [policy] granted_only asks for.

    \b
      cctv grant give sofie export --briefed 1/11 --confidentiality 1/11 --reason "answers requests"
      cctv grant list
    """


@grant.command()
@click.argument("account")
@click.argument("permission", type=one_of(Permission))
@click.option("--briefed", required=True, metavar="DATE", help="The day of the briefing.")
@click.option("--confidentiality", required=True, metavar="DATE", help="Of the signed confidentiality agreement.")
@reason_option()
@mutation
@click.pass_obj
def give(
    context: CommandContext, account: str, permission: str, briefed: str, confidentiality: str, reason: str
) -> None:
    """Grant a permission to another account; nobody grants one to themselves.

    \b
      cctv grant give sofie export --briefed 1/11 --confidentiality 1/11 --reason "answers requests"
    """
    granted = give_grant(
        context.site,
        account,
        Permission(permission),
        briefed=context.day(briefed),
        confidentiality=context.day(confidentiality),
        reason=reason,
        dry_run=context.dry_run,
    )
    _show(context, granted, _("would be given") if context.dry_run else _("given"))


@grant.command()
@click.argument("grant_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def withdraw(context: CommandContext, grant_id: str, reason: str) -> None:
    """Withdraw a grant at once.

    \b
      cctv grant withdraw GRA-2026-001 --reason "left the company"
    """
    withdrawn = withdraw_grant(context.site, grant_id, reason=reason, dry_run=context.dry_run)
    _show(context, withdrawn, _("would be withdrawn") if context.dry_run else _("withdrawn"))


@grant.command("list")
@click.option("--all", "withdrawn_too", is_flag=True, help="Withdrawn ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, withdrawn_too: bool) -> None:
    """List the grants."""
    grants = list_grants(context.site, withdrawn_too=withdrawn_too)
    context.emit({"grants": [_data(grant) for grant in grants]}, lambda console: _list_text(console, context, grants))


def _data(grant: Grant) -> dict[str, object]:
    return {
        "id": grant.id,
        "account": grant.account,
        "permission": grant.permission,
        "briefed": grant.briefed,
        "confidentiality": grant.confidentiality,
        "granted": grant.granted,
        "granted_by": grant.granted_by,
        "withdrawn": grant.withdrawn,
    }


def _show(context: CommandContext, grant: Grant, what: str) -> None:
    def text(console: Console) -> None:
        for_whom = _("{permission} for {account}", permission=grant.permission, account=grant.account)
        console.print(_("{id} {what}: {permission}", id=grant.id, what=what, permission=for_whom), style="bold")
        if grant.permission not in context.settings.policy.granted_only:
            name = grant.permission.value
            console.print(_('[policy] granted_only does not name "{name}": every account may do it.', name=name))
        if context.dry_run:
            print_dry(console)

    context.emit({"dry_run": context.dry_run, "grant": _data(grant)}, text)


def _list_text(console: Console, context: CommandContext, grants: Sequence[Grant]) -> None:
    restricted = ", ".join(sorted(permission.value for permission in context.settings.policy.granted_only)) or _(
        "nothing"
    )
    if grants:
        rows = [
            (
                grant.id,
                grant.account,
                enum_text(grant.permission),
                f"{grant.briefed:%d/%m/%Y}",
                f"{grant.confidentiality:%d/%m/%Y}",
                _("{when} by {who}", when=day(grant.granted, context.zone), who=grant.granted_by),
                _("withdrawn {day}", day=day(grant.withdrawn, context.zone)) if grant.withdrawn else _("in force"),
            )
            for grant in grants
        ]
        console.print(table(("id", "account", "permission", "briefed", "confidentiality", "granted", "state"), rows))
        console.print()
    console.print(_("A grant is asked for: {what} ([policy] granted_only).", what=restricted))
