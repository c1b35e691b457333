"""`cctv request scope` and `cctv request confirm`: which footage a request freezes."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from cctv.cases.requests.needs import scope_of
from cctv.cases.requests.scope import Scoped, change_scope, confirm_scope, plan_confirmation, plan_scope
from cctv.cli.context import CommandContext
from cctv.cli.options import mutation, reason_option, span_options, yes_option
from cctv.cli.views.footage import decide_span, footage_data, hold_data, print_dry, print_footage, print_next
from cctv.cli.views.request import forecast_data, next_step, print_forecast, provisional_text, request_data, scope_given
from cctv.core.i18n import _


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
    decide_span(context, planned.request.id, planned.request.cameras, scope_of(planned.request), yes=yes)
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
