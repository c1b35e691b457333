"""`cctv footage reconcile` and `cctv footage verify`: whether disk and index agree, and whether the bytes are whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option, mutation
from cctv.kernel.errors import Exit

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.archive.differences import Difference
    from cctv.archive.verification import Damage, Verified
    from cctv.export.leftovers import Leftover

SHOWN = 40
SAMPLE = 200


@click.command()
@click.option("--fix", is_flag=True, help="Do what the plan says; without it nothing is changed.")
@click.option("--accept-loss", is_flag=True, help="Also when more than a tenth of the footage is missing.")
@mutation
@click.pass_obj
def reconcile(box: Box, fix: bool, accept_loss: bool) -> int:
    """Compare disk and index both ways, and put right what does not agree.

    Nothing that a hold covers is removed, and no footage is deleted: what the index lacks is adopted, what nothing
    explains goes to quarantine, and a file that is gone is marked lost, in the log too.  Exit 3 when something does not
    agree (with --fix: still does not), 15 when footage under a hold is lost.

    \b
      cctv footage reconcile
      cctv footage reconcile --fix
    """
    from cctv.archive import disk_and_index
    from cctv.export.leftovers import clear_leftovers, leftovers
    from cctv.retention.session import reconcile_and_finish

    if fix and not box.dry_run:
        reconciled = reconcile_and_finish(box.site, accept_loss=accept_loss)
        done: Sequence[Difference] = reconciled.done
        cleared: Sequence[Leftover] = clear_leftovers(box.site)
        left: Sequence[Difference | Leftover] = [*reconciled.left, *leftovers(box.site)]
    else:
        done, cleared = (), ()
        left = [*disk_and_index(box.site).differences, *leftovers(box.site)]
    fixed: list[Difference | Leftover] = [*done, *cleared]
    lost = [one for one in (*fixed, *left) if _is_held_loss(one)]
    data = {
        "fixed": [difference_data(one) for one in fixed],
        "differences": [difference_data(one) for one in left],
        "held_footage_lost": len(lost),
    }
    box.emit(data, lambda console: _reconcile_text(console, fixed, left, len(lost)))
    if lost:
        return int(Exit.UNREADABLE)
    return int(Exit.PARTLY if left else Exit.OK)


@click.command()
@click.option("--sample", type=click.IntRange(1), metavar="N", help=f"So many segments at random; {SAMPLE} by default.")
@click.option("--all", "everything", is_flag=True, help="Every segment.")
@json_option
@click.pass_obj
def verify(box: Box, sample: int | None, everything: bool) -> int:
    """Hash stored footage and compare it with what was recorded.

    Changes nothing.  Exit 15 when a file is missing or damaged.

    \b
      cctv footage verify
      cctv footage verify --all
    """
    from cctv.archive import verify_footage

    if everything and sample is not None:
        raise click.UsageError("--sample and --all exclude each other")
    with watched("hashing") as progress:
        found = verify_footage(box.site, sample=None if everything else sample or SAMPLE, progress=progress)
    data = {
        "checked": found.checked,
        "checked_bytes": found.checked_bytes,
        "stored": found.stored,
        "damaged": [_damage_data(one) for one in found.damaged],
    }
    box.emit(data, lambda console: _verify_text(console, box, found))
    return int(Exit.UNREADABLE if found.damaged else Exit.OK)


@contextmanager
def watched(what: str) -> Iterator[Callable[[int, int], None]]:
    """Progress with an estimate on stderr; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of or None)


def difference_data(one: Difference | Leftover) -> dict[str, object]:
    """One difference as JSON."""
    from cctv.archive.differences import Difference

    said: dict[str, object] = {
        "kind": one.kind,
        "remedy": one.remedy,
        "path": one.path,
        "why": one.why,
    }
    if isinstance(one, Difference):
        span = one.segment.span if one.segment else None
        said |= {
            "camera": one.camera,
            "start": span.start if span else None,
            "end": span.end if span else None,
            "holds": one.holds,
        }
    return said


def _is_held_loss(one: Difference | Leftover) -> bool:
    from cctv.archive.differences import Difference

    return isinstance(one, Difference) and one.is_held_loss


def _reconcile_text(
    console: Console, done: Sequence[Difference | Leftover], left: Sequence[Difference | Leftover], lost: int
) -> None:
    if done:
        print_differences(console, f"{len(done)} put right:", done)
    if left:
        print_differences(console, f"{len(left)} do not agree:", left)
    if not left:
        console.print("Disk and index agree.")
    if lost:
        console.print(f"{lost} segments that a hold should keep are lost: tell the DPO.", style="bold")
    if left and not done:
        click.echo("next:  cctv footage reconcile --fix", err=True)


def print_differences(console: Console, title: str, found: Sequence[Difference | Leftover]) -> None:
    """A table of the first of them."""
    from cctv.cli.output import table

    console.print(title, style="bold")
    rows = [
        (one.path, one.kind.value, one.remedy.value, ", ".join((one.why, *getattr(one, "holds", ()))))
        for one in found[:SHOWN]
    ]
    console.print(table(("where", "what", "remedy", "why"), rows))
    if len(found) > SHOWN:
        console.print(f"and {len(found) - SHOWN} more; --json lists them all")


def _damage_data(one: Damage) -> dict[str, object]:
    segment = one.segment
    return {
        "segment": segment.id,
        "camera": segment.camera,
        "start": segment.span.start,
        "end": segment.span.end,
        "path": segment.path,
        "problem": one.problem,
        "holds": one.holds,
    }


def _verify_text(console: Console, box: Box, found: Verified) -> None:
    from cctv.cli.output import length, local, size, table

    if found.damaged:
        rows = [
            (one.segment.camera, local(one.segment.span.start, box.zone), length(one.segment.span.duration),
             one.problem.value, ", ".join(one.holds), one.segment.path)
            for one in found.damaged[:SHOWN]
        ]  # fmt: skip
        console.print(table(("camera", "start", "length", "damage", "held by", "file"), rows, right=("length",)))
    if len(found.damaged) > SHOWN:
        console.print(f"and {len(found.damaged) - SHOWN} more; --json lists them all")
    wrong = f"{len(found.damaged)} damaged" if found.damaged else "all as recorded"
    console.print(f"{found.checked} of {found.stored} segments hashed ({size(found.checked_bytes)}): {wrong}")
    if any(one.holds for one in found.damaged):
        console.print("Some of it is under a hold: tell the DPO.", style="bold")
