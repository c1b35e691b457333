"""`cctv breach`: record a breach of personal data, whom to notify by when, and the measures against it."""

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
from cctv.cases.compliance.breaches import assess as assess_breach
from cctv.cases.compliance.breaches import tell as record_notice
from cctv.cases.compliance.deadlines import NotificationDeadline, clocks
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, one_of, reason_option
from cctv.cli.output import local_date, table
from cctv.cli.views.footage import print_dry
from cctv.core.i18n import N_, _, enum_text
from cctv.model.audit import Act
from cctv.model.compliance import Breach, NoticeRecipient, NoticeWay, ProcessingRole, Risk

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
      cctv breach tell BRE-2026-001 --whom authority --how form
    """


@breach.command("open")
@click.argument("happened")
@click.option("--aware", required=True, metavar="TIME", help="When somebody first knew or suspected it.")
@click.option("--risk", type=_RISK, default="risk", show_default=True, help="For the people concerned.")
@click.option("--suspected", is_flag=True, help="Not certain yet; the clocks run all the same.")
@click.option("--as", "role", type=one_of(ProcessingRole), help="As what; as `[site] role` says when it is not given.")
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
    role: str | None,
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
        aware=context.instant(aware),
        role=ProcessingRole(role) if role else context.settings.site.role,
        risk=Risk(risk),
        suspected=suspected,
        cameras=tuple(context.cameras(cameras)) if cameras else (),
        people=people,
        people_known=people_known,
    )
    opened = open_breach(context.site, new, dry_run=context.dry_run)
    _show(context, opened, _("would be recorded") if context.dry_run else _("recorded"))


@breach.command()
@click.argument("breach_id", metavar="ID")
@click.option("--whom", required=True, type=one_of(NoticeRecipient), help="Who was told.")
@click.option("--how", "way", required=True, type=one_of(NoticeWay), help="How; by word of mouth it is still owed.")
@click.option("--at", metavar="TIME", help="When; now when it is not given.")
@reason_option(required=False)
@mutation
@click.pass_obj
def tell(context: CommandContext, breach_id: str, whom: str, way: str, at: str | None, reason: str | None) -> None:
    """Record that somebody was told, how and when; after the deadline it takes a reason.

    A notice is in writing: by phone or in person it is recorded, and its clock runs on until the written one.

    \b
      cctv breach tell BRE-2026-001 --whom authority --how form --at "gisteren 16u"
    """
    sent = context.instant(at) if at else None
    updated = record_notice(
        context.site,
        breach_id,
        NoticeRecipient(whom),
        NoticeWay(way),
        sent=sent,
        reason=reason,
        dry_run=context.dry_run,
    )
    recipient = NoticeRecipient(whom)
    what = _("would be told: {whom}", whom=recipient) if context.dry_run else _("is told: {whom}", whom=recipient)
    if not NoticeWay(way).is_written:
        what += " - " + _("not in writing: the written notice is still owed")
    _show(context, updated, what)


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
    findings = Findings(
        risk=Risk(risk) if risk else None,
        suspected=not certain if certain is not None else None,
        people=people,
        people_known=people_known,
    )
    updated = assess_breach(context.site, breach_id, findings, reason=reason, dry_run=context.dry_run)
    _show(context, updated, _("would be changed") if context.dry_run else _("changed"))


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
    updated = add_measures(context.site, breach_id, text, dry_run=context.dry_run)
    _show(context, updated, _("measure would be written down") if context.dry_run else _("measure written down"))


@breach.command()
@click.argument("breach_id", metavar="ID")
@reason_option()
@mutation
@click.pass_obj
def close(context: CommandContext, breach_id: str, reason: str) -> None:
    """Close a breach; refused while somebody is still to be told or no measure is written down."""
    updated = close_breach(context.site, breach_id, reason=reason, dry_run=context.dry_run)
    _show(context, updated, _("would be closed") if context.dry_run else _("closed"))


@breach.command("list")
@click.option("--all", "closed_too", is_flag=True, help="Closed ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, closed_too: bool) -> None:
    """List the open breaches, the latest first."""
    breaches = list_breaches(context.site, closed_too=closed_too)
    context.emit(
        {"breaches": [data_of(breach) for breach in breaches]}, lambda console: _list_text(console, context, breaches)
    )


@breach.command()
@click.argument("breach_id", metavar="ID")
@json_option
@click.pass_obj
def show(context: CommandContext, breach_id: str) -> None:
    """Show one breach: whom to tell by when, who was told, and what was written down."""
    file = breach_file(context.site, breach_id)
    texts = [{"act": act, "text": text} for act, text in file.texts]
    context.emit({"breach": data_of(file.breach), "texts": texts}, lambda console: _file_text(console, context, file))


def data_of(breach: Breach) -> dict[str, object]:
    """A breach as JSON has it."""
    return {
        "id": breach.id,
        "role": breach.role,
        "risk": breach.risk,
        "suspected": breach.suspected,
        "aware": breach.aware,
        "cameras": breach.cameras,
        "people": breach.people,
        "people_known": breach.people_known,
        "measures": breach.measures,
        "notices": [
            {"whom": notice.whom, "sent": notice.sent, "how": notice.way, "written": notice.way.is_written}
            for notice in breach.notices
        ],
        "clocks": [{"whom": deadline.whom, "due": deadline.due, "sent": deadline.sent} for deadline in clocks(breach)],
        "closed": breach.closed,
    }


def _show(context: CommandContext, breach: Breach, what: str) -> None:
    def text(console: Console) -> None:
        console.print(f"{breach.id} {what}", style="bold")
        if breach.is_open:
            _print_clocks(console, context, clocks(breach))
            _print_controller(console, context, breach)
        if context.dry_run:
            print_dry(console)

    context.emit({"dry_run": context.dry_run, "breach": data_of(breach)}, text)


def _print_clocks(console: Console, context: CommandContext, owed: Sequence[NotificationDeadline]) -> None:
    rows = [
        (
            enum_text(deadline.whom),
            local_date(deadline.due, context.zone),
            local_date(deadline.sent, context.zone) if deadline.sent else _untold(deadline, context),
        )
        for deadline in owed
    ]
    console.print(table(("to tell", "until", "told"), rows))


def _print_controller(console: Console, context: CommandContext, breach: Breach) -> None:
    """Where the controller is told, on a site that records for a customer."""
    settings = context.settings
    if settings.for_customer and breach.role is ProcessingRole.PROCESSOR:
        mail = settings.processor.breaches or settings.controller.mail
        console.print(_("the controller is {name}, {mail}", name=settings.controller.name, mail=mail))


def _untold(deadline: NotificationDeadline, context: CommandContext) -> str:
    return _("OVERDUE") if deadline.is_overdue(context.now) else _("not yet")


def _list_text(console: Console, context: CommandContext, breaches: Sequence[Breach]) -> None:
    if not breaches:
        console.print(_("No open breaches.  `cctv breach list --all` shows closed ones too."))
        return
    rows = []
    for breach in breaches:
        owed = [deadline for deadline in clocks(breach) if deadline.sent is None]
        first = min(owed, key=lambda deadline: deadline.due, default=None)
        still = (
            _("{whom} by {due}", whom=first.whom, due=local_date(first.due, context.zone))
            if first and breach.is_open
            else "-"
        )
        state = _("closed") if breach.closed else _certainty(breach)
        rows.append((breach.id, state, enum_text(breach.risk), local_date(breach.aware, context.zone), still))
    console.print(table(("id", "state", "risk", "aware", "still to tell"), rows))


def _certainty(breach: Breach) -> str:
    return _("suspected") if breach.suspected else _("certain")


def _file_text(console: Console, context: CommandContext, file: BreachFile) -> None:
    breach = file.breach
    state = (
        _("closed {when} by {who}", when=local_date(breach.closed, context.zone), who=breach.closed_by)
        if breach.closed
        else _("open")
    )
    risk = _("risk {risk}", risk=breach.risk)
    console.print(_("{id}: {what}", id=breach.id, what=", ".join((_certainty(breach), risk, state))), style="bold")
    console.print(_("aware {when}, as {role}", when=local_date(breach.aware, context.zone), role=breach.role))
    people = breach.people if breach.people is not None else _("unknown")
    concerned = _("people: {people}; cameras: {cameras}", people=people, cameras=", ".join(breach.cameras) or "-")
    console.print(f"{concerned}\n")
    _print_clocks(console, context, file.clocks)
    _print_controller(console, context, breach)
    for notice in breach.notices:
        how = enum_text(notice.way) if notice.way.is_written else _("{how}, not in writing", how=notice.way)
        console.print(f"{enum_text(notice.whom)}: {local_date(notice.sent, context.zone)}, {how}")
    console.print()
    for act, text in file.texts:
        console.print(_("{act}: {text}", act=_WRITTEN.get(act, act.value), text=text))
