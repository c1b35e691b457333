"""How redactions are printed: text and JSON of `cctv redaction`, and progress on a terminal.  Decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cctv.cli.context import CommandContext
from cctv.cli.output import PlainConsole, length, local, table
from cctv.cli.views.footage import next_text, print_dry, print_next
from cctv.core.i18n import N_, _, decimal, ngettext, translate, translate_line
from cctv.redaction.review.case import CaseFile, case_file, sheet_path
from cctv.redaction.review.decide import Decided
from cctv.redaction.review.people import People
from cctv.redaction.review.plan import CasePart, SubjectVisibility
from cctv.redaction.review.prepare import Prepared
from cctv.redaction.review.review import Noted
from cctv.redaction.review.sheet.labels import ranges_text, visible_words
from cctv.redaction.standalone import FileReport

_STAGES = {
    "backdrop": N_("the empty scene"),
    "regions": N_("what moves"),
    "pictures": N_("pictures of the sheet"),
    "checking": N_("checking the recordings"),
    "samples": N_("samples from around it"),
    "render": N_("making the video"),
    "verify": N_("checking the video"),
    "reading": N_("reading"),
    "writing": N_("writing"),
    "copying": N_("copying"),
}


@contextmanager
def watched() -> Iterator[Callable[[str, int, int], None]]:
    """Progress with an estimate on stderr; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda stage, completed, of: None
        return

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=PlainConsole(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, completed: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(translate(_STAGES.get(stage, stage)), total=None)
            bar.update(tasks[stage], completed=completed, total=of or None)

        yield show


def sheet(context: CommandContext, request: str) -> str:
    """The path of the page to decide from."""
    return str(sheet_path(context.site, request))


def part_data(part: CasePart) -> dict[str, object]:
    """A part of a case as JSON: its plan, decisions, reviews and approval."""
    plan = part.plan
    return {
        "camera": plan.camera,
        "part": plan.position,
        "start": plan.span.start,
        "end": plan.span.end,
        "segments": len(plan.sources),
        "frames": plan.frames,
        "tracks": plan.tracks,
        "keep": plan.decisions.keep,
        "hide": plan.decisions.hide,
        "undecided": plan.undecided,
        "keep_boxes": [path.id for path in plan.decisions.boxes.keep],
        "hide_boxes": [path.id for path in plan.decisions.boxes.hide],
        "hide_reasons": {path.id: path.reason.value for path in plan.decisions.boxes.hide if path.reason},
        "others": plan.decisions.others,
        "companions": [
            {
                "tracks": kept.tracks,
                "boxes": kept.boxes,
                "consent": part.consents[kept.consent - 1],
                "shown": shown_data(shown) if (shown := plan.shown_of_companion(number)) else None,
            }
            for number, kept in enumerate(plan.decisions.companions)
        ],
        "answers": plan.decisions.answers,
        "subject": shown_data(plan.subject),
        "backdrops": [
            {
                "number": number,
                "sha256": file.sha256,
                "covers": [[cover.x, cover.y, cover.w, cover.h] for cover in plan.backdrop(number).covers],
                "signed_by": plan.backdrop(number).signed_by if number not in plan.unsigned else None,
            }
            for number, file in enumerate(plan.backdrop_files, 1)
        ],
        "reviewed": [
            {"frames": [review.first, review.last], "by": review.by, "at": review.at} for review in part.reviewed
        ],
        "unreviewed": part.unreviewed,
        "plan": part.digest,
        "prepared": part.prepared,
        "prepared_by": part.prepared_by,
        "approved": part.approved,
        "approved_by": part.approval.by if part.approved and part.approval else None,
    }


def shown_data(shown: SubjectVisibility) -> dict[str, object]:
    """How much of a person a part shows, as JSON."""
    return {
        "visible": shown.visible,
        "frames": shown.frames,
        "share": round(shown.share, 4),
        "hidden": shown.hidden,
    }


def case_data(context: CommandContext, case: CaseFile) -> dict[str, object]:
    """The parts of a request's redaction as JSON."""
    return {
        "request": case.request.id,
        "sheet": sheet(context, case.request.id),
        "parts": [part_data(part) for part in case.parts],
    }


def visible_text(part: CasePart) -> str:
    """Which tracks and boxes stay visible in a part."""
    decisions = part.plan.decisions
    tracks = ranges_text(decisions.keep)
    boxes = ", ".join(path.id for path in decisions.boxes.keep)
    message = ngettext(len(decisions.keep), "track {tracks}", "tracks {tracks}", tracks=tracks)
    if tracks and boxes:
        return _("{tracks} and boxes {boxes}", tracks=message, boxes=boxes)
    if boxes:
        return _("boxes {boxes}", boxes=boxes)
    return message if tracks else _("nobody")


def prepared_data(prepared: Prepared) -> dict[str, object]:
    """A prepared request as JSON."""
    request = prepared.request.id
    return {
        "dry_run": prepared.dry_run,
        "request": request,
        "sheet": prepared.sheet,
        "parts": [
            {
                "camera": part_plan.camera,
                "part": part_plan.position,
                "start": part_plan.span.start,
                "end": part_plan.span.end,
                "segments": part_plan.segments,
                "frames": part_plan.frames,
                "tracks": part_plan.tracks,
                "kept_from_before": part_plan.unchanged,
            }
            for part_plan in prepared.parts
        ],
        "next": f"cctv redaction keep {request} --person N --reason WHY",
    }


def prepared_text(console: Console, prepared: Prepared) -> None:
    """The parts that were prepared, and where the sheet is."""
    request = prepared.request.id
    for part_plan in prepared.parts:
        summary = (
            _("would be analysed")
            if part_plan.tracks is None
            else _("{tracks} tracks in {frames} frames", tracks=part_plan.tracks, frames=part_plan.frames)
        )
        again = f", {_('as before')}" if part_plan.unchanged else ""
        part = _part(part_plan.camera, part_plan.position)
        console.print(_("{part}: {found}", part=part, found=summary + again))
    if prepared.dry_run:
        print_dry(console)
        return
    console.print("\n" + _("Open this page in a browser:") + f"\n  {prepared.sheet}\n", soft_wrap=True)
    look = next_text(f"cctv redaction people {request}")
    console.print(look)
    for following in ("keep {} --person N --reason WHY", "approve {} --all --reason WHY"):
        console.print(" " * look.index("cctv ") + translate_line(f"cctv redaction {following.format(request)}"))


def show_decided(context: CommandContext, decided: Sequence[Decided]) -> None:
    """Print what a decision made visible: a part each, the first one also as `part`; and what to type next."""
    request = decided[0].after.plan.request
    question = None if context.dry_run else People(context.site, case_file(context.site, request).parts).question()
    following = f"cctv redaction ask {request}" if question else f"cctv redaction approve {request} --all --reason WHY"
    parts = [part_data(change.after) for change in decided]
    data = {
        "dry_run": context.dry_run,
        "request": request,
        "part": parts[0],
        "parts": parts,
        "approval_void": any(change.voided for change in decided),
        "sheet": sheet(context, request),
        "next": following,
    }
    context.emit(data, lambda console: decided_text(console, context, decided, following))


def decided_text(console: Console, context: CommandContext, decided: Sequence[Decided], following: str) -> None:
    """What is visible and undecided in each part after a decision."""
    for part in (change.after for change in decided):
        name, visible = part_name(part), visible_text(part)
        shown = (
            _("{part}: visible would be {visible}", part=name, visible=visible)
            if context.dry_run
            else _("{part}: visible is {visible}", part=name, visible=visible)
        )
        console.print(shown, style="bold")
        if part.plan.undecided:
            console.print(_undecided(part))
        if not context.dry_run:  # what it would show is known once it was analysed
            console.print(translate(visible_words(part.plan.subject)))
    if any(change.voided for change in decided):
        console.print(_("The approval given before is void, because the plan changed."))
    if context.dry_run:
        print_dry(console)
        return
    console.print(_sheet_text(context, decided[0].after.plan.request), soft_wrap=True)
    console.print(_("Look at the sheet again: it has pictures of what is shown now."))
    console.print(next_text(following))


def noted_text(console: Console, context: CommandContext, decision: Noted, following: str) -> None:
    """How far the parts were reviewed after a sign-off or a review."""
    for part in decision.after:
        console.print(_("{part}: {found}", part=part_name(part), found=review_progress(part)))
    if decision.voided:
        console.print(_("The approval given before is void, because the plan changed."))
    if context.dry_run:
        print_dry(console)
        return
    console.print(_sheet_text(context, decision.after[0].plan.request), soft_wrap=True)
    console.print(next_text(following))


def review_progress(part: CasePart) -> str:
    """How much of a part is signed off and reviewed."""
    plan = part.plan
    signed = len(plan.backdrop_files) - len(plan.unsigned)
    return _(
        "{signed} of {backdrops} backdrops signed off, {reviewed} of {frames} frames reviewed",
        signed=signed,
        backdrops=len(plan.backdrop_files),
        reviewed=_frames_reviewed(part),
        frames=plan.frames,
    )


def approved_text(console: Console, context: CommandContext, case: CaseFile) -> None:
    """What an approval makes visible, part by part."""
    for part in case.parts:
        name, visible = part_name(part), visible_text(part)
        shown = _("{part}: visible will be {visible}; everything else is hidden", part=name, visible=visible)
        console.print(shown)
        if part.plan.undecided:
            console.print(f"  {_undecided(part)}")
        console.print(f"  {translate(visible_words(part.plan.subject))}")
    if context.dry_run:
        print_dry(console)
        return
    console.print(_("Approved by {who}.", who=context.actor.account), style="bold")
    print_next(
        f"cctv request answer {case.request.id}   {_('the copy, the letter, and the end of the request')}",
        f"cctv export build {case.request.id}     {_('the copy only')}",
    )


def case_text(console: Console, context: CommandContext, case: CaseFile) -> None:
    """The parts of a request's redaction as a table."""
    rows = [
        (
            part.plan.camera,
            str(part.plan.position),
            local(part.plan.span.start, context.zone),
            length(part.plan.span.duration),
            str(len(part.plan.tracks)),
            visible_text(part),
            str(len(part.plan.undecided)),
            _share(len(part.plan.backdrop_files) - len(part.plan.unsigned), len(part.plan.backdrop_files)),
            _share(_frames_reviewed(part), part.plan.frames),
            _("by {who}", who=part.approval.by) if part.approved and part.approval else _("no"),
        )
        for part in case.parts
    ]
    console.print(
        table(
            (
                "camera",
                "part",
                "from",
                "length",
                "tracks",
                "visible",
                "undecided",
                "backdrops",
                "reviewed",
                "approved",
            ),
            rows,
            right=("part", "tracks", "undecided", "backdrops", "reviewed"),
        )
    )
    for part in case.parts:
        console.print(_("{part}: {found}", part=part_name(part), found=translate(visible_words(part.plan.subject))))
    console.print("\n" + _sheet_text(context, case.request.id), soft_wrap=True)


def file_data(report: FileReport) -> dict[str, object]:
    """The redaction of a file as JSON."""
    render, verified = report.render, report.render.verified
    return {
        "output": report.output,
        "mask": report.mask_output,
        "frames": render.frames,
        "frames_kept": render.frames_kept,
        "frames_subject_visible": render.frames_subject_visible,
        "hidden_share": round(render.hidden_share, 6),
        "backdrops": render.backdrops,
        "live_pixels_outside_kept": verified.live_pixels_outside_kept,
        "audio_streams": verified.audio_streams,
        "witness": {
            "model": verified.witness.model_sha256,
            "frames": verified.witness.frames_searched,
            "backdrops": verified.witness.backdrops_searched,
            "subjects": verified.witness.subjects_found,
        },
        "warnings": report.warnings,
    }


def file_text(console: Console, report: FileReport) -> None:
    """The redaction of a file, and what was proved of it."""
    render = report.render
    hidden = _(
        "{file}: {frames} frames, {share} % of the picture hidden; checked: nothing live outside what was kept, "
        "no sound",
        file=report.output,
        frames=render.frames,
        share=decimal(f"{100 * render.hidden_share:.1f}"),
    )
    console.print(hidden, soft_wrap=True)
    if render.frames_kept:
        message = _(
            "kept visible in {some} of the {of} frames with boxes",
            some=render.frames_subject_visible,
            of=render.frames_kept,
        )
        console.print(message)
    if report.mask_output:
        console.print(_("{file}: 0 = live, 255 = hidden", file=report.mask_output), soft_wrap=True)


def _part(camera: str, position: int) -> str:
    return _("{camera} part {part}", camera=camera, part=position)


def part_name(part: CasePart) -> str:
    """`foyer-1 part 2`."""
    return _part(part.plan.camera, part.plan.position)


def _undecided(part: CasePart) -> str:
    return _("undecided, so hidden: {tracks}", tracks=ranges_text(part.plan.undecided))


def _sheet_text(context: CommandContext, request: str) -> str:
    return _("sheet: {path}", path=sheet(context, request))


def _frames_reviewed(part: CasePart) -> int:
    return part.plan.frames - sum(last - first + 1 for first, last in part.unreviewed)


def _share(count: int, of: int) -> str:
    return _("{some} of {of}", some=count, of=of)
