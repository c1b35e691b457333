"""`cctv disclosure`: unredacted footage for police, court and the like, from the order to the end of the lease."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from rich.console import Console

from cctv.cases.corrections import DisclosureCorrection, correct_disclosure
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
from cctv.cli.options import (
    corrected_cameras,
    corrected_span,
    mutation,
    one_of,
    reason_option,
    span_options,
    yes_option,
)
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
    correction_exit,
    decide_correction,
    decide_span,
    footage_data,
    hold_data,
    moved_data,
    print_correction,
    print_done,
    print_dry,
    print_footage,
    print_next,
    release_effects_data,
)
from cctv.cli.views.redaction import watched
from cctv.core.clock import start_of_day
from cctv.core.errors import Exit
from cctv.core.i18n import _
from cctv.model.disclosures import DisclosureClosure, Duty, Receiver, Recipient
from cctv.packages.deliver import show_on_site
from cctv.packages.unredacted_copy import build_disclosure, plan_disclosure

F = TypeVar("F", bound=Callable[..., object])
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


def _recipient(command: F) -> F:
    options: list[Callable[[F], F]] = [
        click.option("--recipient", type=one_of(_AUTHORITIES), required=True, help="Who receives it."),
        click.option("--duty", type=one_of(_DUTIES), required=True,
                     help="Why: an order, a law, our own report of an offence, or the consent of everybody in the "
                          "picture."),
        click.option("--authority", required=True, metavar="NAME",
                     help="Which police zone, court, insurer; kept in its row."),
        click.option("--country", required=True, metavar="CODE",
                     help="Where that is established, such as BE; outside the policy's area it is refused."),
        click.option("--officer", default="", metavar="NAME", help="Who asks; kept in its row and nowhere else."),
        click.option("--reference", required=True, metavar="NUMBER", help="The number of their file."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _ground(command: F) -> F:
    options: list[Callable[[F], F]] = [
        click.option("--order-by", default="", metavar="NAME", help="Of an order: who gave it, such as a magistrate."),
        click.option("--order-number", default="", metavar="NUMBER", help="Of an order: the number that stands on it."),
        click.option("--order-on", metavar="DATE", help="Of an order: its day."),
        click.option("--law", default="", metavar="TEXT", help="Of a law: its article; an order may name one too."),
        click.option("--consent-of", default="", metavar="NAMES", help="Of a consent: all in the picture, by name."),
        click.option("--consent-on", metavar="DATE", help="Of a consent: the day on which the last of them gave it."),
        click.option("--consent-record", default="", metavar="TEXT", help="Of a consent: where it can be read."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@disclosure.command("open")
@_recipient
@_ground
@click.option("--case", "case_id", metavar="ID", help="The incident that it is about; a report of an offence names it.")
@click.option("--unmasked", is_flag=True, help="The order names what the cameras' masks hide.")
@click.option(
    "--until",
    metavar="WHEN",
    help="When the copy must be back or destroyed; with insurer and lawyer a month unless said.",
)
@span_options()
@yes_option
@mutation
@click.pass_obj
def open_(context: CommandContext, /, **options: Any) -> None:  # noqa: ANN401  click hands over one argument an option
    """Register what an authority asks, and keep that footage.

    An order names who gave it, its number and its day; a law its article; a consent who gave it, when, and where that
    can be read; a report of an offence its incident.

    More than 24 hours are asked about on a terminal; elsewhere they need --yes.

    \b
      cctv disclosure open --recipient police --duty ordered --authority "Lokale politie Oostende" --country BE \\
        --officer "INP J. Claes" --reference "OO.12.L1.004512/2026" --order-by "onderzoeksrechter, Brugge" \\
        --order-number 46bis/2026/112 --order-on 24/11 --case INC-2026-014 --cameras foyer-1 --from "za 22u" --to +30m
    """
    until = options["until"]
    new = NewDisclosure(
        recipient=Recipient(options["recipient"]),
        duty=Duty(options["duty"]),
        receiver=_receiver(context, options),
        cameras=chosen_cameras(context, options["cameras"], options["zones"]),
        span=context.held_span(options["start"], options["end"]),
        case_id=options["case_id"],
        unmasked=options["unmasked"],
        lease_end=context.review(until) if until else None,
    )
    new = new.checked(context.settings.policy.area, context.now.astimezone(context.zone).date())
    decide_span(context, new.cameras, new.span, of_request=False, yes=options["yes"])
    _open(context, new)


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
@click.option("--authority", metavar="NAME", help="Which police zone, court, insurer; kept in its row.")
@click.option("--officer", metavar="NAME", help="Who asks; kept in its row and nowhere else.")
@click.option("--reference", metavar="NUMBER", help="The number of their file.")
@click.option("--country", metavar="CC", help="Where they are established, as two letters.")
@_ground
@span_options(required=False)
@reason_option()
@yes_option
@mutation
@click.pass_obj
def correct(context: CommandContext, /, disclosure_id: str, reason: str, yes: bool, **options: Any) -> Exit:  # noqa: ANN401  an argument an option
    """Correct what was typed wrong of a disclosure.  Give what it should say.

    Its hold follows a corrected time or camera, and an approval of what it said before is void.  Authority, ground
    and footage can be corrected until its package is built or it was shown; officer and reference until it is ended.

    More than 24 hours of footage are asked about as when the case was opened.  Where the old hold needs a second
    person, this is the first signature (exit 3).

    \b
      cctv disclosure correct DIS-2026-002 --reference "OO.12.L1.004521/2026" --reason "two digits were swapped"
    """
    correction = DisclosureCorrection(
        authority=options["authority"],
        officer=options["officer"],
        reference=options["reference"],
        country=options["country"],
        order_by=options["order_by"] or None,
        order_number=options["order_number"] or None,
        order_on=context.day(options["order_on"]).isoformat() if options["order_on"] else None,
        law=options["law"] or None,
        consent_of=options["consent_of"] or None,
        consent_on=context.day(options["consent_on"]).isoformat() if options["consent_on"] else None,
        consent_record=options["consent_record"] or None,
        cameras=corrected_cameras(context, options),
        span=corrected_span(context, options),
    )
    if correction.span is not None:
        planned = correct_disclosure(context.site, disclosure_id, correction, reason=reason, dry_run=True)
        decide_correction(context, planned, of_request=False, yes=yes)
    corrected = correct_disclosure(context.site, disclosure_id, correction, reason=reason, dry_run=context.dry_run)
    data = {
        "dry_run": context.dry_run,
        "disclosure": disclosure_data(corrected.case),
        "fields": corrected.fields,
        **moved_data(corrected.moved),
        "footage": footage_data(corrected.footage),
    }
    context.emit(data, lambda console: print_correction(console, context, corrected.case.id, corrected))
    return correction_exit(corrected)


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
@click.option(
    "--instruction",
    metavar="TEXT",
    help="Where this site records for a customer: where their instruction can be read.",
)
@reason_option()
@mutation
@click.pass_obj
def approve(context: CommandContext, disclosure_id: str, instruction: str | None, reason: str) -> None:
    """Answer for it: the ground holds, and the scope is no wider than it says.

    Where the policy names export.unredacted under two_person, another account than those that opened it or corrected
    what is built.

    \b
      cctv disclosure approve DIS-2026-002 --reason "order read, signed by the magistrate; scope is what it names"
    """
    approved = approve_disclosure(
        context.site, disclosure_id, reason=reason, instruction=instruction, dry_run=context.dry_run
    )

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
@click.argument("case_id", metavar="ID")
@click.option("--at", metavar="TIME", help="When they saw it; now when it is not given.")
@click.option(
    "--recipient",
    type=one_of((Recipient.SUBJECT, Recipient.NOMINEE, Recipient.PROXY)),
    help="Of a request: who saw it; else whom the request names.",
)
@mutation
@click.pass_obj
def viewed(context: CommandContext, case_id: str, at: str | None, recipient: str | None) -> None:
    """Enter that footage was shown on site: of a disclosure to its recipient, of a request to the person concerned.

    That is a disclosure too, though no copy leaves: it needs what a copy needs, and it is in the register.
    `cctv request answer --outcome viewing` enters it by itself.

    \b
      cctv disclosure viewed DIS-2026-002 --at "vandaag 14u"
      cctv disclosure viewed REQ-2026-007 --recipient subject
    """
    when = context.instant(at) if at else None
    to = Recipient(recipient) if recipient else None
    shown = show_on_site(context.site, case_id, to, when, dry_run=context.dry_run)
    entered = _("{id}: shown on site to the {recipient}.", id=shown.id, recipient=shown.recipient)
    data = {"dry_run": context.dry_run, "disclosure": disclosure_data(shown)}
    context.emit(data, lambda console: print_done(console, context, entered))


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


def _receiver(context: CommandContext, options: dict[str, Any]) -> Receiver:
    def day(typed: str | None) -> str:
        return context.day(typed).isoformat() if typed else ""

    return Receiver(
        authority=options["authority"],
        officer=options["officer"],
        reference=options["reference"],
        country=options["country"],
        order_by=options["order_by"],
        order_number=options["order_number"],
        order_on=day(options["order_on"]),
        law=options["law"],
        consent_of=options["consent_of"],
        consent_on=day(options["consent_on"]),
        consent_record=options["consent_record"],
    )


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
