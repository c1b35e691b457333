"""`cctv footage rebuild` and `cctv footage delete`: a lost index, and footage that should not be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cctv.cli.box import STORAGE_UMASK, Box
from cctv.cli.options import mutation, reason_option, span_options
from cctv.kernel.errors import Exit

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.archive.rebuilding import RebuildPlan, Rebuilt
    from cctv.retention.removal import RemovalPlan


@click.command()
@reason_option()
@mutation
@click.pass_obj
def rebuild(box: Box, reason: str) -> int:
    """Make a lost or damaged index again from the disk alone: segments, limits and holds.

    Stop cctv-record and cctv-sweep first.  The old cctv.db is moved aside, never overwritten.  Incidents, requests,
    packages and the log are not on the disk: if there is a back-up, restore that instead.  Nothing is deleted until a
    named person has confirmed the holds.

    \b
      cctv footage rebuild --reason "cctv.db is damaged" --dry-run
      cctv footage rebuild --reason "cctv.db is damaged"
    """
    from cctv import archive

    os.umask(STORAGE_UMASK)
    if box.dry_run:
        plan = archive.plan_rebuild(box.settings, disk=box.make_disk(), clock=box.clock, actor=box.actor)
        data = {"dry_run": True, **_plan_data(plan)}
        box.emit(data, lambda console: console.print(f"{_plan_text(plan)}\nDry run: nothing was changed."))
        return int(Exit.OK)
    made = archive.rebuild(box.settings, disk=box.make_disk(), clock=box.clock, actor=box.actor, reason=reason)
    box.emit(_rebuilt_data(made), lambda console: _rebuilt_text(console, made))
    return int(Exit.PARTLY if made.reconciled.left else Exit.OK)


@click.command()
@span_options()
@reason_option()
@mutation
@click.pass_obj
def delete(box: Box, cameras: str | None, zones: str | None, start: str, end: str, reason: str) -> int:
    """Delete footage that should never have been made, before its limit.

    Whole segments that touch the span go.  What a hold covers stays, whatever the reason: exit 3 then.  The order, its
    reason and every segment are in the log.

    \b
      cctv footage delete --cameras foyer-1 --from "ma 9u" --to "ma 11u" --reason "aimed at the street" --dry-run
    """
    from cctv.cli.preserved import chosen_cameras
    from cctv.db.engine import reading
    from cctv.retention.removal import plan_removal, remove

    chosen, span = chosen_cameras(box, cameras, zones), box.span(start, end)
    with reading(box.site.engine) as connection:
        plan = plan_removal(connection, chosen, span)
    if not plan.decisions:
        _no_footage(box, plan)
    gone = 0
    if not box.dry_run:
        removed = remove(box.site, chosen, span, reason=reason)
        plan, gone = removed.plan, len(removed.gone)
    data = {
        "dry_run": box.dry_run,
        "segments": [{"segment": one.id, "camera": one.camera, "path": one.path} for one in plan.going],
        "deleted": gone,
        "held": [{"segment": one.segment.id, "holds": one.holds} for one in plan.held],
    }
    box.emit(data, lambda console: _delete_text(console, box, plan, gone))
    return int(Exit.PARTLY if plan.held else Exit.OK)


def _no_footage(box: Box, plan: RemovalPlan) -> None:
    from cctv.archive import NoFootage, absence, inventory
    from cctv.db.engine import reading

    with reading(box.site.engine) as connection:
        found = [inventory(connection, camera, plan.span, box.now) for camera in plan.cameras]
    raise NoFootage(cameras=", ".join(plan.cameras), cause=absence(found))


def _delete_text(console: Console, box: Box, plan: RemovalPlan, gone: int) -> None:
    from cctv.cli.output import size

    freed = size(sum(one.size_bytes for one in plan.going))
    said = f"Would delete {len(plan.going)} segments" if box.dry_run else f"{gone} segments deleted"
    console.print(f"{said} ({freed}).", style="bold")
    for camera in plan.cameras:
        own = [one for one in plan.going if one.camera == camera]
        if own:
            console.print(f"  {camera}: {len(own)}")
    if plan.held:
        keeping = sorted({hold for one in plan.held for hold in one.holds})
        console.print(f"{len(plan.held)} stay: {', '.join(keeping)} keep them until they are released.")
    if plan.span.end > box.now - box.settings.recording.segment * 3:
        click.echo("What is being written at this moment is not among them: run it again in some minutes.", err=True)
    if box.dry_run:
        console.print("Dry run: nothing was changed.")


def _plan_data(plan: RebuildPlan) -> dict[str, object]:
    return {
        "why": plan.why,
        "segments": plan.segments,
        "gone": plan.gone,
        "without_line": plan.without_line,
        "holds": [hold.id for hold in plan.holds],
    }


def _rebuilt_data(made: Rebuilt) -> dict[str, object]:
    from cctv.cli.footage_repair import difference_data

    return {
        "dry_run": False,
        **_plan_data(made.plan),
        "aside": made.aside,
        "fixed": [difference_data(one) for one in made.reconciled.done],
        "differences": [difference_data(one) for one in made.reconciled.left],
    }


def _plan_text(plan: RebuildPlan) -> str:
    lines = [
        f"The index: {plan.why}.",
        f"On the disk: {plan.segments} segments with their limits, {len(plan.holds)} holds.",
    ]
    if plan.without_line:
        lines.append(
            f"{plan.without_line} files more that index.jsonl does not name: adopted where a run explains them."
        )
    if plan.gone:
        lines.append(f"{plan.gone} segments are named whose files are gone; nothing but the old index knew why.")
    lines.append("Not on the disk: incidents, requests, packages and the log.  Only a back-up has them.")
    return "\n".join(lines)


def _rebuilt_text(console: Console, made: Rebuilt) -> None:
    from cctv.cli.footage_repair import print_differences
    from cctv.cli.preserved import print_next

    console.print(_plan_text(made.plan))
    console.print("The index is made again.", style="bold")
    if made.aside:
        console.print(f"What was left of the old one is {made.aside}; it holds personal data: keep it only as long as "
                      "somebody works on it.")  # fmt: skip
    if made.reconciled.done:
        print_differences(console, f"{len(made.reconciled.done)} put right:", made.reconciled.done)
    if made.reconciled.left:
        print_differences(console, f"{len(made.reconciled.left)} do not agree:", made.reconciled.left)
    console.print("Nothing is deleted until a named person has confirmed the holds.", style="bold")
    print_next("cctv hold list", 'cctv hold confirm --for NAME --reason "..."')
