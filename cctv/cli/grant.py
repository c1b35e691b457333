"""`cctv grant`: which account may view or export, since when, after which briefing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option, mutation, one_of, reason_option
from cctv.model.accountability import Permission
from cctv.tongue import said, word

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.model.accountability import Grant


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
def give(box: Box, account: str, permission: str, briefed: str, confidentiality: str, reason: str) -> None:
    """Grant a permission to another account; nobody grants one to themselves.

    \b
      cctv grant give sofie export --briefed 1/11 --confidentiality 1/11 --reason "answers requests"
    """
    from cctv.casework.duties import give_grant
    from cctv.kernel.times import parse_date

    made = give_grant(
        box.site,
        account,
        Permission(permission),
        briefed=parse_date(briefed, now=box.now, zone=box.zone),
        confidentiality=parse_date(confidentiality, now=box.now, zone=box.zone),
        reason=reason,
        dry_run=box.dry_run,
    )
    _show(box, made, said("would be given") if box.dry_run else said("given"))


@grant.command()
@click.argument("grant_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def withdraw(box: Box, grant_id: str, reason: str) -> None:
    """Withdraw a grant at once.

    \b
      cctv grant withdraw GRA-2026-001 --reason "left the company"
    """
    from cctv.casework.duties import withdraw_grant

    made = withdraw_grant(box.site, grant_id, reason=reason, dry_run=box.dry_run)
    _show(box, made, said("would be withdrawn") if box.dry_run else said("withdrawn"))


@grant.command("list")
@click.option("--all", "withdrawn_too", is_flag=True, help="Withdrawn ones too.")
@json_option
@click.pass_obj
def list_(box: Box, withdrawn_too: bool) -> None:
    """List the grants."""
    from cctv.casework.duties import list_grants

    found = list_grants(box.site, withdrawn_too=withdrawn_too)
    box.emit({"grants": [_data(one) for one in found]}, lambda console: _list_text(console, box, found))


def _data(one: Grant) -> dict[str, object]:
    return {
        "id": one.id,
        "account": one.account,
        "permission": one.permission,
        "briefed": one.briefed,
        "confidentiality": one.confidentiality,
        "granted": one.granted,
        "granted_by": one.granted_by,
        "withdrawn": one.withdrawn,
    }


def _show(box: Box, one: Grant, what: str) -> None:
    from cctv.cli.preserved import print_dry

    def text(console: Console) -> None:
        for_whom = said("{permission} for {account}", permission=one.permission, account=one.account)
        console.print(said("{id} {what}: {permission}", id=one.id, what=what, permission=for_whom), style="bold")
        if one.permission not in box.settings.policy.granted_only:
            name = one.permission.value
            console.print(said('[policy] granted_only does not name "{name}": every account may do it.', name=name))
        if box.dry_run:
            print_dry(console)

    box.emit({"dry_run": box.dry_run, "grant": _data(one)}, text)


def _list_text(console: Console, box: Box, found: Sequence[Grant]) -> None:
    from cctv.cli.output import table
    from cctv.cli.preserved import day

    asked = ", ".join(sorted(each.value for each in box.settings.policy.granted_only)) or said("nothing")
    if found:
        rows = [
            (
                one.id,
                one.account,
                word(one.permission),
                f"{one.briefed:%d/%m/%Y}",
                f"{one.confidentiality:%d/%m/%Y}",
                said("{when} by {who}", when=day(one.granted, box.zone), who=one.granted_by),
                said("withdrawn {day}", day=day(one.withdrawn, box.zone)) if one.withdrawn else said("in force"),
            )
            for one in found
        ]
        console.print(table(("id", "account", "permission", "briefed", "confidentiality", "granted", "state"), rows))
        console.print()
    console.print(said("A grant is asked for: {what} ([policy] granted_only).", what=asked))
