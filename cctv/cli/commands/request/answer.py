"""`cctv request answer` and `close`: answer a request, or close one that was answered elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cctv.cases.letters.answer_letters import Wording
from cctv.cases.requests.answer import plan_answer
from cctv.cases.requests.close import Closure, ErasurePlan, close_request, plan_closure
from cctv.cases.requests.outcomes import RequestOutcome
from cctv.cli.commands.export import lease_text
from cctv.cli.commands.request.letters import letter_option
from cctv.cli.context import CommandContext, confirm
from cctv.cli.options import mutation, one_of, reason_option, yes_option
from cctv.cli.views.footage import print_dry, print_release_effects, release_effects_data
from cctv.cli.views.redaction import watched
from cctv.cli.views.request import (
    erasure_data,
    missing_data,
    print_erasure,
    print_letter,
    print_missing,
    request_data,
)
from cctv.core.i18n import _, ngettext
from cctv.db.engine import read_transaction
from cctv.model.cases import CaseOutcome
from cctv.model.disclosures import Delivery, Method, PasswordWay
from cctv.model.requests import ErasureGround, RefusalGround, RestrictionGround
from cctv.packages.answer import Answered, HandOver, answer_request, prepare_answer
from cctv.packages.deliver import Delivered
from cctv.packages.folder import package_folder

_ANSWERS = [outcome for outcome in CaseOutcome if outcome is not CaseOutcome.WITHDRAWN]  # that is `request withdraw`


@click.command()
@click.argument("request_id", metavar="ID")
@click.option(
    "--outcome",
    type=one_of(_ANSWERS),
    default="granted",
    show_default=True,
    help="How the request ends; `refused` for an objection that was rejected.",
)
@click.option("--ground", type=one_of(RefusalGround), help="On which it is refused, wholly or in part.")
@click.option("--erasure-ground", type=one_of(ErasureGround), help="Of an erasure: the point of Article 17(1) GDPR.")
@click.option(
    "--balance", metavar="TEXT", help="Of a rejected objection: why the grounds override the person's rights."
)
@click.option("--evidence", metavar="TEXT", help="Of a refusal under Article 12(5) GDPR: what proves it.")
@click.option("--measures", metavar="TEXT", help="Of a complaint that is founded: what is done about it.")
@click.option("--basis", type=one_of(RestrictionGround), help="Of a restriction: the point of Article 18(1) GDPR.")
@click.option("--delivery", type=one_of(Delivery), help="How the copy goes; else by the kind of address.")
@click.option("--password", type=one_of(PasswordWay), help="How its password goes: another way than the copy.")
@click.option("--to", type=click.Path(path_type=Path), metavar="DIR", help="Hand the copy over there at once.")
@click.option(
    "--method", type=one_of((Method.HAND, Method.ZIP)), default="zip", show_default=True, help="How, with --to."
)
@click.option("--told", is_flag=True, help="Whoever received the footage was informed (Article 19 GDPR).")
@yes_option
@letter_option
@reason_option(required=False)
@mutation
@click.pass_obj
def answer(context: CommandContext, /, request_id: str, outcome: str, **options: Any) -> None:  # noqa: ANN401  an argument an option
    """Answer a request: the copy where one goes with it, the letter, the end of the request and of its holds.

    An erasure needs a check of identity and --erasure-ground.  It shows what is deleted, by whole segments, and who
    else may be in it, and asks.  What a hold covers waits: then it ends as `partly`, and --ground says on which point
    of Article 17(3) GDPR.  A restriction stays in force until it is lifted.  An objection is decided first (`uphold`,
    `reject`).  A complaint is founded (`granted`), `partly`, or not (`refused`).  Exit 13 when something is missing,
    and what.

    That a request is an abuse takes `--ground abusive` with `--evidence`, and two accounts that type the same line.

    \b
      cctv request answer REQ-2026-007
      cctv request answer REQ-2026-007 --method zip --to /media/usb
      cctv request answer REQ-2026-007 --outcome no-footage
      cctv request answer REQ-2026-007 --outcome refused --ground excessive --reason "the same copy went last week"
      cctv request answer REQ-2026-009 --reason "the camera saw the street" --measures "it was turned"
      cctv request answer REQ-2026-011 --erasure-ground unlawful --dry-run
    """
    ground = options["ground"]
    erasure_ground = ErasureGround(options["erasure_ground"]) if options["erasure_ground"] else None
    request_outcome = RequestOutcome(
        CaseOutcome(outcome),
        RefusalGround(ground) if ground else None,
        options["reason"],
        options["evidence"],
        erasure_ground,
    )
    wording = _wording(options) if options["letter"] else None
    hand_over = HandOver(options["to"], Method(options["method"])) if options["to"] else None
    if context.dry_run:
        with watched() as progress:
            answered = prepare_answer(context.site, request_id, request_outcome, wording, progress)
    else:
        erasure = _agreed_erasure(context, request_id, request_outcome, yes=options["yes"])
        with watched() as progress:
            answered = answer_request(context.site, request_id, request_outcome, wording, progress, hand_over, erasure)
    context.emit(_data(context, answered), lambda console: _text(console, context, answered))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--outcome", required=True, type=one_of(_ANSWERS), help="How it was answered.")
@click.option("--ground", type=one_of(RefusalGround), help="On which it was refused.")
@click.option("--evidence", metavar="TEXT", help="Of a refusal under Article 12(5) GDPR: what the requester was told.")
@reason_option(required=False)
@mutation
@click.pass_obj
def close(
    context: CommandContext, request_id: str, outcome: str, ground: str | None, evidence: str | None, reason: str | None
) -> None:
    """Close a request that was answered elsewhere, with its outcome, and release its holds.

    `cctv request answer` makes the answer and closes the request itself.  `refused` needs a ground of the law, and it,
    `partly` and `not-identifiable` need the reason that the requester was told.  An erasure forgets its people at once.

    \b
      cctv request close REQ-2026-007 --outcome granted
      cctv request close REQ-2026-007 --outcome refused --ground excessive \\
        --reason "the same footage was delivered last week"
    """
    act = plan_closure if context.dry_run else close_request
    closure = act(
        context.site,
        request_id,
        RequestOutcome(CaseOutcome(outcome), RefusalGround(ground) if ground else None, reason, evidence),
    )
    data = {
        "dry_run": context.dry_run,
        "request": request_data(closure.request, context),
        "released": [hold.id for hold in closure.releases],
        "footage": release_effects_data(closure.departures),
    }
    context.emit(data, lambda console: _closed_text(console, context, closure))


def _agreed_erasure(
    context: CommandContext, request_id: str, outcome: RequestOutcome, *, yes: bool
) -> ErasurePlan | None:
    """The erasure of an answer, once it was shown and agreed to; None without one, and where nobody agreed."""
    with read_transaction(context.site.engine) as connection:
        plan = plan_answer(connection, context.site, request_id, outcome)
    erasure = plan.erasure
    if erasure is None:
        return None
    if not context.json:
        context.emit({}, lambda console: print_erasure(console, context, erasure))
    question = ngettext(
        len(erasure.going),
        "Delete {count} segment for good, and answer {id}?",
        "Delete {count} segments for good, and answer {id}?",
        id=plan.request.id,
    )
    return erasure if yes or (context.interactive and confirm(question)) else None


def _wording(options: dict[str, Any]) -> Wording:
    in_hand = options["method"] == Method.HAND.value
    delivery = options["delivery"] or ("in-person" if in_hand else None)
    return Wording(
        balance=options["balance"],
        measures=options["measures"],
        basis=RestrictionGround(options["basis"]) if options["basis"] else None,
        delivery=Delivery(delivery) if delivery else None,
        password=PasswordWay(options["password"]) if options["password"] else None,
        told=options["told"],
        zipped=not in_hand if in_hand or options["to"] is not None else None,
    )


def _data(context: CommandContext, answered: Answered) -> dict[str, object]:
    plan, erasure, handed = answered.plan, answered.plan.erasure, answered.handed
    return {
        "dry_run": context.dry_run,
        "request": request_data(answered.request, context),
        "outcome": plan.ending.outcome,
        "package": answered.package.id if answered.package else None,
        "letters": list(answered.letter.files) if answered.letter else [],
        "text": answered.letter.text if answered.letter else None,
        "disclosure": handed.disclosure.id if handed and handed.disclosure else None,
        "files": [str(path) for path in handed.files] if handed else [],
        "passphrase": handed.passphrase if handed else None,
        "released": [hold.id for hold in plan.releases],
        "footage": release_effects_data(plan.departures),
        "erased": {
            "segments": len(erasure.going),
            "gone": answered.erased.gone if answered.erased else 0,
            "waiting": len(erasure.removal.held),
            "holds": erasure.waiting,
            "delayed": answered.delayed,
            **erasure_data(erasure),
        }
        if erasure is not None
        else None,
        "missing": missing_data(context, answered.request),
    }


def _text(console: Console, context: CommandContext, answered: Answered) -> None:
    plan, request = answered.plan, answered.request
    outcome = plan.ending.outcome
    heading = (
        _("Would answer {id}: {outcome}", id=request.id, outcome=outcome)
        if context.dry_run
        else _("Answered {id}: {outcome}", id=request.id, outcome=outcome)
    )
    console.print(heading, style="bold")
    if answered.package is not None:
        path = package_folder(context.site, answered.package)
        console.print(_("The copy is {package}: {path}", package=answered.package.id, path=path), soft_wrap=True)
    elif plan.copied:
        console.print(_("A package would be built."))
    print_letter(console, context, answered.letter)
    if plan.erasure is not None:
        _erasure_text(console, context, answered)
    elif plan.releases:
        print_release_effects(console, plan.departures, context.zone)
    if context.dry_run:
        print_dry(console)
        return
    more: tuple[str, ...] = ()
    if answered.handed is not None:
        _handed_text(console, context, answered.handed)
    elif answered.package is not None:
        more = (f"cctv export deliver {answered.package.id} --method zip --to DIR",)
    print_missing(console, context, request, *more)


def _handed_text(console: Console, context: CommandContext, handed: Delivered) -> None:
    assert handed.disclosure is not None
    console.print(_("{id}: handed over", id=handed.disclosure.id), style="bold")
    for path in handed.files:
        console.print(str(path), soft_wrap=True)
    if handed.disclosure.lease_end is not None:
        console.print(lease_text(context, handed.disclosure))
    if handed.passphrase is not None:
        console.print(_("passphrase, shown once: {passphrase}", passphrase=handed.passphrase), style="bold")


def _erasure_text(console: Console, context: CommandContext, answered: Answered) -> None:
    erasure = answered.plan.erasure
    assert erasure is not None
    if answered.erased is not None:
        console.print(ngettext(answered.erased.gone, "{count} segment deleted.", "{count} segments deleted."))
    elif answered.delayed is not None:
        delayed = _("Ordered, and not deleted yet: {why}  The next sweep goes on.", why=answered.delayed)
        console.print(delayed, style="bold")
    else:
        going = len(erasure.going)
        print_erasure(console, context, erasure)
        console.print(ngettext(going, "{count} segment would be deleted.", "{count} segments would be deleted."))
    if erasure.waiting:
        waiting = ngettext(
            len(erasure.removal.held),
            "{count} segment must wait: kept by {holds}, until released.",
            "{count} segments must wait: kept by {holds}, until released.",
            holds=", ".join(erasure.waiting),
        )
        console.print(waiting, style="bold")


def _closed_text(console: Console, context: CommandContext, closure: Closure) -> None:
    request = closure.request
    released = ", ".join(hold.id for hold in closure.releases)
    if context.dry_run and released:
        closed = _("Would close {id}; {holds} would be released.", id=request.id, holds=released)
    elif context.dry_run:
        closed = _("Would close {id}.", id=request.id)
    elif released:
        closed = _("Closed {id}; {holds} released.", id=request.id, holds=released)
    else:
        closed = _("Closed {id}.", id=request.id)
    console.print(f"{closed}\n", style="bold")
    print_release_effects(console, closure.departures, context.zone)
    if context.dry_run:
        print_dry(console)
