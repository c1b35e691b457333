"""`cctv retention`: what goes when, and why; `retention_decide` has what people decide about it."""

from __future__ import annotations

import click
from rich.console import Console

from cctv.cli.commands.retention_certificate import certificate
from cctv.cli.commands.retention_decide import accept_clock, accept_sweep, adopt
from cctv.cli.commands.retention_explain import explain
from cctv.cli.context import CommandContext
from cctv.cli.options import json_option
from cctv.cli.output import length, local, size, table
from cctv.db.engine import read_transaction
from cctv.retention.plan import Plan, make_plan


@click.group()
def retention() -> None:
    """Show what goes when, and why."""


@retention.command()
@json_option
@click.pass_obj
def plan(context: CommandContext) -> None:
    """Show the zones' limits, and what a sweep would do now.  `cctv sweep --once` does it."""
    show_plan(context)


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
        click.echo(f"warning: {warning.message}", err=True)
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
        for decision in plan.decisions[:40]
    ]
    if rows:
        columns = ("segment", "camera", "start", "action", "reason", "limit", "holds")
        console.print(table(columns, rows, right=("segment",)))
    if len(plan.decisions) > len(rows):
        console.print(f"and {len(plan.decisions) - len(rows)} more; --json lists them all")


for _decision in (explain, certificate, adopt, accept_clock, accept_sweep):
    retention.add_command(_decision)
