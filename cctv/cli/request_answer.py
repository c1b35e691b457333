"""`cctv request answer`: the copy, the outcome, and what follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation, one_of, reason_option
from cctv.cli.request_letters import letter_option
from cctv.model.casework import Outcome
from cctv.model.disclosures import Delivery, Method, PasswordWay
from cctv.model.requests import RefusalGround, RestrictionGround
from cctv.tongue import said, said_of

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework.answerletters import Wording
    from cctv.export.answering import Answered
    from cctv.export.delivery import Delivered


@click.command()
@click.argument("request_id", metavar="ID")
@click.option(
    "--outcome",
    type=one_of(Outcome),
    default="granted",
    show_default=True,
    help="How the request ends; `refused` for an objection that was rejected.",
)
@click.option("--ground", type=one_of(RefusalGround), help="On which it is refused.")
@click.option(
    "--balance", metavar="TEXT", help="Of a rejected objection: why the grounds override the person's rights."
)
@click.option("--measures", metavar="TEXT", help="Of a complaint that is founded: what is done about it.")
@click.option("--basis", type=one_of(RestrictionGround), help="Of a restriction: the point of Article 18(1) GDPR.")
@click.option("--delivery", type=one_of(Delivery), help="How the copy goes; else by the kind of address.")
@click.option("--password", type=one_of(PasswordWay), help="How its password goes: another way than the copy.")
@click.option("--to", type=click.Path(path_type=Path), metavar="DIR", help="Hand the copy over there at once.")
@click.option("--method", type=one_of(Method), default="zip", show_default=True, help="How, with --to.")
@click.option("--told", is_flag=True, help="Whoever received the footage was informed (Article 19 GDPR).")
@letter_option
@reason_option(required=False)
@mutation
@click.pass_obj
def answer(box: Box, /, request_id: str, outcome: str, **given: Any) -> None:  # noqa: ANN401  an argument an option
    """Answer a request: the copy where one goes with it, the letter, the end of the request and of its holds.

    An erasure deletes what no hold covers; the rest waits and is listed.  A restriction stays in force until it is
    lifted.  An objection is decided first (`uphold`, `reject`).  A complaint is founded (`granted`), `partly`, or not
    (`refused`).  Exit 13 when something is missing, and what.

    \b
      cctv request answer REQ-2026-007
      cctv request answer REQ-2026-007 --method zip --to /media/usb
      cctv request answer REQ-2026-007 --outcome no-footage
      cctv request answer REQ-2026-007 --outcome refused --ground excessive --reason "the same copy went last week"
      cctv request answer REQ-2026-009 --reason "the camera saw the street" --measures "it was turned"
    """
    from cctv.casework import Ending
    from cctv.cli.redacted import watched
    from cctv.export.answering import HandOver, answer_request, prepare_answer

    ground = given["ground"]
    wanted = Ending(Outcome(outcome), RefusalGround(ground) if ground else None, given["reason"])
    wording = _wording(given) if given["letter"] else None
    hand_over = HandOver(given["to"], Method(given["method"])) if given["to"] else None
    with watched() as progress:
        if box.dry_run:
            done = prepare_answer(box.site, request_id, wanted, wording, progress)
        else:
            done = answer_request(box.site, request_id, wanted, wording, progress, hand_over)
    box.emit(_data(box, done), lambda console: _text(console, box, done))


def _wording(given: dict[str, Any]) -> Wording:
    from cctv.casework.answerletters import Wording

    delivery = given["delivery"] or ("in-person" if given["method"] == Method.HAND.value else None)
    return Wording(
        balance=given["balance"],
        measures=given["measures"],
        basis=RestrictionGround(given["basis"]) if given["basis"] else None,
        delivery=Delivery(delivery) if delivery else None,
        password=PasswordWay(given["password"]) if given["password"] else None,
        told=given["told"],
    )


def _data(box: Box, done: Answered) -> dict[str, object]:
    from cctv.cli.preserved import departures_data
    from cctv.cli.request_words import missing_data, request_data

    plan, erasure, handed = done.plan, done.plan.erasure, done.handed
    return {
        "dry_run": box.dry_run,
        "request": request_data(done.request, box),
        "outcome": plan.ending.outcome,
        "package": done.package.id if done.package else None,
        "letters": list(done.letter.files) if done.letter else [],
        "text": done.letter.text if done.letter else None,
        "disclosure": handed.disclosure.id if handed and handed.disclosure else None,
        "files": [str(path) for path in handed.files] if handed else [],
        "passphrase": handed.passphrase if handed else None,
        "released": [hold.id for hold in plan.releases],
        "footage": departures_data(plan.departures),
        "erased": {
            "segments": len(erasure.going),
            "gone": done.erased.gone if done.erased else 0,
            "waiting": len(erasure.held),
            "holds": plan.waiting,
            "delayed": done.delayed,
        }
        if erasure is not None
        else None,
        "missing": missing_data(box, done.request),
    }


def _text(console: Console, box: Box, done: Answered) -> None:
    from cctv.cli.preserved import print_departures, print_dry
    from cctv.cli.request_words import print_letter, print_missing

    plan, one = done.plan, done.request
    outcome = plan.ending.outcome
    answered = (
        said("Would answer {id}: {outcome}", id=one.id, outcome=outcome)
        if box.dry_run
        else said("Answered {id}: {outcome}", id=one.id, outcome=outcome)
    )
    console.print(answered, style="bold")
    if done.package is not None:
        path = box.site.root / done.package.path
        console.print(said("The copy is {package}: {path}", package=done.package.id, path=path), soft_wrap=True)
    elif plan.copied:
        console.print(said("A package would be built."))
    print_letter(console, box, done.letter)
    if plan.erasure is not None:
        _erasure_text(console, box, done)
    elif plan.releases:
        print_departures(console, plan.departures, box.zone)
    if box.dry_run:
        print_dry(console)
        return
    more: tuple[str, ...] = ()
    if done.handed is not None:
        _handed_text(console, box, done.handed)
    elif done.package is not None:
        more = (f"cctv export deliver {done.package.id} --method zip --to DIR",)
    print_missing(console, box, one, *more)


def _handed_text(console: Console, box: Box, handed: Delivered) -> None:
    from cctv.cli.handing import lent_text

    assert handed.disclosure is not None
    console.print(said("{id}: handed over", id=handed.disclosure.id), style="bold")
    for path in handed.files:
        console.print(str(path), soft_wrap=True)
    if handed.disclosure.lease_end is not None:
        console.print(lent_text(box, handed.disclosure))
    if handed.passphrase is not None:
        console.print(said("passphrase, shown once: {passphrase}", passphrase=handed.passphrase), style="bold")


def _erasure_text(console: Console, box: Box, done: Answered) -> None:
    erasure = done.plan.erasure
    assert erasure is not None
    if done.erased is not None:
        console.print(said_of(done.erased.gone, "{count} segment deleted.", "{count} segments deleted."))
    elif done.delayed is not None:
        delayed = said("Ordered, and not deleted yet: {why}  The next sweep goes on.", why=done.delayed)
        console.print(delayed, style="bold")
    else:
        going = len(erasure.going)
        console.print(said_of(going, "{count} segment would be deleted.", "{count} segments would be deleted."))
    if erasure.held:
        waiting = said_of(
            len(erasure.held),
            "{count} segment must wait: kept by {holds}, until released.",
            "{count} segments must wait: kept by {holds}, until released.",
            holds=", ".join(done.plan.waiting),
        )
        console.print(waiting, style="bold")
