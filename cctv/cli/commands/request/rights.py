"""`cctv request instruct`, `uphold`, `reject`, `yield`, `lift`, `withdraw`: decisions on a request, and its end."""

from __future__ import annotations

import click

from cctv.cases.requests.lifecycle import Transition
from cctv.cases.requests.rights import YieldTo, decide_objection, plan_yield, yield_block
from cctv.cases.requests.rights import instruct as record_instruction
from cctv.cases.requests.rights import lift as lift_block
from cctv.cases.requests.rights import withdraw as withdraw_request
from cctv.cli.commands.request.letters import letter_option
from cctv.cli.context import CommandContext
from cctv.cli.options import mutation, one_of, reason_option
from cctv.cli.views.request import block_data, emit_request, print_result, request_data
from cctv.core.i18n import _
from cctv.model.requests import InstructedAct, Instruction, YieldGround


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--do", "act", required=True, type=one_of(InstructedAct), help="What the controller wants.")
@click.option("--by", required=True, metavar="NAME", help="Who decided it, at the controller.")
@click.option("--reference", required=True, metavar="TEXT", help="Where it can be read: a letter, a ticket.")
@click.option("--on", "day_", metavar="DATE", help="The day of the instruction; today when it is not given.")
@mutation
@click.pass_obj
def instruct(context: CommandContext, request_id: str, act: str, by: str, reference: str, day_: str | None) -> None:
    """Record what the controller wants done with a request, where this site records for a customer.

    Answering, refusing, erasing, showing and handing over wait for it, and so does extending.  A later instruction
    takes the place of an earlier one; the log keeps both.  With `--do leave` the controller answers the person
    itself, and `cctv request close` ends the request here.

    \b
      cctv request instruct REQ-2026-007 --do answer --by "Els Maes" --reference "mail of 23/11"
    """
    day = context.day(day_) if day_ else context.now.astimezone(context.zone).date()
    given = Instruction(InstructedAct(act), day, by, reference)
    request = record_instruction(context.site, request_id, given, dry_run=context.dry_run)
    message = _("{id}: the controller's instruction is: {act}.", id=request.id, act=given.act)
    emit_request(context, request, message)


@click.command()
@click.argument("request_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def uphold(context: CommandContext, request_id: str, reason: str) -> None:
    """Uphold an objection: the person gets a copy, then the footage is deleted.  Until then it stays blocked.

    \b
      cctv request uphold REQ-2026-007 --reason "the camera saw into the flat"
    """
    _decide(context, request_id, "uphold", reason)


@click.command()
@click.argument("request_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def reject(context: CommandContext, request_id: str, reason: str) -> None:
    """Reject an objection on compelling grounds, which `--reason` gives and the letter repeats (Article 21(1) GDPR).

    The footage stays blocked until `cctv request answer` has told the person.

    \b
      cctv request reject REQ-2026-007 --reason "the footage is needed to claim for the broken window"
    """
    _decide(context, request_id, "reject", reason)


@click.command("yield")
@click.argument("request_id", metavar="ID")
@click.option("--to", "case_id", required=True, metavar="CASE", help="The open case that may use the footage.")
@click.option(
    "--ground",
    required=True,
    type=one_of(YieldGround),
    help="A named legal claim, or the order of a named authority.",
)
@click.option("--recipient", required=True, metavar="NAME", help="Who gets to see it: the court, the insurer.")
@click.option("--reference", required=True, metavar="TEXT", help="Of the claim or the order.")
@letter_option
@reason_option()
@mutation
@click.pass_obj
def yield_(
    context: CommandContext,
    request_id: str,
    case_id: str,
    ground: str,
    recipient: str,
    reference: str,
    letter: bool,
    reason: str,
) -> None:
    """Let one case use footage that a restriction or an objection blocks.

    The data protection officer decides, named by --for; the person who was protected is told.

    \b
      cctv request yield REQ-2026-007 --to INC-2026-014 --ground legal-claim --for "A. Peeters" \\
        --recipient "Acme, insurer" --reference 2026/118 --reason "it shows who broke the window"
    """
    yield_to = YieldTo(case_id, YieldGround(ground), recipient, reference, reason)
    if context.dry_run:
        yielded_block = plan_yield(context.site, request_id, yield_to)
    else:
        yielded_block = yield_block(context.site, request_id, yield_to, with_letter=letter)
    data = {
        "dry_run": context.dry_run,
        "request": request_data(yielded_block.request, context),
        "to": yielded_block.case_id,
        "blocks": [block_data(block) for block in yielded_block.blocks],
    }
    yielded = _(
        "The block of {id} yields to {case} ({ground}).  The person must be told.",
        id=yielded_block.request.id,
        case=yielded_block.case_id,
        ground=yield_to.ground,
    )
    context.emit(data, lambda console: print_result(console, context, yielded_block.request, yielded))


@click.command()
@click.argument("request_id", metavar="ID")
@letter_option
@reason_option()
@mutation
@click.pass_obj
def lift(context: CommandContext, request_id: str, letter: bool, reason: str) -> None:
    """Lift a restriction, or take an objection back, because the person asks for it: block and hold end.

    \b
      cctv request lift REQ-2026-007 --reason "she wrote on 3 December that it may end"
    """
    lifted_block = lift_block(context.site, request_id, reason=reason, with_letter=letter, dry_run=context.dry_run)
    released = [hold.id for hold in lifted_block.released]
    data = {"dry_run": context.dry_run, "request": request_data(lifted_block.request, context), "released": released}
    lifted = _(
        "The block of {id} is lifted; released: {holds}.",
        id=lifted_block.request.id,
        holds=", ".join(released) or _("nothing"),
    )
    context.emit(data, lambda console: print_result(console, context, lifted_block.request, lifted))


@click.command()
@click.argument("request_id", metavar="ID")
@letter_option
@reason_option()
@mutation
@click.pass_obj
def withdraw(context: CommandContext, request_id: str, letter: bool, reason: str) -> None:
    """End a request that the person takes back: nothing is decided, its holds and blocks end, a letter confirms it.

    `--reason` says when and how they took it back.  Where the policy asks for two people, the first signs with this
    command (exit 3), and the second ends it from another account.

    \b
      cctv request withdraw REQ-2026-007 --reason "e-mail of 24 November: she found her bag"
    """
    withdrawn = withdraw_request(context.site, request_id, reason=reason, with_letter=letter, dry_run=context.dry_run)
    released = [hold.id for hold in withdrawn.released]
    data = {"dry_run": context.dry_run, "request": request_data(withdrawn.request, context), "released": released}
    ended = _(
        "{id} is withdrawn; released: {holds}.", id=withdrawn.request.id, holds=", ".join(released) or _("nothing")
    )
    context.emit(data, lambda console: print_result(console, context, withdrawn.request, ended))


def _decide(context: CommandContext, request_id: str, verb: str, reason: str) -> None:
    request = decide_objection(context.site, request_id, Transition(verb), reason=reason, dry_run=context.dry_run)
    if verb == "uphold":
        decided = _("The objection {id} is upheld: a copy for the person, then deletion.", id=request.id)
    else:
        decided = _("The objection {id} is rejected: the person must be told.", id=request.id)
    emit_request(context, request, decided)
