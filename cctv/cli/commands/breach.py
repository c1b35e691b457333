"""`cctv breach`: record a breach of personal data, whom to tell by when, and what was done against it."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console

from cctv.cases.compliance.breaches import (
    BreachFile,
    Findings,
    NewBreach,
    add_measures,
    breach_file,
    close_breach,
    list_breaches,
    open_breach,
)
from cctv.cases.compliance.breaches import assess as assessed
from cctv.cases.compliance.breaches import tell as record
from cctv.cases.compliance.deadlines import NotificationDeadline, clocks
from cctv.cli.context import CommandContext
from cctv.cli.options import json_option, mutation, one_of, reason_option
from cctv.cli.output import local_date, table
from cctv.cli.views.footage import print_dry
from cctv.core.i18n import N_, _, enum_text
from cctv.core.typed_time.resolve import parse_instant
from cctv.model.audit import Act
from cctv.model.compliance import Breach, NoticeRecipient, ProcessingRole, Risk

_RISK = one_of(Risk)
_WRITTEN = {
    Act.BREACH_OPENED: N_("opened"),
    Act.BREACH_CHANGED: N_("changed"),
    Act.BREACH_TOLD: N_("told"),
    Act.BREACH_MEASURES: N_("measures"),
    Act.BREACH_CLOSED: N_("closed"),
}


@click.group()
def breach() -> None:
    """Record a breach, suspected or certain; know whom to tell by when.

    \b
      cctv breach open "USB stick with a package lost" --aware "vandaag 9u" --cameras foyer-1
      cctv breach tell BRE-2026-001 --whom authority
    """


@breach.command("open")
@click.argument("happened")
@click.option("--aware", required=True, metavar="TIME", help="When somebody first knew or suspected it.")
@click.option("--risk", type=_RISK, default="risk", show_default=True, help="For the people concerned.")
@click.option("--suspected", is_flag=True, help="Not certain yet; the clocks run all the same.")
@click.option("--as", "role", type=one_of(ProcessingRole), default="controller", show_default=True)
@click.option("--cameras", metavar="A,B", help="Whose footage it is about.")
@click.option("--people", type=click.IntRange(0), metavar="N", help="How many people; leave out while unknown.")
@click.option("--people-known", is_flag=True, help="They can be reached one by one; else a public notice is owed.")
@mutation
@click.pass_obj
def open_(
    context: CommandContext,
    happened: str,
    aware: str,
    risk: str,
    suspected: bool,
    role: str,
    cameras: str | None,
    people: int | None,
    people_known: bool,
) -> None:
    """Record a breach; HAPPENED says in a few words what happened.

    The answer says whom to tell by when: the controller within 18 hours (as its processor), the authority and the
    people concerned within 72 hours.  The clocks start when somebody first suspected it.

    \b
      cctv breach open "recorder stolen" --aware "za 8u" --risk high --people 40
      cctv breach open "stick lost" --aware "vandaag 9u" --suspected --as processor
    """

    new = NewBreach(
        happened=happened,
        aware=parse_instant(aware, now=context.now, zone=context.zone),
        role=ProcessingRole(role),
        risk=Risk(risk),
        suspected=suspected,
        cameras=tuple(context.cameras(cameras)) if cameras else (),
        people=people,
        people_known=people_known,
    )
    made = open_breach(context.site, new, dry_run=context.dry_run)
    _show(context, made, _("would be recorded") if context.dry_run else _("recorded"))


@breach.command()
@click.argument("breach_id", metavar="ID")
@click.option("--whom", required=True, type=one_of(NoticeRecipient), help="Who was told.")
@click.option("--at", metavar="TIME", help="When; now when it is not given.")
@reason_option(required=False)
@mutation
@click.pass_obj
def tell(context: CommandContext, breach_id: str, whom: str, at: str | None, reason: str | None) -> None:
    """Record that somebody was told; after the deadline it takes a reason.

    \b
      cctv breach tell BRE-2026-001 --whom authority --at "gisteren 16u"
    """

    sent = parse_instant(at, now=context.now, zone=context.zone) if at else None
    made = record(context.site, breach_id, NoticeRecipient(whom), sent=sent, reason=reason, dry_run=context.dry_run)
    _show(
        context,
        made,
        _("would be told: {whom}", whom=NoticeRecipient(whom))
        if context.dry_run
        else _("is told: {whom}", whom=NoticeRecipient(whom)),
    )


@breach.command()
@click.argument("breach_id", metavar="ID")
@click.option("--risk", type=_RISK, help="As it looks now.")
@click.option("--certain/--suspected", default=None, help="Whether it is certain now.")
@click.option("--people", type=click.IntRange(0), metavar="N", help="How many people.")
@click.option("--people-known/--people-unknown", default=None, help="Whether they can be reached one by one.")
@reason_option()
@mutation
@click.pass_obj
def assess(
    context: CommandContext,
    breach_id: str,
    risk: str | None,
    certain: bool | None,
    people: int | None,
    people_known: bool | None,
    reason: str,
) -> None:
    """Write down what became known of a breach; its clocks do not start anew.

    \b
      cctv breach assess BRE-2026-001 --risk unlikely --reason "the stick was encrypted"
    """

    found = Findings(
        risk=Risk(risk) if risk else None,
        suspected=not certain if certain is not None else None,
        people=people,
        people_known=people_known,
    )
    made = assessed(context.site, breach_id, found, reason=reason, dry_run=context.dry_run)
    _show(context, made, _("would be changed") if context.dry_run else _("changed"))


@breach.command()
@click.argument("breach_id", metavar="ID")
@click.option("--text", required=True, metavar="TEXT", help="What keeps it from happening again.")
@mutation
@click.pass_obj
def measures(context: CommandContext, breach_id: str, text: str) -> None:
    """Write down a measure against a recurrence.

    \b
      cctv breach measures BRE-2026-001 --text "packages leave as encrypted ZIP only"
    """

    made = add_measures(context.site, breach_id, text, dry_run=context.dry_run)
    _show(context, made, _("measure would be written down") if context.dry_run else _("measure written down"))


@breach.command()
@click.argument("breach_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def close(context: CommandContext, breach_id: str, reason: str) -> None:
    """Close a breach; refused while somebody is still to be told or no measure is written down."""

    made = close_breach(context.site, breach_id, reason=reason, dry_run=context.dry_run)
    _show(context, made, _("would be closed") if context.dry_run else _("closed"))


@breach.command("list")
@click.option("--all", "closed_too", is_flag=True, help="Closed ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, closed_too: bool) -> None:
    """List the open breaches, the latest first."""

    found = list_breaches(context.site, closed_too=closed_too)
    context.emit({"breaches": [data_of(one) for one in found]}, lambda console: _list_text(console, context, found))


@breach.command()
@click.argument("breach_id", metavar="ID")
@json_option
@click.pass_obj
def show(context: CommandContext, breach_id: str) -> None:
    """Show one breach: whom to tell by when, who was told, and what was written down."""

    found = breach_file(context.site, breach_id)
    texts = [{"act": act, "text": text} for act, text in found.texts]
    context.emit({"breach": data_of(found.breach), "texts": texts}, lambda console: _file_text(console, context, found))


def data_of(one: Breach) -> dict[str, object]:
    """A breach as JSON has it."""

    return {
        "id": one.id,
        "role": one.role,
        "risk": one.risk,
        "suspected": one.suspected,
        "aware": one.aware,
        "cameras": one.cameras,
        "people": one.people,
        "people_known": one.people_known,
        "measures": one.measures,
        "clocks": [{"whom": each.whom, "due": each.due, "sent": each.sent} for each in clocks(one)],
        "closed": one.closed,
    }


def _show(context: CommandContext, one: Breach, what: str) -> None:
    def text(console: Console) -> None:
        console.print(f"{one.id} {what}", style="bold")
        if one.is_open:
            _print_clocks(console, context, clocks(one))
        if context.dry_run:
            print_dry(console)

    context.emit({"dry_run": context.dry_run, "breach": data_of(one)}, text)


def _print_clocks(console: Console, context: CommandContext, owed: Sequence[NotificationDeadline]) -> None:
    rows = [
        (
            enum_text(each.whom),
            local_date(each.due, context.zone),
            local_date(each.sent, context.zone) if each.sent else _untold(each, context),
        )
        for each in owed
    ]
    console.print(table(("to tell", "until", "told"), rows))


def _untold(one: NotificationDeadline, context: CommandContext) -> str:
    return _("OVERDUE") if one.is_overdue(context.now) else _("not yet")


def _list_text(console: Console, context: CommandContext, found: Sequence[Breach]) -> None:
    if not found:
        console.print(_("No open breaches.  `cctv breach list --all` shows closed ones too."))
        return
    rows = []
    for one in found:
        owed = [each for each in clocks(one) if each.sent is None]
        first = min(owed, key=lambda each: each.due, default=None)
        still = (
            _("{whom} by {due}", whom=first.whom, due=local_date(first.due, context.zone))
            if first and one.is_open
            else "-"
        )
        state = _("closed") if one.closed else _certainty(one)
        rows.append((one.id, state, enum_text(one.risk), local_date(one.aware, context.zone), still))
    console.print(table(("id", "state", "risk", "aware", "still to tell"), rows))


def _certainty(one: Breach) -> str:
    return _("suspected") if one.suspected else _("certain")


def _file_text(console: Console, context: CommandContext, found: BreachFile) -> None:
    one = found.breach
    state = (
        _("closed {when} by {who}", when=local_date(one.closed, context.zone), who=one.closed_by)
        if one.closed
        else _("open")
    )
    risk = _("risk {risk}", risk=one.risk)
    console.print(_("{id}: {what}", id=one.id, what=", ".join((_certainty(one), risk, state))), style="bold")
    console.print(_("aware {when}, as {role}", when=local_date(one.aware, context.zone), role=one.role))
    people = one.people if one.people is not None else _("unknown")
    concerned = _("people: {people}; cameras: {cameras}", people=people, cameras=", ".join(one.cameras) or "-")
    console.print(f"{concerned}\n")
    _print_clocks(console, context, found.clocks)
    console.print()
    for act, text in found.texts:
        console.print(_("{act}: {text}", act=_WRITTEN.get(act, act.value), text=text))
