"""`cctv retention`: what a named person decides so that deletion goes on: the policy, the clock, a large sweep."""

from __future__ import annotations

import click
from rich.console import Console

from cctv.cli.context import CommandContext
from cctv.cli.options import mutation, reason_option
from cctv.cli.output import length, local, size, table
from cctv.retention.guards.clock import ClockState, plan_accept_clock
from cctv.retention.guards.clock import accept_clock as trust_clock
from cctv.retention.guards.sweep_size import SweepSize, accept_sweep_size, plan_accept_sweep
from cctv.retention.policy_change import AdoptionUndecided, PolicyAdoption, plan_adoption
from cctv.retention.policy_change import adopt as adopt_policy


@click.command()
@reason_option()
@click.option("--yes", is_flag=True, help="Do it: needed when footage would go at once.")
@mutation
@click.pass_obj
def adopt(context: CommandContext, reason: str, yes: bool) -> None:
    """Apply a shortened policy to footage that is stored already.

    New footage has the shorter limit at once.  Stored footage keeps the limit that it was promised until a named person
    adopts the new one; what is then past it goes at the next sweep, unless a hold keeps it.  A longer policy never
    lengthens what is stored.

    \b
      cctv retention adopt --reason "policy of 1 December" --dry-run
      cctv retention adopt --reason "policy of 1 December" --for "A. Peeters" --yes
    """

    if context.dry_run:
        adoption = plan_adoption(context.site)
    else:
        if not yes and (planned := plan_adoption(context.site)).due:
            raise AdoptionUndecided(count=planned.due)
        adoption = adopt_policy(context.site, reason=reason)
    zones = [
        {
            "zone": zone.zone,
            "period_seconds": int(zone.period.total_seconds()),
            "segments": zone.segments,
            "size_bytes": zone.size_bytes,
            "go_at_once": zone.due,
            "go_at_once_bytes": zone.due_bytes,
        }
        for zone in adoption.zones
    ]
    context.emit(
        {"dry_run": context.dry_run, "zones": zones}, lambda console: _adopted_text(console, context, adoption)
    )


@click.command("accept-clock")
@reason_option()
@mutation
@click.pass_obj
def accept_clock(context: CommandContext, reason: str) -> None:
    """Say that the clock is right, where no witness does: deletion goes on from this instant.

    Compare it with a watch first.  What the clock makes past its limit goes at the next sweep.

    \b
      cctv retention accept-clock --reason "off over the holidays" --dry-run
      cctv retention accept-clock --reason "off over the holidays" --for "A. Peeters"
    """

    clock_state = plan_accept_clock(context.site) if context.dry_run else trust_clock(context.site, reason=reason)
    data = {
        "dry_run": context.dry_run,
        "clock": clock_state.now,
        "last_known": clock_state.known,
        "witnesses": clock_state.verdict.said,
    }
    context.emit(data, lambda console: _clock_text(console, context, clock_state))


@click.command("accept-sweep")
@reason_option()
@mutation
@click.pass_obj
def accept_sweep(context: CommandContext, reason: str) -> None:
    """Let one sweep take more than the time since the last one explains.

    \b
      cctv sweep --once --dry-run
      cctv retention accept-sweep --reason "camera moved to a shorter zone" --for "A. Peeters"
    """

    sweep_size = plan_accept_sweep(context.site) if context.dry_run else accept_sweep_size(context.site, reason=reason)
    data = {
        "dry_run": context.dry_run,
        "segments": sweep_size.segments,
        "footage_seconds": sweep_size.asked,
        "explained_seconds": sweep_size.allowed,
    }
    context.emit(data, lambda console: _sweep_text(console, context, sweep_size))


def _adopted_text(console: Console, context: CommandContext, adoption: PolicyAdoption) -> None:
    rows = [
        (
            zone.zone,
            length(zone.period),
            f"{zone.segments} ({size(zone.size_bytes)})",
            f"{zone.due} ({size(zone.due_bytes)})",
        )
        for zone in adoption.zones
    ]
    console.print(table(("zone", "limit of today", "stored with a longer one", "go at the next sweep"), rows))
    console.print("\nWhat a hold covers stays.")
    if context.dry_run:
        console.print("Dry run: nothing was changed.")
    else:
        console.print(f"{context.invocation.on_behalf_of} adopts this: the limits of stored footage are shortened.")


def _clock_text(console: Console, context: CommandContext, clock_state: ClockState) -> None:
    console.print(f"the clock says   {local(clock_state.now, context.zone)}")
    if clock_state.known is not None:
        console.print(f"last known       {local(clock_state.known, context.zone)}")
    for witness in clock_state.verdict.said:
        console.print(f"witness          {witness}")
    if context.dry_run:
        console.print("Dry run: nothing was accepted.")
    else:
        console.print(
            f"{context.invocation.on_behalf_of} says that the clock is right.  The next sweep deletes what is due."
        )


def _sweep_text(console: Console, context: CommandContext, sweep_size: SweepSize) -> None:
    console.print(
        f"{sweep_size.segments} segments ({length(sweep_size.asked)} of footage) would go; the {length(sweep_size.elapsed)} since the "
        f"last sweep explain {length(sweep_size.allowed)}"
    )
    if context.dry_run:
        console.print("Dry run: nothing was accepted.")
    else:
        console.print(f"{context.invocation.on_behalf_of} accepts this: the next sweep deletes it.")
