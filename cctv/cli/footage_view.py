"""`cctv footage show` and `cctv footage extract`: looking at footage, under an open case only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation, reason_option
from cctv.tongue import said

F = TypeVar("F", bound=Callable[..., object])


def _viewing(command: F) -> F:
    """`--case`, `--camera`, `--from`, `--to` and `--reason`."""
    command = reason_option(required=False)(command)
    command = click.option("--to", "end", required=True, metavar="TIME", help="Its end.")(command)
    command = click.option("--from", "start", required=True, metavar="TIME", help="Its start.")(command)
    command = click.option("--camera", required=True, metavar="ID", help="Which camera.")(command)
    return click.option("--case", "case_id", required=True, metavar="ID", help="INC-, REQ- or DIS- that is open.")(
        command
    )


@click.command()
@_viewing
@click.option("--stills", type=click.IntRange(1, 60), default=24, show_default=True, help="How many pictures.")
@mutation
@click.pass_obj
def show(box: Box, case_id: str, camera: str, start: str, end: str, reason: str | None, stills: int) -> None:
    """Make a contact sheet of what a case is about; refused without an open case, and the refusal is logged.

    A case may look at what its holds cover.  The page lies in derived/ and goes when the case ends, after four weeks at
    most; what the camera's masks cover is black.

    \b
      cctv footage show --case INC-2026-014 --camera foyer-1 --from "za 22u" --to "za 22u30"
    """
    from cctv.redaction.viewing import show as made

    span = box.span(start, end)
    (chosen,) = box.cameras(camera)
    sheet = made(box.site, case_id, chosen, span, stills=stills, reason=reason, dry_run=box.dry_run)
    data = {"dry_run": box.dry_run, "path": sheet.path, "times": sheet.times}
    count = len(sheet.times)
    shown = (
        said("Would show: {count} pictures", count=count)
        if box.dry_run
        else said("Shown: {count} pictures", count=count)
    )
    box.emit(data, lambda console: console.print(f"{shown}\n{sheet.path}", soft_wrap=True))


@click.command()
@_viewing
@mutation
@click.pass_obj
def extract(box: Box, case_id: str, camera: str, start: str, end: str, reason: str | None) -> None:
    """Write the asked footage as videos on the box, one for each unbroken stretch; refused without an open case.

    People are seen in it as they are: it stays on the box, goes when the case ends, and never leaves.  What leaves is a
    package (`cctv export`) or a disclosure.

    \b
      cctv footage extract --case INC-2026-014 --camera foyer-1 --from "za 22u" --to "za 22u05"
    """
    from cctv.cli.redacted import watched
    from cctv.redaction.viewing import extract as made

    span = box.span(start, end)
    (chosen,) = box.cameras(camera)
    with watched() as progress:
        found = made(box.site, case_id, chosen, span, reason=reason, progress=progress, dry_run=box.dry_run)
    data = {"dry_run": box.dry_run, "paths": found.paths, "frames": found.frames}
    written = said("Would write:") if box.dry_run else said("Written, {count} frames:", count=found.frames)
    lines = "\n".join([written, *(str(path) for path in found.paths)])
    box.emit(data, lambda console: console.print(lines, soft_wrap=True))
