"""`cctv disclosure`: unredacted footage for police, court and the like, from the order to the end of the lease."""

from __future__ import annotations

import click
from rich.console import Console

from cctv.cases.disclosures.disclosures import (
    NewDisclosure,
    approve_disclosure,
    disclosure_file,
    end_disclosure,
    list_disclosures,
    open_disclosure,
    record_receipt,
    set_lease,
)
from cctv.cases.footage_status import find_footage
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, one_of, reason_option, span_options
from cctv.cli.views.disclosure import (
    built_data,
    built_text,
    disclosure_data,
    ended_text,
    list_text,
    opened_text,
    plan_data,
    plan_text,
    show_text,
)
from cctv.cli.views.footage import (
    chosen_cameras,
    footage_data,
    hold_data,
    print_done,
    print_dry,
    print_footage,
    print_next,
    release_effects_data,
)
from cctv.cli.views.redaction import watched
from cctv.core.i18n import _
from cctv.core.local_days import start_of_day
from cctv.model.disclosures import DisclosureClosure, Duty, Receiver, Recipient
from cctv.packages.unredacted_copy import build_disclosure, plan_disclosure

_OF_REQUESTS = {Recipient.SUBJECT, Recipient.NOMINEE, Recipient.PROXY}
_AUTHORITIES = [recipient for recipient in Recipient if recipient not in _OF_REQUESTS]
_DUTIES = [duty for duty in Duty if duty is not Duty.RIGHT]


@click.group()
def disclosure() -> None:
    """Hand unredacted footage to an authority, on a named ground, after somebody approved it.

    Everything that left is in the list, packages of requests too.  Nothing goes to anybody commercial.

    \b
      cctv disclosure open --help
      cctv disclosure approve DIS-2026-002 --reason "order read, signed by the magistrate; scope is what it names"
      cctv disclosure build DIS-2026-002
      cctv export deliver EXP-2026-004 --method hand --to /media/usb
    """


@disclosure.command("open")
@click.option("--recipient", type=one_of(_AUTHORITIES), required=True, help="Who receives it.")
@click.option(
    "--duty",
    type=one_of(_DUTIES),
    required=True,
    help="Why: an order, a law, our own report of an offence, or the consent of everybody in the picture.",
)
@click.option("--authority", required=True, metavar="NAME", help="Which police zone, court, insurer; kept in its row.")
@click.option("--officer", default="", metavar="NAME", help="Who asks; kept in its row and nowhere else.")
@click.option("--reference", required=True, metavar="NUMBER", help="The number of their file.")
@click.option("--basis", required=True, metavar="TEXT", help="The order with its date, or the law with its article.")
@click.option("--case", "case_id", metavar="ID", help="The incident that it is about, if there is one.")
@click.option("--unmasked", is_flag=True, help="The order names what the cameras' masks hide.")
@click.option(
    "--until",
    metavar="WHEN",
    help="When the copy must be back or destroyed; with insurer and lawyer a month unless said.",
)
@span_options()
@mutation
@click.pass_obj
def open_(
    context: CommandContext,
    recipient: str,
    duty: str,
    authority: str,
    officer: str,
    reference: str,
    basis: str,
    case_id: str | None,
    unmasked: bool,
    until: str | None,
    cameras: str | None,
    zones: str | None,
    start: str,
    end: str,
) -> None:
    """Register what an authority asks, and keep that footage.

    \b
      cctv disclosure open --recipient police --duty ordered --authority "Lokale politie Oostende" \\
        --officer "INP J. Claes" --reference "OO.12.L1.004512/2026" --basis "vordering 46bis Sv., 24/11/2026" \\
        --case INC-2026-014 --cameras foyer-1 --from "za 22u" --to "za 22u30"
    """
    new = NewDisclosure(
        recipient=Recipient(recipient),
        duty=Duty(duty),
        receiver=Receiver(authority, officer, reference, basis),
        cameras=chosen_cameras(context, cameras, zones),
        span=context.held_span(start, end),
        case_id=case_id,
        unmasked=unmasked,
        lease_end=context.review(until) if until else None,
    )
    _open(context, new.checked())


@disclosure.command("list")
@click.option("--all", "closed_too", is_flag=True, help="Ended ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, closed_too: bool) -> None:
    """List what left and what is about to, the latest first."""
    disclosures = list_disclosures(context.site, closed_too=closed_too)
    context.emit(
        {"disclosures": [disclosure_data(disclosure) for disclosure in disclosures]},
        lambda console: list_text(console, context, disclosures),
    )


@disclosure.command()
@click.argument("disclosure_id", metavar="ID")
@json_option
@click.pass_obj
def show(context: CommandContext, disclosure_id: str) -> None:
    """Show one disclosure, its holds, and how much of its footage exists now.

    \b
      cctv disclosure show DIS-2026-002
    """
    file = disclosure_file(context.site, disclosure_id)
    data = {
        "disclosure": disclosure_data(file.disclosure),
        "holds": [hold_data(hold) for hold in file.holds],
        "footage": footage_data(file.footage),
    }
    context.emit(data, lambda console: show_text(console, context, file))


@disclosure.command()
@click.argument("disclosure_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def approve(context: CommandContext, disclosure_id: str, reason: str) -> None:
    """Answer for it: the ground holds, and the scope is no wider than it says.

    Where the policy names export.unredacted under two_person, another account than the one that opened it.

    \b
      cctv disclosure approve DIS-2026-002 --reason "order read, signed by the magistrate; scope is what it names"
    """
    approved = approve_disclosure(context.site, disclosure_id, reason=reason, dry_run=context.dry_run)

    def text(console: Console) -> None:
        if context.dry_run:
            print_done(console, context, _("Would approve {id}.", id=approved.id))
            return
        console.print(_("{id} approved by {who}", id=approved.id, who=approved.approved_by), style="bold")
        print_next(f"cctv disclosure build {approved.id}")

    context.emit({"dry_run": context.dry_run, "disclosure": disclosure_data(approved)}, text)


@disclosure.command()
@click.argument("disclosure_id", metavar="ID")
@mutation
@click.pass_obj
def build(context: CommandContext, disclosure_id: str) -> None:
    """Copy the recorded frames, bit for bit, into a signed package under exports/.

    One file for each unbroken recording, from the last key frame before the requested start to the last frame before
    its end.  Every packet is compared with the recording.

    \b
      cctv disclosure build DIS-2026-002 --dry-run
      cctv disclosure build DIS-2026-002
    """
    with watched() as progress:
        if context.dry_run:
            plan = plan_disclosure(context.site, disclosure_id, progress)
        else:
            built = build_disclosure(context.site, disclosure_id, progress)
    if context.dry_run:
        context.emit(plan_data(plan), lambda console: plan_text(console, context, plan))
    else:
        context.emit(built_data(built), lambda console: built_text(console, context, built))


@disclosure.command()
@click.argument("disclosure_id", metavar="ID")
@click.option("--on", "day", required=True, metavar="DATE", help="The day that stands on the signed receipt.")
@mutation
@click.pass_obj
def receipt(context: CommandContext, disclosure_id: str, day: str) -> None:
    """Enter that the receipt came back signed.

    \b
      cctv disclosure receipt DIS-2026-002 --on 24/11
    """
    on = start_of_day(context.day(day), context.zone)
    updated = record_receipt(context.site, disclosure_id, on, dry_run=context.dry_run)
    signed = _("{id}: receipt signed on {day:%d/%m/%Y}.", id=updated.id, day=on.astimezone(context.zone))
    data = {"dry_run": context.dry_run, "disclosure": disclosure_data(updated)}
    context.emit(data, lambda console: print_done(console, context, signed))


@disclosure.command()
@click.argument("disclosure_id", metavar="ID")
@click.option("--until", required=True, metavar="WHEN", help="When the copy must be back or destroyed.")
@reason_option()
@mutation
@click.pass_obj
def lease(context: CommandContext, disclosure_id: str, until: str, reason: str) -> None:
    """Agree another end of a copy that is lent.

    \b
      cctv disclosure lease DIS-2026-002 --until 1/3/2027 --reason "the case is before the court until then"
    """
    when = context.review(until)
    updated = set_lease(context.site, disclosure_id, when, reason=reason, dry_run=context.dry_run)
    message = _("{id}: back or destroyed by {day:%d/%m/%Y}.", id=updated.id, day=when.astimezone(context.zone))
    data = {"dry_run": context.dry_run, "disclosure": disclosure_data(updated)}
    context.emit(data, lambda console: print_done(console, context, message))


@disclosure.command()
@click.argument("disclosure_id", metavar="ID")
@click.option("--how", type=one_of(DisclosureClosure), required=True, help="How it ended.")
@reason_option()
@mutation
@click.pass_obj
def end(context: CommandContext, disclosure_id: str, how: str, reason: str) -> None:
    """End a disclosure and release its holds: it was handed over, came back, was destroyed, refused or withdrawn.

    A lease ends when the copy came back, was destroyed, or the data subject has it (passed-on).

    \b
      cctv disclosure end DIS-2026-002 --how handed --reason "the police keep it in their file" --dry-run
      cctv disclosure end DIS-2026-003 --how refused --reason "no order, and nothing that obliges us"
    """
    ended = end_disclosure(context.site, disclosure_id, DisclosureClosure(how), reason=reason, dry_run=context.dry_run)
    data = {
        "dry_run": context.dry_run,
        "disclosure": disclosure_data(ended.disclosure),
        "released": [hold.id for hold in ended.releases],
        "footage": release_effects_data(ended.departures),
    }
    context.emit(data, lambda console: ended_text(console, context, ended))


def _open(context: CommandContext, new: NewDisclosure) -> None:
    if context.dry_run:
        footage = find_footage(context.site, new.cameras, new.span)

        def text(console: Console) -> None:
            planned = _("Would register a disclosure to {recipient}.", recipient=new.recipient)
            console.print(f"{planned}\n", style="bold")
            print_footage(console, footage, context.zone)
            print_dry(console)

        context.emit({"dry_run": True, "footage": footage_data(footage)}, text)
        return
    opened = open_disclosure(context.site, new)
    data = {
        "dry_run": False,
        "disclosure": disclosure_data(opened.disclosure),
        "hold": hold_data(opened.hold),
        "footage": footage_data(opened.footage),
    }
    context.emit(data, lambda console: opened_text(console, context, opened))
