"""`cctv request open`: register what a person asks for, and freeze its footage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from cctv.cli.box import Box
from cctv.cli.options import F, mutation, one_of, span_options
from cctv.kernel.errors import CctvError, Exit
from cctv.model.casework import RequestType
from cctv.model.language import Language
from cctv.model.requests import Channel, Mandate, Party, Relation, Role, Stated
from cctv.tongue import said, told_error

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework import Forecast, Found, NewRequest, OpenedRequest

ACTING = (Role.GUARDIAN, Role.PROXY, Role.NOMINEE)


def _people(command: F) -> F:
    options: list[Callable[[F], F]] = [
        click.option("--name", required=True, metavar="NAME", help="Whose data it is; stays in the request only."),
        click.option("--contact", required=True, metavar="ADDRESS", help="Their address as it is known; stays there."),
        click.option("--deliver-to", metavar="ADDRESS", help="Where else the answer is wanted; forces a check."),
        click.option("--as", "role", type=one_of(ACTING), help="Who else is in it."),
        click.option("--by", metavar="NAME", help="The guardian, proxy or nominee."),
        click.option("--by-contact", metavar="ADDRESS", help="Their address."),
        click.option("--mandate", type=one_of(Mandate), help="On what they act."),
        click.option("--mandated", metavar="DATE", help="Its date.  Look at it; keep no copy."),
        click.option("--under-16", is_flag=True, help="A child: the answer waits for a guardian's mandate."),
        click.option("--relation", type=one_of(Relation), default="visitor",
                     show_default=True, help="What they are to the site."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _arrival(command: F) -> F:
    options: list[Callable[[F], F]] = [
        click.option("--received", metavar="DATE", help="The day it arrived, day first; today when it is not given."),
        click.option("--channel", type=one_of(Channel), help="How it arrived."),
        click.option("--signed/--unsigned", default=None, help="Never a ground to refuse."),
        click.option("--dated/--undated", default=None, help="The same."),
        click.option("--said-time", metavar="TEXT", help="When they say it was, in their words."),
        click.option("--said-place", metavar="TEXT", help="Where."),
        click.option("--appearance", metavar="TEXT", help="How they looked; stays in the request only."),
        click.option("--language", type=one_of(Language),
                     help="Of the letters; else the site's."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command("open")
@_people
@click.option(
    "--type",
    "type_",
    type=one_of(RequestType),
    default="access",
    show_default=True,
    help="Which right the person uses.",
)
@_arrival
@click.option("--prepare/--no-prepare", default=True, help="Prepare the sheet at once, where a copy is asked for.")
@span_options()
@mutation
@click.pass_obj
def open_(box: Box, /, **given: Any) -> int:  # noqa: ANN401  click hands over one argument an option
    """Register a request and freeze its footage until it is closed.

    The answer is due 30 days or one calendar month after receipt, whichever ends first.  More than 24 hours of footage,
    over all cameras, is frozen for 72 hours only, until somebody confirms it.  A restriction and an objection block
    viewing and export at once.  Where a copy is asked for and all of its footage is there, the sheet to decide from is
    prepared too; exit 3 when the request is registered and that failed.

    \b
      cctv request open --name "An Peeters" --contact an@example.be --cameras foyer-1 --from "za 22u" --to "za 22u30"
      cctv request open --name "Jan Smet" --contact "Kerkstraat 1, Gent" --received 21/11 --channel letter --signed \\
        --cameras gevel-1 --from "20/11 14:00" --to +20m
      cctv request open --name "Lou Smet" --contact lou@example.be --under-16 --as guardian --by "Jan Smet" \\
        --by-contact jan@example.be --mandate parental-authority --mandated 1/9/2018 --cameras foyer-1 \\
        --from "za 22u" --to +30m
    """
    from cctv.casework import NewRequest, check_request
    from cctv.cli.preserved import chosen_cameras
    from cctv.kernel.times import parse_date

    received = given["received"]
    new = NewRequest(
        type=RequestType(given["type_"]),
        parties=_parties(box, given),
        cameras=chosen_cameras(box, given["cameras"], given["zones"]),
        span=box.span(given["start"], given["end"]),
        received=parse_date(received, now=box.now, zone=box.zone) if received else None,
        language=Language(given["language"]) if given["language"] else None,
        relation=Relation(given["relation"]),
        channel=Channel(given["channel"]) if given["channel"] else None,
        signed=given["signed"],
        dated=given["dated"],
        under_16=given["under_16"],
        stated=Stated(given["said_time"], given["said_place"], given["appearance"]),
    )
    return _open(box, check_request(new, box.now, box.zone), prepare=given["prepare"])


def _parties(box: Box, given: dict[str, Any]) -> tuple[Party, ...]:
    subject = Party(Role.SUBJECT, given["name"], given["contact"], deliver_to=given["deliver_to"])
    more = party_given(box, given)
    return (subject, more) if more else (subject,)


def party_given(box: Box, given: dict[str, Any]) -> Party | None:
    """The guardian, proxy or nominee that the options name; raises a usage error when one of them is missing."""
    from cctv.kernel.times import parse_date

    used = [name for name in ("role", "by", "by_contact", "mandate", "mandated") if given[name]]
    if not used:
        return None
    if not (given["role"] and given["by"] and given["by_contact"]):
        raise click.UsageError(said("--as, --by and --by-contact go together"))
    if bool(given["mandate"]) != bool(given["mandated"]):
        raise click.UsageError(said("--mandate and --mandated go together"))
    return Party(
        role=Role(given["role"]),
        name=given["by"],
        contact=given["by_contact"],
        mandate=Mandate(given["mandate"]) if given["mandate"] else None,
        mandated=parse_date(given["mandated"], now=box.now, zone=box.zone) if given["mandated"] else None,
    )


def _open(box: Box, new: NewRequest, *, prepare: bool) -> int:
    from cctv.casework import find_footage, open_request, plan_freeze
    from cctv.cli.preserved import footage_data, hold_data
    from cctv.cli.request_words import block_data, forecast_data, missing_data, next_step, request_data

    cost = plan_freeze(box.site, new.cameras, new.span)
    if box.dry_run:
        footage = find_footage(box.site, new.cameras, new.span)
        planned = {"dry_run": True, "type": new.type, "footage": footage_data(footage)}
        box.emit({**planned, "cost": forecast_data(cost)}, lambda console: _dry_text(console, box, new, footage, cost))
        return int(Exit.OK)
    opened = open_request(box.site, new)
    problem = _prepare(box, opened) if prepare else None
    data = {
        "dry_run": False,
        "not_prepared": problem.message if problem else None,
        "request": request_data(opened.request, box),
        "hold": hold_data(opened.hold),
        "block": block_data(opened.block) if opened.block else None,
        "footage": footage_data(opened.footage),
        "cost": forecast_data(cost),
        "missing": missing_data(box, opened.request),
        "next": next_step(box, opened.request),
    }
    box.emit(data, lambda console: _opened_text(console, box, opened, cost, problem))
    return int(Exit.PARTLY if problem else Exit.OK)


def _prepare(box: Box, opened: OpenedRequest) -> CctvError | None:
    """Prepare the sheet where a copy is asked for and all of its footage is there; what kept it from being made."""
    from cctv.casework.missing import copy_wanted
    from cctv.cli.redacted import watched
    from cctv.redaction.case.prepare import prepare

    one, footage = opened.request, opened.footage
    complete = any(found.saved for found in footage) and not any(
        found.being_written or found.to_come for found in footage
    )
    if not copy_wanted(one) or one.provisional_until is not None or not complete:
        return None
    try:
        with watched() as progress:
            prepare(box.site, one.id, progress)
    except CctvError as error:
        return error
    return None


def _dry_text(console: Console, box: Box, new: NewRequest, footage: Sequence[Found], cost: Forecast) -> None:
    from cctv.cli.preserved import print_dry, print_footage
    from cctv.cli.request_words import print_forecast

    console.print(said("Would register a request: {type}", type=new.type) + "\n", style="bold")
    print_footage(console, footage, box.zone)
    print_forecast(console, cost)
    print_dry(console)


def _opened_text(console: Console, box: Box, opened: OpenedRequest, cost: Forecast, problem: CctvError | None) -> None:
    from cctv.cli.preserved import print_footage
    from cctv.cli.request_words import due_words, name_of, print_forecast, print_missing, provisional_words, tell_none

    one = opened.request
    registered = said("{id} registered: {type}, {name}", id=one.id, type=one.type, name=name_of(one))
    console.print(registered, style="bold")
    frozen = (
        said("{hold} freezes its footage 72 hours long.", hold=opened.hold.id)
        if one.provisional_until
        else said("{hold} freezes its footage until it is closed.", hold=opened.hold.id)
    )
    console.print(said("Answer by {due}.", due=due_words(one, box)) + f"  {frozen}\n")
    print_footage(console, opened.footage, box.zone)
    if opened.block:
        blocked = said("Nobody may look at it or export it until the request is decided or lifted.")
        console.print(blocked, style="bold")
    tell_none(console, opened.footage)
    if (provisional := provisional_words(one, box)) is not None:
        console.print(provisional, style="bold")
        print_forecast(console, cost)
    if problem is not None:
        why = told_error(problem)[0]
        console.print(said("Registered and frozen, but not prepared: {why}", why=why), style="bold")
    print_missing(console, box, one, f"cctv request show {one.id}")
