"""`cctv retention`: what goes when, and why; `retention_decide` has what people decide about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option, span_options
from cctv.cli.retention_decide import accept_clock, accept_sweep, adopt

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.retention import Explanation, Plan


@click.group()
def retention() -> None:
    """Show what goes when, and why."""


@retention.command()
@json_option
@click.pass_obj
def plan(box: Box) -> None:
    """Show the zones' limits, and what a sweep would do now.  `cctv sweep --once` does it."""
    show_plan(box)


def show_plan(box: Box) -> None:
    """Print the plan of a sweep at this instant; `cctv sweep --dry-run` prints the same."""
    from cctv.db.engine import reading
    from cctv.retention import make_plan

    with reading(box.site.engine) as connection:
        made = make_plan(connection, box.now, held_over_too=True)
    zones = [
        {"zone": zone, "runs_at_seconds": int(bound.period.total_seconds()), "rule": bound.rule.value}
        for zone in box.settings.zones
        for bound in [box.settings.bound_for(zone)]
    ]
    decisions = [
        {
            "segment": one.segment.id,
            "path": one.segment.path,
            "action": one.action.value,
            "reason": one.reason.value,
            "limit": one.limit,
            "holds": list(one.holds),
        }
        for one in made.decisions
    ]
    box.emit({"zones": zones, "decisions": decisions}, lambda console: _plan_text(console, box, made))


def _plan_text(console: Console, box: Box, made: Plan) -> None:
    from cctv.cli.output import length, local, size, table

    for warning in box.checked.warnings:
        click.echo(f"warning: {warning.message}", err=True)
    zones = [
        (zone, length(settings.retention), length(bound.period), bound.rule.value)
        for zone, settings in box.settings.zones.items()
        for bound in [box.settings.bound_for(zone)]
    ]
    console.print(table(("zone", "declared", "runs at", "decided by"), zones))
    console.print()
    freed = sum(segment.size_bytes for segment in made.expire)
    console.print(
        f"a sweep now deletes {len(made.expire)} segments ({size(freed)}); holds keep {len(made.held)} past it"
    )
    rows = [
        (str(one.segment.id), one.segment.camera, local(one.segment.span.start, box.zone), one.action.value,
         one.reason.value, local(one.limit, box.zone), ", ".join(one.holds))
        for one in made.decisions[:40]
    ]  # fmt: skip
    if rows:
        columns = ("segment", "camera", "start", "action", "reason", "limit", "holds")
        console.print(table(columns, rows, right=("segment",)))
    if len(made.decisions) > len(rows):
        console.print(f"and {len(made.decisions) - len(rows)} more; --json lists them all")


@retention.command()
@click.argument("segment", required=False, type=int)
@span_options(required=False)
@json_option
@click.pass_obj
def explain(
    box: Box, segment: int | None, cameras: str | None, zones: str | None, start: str | None, end: str | None
) -> None:
    """Explain why footage is still there, or went: its limit, its rule, its holds.

    \b
      cctv retention explain 1042
      cctv retention explain --cameras gevel-1 --from "gisteren 14:00" --to "+10m"
    """
    from datetime import timedelta

    from cctv.archive import find_segment
    from cctv.db.engine import reading
    from cctv.kernel.span import Span
    from cctv.kernel.times import parse_instant
    from cctv.retention import explain as explain_span

    if segment is not None and (start or end or cameras or zones):
        raise click.UsageError("a segment's number stands alone, without --cameras, --from and --to")
    if segment is None and start is None:
        raise click.UsageError("give a segment's number, or --cameras and --from (and --to)")
    with reading(box.site.engine) as connection:
        if segment is not None:
            found = find_segment(connection, segment)
            explained = [explain_span(connection, found.camera, found.span, box.now)]
        else:
            assert start is not None
            if end is not None:
                span = box.span(start, end)
            else:
                instant = parse_instant(start, now=box.now, zone=box.zone)
                span = Span(instant, instant + timedelta(seconds=1))
            explained = [explain_span(connection, one, span, box.now) for one in box.cameras(cameras, zones)]
    box.emit(
        {"cameras": [_explained(one) for one in explained]}, lambda console: _explain_text(console, box, explained)
    )


def _explained(one: Explanation) -> dict[str, object]:
    return {
        "camera": one.camera,
        "start": one.span.start,
        "end": one.span.end,
        "stored": [
            {
                "segment": decision.segment.id,
                "path": decision.segment.path,
                "zone": decision.segment.zone,
                "policy": decision.segment.policy,
                "limit": decision.limit,
                "action": decision.action.value,
                "reason": decision.reason.value,
                "holds": list(decision.holds),
            }
            for decision in one.decisions
        ],
        "gone": [
            {"path": stone.path, "limit": stone.limit, "reason": stone.reason.value, "deleted": stone.closed}
            for stone in one.gone
        ],
        "never_recorded": [
            {"start": hole.span.start, "end": hole.span.end, "cause": hole.cause.value if hole.cause else None}
            for hole in one.missing
        ],
    }


def _explain_text(console: Console, box: Box, explained: list[Explanation]) -> None:
    from cctv.cli.output import local, local_date
    from cctv.model.footage import Reason

    zone = box.zone
    for one in explained:
        for decision in one.decisions:
            stored = decision.segment
            why = f"kept by {', '.join(decision.holds)}" if decision.holds else decision.reason.value
            console.print(
                f"segment {stored.id}  {stored.camera}  {local(stored.span.start, zone)}: {why}; limit "
                f"{local_date(decision.limit, zone)} (zone {stored.zone}, policy {stored.policy[:12]})"
            )
        for stone in one.gone:
            when = local(stone.closed, zone) if stone.closed else "deletion begun, not finished"
            if stone.reason in (Reason.LOST, Reason.FORGOTTEN):
                console.print(
                    f"not there  {one.camera}  {local(stone.span.start, zone)}: {stone.reason.value}; limit was "
                    f"{local_date(stone.limit, zone)}, noticed {when}"
                )
                continue
            console.print(
                f"deleted  {one.camera}  {local(stone.span.start, zone)}: {stone.reason.value}; limit was "
                f"{local_date(stone.limit, zone)}, unlinked {when}"
            )
        for hole in one.missing:
            cause = hole.cause.value if hole.cause else "nothing was recorded around it"
            console.print(f"never recorded  {one.camera}  {local(hole.span.start, zone)} - "
                          f"{local(hole.span.end, zone)}: {cause}")  # fmt: skip
        if not (one.decisions or one.gone or one.missing):
            console.print(f"{one.camera}: still to come")


for _decision in (adopt, accept_clock, accept_sweep):
    retention.add_command(_decision)
