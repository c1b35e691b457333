"""`cctv redaction people` and `ask`: who is in the footage, and the question that shows most of the requester."""

from __future__ import annotations

from pathlib import Path

import click

from cctv.cli.context import CommandContext, json_option
from cctv.cli.copies import print_copy_line
from cctv.cli.options import mutation, one_of, refuse_typed_number
from cctv.cli.views.redaction import show_decided, watched
from cctv.cli.views.redaction_people import (
    answered_data,
    answered_text,
    asked_data,
    asked_text,
    people_data,
    people_text,
)
from cctv.core.i18n import _
from cctv.redaction.people.persons import Verdict
from cctv.redaction.review.decide import Given, answer, take_back
from cctv.redaction.review.people import open_people, save_pictures, save_question

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--pictures", "folder", type=_FOLDER, metavar="DIR",
              help="Also write a picture of each person there, as person-N.jpg; delete them afterwards.")  # fmt: skip
@json_option
@click.pass_obj
def people(context: CommandContext, request_id: str, folder: Path | None) -> None:
    """List the people in a request's footage, by number, with where and when they are seen.

    Pieces of one person are joined where that is certain, or where an answer of `ask` says so.  Nobody is recognised:
    a number is a person of this request and of no other.

    \b
      cctv redaction people REQ-2026-007
      cctv redaction people REQ-2026-007 --pictures /tmp/people
    """
    case, found = open_people(context.site, request_id)
    paths = save_pictures(context.site, case.request.id, found, folder) if folder is not None else {}
    context.emit(
        people_data(case.request.id, found, paths),
        lambda console: people_text(console, context, case.request.id, found, paths),
    )


@click.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--answer", "verdict", type=one_of(Verdict), metavar="ANSWER",
              help="What you see in the pictures of --question.")  # fmt: skip
@click.option("--question", metavar="ID", help="The question that you answer, as it was shown.")
@click.option("--again", is_flag=True, help="Ask once more what was answered unsure.")
@click.option("--take-back", "withdrawn", metavar="ID", help="Take the answer to this question back.")
@click.option("--reason", metavar="TEXT", callback=refuse_typed_number, help="Why; kept with the case.")
@mutation
@click.pass_obj
def ask(
    context: CommandContext,
    request_id: str,
    verdict: str | None,
    question: str | None,
    again: bool,
    withdrawn: str | None,
    reason: str | None,
) -> None:
    """Show the question whose answer shows most of the requester, or answer it.

    A question has two pictures: is this the requester again?  Or it has a stretch: is a second person in the box?
    Unsure hides, as no does.  An answer holds for the question that was shown, and for no other.

    \b
      cctv redaction ask REQ-2026-007
      cctv redaction ask REQ-2026-007 --question 3fa2c1d09b7e --answer yes --reason "same coat, same bag"
      cctv redaction ask REQ-2026-007 --take-back 3fa2c1d09b7e --reason "it was her sister"
    """
    if withdrawn is not None:
        _refuse_unless(verdict is None and question is None, _("--take-back goes with neither --answer nor --question"))
        _refuse_unless(reason is not None, _("--take-back needs --reason"))
        with watched() as progress:
            decided = take_back(context.site, request_id, withdrawn, reason or "", progress, dry_run=context.dry_run)
        show_decided(context, decided)
        return
    if verdict is None and question is None:
        _show_next(context, request_id, again=again)
        return
    _refuse_unless(None not in (verdict, question, reason), _("--answer, --question and --reason go together"))
    given = Given(question or "", Verdict(verdict), reason or "")
    with watched() as progress:
        answered = answer(context.site, request_id, given, progress, dry_run=context.dry_run)
    case, now = open_people(context.site, request_id)
    following = now.question()
    data = answered_data(context, case.request.id, answered, following)
    context.emit(data, lambda console: answered_text(console, context, case.request.id, answered, following))


def _show_next(context: CommandContext, request_id: str, *, again: bool) -> None:
    case, found = open_people(context.site, request_id)
    question = found.question(again=again)
    shown = found.asked(question) if question is not None else None
    paths = () if context.json or shown is None else save_question(context.site, case.request.id, shown)
    context.emit(
        asked_data(context, case.request.id, found, shown),
        lambda console: asked_text(console, context, case.request.id, found, shown, paths),
    )
    if paths:
        print_copy_line(context, f"cctv redaction show {case.request.id} --copy-to .")


def _refuse_unless(allowed: bool, message: str) -> None:
    if not allowed:
        raise click.UsageError(message)
