"""`cctv request scope`, `confirm` and `correct`: which footage a request freezes, and what was typed wrong of it."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from cctv.cases.corrections import RequestCorrection, correct_request
from cctv.cases.holds import Corrected
from cctv.cases.requests.needs import scope_of
from cctv.cases.requests.scope import Scoped, change_scope, confirm_scope, plan_confirmation, plan_scope
from cctv.cli.context import CommandContext
from cctv.cli.options import (
    corrected_cameras,
    corrected_span,
    mutation,
    one_of,
    reason_option,
    span_options,
    yes_option,
)
from cctv.cli.views.footage import (
    correction_exit,
    decide_correction,
    decide_span,
    footage_data,
    hold_data,
    moved_data,
    print_correction,
    print_dry,
    print_footage,
    print_next,
)
from cctv.cli.views.request import (
    due_text,
    forecast_data,
    missing_data,
    next_step,
    print_forecast,
    print_missing,
    provisional_text,
    request_data,
    scope_given,
)
from cctv.core.errors import Exit
from cctv.core.i18n import Language, _
from cctv.model.cases import AccessRequest, RequestType
from cctv.model.requests import Channel, Relation, RequesterRole


@click.command()
@click.argument("request_id", metavar="ID")
@span_options(required=False)
@reason_option()
@yes_option
@mutation
@click.pass_obj
def scope(context: CommandContext, /, request_id: str, reason: str, yes: bool, **options: Any) -> None:  # noqa: ANN401  click hands over one argument an option
    """Make a request about other cameras or another time, wider or narrower; its hold and block move along.

    A request that was registered without a camera or a time is frozen then.  What is not given stays as it is.  More
    than 24 hours of footage, over all cameras, is asked about, and frozen for 72 hours only, until somebody confirms
    it; for a restriction, an objection and an erasure it stays frozen until they are closed.

    \b
      cctv request scope REQ-2026-007 --cameras foyer-1 --from "za 20u" --to "za 23u" --reason "she came earlier"
    """
    camera_ids, span = scope_given(context, options)
    if not camera_ids and span is None:
        raise click.UsageError(_("give --cameras or --zones, or --from and --to"))
    planned = plan_scope(context.site, request_id, camera_ids, span)
    if context.dry_run:
        _emit(context, planned)
        return
    decide_span(context, planned.request.cameras, scope_of(planned.request), of_request=True, yes=yes)
    _emit(context, change_scope(context.site, request_id, camera_ids, span, reason=reason))


@click.command()
@click.argument("request_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def confirm(context: CommandContext, request_id: str, reason: str) -> None:
    """Confirm a request over more than 24 hours of footage: it stays frozen until the request is closed.

    `--dry-run` shows how much that is and what it does to the disk.

    \b
      cctv request confirm REQ-2026-007 --dry-run --reason "look"
      cctv request confirm REQ-2026-007 --reason "he does not know which day it was"
    """
    _emit(
        context,
        plan_confirmation(context.site, request_id)
        if context.dry_run
        else confirm_scope(context.site, request_id, reason=reason),
    )


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--role", type=one_of(RequesterRole), help="Whose name or address; else that of the data subject.")
@click.option("--name", metavar="NAME", help="The name as it should be; the old one is kept nowhere.")
@click.option("--contact", metavar="ADDRESS", help="The known address as it should be; forces a check of identity.")
@click.option(
    "--deliver-to",
    metavar="ADDRESS",
    help="Where else the answer is wanted; forces a check. The known address for nowhere.",
)
@click.option("--received", metavar="DATE", help="The day it arrived; the day of the answer follows.")
@click.option("--type", "type_", type=one_of(RequestType), help="Which right; a block stays until `request lift`.")
@click.option("--language", type=one_of(Language), help="Of the letters.")
@click.option("--relation", type=one_of(Relation), help="What they are to the site.")
@click.option("--channel", type=one_of(Channel), help="How it arrived.")
@click.option("--under-16/--not-under-16", default=None, help="Whether it is about a child.")
@span_options(required=False)
@reason_option()
@yes_option
@mutation
@click.pass_obj
def correct(context: CommandContext, /, request_id: str, reason: str, yes: bool, **options: Any) -> Exit:  # noqa: ANN401  an argument an option
    """Correct what was typed wrong: who, when, which right, which footage.  Give what it should say.

    The day of the answer, the hold and the block follow; footage is kept by the new hold before the old one goes.  The
    log says which fields were corrected and why, and no name or address.

    More than 24 hours of footage are asked about as when the case was opened.  Where the old hold needs a second
    person, this is the first signature (exit 3).

    \b
      cctv request correct REQ-2026-007 --name "An Peeters" --reason "a letter was missing"
      cctv request correct REQ-2026-007 --received 19/11 --reason "it lay at the counter since then"
      cctv request correct REQ-2026-007 --from "za 21u" --to "za 21u30" --reason "typed an hour too late"
    """
    received, language, channel = options["received"], options["language"], options["channel"]
    correction = RequestCorrection(
        role=RequesterRole(options["role"]) if options["role"] else None,
        name=options["name"],
        contact=options["contact"],
        deliver_to=options["deliver_to"],
        received=context.day(received) if received else None,
        type=RequestType(options["type_"]) if options["type_"] else None,
        cameras=corrected_cameras(context, options),
        span=corrected_span(context, options),
        language=Language(language) if language else None,
        relation=Relation(options["relation"]) if options["relation"] else None,
        channel=Channel(channel) if channel else None,
        under_16=options["under_16"],
    )
    if correction.cameras is not None or correction.span is not None:
        planned = correct_request(context.site, request_id, correction, reason=reason, dry_run=True)
        decide_correction(context, planned, of_request=True, yes=yes)
    corrected = correct_request(context.site, request_id, correction, reason=reason, dry_run=context.dry_run)
    data = {
        "dry_run": context.dry_run,
        "request": request_data(corrected.case, context),
        "fields": corrected.fields,
        **moved_data(corrected.moved),
        "missing": missing_data(context, corrected.case),
    }
    context.emit(data, lambda console: _corrected_text(console, context, corrected))
    return correction_exit(corrected)


def _corrected_text(console: Console, context: CommandContext, corrected: Corrected[AccessRequest]) -> None:
    request = corrected.case
    print_correction(console, context, request.id, corrected)
    if "due" in corrected.fields:
        console.print(_("Answer by {due}.", due=due_text(request, context)))
    if context.dry_run:
        return
    if (provisional := provisional_text(request, context)) is not None:
        console.print(provisional, style="bold")
    if corrected.letters:
        console.print(_("Letters that were made before say what was typed then: make those again that matter."))
    print_missing(console, context, request, f"cctv request show {request.id}")


def _emit(context: CommandContext, scoped: Scoped) -> None:
    data = {
        "dry_run": context.dry_run,
        "request": request_data(scoped.request, context),
        "hold": hold_data(scoped.hold) if scoped.hold else None,
        "released": scoped.released,
        "cost": forecast_data(scoped.forecast),
        "footage": footage_data(scoped.footage),
        "next": next_step(context, scoped.request),
    }
    context.emit(data, lambda console: _text(console, context, scoped))


def _text(console: Console, context: CommandContext, scoped: Scoped) -> None:
    request = scoped.request
    if scoped.hold is not None:
        if scoped.released:
            frozen = _(
                "{hold} freezes the footage of {id}; {holds} released.",
                hold=scoped.hold.id,
                id=request.id,
                holds=", ".join(scoped.released),
            )
        else:
            frozen = _("{hold} freezes the footage of {id}.", hold=scoped.hold.id, id=request.id)
    else:
        frozen = _("Would freeze the footage of {id}.", id=request.id)
    console.print(f"{frozen}\n", style="bold")
    print_footage(console, scoped.footage, context.zone)
    print_forecast(console, scoped.forecast)
    if context.dry_run:
        print_dry(console)
        return
    if (provisional := provisional_text(request, context)) is not None:
        console.print(provisional, style="bold")
    line = next_step(context, request)
    print_next(*([line] if line else []))
