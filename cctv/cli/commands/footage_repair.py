"""`cctv footage reconcile`, `verify`, `rebuild`, `delete`: compare disk and index, repair, delete before the limit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from cctv.cli.context import CommandContext, json_option, restrict_umask
from cctv.cli.options import mutation, reason_option, span_options
from cctv.cli.output import PlainConsole, echo, length, local, size, table
from cctv.cli.views.footage import chosen_cameras, print_next
from cctv.core.errors import Exit
from cctv.core.typed_time.durations import parse_duration
from cctv.db.engine import read_transaction
from cctv.footage.coverage import FootageAbsence, absence, inventory
from cctv.footage.repair.compare import disk_and_index
from cctv.footage.repair.differences import Difference
from cctv.footage.repair.rebuild import RebuildPlan, Rebuilt, plan_rebuild, rebuild_index
from cctv.footage.repair.verify import Damage, VerifiedFootage, verify_footage, verify_part
from cctv.packages.orphans import Leftover, clear_leftovers, leftovers
from cctv.retention.removal import RemovalPlan, plan_removal, remove
from cctv.retention.session import reconcile_and_finish

SHOWN = 40
SAMPLE = 200


@click.command()
@click.option("--fix", is_flag=True, help="Do what the plan says; without it nothing is changed.")
@click.option("--accept-loss", is_flag=True, help="Also when more than a tenth of the footage is missing.")
@mutation
@click.pass_obj
def reconcile(context: CommandContext, fix: bool, accept_loss: bool) -> int:
    """Compare disk and index both ways, and put right what does not agree.

    Nothing that a hold covers is removed, and no footage is deleted: what the index lacks is adopted, what nothing
    explains goes to quarantine, and a file that is gone is marked lost, in the log too.  Exit 3 when something does not
    agree (with --fix: still does not), 15 when footage under a hold is lost.

    \b
      cctv footage reconcile
      cctv footage reconcile --fix
    """
    if fix and not context.dry_run:
        reconciled = reconcile_and_finish(context.site, accept_loss=accept_loss)
        repaired: Sequence[Difference] = reconciled.done
        cleared: Sequence[Leftover] = clear_leftovers(context.site)
        remaining: Sequence[Difference | Leftover] = [*reconciled.left, *leftovers(context.site)]
    else:
        repaired, cleared = (), ()
        remaining = [*disk_and_index(context.site).differences, *leftovers(context.site)]
    fixed: list[Difference | Leftover] = [*repaired, *cleared]
    lost = [difference for difference in (*fixed, *remaining) if _is_held_loss(difference)]
    data = {
        "fixed": [difference_data(difference) for difference in fixed],
        "differences": [difference_data(difference) for difference in remaining],
        "held_footage_lost": len(lost),
    }
    context.emit(data, lambda console: _reconcile_text(console, fixed, remaining, len(lost)))
    if lost:
        return int(Exit.UNREADABLE)
    return int(Exit.PARTLY if remaining else Exit.OK)


@click.command()
@click.option("--sample", type=click.IntRange(1), metavar="N", help=f"So many segments at random; {SAMPLE} by default.")
@click.option("--all", "everything", is_flag=True, help="Every segment.")
@click.option("--within", metavar="DURATION", help="The next part, so that daily calls check all of it in that time.")
@json_option
@click.pass_obj
def verify(context: CommandContext, sample: int | None, everything: bool, within: str | None) -> int:
    """Hash stored footage and compare it with what was recorded.

    Changes no footage.  Exit 15 when a file is missing or damaged.  With --within it goes on where the last such call
    stopped; the timer cctv-verify calls it each day.

    \b
      cctv footage verify
      cctv footage verify --all
      cctv footage verify --within 7d
    """
    if sum((everything, sample is not None, within is not None)) > 1:
        raise click.UsageError("--sample, --all and --within exclude each other")
    if within is not None:
        return _verify_part(context, parse_duration(within))
    with watched("hashing") as progress:
        verified = verify_footage(context.site, sample=None if everything else sample or SAMPLE, progress=progress)
    data = _verified_data(verified)
    context.emit(data, lambda console: _verify_text(console, context, verified))
    return int(Exit.UNREADABLE if verified.damaged else Exit.OK)


def _verify_part(context: CommandContext, within: timedelta) -> int:
    with watched("hashing") as progress:
        part = verify_part(context.site, within, progress)

    def text(console: Console) -> None:
        _verify_text(console, context, part.footage)
        since = local(part.round.began, context.zone)
        console.print(f"This round began {since}; {part.left or 'none'} are left in it.")

    data = _verified_data(part.footage) | {
        "round": {"began": part.round.began, "left": part.left, "damaged": part.round.damaged}
    }
    context.emit(data, text)
    return int(Exit.UNREADABLE if part.footage.damaged else Exit.OK)


def _verified_data(verified: VerifiedFootage) -> dict[str, object]:
    return {
        "checked": verified.checked,
        "checked_bytes": verified.checked_bytes,
        "stored": verified.stored,
        "damaged": [_damage_data(damage) for damage in verified.damaged],
    }


@contextmanager
def watched(what: str) -> Iterator[Callable[[int, int], None]]:
    """Progress with an estimate on stderr; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda completed, of: None
        return

    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=PlainConsole(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda completed, of: bar.update(task, completed=completed, total=of or None)


def difference_data(difference: Difference | Leftover) -> dict[str, object]:
    """One difference as JSON."""
    data: dict[str, object] = {
        "kind": difference.kind,
        "remedy": difference.remedy,
        "path": difference.path,
        "why": difference.why,
    }
    if isinstance(difference, Difference):
        span = difference.segment.span if difference.segment else None
        data |= {
            "camera": difference.camera,
            "start": span.start if span else None,
            "end": span.end if span else None,
            "holds": difference.holds,
        }
    return data


def print_differences(console: Console, title: str, differences: Sequence[Difference | Leftover]) -> None:
    """A table of the first of them."""
    console.print(title, style="bold")
    rows = [
        (
            difference.path,
            difference.kind.value,
            difference.remedy.value,
            ", ".join((difference.why, *getattr(difference, "holds", ()))),
        )
        for difference in differences[:SHOWN]
    ]
    console.print(table(("where", "what", "remedy", "why"), rows))
    if len(differences) > SHOWN:
        console.print(f"and {len(differences) - SHOWN} more; --json lists them all")


@click.command()
@reason_option()
@mutation
@click.pass_obj
def rebuild(context: CommandContext, reason: str) -> int:
    """Make a lost or damaged index again from the disk alone: segments, limits and holds.

    Stop cctv-record and cctv-sweep first.  The old cctv.db is moved aside, never overwritten.  Incidents, requests,
    packages and the log are not on the disk: if there is a back-up, restore that instead.  Nothing is deleted until a
    named person has confirmed the holds.

    \b
      cctv footage rebuild --reason "cctv.db is damaged" --dry-run
      cctv footage rebuild --reason "cctv.db is damaged"
    """
    restrict_umask()
    if context.dry_run:
        plan = plan_rebuild(context.settings, disk=context.make_disk(), clock=context.clock, actor=context.actor)
        data = {"dry_run": True, **_plan_data(plan)}
        context.emit(data, lambda console: console.print(f"{_plan_text(plan)}\nDry run: nothing was changed."))
        return int(Exit.OK)
    rebuilt = rebuild_index(
        context.settings, disk=context.make_disk(), clock=context.clock, actor=context.actor, reason=reason
    )
    context.emit(_rebuilt_data(rebuilt), lambda console: _rebuilt_text(console, rebuilt))
    return int(Exit.PARTLY if rebuilt.reconciled.left else Exit.OK)


@click.command()
@span_options()
@reason_option()
@mutation
@click.pass_obj
def delete(context: CommandContext, cameras: str | None, zones: str | None, start: str, end: str, reason: str) -> int:
    """Delete footage that should never have been made, before its limit.

    Whole segments that touch the span go.  What a hold covers stays, whatever the reason: exit 3 then.  The order, its
    reason and every segment are in the log.

    \b
      cctv footage delete --cameras foyer-1 --from "ma 9u" --to "ma 11u" --reason "aimed at the street" --dry-run
    """
    camera_ids, span = chosen_cameras(context, cameras, zones), context.span(start, end)
    with read_transaction(context.site.engine) as connection:
        plan = plan_removal(connection, camera_ids, span)
    if not plan.decisions:
        _no_footage(context, plan)
    deleted = 0
    if not context.dry_run:
        removed = remove(context.site, camera_ids, span, reason=reason)
        plan, deleted = removed.plan, len(removed.gone)
    data = {
        "dry_run": context.dry_run,
        "segments": [{"segment": segment.id, "camera": segment.camera, "path": segment.path} for segment in plan.going],
        "deleted": deleted,
        "held": [{"segment": decision.segment.id, "holds": decision.holds} for decision in plan.held],
    }
    context.emit(data, lambda console: _delete_text(console, context, plan, deleted))
    return int(Exit.PARTLY if plan.held else Exit.OK)


def _is_held_loss(difference: Difference | Leftover) -> bool:
    return isinstance(difference, Difference) and difference.is_held_loss


def _reconcile_text(
    console: Console, fixed: Sequence[Difference | Leftover], remaining: Sequence[Difference | Leftover], lost: int
) -> None:
    if fixed:
        print_differences(console, f"{len(fixed)} put right:", fixed)
    if remaining:
        print_differences(console, f"{len(remaining)} do not agree:", remaining)
    if not remaining:
        console.print("Disk and index agree.")
    if lost:
        console.print(f"{lost} segments that a hold should keep are lost: tell the DPO.", style="bold")
    if remaining and not fixed:
        echo("next:  cctv footage reconcile --fix", err=True)


def _damage_data(damage: Damage) -> dict[str, object]:
    segment = damage.segment
    return {
        "segment": segment.id,
        "camera": segment.camera,
        "start": segment.span.start,
        "end": segment.span.end,
        "path": segment.path,
        "problem": damage.problem,
        "holds": damage.holds,
    }


def _verify_text(console: Console, context: CommandContext, verified: VerifiedFootage) -> None:
    if verified.damaged:
        rows = [
            (
                damage.segment.camera,
                local(damage.segment.span.start, context.zone),
                length(damage.segment.span.duration),
                damage.problem.value,
                ", ".join(damage.holds),
                damage.segment.path,
            )
            for damage in verified.damaged[:SHOWN]
        ]
        console.print(table(("camera", "start", "length", "damage", "held by", "file"), rows, right=("length",)))
    if len(verified.damaged) > SHOWN:
        console.print(f"and {len(verified.damaged) - SHOWN} more; --json lists them all")
    wrong = f"{len(verified.damaged)} damaged" if verified.damaged else "all as recorded"
    console.print(f"{verified.checked} of {verified.stored} segments hashed ({size(verified.checked_bytes)}): {wrong}")
    if any(damage.holds for damage in verified.damaged):
        console.print("Some of it is under a hold: tell the DPO.", style="bold")


def _no_footage(context: CommandContext, plan: RemovalPlan) -> None:
    with read_transaction(context.site.engine) as connection:
        inventories = [inventory(connection, camera, plan.span, context.now) for camera in plan.cameras]
    raise FootageAbsence(cameras=", ".join(plan.cameras), cause=absence(inventories))


def _delete_text(console: Console, context: CommandContext, plan: RemovalPlan, deleted: int) -> None:
    freed = size(sum(segment.size_bytes for segment in plan.going))
    summary = f"Would delete {len(plan.going)} segments" if context.dry_run else f"{deleted} segments deleted"
    console.print(f"{summary} ({freed}).", style="bold")
    for camera in plan.cameras:
        segments = [segment for segment in plan.going if segment.camera == camera]
        if segments:
            console.print(f"  {camera}: {len(segments)}")
    if plan.outside:
        console.print(f"Whole segments go: {length(plan.outside)} of it lies outside of what was asked.")
    if plan.held:
        keeping = sorted({hold for decision in plan.held for hold in decision.holds})
        console.print(f"{len(plan.held)} stay: {', '.join(keeping)} keep them until they are released.")
    if plan.span.end > context.now - context.settings.recording.segment * 3:
        echo("What is being written at this moment is not among them: run it again in some minutes.", err=True)
    if context.dry_run:
        console.print("Dry run: nothing was changed.")


def _plan_data(plan: RebuildPlan) -> dict[str, object]:
    return {
        "why": plan.why,
        "segments": plan.segments,
        "gone": plan.gone,
        "without_line": plan.without_line,
        "holds": [hold.id for hold in plan.holds],
        "keeps_registers": plan.keeps_registers,
    }


def _rebuilt_data(rebuilt: Rebuilt) -> dict[str, object]:
    return {
        "dry_run": False,
        **_plan_data(rebuilt.plan),
        "aside": rebuilt.aside,
        "fixed": [difference_data(difference) for difference in rebuilt.reconciled.done],
        "differences": [difference_data(difference) for difference in rebuilt.reconciled.left],
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
    if plan.keeps_registers:
        lines.append("Incidents, requests, packages and the log stay as this index has them: what is newer is lost.")
    else:
        lines.append("Not on the disk: incidents, requests, packages and the log.  Only a back-up has them.")
    return "\n".join(lines)


def _rebuilt_text(console: Console, rebuilt: Rebuilt) -> None:
    console.print(_plan_text(rebuilt.plan))
    made = "The index is brought up to the storage." if rebuilt.plan.keeps_registers else "The index is made again."
    console.print(made, style="bold")
    if rebuilt.aside:
        console.print(
            f"What was left of the old one is {rebuilt.aside}; it holds personal data: keep it only as long as "
            "somebody works on it."
        )
    if rebuilt.reconciled.done:
        print_differences(console, f"{len(rebuilt.reconciled.done)} put right:", rebuilt.reconciled.done)
    if rebuilt.reconciled.left:
        print_differences(console, f"{len(rebuilt.reconciled.left)} do not agree:", rebuilt.reconciled.left)
    console.print("Nothing is deleted until a named person has confirmed the holds.", style="bold")
    print_next("cctv hold list", 'cctv hold confirm --for NAME --reason "..."')
