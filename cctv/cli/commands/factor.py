"""`cctv factor`: the second factor of an account; enrolled at a terminal, ended by its owner or by another account."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

import click
import segno
from rich.console import Console

from cctv.access.errors import FactorTerminal
from cctv.access.second_factor import (
    FactorRow,
    begin_enrolment,
    finish_enrolment,
    list_factors,
    plan_reset,
    recover,
    require_unenrolled,
    reset,
)
from cctv.access.totp_store import RECOVERY_CODES, provisioning_uri
from cctv.cli.context import CommandContext, ask_hidden, json_option
from cctv.cli.options import mutation, reason_option
from cctv.cli.output import echo, table
from cctv.cli.views.footage import day, print_dry
from cctv.core.i18n import _
from cctv.core.typed_time.resolve import echo_instant


@click.group()
def factor() -> None:
    """Enrol and end second factors: codes of an authenticator that [policy] second_factor asks for.

    \b
      cctv factor enrol
      cctv factor list
    """


@factor.command()
@click.pass_obj
def enrol(context: CommandContext) -> None:
    """Enrol a second factor for your own account.

    Scan the picture with an authenticator (or type the address into it), then type the code that it shows. The recovery
    codes are shown once: keep them on paper, away from this machine.

    \b
      cctv factor enrol
    """
    if not context.interactive:
        raise FactorTerminal
    require_unenrolled(context.site)
    new = begin_enrolment(context.site)
    address = provisioning_uri(new.factor, context.settings.site.name)
    echo(_as_blocks(address))
    echo(_("Scan this with the authenticator on your phone, or type its address there:"))
    echo(address)
    echo("")
    finish_enrolment(context.site, new, ask_hidden(_("Code that the authenticator shows now (not shown here)")))
    echo("")
    echo(_("{account} has a second factor now.", account=new.factor.account))
    echo(_("Recovery codes, each good for one command in place of a code. They are not shown again:"))
    for code in new.recovery_codes:
        echo(f"  {code}")


@factor.command("list")
@json_option
@click.pass_obj
def list_(context: CommandContext) -> None:
    """List the accounts that have a second factor."""
    rows = list_factors(context.site)
    context.emit({"factors": [_data(row) for row in rows]}, lambda console: _list_text(console, context, rows))


@factor.command("reset")
@click.argument("account")
@reason_option()
@mutation
@click.pass_obj
def reset_(context: CommandContext, account: str, reason: str) -> None:
    """End the second factor of another account: its phone is lost, or wrong codes locked it.

    Compare voice or face with the person first: whoever can have it ended can enrol their own.

    \b
      cctv factor reset sofie --reason "lost her phone, came by in person"
    """
    if context.dry_run:
        plan_reset(context.site, account)
    else:
        reset(context.site, account, reason=reason)

    def text(console: Console) -> None:
        if context.dry_run:
            print_dry(console)
        else:
            console.print(
                _("The second factor of {account} is ended; cctv factor enrol makes a new one.", account=account)
            )

    context.emit({"dry_run": context.dry_run, "account": account}, text)


@factor.command("recover")
@click.pass_obj
def recover_(context: CommandContext) -> None:
    """End your own second factor with a recovery code, to enrol a new one.

    \b
      cctv factor recover
      cctv factor enrol
    """
    typed = context.invocation.code
    if typed is None:
        if not context.interactive:
            raise FactorTerminal
        typed = ask_hidden(_("Recovery code (not shown)"))
    recover(context.site, typed)
    echo(_("Your second factor is ended; cctv factor enrol makes a new one."))


def _as_blocks(address: str) -> str:
    """A QR code as lines of block characters, two rows of it a line."""
    picture = StringIO()
    segno.make(address, error="l", micro=False).terminal(picture, compact=True)
    return picture.getvalue().rstrip("\n")


def _data(row: FactorRow) -> dict[str, object]:
    return {
        "account": row.account,
        "enrolled": row.enrolled,
        "last_used": row.last_used,
        "recovery_left": row.recovery_left,
        "locked_until": row.locked,
    }


def _list_text(console: Console, context: CommandContext, rows: Sequence[FactorRow]) -> None:
    uses = ", ".join(sorted(use.value for use in context.settings.policy.second_factor)) or _("nothing")
    if rows:
        lines = [
            (
                row.account,
                day(row.enrolled, context.zone),
                day(row.last_used, context.zone) if row.last_used else _("never"),
                _("{left} of {count}", left=row.recovery_left, count=RECOVERY_CODES),
                str(echo_instant(row.locked, context.zone)) if row.locked else _("no"),
            )
            for row in rows
        ]
        console.print(table(("account", "enrolled", "last used", "recovery codes", "locked until"), lines))
        console.print()
    console.print(_("A code is asked for: {what} ([policy] second_factor).", what=uses))
