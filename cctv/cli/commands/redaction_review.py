"""`cctv redaction backdrop`, `review` and `preview`: sign off backdrops, review frames, watch before approving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from rich.console import Console

from cctv.cli.context import CommandContext
from cctv.cli.copies import print_copy_line
from cctv.cli.options import mutation, reason_option
from cctv.cli.views.footage import next_text, print_dry
from cctv.cli.views.redaction import noted_text, part_data, sheet, watched
from cctv.core.errors import UsageError
from cctv.core.i18n import N_, _
from cctv.redaction.review.errors import CoverRefused, RangeRefused
from cctv.redaction.review.preview import preview as make_previews
from cctv.redaction.review.review import BackdropChoice, Chosen, Noted, decide_backdrop
from cctv.redaction.review.review import review as review_frames
from cctv.redaction.review.sheet.thumbnails import FrameRange
from cctv.redaction.video.geometry import Rect


class NothingSaid(UsageError):
    """Nothing was said of {what}.

    next: {following}
    """


def _part_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which part; without either every part."""
    command = click.option("--part", "position", type=click.IntRange(1), help="Which unbroken stretch, from 1.")(
        command
    )
    return click.option("--camera", metavar="CAMERA", help="Which camera, when the request has several.")(command)


@click.command()
@click.argument("request_id", metavar="REQUEST")
@_part_options
@click.option("--stretch", type=click.IntRange(1), metavar="N", help="Which backdrop of the part, from 1.")
@click.option("--approve", is_flag=True, help="Sign off: nobody is in it, and it shows the place as it was.")
@click.option("--cover", "covers", multiple=True, metavar="X,Y,W,H",
              help="Make this part flat, in pixels; all --cover together replace those before.")  # fmt: skip
@click.option("--uncover", is_flag=True, help="Take all covers of the backdrop away.")
@reason_option()
@mutation
@click.pass_obj
def backdrop(
    context: CommandContext,
    request_id: str,
    camera: str | None,
    position: int | None,
    stretch: int | None,
    approve: bool,
    covers: tuple[str, ...],
    uncover: bool,
    reason: str,
) -> None:
    """Sign off the pictures of the empty scene, or cover parts of one.

    What is covered is flat grey in the video, and never live.  Without --camera, --part and --stretch, --approve signs
    off every backdrop.  A cover makes an approval, and every review, void.

    \b
      cctv redaction backdrop REQ-2026-007 --approve --reason "nobody is in them"
      cctv redaction backdrop REQ-2026-007 --part 1 --stretch 2 --cover 310,80,40,120 --approve --reason "the guard"
    """
    if not (approve or covers or uncover):
        raise NothingSaid(what=N_("a backdrop"), following=N_("add --approve, --cover X,Y,W,H or --uncover."))
    boxes = tuple(_box(text) for text in covers) if covers or uncover else None
    selection = Chosen(request_id, reason, camera, position)
    with watched() as progress:
        decision = decide_backdrop(
            context.site, selection, BackdropChoice(stretch, approve, boxes), progress, dry_run=context.dry_run
        )
    _show(context, decision)


@click.command()
@click.argument("request_id", metavar="REQUEST")
@_part_options
@click.option("--frames", metavar="FIRST-LAST", help="A range of one part, as the sheet has it.")
@click.option(
    "--all", "everything", is_flag=True, help="Every frame; of every part, unless --camera or --part is given."
)
@reason_option()
@mutation
@click.pass_obj
def review(
    context: CommandContext,
    request_id: str,
    camera: str | None,
    position: int | None,
    frames: str | None,
    everything: bool,
    reason: str,
) -> None:
    """Say that you looked at a range of frames as they will be shown.

    A review holds for what the plan shows now; any change of that makes it void.

    \b
      cctv redaction review REQ-2026-007 --frames 0-749 --part 1 --reason "nobody else in these"
      cctv redaction review REQ-2026-007 --all --reason "watched the preview from start to end"
    """
    if everything == bool(frames):
        following = N_("give either --frames FIRST-LAST from the sheet, or --all.")
        raise NothingSaid(what=N_("which frames"), following=following)
    within = _range(frames, request_id) if frames else None
    decision = review_frames(
        context.site, Chosen(request_id, reason, camera, position), within, dry_run=context.dry_run
    )
    _show(context, decision)


@click.command()
@click.argument("request_id", metavar="REQUEST")
@_part_options
@mutation
@click.pass_obj
def preview(context: CommandContext, request_id: str, camera: str | None, position: int | None) -> None:
    """Make videos of what would be shown, to watch before approving.

    They are rendered and proved as those of a package, stay on this machine, and go with the next change of the plan.

    \b
      cctv redaction preview REQ-2026-007
    """
    with watched() as progress:
        previews = make_previews(context.site, request_id, camera, position, progress, dry_run=context.dry_run)
    following = f"cctv redaction review {previews.request} --all --reason WHY"
    data = {
        "dry_run": context.dry_run,
        "request": previews.request,
        "previews": [{"camera": video.camera, "part": video.part, "path": video.path} for video in previews.videos],
        "next": following,
    }

    def text(console: Console) -> None:
        for video in previews.videos:
            part = _("{camera} part {part}", camera=video.camera, part=video.part)
            console.print(f"{part}: {video.path}", soft_wrap=True)
        if context.dry_run:
            print_dry(console)
        else:
            console.print(next_text(following))

    context.emit(data, text)
    print_copy_line(context, f"cctv redaction show {previews.request} --copy-to .")


def _box(text: str) -> Rect:
    try:
        x, y, w, h = (float(int(number)) for number in text.split(","))
    except ValueError as error:
        raise CoverRefused(text=text, problem=N_("it is not four whole numbers")) from error
    return Rect(x, y, w, h)


def _range(text: str, request_id: str) -> FrameRange:
    first, dash, last = text.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal()):
        raise RangeRefused(text=text, part=request_id.upper(), problem=N_("it is not two numbers with a dash between"))
    return FrameRange(int(first), int(last))


def _show(context: CommandContext, decision: Noted) -> None:
    request = decision.after[0].plan.request
    missing = any(part.plan.unsigned or part.unreviewed for part in decision.after)
    following = f"cctv redaction approve {request}{' --all' if missing else ''} --reason WHY"
    data = {
        "dry_run": context.dry_run,
        "request": request,
        "parts": [part_data(part) for part in decision.after],
        "approval_void": decision.voided,
        "sheet": sheet(context, request),
        "next": following,
    }
    context.emit(data, lambda console: noted_text(console, context, decision, following))
