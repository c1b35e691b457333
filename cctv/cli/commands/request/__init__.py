"""`cctv request`: the group, and the questions about requests.  `request_commands` puts all its commands together.

`cctv request`: its commands, put together from their files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console

from cctv.cases.requests.lifecycle import RequestFile, list_requests, request_file
from cctv.cases.text_input import ERASED
from cctv.cli.commands.request.agenda import board
from cctv.cli.commands.request.answer import answer, close
from cctv.cli.commands.request.letters import ask, extend, invite, receipt, sent
from cctv.cli.commands.request.open import identity, mandate, open_, statement
from cctv.cli.commands.request.rights import lift, reject, uphold, yield_
from cctv.cli.commands.request.scope import confirm, scope
from cctv.cli.context import CommandContext
from cctv.cli.options import json_option
from cctv.cli.output import joined, local_date, table
from cctv.cli.views.footage import footage_data, hold_data, print_footage, print_holds, print_subject, when
from cctv.cli.views.request import (
    arrival_words,
    block_data,
    block_words,
    check_data,
    due_words,
    missing_data,
    name_of,
    next_step,
    party_words,
    print_missing,
    provisional_words,
    request_data,
    tell_none,
)
from cctv.core.i18n import _, enum_text, translate
from cctv.model.cases import AccessRequest


@click.group()
def request() -> None:
    """Register and follow a data subject's request, from receipt to answer.

    \b
      cctv request open --name "An Peeters" --contact an@example.be --cameras foyer-1 --from "za 22u" --to "za 22u30"
      cctv request list
    """


@request.command("list")
@click.option("--all", "closed_too", is_flag=True, help="Closed ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, closed_too: bool) -> None:
    """List the open requests, the first due first."""

    found = list_requests(context.site, closed_too=closed_too)
    data = {"requests": [request_data(one, context) for one in found]}
    context.emit(data, lambda console: _list_text(console, context, found))


@request.command()
@click.argument("request_id", metavar="ID")
@json_option
@click.pass_obj
def show(context: CommandContext, request_id: str) -> None:
    """Show one request: its people, holds and blocks, what was checked, and how much of its footage exists now.

    \b
      cctv request show REQ-2026-007
    """

    found = request_file(context.site, request_id)
    extension = found.extension
    data = {
        "request": request_data(found.request, context),
        "holds": [hold_data(one) for one in found.holds],
        "blocks": [block_data(one) for one in found.blocks],
        "identity": [check_data(one) for one in found.checks],
        "extension": {"ground": extension.ground, "due": extension.due, "sent": extension.sent} if extension else None,
        "statements": [{"text": one.text, "given": one.given} for one in found.statements],
        "footage": footage_data(found.footage),
        "waiting_for_holds": len(found.erasures),
        "missing": missing_data(context, found.request),
        "next": next_step(context, found.request),
    }
    context.emit(data, lambda console: _show_text(console, context, found))


def _list_text(console: Console, context: CommandContext, found: Sequence[AccessRequest]) -> None:
    if not found:
        console.print(_("No open requests.  `cctv request list --all` shows closed ones too."))
        return
    rows = [
        (
            one.id,
            enum_text(one.type),
            name_of(one),
            ", ".join(one.cameras),
            when(one.span, context.zone),
            _("closed: {outcome}", outcome=one.outcome) if one.closed and one.outcome else due_words(one, context),
        )
        for one in found
    ]
    console.print(table(("id", "type", "name", "cameras", "footage", "answer by"), rows))


def _show_text(console: Console, context: CommandContext, found: RequestFile) -> None:
    one = found.request
    _print_request(console, context, found)
    console.print()
    print_holds(console, found.holds, context.zone, context.now)
    console.print()
    print_footage(console, found.footage, context.zone)
    if one.is_open:
        tell_none(console, found.footage)
    if found.erasures:
        console.print(_("What should be erased and is under a hold goes when that hold is released."), style="bold")
    print_missing(console, context, one, f"cctv audit list --about {one.id}")


def _print_request(console: Console, context: CommandContext, found: RequestFile) -> None:
    one, zone = found.request, context.zone
    console.print(_("{id}: {type}, {name}", id=one.id, type=one.type, name=name_of(one)), style="bold")
    for party in one.parties:
        console.print(party_words(party))
    console.print(joined((arrival_words(one, context), _("letters in {language}", language=one.language))))
    console.print(_("opened {when} by {who}", when=local_date(one.opened, zone), who=one.opened_by))
    if one.closed and one.outcome:
        ground = f" ({enum_text(one.ground)})" if one.ground else ""
        closed = _("closed {when} by {who}", when=local_date(one.closed, zone), who=one.closed_by)
        console.print(_("{closed}: {outcome}{ground}", closed=closed, outcome=one.outcome, ground=ground))
    else:
        console.print(joined((enum_text(one.state), _("answer by {due}", due=due_words(one, context)))))
    for check in found.checks:
        console.print(
            _(
                "identity of the {role}: {method}, {checked:%d/%m/%Y}, by {checker}",
                role=check.role,
                method=check.method,
                checked=check.checked,
                checker=check.checker or translate(ERASED),
            )
        )
    for stated in (one.stated.time, one.stated.place, one.stated.appearance):
        if stated:
            console.print(_("said: {stated}", stated=stated))
    for statement in found.statements:
        given = local_date(statement.given, zone)
        console.print(_("statement of {when}: {text}", when=given, text=statement.text))
    print_subject(console, one.cameras, one.span, zone)
    for block in found.blocks:
        console.print(block_words(block, context), style="bold" if block.in_force else None)
    if one.is_open and (provisional := provisional_words(one, context)) is not None:
        console.print(provisional, style="bold")


for command in (
    board,
    open_,
    scope,
    confirm,
    receipt,
    ask,
    identity,
    mandate,
    statement,
    invite,
    extend,
    sent,
    uphold,
    reject,
    yield_,
    lift,
    answer,
    close,
):
    request.add_command(command)
