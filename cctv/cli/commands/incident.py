"""`cctv incident`: record what happened and keep its footage until the incident is settled."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console

from cctv.cases.errors.incidents import SettlementUndecided
from cctv.cases.footage_status import FootageStatus, find_footage
from cctv.cases.incidents import (
    IncidentCorrection,
    IncidentFile,
    NewIncident,
    OpenedIncident,
    Settlement,
    check_purpose,
    correct_incident,
    incident_file,
    list_incidents,
    open_incident,
    plan_settlement,
    repeated,
    same_incident,
    settle_incident,
)
from cctv.cases.text_input import ERASED
from cctv.cli.context import CommandContext, confirm, json_option
from cctv.cli.options import (
    corrected_cameras,
    corrected_span,
    mutation,
    one_of,
    reason_option,
    span_options,
    yes_option,
)
from cctv.cli.output import local_date, table
from cctv.cli.views.footage import (
    chosen_cameras,
    correction_exit,
    day,
    decide_correction,
    decide_span,
    footage_data,
    hold_data,
    moved_data,
    print_correction,
    print_dry,
    print_footage,
    print_holds,
    print_next,
    print_release_effects,
    print_subject,
    release_effects_data,
    when,
)
from cctv.core.errors import Exit
from cctv.core.i18n import _, enum_text, translate
from cctv.model.cases import Incident, IncidentKind


@click.group()
def incident() -> None:
    """Record an incident and keep its footage until it is settled.

    \b
      cctv incident open "laptop, foyer" --kind theft --cameras foyer-1,gang-2 --from "za 22u" --to "ma 8u"
      cctv incident settle INC-2026-014 --reason "handed to the police"
    """


@incident.command("open")
@click.argument("title")
@click.option("--kind", required=True, type=one_of(IncidentKind), help="What happened.")
@click.option("--place", metavar="TEXT", help="Where in the building.")
@click.option("--finder", metavar="NAME", help="Who found it; stays in the incident and nowhere else.")
@click.option("--police-reference", metavar="NUMBER", help="Under which the police has it.")
@click.option("--another", is_flag=True, help="It is another one than the open incident that is about the same.")
@span_options()
@yes_option
@mutation
@click.pass_obj
def open_(
    context: CommandContext,
    title: str,
    kind: str,
    place: str | None,
    finder: str | None,
    police_reference: str | None,
    another: bool,
    cameras: str | None,
    zones: str | None,
    start: str,
    end: str,
    yes: bool,
) -> None:
    """Record an incident and keep its footage: stored, being written or still to come.

    TITLE says in a few words what happened.  The footage stays until `cctv incident settle`; someone looks again
    after 30 days.  The answer says what is saved, what was already gone, and what was never recorded and why.

    More than 24 hours are asked about on a terminal; elsewhere they need --yes.

    \b
      cctv incident open "laptop, foyer" --kind theft --cameras foyer-1,gang-2 --from "za 22u" --to "ma 8u"
      cctv incident open "ruit inkom" --kind damage --zones facade --from "gisteren 23u" --to +90m
    """
    camera_ids = chosen_cameras(context, cameras, zones)
    span = context.held_span(start, end)
    new = NewIncident(IncidentKind(kind), title, camera_ids, span, place, finder, police_reference).checked()
    check_purpose(
        new.kind, [context.settings.cameras[camera] for camera in camera_ids if camera in context.settings.cameras]
    )
    same = None if another else same_incident(context.site, new)
    if same is not None and not _is_another(context, same):
        raise repeated(context.site, same)
    decide_span(context, new.cameras, new.span, of_request=False, yes=yes)
    if context.dry_run:
        footage = find_footage(context.site, new.cameras, new.span)
        context.emit(
            {"dry_run": True, "footage": footage_data(footage)},
            lambda console: _dry_text(console, context, new.title, footage),
        )
        return
    opened = open_incident(context.site, new, another=another or same is not None)
    data = {
        "dry_run": False,
        "incident": _data(opened.incident),
        "hold": hold_data(opened.hold),
        "footage": footage_data(opened.footage),
        "next": _settle_line(opened.incident),
    }
    context.emit(data, lambda console: _opened_text(console, context, opened))


@incident.command("list")
@click.option("--all", "settled_too", is_flag=True, help="Settled ones too.")
@json_option
@click.pass_obj
def list_(context: CommandContext, settled_too: bool) -> None:
    """List the open incidents, the latest first."""
    incidents = list_incidents(context.site, settled_too=settled_too)
    context.emit(
        {"incidents": [_data(incident) for incident in incidents]},
        lambda console: _list_text(console, context, incidents),
    )


@incident.command()
@click.argument("incident_id", metavar="ID")
@json_option
@click.pass_obj
def show(context: CommandContext, incident_id: str) -> None:
    """Show one incident, its holds, and its footage as it stands now.

    \b
      cctv incident show INC-2026-014
    """
    file = incident_file(context.site, incident_id)
    data = {
        "incident": _data(file.incident),
        "holds": [hold_data(hold) for hold in file.holds],
        "footage": footage_data(file.footage),
    }
    context.emit(data, lambda console: _show_text(console, context, file))


@incident.command()
@click.argument("incident_id", metavar="ID")
@click.option("--title", metavar="TEXT", help="What happened, as it should read; the old text is kept nowhere.")
@click.option("--kind", type=one_of(IncidentKind), help="What happened.")
@click.option("--place", metavar="TEXT", help="Where in the building.")
@click.option("--finder", metavar="NAME", help="Who found it; stays in the incident and nowhere else.")
@click.option("--police-reference", metavar="NUMBER", help="Under which the police has it.")
@span_options(required=False)
@reason_option()
@yes_option
@mutation
@click.pass_obj
def correct(context: CommandContext, /, incident_id: str, reason: str, yes: bool, **options: Any) -> Exit:  # noqa: ANN401  an argument an option
    """Correct what was typed wrong of an incident.  Give what it should say.

    Its hold follows: the footage of the corrected time is kept before the old hold goes.  The log says which fields
    were corrected and why, and no text.

    More than 24 hours of footage are asked about as when the case was opened.  Where the old hold needs a second
    person, this is the first signature (exit 3).

    \b
      cctv incident correct INC-2026-014 --from "za 21u" --to "za 23u" --reason "typed a day too late"
      cctv incident correct INC-2026-014 --police-reference 123/26 --reason "two digits were swapped"
    """
    correction = IncidentCorrection(
        kind=IncidentKind(options["kind"]) if options["kind"] else None,
        title=options["title"],
        cameras=corrected_cameras(context, options),
        span=corrected_span(context, options),
        place=options["place"],
        finder=options["finder"],
        police_reference=options["police_reference"],
    )
    if correction.span is not None:
        planned = correct_incident(context.site, incident_id, correction, reason=reason, dry_run=True)
        decide_correction(context, planned, of_request=False, yes=yes)
    corrected = correct_incident(context.site, incident_id, correction, reason=reason, dry_run=context.dry_run)
    data = {
        "dry_run": context.dry_run,
        "incident": _data(corrected.case),
        "fields": corrected.fields,
        **moved_data(corrected.moved),
        "footage": footage_data(corrected.footage),
    }
    context.emit(data, lambda console: print_correction(console, context, corrected.case.id, corrected))
    return correction_exit(corrected)


@incident.command()
@click.argument("incident_id", metavar="ID")
@reason_option()
@yes_option
@mutation
@click.pass_obj
def settle(context: CommandContext, incident_id: str, reason: str, yes: bool) -> None:
    """Settle an incident: release its holds, so that its footage goes as if they had never been.

    Shows first which footage goes when, and asks.  What another hold covers stays.

    \b
      cctv incident settle INC-2026-014 --reason "handed to the police" --dry-run
      cctv incident settle INC-2026-014 --reason "handed to the police"
    """
    plan = plan_settlement(context.site, incident_id)
    if not context.json:
        context.emit({}, lambda console: _plan_text(console, context, plan))
    if context.dry_run:
        if context.json:
            context.emit({"dry_run": True, **_settlement_data(plan)}, lambda _: None)
        return
    if not yes and not _agreed(context, plan):
        line = f"cctv incident settle {plan.incident.id} --reason {shlex.quote(reason)} --yes"
        raise SettlementUndecided(id=plan.incident.id, line=line)
    settlement = settle_incident(context.site, incident_id, reason=reason)
    context.emit({"dry_run": False, **_settlement_data(settlement)}, lambda console: _settled_text(console, settlement))


def _is_another(context: CommandContext, same: Incident) -> bool:
    span = when(same.span, context.zone)
    return context.interactive and confirm(
        _("{id} ({kind}, {when}) is about the same.  Register another incident?", id=same.id, kind=same.kind, when=span)
    )


def _agreed(context: CommandContext, plan: Settlement) -> bool:
    return context.interactive and confirm(_("Settle {id}?", id=plan.incident.id))


def _settle_line(incident: Incident) -> str:
    return f'cctv incident settle {incident.id} --reason "..."'


def _data(incident: Incident) -> dict[str, object]:
    return {
        "id": incident.id,
        "kind": incident.kind,
        "title": incident.title,
        "cameras": incident.cameras,
        "start": incident.span.start,
        "end": incident.span.end,
        "opened": incident.opened,
        "opened_by": incident.opened_by,
        "settled": incident.settled,
        "settled_by": incident.settled_by,
        "place": incident.place,
        "finder": incident.finder,
        "police_reference": incident.police_reference,
    }


def _settlement_data(plan: Settlement) -> dict[str, object]:
    return {
        "incident": _data(plan.incident),
        "released": [hold.id for hold in plan.releases],
        "footage": release_effects_data(plan.departures),
    }


def _dry_text(console: Console, context: CommandContext, title: str, footage: tuple[FootageStatus, ...]) -> None:
    console.print(_("Would open an incident: {title}", title=title) + "\n", style="bold")
    print_footage(console, footage, context.zone)
    print_dry(console)


def _opened_text(console: Console, context: CommandContext, opened: OpenedIncident) -> None:
    incident, hold = opened.incident, opened.hold
    console.print(
        _("{id} opened: {kind}, {title}", id=incident.id, kind=incident.kind, title=incident.title), style="bold"
    )
    message = _(
        "{hold} keeps its footage until the incident is settled.  Look at it again by {review}.",
        hold=hold.id,
        review=local_date(hold.review, context.zone),
    )
    console.print(f"{message}\n")
    print_footage(console, opened.footage, context.zone)
    if all(status.is_empty for status in opened.footage):
        console.print(_("There is no footage to keep; the incident is recorded all the same."), style="bold")
    print_next(f"{_settle_line(incident)}   {_('when it is dealt with')}", f"cctv incident show {incident.id}")


def _list_text(console: Console, context: CommandContext, incidents: Sequence[Incident]) -> None:
    if not incidents:
        console.print(_("No open incidents.  `cctv incident list --all` shows settled ones too."))
        return
    rows = [
        (
            incident.id,
            enum_text(incident.kind),
            incident.title or translate(ERASED),
            ", ".join(incident.cameras),
            when(incident.span, context.zone),
            _("settled {day}", day=day(incident.settled, context.zone)) if incident.settled else _("open"),
        )
        for incident in incidents
    ]
    console.print(table(("id", "kind", "what happened", "cameras", "when", "state"), rows))


def _show_text(console: Console, context: CommandContext, file: IncidentFile) -> None:
    incident, zone = file.incident, context.zone
    title = incident.title or translate(ERASED)
    console.print(_("{id}: {kind}, {title}", id=incident.id, kind=incident.kind, title=title), style="bold")
    console.print(_("opened {when} by {who}", when=local_date(incident.opened, zone), who=incident.opened_by))
    if incident.settled:
        console.print(_("settled {when} by {who}", when=local_date(incident.settled, zone), who=incident.settled_by))
    if incident.place:
        console.print(_("place: {text}", text=incident.place))
    if incident.finder:
        console.print(_("found by: {text}", text=incident.finder))
    if incident.police_reference:
        console.print(_("police: {text}", text=incident.police_reference))
    print_subject(console, incident.cameras, incident.span, zone)
    console.print()
    print_holds(console, file.holds, zone, context.now)
    console.print()
    print_footage(console, file.footage, zone)
    settling = [f"{_settle_line(incident)}   {_('when it is dealt with')}"] if incident.is_open else []
    print_next(*settling, f"cctv audit list --about {incident.id}")


def _plan_text(console: Console, context: CommandContext, plan: Settlement) -> None:
    incident = plan.incident
    console.print(_("{id}: {kind}, {title}", id=incident.id, kind=incident.kind, title=incident.title), style="bold")
    released = ", ".join(hold.id for hold in plan.releases) or _("no hold")
    console.print(_("Settling it releases {holds}:", holds=released) + "\n")
    print_release_effects(console, plan.departures, context.zone)
    if context.dry_run:
        print_dry(console)


def _settled_text(console: Console, settlement: Settlement) -> None:
    released = ", ".join(hold.id for hold in settlement.releases)
    settled = (
        _("{id} settled; {holds} released.", id=settlement.incident.id, holds=released)
        if released
        else _("{id} settled.", id=settlement.incident.id)
    )
    console.print(settled, style="bold")
