"""`cctv retention`: the plan of a sweep, and what a person decides: a shorter policy, the clock, a large sweep."""

from __future__ import annotations

import click
from rich.console import Console

from cctv.cli.commands.retention_certificate import certificate
from cctv.cli.commands.retention_explain import explain
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, reason_option
from cctv.cli.output import echo, length, local, size, table
from cctv.db.engine import read_transaction
from cctv.retention.guards.clock import ClockState, plan_accept_clock
from cctv.retention.guards.clock import accept_clock as trust_clock
from cctv.retention.guards.sweep_size import SweepSize, accept_sweep_size, plan_accept_sweep
from cctv.retention.plan import Plan, make_plan
from cctv.retention.policy_change import AdoptionUndecided, PolicyAdoption, plan_adoption
from cctv.retention.policy_change import adopt as adopt_policy

_PLAN_ROWS = 40


@click.group()
def retention() -> None:
    """Show what goes when, and why."""


@retention.command()
@json_option
@click.pass_obj
def plan(context: CommandContext) -> None:
    """Show the zones' limits, and what a sweep would do now.  `cctv sweep --once` does it."""
    show_plan(context)


@retention.command()
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


@retention.command("accept-clock")
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


@retention.command("accept-sweep")
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


def show_plan(context: CommandContext) -> None:
    """Print the plan of a sweep at this instant; `cctv sweep --dry-run` prints the same."""
    with read_transaction(context.site.engine) as connection:
        plan = make_plan(connection, context.now, held_over_too=True)
    zones = [
        {"zone": zone, "runs_at_seconds": int(bound.period.total_seconds()), "rule": bound.rule}
        for zone in context.settings.zones
        for bound in [context.settings.bound_for(zone)]
    ]
    decisions = [
        {
            "segment": decision.segment.id,
            "path": decision.segment.path,
            "action": decision.action,
            "reason": decision.reason,
            "limit": decision.limit,
            "holds": decision.holds,
        }
        for decision in plan.decisions
    ]
    context.emit({"zones": zones, "decisions": decisions}, lambda console: _plan_text(console, context, plan))


def _plan_text(console: Console, context: CommandContext, plan: Plan) -> None:
    for warning in context.checked.warnings:
        echo(f"warning: {warning.message}", err=True)
    zones = [
        (zone, length(settings.retention), length(bound.period), bound.rule.value)
        for zone, settings in context.settings.zones.items()
        for bound in [context.settings.bound_for(zone)]
    ]
    console.print(table(("zone", "declared", "runs at", "decided by"), zones))
    console.print()
    freed = sum(segment.size_bytes for segment in plan.expire)
    console.print(
        f"a sweep now deletes {len(plan.expire)} segments ({size(freed)}); holds keep {len(plan.held)} past it"
    )
    rows = [
        (
            str(decision.segment.id),
            decision.segment.camera,
            local(decision.segment.span.start, context.zone),
            decision.action.value,
            decision.reason.value,
            local(decision.limit, context.zone),
            ", ".join(decision.holds),
        )
        for decision in plan.decisions[:_PLAN_ROWS]
    ]
    if rows:
        columns = ("segment", "camera", "start", "action", "reason", "limit", "holds")
        console.print(table(columns, rows, right=("segment",)))
    if len(plan.decisions) > len(rows):
        console.print(f"and {len(plan.decisions) - len(rows)} more; --json lists them all")


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
        f"{sweep_size.segments} segments ({length(sweep_size.asked)} of footage) would go; "
        f"the {length(sweep_size.elapsed)} since the last sweep explain {length(sweep_size.allowed)}"
    )
    if context.dry_run:
        console.print("Dry run: nothing was accepted.")
    else:
        console.print(f"{context.invocation.on_behalf_of} accepts this: the next sweep deletes it.")


for _command in (explain, certificate):
    retention.add_command(_command)
