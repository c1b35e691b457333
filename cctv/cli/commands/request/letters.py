"""`cctv request receipt`, `pass-on`, `ask`, `invite`, `viewings`, `extend`, `sent`: letters, and that they went."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich.console import Console

from cctv.cases.errors.requests import WithdrawalUnclear
from cctv.cases.letters.correspondence import (
    Appointment,
    Wrote,
    ask_identity,
    ask_scope,
    mark_sent,
    withdraw_question,
    write_receipt,
    write_viewings,
)
from cctv.cases.letters.correspondence import invite as invite_requester
from cctv.cases.letters.correspondence import pass_on as write_pass_on
from cctv.cases.requests.deadlines import extend as extend_request
from cctv.cases.requests.deadlines import plan_extension
from cctv.cli.context import CommandContext
from cctv.cli.options import F, mutation, one_of, reason_option
from cctv.cli.views.footage import day
from cctv.cli.views.request import emit_request, print_letter, print_result, request_data
from cctv.core.i18n import _
from cctv.letters.answers import Viewing
from cctv.model.requests import ExtensionGround, LetterKind, Safeguard


def letter_option(command: F) -> F:
    """`--no-letter`: the letter is written elsewhere."""
    return click.option("--letter/--no-letter", default=True, help="Make the letter; or it is written elsewhere.")(
        command
    )


@click.command()
@click.argument("request_id", metavar="ID")
@mutation
@click.pass_obj
def receipt(context: CommandContext, request_id: str) -> None:
    """Make the letter that says that a request was received, and when its answer is due.

    \b
      cctv request receipt REQ-2026-007
    """
    _wrote(context, write_receipt(context.site, request_id, dry_run=context.dry_run))


@click.command("pass-on")
@click.argument("request_id", metavar="ID")
@mutation
@click.pass_obj
def pass_on(context: CommandContext, request_id: str) -> None:
    """Make the letter that passes a request on to the controller, where this site records for a customer.

    It says what was asked, by whom and when, which footage is kept, and by when the person must have an answer.  It is
    due within three days of receipt; `cctv request sent` records that it went.

    \b
      cctv request pass-on REQ-2026-007
      cctv request sent REQ-2026-007 --letter passed-on
    """
    _wrote(context, write_pass_on(context.site, request_id, dry_run=context.dry_run))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option(
    "--about",
    type=click.Choice([LetterKind.IDENTITY.value, LetterKind.SCOPE.value]),
    default=LetterKind.IDENTITY.value,
    show_default=True,
    help="What is asked: who they are, or when and where they may have been filmed.",
)
@click.option("--withdraw", is_flag=True, help="Take the question about identity back instead, with --reason.")
@reason_option(required=False)
@mutation
@click.pass_obj
def ask(context: CommandContext, request_id: str, about: str, withdraw: bool, reason: str | None) -> None:
    """Make the letter that asks for a mandate or a proof of identity; never for a copy of a document.

    With --about scope it asks for the time or the place that a request does not say; the deadline runs on.

    From then on preparing, approving and granting wait until an identity was checked (`cctv request identity`) or the
    question was taken back.

    \b
      cctv request ask REQ-2026-007
      cctv request ask REQ-2026-007 --about scope
      cctv request ask REQ-2026-007 --withdraw --reason "she wrote from the address of her ticket"
    """
    if withdraw != (reason is not None):
        raise WithdrawalUnclear(id=request_id)
    if reason is not None:
        request = withdraw_question(context.site, request_id, reason=reason, dry_run=context.dry_run)
        emit_request(context, request, _("{id}: the question about identity is taken back.", id=request.id))
        return
    write = ask_scope if about == LetterKind.SCOPE.value else ask_identity
    _wrote(context, write(context.site, request_id, dry_run=context.dry_run))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--at", required=True, metavar="WHEN", help="The moment, with its hour; in time for the answer.")
@click.option("--place", required=True, metavar="PLACE", help="Where to come.")
@click.option("--host", required=True, metavar="NAME", help="Whom to ask for at the door.")
@click.option(
    "--others",
    type=one_of(Safeguard),
    default=Safeguard.HIDDEN.value,
    show_default=True,
    help="How others in the picture are spared.",
)
@mutation
@click.pass_obj
def invite(context: CommandContext, request_id: str, at: str, place: str, host: str, others: str) -> None:
    """Make the letter that invites a person to come and look, with the information of Article 15 GDPR.

    The footage is kept until the request is closed.  `cctv redaction preview` makes what is shown, others hidden.
    After the visit `cctv request answer` with `--outcome viewing` ends the request.

    \b
      cctv request invite REQ-2026-007 --at "28/11 10u" --place "reception, Kerkstraat 1" --host "A. Peeters"
    """
    moment = context.ahead(at)
    appointment = Appointment(moment, place, host, Safeguard(others))
    _wrote(context, invite_requester(context.site, request_id, appointment, dry_run=context.dry_run))


@click.command()
@click.argument("request_id", metavar="ID")
@mutation
@click.pass_obj
def viewings(context: CommandContext, request_id: str) -> None:
    """Make the letter that says when and what for a request's footage was looked at, without names of staff.

    It lists every viewing, extract, redaction, export and disclosure of its cameras in its time, whichever case it
    served, by the audit log (CJEU C-579/21).  The request stays open: answer it, or close it as granted if that was
    all.

    \b
      cctv request viewings REQ-2026-007 --dry-run
      cctv request viewings REQ-2026-007
    """
    consulted = write_viewings(context.site, request_id, dry_run=context.dry_run)
    _wrote(context, consulted.wrote, {"viewings": [_viewing_data(viewing) for viewing in consulted.viewings]})


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--ground", required=True, type=one_of(ExtensionGround), help="Article 12(3) GDPR.")
@letter_option
@reason_option()
@mutation
@click.pass_obj
def extend(context: CommandContext, request_id: str, ground: str, letter: bool, reason: str) -> None:
    """Give an answer two months more, once, with a reason that the person is told inside the first period.

    The deadline moves when the letter went: `cctv request sent`.

    \b
      cctv request extend REQ-2026-007 --ground complexity --reason "forty people are in the picture"
    """
    if context.dry_run:
        extended = plan_extension(context.site, request_id, ExtensionGround(ground), reason=reason)
    else:
        extended = extend_request(context.site, request_id, ExtensionGround(ground), reason=reason, with_letter=letter)
    data = {
        "dry_run": context.dry_run,
        "request": request_data(extended.request, context),
        "extension": {"ground": ground, "due": extended.extension.due, "sent": extended.extension.sent},
    }
    until = day(extended.extension.due, context.zone)
    moved = _(
        "{id} may be answered by {until}, once the person was told by {due}.",
        id=extended.request.id,
        until=until,
        due=day(extended.request.due, context.zone),
    )
    context.emit(data, lambda console: print_result(console, context, extended.request, moved))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--letter", required=True, type=one_of(LetterKind), help="Which letter went.")
@click.option("--on", "day_", metavar="DATE", help="The day; today when it is not given.")
@mutation
@click.pass_obj
def sent(context: CommandContext, request_id: str, letter: str, day_: str | None) -> None:
    """Enter that a letter went.  An extension moves the deadline then; an erasure is closed and forgets its people.

    \b
      cctv request sent REQ-2026-007 --letter extension --on 21/11
    """
    day = context.day(day_) if day_ else None
    posted = mark_sent(context.site, request_id, LetterKind(letter), day, dry_run=context.dry_run)
    data = {
        "dry_run": context.dry_run,
        "request": request_data(posted.request, context),
        "letter": letter,
        "sent": posted.day,
    }
    message = _(
        "The letter {kind} of {id} went on {day:%d/%m/%Y}.",
        kind=LetterKind(letter),
        id=posted.request.id,
        day=posted.day,
    )
    context.emit(data, lambda console: print_result(console, context, posted.request, message))


def _viewing_data(viewing: Viewing) -> dict[str, object]:
    return {
        "on": viewing.on,
        "what": viewing.what,
        "purpose": viewing.purpose,
        "cameras": viewing.cameras,
        "recipient": viewing.recipient,
    }


def _wrote(context: CommandContext, wrote: Wrote, more: Mapping[str, object] | None = None) -> None:
    letter = wrote.letter
    data = {
        "dry_run": context.dry_run,
        "request": request_data(wrote.request, context),
        "letter": letter.kind,
        "letters": list(letter.files),
        "text": letter.text,
        **(more or {}),
    }

    def text(console: Console) -> None:
        print_letter(console, context, letter)
        print_result(
            console, context, wrote.request, _("The letter {kind} of {id}.", kind=letter.kind, id=wrote.request.id)
        )

    context.emit(data, text)
