"""`cctv request`: the group, and the questions about requests.  `request_commands` puts all its commands together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option
from cctv.tongue import said, told, word

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework import RequestFile
    from cctv.model.casework import AccessRequest


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
def list_(box: Box, closed_too: bool) -> None:
    """List the open requests, the first due first."""
    from cctv.casework import list_requests
    from cctv.cli.request_words import request_data

    found = list_requests(box.site, closed_too=closed_too)
    data = {"requests": [request_data(one, box) for one in found]}
    box.emit(data, lambda console: _list_text(console, box, found))


@request.command()
@click.argument("request_id", metavar="ID")
@json_option
@click.pass_obj
def show(box: Box, request_id: str) -> None:
    """Show one request: its people, holds and blocks, what was checked, and how much of its footage exists now.

    \b
      cctv request show REQ-2026-007
    """
    from cctv.casework import request_file
    from cctv.cli.preserved import footage_data, hold_data
    from cctv.cli.request_words import block_data, check_data, missing_data, next_step, request_data

    found = request_file(box.site, request_id)
    extension = found.extension
    data = {
        "request": request_data(found.request, box),
        "holds": [hold_data(one) for one in found.holds],
        "blocks": [block_data(one) for one in found.blocks],
        "identity": [check_data(one) for one in found.checks],
        "extension": {"ground": extension.ground, "due": extension.due, "sent": extension.sent} if extension else None,
        "statements": [{"text": one.text, "given": one.given} for one in found.statements],
        "footage": footage_data(found.footage),
        "waiting_for_holds": len(found.erasures),
        "missing": missing_data(box, found.request),
        "next": next_step(box, found.request),
    }
    box.emit(data, lambda console: _show_text(console, box, found))


def _list_text(console: Console, box: Box, found: Sequence[AccessRequest]) -> None:
    from cctv.cli.output import table
    from cctv.cli.preserved import when
    from cctv.cli.request_words import due_words, name_of

    if not found:
        console.print(said("No open requests.  `cctv request list --all` shows closed ones too."))
        return
    rows = [
        (
            one.id,
            word(one.type),
            name_of(one),
            ", ".join(one.cameras),
            when(one.span, box.zone),
            said("closed: {outcome}", outcome=one.outcome) if one.closed and one.outcome else due_words(one, box),
        )
        for one in found
    ]
    console.print(table(("id", "type", "name", "cameras", "footage", "answer by"), rows))


def _show_text(console: Console, box: Box, found: RequestFile) -> None:
    from cctv.cli.preserved import print_footage, print_holds
    from cctv.cli.request_words import print_missing, tell_none

    one = found.request
    _print_request(console, box, found)
    console.print()
    print_holds(console, found.holds, box.zone, box.now)
    console.print()
    print_footage(console, found.footage, box.zone)
    if one.is_open:
        tell_none(console, found.footage)
    if found.erasures:
        console.print(said("What should be erased and is under a hold goes when that hold is released."), style="bold")
    print_missing(console, box, one, f"cctv audit list --about {one.id}")


def _print_request(console: Console, box: Box, found: RequestFile) -> None:
    from cctv.casework.words import ERASED
    from cctv.cli.output import joined, local_date
    from cctv.cli.preserved import print_subject
    from cctv.cli.request_words import (
        arrival_words,
        block_words,
        due_words,
        name_of,
        party_words,
        provisional_words,
    )

    one, zone = found.request, box.zone
    console.print(said("{id}: {type}, {name}", id=one.id, type=one.type, name=name_of(one)), style="bold")
    for party in one.parties:
        console.print(party_words(party))
    console.print(joined((arrival_words(one, box), said("letters in {language}", language=one.language))))
    console.print(said("opened {when} by {who}", when=local_date(one.opened, zone), who=one.opened_by))
    if one.closed and one.outcome:
        ground = f" ({word(one.ground)})" if one.ground else ""
        closed = said("closed {when} by {who}", when=local_date(one.closed, zone), who=one.closed_by)
        console.print(said("{closed}: {outcome}{ground}", closed=closed, outcome=one.outcome, ground=ground))
    else:
        console.print(joined((word(one.state), said("answer by {due}", due=due_words(one, box)))))
    for check in found.checks:
        console.print(
            said(
                "identity of the {role}: {method}, {checked:%d/%m/%Y}, by {checker}",
                role=check.role,
                method=check.method,
                checked=check.checked,
                checker=check.checker or told(ERASED),
            )
        )
    for stated in (one.stated.time, one.stated.place, one.stated.appearance):
        if stated:
            console.print(said("said: {stated}", stated=stated))
    for statement in found.statements:
        given = local_date(statement.given, zone)
        console.print(said("statement of {when}: {text}", when=given, text=statement.text))
    print_subject(console, one.cameras, one.span, zone)
    for block in found.blocks:
        console.print(block_words(block, box), style="bold" if block.in_force else None)
    if one.is_open and (provisional := provisional_words(one, box)) is not None:
        console.print(provisional, style="bold")
