"""`cctv hold`: keep footage beyond its limit on the ground of a case; renew, release and confirm holds."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console

from cctv.access.acceptance import confirm_holds
from cctv.cases.holds import (
    NewHold,
    PlacedHold,
    ReleasedHold,
    hold_file,
    list_holds,
    place_hold,
    plan_hold,
    plan_release,
    plan_renewal,
    release_hold,
    renew_hold,
)
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, reason_option, span_options, yes_option
from cctv.cli.output import local_date
from cctv.cli.views.footage import (
    chosen_cameras,
    decide_span,
    footage_data,
    goes_now,
    hold_data,
    print_done,
    print_dry,
    print_footage,
    print_holds,
    print_next,
    print_release_effects,
    release_effects_data,
)
from cctv.core.i18n import _
from cctv.holds.confirmation import check_confirmation
from cctv.model.holds import Hold
from cctv.model.ids import IdKind, id_kind


@click.group()
def hold() -> None:
    """Keep footage beyond its limit, for one incident, request or disclosure.

    \b
      cctv hold place --ground INC-2026-014 --cameras foyer-1 --from "za 22u" --to "zo 2u" --reason "second door"
      cctv hold list
    """


@hold.command()
@click.option("--ground", required=True, metavar="ID", help="The open case that justifies it: INC- or REQ-.")
@span_options()
@click.option(
    "--review", default="30d", show_default=True, metavar="WHEN", help="When someone decides again; at most 90d away."
)
@reason_option()
@yes_option
@mutation
@click.pass_obj
def place(
    context: CommandContext,
    ground: str,
    cameras: str | None,
    zones: str | None,
    start: str,
    end: str,
    review: str,
    reason: str,
    yes: bool,
) -> None:
    """Keep footage beyond its limit: stored, being written, or still to come.

    More than 24 hours are asked about on a terminal, for a request over all of its cameras; elsewhere they need --yes.
    A hold ends 90 days ahead at the most.

    The answer says what is preserved, what was already gone, and what was never recorded and why.

    \b
      cctv hold place --ground INC-2026-014 --cameras foyer-1 --from "za 22u" --to "zo 2u" --reason "second door"
      cctv hold place --ground INC-2026-014 --zones facade --from nu --to +4h --review 14d --reason "he is coming back"
    """
    camera_ids = chosen_cameras(context, cameras, zones)
    until = context.review(review)
    new = NewHold(ground, camera_ids, context.held_span(start, end), until, reason)
    planned = plan_hold(context.site, new)
    of_request = id_kind(planned.ground.case_id) is IdKind.REQUEST
    decide_span(context, camera_ids, new.span, of_request=of_request, yes=yes)
    placed = planned if context.dry_run else place_hold(context.site, new)
    data = {
        "dry_run": context.dry_run,
        "hold": hold_data(placed.hold) if placed.hold else None,
        "footage": footage_data(placed.footage),
    }
    context.emit(data, lambda console: _placed_text(console, context, placed))


@hold.command("list")
@click.option("--all", "released_too", is_flag=True, help="Released ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, released_too: bool) -> None:
    """List the holds in force, the oldest first."""
    holds = list_holds(context.site, released_too=released_too)
    context.emit({"holds": [hold_data(hold) for hold in holds]}, lambda console: _list_text(console, context, holds))


@hold.command()
@click.argument("hold_id", metavar="ID")
@json_option
@click.pass_obj
def show(context: CommandContext, hold_id: str) -> None:
    """Show one hold and the footage under it as it stands now.

    \b
      cctv hold show HOLD-2026-003
    """
    file = hold_file(context.site, hold_id)
    assert file.hold is not None
    data = {"hold": hold_data(file.hold), "footage": footage_data(file.footage)}
    context.emit(data, lambda console: _show_text(console, context, file))


@hold.command()
@click.argument("hold_id", metavar="ID")
@click.option(
    "--review", default="30d", show_default=True, metavar="WHEN", help="When someone decides again; at most 90d away."
)
@reason_option()
@mutation
@click.pass_obj
def renew(context: CommandContext, hold_id: str, review: str, reason: str) -> None:
    """Decide that a hold stays: give it a new review date.

    A hold past its review date goes on holding and alarms until it is renewed or released.  The hold of a request is
    reviewed when the answer is due, whatever --review says, as long as that is to come.

    \b
      cctv hold renew HOLD-2026-003 --review 60d --reason "the insurer has not answered"
    """
    until = context.review(review)
    renewed = (
        plan_renewal(context.site, hold_id, until)
        if context.dry_run
        else renew_hold(context.site, hold_id, until, reason=reason)
    )
    stays = _(
        "{id} stays for {case}.  Look at it again by {review}.",
        id=renewed.id,
        case=renewed.ground.case_id,
        review=local_date(renewed.review, context.zone),
    )
    context.emit(
        {"dry_run": context.dry_run, "hold": hold_data(renewed)}, lambda console: print_done(console, context, stays)
    )


@hold.command()
@click.argument("hold_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def release(context: CommandContext, hold_id: str, reason: str) -> None:
    """Release a hold: what no other hold covers then goes as if it had never been.

    The case stays open.  To end a case with all its holds, settle the incident or close the request.  Where the policy
    asks for two people, the first signs with this command (exit 3), and the second releases from another account.

    \b
      cctv hold release HOLD-2026-003 --reason "nothing to be seen" --dry-run
      cctv hold release HOLD-2026-003 --reason "nothing to be seen"
    """
    released = (
        plan_release(context.site, hold_id) if context.dry_run else release_hold(context.site, hold_id, reason=reason)
    )
    data = {
        "dry_run": context.dry_run,
        "hold": hold_data(released.hold),
        "footage": release_effects_data(released.departures),
    }
    context.emit(data, lambda console: _released_text(console, context, released))


@hold.command()
@reason_option()
@mutation
@click.pass_obj
def confirm(context: CommandContext, reason: str) -> None:
    """Confirm the holds after a restore, or after the index was made again: until then nothing is deleted.

    Compare them with what you know first.  A hold that was released since the back-up is in force again: release it.
    --for names the person who confirms.

    \b
      cctv hold confirm --dry-run --reason "look"
      cctv hold confirm --for "A. Peeters" --reason "compared with the register on paper"
    """
    if context.dry_run:
        check_confirmation(context.site)
    holds = (
        list_holds(context.site, released_too=False) if context.dry_run else confirm_holds(context.site, reason=reason)
    )
    data = {"dry_run": context.dry_run, "holds": [hold_data(hold) for hold in holds]}
    context.emit(data, lambda console: _confirmed_text(console, context, holds))


def _placed_text(console: Console, context: CommandContext, placed: PlacedHold) -> None:
    hold = placed.hold
    if hold is None:
        console.print(_("Would place a hold for {case}.", case=placed.ground.case_id) + "\n", style="bold")
    else:
        console.print(_("{id} placed for {case}", id=hold.id, case=hold.ground.case_id), style="bold")
        message = _(
            "It keeps this footage until it is released.  Look at it again by {review}.",
            review=local_date(hold.review, context.zone),
        )
        console.print(f"{message}\n")
    print_footage(console, placed.footage, context.zone)
    if all(status.is_empty for status in placed.footage):
        none = _("There is no footage under this hold.") if hold else _("There is no footage to keep.")
        console.print(none, style="bold")
    if hold is None:
        print_dry(console)
    else:
        print_next(f"cctv hold show {hold.id}", f'cctv hold release {hold.id} --reason "..."')


def _list_text(console: Console, context: CommandContext, holds: Sequence[Hold]) -> None:
    if holds:
        print_holds(console, holds, context.zone, context.now)
    else:
        console.print(_("No holds in force.  `cctv hold list --all` shows released ones too."))


def _confirmed_text(console: Console, context: CommandContext, holds: Sequence[Hold]) -> None:
    if holds:
        print_holds(console, holds, context.zone, context.now)
    else:
        console.print(_("No holds in force: everything goes at its limit."))
    if context.dry_run:
        console.print(_("Dry run: nothing was confirmed."))
    else:
        confirmed = _(
            "{who} confirms this.  The next sweep deletes what is due and not held.",
            who=context.invocation.on_behalf_of,
        )
        console.print(confirmed)


def _show_text(console: Console, context: CommandContext, file: PlacedHold) -> None:
    hold = file.hold
    assert hold is not None
    console.print(_("{id} for {case}", id=hold.id, case=hold.ground.case_id), style="bold")
    placed = _("placed {when} by {who}", when=local_date(hold.placed, context.zone), who=hold.placed_by)
    console.print(f"{placed}\n")
    print_holds(console, [hold], context.zone, context.now)
    console.print()
    print_footage(console, file.footage, context.zone)
    print_next(f"cctv audit list --about {hold.id}")


def _released_text(console: Console, context: CommandContext, release: ReleasedHold) -> None:
    hold = release.hold
    released = (
        _("Would release {id} for {case}.", id=hold.id, case=hold.ground.case_id)
        if context.dry_run
        else _("{id} released; {case} stays as it is.", id=hold.id, case=hold.ground.case_id)
    )
    console.print(f"{released}\n", style="bold")
    print_release_effects(console, release.departures, context.zone)
    if context.dry_run:
        print_dry(console)
    elif goes_now(release.departures):
        console.print(_("If that was a mistake, place a new hold at once, before the next sweep."))
