"""`cctv request`: the group with all its commands; `list` and `show`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from cctv.cases.letters.request_letters import letter_files
from cctv.cases.requests.lifecycle import RequestFile, list_requests, request_file
from cctv.cases.text_input import ERASED
from cctv.cli.commands.request.agenda import board
from cctv.cli.commands.request.answer import answer, close
from cctv.cli.commands.request.letters import ask, extend, invite, pass_on, receipt, sent, viewings
from cctv.cli.commands.request.open import identity, mandate, open_, statement
from cctv.cli.commands.request.rights import instruct, lift, reject, uphold, withdraw, yield_
from cctv.cli.commands.request.scope import confirm, correct, scope
from cctv.cli.context import CommandContext, json_option
from cctv.cli.copies import copy_files, copy_option
from cctv.cli.output import joined, local_date, table
from cctv.cli.views.footage import footage_data, hold_data, print_footage, print_holds
from cctv.cli.views.grant import exception_data, exception_text
from cctv.cli.views.request import (
    about_text,
    arrival_text,
    block_data,
    block_text,
    check_data,
    customer_text,
    due_text,
    missing_data,
    name_of,
    next_step,
    party_text,
    print_missing,
    print_no_footage,
    provisional_text,
    request_data,
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
    requests = list_requests(context.site, closed_too=closed_too)
    data = {"requests": [request_data(request, context) for request in requests]}
    context.emit(data, lambda console: _list_text(console, context, requests))


@request.command()
@click.argument("request_id", metavar="ID")
@copy_option
@json_option
@click.pass_obj
def show(context: CommandContext, request_id: str, folder: Path | None) -> None:
    """Show one request: its people, holds and blocks, what was checked, and how much of its footage exists now.

    \b
      cctv request show REQ-2026-007
      cctv request show REQ-2026-007 --copy-to .       its letters too, to print and to send
    """
    file = request_file(context.site, request_id)
    if folder is not None:
        copy_files(context, letter_files(context.site, file.request.id), folder)
    extension = file.extension
    data = {
        "request": request_data(file.request, context),
        "holds": [hold_data(hold) for hold in file.holds],
        "blocks": [block_data(block) for block in file.blocks],
        "identity": [check_data(check) for check in file.checks],
        "extension": {"ground": extension.ground, "due": extension.due, "sent": extension.sent} if extension else None,
        "statements": [{"text": supplement.text, "given": supplement.given} for supplement in file.statements],
        **({"exceptions": [exception_data(given) for given in file.exceptions]} if file.exceptions else {}),
        "footage": footage_data(file.footage),
        "waiting_for_holds": len(file.erasures),
        "missing": missing_data(context, file.request),
        "next": next_step(context, file.request),
    }
    context.emit(data, lambda console: _show_text(console, context, file))


def _list_text(console: Console, context: CommandContext, requests: Sequence[AccessRequest]) -> None:
    if not requests:
        console.print(_("No open requests.  `cctv request list --all` shows closed ones too."))
        return
    rows = [
        (
            request.id,
            enum_text(request.type),
            name_of(request),
            *about_text(request, context.zone),
            _("closed: {outcome}", outcome=request.outcome)
            if request.closed and request.outcome
            else due_text(request, context),
        )
        for request in requests
    ]
    console.print(table(("id", "type", "name", "cameras", "footage", "answer by"), rows))


def _show_text(console: Console, context: CommandContext, file: RequestFile) -> None:
    request = file.request
    _print_request(console, context, file)
    console.print()
    print_holds(console, file.holds, context.zone, context.now)
    console.print()
    print_footage(console, file.footage, context.zone)
    if request.is_open:
        print_no_footage(console, file.footage)
    if file.erasures:
        console.print(_("What should be erased and is under a hold goes when that hold is released."), style="bold")
    print_missing(console, context, request, f"cctv audit list --about {request.id}")


def _print_request(console: Console, context: CommandContext, file: RequestFile) -> None:
    request, zone = file.request, context.zone
    console.print(_("{id}: {type}, {name}", id=request.id, type=request.type, name=name_of(request)), style="bold")
    for party in request.parties:
        console.print(party_text(party))
    console.print(joined((arrival_text(request, context), _("letters in {language}", language=request.language))))
    console.print(_("opened {when} by {who}", when=local_date(request.opened, zone), who=request.opened_by))
    if request.closed and request.outcome:
        ground = f" ({enum_text(request.ground)})" if request.ground else ""
        closed = _("closed {when} by {who}", when=local_date(request.closed, zone), who=request.closed_by)
        console.print(_("{closed}: {outcome}{ground}", closed=closed, outcome=request.outcome, ground=ground))
    else:
        console.print(joined((enum_text(request.state), _("answer by {due}", due=due_text(request, context)))))
    if (customer := customer_text(request, context)) is not None:
        console.print(customer)
    for given in file.exceptions:
        console.print(exception_text(given, zone))
    for check in file.checks:
        console.print(
            _(
                "identity of the {role}: {method}, {checked:%d/%m/%Y}, by {checker}",
                role=check.role,
                method=check.method,
                checked=check.checked,
                checker=check.checker or translate(ERASED),
            )
        )
    for description in (request.stated.time, request.stated.place, request.stated.appearance):
        if description:
            console.print(_("said: {stated}", stated=description))
    for supplement in file.statements:
        entered = local_date(supplement.given, zone)
        console.print(_("statement of {when}: {text}", when=entered, text=supplement.text))
    cameras, time = about_text(request, zone)
    console.print(_("about {cameras}: {when}", cameras=cameras, when=time))
    for block in file.blocks:
        console.print(block_text(block, context), style="bold" if block.in_force else None)
    if request.is_open and (provisional := provisional_text(request, context)) is not None:
        console.print(provisional, style="bold")


for command in (
    board,
    open_,
    correct,
    scope,
    confirm,
    receipt,
    pass_on,
    instruct,
    ask,
    identity,
    mandate,
    statement,
    invite,
    viewings,
    extend,
    sent,
    uphold,
    reject,
    yield_,
    lift,
    withdraw,
    answer,
    close,
):
    request.add_command(command)
