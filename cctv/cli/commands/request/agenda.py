"""`cctv request board`: what is due when, and what to type; as a table, JSON or an iCalendar file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from rich.console import Console

from cctv.cases.agenda.agenda import Item
from cctv.cases.agenda.agenda import board as agenda_items
from cctv.cases.agenda.icalendar import as_calendar
from cctv.cases.requests.deadlines import days_left
from cctv.cli.context import CommandContext, json_option
from cctv.cli.output import local_date, table
from cctv.config.credentials import load_credentials
from cctv.core.errors import ConfigError
from cctv.core.i18n import _, translate, translate_line


@click.command("board")
@click.option(
    "--calendar",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write an iCalendar file instead.",
)
@json_option
@click.pass_obj
def board(context: CommandContext, calendar: Path | None) -> None:
    """Show all that is owed, the first due first: requests, breaches, reviews, copies, checks, declarations, passwords.

    Of each request: the days left, when its footage would have expired, what is missing, and the next line to type.
    The calendar holds ids and no names; put it where your calendar can subscribe to it, for instance by a timer.

    \b
      cctv request board
      cctv request board --calendar /srv/www/cctv.ics
    """
    credentials, problem = _credentials(context)
    items = agenda_items(context.site, credentials)
    if calendar is not None:
        site = context.settings.site
        site_id = context.site.identity.site
        data = as_calendar(
            items, site=site.name, site_id=site_id, now=context.now, zone=context.zone, tell=translate_line
        )
        context.make_disk().write(calendar.absolute(), data)
        context.emit(
            {"calendar": calendar, "entries": len(items)},
            lambda console: console.print(_("written: {file}", file=calendar)),
        )
        return
    payload = {"items": [_data(context, item) for item in items], "credentials_unread": problem}
    context.emit(payload, lambda console: _text(console, context, items, problem))


def _credentials(context: CommandContext) -> tuple[list[tuple[str, date | None]], str | None]:
    """Each credential with the day of its last change; and why they could not be read, if so."""
    if not any(camera.credential for camera in context.settings.cameras.values()):
        return [], None
    try:
        credentials = load_credentials(context.settings, context.environ)
    except ConfigError as error:
        return [], error.phrase
    return sorted((name, credential.rotated) for name, credential in credentials.by_name.items()), None


def _data(context: CommandContext, item: Item) -> dict[str, object]:
    return {
        "kind": item.kind,
        "id": item.id,
        "due": item.due,
        "days_left": days_left(item.due, context.now, context.zone),
        "what": item.what,
        "missing": item.missing,
        "footage_until": item.footage_until,
        "next": item.line,
    }


def _text(console: Console, context: CommandContext, items: tuple[Item, ...], problem: str | None) -> None:
    if not items:
        console.print(_("Nothing is owed."))
    else:
        rows = [
            (
                local_date(item.due, context.zone)[:14],
                _left(days_left(item.due, context.now, context.zone)),
                item.id,
                "\n".join([translate(item.what), *_details(context, item)]),
                translate_line(item.line),
            )
            for item in items
        ]
        console.print(table(("due", "left", "id", "what", "next"), rows, right=("left",)))
    if problem:
        console.print("\n" + _("Passwords to change are not listed: {why}", why=problem))


def _details(context: CommandContext, item: Item) -> list[str]:
    details = [_("missing: {what}", what=", ".join(map(translate, item.missing)))] if item.missing else []
    if item.footage_until is not None:
        until = local_date(item.footage_until, context.zone)[:14]
        details.append(_("footage would have gone from {day}", day=until))
    return details


def _left(days: int) -> str:
    if days < 0:
        return _("{days} d LATE", days=-days)
    return _("today") if days == 0 else _("{days} d", days=days)
