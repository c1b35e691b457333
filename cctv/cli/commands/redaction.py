"""`cctv redaction`: decide who stays visible, and approve it; redact a file from elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cctv.cli.commands.redaction_people import ask, people
from cctv.cli.commands.redaction_review import backdrop, preview, review
from cctv.cli.context import CommandContext, json_option, restrict_umask
from cctv.cli.copies import copy_files, copy_option, print_copy_line
from cctv.cli.options import mutation, reason_option, refuse_typed_number
from cctv.cli.output import echo
from cctv.cli.views.redaction import (
    approved_text,
    case_data,
    case_text,
    file_data,
    file_text,
    prepared_data,
    prepared_text,
    show_decided,
    watched,
)
from cctv.core.confine import for_python, restart_confined
from cctv.core.i18n import _, translate
from cctv.core.typed_time.resolve import parse_date
from cctv.db.engine import require_no_transaction
from cctv.model.national_number import refuse_national_number
from cctv.model.requests import Consent
from cctv.redaction.background.inpaint import Fill
from cctv.redaction.render.caption import DEFAULT
from cctv.redaction.render.options import Mode, Options, Others
from cctv.redaction.review.approve import approve as approve_case
from cctv.redaction.review.case import CaseFile
from cctv.redaction.review.decide import Choice
from cctv.redaction.review.decide import hide as hide_tracks
from cctv.redaction.review.decide import keep as keep_tracks
from cctv.redaction.review.errors import SubjectHidden
from cctv.redaction.review.prepare import prepare as prepare_case
from cctv.redaction.review.preview import pictured
from cctv.redaction.review.sheet.write import refreshed_case
from cctv.redaction.standalone import FileRedaction, redact_file

_PATH = click.Path(path_type=Path)


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """What `keep` and `hide` share."""
    command = click.option("--part", "position", type=click.IntRange(1), help="Which unbroken stretch, from 1.")(
        command
    )
    command = click.option("--camera", metavar="CAMERA", help="Which camera, when the request has several.")(command)
    command = click.option(
        "--boxes", type=_PATH, metavar="KEEP.json", help="Drawn boxes; frames count from 0 over the whole part."
    )(command)
    command = click.option(
        "--person", "persons", type=click.IntRange(1), multiple=True, metavar="N",
        help="A person of `cctv redaction people`, in every camera and part, unless one is given; repeatable.",
    )(command)  # fmt: skip
    command = click.argument("tracks", nargs=-1, type=click.IntRange(1), metavar="[TRACK]...")(command)
    return click.argument("request_id", metavar="REQUEST")(command)


@click.group()
def redaction() -> None:
    """Decide who stays visible, and approve it.

    \b
      cctv redaction prepare REQ-2026-007              finds people, and writes a page with their pictures
      cctv redaction keep REQ-2026-007 --person 2 --reason "recognised by the requester's red coat"
      cctv redaction ask REQ-2026-007                  is this the requester again?
      cctv redaction approve REQ-2026-007 --all --reason "looked at every picture, only the requester stays"
      cctv redaction file INPUT OUTPUT                 any other video file
    """


@redaction.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--again", is_flag=True, help="Analyse everything anew; decisions and approvals are lost.")
@mutation
@click.pass_obj
def prepare(context: CommandContext, request_id: str, again: bool) -> None:
    """Find who moves in a request's footage, and write the sheet to decide from.

    Footage that was prepared before and did not change keeps its numbers and decisions.

    \b
      cctv redaction prepare REQ-2026-007
    """
    with watched() as progress:
        prepared = prepare_case(context.site, request_id, progress, again=again, dry_run=context.dry_run)
    context.emit(prepared_data(prepared), lambda console: prepared_text(console, prepared))
    print_copy_line(context, f"cctv redaction show {request_id} --copy-to .")


@redaction.command()
@_choosing
@click.option("--companion", "companions", multiple=True, metavar="WHO",
              help="Who else consented: a person of --person, else a kept track or the id of a drawn box.")  # fmt: skip
@click.option("--consent-by", metavar="NAME", help="Who consented, as the letter will say it.")
@click.option("--consent-on", metavar="DATE", help="The day of the consent.")
@click.option("--consent-how", metavar="TEXT", callback=refuse_typed_number,
              help='How it is recorded, as the letter will say it: "in a signed form".')  # fmt: skip
@click.option("--one-person", is_flag=True,
              help="What stands apart is the requester all the same, as in a mirror.")  # fmt: skip
@reason_option()
@mutation
@click.pass_obj
def keep(context: CommandContext, /, request_id: str, **options: Any) -> None:  # noqa: ANN401  click hands over one argument an option
    """Keep people visible, or tracks, or what boxes drawn by hand enclose.  An approval given before is void.

    --boxes replaces all boxes of the part, those to keep and those to hide.  Somebody beside the requester stays
    visible with a consent only: --companion says who that is.  A TRACK is a piece of a person, of one part.

    \b
      cctv redaction keep REQ-2026-007 --person 2 --reason "the requester, by her red coat"
      cctv redaction keep REQ-2026-007 --boxes KEEP.json --camera foyer-1 --part 2 --reason "the requester"
      cctv redaction keep REQ-2026-007 --person 7 --companion 7 --consent-by "Jan Smet" --consent-on 20/11 \\
        --consent-how "in a signed form" --reason "her son"
    """
    choice = Choice(
        request_id,
        options["tracks"],
        options["boxes"],
        options["reason"],
        options["camera"],
        options["position"],
        companions=options["companions"],
        consent=_consent(context, options),
        one_person=options["one_person"],
        persons=options["persons"],
    )
    with watched() as progress:
        decided = keep_tracks(context.site, choice, progress, dry_run=context.dry_run)
    show_decided(context, decided)


@redaction.command()
@_choosing
@click.option("--others", type=click.Choice(["shape", "absent"]),
              help="How everybody who is hidden appears: as flat shapes, or not at all.")  # fmt: skip
@reason_option()
@mutation
@click.pass_obj
def hide(
    context: CommandContext,
    request_id: str,
    tracks: tuple[int, ...],
    persons: tuple[int, ...],
    boxes: Path | None,
    camera: str | None,
    position: int | None,
    others: str | None,
    reason: str,
) -> None:
    """Hide people, or tracks, or what boxes drawn by hand enclose; hiding beats keeping.

    --boxes takes a KEEP.json with boxes under "hide" only, and replaces the part's hide boxes.  Each may have a
    "reason": person, plate, screen, badge, document or other.

    \b
      cctv redaction hide REQ-2026-007 --person 4 --reason "a colleague"
      cctv redaction hide REQ-2026-007 --boxes PLATES.json --reason "plates of parked cars"
      cctv redaction hide REQ-2026-007 --others absent --reason "the shapes stand in front of the requester"
    """
    appearing = Others(others) if others else None
    choice = Choice(request_id, tracks, boxes, reason, camera, position, appearing, persons=persons)
    with watched() as progress:
        decided = hide_tracks(context.site, choice, progress, dry_run=context.dry_run)
    show_decided(context, decided)


@redaction.command()
@click.argument("request_id", metavar="REQUEST")
@click.option(
    "--all", "everything", is_flag=True, help="You looked at every backdrop and range: sign off and review them, too."
)
@click.option("--hidden-reason", metavar="TEXT", callback=refuse_typed_number,
              help="Why no more of the requester can be shown; kept in the log.")  # fmt: skip
@reason_option()
@mutation
@click.pass_obj
def approve(context: CommandContext, request_id: str, everything: bool, hidden_reason: str | None, reason: str) -> None:
    """Answer for what will be visible, in every part.  Tracks that nobody decided on stay hidden.

    Every backdrop must be signed off and every frame reviewed first, by `backdrop` and `review`, or by --all.  Where
    the requester is visible in a smaller share of the frames than [policy] least_visible, it asks why.

    \b
      cctv redaction approve REQ-2026-007 --all --reason "looked at every picture, only the requester stays"
      cctv redaction approve REQ-2026-007 --reason "reviewed range by range"
      cctv redaction approve REQ-2026-007 --all --hidden-reason "a group walks before her" --reason "looked at all"
    """

    def approved(why: str | None) -> CaseFile:
        return approve_case(
            context.site, request_id, reason, hidden_reason=why, everything=everything, dry_run=context.dry_run
        )

    try:
        case = approved(hidden_reason)
    except SubjectHidden as little:
        case = approved(_hidden_reason(context, little))
    data = {"dry_run": context.dry_run, **case_data(context, case), "next": f"cctv request answer {case.request.id}"}
    context.emit(data, lambda console: approved_text(console, context, case))


@redaction.command()
@click.argument("request_id", metavar="REQUEST")
@copy_option
@json_option
@click.pass_obj
def show(context: CommandContext, request_id: str, folder: Path | None) -> None:
    """Show a request's parts: tracks, what was decided, who approved; and where the sheet is."""
    case = refreshed_case(context.site, request_id)
    if folder is not None:
        copy_files(context, pictured(context.site, case.request.id, case.parts), folder)
    context.emit(case_data(context, case), lambda console: case_text(console, context, case))


@redaction.command()
@click.argument("input_", type=_PATH, metavar="INPUT")
@click.argument("output", type=_PATH, metavar="OUTPUT")
@click.option("--mode", type=click.Choice(["backdrop", "mask"]), default="backdrop", show_default=True,
              help="The empty scene, live only where kept; or the live picture, hidden where it differs.")  # fmt: skip
@click.option("--fill", type=click.Choice(["solid", "backdrop", "pixelate", "blur"]), default="solid",
              show_default=True, help="What hidden pixels become in mask mode.")  # fmt: skip
@click.option("--others", type=click.Choice(["shape", "absent"]), default="shape", show_default=True,
              help="Other people in backdrop mode: flat shapes, or not at all.")  # fmt: skip
@click.option("--keep", "keep_path", type=_PATH, metavar="KEEP.json", help="Boxes to keep and to hide.")
@click.option("--mask-out", type=_PATH, metavar="MASK.mkv", help="Also write what was live (0) and hidden (255).")
@click.option("--force", is_flag=True, help="Replace OUTPUT and MASK.mkv when they exist.")
@json_option
@click.pass_obj
def file(
    context: CommandContext,
    input_: Path,
    output: Path,
    mode: str,
    fill: str,
    others: str,
    keep_path: Path | None,
    mask_out: Path | None,
    force: bool,
) -> None:
    """Redact any video file; needs no cameras.toml and no storage, and asks nothing.

    OUTPUT has the frames and times of INPUT, no sound and no metadata.  Recordings of a site are refused: they leave
    through a request.

    \b
      cctv redaction file in.mp4 out.mp4
      cctv redaction file in.mp4 out.mp4 --mode mask --fill solid --mask-out mask.mkv
      cctv redaction file in.mp4 out.mp4 --keep KEEP.json
    """
    restrict_umask()
    if context.invocation.owns_process:  # what decodes a file from elsewhere reaches neither storage nor network
        read = [path.resolve() for path in (input_, keep_path, Path("/proc/self")) if path is not None]
        written = [path.resolve().parent for path in (output, mask_out) if path is not None]
        restart_confined(for_python(read, written), context.environ)
    chosen_mode = Mode(mode)
    caption = DEFAULT if chosen_mode is Mode.BACKDROP else None  # the live picture of mask mode is not reconstructed
    options = Options(chosen_mode, Fill(fill), Others(others), caption)
    job = FileRedaction(input_, output, options, keep_path, mask_out, force)
    with watched() as progress:
        report = redact_file(job, progress)
    for warning in report.warnings:
        echo(_("warning: {text}", text=warning), err=True)
    context.emit(file_data(report), lambda console: file_text(console, report))


def _consent(context: CommandContext, options: dict[str, Any]) -> Consent | None:
    """The consent that the options name; raises a usage error when one of them is missing."""
    given = (options["consent_by"], options["consent_on"], options["consent_how"])
    if not any(given) and not options["companions"]:
        return None
    if not all(given) or not options["companions"]:
        raise click.UsageError(_("--companion, --consent-by, --consent-on and --consent-how go together"))
    who, day, recorded = given
    return Consent(who, parse_date(day, now=context.now, zone=context.zone), recorded)


def _hidden_reason(context: CommandContext, little: SubjectHidden) -> str:
    """Why so little is shown, asked on a terminal; raises the error where there is none, or no answer."""
    if context.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise little
    echo(translate(little.phrase), err=True)
    question = _("Why can no more of the requester be shown?")
    require_no_transaction()
    answer = str(click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True, type=str))
    if not answer.strip():
        raise little
    refuse_national_number("hidden reason", answer)
    return answer


for _command in (people, ask, backdrop, review, preview):
    redaction.add_command(_command)
