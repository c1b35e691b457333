"""`cctv request`: register what a person asks for, freeze its footage, follow it until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option, mutation, reason_option, span_options
from cctv.model.casework import Outcome, RequestType
from cctv.model.language import Language

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework import Closure, Found, NewRequest, OpenedRequest, RequestFile
    from cctv.model.casework import AccessRequest


@click.group()
def request() -> None:
    """Register and follow a data subject's request, from receipt to answer.

    \b
      cctv request open --name "An Peeters" --contact an@example.be --cameras foyer-1 --from "za 22u" --to "za 22u30"
      cctv request list
    """


@request.command("open")
@click.option("--name", required=True, metavar="NAME", help="Who asks; stays in the request and nowhere else.")
@click.option("--contact", required=True, metavar="ADDRESS", help="Where the answer goes; stays there too.")
@click.option(
    "--type",
    "type_",
    type=click.Choice([kind.value for kind in RequestType]),
    default="access",
    show_default=True,
    help="Which right the person uses.",
)
@click.option("--received", metavar="DATE", help="The day it arrived, day first; today when it is not given.")
@click.option("--language", type=click.Choice([one.value for one in Language]), help="Of the letters; else the site's.")
@span_options()
@click.option("--wide", metavar="REASON", help="Why more than 24 hours of footage, over all cameras, is needed.")
@mutation
@click.pass_obj
def open_(
    box: Box,
    name: str,
    contact: str,
    type_: str,
    received: str | None,
    language: str | None,
    cameras: str | None,
    zones: str | None,
    start: str,
    end: str,
    wide: str | None,
) -> None:
    """Register a request and freeze its footage until it is closed.

    The answer is due 30 days or one calendar month after receipt, whichever ends first.

    \b
      cctv request open --name "An Peeters" --contact an@example.be --cameras foyer-1 --from "za 22u" --to "za 22u30"
      cctv request open --name "Jan Smet" --contact "Kerkstraat 1, Gent" --received 21/11 --cameras gevel-1 \\
        --from "20/11 14:00" --to +20m
    """
    from cctv.casework import NewRequest, check_request
    from cctv.cli.preserved import chosen_cameras
    from cctv.kernel.times import parse_date
    from cctv.model.casework import Requester

    new = NewRequest(
        type=RequestType(type_),
        requester=Requester(name, contact),
        cameras=chosen_cameras(box, cameras, zones),
        span=box.span(start, end),
        received=parse_date(received, now=box.now, zone=box.zone) if received else None,
        language=Language(language) if language else None,
        wide_reason=wide,
    )
    _open(box, check_request(new, box.now, box.zone))


def _open(box: Box, new: NewRequest) -> None:
    from cctv.casework import find_footage, open_request
    from cctv.cli.preserved import footage_data, hold_data

    if box.dry_run:
        footage = find_footage(box.site, new.cameras, new.span)
        planned = {"dry_run": True, "type": new.type.value, "footage": footage_data(footage)}
        box.emit(planned, lambda console: _dry_text(console, box, new.type.value, footage))
        return
    opened = open_request(box.site, new)
    data = {
        "dry_run": False,
        "request": _data(opened.request, box),
        "hold": hold_data(opened.hold),
        "footage": footage_data(opened.footage),
        "next": _next(opened.request, opened.footage),
    }
    box.emit(data, lambda console: _opened_text(console, box, opened))


@request.command("list")
@click.option("--all", "closed_too", is_flag=True, help="Closed ones too.")
@json_option
@click.pass_obj
def list_(box: Box, closed_too: bool) -> None:
    """List the open requests, the first due first."""
    from cctv.casework import list_requests

    found = list_requests(box.site, closed_too=closed_too)
    box.emit({"requests": [_data(one, box) for one in found]}, lambda console: _list_text(console, box, found))


@request.command()
@click.argument("request_id", metavar="ID")
@json_option
@click.pass_obj
def show(box: Box, request_id: str) -> None:
    """Show one request, its holds, and how much of its footage exists now.

    \b
      cctv request show REQ-2026-007
    """
    from cctv.casework import request_file
    from cctv.cli.preserved import footage_data, hold_data

    found = request_file(box.site, request_id)
    data = {
        "request": _data(found.request, box),
        "holds": [hold_data(one) for one in found.holds],
        "footage": footage_data(found.footage),
        "next": _next(found.request, found.footage),
    }
    box.emit(data, lambda console: _show_text(console, box, found))


@request.command()
@click.argument("request_id", metavar="ID")
@click.option(
    "--outcome", required=True, type=click.Choice([one.value for one in Outcome]), help="How it was answered."
)
@reason_option(required=False)
@mutation
@click.pass_obj
def close(box: Box, request_id: str, outcome: str, reason: str | None) -> None:
    """Close a request with its outcome, and release its holds.

    `refused` and `partly` need a reason: the requester must be told why.

    \b
      cctv request close REQ-2026-007 --outcome granted
      cctv request close REQ-2026-007 --outcome refused --reason "the same footage was delivered last week"
    """
    from cctv.casework import close_request, plan_closure
    from cctv.cli.preserved import departures_data

    act = plan_closure if box.dry_run else close_request
    done = act(box.site, request_id, Outcome(outcome), reason=reason)
    data = {
        "dry_run": box.dry_run,
        "request": _data(done.request, box),
        "released": [hold.id for hold in done.releases],
        "footage": departures_data(done.departures),
    }
    box.emit(data, lambda console: _closed_text(console, box, done))


def _data(one: AccessRequest, box: Box) -> dict[str, object]:
    from cctv.casework import days_left

    return {
        "id": one.id,
        "type": one.type.value,
        "state": one.state.value,
        "name": one.requester.name,
        "contact": one.requester.contact,
        "language": one.language.value,
        "cameras": list(one.cameras),
        "start": one.span.start,
        "end": one.span.end,
        "received": one.received,
        "due": one.due,
        "days_left": days_left(one.due, box.now, box.zone) if one.is_open else None,
        "opened": one.opened,
        "opened_by": one.opened_by,
        "closed": one.closed,
        "closed_by": one.closed_by,
        "outcome": one.outcome.value if one.outcome else None,
    }


def _next(one: AccessRequest, footage: Sequence[Found]) -> str | None:
    if not one.is_open:
        return None
    if one.type not in {RequestType.ACCESS, RequestType.PORTABILITY}:
        return f"cctv request show {one.id}"
    if all(found.is_empty for found in footage):
        return f"cctv request close {one.id} --outcome no-footage"
    return f"cctv redaction prepare {one.id}"


def _due_words(one: AccessRequest, box: Box) -> str:
    from cctv.casework import days_left
    from cctv.cli.preserved import day

    left, last_day = days_left(one.due, box.now, box.zone), day(one.due, box.zone)
    if left == 0:
        return f"{last_day}, TODAY"
    days = f"{abs(left)} day{'' if abs(left) == 1 else 's'}"
    return f"{last_day}, {days} {'left' if left > 0 else 'LATE'}"


def _dry_text(console: Console, box: Box, kind: str, footage: Sequence[Found]) -> None:
    from cctv.cli.preserved import print_footage

    console.print(f"Would register a request: {kind}\n", style="bold")
    print_footage(console, footage, box.zone)
    console.print("Dry run: nothing was changed.")


def _opened_text(console: Console, box: Box, opened: OpenedRequest) -> None:
    from cctv.cli.preserved import print_footage, print_next

    one = opened.request
    console.print(f"{one.id} registered: {one.type.value}, {one.requester.name}", style="bold")
    console.print(f"Answer by {_due_words(one, box)}.  {opened.hold.id} freezes its footage until it is closed.\n")
    print_footage(console, opened.footage, box.zone)
    _tell_none(console, opened.footage)
    line = _next(one, opened.footage)
    print_next(*([line] if line else []), f"cctv request show {one.id}")


def _list_text(console: Console, box: Box, found: Sequence[AccessRequest]) -> None:
    from cctv.cli.output import table
    from cctv.cli.preserved import when

    if not found:
        console.print("No open requests.  `cctv request list --all` shows closed ones too.")
        return
    rows = [
        (
            one.id,
            one.type.value,
            one.requester.name,
            ", ".join(one.cameras),
            when(one.span, box.zone),
            f"closed: {one.outcome.value}" if one.outcome else _due_words(one, box),
        )
        for one in found
    ]
    console.print(table(("id", "type", "name", "cameras", "footage", "answer by"), rows))


def _show_text(console: Console, box: Box, found: RequestFile) -> None:
    from cctv.cli.output import local_date
    from cctv.cli.preserved import day, print_footage, print_holds, print_next, print_subject

    one, zone = found.request, box.zone
    console.print(f"{one.id}: {one.type.value}, {one.requester.name}", style="bold")
    console.print(f"contact {one.requester.contact}; letters in {one.language.value}")
    console.print(f"received {day(one.received, zone)}, opened {local_date(one.opened, zone)} "
                  f"by {one.opened_by}")  # fmt: skip
    if one.closed and one.outcome:
        console.print(f"closed {local_date(one.closed, zone)} by {one.closed_by}: {one.outcome.value}")
    else:
        console.print(f"answer by {_due_words(one, box)}")
    print_subject(console, one.cameras, one.span, zone)
    console.print()
    print_holds(console, found.holds, zone, box.now)
    console.print()
    print_footage(console, found.footage, zone)
    if one.is_open:
        _tell_none(console, found.footage)
    line = _next(one, found.footage)
    print_next(*([line] if line and "show" not in line else []), f"cctv audit list --about {one.id}")


def _closed_text(console: Console, box: Box, done: Closure) -> None:
    from cctv.cli.preserved import print_departures

    one = done.request
    released = ", ".join(hold.id for hold in done.releases)
    said, done_to = ("Would close", "would be released") if box.dry_run else ("Closed", "released")
    console.print(f"{said} {one.id}" + (f"; {released} {done_to}.\n" if released else ".\n"), style="bold")
    print_departures(console, done.departures, box.zone)
    if box.dry_run:
        console.print("Dry run: nothing was changed.")


def _tell_none(console: Console, footage: Sequence[Found]) -> None:
    if all(found.is_empty for found in footage):
        console.print("There is no footage to answer with; the table says why.  The request must still be answered.",
                      style="bold")  # fmt: skip
