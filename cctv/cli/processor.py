"""`cctv processor`: who works on the site's behalf, under which contract, and what became of the data at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option, mutation, one_of, reason_option
from cctv.model.accountability import End
from cctv.tongue import said, told, word

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.model.accountability import Processor


@click.group()
def processor() -> None:
    """Keep the register of processors: contract, sub-processors, country, audit, end.

    \b
      cctv processor add "Installatie NV" --service "maintains the recorder" --country BE --contract 1/3/2026
      cctv processor list
    """


@processor.command()
@click.argument("name")
@click.option("--service", required=True, metavar="TEXT", help="What it does for the site.")
@click.option("--country", required=True, metavar="CC", help="Where it is established: two letters, such as BE.")
@click.option("--contract", metavar="DATE", help="Of the processing agreement (Article 28(3) GDPR).")
@mutation
@click.pass_obj
def add(box: Box, name: str, service: str, country: str, contract: str | None) -> None:
    """Enter a processor.  One outside the EU (or the EEA, as [policy] area says) is refused.

    \b
      cctv processor add "Installatie NV" --service "maintains the recorder" --country BE --contract 1/3/2026
    """
    from cctv.casework.duties import NewProcessor, add_processor

    new = NewProcessor(name, service, country, _day(box, contract))
    made = add_processor(box.site, new, dry_run=box.dry_run)
    _show(box, made, said("would be entered") if box.dry_run else said("entered"))


@processor.command()
@click.argument("processor_id", metavar="ID")
@click.argument("name")
@click.option("--country", required=True, metavar="CC", help="Where it is established.")
@click.option("--agreed", metavar="DATE", help="When the site agreed to it; without it, the register says so.")
@mutation
@click.pass_obj
def engage(box: Box, processor_id: str, name: str, country: str, agreed: str | None) -> None:
    """Enter whom a processor engages, and when the site agreed to that.

    \b
      cctv processor engage PRO-2026-001 "Datacenter BV" --country NL --agreed 2/3/2026
    """
    from cctv.casework.duties import engage as engaged

    made = engaged(box.site, processor_id, name=name, country=country, agreed=_day(box, agreed), dry_run=box.dry_run)
    _show(box, made, said("would be changed") if box.dry_run else said("changed"))


@processor.command()
@click.argument("processor_id", metavar="ID")
@click.option("--on", required=True, metavar="DATE", help="The day of the audit.")
@click.option("--contract", metavar="DATE", help="Of a new agreement, if there is one.")
@mutation
@click.pass_obj
def audited(box: Box, processor_id: str, on: str, contract: str | None) -> None:
    """Write down that a processor was audited."""
    from cctv.casework.duties import audited as done

    made = done(box.site, processor_id, on=_needed(box, on), contract=_day(box, contract), dry_run=box.dry_run)
    _show(box, made, said("would be changed") if box.dry_run else said("changed"))


@processor.command()
@click.argument("processor_id", metavar="ID")
@click.option("--on", required=True, metavar="DATE", help="The last day.")
@click.option("--how", required=True, type=one_of(End), help="What became of the data.")
@reason_option()
@mutation
@click.pass_obj
def end(box: Box, processor_id: str, on: str, how: str, reason: str) -> None:
    """End an engagement: the data was returned or destroyed, and the reason says how that was shown.

    \b
      cctv processor end PRO-2026-001 --on 30/6/2026 --how destroyed --reason "certificate of 3 July"
    """
    from cctv.casework.duties import end_processor

    made = end_processor(box.site, processor_id, on=_needed(box, on), how=End(how), reason=reason, dry_run=box.dry_run)
    _show(box, made, said("would be ended") if box.dry_run else said("ended"))


@processor.command("list")
@json_option
@click.pass_obj
def list_(box: Box) -> None:
    """List the processors, those that are engaged first."""
    from cctv.casework.duties import list_processors

    found = list_processors(box.site)
    box.emit({"processors": [_data(one) for one in found]}, lambda console: _list_text(console, found))


def _day(box: Box, text: str | None) -> date | None:
    return _needed(box, text) if text else None


def _needed(box: Box, text: str) -> date:
    from cctv.kernel.times import parse_date

    return parse_date(text, now=box.now, zone=box.zone)


def _data(one: Processor) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "service": one.service,
        "country": one.country,
        "contract": one.contract,
        "audited": one.audited,
        "sub_processors": one.sub_processors,
        "ended": one.ended,
        "end": one.end,
    }


def _show(box: Box, one: Processor, what: str) -> None:
    from cctv.cli.preserved import print_dry

    def text(console: Console) -> None:
        done = said("{id} {what}: {name}, {country}", id=one.id, what=what, name=one.name, country=one.country)
        console.print(done, style="bold")
        if box.dry_run:
            print_dry(console)

    box.emit({"dry_run": box.dry_run, "processor": _data(one)}, text)


def _list_text(console: Console, found: Sequence[Processor]) -> None:
    from cctv.casework.words import ERASED
    from cctv.cli.output import table

    if not found:
        none = said('No processors.  `cctv processor add "Installatie NV" --service ... --country BE` enters one.')
        console.print(none)
        return
    rows = [
        (
            one.id,
            one.name or told(ERASED),
            one.service,
            one.country,
            _shown(one.contract),
            _shown(one.audited),
            ", ".join(f"{sub.name or told(ERASED)} ({sub.country})" for sub in one.sub_processors) or "-",
            f"{_shown(one.ended)}, {word(one.end)}" if one.end else said("engaged"),
        )
        for one in found
    ]
    console.print(table(("id", "name", "service", "in", "contract", "audited", "sub-processors", "state"), rows))


def _shown(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else said("MISSING")
