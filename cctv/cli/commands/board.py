"""`cctv board`: what waits for a second person; withdraw it, refuse it, or have it signed elsewhere."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from cctv.access.approvals import enter_signature, key_of, letter, read_signature
from cctv.access.policy import differences
from cctv.access.proposals import Proposal, end_proposal, list_waiting
from cctv.cases.disclosures.disclosures import list_disclosures
from cctv.cases.text_input import checked_text
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import reason_option
from cctv.cli.output import local
from cctv.cli.views.footage import print_next
from cctv.config.schema import TwoPersonAct
from cctv.core.durable import DurableFiles
from cctv.core.i18n import N_, _
from cctv.db.engine import read_transaction
from cctv.model.disclosures import Disclosure


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def board(ctx: click.Context) -> None:
    """See what one person proposed and a second one must agree to: who, when, until when, why, and the line to type.

    Agreeing is typing that line from another account; a proposal counts for a week.

    \b
      cctv board
      cctv board refuse P17 --reason "the insurer still needs it"
      cctv board letter P17 --output P17.txt
    """
    if ctx.invoked_subcommand is None:
        context = ctx.find_object(CommandContext)
        assert context is not None
        _list(context)


@board.command()
@click.argument("proposal_id", metavar="ID")
@reason_option()
@json_option
@click.pass_obj
def withdraw(context: CommandContext, proposal_id: str, reason: str) -> None:
    """Take back what you proposed yourself.

    \b
      cctv board withdraw P17 --reason "typed for the wrong hold"
    """
    _end(context, proposal_id, reason, refused=False)


@board.command()
@click.argument("proposal_id", metavar="ID")
@reason_option()
@json_option
@click.pass_obj
def refuse(context: CommandContext, proposal_id: str, reason: str) -> None:
    """Refuse what another account proposed.  It counts no longer.

    \b
      cctv board refuse P17 --reason "the insurer still needs it"
    """
    _end(context, proposal_id, reason, refused=True)


@board.command("letter")
@click.argument("proposal_id", metavar="ID")
@click.option("--output", metavar="FILE", help="Write it there; else it is printed. The file must not exist.")
@json_option
@click.pass_obj
def letter_(context: CommandContext, proposal_id: str, output: str | None) -> None:
    """Write the text that a person elsewhere signs.

    One whom [policy] approvers names is the second person then: they read it, sign it with their own key, and send the
    .sig file back:

    \b
      cctv board letter P17 --output P17.txt
      ssh-keygen -Y sign -n cctv-approval -f ~/.ssh/id_ed25519 P17.txt
      cctv board sign P17 --signature P17.txt.sig
    """
    proposal, text = letter(context.site, proposal_id)
    if output is not None:
        _write_new(context.make_disk(), Path(output), text)

    def show(console: Console) -> None:
        if output is None:
            console.print(text, end="", markup=False, highlight=False, soft_wrap=True)
        else:
            console.print(_("Written: {path}", path=output), markup=False)

    context.emit({"id": proposal.id, "text": text, "output": output}, show)
    if not context.json:
        print_next(_("ssh-keygen -Y sign -n cctv-approval -f KEY {file}", file=output or "FILE"))


@board.command()
@click.argument("proposal_id", metavar="ID")
@click.option(
    "--signature",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The .sig file that `ssh-keygen -Y sign` wrote.",
)
@json_option
@click.pass_obj
def sign(context: CommandContext, proposal_id: str, signature: Path) -> None:
    """Enter the signature of a person elsewhere.  They count as the second person from then on.

    \b
      cctv board sign P17 --signature P17.txt.sig
    """
    proposal, approver = enter_signature(context.site, proposal_id, read_signature(signature))
    fingerprint = key_of(approver).fingerprint
    agreed = _("{name} agreed to {id}, with the key {key}.", name=approver.name, id=proposal.id, key=fingerprint)
    data = {"id": proposal.id, "approver": approver.name, "fingerprint": fingerprint, "line": proposal.line}
    context.emit(data, lambda console: console.print(agreed, markup=False, soft_wrap=True))
    if not context.json and proposal.line:
        print_next(proposal.line)


def _list(context: CommandContext) -> None:
    """What waits; under a policy that nobody adopted, only what would change it."""
    site = context.site
    with read_transaction(site.engine) as connection:
        unadopted = bool(differences(connection, site))
    shown = [item for item in list_waiting(site) if not unadopted or item.act == TwoPersonAct.POLICY_CHANGE.value]

    asks = TwoPersonAct.EXPORT_UNREDACTED in site.settings.policy.two_person and not unadopted
    orders = [found for found in list_disclosures(site, closed_too=False) if asks and found.approved is None]

    def text(console: Console) -> None:
        if not shown and not orders:
            console.print(_("Nothing waits for a second person."))
        for item in shown:
            _print(console, context, item)
        for order in orders:
            _print_order(console, context, order)
        if unadopted:
            console.print(_("Only what would change the policy is shown: nobody adopted what cameras.toml says now."))

    context.emit(
        {"proposals": [_data(context, item) for item in shown], "disclosures": [_order_data(order) for order in orders],
         "unadopted": unadopted},
        text,
    )  # fmt: skip


def _print(console: Console, context: CommandContext, item: Proposal) -> None:
    is_own = item.entry.actor.account == context.actor.account
    console.print(f"{item.id}  {item.act}  {item.entry.subject}", style="bold", markup=False, highlight=False)
    zone, entry = context.zone, item.entry
    by = _("proposed by {account} on {when}, counts until {until}", account=entry.actor.account,
           when=local(entry.at, zone), until=local(item.until, zone))  # fmt: skip
    lines = [by, *([_("reason: {reason}", reason=item.reason)] if item.reason else [])]
    changed = item.facts.get("changed")
    lines += [str(change) for change in changed] if isinstance(changed, list) else []
    if item.approved_by is not None:
        lines.append(_("{name} agreed elsewhere: {account} types it now", name=item.approved_by,
                       account=entry.actor.account))  # fmt: skip
        lines.append(item.line)
    elif is_own:
        lines.append(_("yours: another account agrees. Take it back: {line}",
                       line=f"cctv board withdraw {item.id} --reason WHY"))  # fmt: skip
        if elsewhere := ", ".join(person.name for person in context.settings.policy.approvers):
            lines.append(_("by mail, with {people}: {line}", people=elsewhere, line=f"cctv board letter {item.id}"))
    else:
        lines.append(_("to agree: {line}", line=item.line or "-"))
        lines.append(_("to refuse: {line}", line=f"cctv board refuse {item.id} --reason WHY"))
    for line in lines:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def _print_order(console: Console, context: CommandContext, order: Disclosure) -> None:
    """A disclosure that nobody approved: whoever opened it proposed it."""
    console.print(f"{order.id}  {TwoPersonAct.EXPORT_UNREDACTED.value}", style="bold", markup=False, highlight=False)
    when = local(order.opened, context.zone)
    console.print("  " + _("registered by {account} on {when}", account=order.opened_by, when=when), markup=False)
    line = f"cctv disclosure approve {order.id} --reason WHAT-WAS-CHECKED"
    console.print("  " + _("to agree: {line}", line=line), markup=False, soft_wrap=True)


def _order_data(order: Disclosure) -> dict[str, object]:
    return {"id": order.id, "account": order.opened_by, "at": order.opened}


def _data(context: CommandContext, item: Proposal) -> dict[str, object]:
    return {
        "id": item.id,
        "act": item.act,
        "subject": item.entry.subject,
        "case": item.entry.case_id,
        "account": item.entry.actor.account,
        "for": item.entry.actor.on_behalf_of,
        "at": item.entry.at,
        "until": item.until,
        "reason": item.reason,
        "facts": dict(item.facts),
        "line": item.line or None,
        "approved_by": item.approved_by,
        "own": item.entry.actor.account == context.actor.account,
    }


def _end(context: CommandContext, proposal_id: str, reason: str, *, refused: bool) -> None:
    reason = checked_text(N_("reason"), reason, N_('say why: --reason "WHY".'))
    proposal = end_proposal(context.site, proposal_id, reason=reason, refused=refused)
    done = _("{id} refused: it counts no longer.", id=proposal.id)
    if not refused:
        done = _("{id} withdrawn: it counts no longer.", id=proposal.id)
    context.emit({"id": proposal.id, "refused": refused}, lambda console: console.print(done))


def _write_new(disk: DurableFiles, path: Path, text: str) -> None:
    """Write a file that is not there yet."""
    if path.exists():
        raise click.UsageError(_("{path} is there already", path=path))
    disk.write(path, text.encode(), mode=0o600)
