"""`cctv request open`: register a request and freeze its footage.

`cctv request identity`, `mandate` and `statement`: enter who asks, on which mandate, and their statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click
from rich.console import Console

from cctv.cases.errors.requests import ReceiptUndecided
from cctv.cases.footage_status import FootageStatus, find_footage
from cctv.cases.holds import is_wide
from cctv.cases.requests.next_steps import copy_wanted
from cctv.cases.requests.open import (
    NewCheck,
    NewRequest,
    OpenedRequest,
    add_party,
    check_identity,
    check_request,
    late_receipt,
    open_request,
)
from cctv.cases.requests.rights import add_statement
from cctv.cases.requests.scope import StorageForecast, plan_freeze
from cctv.cli.context import CommandContext
from cctv.cli.options import F, mutation, one_of, span_options, yes_option
from cctv.cli.views.footage import decide_span, footage_data, hold_data, print_dry, print_footage
from cctv.cli.views.redaction import watched
from cctv.cli.views.request import (
    block_data,
    check_data,
    due_text,
    emit_request,
    forecast_data,
    missing_data,
    name_of,
    next_step,
    print_forecast,
    print_missing,
    print_no_footage,
    print_result,
    provisional_text,
    request_data,
    scope_given,
)
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import Language, _, translate, translate_error
from cctv.core.typed_time.resolve import echo_date
from cctv.model.cases import AccessRequest, RequestType
from cctv.model.requests import Channel, IdentityMethod, Mandate, Party, Relation, RequesterRole, Stated
from cctv.redaction.review.prepare import prepare

ACTING = (RequesterRole.GUARDIAN, RequesterRole.PROXY, RequesterRole.NOMINEE)


def _people(command: F) -> F:
    options: list[Callable[[F], F]] = [
        click.option("--name", required=True, metavar="NAME", help="Whose data it is; stays in the request only."),
        click.option("--contact", required=True, metavar="ADDRESS", help="Their address as it is known; stays there."),
        click.option("--deliver-to", metavar="ADDRESS", help="Where else the answer is wanted; forces a check."),
        click.option("--as", "role", type=one_of(ACTING), help="Who else is in it."),
        click.option("--by", metavar="NAME", help="The guardian, proxy or nominee."),
        click.option("--by-contact", metavar="ADDRESS", help="Their address."),
        click.option("--by-country", metavar="CODE", help="Of a nominee: the country where they are, such as BE."),
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
@span_options(required=False)
@yes_option
@mutation
@click.pass_obj
def open_(context: CommandContext, /, **options: Any) -> int:  # noqa: ANN401  click hands over one argument an option
    """Register a request and freeze its footage until it is closed.

    The answer is due 30 days or one calendar month after receipt, whichever ends first.  More than 24 hours of footage,
    over all cameras, is asked about, and frozen for 72 hours only, until somebody confirms it; for a restriction, an
    objection and an erasure it stays frozen until they are closed.  A request that says neither where nor when is
    registered without --cameras or --from: its deadline runs, and nothing is frozen until `cctv request scope`.  A
    restriction and an objection block viewing and export at once.  Where a copy is asked for and all of its footage is
    there, the sheet to decide from is prepared too; exit 3 when the request is registered and that failed.

    \b
      cctv request open --name "An Peeters" --contact an@example.be --cameras foyer-1 --from "za 22u" --to "za 22u30"
      cctv request open --name "Jan Smet" --contact "Kerkstraat 1, Gent" --received 21/11 --channel letter --signed \\
        --cameras gevel-1 --from "20/11 14:00" --to +20m
      cctv request open --name "Lou Smet" --contact lou@example.be --under-16 --as guardian --by "Jan Smet" \\
        --by-contact jan@example.be --mandate parental-authority --mandated 1/9/2018 --cameras foyer-1 \\
        --from "za 22u" --to +30m
    """
    received = options["received"]
    cameras, span = scope_given(context, options)
    new = NewRequest(
        type=RequestType(options["type_"]),
        parties=_parties(context, options),
        cameras=cameras,
        span=span,
        received=context.day(received) if received else None,
        language=Language(options["language"]) if options["language"] else None,
        relation=Relation(options["relation"]),
        channel=Channel(options["channel"]) if options["channel"] else None,
        signed=options["signed"],
        dated=options["dated"],
        under_16=options["under_16"],
        stated=Stated(options["said_time"], options["said_place"], options["appearance"]),
    )
    new = check_request(new, context.now, context.settings)
    _decide(context, new, yes=options["yes"])
    return _open(context, new, prepare=options["prepare"])


def _decide(context: CommandContext, new: NewRequest, *, yes: bool) -> None:
    """Ask about a receipt long ago and about more than 24 hours of footage."""
    days = late_receipt(new.received, context.now.astimezone(context.zone).date())
    if days is not None and new.received is not None:
        received = translate(echo_date(new.received))
        question = _("Received on {when}, {days} days ago?", when=received, days=days)
        context.decide(question, ReceiptUndecided(when=received, days=days), yes=yes)
    if new.span is not None and new.cameras:
        decide_span(context, new.cameras, new.span, of_request=True, yes=yes)


def party_given(context: CommandContext, options: dict[str, Any]) -> Party | None:
    """The guardian, proxy or nominee that the options name; raises a usage error when one of them is missing."""
    used = [name for name in ("role", "by", "by_contact", "by_country", "mandate", "mandated") if options[name]]
    if not used:
        return None
    if not (options["role"] and options["by"] and options["by_contact"]):
        raise click.UsageError(_("--as, --by and --by-contact go together"))
    if bool(options["mandate"]) != bool(options["mandated"]):
        raise click.UsageError(_("--mandate and --mandated go together"))
    if options["by_country"] and RequesterRole(options["role"]) is not RequesterRole.NOMINEE:
        raise click.UsageError(_("--by-country goes with --as nominee"))
    return Party(
        role=RequesterRole(options["role"]),
        name=options["by"],
        contact=options["by_contact"],
        country=options["by_country"],
        mandate=Mandate(options["mandate"]) if options["mandate"] else None,
        mandated=context.day(options["mandated"]) if options["mandated"] else None,
    )


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--method", required=True, type=one_of(IdentityMethod), help="How it was checked.")
@click.option("--checker", required=True, metavar="NAME", help="Who looked: a person of the site.")
@click.option("--role", type=one_of(RequesterRole), help="Whose identity; else whoever asks.")
@click.option("--checked", metavar="DATE", help="The day; today when it is not given.")
@mutation
@click.pass_obj
def identity(
    context: CommandContext, request_id: str, method: str, checker: str, role: str | None, checked: str | None
) -> None:
    """Enter that somebody's identity was checked: how, when and by whom.

    Keep no copy of a document and no number of one; a national register number is refused in every field.

    \b
      cctv request identity REQ-2026-007 --method document-seen --checker "A. Peeters"
    """
    new = NewCheck(
        method=IdentityMethod(method),
        checker=checker,
        role=RequesterRole(role) if role else None,
        checked=context.day(checked) if checked else None,
    )
    checked_identity = check_identity(context.site, request_id, new, dry_run=context.dry_run)
    data = {
        "dry_run": context.dry_run,
        "request": request_data(checked_identity.request, context),
        "identity": check_data(checked_identity.check),
    }
    check = checked_identity.check
    entered = _(
        "Identity of the {role} checked for {id}: {method}, {checked}.",
        role=check.role,
        id=checked_identity.request.id,
        method=check.method,
        checked=check.checked,
    )
    context.emit(data, lambda console: print_result(console, context, checked_identity.request, entered))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--as", "role", required=True, type=one_of(ACTING), help="What they are.")
@click.option("--by", required=True, metavar="NAME", help="Their name; stays in the request only.")
@click.option("--by-contact", required=True, metavar="ADDRESS", help="Their address.")
@click.option("--by-country", metavar="CODE", help="Of a nominee: the country where they are, such as BE.")
@click.option("--mandate", "mandate_", type=one_of(Mandate), help="On what they act.")
@click.option("--mandated", metavar="DATE", help="Its date.  Look at it; keep no copy.")
@mutation
@click.pass_obj
def mandate(context: CommandContext, /, request_id: str, **options: Any) -> None:  # noqa: ANN401  click hands over one argument an option
    """Name a guardian, proxy or nominee with the mandate, in place of an earlier one.

    \b
      cctv request mandate REQ-2026-007 --as guardian --by "Jan Smet" --by-contact jan@example.be \\
        --mandate parental-authority --mandated 1/9/2018
    """
    party = party_given(context, {**options, "mandate": options["mandate_"]})
    assert party is not None
    request = add_party(context.site, request_id, party, dry_run=context.dry_run)
    emit_request(context, request, _("The {role} of {id} is entered.", role=party.role, id=request.id))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--text", required=True, metavar="TEXT", help="The person's own words; stays in the request only.")
@mutation
@click.pass_obj
def statement(context: CommandContext, request_id: str, text: str) -> None:
    """Put the person's supplementary statement beside the footage (Article 16 GDPR).  Pixels never change.

    \b
      cctv request statement REQ-2026-007 --text "I was holding the door for a colleague."
    """
    request: AccessRequest = add_statement(context.site, request_id, text, dry_run=context.dry_run)
    emit_request(context, request, _("The statement stands beside the footage of {id}.", id=request.id))


def _parties(context: CommandContext, options: dict[str, Any]) -> tuple[Party, ...]:
    subject = Party(RequesterRole.SUBJECT, options["name"], options["contact"], deliver_to=options["deliver_to"])
    more = party_given(context, options)
    return (subject, more) if more else (subject,)


def _open(context: CommandContext, new: NewRequest, *, prepare: bool) -> int:
    known = new.span if new.cameras else None
    cost = plan_freeze(context.site, new.cameras, known) if known is not None else None
    if context.dry_run:
        footage = find_footage(context.site, new.cameras, known) if known is not None else ()
        planned = {"dry_run": True, "type": new.type, "footage": footage_data(footage)}
        context.emit(
            {**planned, "cost": forecast_data(cost) if cost else None},
            lambda console: _dry_text(console, context, new, footage, cost),
        )
        return int(Exit.OK)
    opened = open_request(context.site, new)
    problem = _prepare(context, opened) if prepare else None
    data = {
        "dry_run": False,
        "not_prepared": problem.message if problem else None,
        "request": request_data(opened.request, context),
        "hold": hold_data(opened.hold) if opened.hold else None,
        "block": block_data(opened.block) if opened.block else None,
        "footage": footage_data(opened.footage),
        "cost": forecast_data(cost) if cost else None,
        "missing": missing_data(context, opened.request),
        "next": next_step(context, opened.request),
    }
    context.emit(data, lambda console: _opened_text(console, context, opened, cost, problem))
    return int(Exit.PARTLY if problem else Exit.OK)


def _prepare(context: CommandContext, opened: OpenedRequest) -> CctvError | None:
    """Prepare the sheet where a copy is asked for and all of its footage is there; what kept it from being made."""
    request, footage = opened.request, opened.footage
    complete = any(status.saved for status in footage) and not any(
        status.being_written or status.to_come for status in footage
    )
    if not copy_wanted(request) or request.lapses is not None or not complete:
        return None
    try:
        with watched() as progress:
            prepare(context.site, request.id, progress)
    except CctvError as error:
        return error
    return None


def _dry_text(
    console: Console,
    context: CommandContext,
    new: NewRequest,
    footage: Sequence[FootageStatus],
    cost: StorageForecast | None,
) -> None:
    console.print(_("Would register a request: {type}", type=new.type) + "\n", style="bold")
    if cost is not None:
        print_footage(console, footage, context.zone)
        print_forecast(console, cost)
    print_dry(console)


def _opened_text(
    console: Console,
    context: CommandContext,
    opened: OpenedRequest,
    cost: StorageForecast | None,
    problem: CctvError | None,
) -> None:
    request = opened.request
    registered = _("{id} registered: {type}, {name}", id=request.id, type=request.type, name=name_of(request))
    console.print(registered, style="bold")
    if opened.hold is None:
        frozen = _("Nothing is frozen: it is not known where and when.")
    elif request.lapses:
        frozen = _("{hold} freezes its footage 72 hours long.", hold=opened.hold.id)
    else:
        frozen = _("{hold} freezes its footage until it is closed.", hold=opened.hold.id)
    console.print(_("Answer by {due}.", due=due_text(request, context)) + f"  {frozen}\n")
    if cost is None:
        print_missing(console, context, request, f"cctv request show {request.id}")
        return
    print_footage(console, opened.footage, context.zone)
    if opened.block:
        blocked = _("Nobody may look at it or export it until the request is decided or lifted.")
        console.print(blocked, style="bold")
    print_no_footage(console, opened.footage)
    if (provisional := provisional_text(request, context)) is not None:
        console.print(provisional, style="bold")
    if request.span is not None and is_wide(request.cameras, request.span):
        print_forecast(console, cost)
    if problem is not None:
        why = translate_error(problem)[0]
        console.print(_("Registered and frozen, but not prepared: {why}", why=why), style="bold")
    print_missing(console, context, request, f"cctv request show {request.id}")
