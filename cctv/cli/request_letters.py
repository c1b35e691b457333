"""`cctv request extend` and `sent`: two months more, and letters that went."""

from __future__ import annotations

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation, reason_option
from cctv.model.requests import ExtensionGround, LetterKind


@click.command()
@click.argument("request_id", metavar="ID")
@click.option(
    "--ground", required=True, type=click.Choice([one.value for one in ExtensionGround]), help="Article 12(3) GDPR."
)
@reason_option()
@mutation
@click.pass_obj
def extend(box: Box, request_id: str, ground: str, reason: str) -> None:
    """Give an answer two months more, once, with a reason that the person is told inside the first period.

    The deadline moves when the letter went: `cctv request sent`.

    \b
      cctv request extend REQ-2026-007 --ground complexity --reason "forty people are in the picture"
    """
    from cctv.casework import extend as extend_request
    from cctv.casework import plan_extension
    from cctv.cli.preserved import day
    from cctv.cli.request_words import request_data, tell

    act = plan_extension if box.dry_run else extend_request
    done = act(box.site, request_id, ExtensionGround(ground), reason=reason)
    data = {
        "dry_run": box.dry_run,
        "request": request_data(done.request, box),
        "extension": {"ground": ground, "due": done.extension.due, "sent": done.extension.sent},
    }
    until = day(done.extension.due, box.zone)
    said = (
        f"{done.request.id} may be answered by {until}, once the person was told by {day(done.request.due, box.zone)}."
    )
    box.emit(data, lambda console: tell(console, box, done.request, said))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option(
    "--letter", required=True, type=click.Choice([one.value for one in LetterKind]), help="Which letter went."
)
@click.option("--on", "day_", metavar="DATE", help="The day; today when it is not given.")
@mutation
@click.pass_obj
def sent(box: Box, request_id: str, letter: str, day_: str | None) -> None:
    """Enter that a letter went.  An extension moves the deadline then; an erasure is closed and forgets its people.

    \b
      cctv request sent REQ-2026-007 --letter extension --on 21/11
    """
    from cctv.casework import mark_sent
    from cctv.cli.request_words import request_data, tell
    from cctv.kernel.times import parse_date

    day = parse_date(day_, now=box.now, zone=box.zone) if day_ else None
    done = mark_sent(box.site, request_id, LetterKind(letter), day, dry_run=box.dry_run)
    data = {"dry_run": box.dry_run, "request": request_data(done.request, box), "letter": letter, "sent": str(done.day)}
    said = f"The letter {letter} of {done.request.id} went on {done.day:%d/%m/%Y}."
    box.emit(data, lambda console: tell(console, box, done.request, said))
